"""`mcp`: the loops for Claude and every other MCP client, over stdio or HTTP."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.door import Door, command

if TYPE_CHECKING:
    from agent.bootstrap import House

TOOLSETS = ("look", "leads", "plans", "config", "loops")
DAYS = 30
PORT = 8848


@command()
@click.option("--read-only", is_flag=True, help="Take every scope away that writes, whatever the token says.")
@click.option("--toolset", "toolsets", multiple=True, type=click.Choice(TOOLSETS), help="Only these tools.")
@click.option(
    "--era", type=click.Choice(["both", "legacy"]), default="both", show_default=True,
    help="legacy: for clients that probe and then initialise.",
)  # fmt: skip
@click.option("--http", is_flag=True, help="Serve over HTTP; each request's bearer token says who calls.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: where it listens.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True,
    help="With --http; 0: a free one.",
)  # fmt: skip
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME",
    help="With --http: a name that clients reach it by.",
)  # fmt: skip
@click.option(
    "--open-to-read", is_flag=True, help="With --http on this machine: requests without a token may read."
)
@click.option(
    "--issue", metavar="PERSON", help="Print a token that a client shows as that person; then end."
)
@click.option("--scope", "scopes", multiple=True, help="With --issue: at most these scopes.")
@click.option("--days", type=click.IntRange(1, 365), default=DAYS, show_default=True, help="With --issue.")
def mcp(
    door: Door,
    read_only: bool,
    toolsets: tuple[str, ...],
    era: str,
    http: bool,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    open_to_read: bool,
    issue: str | None,
    scopes: tuple[str, ...],
    days: int,
) -> None:
    """Serve the loops to MCP clients, over stdio or HTTP.

    Over stdio REVLOOPS_MCP_TOKEN says who calls; without it, it only reads. Over HTTP each request's
    token does: one of the identity provider in revloops.toml, else one of --issue, on this machine
    alone. No tool approves, sends or merges: a person does, at the link it gives.
    """
    import os

    _installed()
    from mcp_server.access import TOKEN, Caller, alone, named
    from mcp_server.access import issue as issued

    ws = door.house.workspace
    if issue:
        now = datetime.now(UTC)
        token = issued(ws, issue, scopes, now, days)
        door.give(token=token, person=named(ws, issue, now).id, days=days)
        door.say(token)
        return
    if http:
        at = (host, port)
        _over_http(door, at, hosts, toolsets, read_only=read_only, open_to_read=open_to_read)
        return
    from mcp_server.server import Server
    from mcp_server.stdio import serve

    token = os.environ.get(TOKEN)

    def who(house: "House") -> Caller:
        return alone(house.workspace, token, house.runtime.at(), read_only=read_only)

    first = who(door.house)
    click.echo(f"revloops mcp: {first.principal.id} ({first.principal.role}) {first.note}".rstrip(), err=True)
    serve(Server(door.house, who, toolsets=toolsets), legacy=era == "legacy")


def _over_http(
    door: Door, at: tuple[str, int], hosts: tuple[str, ...], toolsets: tuple[str, ...],
    *, read_only: bool, open_to_read: bool,
) -> None:  # fmt: skip
    from mcp_server.gate import PATH
    from mcp_server.http import application, listening, refuse, serve

    house, host = door.house, at[0]
    refuse(house, host, hosts, open_to_read=open_to_read)
    with listening(*at) as socket:
        _, app = application(
            house, hosts=hosts, read_only=read_only, open_to_read=open_to_read, toolsets=toolsets
        )
        settings = house.workspace.settings
        mode = "sandbox" if settings.sandbox else "LIVE"
        local = "this machine's own (`revloops mcp --issue PERSON`), on loopback alone: no identity provider"
        named = f"[{host}]" if ":" in host else host
        url = f"http://{named}:{socket.getsockname()[1]}{PATH}"
        said = f"revloops mcp: {url}; {mode}; tokens of {settings.mcp.issuer or local}"
        said += "; OPEN: without a token anybody on this machine reads" if open_to_read else ""
        serve(app, socket, lambda _: click.echo(said, err=True))


def _installed() -> None:
    """Refuse where the SDK isn't there.

    Raises:
        RevloopsError: it isn't; the text names the extra.
    """
    from importlib.util import find_spec

    from loops.errors import RevloopsError

    if find_spec("mcp") is None or find_spec("jwt") is None:
        raise RevloopsError('the MCP server needs its SDK: pip install "revloops[mcp]"')
