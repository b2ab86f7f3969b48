"""What every HTTP request passes before the SDK sees it: Host, Origin, size, token, rate, scope.

A request that is turned away is written down as a call that was; what the SDK answers is written down by the
server, or is none of a tool or a resource.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_server.access import CALLER, NOBODY, READ, WRITE, Caller, NotValid, reader
from mcp_server.journal import Call
from mcp_server.rate import Rate
from mcp_server.resources import scope_of
from mcp_server.server import Server, canonical_of, needed
from mcp_server.sessions import Sessions, TooMany
from mcp_server.tokens import Tokens

PATH = "/mcp"
METADATA = "/.well-known/oauth-protected-resource"
MOST_BYTES = 256 * 1024
"""Of a request's body: the longest arguments there may be, four times over."""
STRANGERS = 60
"""Requests without a valid token that one address may make in a minute."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""This machine, as the Host header says it."""
_CALL, _READ = b"tools/call", b"resources/read"
QUIET = "quiet"
"""Outcome of a refusal that isn't written down: the one before it says that more came."""
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")
"""A name or an address, and a port."""


@dataclass(eq=False)
class Refusal(Exception):
    """A request that isn't answered, and what is said instead."""

    status: int
    error: str
    says: str
    outcome: str
    scopes: tuple[str, ...] = ()
    # that would do
    tool: str = "http"
    arguments: str = ""


