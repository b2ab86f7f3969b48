"""The door to models: what each kind of misbehaviour becomes, and how often the server was asked."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call
from langchain_core.runnables import RunnableLambda
from langsmith import tracing_context  # pyright: ignore[reportUnknownVariableType]
from sqlalchemy import select

from agent.models import BadAnswer, Completion, Door, ModelDown, ModelError
from agent.models.breaker import Circuits
from agent.models.manners import Manner
from agent.models.wiring import wired
from agent.models.wording import understood
from tests.agent.model_doors import FACTS, MODEL, POLICIES, Clock, door, request
from tests.model_server import REFUSAL, ModelServer, Wrong
from tools.model_settings import Breaker, ModelSettings, RequestBudget
from tools.store import Store
from tools.store import tables as t


async def asked(folder: Path, server: ModelServer, clock: Clock | None = None) -> Completion | ModelError:
    """What comes of one request."""
    at = door(folder, server, clock or Clock())
    try:
        return await at.complete(request())
    except ModelError as error:
        return error


def served(fault: Wrong = None, *, first: int = 1_000, retry_after: str = "1") -> ModelServer:
    """A server whose first requests go wrong."""
    return ModelServer(
        lambda n, body: fault if n < first else None, retry_after=retry_after, policies=POLICIES
    )


async def test_a_healthy_model_s_reply_comes_back_in_our_own_form(tmp_path: Path) -> None:
    with served() as server:
        said = await asked(tmp_path, server)
    assert isinstance(said, Completion)
    assert json.loads(said.text) == {"value": FACTS, "confidence": 0.75, "why": "read 0"}
    assert (said.model, said.tries, said.calls, said.finish) == (MODEL, 1, (), "stop")
    assert said.input_tokens and said.output_tokens
    (seen,) = server.requests
    assert (seen.role, seen.path) == ("prospect_researcher", "/v1/chat/completions")


@pytest.mark.parametrize("fault", ["rate_limited", "error_500", "cut", 408, 409, 503])
async def test_a_passing_fault_is_tried_again_and_leaves_no_trace_in_the_answer(
    tmp_path: Path, fault: Wrong
) -> None:
    with served(fault, first=1) as server:
        said = await asked(tmp_path, server)
    assert isinstance(said, Completion) and json.loads(said.text)["value"] == FACTS
    assert said.tries == server.calls == 2


@pytest.mark.parametrize(
    ("fault", "calls", "says"),
    [
        ("rate_limited", 3, "takes no more for now (status 429, 3 tries)"),
        ("cut", 3, "failed (the connection failed, 3 tries)"),
        (503, 3, "failed (status 503, 3 tries)"),
        ("error_500", 7, "failed (status 500, 7 tries)"),
        (401, 1, "refuses the key (status 401)"),
        (403, 1, "refuses the key (status 403)"),
        (404, 3, "isn't there (status 404, 3 tries)"),
        (400, 3, "refuses the request (status 400, 3 tries)"),
        (422, 3, "refuses the request (status 422, 3 tries)"),
        (307, 1, "refuses the request (status 307)"),
    ],
)
async def test_a_lasting_fault_is_a_model_down_with_one_sentence(
    tmp_path: Path, fault: Wrong, calls: int, says: str
) -> None:
    with served(fault) as server:
        said = await asked(tmp_path, server)
    assert isinstance(said, ModelDown)
    assert str(said).startswith(f"{MODEL} at 127.0.0.1:") and str(said).endswith(says)
    # a manner that is rejected is another request, not the same one again
    bodies = {json.dumps(seen.body, sort_keys=True) for seen in server.requests}
    assert server.calls == calls and (fault not in {400, 404, 422} or len(bodies) == calls)


async def test_what_an_endpoint_says_of_a_request_is_shown_to_nobody(tmp_path: Path) -> None:
    with served(400) as server:
        said = await asked(tmp_path, server)
    assert server.calls and REFUSAL not in str(said) and "look" not in str(said)


@pytest.mark.parametrize(
    ("fault", "text", "calls", "refusal"),
    [
        ("empty", "", (), ""),
        ("refusal", "", (), "I can't help with that."),
        ("wrong_types", '{"confidence":"very","value":"yes","why":3}', (), ""),
        ("unknown_tool", "", ("launch_everything",), ""),
        ("endless_tools", "", ("company_documents",), ""),
        ("prose", "Sure! I had a look, and it seems fine to me.", (), ""),
    ],
)
async def test_odd_content_is_handed_on_for_the_agent_to_judge(
    tmp_path: Path, fault: Wrong, text: str, calls: tuple[str, ...], refusal: str
) -> None:
    with served(fault) as server:
        said = await asked(tmp_path, server)
    assert isinstance(said, Completion) and server.calls == 1
    assert (said.text, tuple(call.name for call in said.calls), said.refusal) == (text, calls, refusal)


@pytest.mark.parametrize(
    ("fault", "says"), [("huge", "has 200000 characters, more than 40000"), ("not_json", "can't be read")]
)
async def test_an_answer_that_can_t_be_read_is_a_bad_answer_and_not_tried_again(
    tmp_path: Path, fault: Wrong, says: str
) -> None:
    with served(fault) as server:
        said = await asked(tmp_path, server)
    assert isinstance(said, BadAnswer) and says in str(said) and server.calls == 1


@pytest.mark.parametrize("look", [False, True])
@pytest.mark.parametrize("fault", ["surrogate", "infinite", "many_calls"])
async def test_what_could_not_be_written_down_is_a_bad_answer_and_its_reservation_is_settled(
    tmp_path: Path, fault: Wrong, look: bool
) -> None:
    with served(fault) as server:
        at = door(tmp_path, server, Clock())
        with pytest.raises(BadAnswer, match=r"some-model's answer (can't be read: it|has 96000 characters)"):
            await at.complete(request(look=look))
        assert server.calls == 1
    with Store(str(tmp_path / "store.db")).reading() as tx:
        assert [row.state for row in tx.all(select(t.usage))] == [
            "done" if fault == "many_calls" else "failed"
        ]


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("\ud800", None),
        (r'{"value":{"facts":[]},"confidence":0.5,"why":"\ud800"}', None),
        ('{"value":{"facts":[]},"confidence":1e999,"why":""}', None),
        (f'{{"value":{nested(150)}}}', None),
        ("", {"words": "\ud800"}),
        ("", {"\ud800": 1}),
        ("", {"words": float("nan")}),
        ("", json.loads(nested(150))),
    ],
)
@pytest.mark.parametrize("manner", ["json_schema", "tools", "json"])
def test_half_characters_and_bottomless_replies_are_bad_answers(
    text: str, args: dict[str, Any] | None, manner: Any
) -> None:
    calls = [] if args is None else [tool_call(name="company_documents", args=args, id="1")]
    with pytest.raises(BadAnswer, match="m's answer can't be read"):
        understood(AIMessage(text, tool_calls=calls), request(), Manner(manner), "m")
    fine = AIMessage(f'{{"value":{nested(50)}}}')
    assert understood(fine, request(), Manner(manner), "m").text.startswith('{"value":{"a"')
    words = nested(3_000)  # too deep for anybody to read as JSON: words for the agent to judge
    assert understood(AIMessage(words), request(), Manner(manner), "m").text == words


async def test_a_body_beyond_all_measure_is_not_read_to_its_end(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, max_answer_chars=1_000)
    with served("huge") as server:
        at = door(tmp_path, server, Clock(), settings=settings)
        with pytest.raises(BadAnswer, match="has more than 71536 bytes"):
            await at.complete(request())


async def test_arguments_that_are_no_json_object_are_a_faulty_call(tmp_path: Path) -> None:
    with served("broken_json") as server:
        said = await door(tmp_path, server).complete(request(look=True))
    assert [(call.name, call.args, bool(call.fault)) for call in said.calls] == [
        ("company_documents", {}, True)
    ]


async def test_a_hanging_model_is_left_after_its_time(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, timeout_seconds=0.15, max_tries=2)
    with served("hang") as server:
        began = time.monotonic()
        with pytest.raises(ModelDown, match=r"no answer within 0.15 s, 2 tries"):
            await door(tmp_path, server, settings=settings).complete(request())
        assert time.monotonic() - began < 2
        assert server.calls == 2


async def test_an_endpoint_that_nobody_listens_at_is_down(tmp_path: Path) -> None:
    with served() as server:
        gone = server.base_url
    with pytest.raises(ModelDown, match="it can't be reached, 3 tries"):
        await door(tmp_path, gone, Clock()).complete(request())


# --- waiting --------------------------------------------------------------------------------------
async def test_waits_double_where_the_endpoint_asks_for_none(tmp_path: Path) -> None:
    clock = Clock()
    with served("cut") as server:
        await asked(tmp_path, server, clock)
    assert clock.slept == [0.25, 0.5]


async def test_the_wait_that_the_endpoint_asks_for_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    with served("rate_limited", first=2, retry_after="7") as server:
        said = await asked(tmp_path, server, clock)
    assert isinstance(said, Completion) and clock.slept == [7, 7]


async def test_a_wait_longer_than_the_run_has_left_is_not_begun(tmp_path: Path) -> None:
    clock = Clock()
    with served("rate_limited", retry_after="61") as server:
        said = await asked(tmp_path, server, clock)
    assert isinstance(said, ModelDown) and "the next try would be in 61 s" in str(said)
    assert server.calls == 1 and not clock.slept


async def test_a_time_to_come_back_at_is_understood(tmp_path: Path) -> None:
    clock = Clock()
    with served("rate_limited", retry_after="Thu, 01 Jan 2026 00:00:00 GMT", first=1) as server:
        said = await asked(tmp_path, server, clock)
    assert isinstance(said, Completion) and clock.slept == [0]


# --- the breaker ----------------------------------------------------------------------------------
async def test_a_breaker_opens_lets_one_request_try_and_closes(tmp_path: Path) -> None:
    clock, broken = Clock(), [True]
    settings = ModelSettings(model=MODEL, max_tries=1, breaker=Breaker(failures=3, cooldown_seconds=30))
    with ModelServer(lambda n, body: 503 if broken[0] else None, policies=POLICIES) as server:
        at = door(tmp_path, server, clock, settings=settings)
        for n in range(3):
            with pytest.raises(ModelDown, match="503"):
                await at.complete(request(run=f"run {n}"))
        with pytest.raises(ModelDown, match="failed 3 times in a row and is tried again in 30 s"):
            await at.complete(request())
        assert server.calls == 3
        clock.now += 31
        with pytest.raises(ModelDown, match="503"):
            await at.complete(request(run="trial"))
        with pytest.raises(ModelDown, match="failed 4 times in a row"):
            await at.complete(request())
        assert server.calls == 4
        clock.now += 31
        broken[0] = False
        assert (await at.complete(request(run="healed"))).text
        assert (await at.complete(request(run="healed"))).text
        assert server.calls == 6


async def test_only_one_request_tries_a_broken_endpoint(tmp_path: Path) -> None:
    clock, broken = Clock(), [True]
    settings = ModelSettings(model=MODEL, max_tries=1, breaker=Breaker(failures=1))
    with ModelServer(lambda n, body: 503 if broken[0] else None, policies=POLICIES) as server:
        at = door(tmp_path, server, clock, settings=settings)
        with pytest.raises(ModelDown):
            await at.complete(request())
        clock.now, broken[0] = clock.now + 31, False
        done = await asyncio.gather(
            *(at.complete(request(run=f"{n}")) for n in range(5)), return_exceptions=True
        )
        assert [type(said) for said in done] == [Completion] + [ModelDown] * 4
        assert server.calls == 2


def test_a_failure_from_before_the_opening_lets_no_second_trial_through() -> None:
    clock = Clock()
    circuits = Circuits(Breaker(failures=1, cooldown_seconds=30), clock.monotonic)
    early, late = circuits.enter("m"), circuits.enter("m")
    circuits.failed("m", early)
    clock.now += 31
    assert circuits.enter("m") is True
    circuits.failed("m", late)
    circuits.left("m", late)
    with pytest.raises(ModelDown, match="by one request now"):
        circuits.enter("m")
    circuits.failed("m", True)
    with pytest.raises(ModelDown, match="in 30 s"):
        circuits.enter("m")
    clock.now += 31
    assert circuits.enter("m") is True


async def test_a_request_that_no_endpoint_could_take_opens_no_breaker(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, breaker=Breaker(failures=1))
    with served(400) as server:
        at = door(tmp_path, server, Clock(), settings=settings)
        for n in range(2):
            with pytest.raises(ModelDown, match="refuses the request"):
                await at.complete(request(run=f"{n}"))
        assert server.calls == 6


# --- the connection ----------------------------------------------------------------------------
async def test_the_key_goes_to_the_endpoint_alone(tmp_path: Path) -> None:
    with served() as server:
        at = door(tmp_path, server)
        environment = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": server.base_url}
        at.wiring = wired(ModelSettings(model=MODEL), environment)
        await at.complete(request())
        assert server.requests[0].key == "Bearer sk-secret"
        assert "secret" not in json.dumps(server.requests[0].body)


def test_a_door_works_in_one_event_loop_after_another(tmp_path: Path) -> None:
    with served() as server:
        at: Door = door(tmp_path, server)
        for n in range(3):
            assert asyncio.run(at.complete(request(run=f"{n}"))).text
    assert server.calls == 3


async def test_a_closed_door_opens_again(tmp_path: Path) -> None:
    with served() as server:
        at = door(tmp_path, server)
        await at.complete(request())
        await at.close()
        assert (await at.complete(request())).text


async def test_a_role_without_a_model_is_told_what_to_set(tmp_path: Path) -> None:
    at = door(tmp_path, "http://127.0.0.1:1/v1", settings=ModelSettings())
    with pytest.raises(ModelDown, match="set REVLOOPS_MODEL"):
        await at.complete(request())


def test_a_door_asks_for_no_more_than_the_run_s_time(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, timeout_seconds=30, request=RequestBudget(seconds=0.2))
    with served("hang") as server:
        began = time.monotonic()
        with pytest.raises(ModelDown):
            asyncio.run(door(tmp_path, server, settings=settings).complete(request()))
        assert time.monotonic() - began < 2 and server.calls == 1


async def test_what_is_asked_goes_to_no_tracing_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def tracer(**_: object) -> None:
        made.append("a tracer")
        raise LookupError("it isn't there")

    monkeypatch.setattr("langchain_core.tracers.langchain.LangChainTracer", tracer)
    with served() as server, tracing_context(enabled=True):
        assert (await door(tmp_path, server).complete(request())).text
        assert not made
        await FakeListChatModel(responses=["said"]).ainvoke("?")
        assert made


async def test_a_caller_s_own_callbacks_do_not_see_what_is_asked(tmp_path: Path) -> None:
    class Watch(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen = 0

        def on_chat_model_start(self, *args: object, **more: object) -> None:
            self.seen += 1

    async def inside(_: str) -> str:
        return (await at.complete(request())).text

    async def bare(_: str) -> str:
        return (await FakeListChatModel(responses=["said"]).ainvoke("?")).text

    with served() as server:
        at, watch = door(tmp_path, server), Watch()
        assert await RunnableLambda(inside).ainvoke("", {"callbacks": [watch]})
        assert watch.seen == 0
        assert await RunnableLambda(bare).ainvoke("", {"callbacks": [watch]})
        assert watch.seen == 1
