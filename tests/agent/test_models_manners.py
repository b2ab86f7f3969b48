"""How the door learns what an endpoint can do, and that every manner says the same."""

import json
from pathlib import Path

import pytest

from agent.models import Completion, Door, ModelDown, Request, Turn
from agent.models.manners import Manner
from tests.agent.model_doors import FACTS, MODEL, POLICIES, Clock, door, request
from tests.model_server import ModelServer, Seen, Wrong
from tools.model_settings import ModelSettings


def kinds(server: ModelServer) -> list[str]:
    """How each request was put."""
    return [_kind(seen) for seen in server.requests]


def _kind(seen: Seen) -> str:
    names = [tool["function"]["name"] for tool in seen.body.get("tools") or ()]
    form = "schema" if "response_format" in seen.body else "reply" if "reply" in names else "words"
    return form + ("+tools" if "company_documents" in names else "")


async def lookup(at: Door, run: str = "run") -> tuple[Completion, Completion]:
    """A call that the model wants, and its reply after it."""
    first = await at.complete(request(run=run, look=True))
    turns = [Turn("ai", first.text, first.calls)]
    turns += [Turn("tool", '[{"id":"D-1"}]', (), call.name, call.id) for call in first.calls]
    return first, await at.complete(request(*turns, run=run, look=True))


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (None, ["schema+tools"] * 2),
        ("no_schema", ["schema+tools"] + ["reply+tools"] * 2),
        ("json_only", ["schema+tools"] + ["reply+tools"] * 2 + ["words"] * 2),
    ],
)
async def test_every_manner_leads_to_the_same_calls_and_the_same_reply(
    tmp_path: Path, fault: Wrong, asked: list[str]
) -> None:
    with ModelServer(lambda n, body: fault, policies=POLICIES) as server:
        first, second = await lookup(door(tmp_path, server, Clock()))
    assert [(call.name, call.args) for call in first.calls] == [("company_documents", {"company": "C-1"})]
    assert first.calls[0].id == "call_3fdfe60909801b18874af58a"
    assert json.loads(second.text) == {"value": FACTS, "confidence": 0.75, "why": "read 1"}
    assert kinds(server) == asked


@pytest.mark.parametrize(("fault", "manner"), [("no_schema", "reply+tools"), ("json_only", "words")])
async def test_what_was_learned_is_remembered_by_the_next_process(
    tmp_path: Path, fault: Wrong, manner: str
) -> None:
    with ModelServer(lambda n, body: fault, policies=POLICIES) as server:
        await door(tmp_path, server, Clock()).complete(request())
        before = server.calls
        await door(tmp_path, server, Clock()).complete(request(run="next"))
        assert kinds(server)[before:] == [manner]


async def test_what_was_forgotten_is_learned_anew(tmp_path: Path) -> None:
    with ModelServer(lambda n, body: "no_schema" if n < 3 else None, policies=POLICIES) as server:
        at = door(tmp_path, server)
        await at.complete(request())
        await at.complete(request(run="b"))
        at.manners.forget(MODEL)
        await at.complete(request(run="c"))
    assert kinds(server) == ["schema+tools", "reply+tools", "reply+tools", "schema+tools"]


async def test_one_failed_request_teaches_nothing(tmp_path: Path) -> None:
    with ModelServer(lambda n, body: "error_500" if n == 0 else None, policies=POLICIES) as server:
        at = door(tmp_path, server, Clock())
        await at.complete(request())
        await at.complete(request(run="b"))
    assert kinds(server) == ["schema+tools"] * 3


async def test_a_known_endpoint_that_fails_is_not_asked_in_another_manner(tmp_path: Path) -> None:
    with ModelServer(lambda n, body: "error_500" if n else None, policies=POLICIES) as server:
        at = door(tmp_path, server, Clock())
        await at.complete(request())
        with pytest.raises(ModelDown, match="3 tries"):
            await at.complete(request(run="b"))
    assert kinds(server) == ["schema+tools"] * 4


async def test_a_model_that_ignores_the_form_twice_is_asked_in_a_simpler_manner(tmp_path: Path) -> None:
    with ModelServer(lambda n, body: "prose" if n < 4 else None, policies=POLICIES) as server:
        at = door(tmp_path, server)
        for n in range(6):
            await at.complete(request(run=f"{n}"))
    assert kinds(server) == ["schema+tools"] * 2 + ["reply+tools"] * 2 + ["words"] * 2


async def test_a_model_known_to_keep_the_form_may_miss_it(tmp_path: Path) -> None:
    with ModelServer(lambda n, body: "prose" if n else None, policies=POLICIES) as server:
        at = door(tmp_path, server)
        for n in range(5):
            await at.complete(request(run=f"{n}"))
    assert kinds(server) == ["schema+tools"] * 5


@pytest.mark.parametrize("refused", ["temperature", "seed", "user", "max_tokens"])
async def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on(
    tmp_path: Path, refused: str
) -> None:
    policies = POLICIES | {"": POLICIES["prospect_researcher"]}
    with ModelServer(policies=policies, refuses=(refused,)) as server:
        at = door(tmp_path, server)
        for n in range(2):
            assert (await at.complete(request(run=f"{n}"))).text
    assert [refused in seen.body for seen in server.requests] == [True, False, False]
    assert kinds(server) == ["schema+tools"] * 3
    assert ("max_completion_tokens" in server.requests[-1].body) == (refused == "max_tokens")


@pytest.mark.parametrize(
    ("structured", "kind"), [("json_schema", "schema+tools"), ("tools", "reply+tools"), ("json", "words")]
)
async def test_the_settings_can_fix_a_manner(tmp_path: Path, structured: str, kind: str) -> None:
    settings = ModelSettings.model_validate({"model": MODEL, "structured": structured})
    with ModelServer(policies=POLICIES) as server:
        said = await door(tmp_path, server, settings=settings).complete(request())
    assert json.loads(said.text)["value"] == FACTS and kinds(server) == [kind]


async def test_a_fixed_manner_that_is_refused_is_a_model_down(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, structured="json_schema")
    with ModelServer(lambda n, body: "no_schema", policies=POLICIES) as server:
        with pytest.raises(ModelDown, match="refuses the request"):
            await door(tmp_path, server, settings=settings).complete(request())
    assert server.calls == 1


async def test_in_plain_words_the_sides_take_turns_and_no_tool_is_named_twice(tmp_path: Path) -> None:
    settings = ModelSettings(model=MODEL, structured="json")
    with ModelServer(policies=POLICIES) as server:
        await lookup(door(tmp_path, server, settings=settings))
        messages = server.requests[1].body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert '"name":"company_documents"' in messages[0]["content"] and "{tools}" not in messages[0]["content"]
    assert json.loads(messages[2]["content"])["calls"][0]["args"] == {"company": "C-1"}
    assert json.loads(messages[3]["content"]) == {
        "results": [{"name": "company_documents", "result": [{"id": "D-1"}]}]
    }


async def test_plain_words_are_enough_where_no_reply_form_is_asked_for(tmp_path: Path) -> None:
    asked = request()
    free = Request(asked.role, asked.turns, (), None, "", asked.who)
    with ModelServer(lambda n, body: "prose", policies=POLICIES) as server:
        at = door(tmp_path, server)
        for _ in range(3):
            assert (await at.complete(free)).text.startswith("Sure!")
    assert kinds(server) == ["words"] * 3 and at.manners.of(MODEL, "") == Manner("json_schema")
