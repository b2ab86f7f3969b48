"""The same specialists as a plain LangChain user would write them: `create_agent` over ChatOpenAI."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import openai
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain.agents.structured_output import ProviderStrategy
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import BaseTool, StructuredTool
from langchain_openai import ChatOpenAI
from pydantic import JsonValue, SecretStr

from agent.models.schema import restored, strict
from agent.spec import AgentSpec, Payload, ToolCaller
from agent.specialist import envelope
from loops.values import canonical
from tools.catalog import Tool, select
from tools.results import fitted

TIMEOUT_SECONDS = 20.0
RECURSION_LIMIT = 50


@dataclass(frozen=True)
class Spent:
    """Calls of a model, and the tokens that its server counted."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    def __sub__(self, other: "Spent") -> "Spent":
        return self + Spent(-other.calls, -other.input_tokens, -other.output_tokens)


class PlainAgents:
    """One agent a specialist: a model, a prompt, tools, a reply schema; no budget, tape, check or repair."""

    def __init__(
        self, specs: Mapping[str, AgentSpec], prompts: Mapping[str, str], base_url: str, call: ToolCaller
    ) -> None:
        """Put the agents together.

        Args:
            specs: by role.
            prompts: each role's, as our own specialist has it.
            base_url: the model server's.
            call: what a tool does.
        """
        self.spent, self._specs = Spent(), specs
        self._client = openai.DefaultAsyncHttpxClient(timeout=TIMEOUT_SECONDS)
        self._agents: dict[str, Any] = {
            role: create_agent(
                self._model(role, base_url),
                tools=[_tool(tool, call) for tool in select(spec.tools).values()],
                system_prompt=prompts[role],
                response_format=_form(spec),
            )
            for role, spec in specs.items()
        }

    async def ask(self, role: str, payload: Payload) -> dict[str, JsonValue]:
        """The agent's reply, as our own specialist's `Answer.value` has it."""
        asked = {"messages": [HumanMessage(canonical(payload).decode())]}
        done = await self._agents[role].ainvoke(asked, {"recursion_limit": RECURSION_LIMIT})
        for message in done["messages"]:
            if isinstance(message, AIMessage) and (usage := message.usage_metadata):
                self.spent += Spent(1, usage["input_tokens"], usage["output_tokens"])
        spec = self._specs[role]
        said = cast("dict[str, JsonValue]", restored(envelope(spec.output), done["structured_response"]))
        return spec.output.model_validate(said["value"]).model_dump(mode="json")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    def _model(self, role: str, base_url: str) -> ChatOpenAI:
        return ChatOpenAI(
            model="bench-model",
            base_url=base_url,
            api_key=SecretStr("none"),
            temperature=0,
            timeout=TIMEOUT_SECONDS,
            max_retries=0,
            use_responses_api=False,
            http_async_client=self._client,
            model_kwargs={"user": f"revloops-{role}"},
        )


def _form(spec: AgentSpec) -> ProviderStrategy[dict[str, Any]]:
    schema: dict[str, Any] = {**strict(envelope(spec.output)), "title": spec.output.__name__}
    return ProviderStrategy(cast(Any, schema), strict=True)


def _tool(tool: Tool, call: ToolCaller) -> BaseTool:
    async def run(**args: JsonValue) -> str:
        return canonical(fitted(call(tool, args))).decode()

    description = str(tool.schema["description"])
    return StructuredTool.from_function(
        coroutine=run, name=tool.name, description=description, args_schema=tool.args
    )
