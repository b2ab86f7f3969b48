"""Nothing that a clause names may be left over: its change takes every mark, or the person is asked."""

import re
from typing import cast

from agent.embedded.planning.frames import trivial
from agent.embedded.planning.marks import Text
from agent.embedded.planning.vocabulary import form, section
from agent.embedded.planning.ways import QUANTITIES, Unclear, is_old

_NAMED = {
    "territory": "territory", "role": "role", "person": "person", "period": "date", "segment": "segment",
    "channel": "channel", "currency": "currency", "hire": "planned hire", "scenario": "scenario",
}  # fmt: skip


def consumed(kind: str, text: Text) -> None:
    """See that a change of that kind takes every mark of its clause.

    Raises:
        Unclear: one is left over; names what it is.
    """
    takes = dict(cast("dict[str, dict[str, int]]", section("takes")).get(kind, {}))
    _see(kind, text)
    if kind == "move_regions" and not form("share").search(text.masked):
        takes.pop("size", None)
    if kind == "target" and re.search(r"\blogos?\b|\bcustomers?\b|\bclients?\b", text.masked):
        takes["number"] = 1
    used: dict[str, int] = {}
    for mark in text.marks:
        if (
            trivial(text, mark)
            or mark.of == "now"
            or is_old(text, mark)
            or (mark.kind == "number" and not mark.value)
        ):
            continue
        name = mark.kind
        if name in QUANTITIES and name not in takes:
            name = "size"
        used[name] = used.get(name, 0) + 1
    for name, many in used.items():
        if name not in {"stays", "anybody"} and many > takes.get(name, 0):
            _left(name, kind, text)


def _see(kind: str, text: Text) -> None:
    if kind == "person_leaves" and form("person_and_role").search(text.masked):
        raise Unclear("Who leaves: the person, and how many of that role? Say each by itself.")
    if (
        kind in {"add_people", "remove_people"}
        and not text.of("territory")
        and re.search(r"\} (?:\w+ )?there\b", text.masked)
    ):
        raise Unclear("In which territory is that?")


def _left(name: str, kind: str, text: Text) -> None:
    if name == "period" and _harmless(kind, text):
        return
    if name == "number" and kind == "person_leaves":
        return
    what = _NAMED.get(name)
    if what is None:
        raise Unclear("What does that quantity belong to? Say what changes by it.")
    raise Unclear(f"I don't see what that {what} has to do with the change: say each change by itself.")


def _harmless(kind: str, text: Text) -> bool:
    """Whether a date only says over which year somebody looks at a change that knows no date."""
    undated = kind in {
        "ramp",
        "productivity",
        "attrition",
        "investment",
        "price",
        "quota",
        "compensation",
        "exchange_rate",
    }
    days = text.of("period")
    return undated and len(days) == 1 and (days[0].year is not None or days[0].of in {"year", "now"})
