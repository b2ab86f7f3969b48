"""A door to a model server, a clock that only sleeping moves, and a request to send."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from agent.models import Door, Request, Spender, ToolSchema, Turn
from agent.spec import Policy, Reply, ToolCall, ToolResult
from loops.engage.facts import Research
from tests.model_server import ModelServer
from tools.model_prices import Prices
from tools.model_settings import ModelSettings
from tools.store import Store

MODEL = "some-model"
AT = datetime(2026, 11, 23, 14, tzinfo=UTC)
FACTS: dict[str, JsonValue] = {
    "facts": [
        {"id": "F-1", "kind": "funding", "snippet": "Nordwind raised a Series B.", "source": "D-1",
         "company": "nordwind", "details": {"round": "Series B"}}
    ],
    "searched": ["one document"],
}  # fmt: skip
TOOLS = (
    ToolSchema(
        "company_documents",
        "Documents about a company.",
        {"type": "object", "properties": {"company": {"type": "string"}}, "required": ["company"]},
    ),
)


def _researcher(payload: Mapping[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    if payload.get("look") and not results:
        return (ToolCall("company_documents", {"company": "C-1"}),)
    return Reply(FACTS, 0.75, f"read {len(results)}")


POLICIES: dict[str, Policy] = {"prospect_researcher": _researcher}
ENVELOPE: dict[str, JsonValue] = {
    "type": "object",
    "title": "Reply",
    "properties": {
        "value": {"$ref": "#/$defs/Research"},
        "confidence": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "why": {"type": "string"},
    },
    "required": ["value", "confidence", "why"],
    "$defs": {
        **Research.model_json_schema()["$defs"],
        "Research": {k: v for k, v in Research.model_json_schema().items() if k != "$defs"},
    },
}


@dataclass
class Clock:
    """Seconds that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list[float])

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def door(
    folder: Path,
    server: ModelServer | str,
    clock: Clock | None = None,
    *,
    settings: ModelSettings | None = None,
    prices: Prices | None = None,
    zone: str = "UTC",
) -> Door:
    """A door to the server; with a clock, its time stands still but for sleeping."""
    return Door(
        settings or ModelSettings(model=MODEL),
        Store(str(folder / "store.db")),
        lambda name: files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8"),
        environment={"OPENAI_BASE_URL": server if isinstance(server, str) else server.base_url},
        prices=prices,
        zone=zone,
        sleep=clock.sleep if clock else asyncio.sleep,
        monotonic=clock.monotonic if clock else time.monotonic,
    )


def request(*more: Turn, run: str = "run", at: datetime = AT, look: bool = False) -> Request:
    """What a researcher asks; with `look` it wants a tool called first."""
    task = '{"look":true}' if look else '{"look":false}'
    turns = (Turn("system", "Find facts."), Turn("human", task), *more)
    who = Spender(run, 1, "engage", "prospect_researcher", "p" * 64, at)
    return Request("prospect_researcher", turns, TOOLS, ENVELOPE, "Research", who)
