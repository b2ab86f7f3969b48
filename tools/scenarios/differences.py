"""What is different between two plans, in plain words: people, territories, targets, and which figures."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from loops.money import minor_digits
from loops.plan import Hire, Target
from loops.scenario import Rep, Scenario, Territory
from loops.values import Value

Named = TypeVar("Named", Rep, Hire, Territory)
MOST = 8
"""Names in one sentence; the rest is counted."""
FIGURES = (
    "pools", "queues", "prices", "productivity", "ramps", "attrition", "seasonality", "quotas",
    "compensation", "investment", "segments", "account_lists", "icp", "year", "months", "as_of",
    "currency", "gross_margin",
)  # fmt: skip


def differences(before: Scenario, after: Scenario) -> tuple[str, ...]:
    """One sentence each, people first; empty where the plans say the same."""
    return (
        *_people(before, after),
        *_planned(before, after),
        *_lands(before, after),
        *_targets(before, after),
        *_figures(before, after),
    )


def _people(before: Scenario, after: Scenario) -> Iterator[str]:
    was, now = _by_id(before.roster), _by_id(after.roster)
    yield from _new_and_gone("in the roster", was, now)
    both = [(was[id], now[id]) for id in now if id in was]
    yield from _sentence("another territory", [f"{a.id} ({_land(b)} to {_land(a)})" for b, a in both
                                               if a.territory != b.territory])  # fmt: skip
    yield from _sentence("another role", [f"{a.id} ({b.role} to {a.role})" for b, a in both
                                          if a.role != b.role])  # fmt: skip
    yield from _sentence("another manager", [a.id for b, a in both if a.manager != b.manager])
    seen = {"territory": None, "role": "", "manager": None}
    other = [a.id for b, a in both if a.model_copy(update=seen) != b.model_copy(update=seen)]
    yield from _sentence("otherwise changed", other)


def _planned(before: Scenario, after: Scenario) -> Iterator[str]:
    was, now = _by_id(before.hires), _by_id(after.hires)
    yield from _new_and_gone("planned", was, now)
    yield from _sentence("planned otherwise", [id for id in now if id in was and now[id] != was[id]])


def _lands(before: Scenario, after: Scenario) -> Iterator[str]:
    was, now = _by_id(before.territories), _by_id(after.territories)
    yield from _new_and_gone("territories", was, now)
    bare = {"targets": ()}
    yield from _sentence(
        "territories that cover something else",
        [i for i in now if i in was and now[i].model_copy(update=bare) != was[i].model_copy(update=bare)],
    )
    common = [i for i in now if i in was]
    if common != [i for i in was if i in now]:
        yield "territories are tried in another order"


def _targets(before: Scenario, after: Scenario) -> Iterator[str]:
    was, now = _aims(before), _aims(after)
    changed = [key for key in dict.fromkeys((*now, *was)) if now.get(key) != was.get(key)]
    told = [
        f"{land} {measure.replace('_', ' ')}{f' {year}' if year else ''}"
        f" ({was.get((land, measure, year), 'none')} to {now.get((land, measure, year), 'none')})"
        for land, measure, year in changed
    ]
    yield from _sentence("another target", told)


def _figures(before: Scenario, after: Scenario) -> Iterator[str]:
    different = [name.replace("_", " ") for name in FIGURES if getattr(before, name) != getattr(after, name)]
    yield from _sentence("other figures under", different)


def _aims(scenario: Scenario) -> dict[tuple[str, str, int | None], str]:
    return {
        (land.id, target.measure, target.year): _amount(target, scenario.currency)
        for land in scenario.territories
        for target in land.targets
    }


def _amount(target: Target, plan: str) -> str:
    if target.measure == "new_logos":
        return f"{target.value:,}"
    code = target.currency or plan
    return f"{major(target.value, code)} {code}"


def major(amount: int, currency: str) -> str:
    """The amount in major units; with its minor ones only where there are some."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole:,}" + (f".{rest:0{digits}d}" if rest else "")


def _by_id(lines: tuple[Named, ...]) -> dict[str, Named]:
    return {line.id: line for line in lines}


def _new_and_gone(what: str, was: Mapping[str, Value], now: Mapping[str, Value]) -> Iterator[str]:
    yield from _sentence(f"new {what}", [id for id in now if id not in was])
    yield from _sentence(f"no longer {what}", [id for id in was if id not in now])


def _sentence(what: str, found: list[str]) -> Iterator[str]:
    if found:
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        yield f"{what}: {', '.join(found[:MOST])}{more}"


def _land(rep: Rep) -> str:
    return rep.territory or "none"
