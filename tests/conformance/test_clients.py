"""What README tells people to put into each MCP client starts a server, and it lists its tools."""

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from agent.bootstrap import House
from mcp_server.access import TOKEN
from tests.mcp_server.served import NOW, as_person, issue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## For Claude and other MCP clients")[2].partition("\n## ")[0]
CLIENTS = {"Claude Desktop": "mcpServers", "VS Code": "servers", "Cursor": "mcpServers"}
"""Those with a file, and under which key it keeps its servers."""


def told(client: str) -> str:
    """The lines to give a client."""
    found = re.search(rf"\*\*{client}\*\*.*?```\w*\n(.*?)```", SECTION, re.DOTALL)
    assert found
    return found[1]


def of_file(client: str) -> dict[str, Any]:
    """What a client's file says of our server."""
    return cast("dict[str, Any]", json.loads(told(client))[CLIENTS[client]]["revloops"])


def of_command() -> dict[str, Any]:
    """What the command for Claude Code adds."""
    words = shlex.split(told("Claude Code").replace("\\\n", " "))
    at = words.index("--")
    assert words[:4] == ["claude", "mcp", "add", "revloops"]  # its name first: --env takes all that follows
    given = words[words.index("--env") + 1].partition("=")
    return {"command": words[at + 1], "args": words[at + 2 :], "env": {given[0]: given[2]}}


async def tools(said: Mapping[str, Any], home: House, token: str) -> tuple[dict[str, Any], set[str]]:
    """What the server that a client would start says of the caller, and the tools it lists."""
    assert said["command"] == "revloops"
    words = [str(home.workspace.root) if one == "/path/to/workspace" else one for one in said["args"]]
    assert str(home.workspace.root) in words
    env = {key: token for key in said["env"]}
    assert {*env} == {TOKEN}
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "cli.main", *words],
        env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    async with Client(stdio_client(started)) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        who = (await client.call_tool("whoami", {})).structured_content
    return cast("dict[str, Any]", who)["items"][0], listed


@pytest.mark.feature("BB2")
@pytest.mark.parametrize("client", [*CLIENTS, "Claude Code"])
async def test_the_lines_for_a_client_start_a_server_that_lists_its_tools(client: str, home: House) -> None:
    said = of_command() if client == "Claude Code" else of_file(client)
    token = issue(home.workspace, "ops-lead", (), NOW, 1)
    who, listed = await tools(said, home, token)
    assert who["writes"] and who["person"] == as_person(home, "ops-lead").principal.id
    assert {"whoami", "leads_route", "reviews_list", "config_propose"} <= listed


@pytest.mark.parametrize("client", [*CLIENTS, "Claude Code"])
def test_the_lines_for_a_client_are_five_at_most(client: str) -> None:
    assert len(told(client).strip().splitlines()) <= 5


async def test_without_a_token_the_same_lines_only_read(home: House) -> None:
    who, listed = await tools(of_file("Cursor"), home, "")
    assert who["person"] == "nobody" and not who["writes"] and "whoami" in listed
