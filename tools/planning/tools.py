"""The planner's tools: they read the promoted scenario, compute on an overlay, and write nothing."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal, Protocol, TypeVar, cast

from pydantic import Field, JsonValue

from loops.calendar import Period, fiscal_quarter_of, fiscal_year, fiscal_year_of, local
from loops.design import changes as c
from loops.design.apply import apply
from loops.design.compare import after_changes, common_years, compare
from loops.design.config import DesignConfig
from loops.design.figures import Capacity
from loops.design.goal import Planning, Short, Way, falls_short, reach, year_meant
from loops.design.overlay import Overlay
from loops.design.wording import words
from loops.errors import ConfigError, PlanError
from loops.plan import Hire
from loops.records import Records
from loops.scenario import Rep, Scenario, open_hires, plan_years
from tools.errors import ToolRetry
from tools.ids import ScenarioName
from tools.planning.draws import band
from tools.planning.tables import Plain, bands, compared, coverage, short, totals
from tools.scenarios.files import names
from tools.workspace import Workspace, load_scenario

MOST_CAUSES = 40
"""Causes that are listed one by one."""
Made = TypeVar("Made")
Changes = Annotated[tuple[c.Change, ...], Field(max_length=20)]


class PlanContext(Protocol):
    """What these tools may reach."""

    @property
    def workspace(self) -> Workspace:
        """The workspace: scenarios, calendar, rates, configs."""
        ...

    @property
    def records(self) -> Records:
        """The records: their clock says what today is."""
        ...


def plan_now(ctx: PlanContext) -> JsonValue:
    """The promoted plan: its people, hires, territories, ramps, rates, and its figures by fiscal year.

    Args:
        ctx: the runtime's side.
    """
    plan = _planning(ctx)
    scenario, calendar, figures = plan.scenario, plan.calendar, _figures(plan)
    quarter = fiscal_quarter_of(calendar, plan.today)
    year = fiscal_year(calendar, fiscal_year_of(calendar, plan.today))
    focus = _said(lambda: year_meant(plan, None))
    made = figures.by_land(focus)
    ahead = figures.quarters[_at(figures, plan.today) :]
    found: Plain = {
        "scenario": scenario.name,
        "scenarios": [*names(ctx.workspace.root)],
        "currency": scenario.currency,
        "rates": [{"currency": r.currency, "on": str(r.on), "value": r.value} for r in plan.currencies.rates],
        "base": plan.currencies.base,
        "today": str(plan.today),
        "fiscal_year_starts_month": calendar.fiscal_year_starts_month,
        "fiscal_year_named_by": calendar.fiscal_year_named_by,
        "quarter": _period(quarter),
        "next_quarter": _period(fiscal_quarter_of(calendar, quarter.end)),
        "year": _period(year),
        "next_year": _period(fiscal_year(calendar, fiscal_year_of(calendar, year.end))),
        "reaches": {"first": figures.months[0].label, "last": figures.months[-1].label},
        "focus": focus,
        "years": [totals(figures, label) for label in dict.fromkeys(figures.years)],
        "quarters": [totals(figures, label) for label in dict.fromkeys(ahead)],
        "territories": [
            {
                "id": land.id,
                "name": land.name,
                "countries": [*land.countries],
                "regions": [*land.regions],
                "parent": land.parent,
                "currency": scenario.currency,
                "new_acv_minor": made.get(land.id, 0),
                "target_minor": figures.land_target(land.id, focus),
                "coverage_share": coverage(made.get(land.id, 0), figures.land_target(land.id, focus)),
                "people": sum(
                    one.territory in figures.lands(land.id) for one in _here(scenario, plan.today)
                ),
            }
            for land in scenario.territories
        ],
        "roles": _roles(scenario, plan.today),
        "people": [_person(one) for one in scenario.roster],
        "hires": [_person(one) for one in open_hires(scenario)],
        "segments": [{"id": s.id, "name": s.name} for s in scenario.segments],
        "channels": [*dict.fromkeys(line.channel for line in scenario.investment)],
        "ramps": [{"role": line.role, "months": len(line.shares)} for line in scenario.ramps],
        "attrition": [{"role": line.role, "yearly_share": line.yearly_share} for line in scenario.attrition],
    }
    return found


def what_if(
    ctx: PlanContext,
    ask: Literal["what_if", "reach", "breaks_first"],
    changes: Changes = (),
    goal: c.Goal | None = None,
) -> JsonValue:
    """The promoted plan beside itself with changes, each traced as a cause; who falls short; ways to a goal.

    Nothing is written. An error says in one sentence why a change doesn't fit the plan.

    Args:
        ctx: the runtime's side.
        ask: what the person wants to know of it; `reach` needs a goal.
        changes: in the order they are applied; empty: the plan as it stands.
        goal: what is to be reached; without a value or a factor, the target.
    """
    plan = _planning(ctx)
    if (ask == "reach") != (goal is not None):
        raise ToolRetry("a goal goes with `reach`, and `reach` needs a goal: {} stands for the target")
    applied = _said(lambda: apply(plan.scenario, changes, plan.calendar, plan.currencies, plan.today))
    changed = Planning(applied.scenario, plan.calendar, applied.currencies, plan.today)
    focus = _focus(plan, changes, goal)
    found = _said(lambda: after_changes(plan.now, applied, plan.calendar, focus))
    named = {land.id: land.name for land in (*plan.scenario.territories, *applied.scenario.territories)}
    then, now = (falls_short(side, _floor(ctx), plan.today) for side in (found.before, found.after))
    told: Plain = {
        "scenario": plan.scenario.name,
        "ask": ask,
        "changes": [step.words for step in applied.steps],
        **compared(found, focus, named),
        "band": bands(band(applied.scenario, found.after, (focus,)), found.after.currency),
        "floor_share": _floor(ctx),
        "falls_short": [_short(plan, found.after, one, named, then) for one in now],
        "assumptions": [*applied.assumptions, *_basis(plan), *_backwards(changed, goal)],
    }
    return {**told, "reach": _reach(changed, goal)} if goal else told


def compare_scenarios(ctx: PlanContext, other: ScenarioName) -> JsonValue:
    """The promoted scenario beside another one, every line in which they differ traced as a cause.

    Args:
        ctx: the runtime's side.
        other: name of a scenario of the workspace.
    """
    plan = _planning(ctx)
    try:
        second = load_scenario(ctx.workspace.root, other)
    except ConfigError as error:
        raise ToolRetry(
            f"{other} can't be read: {error}; there are {', '.join(names(ctx.workspace.root))}"
        ) from None
    focus = _said(lambda: _both(plan, second))
    found = _said(lambda: compare(plan.scenario, second, plan.calendar, plan.currencies, focus))
    named = {land.id: land.name for land in (*plan.scenario.territories, *second.territories)}
    told = _said(lambda: compared(found, focus, named))
    causes = cast("list[JsonValue]", told["causes"])
    return {
        "scenario": plan.scenario.name,
        "other": second.name,
        **told,
        "causes": causes[:MOST_CAUSES],
        "more_causes": max(0, len(causes) - MOST_CAUSES),
        "assumptions": _basis(plan),
    }


# --- their parts ----------------------------------------------------------------------------------
def _both(plan: Planning, other: Scenario) -> str:
    """The fiscal year in which two plans are compared: the one meant where both have it, else their first."""
    years, meant = common_years(plan.scenario, other, plan.calendar), year_meant(plan, None)
    return meant if meant in years else years[0]


def _planning(ctx: PlanContext) -> Planning:
    ws = ctx.workspace
    today = local(ws.calendar, ctx.records.at).date()
    return Planning(ws.scenario, ws.calendar, ws.currencies, today)


def _said(made: Callable[[], Made]) -> Made:
    """What is made; a plan's "no" as one that the model may answer.

    Raises:
        ToolRetry: it can't be made, and why.
    """
    try:
        return made()
    except PlanError as error:
        raise ToolRetry(str(error)) from None


def _figures(plan: Planning) -> Capacity:
    return _said(lambda: plan.now)


def _floor(ctx: PlanContext) -> float:
    config = ctx.workspace.configs["design"]
    assert isinstance(config, DesignConfig)
    return config.coverage_floor


def _focus(plan: Planning, changes: tuple[c.Change, ...], goal: c.Goal | None) -> str:
    """The fiscal year in which changes are looked at: that of their last day, else the next quarter's."""
    days = [day for change in changes for name in ("starts_on", "leaves_on", "on", "after")
            if isinstance(day := getattr(change, name, None), date)]  # fmt: skip
    year = next((y for one in (goal, *changes) if (y := getattr(one, "year", None))), None)
    if year is None and days:
        falls = fiscal_year_of(plan.calendar, max(days))
        # before the plan begins a day falls into none of its years
        year = falls if falls in plan_years(plan.scenario) else None
    return _said(lambda: year_meant(plan, year))


