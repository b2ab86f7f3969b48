"""Writes a sequence from facts and approved lines."""

from agent.chat import answers_people
from agent.spec import AgentSpec
from loops.engage.draft import Draft
from loops.engage.tasks import WritingTask

SPEC = AgentSpec(
    name="outreach_writer",
    says="Writes a sequence of e-mails from facts and approved lines, or writes it again.",
    prompt="outreach_writer",
    tools=(),
    task=WritingTask,
    output=Draft,
)
CHAT = answers_people(
    "outreach_writer",
    "What sequence was drafted for a lead, how it scored, where it stands; what waits for approval; what our "
    "playbook, references and battle cards say.",
    "find_records",
    "sequence_of_lead",
    "waiting_sequences",
    "search_knowledge",
)
