"""Says which of two drafts for the same reader is better; only measurements ask it."""

from typing import Literal

from agent.spec import AgentSpec
from loops.engage.config import Criterion, Line
from loops.engage.draft import Draft
from loops.engage.facts import Fact
from loops.engage.tasks import Reader
from loops.values import Value


class PreferenceTask(Value):
    """Two drafts for one reader, and what they are compared by."""

    first: Draft
    second: Draft
    reader: Reader
    angle: str
    facts: tuple[Fact, ...]
    lines: tuple[Line, ...]
    # approved lines that either of them cites
    criteria: tuple[Criterion, ...]


class Preference(Value):
    """Which of the two is better."""

    better: Literal["first", "second", "tie"]
    reason: str


SPEC = AgentSpec(
    name="draft_preference",
    says="Says which of two drafts is better; it changes no word.",
    prompt="draft_preference",
    tools=(),
    task=PreferenceTask,
    output=Preference,
)
