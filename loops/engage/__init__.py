"""Engage: an assigned lead becomes a sequence that its rep approves; a call, a qualification they commit."""

from loops.engage.config import EngageConfig
from loops.engage.discovery.inputs import CallInput, gather_call
from loops.engage.discovery.logic import decide_call
from loops.engage.feedback import feedback
from loops.engage.inputs import Input, LeadAssigned, gather
from loops.engage.logic import decide
from loops.engage.mail_events import MailCancelled, MailSent, MailUnknown
from loops.engage.metrics import metrics
from loops.engage.outputs import (
    AssignOwner,
    CallRecorded,
    CreateTask,
    DeploySequence,
    DiscoveryContinued,
    LeadDisqualified,
    OpportunityConfirmed,
    SequenceApproved,
    SequenceRejected,
    StopOutreach,
    Suppress,
)
from loops.engage.unknown import SettleMail, UnknownInput, decide_unknown, gather_unknown
from loops.loop import Archetype, Chain, Loop, Step, Trigger

LOOP = Loop(
    name="engage",
    package="loops.engage",
    chain=Chain.ACQUISITION,
    archetypes=(Archetype.EVENT_DRIVEN,),
    version="1.1.0",
    owner="sales-development",
    config=EngageConfig,
    triggers=(
        Trigger(on=LeadAssigned, input=Input, gather=gather, decide=decide, again=True),
        Trigger(on=CallRecorded, input=CallInput, gather=gather_call, decide=decide_call, again=True),
        Trigger(on=MailUnknown, input=UnknownInput, gather=gather_unknown, decide=decide_unknown),
    ),
    events=(
        SequenceApproved,
        SequenceRejected,
        LeadAssigned,
        MailSent,
        MailCancelled,
        MailUnknown,
        CallRecorded,
        OpportunityConfirmed,
        LeadDisqualified,
        DiscoveryContinued,
    ),
    effects=(AssignOwner, CreateTask, DeploySequence, SettleMail, StopOutreach, Suppress),
    steps=(
        Step("gates: customer, open deal, suppression, address, grade", "code"),
        Step("research the company", "agent"),
        Step("check every fact: source, date, company, no orders", "code"),
        Step("choose the play", "code"),
        Step("write the sequence", "agent"),
        Step("check claims; grade personalization, specificity, calls to action, length, formatting", "code"),
        Step("grade relevance and tone", "agent"),
        Step("approve, edit, revise, reject or reassign", "human"),
        Step("a call: read it for the framework's dimensions", "agent"),
        Step("check every quotation; merge with earlier calls; handoff criteria", "code"),
        Step("adjust; commit, confirm, disqualify, continue or reject", "human"),
    ),
    metrics=metrics,
    feedback=feedback,
    verbs=("review",),
)
