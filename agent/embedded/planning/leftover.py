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


_ALIKE = {"segment": "segment", "role": "role", "channel": "channel"}


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
    many = [mark for mark in text.of("number") if mark.value > 1]
    counted = bool(many) and kind in {"add_people", "remove_people", "move_people"}
    for mark in text.marks:
        if (
            (
                trivial(text, mark)
                and not (counted and form("one_alone").fullmatch(text.words[mark.start : mark.end].lower()))
            )
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
    if form("negated").search(form("harmless_not").sub(" ", text.masked)) and kind not in {
        "cancel_hires",
        "attrition",
    }:
        raise Unclear("What doesn't happen there? Say only what changes.")
    if form("whose").search(text.masked) and kind == "target" and not text.of("territory"):
        raise Unclear("Whose target is that? Name the territory.")
    alike = form("same_what").search(text.masked)
    if alike and not text.of(_ALIKE.get(alike[1], "territory")):
        raise Unclear(f"Which {alike[1]} do you mean?")
    if form("loose_share").search(text.masked) and kind not in {"split_territory", "move_regions"}:
        raise Unclear("By how much does that change? Say it as an amount, per cent or a number.")
    if kind == "investment" and text.of("amount") and form("to_nothing").search(text.words.lower()):
        raise Unclear("Is nothing spent there any more, or that amount?")
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


_UNDATED = frozenset("ramp productivity attrition investment price quota compensation exchange_rate".split())


def _harmless(kind: str, text: Text) -> bool:
    """Whether a date only says over which year somebody looks at a change that knows no date."""
    undated = kind in _UNDATED
    days = text.of("period")
    return undated and len(days) == 1 and (days[0].year is not None or days[0].of in {"year", "now"})
