"""The SDK's own server with one trivial tool and its own check of tokens: what ours is compared with."""

import sys

import jwt
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl


class Checked:
    """Tokens signed with a secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def verify_token(self, token: str) -> AccessToken | None:
        """The token, where its signature and times hold."""
        claims = jwt.decode(token, self._key, algorithms=["HS256"], options={"verify_aud": False})
        return AccessToken(token=token, client_id=str(claims["sub"]), scopes=[])


def main(port: int, key: bytes) -> None:
    """Serve one tool until it is stopped."""
    url = AnyHttpUrl(f"http://127.0.0.1:{port}/mcp")
    auth = AuthSettings(issuer_url=url, resource_server_url=url, validate_token_resource=False)
    server = MCPServer("bare", log_level="WARNING", auth=auth, token_verifier=Checked(key))

    @server.tool()
    def whoami() -> dict[str, str]:
        """Who you act for."""
        return {"person": "ops-lead", "role": "ops", "mode": "sandbox"}

    assert whoami
    server.run("streamable-http", port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]), bytes.fromhex(sys.argv[2]))
