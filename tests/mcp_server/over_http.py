"""A server over real HTTP on loopback, requests to it, and an identity provider that it trusts."""

import json
import threading
from collections.abc import AsyncGenerator, Collection, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import httpx
import httpx2
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from agent.bootstrap import House, open_house
from mcp_server.access import issue
from mcp_server.gate import PATH
from mcp_server.http import application, listening, serve
from mcp_server.server import Server
from tests.mcp_server.served import NOW, Era

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
AUDIENCE = "https://revloops.example/mcp"
EMAIL = "klara.cervantes.lead@lumenpath.example"
"""Of the head of operations."""


@dataclass
class Over:
    """A server that listens."""

    url: str
    server: Server
    home: House

    def token(self, person: str = "ops-lead", scopes: Collection[str] = ()) -> str:
        """Of the local issuer."""
        return issue(self.home.workspace, person, scopes, NOW, 1)

    def post(
        self, token: str | None, tool: str = "whoami", *, headers: dict[str, str] | None = None, **given: Any
    ) -> httpx.Response:
        """The answer to one call of the stateless era."""
        params = {"name": tool, "arguments": given, "_meta": META}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        said = {
            "content-type": "application/json", "accept": "application/json, text/event-stream",
            "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": tool,
        }  # fmt: skip
        said |= {"authorization": f"Bearer {token}"} if token is not None else {}
        return httpx.post(self.url, content=json.dumps(body), headers=said | (headers or {}), trust_env=False)

    @asynccontextmanager
    async def client(self, token: str, era: Era = "auto") -> AsyncGenerator[Client]:
        """The SDK's client."""
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as web:
            async with Client(streamable_http_client(self.url, http_client=web), mode=era) as client:
                yield client


@contextmanager
def over_http(home: House, **options: Any) -> Generator[Over]:
    """A server on a free port, until the block ends; it is stopped as a person stops it."""
    server, app = application(home, **options)
    at, began = listening("127.0.0.1", 0), list[uvicorn.Server]()
    thread = threading.Thread(target=serve, args=(app, at, began.append))
    port = at.getsockname()[1]
    thread.start()
    try:
        yield Over(f"http://127.0.0.1:{port}{PATH}", server, home)
    finally:
        began[0].should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@dataclass
class Idp:
    """An identity provider: its address, its keys, and how often it was asked for them."""

    url: str
    rsa: RSAPrivateKey
    ec: EllipticCurvePrivateKey
    published: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: list[str] = field(default_factory=list[str])

    def publish(self, **keys: RSAPrivateKey | EllipticCurvePrivateKey) -> None:
        """Offer these public keys, by their ids, and no other."""
        self.published.clear()
        for id, key in keys.items():
            public = key.public_key()
            made = (
                RSAAlgorithm.to_jwk(public, as_dict=True)
                if isinstance(public, RSAPublicKey)
                else ECAlgorithm.to_jwk(public, as_dict=True)
            )
            self.published[id] = {**made, "kid": id, "use": "sig"}

    def token(
        self, *, key: Any = None, kid: str = "r1", alg: str = "RS256", minutes: float = 5, **claims: Any
    ) -> str:
        """A token, by default one for the head of operations that is valid; a claim of None is left out."""
        now = datetime.now(UTC)
        said = {
            "iss": self.url, "aud": AUDIENCE, "sub": "u-1", "iat": now,
            "exp": now + timedelta(minutes=minutes), "email": EMAIL,
            "email_verified": True, "scope": "records reviews",
        } | claims  # fmt: skip
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key or self.rsa, algorithm=alg, headers={"kid": kid} if kid else None)


@contextmanager
def idp() -> Generator[Idp]:
    """One that answers over HTTP until the block ends."""
    keys = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            found: dict[str, Any] = {"issuer": made.url, "jwks_uri": f"{made.url}/keys"}
            if self.path == "/keys":
                found = {"keys": list(made.published.values())}
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made = Idp(f"http://127.0.0.1:{web.server_port}", *keys)
    made.publish(r1=made.rsa, e1=made.ec)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def trusts(home: House, provider: Idp, **more: str | int) -> House:
    """The house again, with settings that name the provider."""
    settings = {"issuer": provider.url, "audience": AUDIENCE, **more}
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    path = home.workspace.root / "revloops.toml"
    path.write_text("\n".join([path.read_text(encoding="utf-8"), "[mcp]", *lines, ""]), encoding="utf-8")
    home.store.close()
    return open_house(home.workspace.root)


def says(answer: httpx.Response) -> str:
    """The text of a tool's result, or of a refusal."""
    whole = cast("dict[str, Any]", answer.json())
    return str(whole.get("error_description") or whole["result"]["content"][0]["text"])
