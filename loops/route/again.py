"""Leads that lie untouched on a desk, decided again by today's rules; and a batch of them taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from loops.decision import Answer, Ask, Decision, Reason
from loops.records import Member, Records
from loops.route.config import RouteConfig
from loops.route.inputs import ReassignAsked, ReassignCalled, RouteInput, facts, led
from loops.route.logic import assigned, decide
from loops.scenario import Scenario
from loops.values import Value
from loops.workload import Holding


class CalledInput(Value):
    """The batch, as it was asked for."""

    called: ReassignCalled


class AgainInput(Value):
    """A lead as it lies now, its own weight taken off its owner's desk, and what is asked of it."""

    asked: ReassignAsked
    route: RouteInput
    holding: Holding | None
    # None: it is closed, or no rep holds it
    target: Member | None
    # who had it before, where a batch is taken back; None otherwise, or where the roster hasn't them


@dataclass(frozen=True)
class _Lifted:
    """The desks of this moment, as they are without one lead."""

    records: Records
    owner: str

    @property
    def at(self) -> datetime:
        return self.records.at

    @property
    def scenario(self) -> Scenario:
        return self.records.scenario

    def member(self, rep: str) -> Member | None:
        found = self.records.member(rep)
        return self._without(found) if found and rep == self.owner else found

    def members(self, pool: str) -> tuple[Member, ...]:
        found = self.records.members(pool)
        return tuple(self._without(one) if one.rep == self.owner else one for one in found)

    def _without(self, member: Member) -> Member:
        person = self.records.rep(member.rep)
        load = max(0, member.load - 1)
        room = member.unavailable == "full" and person is not None and load < person.capacity
        return member.model_copy(update={"load": load, "unavailable": None if room else member.unavailable})


def gather_called(event: ReassignCalled, records: Records, config: RouteConfig) -> CalledInput:
    """The batch."""
    return CalledInput(called=event)


def decide_called(input: CalledInput, answers: tuple[Answer, ...], config: RouteConfig) -> Decision:
    """One question for each of its leads."""
    called = input.called
    text = f"{len(called.leads)} leads are decided again: {called.why}."
    if called.undoes:
        text = f"{len(called.leads)} leads go back to whom {called.undoes} took them from."
    why = Reason(code="undone" if called.undoes else "again", text=text)
    outcome = "undone" if called.undoes else "reassigned"
    return Decision(outcome=outcome, reasons=(why,), events=called.leads)


def gather_again(event: ReassignAsked, records: Records, config: RouteConfig) -> AgainInput | None:
    """The lead with its claims and its rule's pools as of now; None where it was erased."""
    found = facts(event.qualified, records)
    if found is None:
        return None
    if found.earlier and found.earlier.lead in event.apart:
        # that one is decided again as well, and after this one: it holds nothing fast
        found = found.model_copy(update={"earlier": None})
    return AgainInput(
        asked=event,
        route=led(found, _Lifted(records, event.owner), config),
        holding=records.holding(event.record),
        target=records.member(event.back_to) if event.back_to else None,
    )


def decide_again(input: AgainInput, answers: tuple[Answer, ...], config: RouteConfig) -> Decision:
    """A new owner, or that it stays where it is and why; nobody is asked."""
    asked = input.asked
    parked = asked.owner.startswith("queue:") and input.holding is None
    why = "" if parked else stays(input.holding, asked.owner)
    if why:
        return _stayed("stayed", why)
    if asked.back_to:
        return _back(input, asked.back_to)
    out = decide(input.route, (), config)
    if isinstance(out, Ask):
        text = " ".join(reason.text for reason in out.evidence if reason.code == "why_asked")
        return _stayed("left_open", f"Route would have to ask: {text or out.question}", out.evidence)
    if not out.effects:
        return _stayed("stayed", f"it comes out as {out.outcome.replace('_', ' ')}", out.reasons)
    if owner_of(out) == asked.owner:
        return Decision(outcome="kept", reasons=out.reasons, rule=out.rule)
    return out


def owner_of(decision: Decision) -> str | None:
    """Whom the decision gives the lead to: rep id or `queue:<id>`; None where it stays."""
    found: Mapping[str, object] = decision.effects[0].model_dump() if decision.effects else {}
    owner = found.get("owner")
    return str(owner) if owner else None


def stays(now: Holding | None, owner: str) -> str:
    """Why a lead that lay on that owner's desk is no longer to be moved; "" where it may be."""
    if now is None:
        return "it is open on nobody's desk any more"
    if now.owner != owner:
        return f"it went to {now.owner} meanwhile"
    if now.touched_at is not None or now.in_sequence:
        return f"{owner} has worked on it"
    return ""


def _back(input: AgainInput, back_to: str) -> Decision:
    if input.target is None or input.target.unavailable == "departed":
        return _stayed("stayed", f"{back_to} isn't with us any more")
    why = Reason(code="undone", text=f"It goes back to {back_to}, who had it before.")
    return assigned(input.route, back_to, "person", (why,), rule="undone")


def _stayed(outcome: str, why: str, more: tuple[Reason, ...] = ()) -> Decision:
    return Decision(outcome=outcome, reasons=(*more, Reason(code="stayed", text=f"It stays: {why}.")))
