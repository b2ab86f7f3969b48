"""The config author: what a loop is set to do, how it does, and which change its past speaks for, if any."""

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.tuning.task import NONE, TuningTask
from loops.values import Value


class Chosen(Value):
    """The chosen change's id, or `none`."""

    choice: str


def not_offered(reply: Chosen, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """A change that isn't among the choices; `none` always is."""
    offered = {NONE, *(choice["id"] for choice in payload["choices"])}
    return () if reply.choice in offered else ("the choice isn't one of those listed",)


SPEC = AgentSpec(
    name="config_author",
    says="Which change of a loop's config its past leads speak for, if any.",
    prompt="config_author",
    tools=(),
    task=TuningTask,
    output=Chosen,
    faults=not_offered,
)
CHAT = answers_people(
    "config_author",
    "What a loop is configured to do, its figures, findings and the keys they point to; where grades begin.",
    "loop_config",
    "loop_metrics",
    "grade_thresholds",
)