def _basis(plan: Planning) -> list[JsonValue]:
    """What every figure of the plan rests on."""
    year = _said(lambda: year_meant(plan, None))
    first, last = plan.now.months[0].label, plan.now.months[-1].label
    said: list[JsonValue] = [
        f"Plan {plan.scenario.name} in {plan.scenario.currency}, {first} to {last}; today is {plan.today}.",
        f"Fiscal years begin in month {plan.calendar.fiscal_year_starts_month}; the year shown is {year}.",
    ]
    if plan.scenario.attrition:
        said.append(
            "People leave with the plan's attrition, evenly over the year, and nobody takes their seat."
        )
    return said


def _backwards(plan: Planning, goal: c.Goal | None) -> list[JsonValue]:
    """What ways to a goal do in months that are over: nothing where the year hasn't begun."""
    if goal is None:
        return []
    label = _said(lambda: year_meant(plan, goal.year))
    first = plan.now.months[plan.now.within(label)[0]].start
    if first > plan.today:
        return []
    told = "Productivity, ramp and attrition, as ways to the goal, count over all of"
    return [f"{told} {label}, with its months that are over."]


def _short(
    plan: Planning, figures: Capacity, one: Short, named: dict[str, str], before: tuple[Short, ...]
) -> Plain:
    """When a territory falls short first, and when it did before the changes."""
    quarter = fiscal_quarter_of(plan.calendar, one.month.start).label if one.month else None
    was = next((then.month.label for then in before if then.territory == one.territory and then.month), None)
    return {**short(one, figures.currency, named, quarter), "month_before": was}


