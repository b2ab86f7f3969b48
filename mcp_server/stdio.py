"""Serving over stdin and stdout: both protocol eras, or the older one alone."""

from typing import Any

import anyio
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server

from mcp_server.server import Server


def serve(server: Server, *, legacy: bool = False) -> None:
    """Serve until the client goes.

    Args:
        server: the tools.
        legacy: whether only the handshake of the older era is spoken.
    """
    try:
        anyio.run(_legacy, server) if legacy else server.run("stdio")
    finally:
        server.close()


async def _legacy(server: Server) -> None:
    inner: Any = getattr(server, "_lowlevel_server")  # noqa: B009 - the SDK has no public way to it
    async with stdio_server() as (read, write), inner.lifespan(inner) as state:
        await serve_loop(inner, read, write, lifespan_state=state)
