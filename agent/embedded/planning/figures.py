"""Clauses about figures → changes: ramps, productivity, attrition, money, targets, rates."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.embedded.planning.book import Book
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.subjects import Clause, lands, person, role, segment
from agent.embedded.planning.vocabulary import form, says
from agent.embedded.planning.ways import Unclear, before, direction, factor, quantity, says_to, way
from loops.design import changes as c


def _ramp(clause: Clause) -> tuple[c.Change, ...]:
    text, job = clause.text, role(clause.text, clause.book)
    mark = quantity(text, "duration", "times", "percent", "fraction")
    ahead = next((m for m in text.of("period") if m.value), None)
    if mark is None and ahead is not None:
        mark = replace(ahead, kind="duration")
    mark = mark or quantity(text, "number")
    if mark is None or (
        mark.kind == "number"
        and mark.value == 1
        and not re.search(r"\d|one", text.words[mark.start : mark.end])
    ):
        raise Unclear("By how many months should the ramp change, or to how many?")
    if mark.kind in {"duration", "number"}:
        if mark.value != int(mark.value):
            raise Unclear("Ramps are counted in whole months: how many?")
        way_ = direction(text, mark)
        if says_to(text, mark) or not way_:
            return (c.ChangeRamp(role=job, to_months=int(mark.value)),)
        return (c.ChangeRamp(role=job, by_months=way_ * int(mark.value)),)
    return (c.ChangeRamp(role=job, factor=_slower(text, mark)),)


def _slower(text: Text, mark: Mark) -> float | None:
    fast = re.search(r"\b(?:twice|double|{times}) (?:as |the )?(?:fast|quick|speed)", text.words.lower())
    value = factor(text, mark, "the ramp")
    return round(1 / value, 6) if fast and value and value > 1 else value


def _productivity(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    mark = quantity(text, "times", "percent", "fraction")
    if mark is None:
        raise Unclear("By how many per cent does productivity change?")
    value = factor(text, mark, "productivity")
    job = text.first("role")
    return tuple(
        c.ChangeProductivity(
            factor=value or 0, territory=where, role=job.ids[0] if job else None, segment=segment(text)
        )
        for where in lands(text, book)
    )


def _attrition(clause: Clause) -> tuple[c.Change, ...]:
    text, job = clause.text, role(clause.text, clause.book)
    if text.of("territory"):
        raise Unclear("Attrition is planned by role, not by territory: for which role should it change?")
    mark = quantity(text, "times", "points", "percent", "fraction", "number")
    if mark and mark.kind == "number":
        mark = (
            replace(mark, kind="percent", value=mark.value * 100) if 0 < mark.value < 1 else _bare(text, mark)
        )
    if mark is None:
        zero = re.search(
            r"\b(?:no|zero|nil|nobody|everybody stays|everyone stays|stops?|vanish\w*|without)\b",
            text.words.lower(),
        )
        if zero:
            return (c.ChangeAttrition(role=job, to_share=0),)
        raise Unclear("By how much does attrition change, or to how many per cent?")
    if mark.kind == "points":
        turn = _of_leavers(text) or direction(text, mark)
        if not turn:
            raise Unclear("Does attrition go up or down by that much?")
        return (c.ChangeAttrition(role=job, by_share=round(turn * mark.value / 100, 6)),)
    if mark.kind == "fraction" and says_to(text, mark):
        return (c.ChangeAttrition(role=job, to_share=round(mark.value, 6)),)
    if mark.kind == "percent" and (says_to(text, mark) or not direction(text, mark)):
        return (c.ChangeAttrition(role=job, to_share=round(mark.value / 100, 6)),)
    turn = _of_leavers(text)
    if turn and mark.kind in {"percent", "fraction"}:
        share = mark.value / 100 if mark.kind == "percent" else mark.value
        return (c.ChangeAttrition(role=job, factor=round(1 + turn * share, 6)),)
    return (c.ChangeAttrition(role=job, factor=factor(text, mark, "attrition")),)


def _bare(text: Text, mark: Mark) -> Mark | None:
    """A bare number as per cent, where attrition is to become that."""
    follows = [m for m in text.of("role", "anybody") if 0 < m.start - mark.end < 3]
    told = 1 < mark.value <= 100 and says_to(text, mark) and not follows
    return replace(mark, kind="percent") if told else None


def _of_leavers(text: Text) -> int:
    """1 where attrition gets worse, -1 where it gets better, 0 where neither is said."""
    worse, better = (bool(form(name).search(text.masked)) for name in ("worse", "better"))
    return int(worse) - int(better)


def _investment(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    if text.of("territory"):
        raise Unclear(
            "Investment is planned by segment and channel, not by territory: which channel or segment?"
        )
    channels = [mark.ids[0] for mark in text.of("channel")]
    if shifted := _shifted(text, book, channels):
        return shifted
    if len(channels) == 2 and re.search(r"\{channel\}.*\b(?:to|into|onto) (?:the )?\{channel\}", text.masked):
        raise Unclear("How much money goes from the one to the other?")
    told = way(text, book, "the spending")
    return tuple(
        c.ChangeInvestment(segment=segment(text), channel=one, **told) for one in (channels or [None])
    )


def _shifted(text: Text, book: Book, channels: list[str]) -> tuple[c.Change, ...]:
    """Money that goes from one channel to another."""
    mark = text.first("amount")
    said = form("money_moved").search(text.masked)
    if len(channels) != 2 or not said or mark is None:
        return ()
    minor = book.minor(mark.value, mark.unit)
    if minor is None:
        raise Unclear(
            "The plan has no exchange rate for that currency: say the amount in the plan's currency."
        )
    seg = segment(text)
    return (
        c.ChangeInvestment(segment=seg, channel=channels[0], by_minor=-minor),
        c.ChangeInvestment(segment=seg, channel=channels[1], by_minor=minor),
    )


def _deals(clause: Clause) -> tuple[c.Change, ...]:
    raise Unclear("Does that mean as many more or fewer deals, or dearer or cheaper ones?")


def _price(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    if re.search(r"\bdiscount", clause.masked) and (mark := text.first("percent")):
        told: dict[str, Any] = {"factor": round(1 - mark.value / 100, 6)}
    else:
        told = way(text, book, "the price of a deal")
    seg = segment(text)
    if not seg and (job := text.first("role")):
        seg = str(book.row("roles", job.ids[0]).get("segment") or "") or None
    return tuple(c.ChangePrice(segment=seg, territory=where, **told) for where in lands(text, book))


def _target(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    if text.of("segment", "role", "person") and not text.of("territory"):
        raise Unclear("Targets are planned by territory: for which one should it change, or for all?")
    logos = bool(re.search(r"\blogos?\b|\bcustomers?\b", clause.masked))
    year = next((mark.year for mark in text.of("period") if mark.year), None)
    told: dict[str, Any] = {"measure": "new_logos" if logos else "new_acv", "year": year}
    mark = quantity(text, "amount", "times", "percent", "fraction", *(["number"] if logos else []))
    if mark is None:
        raise Unclear("By how much should the target change, or to what?")
    if mark.kind == "number" or (logos and mark.kind == "amount"):
        turn = 0 if says_to(text, mark) else direction(text, mark)
        told |= {"by_minor": turn * int(mark.value)} if turn else {"to_value": int(mark.value)}
    else:
        amount = way(text, book, "the target")
        told |= {"to_value" if name == "to_minor" else name: value for name, value in amount.items()}
    return tuple(c.ChangeTarget(territory=where, **told) for where in lands(text, book))


def _quota(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    if text.of("territory") and not text.of("role", "person"):
        raise Unclear("Quotas are planned by role or person, not by territory: whose should change?")
    who = person(text, book) if text.of("person") else None
    told = way(text, book, "the quota")
    return (c.ChangeQuota(role=None if who else role(text, book), person=who, **told),)


def _compensation(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    if text.of("person"):
        raise Unclear("Pay is planned by role, not by person: for which role should it change?")
    said = clause.masked
    base, variable = says(said, "parts", "base"), says(said, "parts", "variable")
    if base and variable and form("variable_pay").search(said):
        base = False
    if base and variable and not form("base_and_variable").search(said):
        raise Unclear("Is that the base, the variable pay, or both?")
    part = "both" if base == variable else "base" if base else "variable"
    return (c.ChangeCompensation(role=role(text, book), part=part, **way(text, book, "the pay")),)


def _rate(clause: Clause) -> tuple[c.Change, ...]:
    text = clause.text
    code = text.of("currency")[0].ids[0]
    others = [m.ids[0] for m in text.of("currency") if m.ids[0] != clause.book.currency]
    against = code == clause.book.currency
    if against and not others:
        raise Unclear("Which currency's rate do you mean? The plan's own is what the others are measured in.")
    if against and text.of("percent", "times", "fraction"):
        raise Unclear("By how much does the other currency change against the plan's?")
    code = others[0]
    mark = quantity(text, "amount", "times", "percent", "fraction", "number")
    if mark is None or (mark.kind == "number" and not re.search(r"\d", text.words[mark.start : mark.end])):
        if re.search(r"\bparity\b", clause.masked):
            return (c.ChangeRate(currency=code, to_value=1),)
        raise Unclear("By how much does the currency change, or to what rate?")
    if mark.kind in {"number", "amount"}:
        if re.search(r"\bby (?:about )?$", before(text, mark)) and direction(text, mark):
            raise Unclear("To what rate, or by how many per cent?")
        return (c.ChangeRate(currency=code, to_value=mark.value),)
    return (c.ChangeRate(currency=code, factor=factor(text, mark, "the currency")),)


BUILDERS: dict[str, Callable[[Clause], tuple[c.Change, ...]]] = {
    "ramp": _ramp,
    "productivity": _productivity,
    "attrition": _attrition,
    "investment": _investment,
    "price": _price,
    "deals": _deals,
    "target": _target,
    "quota": _quota,
    "compensation": _compensation,
    "exchange_rate": _rate,
}
