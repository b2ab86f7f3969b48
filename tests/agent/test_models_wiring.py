"""Who asks which model with which key: what can't be asked is refused with what to set."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.models import ModelDown
from agent.models.wiring import wired
from loops.errors import RevloopsError
from tests.agent.model_doors import POLICIES, Clock, door, request
from tests.model_server import ModelServer
from tools.model_settings import ModelSettings
from tools.store import Store
from tools.store import tables as t

LOCAL = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}


def test_a_model_without_a_key_is_refused_with_what_to_set() -> None:
    with pytest.raises(RevloopsError, match="the model gpt-5-mini is named but there is no OPENAI_API_KEY"):
        wired(ModelSettings(), {"REVLOOPS_MODEL": "gpt-5-mini"})
    with pytest.raises(RevloopsError, match="OPENAI_API_KEY"):
        wired(ModelSettings(model="m"), {"OPENAI_BASE_URL": "https://models.example/v1"})


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:11434", "[::1]:80"])
def test_a_server_on_this_machine_needs_no_key(host: str) -> None:
    assert wired(ModelSettings(model="m"), {"OPENAI_BASE_URL": f"http://{host}/v1"}).model == "m"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(RevloopsError, match="OPENAI_BASE_URL is no address"):
        wired(ModelSettings(model="m"), {"OPENAI_BASE_URL": "localhost", "OPENAI_API_KEY": "k"})


def test_without_a_model_nothing_is_needed_and_every_role_is_embedded() -> None:
    assert wired(ModelSettings(), {}).model_for("draft_judge") == "embedded"


def test_the_environment_goes_before_the_settings_and_a_role_before_the_rest() -> None:
    settings = ModelSettings(model="a", roles={"draft_judge": "b", "lead_router": "c"})
    environment = LOCAL | {"REVLOOPS_MODEL": "d", "REVLOOPS_MODEL_DRAFT_JUDGE": "embedded"}
    wiring = wired(settings, environment, ("draft_judge", "lead_router", "outreach_writer"))
    found = {role: wiring.model_for(role) for role in ("draft_judge", "lead_router", "outreach_writer")}
    assert found == {"draft_judge": "embedded", "lead_router": "c", "outreach_writer": "d"}


def test_a_model_for_a_specialist_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RevloopsError, match="draft_juge is no specialist; there are draft_judge"):
        wired(ModelSettings(), LOCAL | {"REVLOOPS_MODEL_DRAFT_JUGE": "m"}, ("draft_judge",))


def test_a_key_is_used_without_the_line_break_that_it_was_pasted_with() -> None:
    assert wired(ModelSettings(model="m"), {"OPENAI_API_KEY": " sk-secret\n"}).key == "sk-secret"
    with pytest.raises(RevloopsError, match="there is no OPENAI_API_KEY"):
        wired(ModelSettings(model="m"), {"OPENAI_API_KEY": "\n"})


@pytest.mark.parametrize("key", ["sk-sécret", "sk-secret\nx", "sk-secret two", "sk-\x00secret"])
def test_a_key_that_is_none_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(RevloopsError, match="OPENAI_API_KEY has a blank") as refused:
        wired(ModelSettings(model="m"), {"OPENAI_API_KEY": key})
    assert "sk-" not in str(refused.value)


async def test_a_request_that_no_header_can_hold_counts_as_not_sent(tmp_path: Path) -> None:
    with ModelServer(policies=POLICIES) as server:
        at = door(tmp_path, server, Clock())
        at.wiring = replace(at.wiring, key="sk-secret\nx")
        with pytest.raises(ModelDown, match="can't be sent as it is") as refused:
            await at.complete(request())
        assert server.calls == 0 and "secret" not in str(refused.value)
    with Store(str(tmp_path / "store.db")).reading() as tx:
        assert {(row.state, row.output_tokens) for row in tx.all(select(t.usage))} == {("failed", 0)}


def test_a_key_is_never_printed() -> None:
    wiring = wired(ModelSettings(model="m"), {"OPENAI_API_KEY": "sk-secret"})
    assert wiring.key == "sk-secret" and "secret" not in repr(wiring)
