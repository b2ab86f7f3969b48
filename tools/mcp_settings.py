"""Whose tokens are accepted from MCP clients over HTTP: `[mcp]` of revloops.toml."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from loops.values import Value

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class McpSettings(Value):
    """The `[mcp]` table; without an issuer only this machine's own tokens are accepted, on loopback."""

    issuer: str = ""
    # URL of the identity provider, exactly as it stands in its tokens' `iss`; empty: the local issuer
    audience: str = ""
    # what its tokens' `aud` must name; required where there is an issuer
    jwks: str = ""
    # URL of its public keys; empty: where its discovery document says
    person: Literal["email", "sub"] = "email"
    # the claim that says who it is: an address of somebody in the roster, or a subject named below
    people: dict[str, str] = Field(default_factory=dict)
    # `sub` → id in the roster; where it is empty, a subject is an id itself
    trust_unverified_email: bool = False
    # whether an address counts of which the issuer says nothing either way (`email_verified` is left out)
    scopes: dict[str, str] = Field(default_factory=dict)
    # the provider's name of a scope → ours; one that isn't in it is meant as it stands
    calls_per_minute: int = Field(default=240, ge=1)
    # of one person; more are refused until the minute is over
    keep_calls_days: int = Field(default=365, ge=1)
    # after which the record of a call is dropped

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer and not self.audience:
            raise ValueError("audience: say what the issuer's tokens for this server name as their audience")
        if not self.issuer and (self.audience or self.jwks or self.people or self.scopes):
            raise ValueError("issuer: give the identity provider's URL, or leave the rest of [mcp] out")
        for name, url in (("issuer", self.issuer), ("jwks", self.jwks)):
            if url and not trusted(url):
                raise ValueError(f"{name}: {url} must begin with https:// (http:// on loopback alone)")
        return self


def trusted(url: str) -> bool:
    """Whether nobody between here and there can change what an address answers."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or local)
