"""Calls in the way people talk, in none of the sandbox's wordings, with what each line shows.

A line's topics stand behind it in brackets; a customer's line without any says nothing that qualifies a deal.
"""

import re
from pathlib import Path

OURS = {
    "warehouse": ("Sam",),
    "clinic": ("Priya",),
    "plant": ("Diego (Brightforge)",),
    "agency": ("Tom",),
    "university": ("Lea",),
    "gym": ("Nora",),
    "bank": ("Erik",),
    "brewery": ("Ivy",),
    "airport": ("Mo",),
}
"""Call → the speakers who are ours."""
HELD_OUT = ("brewery", "airport")
"""Calls that no word list was ever made with: what is found in them is what a stranger's call may expect."""
KNOWN = tuple(name for name in OURS if name not in HELD_OUT)
_LINE = re.compile(r"^(?P<said>.*?)(?: \[(?P<topics>[a-z_, ]+)\])?$")
Truth = set[tuple[str, str]]
"""(topic, the words of a line that shows it)."""


def read(name: str) -> tuple[str, Truth]:
    """The transcript without its labels, and what its lines show."""
    said: list[str] = []
    truth: Truth = set()
    for line in (Path(__file__).parent / "spoken" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        assert found
        said.append(found["said"])
        words = found["said"].partition(": ")[2]
        truth |= {(topic.strip(), words) for topic in (found["topics"] or "").split(",") if topic.strip()}
    return "\n".join(said) + "\n", truth
