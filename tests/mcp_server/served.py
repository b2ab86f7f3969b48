"""A server on a small sandbox, and a client that talks to it in memory."""

import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from mcp import Client
from mcp_types import TextContent

from agent.bootstrap import House
from mcp_server.access import Caller, caller, issue, reader
from mcp_server.offers import OFFERS
from mcp_server.server import Server, listed
from tests.house import house

Era = Literal["legacy", "auto"]
ERAS: tuple[Era, ...] = ("legacy", "auto")
SCHEMAS = Path(__file__).parent / "schemas.json"
NOW = datetime.now(UTC)


@dataclass
class Served:
    """A client, and the server behind it."""

    client: Client
    server: Server

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool gave; it must have succeeded."""
        result = await self.client.call_tool(tool, arguments)
        text = cast(TextContent, result.content[0]).text
        assert not result.is_error, text
        assert json.loads(text) == result.structured_content
        return cast("dict[str, Any]", result.structured_content)

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Why a tool gave nothing; it must have failed."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return cast(TextContent, result.content[0]).text


def as_person(home: House, person: str, scopes: Sequence[str] = (), *, read_only: bool = False) -> Caller:
    """A caller with a token of that person's."""
    ws = home.workspace
    return caller(ws, issue(ws, person, scopes, NOW, 1), NOW, read_only=read_only)


@asynccontextmanager
async def served(home: House, who: Caller | None = None, era: Era = "auto") -> AsyncGenerator[Served]:
    """A client of a server on the house, by default for the head of operations."""
    server = Server(home, who or as_person(home, "ops-lead"))
    async with Client(server, mode=era) as client:
        yield Served(client, server)


def lived_in(folder: Path) -> House:
    """A house with leads in it."""
    return house(folder, lived_in=True)


def schemas() -> dict[str, Any]:
    """Each tool as somebody who may do everything is shown it."""
    whole = {scope for one in OFFERS for scope in (one.scope, *one.writes)}
    base = reader("").principal
    who = Caller(type(base)(base.id, base.role, frozenset(whole)))
    shown = (listed(offer, who).model_dump(mode="json", by_alias=True, exclude_none=True) for offer in OFFERS)
    return {one["name"]: one for one in shown}


def accept(words: Sequence[str]) -> str:
    """Take the schemas of today as the accepted ones; what breaks clients only where `--breaking` says so."""
    from tests.mcp_server.breaking import breaks

    broken = breaks(json.loads(SCHEMAS.read_text(encoding="utf-8")), schemas())
    if broken and "--breaking" not in words:
        return f"it breaks clients, so give --breaking if that is meant: {'; '.join(broken)}"
    SCHEMAS.write_text(f"{json.dumps(schemas(), indent=1)}\n", encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(accept(sys.argv[1:]) or None)
