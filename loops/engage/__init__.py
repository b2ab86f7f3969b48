"""Engage, outreach: an assigned lead becomes a researched, graded sequence that its rep approves."""

from loops.engage.config import EngageConfig
from loops.engage.feedback import feedback
from loops.engage.inputs import Input, LeadAssigned, gather
from loops.engage.logic import decide
from loops.engage.mail_events import MailCancelled, MailSent, MailUnknown
from loops.engage.metrics import metrics
from loops.engage.outputs import AssignOwner, CreateTask, DeploySequence, SequenceApproved, SequenceRejected
from loops.engage.unknown import SettleMail, UnknownInput, decide_unknown, gather_unknown
from loops.loop import Archetype, Chain, Loop, Step, Trigger

LOOP = Loop(
    name="engage",
    package="loops.engage",
    chain=Chain.ACQUISITION,
    archetypes=(Archetype.EVENT_DRIVEN,),
    version="1.0.0",
    owner="sales-development",
    config=EngageConfig,
    triggers=(
        Trigger(on=LeadAssigned, input=Input, gather=gather, decide=decide),
        Trigger(on=MailUnknown, input=UnknownInput, gather=gather_unknown, decide=decide_unknown),
    ),
    events=(SequenceApproved, SequenceRejected, LeadAssigned, MailSent, MailCancelled, MailUnknown),
    effects=(AssignOwner, CreateTask, DeploySequence, SettleMail),
    steps=(
        Step("gates: customer, open deal, suppression, address, grade", "code"),
        Step("research the company", "agent"),
        Step("check every fact: source, date, company, no orders", "code"),
        Step("choose the play", "code"),
        Step("write the sequence", "agent"),
        Step("check claims; grade personalization, specificity, calls to action, length, formatting", "code"),
        Step("grade relevance and tone", "agent"),
        Step("approve, edit, revise, reject or reassign", "human"),
    ),
    metrics=metrics,
    feedback=feedback,
    verbs=("review",),
)
