"""What discovery says happened; ids and figures, no word that was spoken."""

from typing import Literal

from loops.decision import Event
from loops.records import Mark


class CallRecorded(Event):
    """A call was recorded; `record` is the call.

    Not the lead or the deal: a newer open question about a record takes the older one's place, and two calls
    with one customer are two questions.
    """

    kind: Literal["CallRecorded"] = "CallRecorded"
    rep: str
    # id of who led it, and who reviews its qualification
    lead: str | None = None
    account: str | None = None
    opportunity: str | None = None


class Committed(Event):
    """A rep committed a call's qualification; `record` is the deal: opportunity, else lead, else account."""

    call: str
    framework: str
    rep: str
    # who committed it
    lead: str | None
    account: str | None
    opportunity: str | None
    marks: tuple[Mark, ...]
    # every dimension of the framework, in its order
    share: float
    # 0-1, covered part of the framework's weight


class OpportunityConfirmed(Committed):
    """The deal is an opportunity to pursue."""

    kind: Literal["OpportunityConfirmed"] = "OpportunityConfirmed"
    overridden: bool = False
    # confirmed below the handoff criteria, with a reason


class LeadDisqualified(Committed):
    """The deal is given up for now and goes to nurture."""

    kind: Literal["LeadDisqualified"] = "LeadDisqualified"
    reasons: tuple[str, ...]
    # names of the config's reasons
    queue: str
    # the nurture queue


class DiscoveryContinued(Committed):
    """Another meeting is needed."""

    kind: Literal["DiscoveryContinued"] = "DiscoveryContinued"
    uncovered: tuple[str, ...]
    # names of dimensions that aren't wholly covered
