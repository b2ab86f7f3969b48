"""A specialist at work: policy and tools in turn until it replies, every exchange on the tape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from pydantic import JsonValue, ValidationError

from agent.spec import AgentSpec, Policy, Reply, ToolCall, ToolResult
from agent.tape import Tape
from loops.decision import Answer, Ask
from tools.catalog import Tool
from tools.errors import ToolFailed, ToolRetry

EMBEDDED = "embedded"
"""The model name of the embedded policy (rules, not a language model)."""
ToolCaller = Callable[[Tool, Mapping[str, JsonValue]], JsonValue]


class Specialist(Protocol):
    """The agent port: an ask in, an answer out, with every exchange on the tape."""

    async def __call__(self, ask: Ask, payload: dict[str, JsonValue], tape: Tape, call: ToolCaller) -> Answer:
        """The answer; `nobody:<why>` where there is none."""
        ...


@dataclass(frozen=True)
class PolicySpecialist:
    """A specialist on the embedded policy: written rules, no language model."""

    spec: AgentSpec
    prompt_hash: str
    policy: Policy
    tools: Mapping[str, Tool]
    # those granted, by name

    async def __call__(self, ask: Ask, payload: dict[str, JsonValue], tape: Tape, call: ToolCaller) -> Answer:
        """The answer; `nobody:budget` after too many turns, `nobody:invalid` for a wrong type of reply."""
        results: tuple[ToolResult, ...] = ()
        for _ in range(self.spec.max_turns):
            asked = partial(self._ask, payload, results)
            turn = _turn(tape.exchange("model", self._request(payload, results), asked))
            if isinstance(turn, Reply):
                return self._answer(turn, results, tape)
            results = (*results, *(self._call(wanted, tape, call) for wanted in turn))
        return Answer(
            by="nobody:budget",
            why=f"{self.spec.name} took more than {self.spec.max_turns} turns",
            exchanges=tuple(tape.requests),
        )

    def _request(self, payload: dict[str, JsonValue], results: tuple[ToolResult, ...]) -> JsonValue:
        said: list[JsonValue] = [{"tool": r.name, "args": r.args, "value": r.value} for r in results]
        return {
            "model": EMBEDDED,
            "agent": self.spec.name,
            "prompt": self.prompt_hash,
            "tools": [*self.spec.tools],
            "payload": payload,
            "results": said,
        }

    def _ask(self, payload: dict[str, JsonValue], results: tuple[ToolResult, ...]) -> JsonValue:
        turn = self.policy(payload, results)
        if isinstance(turn, Reply):
            return {"reply": turn.value, "confidence": turn.confidence, "why": turn.why}
        return {"calls": [{"name": c.name, "args": c.args} for c in turn]}

    def _call(self, wanted: ToolCall, tape: Tape, call: ToolCaller) -> ToolResult:
        def run() -> JsonValue:
            tool = self.tools.get(wanted.name)
            if tool is None:
                return {"error": f"there is no tool {wanted.name}"}
            try:
                return call(tool, wanted.args)
            except (ToolRetry, ToolFailed) as error:
                return {"error": str(error)}

        value = tape.exchange("tool", {"tool": wanted.name, "args": wanted.args}, run)
        return ToolResult(wanted.name, wanted.args, value)

    def _answer(self, reply: Reply, results: tuple[ToolResult, ...], tape: Tape) -> Answer:
        taped = tuple(tape.requests)
        try:
            value = self.spec.output.model_validate(reply.value)
        except ValidationError as error:
            why = f"{self.spec.name}: {error.error_count()} faults in its reply"
            return Answer(by="nobody:invalid", why=why, exchanges=taped)
        if self.spec.invented and (invented := self.spec.invented(value, results)):
            why = f"{self.spec.name}: {', '.join(invented)} stand in nothing it read"
            return Answer(by="nobody:invalid", why=why, exchanges=taped)
        by = f"agent:{self.spec.name}@{EMBEDDED}"
        return Answer(by=by, value=reply.value, confidence=reply.confidence, why=reply.why, exchanges=taped)


def _turn(taped: JsonValue) -> tuple[ToolCall, ...] | Reply:
    data = cast("dict[str, JsonValue]", taped)
    if "calls" in data:
        calls = cast("list[dict[str, JsonValue]]", data["calls"])
        return tuple(ToolCall(str(c["name"]), cast("dict[str, JsonValue]", c["args"])) for c in calls)
    sure = data.get("confidence")
    return Reply(
        cast("dict[str, JsonValue]", data["reply"]),
        None if sure is None else float(cast("float", sure)),
        str(data.get("why") or ""),
    )
