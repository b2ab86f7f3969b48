"""What Qualify reads before it decides."""

from datetime import datetime

from loops.decision import Event
from loops.qualify.config import QualifyConfig
from loops.records import Enrichment, Lead, Records
from loops.values import Value


class QualifyInput(Value):
    """A lead and what the enrichment provider has on its company."""

    at: datetime
    lead: Lead
    enrichment: Enrichment


def gather(event: Event, records: Records, config: QualifyConfig) -> QualifyInput | None:
    """The lead of the event and its candidates; None where it was erased meanwhile."""
    lead = records.lead(event.record)
    return lead and QualifyInput(at=records.at, lead=lead, enrichment=records.enrichment(lead))
