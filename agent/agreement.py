"""Words and figures agree: a placeholder of the plan's tools leads to what its sentence says it is.

Read from left to right, a sentence says which side it speaks of (`before`, `after`, `difference`), which
measure (new ACV, target …) and whose (a placeholder of a label or name). A figure must be of those said last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.numerals import PLACEHOLDER

TOOLS = frozenset({"plan_now", "what_if", "compare_scenarios"})
SIDES = ("before", "after", "difference")
NAMES = frozenset({"label", "name", "words", "id", "focus", "year", "role", "currency"})
"""Keys by which a thing is named: such a placeholder says whose figures follow."""
PLAIN = frozenset(
    {"changes", "assumptions", "scenario", "other", "starts_on", "territory", "segment", "on", "base"}
)
"""Keys of words, which are no figure of anything."""
MEASURES: dict[str, tuple[str, ...]] = {
    "new_acv": ("new acv", "capacity"),
    "target": ("target",),
    "coverage": ("coverage",),
    "quota": ("quota",),
    "quota_over_target": ("quota over target",),
    "cost": ("cost",),
    "payback": ("payback",),
    "pipeline_supports": ("pipeline",),
    "new_logos": ("new logos", "customers"),
    "headcount": ("headcount",),
    "people": ("people",),
    "hires": ("hires",),
    "goal": ("goal",),
    "has": ("has",),
    "missing": ("missing",),
    "reached": ("reaches",),
    "short": ("short by",),
    "low": ("low",),
    "middle": ("middle",),
    "high": ("high",),
    "above_target": ("chance",),
    "months": ("ramp",),
    "yearly": ("attrition",),
    "value": ("worth",),
    "floor": ("floor",),
    "more": ("more",),
    "count": ("count",),
    "month": ("in", "from"),
    "quarter": ("in", "from", "("),
    "month_before": ("in", "from"),
    "starts_on": ("from", "on"),
}
"""What a key measures → the words that say so."""
_SPOKEN = sorted(
    (
        (word, measure)
        for measure, words in MEASURES.items()
        for word in words
        if len(word) > 2 and word != "from"
    ),
    key=lambda pair: -len(pair[0]),
)
_WORDS = re.compile("|".join(rf"(?P<m{n}>\b{re.escape(word)}\b)" for n, (word, _) in enumerate(_SPOKEN)))
_SIDE = re.compile(rf"\b(?:{'|'.join(SIDES)})\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PERIOD = re.compile(rf"\b(?:Q[1-4]|H[12]|FY[ -]?(?:\d\d)?\d\d|(?:{_MONTHS}) \d{{4}}|20\d\d)\b")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_UNITS = re.compile(r"_?(?:minor|share|months|ratio)$")


@dataclass
class _Heard:
    """What a sentence has said so far."""

    side: str = ""
    measure: str = ""
    owner: str = ""

    def words(self, text: str) -> None:
        """Take in words between two placeholders."""
        low = text.lower()
        for found in _SIDE.finditer(low):
            self.side = found.group()
        for found in _WORDS.finditer(low):
            self.measure = _SPOKEN[int(str(found.lastgroup)[1:])][1]


def disagreements(text: str) -> Iterator[str]:
    """One sentence for each figure of the plan's tools that isn't what the words before it say."""
    for sentence in _SENTENCE.split(text):
        heard, at = _Heard(), 0
        figures = [p for p in PLACEHOLDER.findall(sentence) if _is_figure(p)]
        if figures and _PERIOD.search(PLACEHOLDER.sub(" ", _QUOTED.sub(" ", sentence))):
            yield "a period beside a figure is written as a placeholder too"
        for found in PLACEHOLDER.finditer(sentence):
            heard.words(sentence[at : found.start()])
            at = found.end()
            path = found.group(1).strip()
            if not _of_plan(path):
                continue
            if _is_figure(path):
                yield from _wrong(path, heard)
            elif path.split(".")[-1] in NAMES:
                heard.owner = _owner(path)


def _of_plan(path: str) -> bool:
    return path.split(".")[0].split("@")[0] in TOOLS


def _is_figure(path: str) -> bool:
    keys = [key for key in path.split(".")[1:] if not key.isdigit()]
    return _of_plan(path) and bool(keys) and keys[-1] not in NAMES | PLAIN


def _owner(path: str) -> str:
    """Whose a path is: the list's item, or the call itself."""
    parts = path.split(".")
    last = max((n for n, part in enumerate(parts[:-1]) if part.isdigit()), default=0)
    return ".".join(parts[: last + 1])


def _wrong(path: str, heard: _Heard) -> Iterator[str]:
    side, measure = _meaning(path)
    owner, tool = _owner(path), path.split(".")[0]
    if owner != (heard.owner or tool):
        yield f"{{fig:{path}}}: name whose figure it is before it, by a placeholder of the same item"
    if side != heard.side and not (measure in {"month", "quarter"} and not side):
        yield f"{{fig:{path}}}: the words before it must say {side or 'neither before, after nor difference'}"
    if measure in {"month", "quarter", "month_before"}:
        return
    if heard.measure != measure:
        said = MEASURES.get(measure, (measure.replace("_", " "),))[0]
        yield f"{{fig:{path}}}: the words before it must say {said}"


def _meaning(path: str) -> tuple[str, str]:
    """(side, measure) of what stands at a path."""
    keys = [key for key in path.split(".")[1:] if not key.isdigit()]
    key = keys[-1] if keys else ""
    if key in {"month_before"}:
        return "", key
    tokens = [token for part in keys for token in part.split("_")]
    side = next((token for token in tokens if token in SIDES), "")
    bare = "_".join(token for token in key.split("_") if token not in SIDES)
    measure = _UNITS.sub("", bare) or ("new_acv" if bare == "minor" else bare)
    if key == "#":
        measure = keys[-2] if len(keys) > 1 else ""
    return side, measure