class Gate:
    """The ASGI application in front of the SDK's."""

    def __init__(
        self,
        app: ASGIApp,
        server: Server,
        tokens: Tokens,
        security: TransportSecuritySettings,
        *,
        open_to_read: bool = False,
    ) -> None:
        """Stand before `app`.

        Args:
            app: the SDK's.
            server: the tools behind it.
            tokens: who a token stands for.
            security: the hosts and origins that are answered.
            open_to_read: whether somebody without a token reads.
        """
        self._app, self._server, self._tokens = app, server, tokens
        self._security = TransportSecurityMiddleware(security)
        self._open = open_to_read
        self._strangers, self._slowed = Rate(STRANGERS), Rate(1)
        self._sessions = Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have the SDK do it for the caller."""
        if scope["type"] != "http":
            await self._app(scope, receive, self._closing(send))
            return
        caller = reader("")
        self._server.fresh.look()
        try:
            await self._addressed(Request(scope))
            if scope["path"].removesuffix(PATH) == METADATA:
                await JSONResponse(self._metadata(scope))(scope, receive, send)
                return
            caller = await self._caller(scope)
            body, receive = await _whole(receive, Headers(scope=scope))
            self._allowed(caller, body)
            self._sessions.asked(caller.principal.id, Headers(scope=scope), body)
        except Refusal as refusal:
            refusal = self._slowed_down(caller, scope, refusal)
            if refusal.outcome != QUIET:
                self._note(caller, refusal)
            await self._refused(refusal, scope)(scope, receive, send)
            return
        except TooMany as error:
            late = Refusal(429, "too_many_sessions", str(error), "too many")
            self._note(caller, late)
            await self._refused(late, scope)(scope, receive, send)
            return
        send = self._sessions.answered(caller.principal.id, scope, send)
        await self._passed(caller, scope, receive, send)

    def _slowed_down(self, caller: Caller, scope: Scope, refusal: Refusal) -> Refusal:
        """The refusal; to an address that is refused too often one that says so, noted once a minute."""
        address = (scope.get("client") or ("",))[0]
        if caller.principal.id != NOBODY or self._strangers.take(address):
            return refusal
        late = f"more than {STRANGERS} requests in a minute that were refused: wait"
        return Refusal(429, "slow_down", late, "too many" if self._slowed.take(address) else QUIET)

    def _closing(self, send: Send) -> Send:
        """Write down what wasn't yet once the last request has ended: the signal to stop ends us after it."""

        async def told(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                self._server.close()
            await send(message)

        return told

    async def _passed(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        who = caller.principal
        token = AccessToken(
            token="", client_id=who.id, scopes=[], subject=who.id, claims={"iss": self._tokens.issuer.name}
        )
        user = scope["user"] = AuthenticatedUser(token)  # a session is its maker's alone
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        # blanks round a value are no part of it (RFC 9110, 5.5), and not every parser takes them away
        before, known = CALLER.set(caller), auth_context_var.set(user)
        try:
            await self._app(scope, receive, self._failing(caller, send))
        finally:
            auth_context_var.reset(known)
            CALLER.reset(before)

    def _failing(self, caller: Caller, send: Send) -> Send:
        """Write down a request that the SDK turns away before it is one of a method of ours."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                call = Call(f"http {message['status']}", "", "", "refused", 0)
                self._server.journal.note(caller, call, self._server.desk.at)
            await send(message)

        return told

    async def _addressed(self, request: Request) -> None:
        """Refuse a request for another host, or from a page of one.

        Raises:
            Refusal: it is.
        """
        host, origin = request.headers.get("host", ""), request.headers.get("origin", "")
        if not _HOST.fullmatch(host):
            raise Refusal(421, "invalid_request", "Invalid Host header", "refused")
        if origin and not _HOST.fullmatch(origin.partition("://")[2]):
            raise Refusal(403, "invalid_request", "Invalid Origin header", "refused")
        answer = await self._security.validate_request(request)
        if answer is not None:
            said = bytes(answer.body).decode()
            raise Refusal(answer.status_code, "invalid_request", said, "refused")

    async def _caller(self, scope: Scope) -> Caller:
        """Whose request it is.

        Raises:
            Refusal: it shows no valid token.
        """
        said = Headers(scope=scope).get("authorization", "")
        kind, _, token = said.partition(" ")
        if not said and self._open:
            return reader("no token: read-only")
        try:
            if kind.lower() != "bearer" or not token.strip():
                raise NotValid("is missing: send `Authorization: Bearer ...`")
            return await self._tokens.caller(token.strip())
        except NotValid as error:
            known = "invalid_token" if said else ""
            raise Refusal(401, known, f"the token {error}", "unauthenticated") from None

    def _allowed(self, caller: Caller, body: bytes) -> None:
        """Refuse a call beyond the token's scopes: the client may ask its issuer for more.

        Raises:
            Refusal: it is one.
        """
        name, arguments = _call(body) if _CALL in body or _READ in body else ("", None)
        scopes = (scope_of(str(arguments)),) if name == _READ.decode() else needed(name, arguments)
        scopes = tuple(scope for scope in scopes if scope)
        lacks = [scope for scope in scopes if not caller.may(scope)]
        if lacks:
            says = f"{name} needs {' and '.join(lacks)}, and the token doesn't have it"
            whole = tuple(sorted({*caller.principal.scopes, *scopes}))
            given = cast("dict[str, Any]", arguments if isinstance(arguments, dict) else {"uri": arguments})
            hashed = self._server.journal.hashed(canonical_of(given))
            raise Refusal(403, "insufficient_scope", says, "denied", whole, name, hashed)

    def _refused(self, refusal: Refusal, scope: Scope) -> Response:
        body = {"error": refusal.error or "unauthorized", "error_description": refusal.says}
        headers: dict[str, str] = {}
        if refusal.status == 401 or refusal.scopes:
            metadata = f"{_origin(scope)}{METADATA}{PATH}"
            parts = {"error": refusal.error, "scope": " ".join(refusal.scopes), "resource_metadata": metadata}
            said = ", ".join(f'{name}="{part}"' for name, part in parts.items() if part)
            headers["WWW-Authenticate"] = f"Bearer {said}"
        if refusal.status == 429:
            headers["Retry-After"] = "60"
        return JSONResponse(body, refusal.status, headers)

    def _note(self, caller: Caller, refusal: Refusal) -> None:
        tool = refusal.tool if refusal.tool != "http" else f"http {refusal.status}"
        lacks = " ".join(one for one in refusal.scopes if not caller.may(one))
        call = Call(tool, lacks, refusal.arguments, refusal.outcome, 0)
        self._server.journal.note(caller, call, self._server.desk.at)

    def _metadata(self, scope: Scope) -> dict[str, object]:
        """RFC 9728: what a client must know to get a token; the local issuer gives none over the network."""
        issuer = self._tokens.issuer.name
        return {
            "resource": f"{_origin(scope)}{PATH}",
            "resource_name": "revloops",
            "authorization_servers": [issuer] if "://" in issuer else [],
            "scopes_supported": sorted(READ | WRITE),
            "bearer_methods_supported": ["header"],
        }


def _origin(scope: Scope) -> str:
    """How the client addresses us: plain on this machine, else through what ends TLS in front of us."""
    host = Headers(scope=scope).get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return f"{'http' if name in LOOPBACK else 'https'}://{host}"


def security(allowed: Iterable[str]) -> TransportSecuritySettings:
    """The hosts that are answered, and the pages whose scripts are: loopback's, and those named.

    Args:
        allowed: further hosts, as clients write them: with a port where they name one.
    """
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*LOOPBACK, *(f"{name}:*" for name in LOOPBACK), *allowed],
        allowed_origins=[
            *(f"http://{name}" for name in LOOPBACK),
            *(f"http://{name}:*" for name in LOOPBACK),
            *(f"https://{name}" for name in allowed),
        ],
    )


async def _whole(receive: Receive, headers: Headers) -> tuple[bytes, Receive]:
    """The body, and what gives it to the SDK.

    Raises:
        Refusal: it is too large.
    """
    said = headers.get("content-length", "")
    if said.isdecimal() and int(said) > MOST_BYTES:
        raise _too_large()
    parts, length, kept = list[bytes](), 0, list[Message]()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            kept.append(message)
            break
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > MOST_BYTES:
            raise _too_large()
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    kept.insert(0, {"type": "http.request", "body": body, "more_body": False})

    async def again() -> Message:
        return kept.pop(0) if kept else await receive()

    return body, again


def _too_large() -> Refusal:
    return Refusal(413, "invalid_request", f"a request has at most {MOST_BYTES:,} bytes", "refused")


def _call(body: bytes) -> tuple[str, object]:
    """The tool that a body calls and its arguments, or that it reads and the address; else ("", None)."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return "", None  # the SDK says what is wrong with it
    if not isinstance(message, dict):
        return "", None
    said = cast("dict[str, object]", message)
    if not isinstance(said.get("params"), dict):
        return "", None
    params = cast("dict[str, object]", said["params"])
    if said.get("method") == _READ.decode():
        return _READ.decode(), params.get("uri")
    if said.get("method") != _CALL.decode():
        return "", None
    name, arguments = params.get("name"), params.get("arguments")
    return (name, arguments) if isinstance(name, str) else ("", None)
