"""`mcp`: the loops for Claude and every other MCP client, over stdio."""

from datetime import UTC, datetime

import click

from cli.door import Door, command

TOOLSETS = ("look", "leads", "plans", "config", "loops")
DAYS = 30


@command()
@click.option("--read-only", is_flag=True, help="Take every scope away that writes, whatever the token says.")
@click.option("--toolset", "toolsets", multiple=True, type=click.Choice(TOOLSETS), help="Only these tools.")
@click.option(
    "--era", type=click.Choice(["both", "legacy"]), default="both", show_default=True,
    help="legacy: for clients that probe and then initialise.",
)  # fmt: skip
@click.option("--issue", metavar="PERSON", help="Print a token that a client shows as that person; then end.")
@click.option("--scope", "scopes", multiple=True, help="With --issue: at most these scopes.")
@click.option("--days", type=click.IntRange(1, 365), default=DAYS, show_default=True, help="With --issue.")
def mcp(
    door: Door,
    read_only: bool,
    toolsets: tuple[str, ...],
    era: str,
    issue: str | None,
    scopes: tuple[str, ...],
    days: int,
) -> None:
    """Serve the loops over stdio to an MCP client; who calls is said by REVLOOPS_MCP_TOKEN.

    Without a token it only reads. No tool approves, sends or merges: a person does, at the link it gives.
    """
    import os

    _installed()
    from mcp_server.access import TOKEN, caller
    from mcp_server.access import issue as issued

    ws = door.house.workspace
    if issue:
        token = issued(ws, issue, scopes, datetime.now(UTC), days)
        door.give(token=token, person=issue, days=days)
        door.say(token)
        return
    from mcp_server.server import Server
    from mcp_server.stdio import serve

    who = caller(ws, os.environ.get(TOKEN), datetime.now(UTC), read_only=read_only)
    click.echo(f"revloops mcp: {who.principal.id} ({who.principal.role}) {who.note}".rstrip(), err=True)
    serve(Server(door.house, who, toolsets=toolsets), legacy=era == "legacy")


def _installed() -> None:
    """Refuse where the SDK isn't there.

    Raises:
        RevloopsError: it isn't; the text names the extra.
    """
    from importlib.util import find_spec

    from loops.errors import RevloopsError

    if find_spec("mcp") is None or find_spec("jwt") is None:
        raise RevloopsError('the MCP server needs its SDK: pip install "revloops[mcp]"')
