"""Serving over HTTP: sessions of the older era and the stateless one, on one address, for many callers."""

import socket
from collections.abc import Callable, Collection

import anyio
import uvicorn
from starlette.types import ASGIApp

from agent.bootstrap import House
from loops.errors import RevloopsError
from mcp_server.access import reader
from mcp_server.gate import MOST_BYTES, PATH, Gate, security
from mcp_server.server import Server
from mcp_server.tokens import LocalIssuer, Provider, Tokens
from tools.mcp_settings import LOOPBACK

SESSIONS = 1_000
"""Sessions of the older era at once; more are refused until one ends or is idle for half an hour."""
STOP_SECONDS = 5
"""How long requests may take to end once the server is told to."""
BACKLOG = 128
"""Connections that may wait to be taken."""


def application(
    house: House,
    *,
    hosts: Collection[str] = (),
    read_only: bool = False,
    open_to_read: bool = False,
    toolsets: Collection[str] = (),
) -> tuple[Server, ASGIApp]:
    """The tools, and the ASGI application that serves them.

    Args:
        house: the workspace.
        hosts: names it is reached by, beside loopback's.
        read_only: take every scope away that writes.
        open_to_read: whether somebody without a token reads.
        toolsets: only the tools of these; empty: all.
    """
    workspace = house.workspace
    settings = workspace.settings.mcp
    issuer = Provider(settings, workspace) if settings.issuer else LocalIssuer(workspace)
    tokens = Tokens(issuer, workspace, house.runtime.at, read_only=read_only)
    server = Server(house, reader(""), toolsets=toolsets, per_minute=settings.calls_per_minute)
    server.fresh.changed.append(tokens.renew)
    checks = security(hosts)
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MOST_BYTES,
        max_sessions=SESSIONS,
        transport_security=checks,
    )
    return server, Gate(inner, server, tokens, checks, open_to_read=open_to_read)


def refuse(house: House, host: str, hosts: Collection[str], *, open_to_read: bool) -> None:
    """Refuse to listen where more can reach it than it could tell apart.

    Raises:
        RevloopsError: it would be reached from beyond this machine.
    """
    settings = house.workspace.settings.mcp
    if open_to_read and (host not in LOOPBACK or hosts or settings.issuer):
        raise RevloopsError(
            "--open-to-read is for this machine alone, and not beside an identity provider: leave it out"
        )
    if (host not in LOOPBACK or hosts) and not settings.issuer:
        raise RevloopsError(
            f"beyond this machine ({', '.join([host, *hosts])}) tokens must come from an identity provider: "
            "set [mcp] issuer and audience in revloops.toml"
        )
    if host not in LOOPBACK and not hosts:
        said = "say by which name clients reach it: --allow-host revloops.example.com"
        raise RevloopsError(f"on {host} {said}")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        RevloopsError: it can't.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise RevloopsError(f"can't listen on {host}:{port} ({error.strerror}): try another --port") from None
    return made


def serve(app: ASGIApp, at: socket.socket, ready: Callable[[uvicorn.Server], None]) -> None:
    """Serve until it is told to stop.

    Args:
        app: as `application` has it.
        at: where it listens.
        ready: called before the first request, with what can stop it.
    """
    config = uvicorn.Config(
        app, lifespan="on", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS, limit_concurrency=SESSIONS, proxy_headers=False,
    )  # fmt: skip
    web = uvicorn.Server(config)
    ready(web)
    try:
        anyio.run(web.serve, [at])
    finally:
        at.close()
