"""Reads a recorded call for what a qualification framework wants to know."""

from typing import Any

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.engage.discovery.findings import plain
from loops.engage.discovery.tasks import Discovery, DiscoveryTask


def misquoted(reply: Discovery, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """Quotations that don't stand in the line they name, where that goes for most of them.

    A single one costs no more than itself: the loop drops it and says so.
    """
    lines: dict[int, str] = {line["n"]: line["words"]["text"] for line in _lines(payload)}
    said = [(finding.quote, finding.line) for finding in reply.findings]
    said += [(concern.quote, concern.line) for concern in reply.concerns]
    wrong = tuple(
        f"“{quote}” doesn't stand in line {n}: copy the words as they are"
        for quote, n in said
        if plain(quote) not in plain(lines.get(n, ""))
    )
    return wrong if len(wrong) * 2 > len(said) else ()


def _lines(payload: Payload) -> list[dict[str, Any]]:
    return payload["lines"]


SPEC = AgentSpec(
    name="discovery_analyst",
    says="what a recorded call shows of a deal: need, money, who decides and how, and what is still open",
    prompt="discovery_analyst",
    tools=(),
    task=DiscoveryTask,
    output=Discovery,
    faults=misquoted,
)
CHAT = answers_people(
    "discovery_analyst",
    "Whether a deal is an opportunity by now, what calls covered, what is open, what to ask; the framework.",
    "find_records",
    "calls_of_account",
    "calls_of_lead",
    "call_coverage",
    "call_text",
    "deal_of_lead",
    "deal_of_account",
    "framework_now",
)
