"""What Design's continuous mode reads: what Route assigned and whose desks it lies on; no customer record."""

from datetime import date, datetime, timedelta

from loops.calendar import Calendar, fiscal_quarter_of, fiscal_year, fiscal_year_of, local
from loops.design import replan
from loops.design.balance import Book, findings, imbalance, moves, splits
from loops.design.config import DesignConfig
from loops.design.outputs import BalanceProposal, MoveApproved, ReplanCalled, ReplanQuestion
from loops.loop import ScheduleDue
from loops.records import Member, Records
from loops.route.outputs import LeadAssigned
from loops.values import Value
from loops.workload import Holding, Imbalance, Plan

WEEK = timedelta(days=7)
"""How often a fiscal period's start is looked for."""
__all__ = ["WEEK", "BalanceInput", "LeadAssigned", "MoveInput", "ReplanInput"]


class BalanceInput(Value):
    """Every desk with its bounds, what may move, and the proposal that was solved from it."""

    at: datetime
    problem: Imbalance
    proposal: BalanceProposal


class MoveInput(Value):
    """An approved move, and how things stand now."""

    at: datetime
    approved: MoveApproved
    holding: Holding | None
    # None: the lead is closed, erased or nobody's
    target: Member | None
    capacity: int
    # of the target


class ReplanInput(Value):
    """What a person should know before they plan again."""

    at: datetime
    question: ReplanQuestion


def book(records: Records, config: DesignConfig) -> Book:
    """Everybody's desk as of now."""
    roster = records.scenario.roster
    members = {rep.id: member for rep in roster if (member := records.member(rep.id))}
    held = tuple(holding for holding in records.holdings() if holding.owner in members)
    return Book(records.at, records.scenario, config.balance, members, held)


def gather(event: ScheduleDue, records: Records, config: DesignConfig) -> BalanceInput:
    """Every desk, and the fewest moves that would even them out."""
    now = book(records, config)
    problem = imbalance(now)
    found = findings(now, problem)
    plan = records.balanced(problem) if found else Plan(by="")
    proposal = BalanceProposal(
        findings=found,
        plan=plan,
        moves=moves(now, plan),
        splits=splits(now, problem, plan) if config.balance.split and not plan.trouble else (),
    )
    return BalanceInput(at=records.at, problem=problem, proposal=proposal)


def gather_move(event: MoveApproved, records: Records, config: DesignConfig) -> MoveInput:
    """Whether the lead still lies where it lay, and whether its new owner can take it."""
    rep = records.rep(event.to)
    return MoveInput(
        at=records.at,
        approved=event,
        holding=records.holding(event.record),
        target=records.member(event.to),
        capacity=rep.capacity if rep else 0,
    )


def gather_replan(event: ReplanCalled, records: Records, config: DesignConfig) -> ReplanInput:
    """What changed since the plan was made."""
    today = local(records.calendar, records.at).date()
    return _replan(event, records, config, fiscal_quarter_of(records.calendar, today).label)


def gather_period(event: ScheduleDue, records: Records, config: DesignConfig) -> ReplanInput | None:
    """The same at the start of a fiscal period; None in a week in which none begins."""
    slot = datetime.fromisoformat(event.slot).date()
    label = period_beginning(records.calendar, slot, config)
    return (label and _replan(ReplanCalled(record=label, reason="period"), records, config, label)) or None


def period_beginning(calendar: Calendar, slot: date, config: DesignConfig) -> str:
    """The fiscal quarter or year that begins in the week of that slot; "" where none does."""
    last = slot + WEEK - timedelta(days=1)
    if config.replan.each == "never":
        return ""
    year = fiscal_year(calendar, fiscal_year_of(calendar, last))
    period = year if config.replan.each == "year" else fiscal_quarter_of(calendar, last)
    return period.label if slot <= period.start <= last else ""


def _replan(event: ReplanCalled, records: Records, config: DesignConfig, period: str) -> ReplanInput:
    scenario, today = records.scenario, local(records.calendar, records.at).date()
    question = ReplanQuestion(
        reason=event.reason,
        period=period,
        scenario=scenario.name,
        left=replan.left(scenario, today),
        overdue=replan.overdue(scenario, today, config.replan),
        uncovered=replan.uncovered(scenario, today),
        territory=event.territory,
        regions=event.regions,
    )
    return ReplanInput(at=records.at, question=question)
