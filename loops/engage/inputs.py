"""Everything outreach reads before it decides: the assignment, the lead, its owner, what the row says."""

from datetime import datetime

from loops.engage.config import EngageConfig
from loops.engage.facts import RowCell
from loops.records import Company, Lead, Records
from loops.route.outputs import LeadAssigned
from loops.scenario import Rep
from loops.values import Quoted, Value

__all__ = ["Input", "LeadAssigned", "Without", "gather"]
Without = "assigned_without_sequence"
_SAME = ("owner", "grade", "company", "account", "account_status")
"""What of an assignment a draft rests on."""


class Input(Value):
    """What `decide` reads."""

    at: datetime
    # aware UTC
    event: LeadAssigned
    lead: Lead
    owner: Rep | None
    # None: the roster has nobody of that id
    profile: Company | None
    # the matched company; None where none was
    suppression: str | None
    # why nobody may write to them, or None
    row: tuple[RowCell, ...]
    # the row's cells that may be cited
    owners: tuple[str, ...]
    # ids of the reps who may take the lead over: the roster without who has left

    @property
    def about(self) -> str:
        """The record that tasks are filed under."""
        return self.lead.id

    @property
    def activity(self) -> str:
        """What this run does, as a sentence starts."""
        return "Outreach"

    @property
    def assignee(self) -> str:
        """The rep who gets a task where no sequence comes of it."""
        return self.event.owner

    @property
    def without(self) -> str:
        """The outcome of a run that ends without a sequence."""
        return Without


def gather(event: LeadAssigned, records: Records, config: EngageConfig) -> Input | None:
    """The input; None where the lead was erased, or a sequence for this very assignment is under way.

    A lead that is graded and routed again and comes out as before keeps the draft that its rep reads.
    """
    lead = records.lead(event.record)
    if lead is None or _stands(event, records):
        return None
    return Input(
        at=records.at,
        event=event,
        lead=lead,
        owner=records.rep(event.owner),
        profile=records.profile(event.company) if event.company else None,
        suppression=records.suppression(lead),
        row=row_cells(lead, config.row_fields),
        owners=tuple(
            rep.id
            for rep in records.scenario.roster
            if rep.left_on is None or rep.left_on > records.at.date()
        ),
    )


def _stands(event: LeadAssigned, records: Records) -> bool:
    before = records.asking("engage", event.record, event.kind)
    if before is None:
        return False
    was = LeadAssigned.model_validate_json(before)
    return all(getattr(was, name) == getattr(event, name) for name in _SAME)


def row_cells(lead: Lead, fields: tuple[str, ...]) -> tuple[RowCell, ...]:
    """The lead's filled cells among `fields`, in that order, each with the place it stands at."""
    said = {"message": lead.message.text if lead.message else "", "source": lead.source, "title": lead.title}
    return tuple(
        RowCell(field=field, where=_where(lead, field), on=lead.created_at.date(), words=Quoted(text=text))
        for field in fields
        if (text := said.get(field, "").strip())
    )


def _where(lead: Lead, field: str) -> str:
    origin = lead.origin
    row = f"{origin.source} line {origin.line}" if origin.line else f"{origin.source} record {lead.id}"
    return f"{row}, column {origin.columns.get(field, field)}"
