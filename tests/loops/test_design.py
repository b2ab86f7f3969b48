"""Workload from what was assigned: findings, what may move, splits, and when a new plan is called for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loops.calendar import Calendar, slot_start
from loops.design.balance import Book, faults, findings, imbalance, moves, splits
from loops.design.config import Balance, DesignConfig
from loops.design.feedback import feedback
from loops.design.inputs import gather, period_beginning
from loops.design.metrics import metrics
from loops.design.replan import left, overdue, uncovered
from loops.ledger import LedgerRow
from loops.loop import Archetype, ScheduleDue
from loops.plan import Hire, Target
from loops.records import Member
from loops.scenario import Pool, Rep, Scenario, Territory
from loops.workload import Flow, Holding, Imbalance, Plan
from tests.house import rep, template

AT = datetime(2026, 11, 23, 14, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=60)
DUE = ScheduleDue(record="balance", loop="design", schedule="balance", slot="2026-11-23T00:00:00-05:00")


def config() -> DesignConfig:
    found = template().workspace.configs["design"]
    assert isinstance(found, DesignConfig)
    return found


def rules(**changed: Any) -> Balance:
    return Balance.model_validate({**config().balance.model_dump(), **changed})


def holding(n: int, owner: str = "ana", **said: Any) -> Holding:
    given = {"lead": f"L-{n:03}", "owner": owner, "assigned_at": LONG_AGO, "by": "pool", "pool": "p"}
    return Holding.model_validate({**given, **said})


def person(id: str, **fields: Any) -> Rep:
    return rep(id, **{"capacity": 10, **fields})


def scenario(*reps: Rep, backup: tuple[str, ...] = (), **fields: Any) -> Scenario:
    ids = tuple(r.id for r in reps if r.id not in backup)
    spare = (Pool(id="spare", name="Spare", members=backup),) if backup else ()
    pools = (Pool(id="p", name="P", members=ids, backup="spare" if backup else None), *spare)
    return Scenario.model_validate({"name": "s", "roster": reps, "pools": pools, **fields})


def book(plan: Scenario, *holdings: Holding, away: dict[str, str] | None = None, **changed: Any) -> Book:
    loads = {r.id: sum(h.owner == r.id for h in holdings) for r in plan.roster}
    gone = away or {}
    members = {id: Member(rep=id, load=load, unavailable=gone.get(id)) for id, load in loads.items()}
    return Book(AT, plan, rules(**changed), members, holdings)


@pytest.mark.feature("DE10")
def test_a_full_desk_with_stale_leads_is_overloaded_and_an_empty_one_idle() -> None:
    now = book(scenario(person("ana"), person("ben")), *(holding(n) for n in range(10)), low_share=0.2)
    first, second = findings(now, imbalance(now))
    assert (first.rep, first.state, first.load, first.high, first.stale) == ("ana", "overloaded", 10, 9, 10)
    assert (first.oldest_days, first.movable, first.groups) == (60, 10, ("pool:p",))
    assert (second.rep, second.state, second.load, second.low) == ("ben", "idle", 0, 2)


@pytest.mark.feature("DE10")
def test_a_full_desk_on_which_nothing_is_stale_copes_and_is_given_nothing() -> None:
    fresh = [holding(n, touched_at=AT - timedelta(days=1)) for n in range(10)]
    now = book(scenario(person("ana"), person("ben", capacity=0)), *fresh)
    assert findings(now, imbalance(now)) == ()
    (ana,) = (desk for desk in imbalance(now).desks if desk.rep == "ana")
    assert ana.high == ana.load == 10


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("touched lately", {"touched_at": AT - timedelta(days=3)}),
        ("in a sequence", {"in_sequence": True}),
        ("an open deal's", {"by": "open_deal"}),
        ("given by a person", {"by": "person"}),
        ("assigned today", {"assigned_at": AT}),
        ("nobody knows how it came there", {"by": "", "pool": None}),
    ],
)
@pytest.mark.feature("DE11")
def test_continuity_keeps_a_lead_where_it_is(why: str, said: dict[str, Any]) -> None:
    now = book(scenario(person("ana"), person("ben")), holding(1, **said), holding(2))
    assert [h.lead for h in now.movable("ana")] == ["L-002"], why


def test_what_somebody_who_left_still_holds_has_to_go_but_not_out_of_a_sequence() -> None:
    mine = (holding(1, by="person"), holding(2, touched_at=AT), holding(3, in_sequence=True))
    now = book(scenario(person("ana"), person("ben")), *mine, away={"ana": "departed"}, low_share=0)
    (found,) = findings(now, imbalance(now))
    assert (found.state, found.load, found.movable) == ("left", 3, 2)
    assert not any(desk.takes for desk in imbalance(now).desks if desk.rep == "ana")


def test_leads_go_to_people_of_the_same_pool_and_then_to_its_backup() -> None:
    plan = scenario(person("ana"), person("ben"), person("zoe"), backup=("zoe",))
    (group,) = imbalance(book(plan, holding(1))).groups
    assert (group.members, group.backup, group.movable) == (("ana", "ben"), ("zoe",), {"ana": 1})
    (alone,) = imbalance(book(plan, holding(1), overflow=False)).groups
    assert alone.backup == ()


def test_without_a_pool_they_go_to_people_of_the_same_territory_and_role() -> None:
    here, there = {"territory": "dach"}, {"territory": "uki"}
    plan = scenario(
        person("ana", **here), person("ben", **here), person("cleo", **there),
        person("dev", **here, role="sdr"),
    )  # fmt: skip
    (group,) = imbalance(book(plan, holding(1, pool=None, territory="dach"))).groups
    assert (group.name, group.members) == ("territory:dach/account_executive", ("ana", "ben"))


def test_what_has_waited_longest_goes_first() -> None:
    held = [holding(n, assigned_at=LONG_AGO - timedelta(days=n)) for n in range(4)]
    now = book(scenario(person("ana"), person("ben")), *held)
    assert [move.holding.lead for move in moves(now, flow("ben", 2))] == ["L-003", "L-002"]


def flow(target: str, count: int, group: str = "pool:p", *, overflow: bool = False) -> Plan:
    only = Flow(source="ana", target=target, group=group, count=count, overflow=overflow)
    return Plan(by="", flows=(only,), moves=count, bound=count)


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (flow("ben", 4), "ben would be above 9"),
        (flow("ben", 7), "ana has fewer than 7 of pool:p to give"),
        (flow("zoe", 1), "zoe may take nothing of pool:p"),
        (flow("cleo", 1), "cleo may take nothing of pool:p"),
        (flow("ben", 1, "pool:q"), "ben may take nothing of pool:q"),
        (flow("zoe", 6, overflow=True), "ana would be below 5"),
        (flow("ben", 1).model_copy(update={"moves": 2}), "its figures don't add up"),
        (flow("ben", 1).model_copy(update={"bound": 2}), "its figures don't add up"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_found_out(plan: Plan, fault: str) -> None:
    held = [holding(n, by="pool" if n < 6 else "person") for n in range(10)]
    held += [holding(n + 10, "ben") for n in range(6)]
    people = scenario(person("ana"), person("ben"), person("cleo"), person("zoe"), backup=("zoe",))
    problem = imbalance(book(people, *held, away={"cleo": "absent"}, low_share=0.5))
    assert fault in faults(problem, plan)
    assert faults(problem, flow("ben", 1)) == faults(problem, flow("zoe", 1, overflow=True)) == ()


@pytest.mark.feature("DE11")
def test_where_no_reassignment_helps_the_fewest_regions_that_carry_the_excess_away_are_named() -> None:
    regions = ["US-NY"] * 6 + ["US-NJ"] * 4 + ["US-MA"] * 2
    held = [holding(n, territory="east", region=region, by="person") for n, region in enumerate(regions)]
    people = scenario(person("ana"))
    now = book(people, *held)
    (split,) = splits(now, imbalance(now), Plan(by=""))
    assert (split.territory, split.regions, split.to) == ("east", ("US-NY",), "")
    assert (split.leads, split.of, split.over) == (6, 12, 3)
    wide = people.model_copy(update={
        "roster": (*people.roster, person("zoe")),
        "pools": (*people.pools, Pool(id="west", name="West", members=("zoe",))),
    })  # fmt: skip
    now = book(wide, *held)
    assert splits(now, imbalance(now), Plan(by=""))[0].to == "west"


def test_a_territory_of_one_region_is_not_split() -> None:
    held = [holding(n, territory="east", region="US-NY", by="person") for n in range(12)]
    now = book(scenario(person("ana")), *held)
    assert splits(now, imbalance(now), Plan(by="")) == ()


class RouteAlone:
    """Records that hand out assignments and people, and refuse everything about a customer."""

    def __init__(self, plan: Scenario, holdings: tuple[Holding, ...]) -> None:
        self.at, self.scenario, self.calendar, self._held = AT, plan, Calendar(), holdings
        self.asked: list[Imbalance] = []

    def member(self, rep: str) -> Member:
        return Member(rep=rep, load=sum(h.owner == rep for h in self._held))

    def holdings(self) -> tuple[Holding, ...]:
        return self._held

    def balanced(self, problem: Imbalance) -> Plan:
        self.asked.append(problem)
        return Plan(by="")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"workload read {name}")


@pytest.mark.feature("DE12")
def test_workload_is_found_from_assignments_without_a_customer_s_record() -> None:
    records: Any = RouteAlone(scenario(person("ana"), person("ben")), tuple(holding(n) for n in range(10)))
    found = gather(DUE, records, config())
    assert found.proposal.findings[0].rep == "ana" and records.asked
    with pytest.raises(AssertionError, match="workload read lead"):
        records.lead("L-001")  # what is refused above is refused out loud


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_desk_so_small_that_its_bounds_cross_can_be_in_balance(capacity: int) -> None:
    now = book(scenario(person("ana", capacity=capacity)), low_share=0.6, high_share=0.9)
    (desk,) = imbalance(now).desks
    assert desk.low == desk.high == capacity - 1
    full = book(now.scenario, *(holding(n) for n in range(desk.high)), low_share=0.6, high_share=0.9)
    assert findings(full, imbalance(full)) == ()


# --- planning again -------------------------------------------------------------------------------
PLAN = Scenario(
    name="fy27",
    territories=(
        Territory(id="east", name="East", targets=(Target(value=100),)),
        Territory(id="west", name="West", targets=(Target(value=100),)),
        Territory(id="open", name="Open"),
    ),
    roster=(
        rep("ana", territory="east", seat="h-1"),
        rep("ben", territory="west", left_on=date(2026, 10, 1)),
        rep("cleo", territory="west", left_on=date(2026, 9, 1), seat="h-2"),
        rep("dev", left_on=date(2026, 9, 1)),
        rep("eve", territory="east", seat="h-2"),
    ),
    hires=(
        Hire(id="h-1", role="ae", starts_on=date(2026, 8, 1)),
        Hire(id="h-3", role="ae", starts_on=date(2026, 9, 1), territory="west"),
        Hire(id="h-4", role="ae", starts_on=date(2026, 11, 20)),
        Hire(id="h-5", role="ae", starts_on=date(2027, 2, 1)),
    ),
)


@pytest.mark.feature("DE8")
def test_what_changed_since_the_plan_was_made_is_said() -> None:
    today = AT.date()
    assert left(PLAN, today) == ("ben",)
    assert [seat.hire for seat in overdue(PLAN, today, config().replan)] == ["h-3"]
    assert uncovered(PLAN, today) == ("west",)


@pytest.mark.parametrize(
    ("each", "slot", "label"),
    [
        ("quarter", date(2027, 1, 25), ""),
        ("quarter", date(2027, 2, 1), "Q1 FY28"),
        ("quarter", date(2027, 4, 26), "Q2 FY28"),
        ("quarter", date(2027, 5, 3), ""),
        ("year", date(2027, 4, 26), ""),
        ("year", date(2027, 2, 1), "FY28"),
        ("never", date(2027, 2, 1), ""),
    ],
)
@pytest.mark.feature("DE8")
def test_a_plan_is_called_for_in_the_week_in_which_a_fiscal_period_begins(
    each: str, slot: date, label: str
) -> None:
    replan = {"each": each, "hire_late_days": 30}
    when = DesignConfig.model_validate({**config().model_dump(), "replan": replan})
    assert period_beginning(Calendar(fiscal_year_starts_month=2), slot, when) == label


@pytest.mark.feature("AR2")
def test_a_slot_of_seven_days_starts_on_monday() -> None:
    week = 7 * 24 * 60
    starts = {slot_start(AT + timedelta(hours=h), week) for h in range(7 * 24 - 14)}
    assert starts == {datetime(2026, 11, 23, tzinfo=UTC)}
    assert slot_start(AT + timedelta(days=7), week) == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.feature("AR5")
def test_design_is_modelled_by_people_and_looks_by_itself() -> None:
    loop = template().registry.loops["design"]
    assert set(loop.archetypes) == {Archetype.MODELING, Archetype.SCHEDULED}
    schedules = {trigger.schedule for trigger in loop.triggers if trigger.on is ScheduleDue}
    assert schedules == {"balance", "replan"}


# --- metrics and feedback -------------------------------------------------------------------------
def row(n: int, outcome: str) -> LedgerRow:
    return LedgerRow(n, f"run-{n}", "decided", "design", "", "", "", outcome, "", "", "", "", "", AT, 1)


def test_proposals_rejected_more_often_than_intended_are_reported() -> None:
    mostly = metrics(row(n, "rejected" if n < 6 else "approved") for n in range(10))
    (found,) = feedback(mostly, config())
    assert (found.metric, found.value, found.config_key) == ("rejected_share", 0.6, "balance")
    assert not feedback(metrics(row(n, "rejected" if n < 5 else "approved") for n in range(10)), config())
    assert not feedback(metrics(row(n, "rejected") for n in range(3)), config())


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="low_share must be below high_share"):
        rules(low_share=0.95)
