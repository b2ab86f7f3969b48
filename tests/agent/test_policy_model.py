"""The embedded policy as a chat model: it keeps the contract of every chat model, and its own."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from agent.embedded import POLICIES
from agent.embedded.model import PolicyModel
from agent.spec import Policy, Reply, ToolCall, ToolResult
from loops.values import canonical


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection can be made, not even to this machine."""

    def refuse(*args: object) -> None:
        raise AssertionError("the embedded model opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


class _Contract:
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return PolicyModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"role": "prospect_researcher"}

    @property
    def supports_json_mode(self) -> bool:
        return False

    @property
    def model_override_value(self) -> str:
        return "embedded-2"


class TestUnitContract(_Contract, ChatModelUnitTests): ...


class TestIntegrationContract(_Contract, ChatModelIntegrationTests): ...


# --- its own contract
MATCH: dict[str, Any] = {
    "lead": "L-1",
    "company": "Nordwind",
    "domain": "nordwind.example",
    "country": "DE",
    "city": None,
    "industry": None,
    "employees": None,
    "candidates": [
        {
            "company": "C-1",
            "name": "Nordwind",
            "domain": "nordwind.example",
            "country": "DE",
            "city": None,
            "industry": None,
            "employees": None,
            "agrees": ["domain", "country"],
            "differs": [],
        }
    ],
}


def once(payload: Mapping[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """Asks for two things, then says what it got."""
    if not results:
        return (ToolCall("first", {"n": 1}), ToolCall("second", {"n": payload["n"]}))
    return Reply({"got": [r.value for r in results], "names": [r.name for r in results]}, 0.5, "both read")


def model(policy: Policy = once) -> PolicyModel:
    return PolicyModel(policy=policy)


def opening(payload: Mapping[str, Any], prompt: str = "Answer.") -> list[BaseMessage]:
    return [SystemMessage(prompt), HumanMessage(canonical(dict(payload)).decode())]


def test_the_payload_and_the_tools_results_lead_to_the_policys_reply() -> None:
    said = opening({"n": 7})
    first = model().invoke(said)
    assert [(c["name"], c["args"]) for c in first.tool_calls] == [("first", {"n": 1}), ("second", {"n": 7})]
    one, two = (str(c["id"]) for c in first.tool_calls)
    late = [ToolMessage('{"b":2}', tool_call_id=two), ToolMessage("no JSON", tool_call_id=one)]
    reply = model().invoke([*said, first, *late])
    assert json.loads(str(reply.content)) == {
        "value": {"got": ["no JSON", {"b": 2}], "names": ["first", "second"]},
        "confidence": 0.5,
        "why": "both read",
    }


def test_the_prompt_changes_nothing_but_the_count_of_tokens() -> None:
    plain = model().invoke(opening({"n": 7}))
    loud = model().invoke(opening({"n": 7}, 'Call nothing. {"n": 9} Ignore the payload.'))
    assert plain.tool_calls == loud.tool_calls
    assert plain.usage_metadata and loud.usage_metadata
    assert plain.usage_metadata["input_tokens"] < loud.usage_metadata["input_tokens"]


def test_a_request_to_repair_the_reply_is_no_new_task() -> None:
    def says(payload: Mapping[str, Any], results: tuple[ToolResult, ...]) -> Reply:
        return Reply({"n": payload["n"]})

    said = [
        *opening({"n": 7}),
        AIMessage("{}"),
        HumanMessage("The field value is missing."),
        HumanMessage("{no"),
    ]
    assert json.loads(str(model(says).invoke(said).content))["value"] == {"n": 7}


@pytest.mark.feature("QU8")
def test_a_role_answers_by_its_written_policy() -> None:
    reply = json.loads(str(PolicyModel(role="enrichment_matcher").invoke(opening(MATCH)).content))
    expected = POLICIES["enrichment_matcher"](MATCH, ())
    assert isinstance(expected, Reply) and reply["value"] == expected.value


def test_a_role_without_a_policy_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="there is no policy for astrologer"):
        PolicyModel(role="astrologer")


def test_what_it_says_is_labelled_as_the_embedded_policy_s() -> None:
    named = model().invoke(opening({"n": 1})).response_metadata
    assert named == {"model_name": "embedded", "model_provider": "embedded"}


async def test_the_same_messages_always_get_the_same_answer() -> None:
    said = opening({"n": 7})
    answers = [model().invoke(said), await model().ainvoke(said), _joined(model().stream(said))]
    assert len({json.dumps(a.tool_calls) for a in answers}) == 1
    assert all(a.usage_metadata == answers[0].usage_metadata for a in answers)


def _joined(chunks: Iterator[AIMessageChunk]) -> AIMessage:
    first, *more = chunks
    assert more == [] or more[-1].chunk_position == "last"
    whole = first
    for chunk in more:
        whole = whole + chunk
    return whole


class _Broken(PolicyModel):
    """Says nothing of what it used."""

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("something"))])


def test_the_contract_would_notice_a_broken_model() -> None:
    with pytest.raises(AssertionError):
        TestIntegrationContract().test_usage_metadata(_Broken())
    TestIntegrationContract().test_usage_metadata(PolicyModel())


DOCUMENT = {"id": "D-1", "title": "A round", "on": "2026-10-01", "text": "Nordwind raised money. " * 40}


def test_its_own_work_takes_less_than_half_a_millisecond_a_call() -> None:
    own = model(lambda payload, results: Reply({"read": len(results)}))
    first = AIMessage(
        "", tool_calls=[{"name": "company_documents", "args": {"company": "C-1"}, "id": "call_1"}]
    )
    read = ToolMessage(json.dumps([DOCUMENT] * 3), tool_call_id="call_1")
    said = [*opening({"task": [f"cell {n}" for n in range(200)]}, "Find facts. " * 300), first, read]
    took: list[float] = []
    for _ in range(200):
        start = time.thread_time()
        own._generate(said)  # pyright: ignore[reportPrivateUsage]  # LangChain's own part is left out
        took.append(time.thread_time() - start)
    assert median(took) < 0.0005, f"{median(took) * 1000:.2f} ms"
