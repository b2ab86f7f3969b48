"""What Engage says happened, and what it wants done."""

from typing import Literal

from loops.decision import Effect, Event
from loops.effects import AssignOwner, CreateTask, StopOutreach, Suppress
from loops.engage.discovery.outputs import (
    CallRecorded,
    DiscoveryContinued,
    LeadDisqualified,
    OpportunityConfirmed,
)

__all__ = [
    "AssignOwner",
    "CallRecorded",
    "CreateTask",
    "DeploySequence",
    "DiscoveryContinued",
    "LeadDisqualified",
    "OpportunityConfirmed",
    "SequenceApproved",
    "SequenceRejected",
    "StopOutreach",
    "Suppress",
]


class SequenceApproved(Event):
    """A person approved a sequence for sending."""

    kind: Literal["SequenceApproved"] = "SequenceApproved"
    owner: str
    # rep id
    approver: str
    # id of the person who approved
    play: str
    mails: int
    approval: str
    digest: str
    # SHA-256 of the signed sequence document, hex
    overridden: bool = False
    # approved below the mark, with a reason


class SequenceRejected(Event):
    """A person decided that this lead gets no sequence."""

    kind: Literal["SequenceRejected"] = "SequenceRejected"
    owner: str
    play: str


class DeploySequence(Effect):
    """Hand the approved sequence to the sender, which checks the approval again."""

    kind: Literal["DeploySequence"] = "DeploySequence"
    approval: str
    digest: str