def _reach(plan: Planning, goal: c.Goal) -> Plain:
    found, money = _said(lambda: reach(plan, goal)), goal.measure == "new_acv"
    currency: Plain = {"currency": plan.scenario.currency}

    def amount(name: str, value: int) -> Plain:
        return {f"{name}_minor": value} if money else {name: value}

    return {
        "year": found.year,
        **currency,
        **amount("goal", found.goal),
        **amount("has", found.has),
        **amount("missing", max(0, found.gap)),
        "reached": found.gap <= 0,
        "ways": [
            {**_way(plan, way), **currency, **amount("reached", way.reached), "cost_minor": way.cost}
            for way in found.ways
        ],
    }


def _way(plan: Planning, way: Way) -> Plain:
    said = words(way.change, Overlay(plan.scenario, plan.currencies, plan.calendar, plan.today))
    found: Plain = {"words": said, "kind": way.change.kind, "enough": way.enough}
    if isinstance(way.change, c.AddPeople):
        found |= {"count": way.change.count, "role": way.change.role, "starts_on": str(way.change.starts_on)}
    if isinstance(way.change, c.ChangeProductivity):
        found["more_share"] = round(way.change.factor - 1, 4)
    return found


def _period(period: Period) -> Plain:
    return {"label": period.label, "start": str(period.start), "end": str(period.end)}


def _at(figures: Capacity, today: date) -> int:
    """The place of the running month; 0 where the plan begins later or is over."""
    return next((at for at, m in enumerate(figures.months) if m.start <= today < m.end), 0)


def _here(scenario: Scenario, today: date) -> list[Rep]:
    return [r for r in scenario.roster if (r.left_on is None or r.left_on > today)]


def _roles(scenario: Scenario, today: date) -> list[JsonValue]:
    lines = (*scenario.roster, *scenario.hires, *scenario.productivity, *scenario.compensation)
    planned = open_hires(scenario)
    sold = {line.role: line.segment for line in scenario.productivity}
    return [
        {
            "id": role,
            "segment": sold.get(role),
            "people": sum(one.role == role for one in _here(scenario, today)),
            "hires": sum(one.role == role for one in planned),
        }
        for role in dict.fromkeys(line.role for line in lines)
    ]


def _person(one: Rep | Hire) -> Plain:
    name: Plain = {"name": one.name} if isinstance(one, Rep) else {}
    return {
        "id": one.id,
        **name,
        "role": one.role,
        "territory": one.territory,
        "segment": one.segment,
        "starts_on": str(one.starts_on) if one.starts_on else None,
        "left_on": str(one.left_on) if one.left_on else None,
    }
