"""Everything discovery reads before it decides: the call, whose it is, what earlier calls showed."""

from datetime import datetime

from loops.engage.config import EngageConfig
from loops.engage.discovery.outputs import CallRecorded
from loops.engage.discovery.tasks import Earlier, Line, Side
from loops.records import Call, Lead, Mark, Records
from loops.scenario import Rep
from loops.values import Quoted, Value


class CallInput(Value):
    """What `decide_call` reads."""

    at: datetime
    # aware UTC
    event: CallRecorded
    spoken_at: datetime
    lead: Lead | None
    # None: only the account or the opportunity is known
    company: str
    # as the account or the lead has it; "" where neither says
    deal: str
    # opportunity, else lead, else account
    rep: Rep | None
    # None: the roster has nobody of that id
    lines: tuple[Line, ...]
    # may be empty
    earlier: tuple[Earlier, ...]
    # what earlier calls of the deal showed, by dimension

    @property
    def about(self) -> str:
        """The record that tasks are filed under."""
        return self.event.lead or self.deal

    @property
    def activity(self) -> str:
        """What this run does, as a sentence starts."""
        return "Discovery"

    @property
    def assignee(self) -> str:
        """The rep who gets a task where a step fails."""
        return self.event.rep

    @property
    def reviewer(self) -> str:
        """Who is asked: the rep; their manager where the rep has left; operations where nobody is left."""
        rep = self.rep
        if rep is None or rep.left_on is None or rep.left_on > self.at.date():
            return f"person:{self.event.rep}"
        return f"person:{rep.manager}" if rep.manager else "role:ops"

    @property
    def without(self) -> str:
        """The outcome of a run that ends without a qualification."""
        return "discovery_by_hand"


def gather_call(event: CallRecorded, records: Records, config: EngageConfig) -> CallInput | None:
    """The input, or None where the call or its lead was erased meanwhile."""
    call = records.call(event.record)
    lead = records.lead(call.lead) if call and call.lead else None
    if call is None or (call.lead and lead is None):
        return None
    account = records.account(call.account) if call.account else None
    deal = deal_of(call)
    return CallInput(
        at=records.at,
        event=event,
        spoken_at=call.at,
        lead=lead,
        company=account.name if account else lead.company if lead else "",
        deal=deal,
        rep=records.rep(event.rep),
        lines=lines_of(call),
        earlier=tuple(_earlier(mark, records) for mark in records.qualification(deal)),
    )


def deal_of(call: Call) -> str:
    """The deal a call belongs to: its opportunity, else its lead, else its account."""
    return call.opportunity or call.lead or call.account or call.id


def lines_of(call: Call) -> tuple[Line, ...]:
    """The call's turns, numbered from 1; a line that names no speaker is nobody's."""
    turns = (line.strip() for line in call.transcript.splitlines())
    parts = (line.partition(": ") for line in turns if line)
    return tuple(
        Line(
            n=n,
            speaker=speaker if colon else "",
            side=_side(speaker if colon else "", call.ours),
            words=Quoted(text=words if colon else speaker),
        )
        for n, (speaker, colon, words) in enumerate(parts, 1)
    )


def _side(speaker: str, ours: tuple[str, ...]) -> Side:
    if not speaker or not ours:
        return "unknown"
    return "ours" if speaker in ours else "theirs"


def _earlier(mark: Mark, records: Records) -> Earlier:
    call = records.call(mark.call)
    lines = lines_of(call) if call else ()
    said = next((line for line in lines if line.n == mark.line), None)
    return Earlier(
        dimension=mark.dimension,
        state=mark.state,
        call=mark.call,
        line=mark.line,
        on=mark.on,
        speaker=said.speaker if said else "",
        words=said.words if said else None,
    )
