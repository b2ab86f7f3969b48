"""Planning questions: what people type, and the structured change it means; under two fiscal years."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from agent.bootstrap import NoEnricher
from agent.chat import Question
from evals.case import Case
from evals.data.world import NOW, Market
from loops.calendar import Calendar, fiscal_quarter_of
from loops.config import LoopConfig
from loops.design.changes import Inquiry
from loops.errors import RevloopsError
from loops.plan import Currencies, Rate
from loops.scenario import Scenario, Territory
from loops.values import Quoted
from tools import yaml_text
from tools.init import scenario_text
from tools.sandbox.draw import Draw
from tools.sandbox.plan import stretch
from tools.sandbox.roster import build_scenario
from tools.sandbox.setting import Setting
from tools.store import Tx
from tools.store.records import StoreRecords
from tools.workspace import Workspace

SEED, SCALE = 7, 1.0
"""Of the sandbox whose people and territories the questions name."""
SEEN = ("planning/asked.yaml", "planning/unclear.yaml")
UNSEEN = ("unseen/planning.yaml", "unseen/planning_day.yaml", "unseen/planning_day_unclear.yaml")
MILLION = 100_000_000
"""In minor units."""
PLANNER = "planner"
ZONE = "America/New_York"
PLANS = ("january", "february")
"""Where the fiscal year begins; in February the plan is in two currencies."""


def planning_cases(seed: int, n: int) -> tuple[Case, ...]:
    """`n` plain questions about drawn people, places and figures."""
    made: list[Case] = []
    for number, draw in Market(seed).draws("planning", n):
        setting = draw.pick(PLANS)
        words, inquiry = _drawn(draw, setting)
        id = f"planning-{seed}-{number}"
        meant = inquiry.model_dump(mode="json")
        made.append(Case(id, f"plain, {setting}", PLANNER, question(words), {"inquiry": meant}, plan=setting))
    return tuple(made)


def _drawn(draw: Draw, setting: str) -> tuple[str, Inquiry]:
    """A question, and what it means."""
    scenario, calendar, _ = plan(setting)
    land = draw.pick([t for t in scenario.territories if t.targets])
    role, said = draw.pick((("enterprise_ae", "enterprise AEs"), ("account_executive", "account executives")))
    person = draw.pick([r for r in scenario.roster if r.segment and r.left_on is None])
    count, share = draw.between(2, 9), draw.between(2, 30)
    soon = fiscal_quarter_of(calendar, NOW.date()).end
    up = {"factor": float(Fraction(100 + share, 100))}
    down = {"factor": float(Fraction(100 - share, 100))}
    channel = draw.pick([line.channel for line in scenario.investment])
    leaves = {"kind": "person_leaves", "person": person.id, "leaves_on": date(NOW.year + 1, 3, 1)}
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"What if we add {count} {said} in {land.name} next quarter?",
         _if(kind="add_people", role=role, count=count, territory=land.id, starts_on=soon)),
        (f"What if the target of {land.name} goes up by {share} %?",
         _if(kind="target", territory=land.id, **up)),
        (f"What if all prices rise by {share} %?", _if(kind="price", **up)),
        (f"What if we spend {share} % less on {channel}?", _if(kind="investment", channel=channel, **down)),
        (f"What if attrition goes to {share} %?",
         _if(kind="attrition", to_share=float(Fraction(share, 100)))),
        (f"What if all planned hires start {count} months later?", _if(kind="shift_hires", by_months=count)),
        (f"What if {person.name} leaves in March?", {"ask": "what_if", "changes": [leaves]}),
        (f"Which territory falls short first if {person.name} leaves in March?",
         {"ask": "breaks_first", "changes": [leaves]}),
        (f"What would it take to reach {share + 25} million?",
         {"ask": "reach", "goal": {"value": (share + 25) * MILLION}}),
    )  # fmt: skip
    words, meant = draw.pick(ways)
    return words, Inquiry.model_validate(meant)


def _if(**change: Any) -> dict[str, Any]:
    return {"ask": "what_if", "changes": [change]}


def written_planning_cases() -> tuple[Case, ...]:
    """Questions as people type them: those that the parser's author may read, and those by another hand."""
    seen = (case for file in SEEN for case in _cases(file, seen=True))
    return (*seen, *(case for file in UNSEEN for case in _cases(file, seen=False)))


def _cases(file: str, *, seen: bool) -> Iterable[Case]:
    for row in _rows(file):
        target = _target(file, row)
        family = "asked" if "inquiry" in target else str(target["expects"])
        yield Case(
            row["id"],
            f"{family}, {row['setting']}",
            PLANNER,
            question(row["text"]),
            target,
            seen=seen,
            plan=row["setting"],
            before=tuple(row.get("before", ())),
        )


def question(words: str) -> dict[str, Any]:
    """A person's words as the planner gets them."""
    return Question(text=Quoted(text=words), today=NOW.date()).model_dump(mode="json")


@lru_cache(maxsize=4)
def _rows(file: str) -> list[dict[str, Any]]:
    text = files("evals.data").joinpath(file).read_text(encoding="utf-8")
    return cast("list[dict[str, Any]]", yaml_text.read(text, file)[0])


def _target(file: str, row: dict[str, Any]) -> dict[str, Any]:
    if "expects" in row:
        return {"expects": row["expects"]}
    try:
        meant = TypeAdapter(Inquiry).validate_python(row["inquiry"])
    except ValidationError as error:
        raise RevloopsError(f"evals/data/{file}: {row['id']}: {error}") from error
    return {"inquiry": meant.model_dump(mode="json")}


@lru_cache(maxsize=2)
def plan(name: str) -> tuple[Scenario, Calendar, Currencies]:
    """The plan, the calendar and the rates of a setting."""
    scenario = build_scenario(Setting(SEED, SCALE, NOW))
    if name == "february":
        rates = Currencies(rates=(Rate(currency="EUR", on=NOW.date().replace(month=1, day=1), value=1.085),))
        return scenario, Calendar(zone=ZONE, fiscal_year_starts_month=2), rates
    own = {
        "year": NOW.year,
        "territories": tuple(map(_in_dollars, scenario.territories)),
        "prices": tuple(price for price in scenario.prices if not price.currency),
    }
    return scenario.model_copy(update=own), Calendar(zone=ZONE), Currencies()


def _in_dollars(land: Territory) -> Territory:
    targets = tuple(target.model_copy(update={"currency": None}) for target in land.targets)
    return land.model_copy(update={"targets": targets})


def plan_reach(workspace: Workspace, tx: Tx, folder: Path, name: str) -> "PlanReach":
    """What the planner's tools reach in that setting; its scenarios are written into the folder, once."""
    scenario, calendar, currencies = plan(name)
    there = folder / name / "scenarios"
    if not there.is_dir():
        there.mkdir(parents=True)
        for one in (scenario, stretch(scenario)):
            (there / f"{one.name}.yaml").write_text(scenario_text(one), encoding="utf-8")
    own = replace(workspace, root=folder / name, scenario=scenario, calendar=calendar, currencies=currencies)
    records = StoreRecords(tx, NOW, calendar, scenario, NoEnricher())
    return PlanReach(own, records, tx, workspace.configs)


@dataclass(frozen=True)
class PlanReach:
    """What the planner's tools may reach."""

    workspace: Workspace
    records: StoreRecords
    tx: Tx
    configs: Mapping[str, LoopConfig]
