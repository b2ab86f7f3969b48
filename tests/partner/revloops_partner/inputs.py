"""What Partner reads before it decides."""

from datetime import datetime

from loops.records import Lead, Records
from loops.route.outputs import LeadAssigned
from loops.values import Value

from .config import PartnerConfig


class PartnerInput(Value):
    """A partner's lead that a rep took."""

    at: datetime
    lead: Lead
    assigned: LeadAssigned


def gather(event: LeadAssigned, records: Records, config: PartnerConfig) -> PartnerInput | None:
    """The lead; None where it isn't a partner's, or was erased meanwhile."""
    lead = records.lead(event.record)
    if lead is None or lead.source != config.source:
        return None
    return PartnerInput(at=records.at, lead=lead, assigned=event)
