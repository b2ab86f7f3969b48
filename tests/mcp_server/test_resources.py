"""What is read by address, the prompts, the completions, instants in words, and the command line."""

from datetime import UTC, datetime
from typing import cast

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference, TextContent, TextResourceContents

from agent.bootstrap import House
from loops.errors import RevloopsError
from mcp_server.when import since
from tests.mcp_server.served import ERAS, Era, as_person, served

ADDRESSES = ("loop://qualify", "config://route@live", "decision://077468e9", "scenario://fy27-base",
             "rubric://outreach")  # fmt: skip


@pytest.mark.parametrize("era", ERAS)
async def test_what_has_an_address_can_be_read(home: House, era: Era) -> None:
    async with served(home, era=era) as it:
        for address in ADDRESSES:
            (content,) = (await it.client.read_resource(address)).contents
            assert cast(TextResourceContents, content).text.startswith("{")
        with pytest.raises(MCPError, match="there is no loop nope; there are"):
            await it.client.read_resource("loop://nope")


async def test_a_rep_reads_no_plan_and_no_run_of_others(home: House) -> None:
    async with served(home, as_person(home, "na-commercial-01")) as it:
        with pytest.raises(MCPError, match="insufficient_scope"):
            await it.client.read_resource("scenario://fy27-base")
        with pytest.raises(MCPError, match="that you may see"):
            await it.client.read_resource("decision://077468e9")


async def test_prompts_take_a_person_s_words_and_names_are_completed(home: House) -> None:
    async with served(home) as it:
        got = await it.client.get_prompt("why_this_lead", {"lead": "Acme"})
        assert "why Acme is" in cast(TextContent, got.messages[0].content).text
        loops = ResourceTemplateReference(type="ref/resource", uri="loop://{name}")
        found = await it.client.complete(loops, {"name": "name", "value": "qu"})
        lead = PromptReference(type="ref/prompt", name="why_this_lead")
        leads = await it.client.complete(lead, {"name": "lead", "value": "pri"})
    assert found.completion.values == ["qualify"] and leads.completion.values == ["Priya Raman"]


def test_an_instant_in_words_is_read_in_the_workspace_s_zone() -> None:
    now, zone = datetime(2026, 11, 23, 3, tzinfo=UTC), "America/New_York"
    assert since("yesterday", now, zone) == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert since("12h", now, zone) == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert since("October", now, zone) == datetime(2026, 10, 1, 4, tzinfo=UTC)
    assert since("december", now, zone) == datetime(2025, 12, 1, 5, tzinfo=UTC)
    assert since("monday", now, zone) == datetime(2026, 11, 16, 5, tzinfo=UTC)
    with pytest.raises(RevloopsError, match="give today"):
        since("once", now, zone)
