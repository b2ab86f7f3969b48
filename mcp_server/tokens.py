"""Bearer tokens over HTTP: whose they are, by an identity provider's signature or this machine's own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from time import time
from typing import Any, Protocol, cast

import jwt

from loops.errors import RevloopsError
from mcp_server.access import ISSUER, Caller, NotValid, local_claims, person_of, standing_for
from mcp_server.keys import ALGORITHMS, Keys
from tools.mcp_settings import McpSettings
from tools.workspace import Workspace

SKEW_SECONDS = 60
"""How far an identity provider's clock may differ from ours."""
MOST_CHARACTERS = 8_000
"""Of a token."""
MOST_KNOWN = 1_000
"""Tokens whose signature was checked lately and isn't checked again until they run out."""
RECHECK_SECONDS = 300.0
"""After which it is checked again all the same: its key may have been withdrawn."""
Claims = Mapping[str, object]


class Issuer(Protocol):
    """Says what a token says, and whether it is valid here."""

    name: str
    # URL, or that of the local one

    async def claims(self, token: str) -> Claims:
        """What it says.

        Raises:
            NotValid: it isn't valid here.
        """
        ...

    def person(self, claims: Claims) -> str:
        """The roster's id of whom it is about.

        Raises:
            NotValid: nobody in the roster is meant.
        """
        ...

    def scopes(self, claims: Claims) -> list[str]:
        """Our scopes in it."""
        ...

    def renew(self, workspace: Workspace) -> None:
        """Know its people as they are now."""
        ...


class LocalIssuer:
    """This machine's own issuer, whose key lies in the workspace's data: on loopback alone."""

    name = ISSUER

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def claims(self, token: str) -> Claims:
        """What a token of `revloops mcp --issue` says."""
        return local_claims(self._workspace, token)

    def person(self, claims: Claims) -> str:
        """The person it was issued for."""
        return str(claims.get("sub", ""))

    def scopes(self, claims: Claims) -> list[str]:
        """As it was issued."""
        return _scopes(claims)

    def renew(self, workspace: Workspace) -> None:
        """It names people by id, and keeps none."""
        self._workspace = workspace


class Provider:
    """The identity provider of revloops.toml."""

    def __init__(self, settings: McpSettings, workspace: Workspace, keys: Keys | None = None) -> None:
        """Know its settings.

        Args:
            settings: issuer, audience and who is meant by what.
            workspace: whose roster.
            keys: its public keys; None: fetched as the settings say.
        """
        self.name, self._settings, self._keys = settings.issuer, settings, keys or Keys(settings)
        self.renew(workspace)

    def renew(self, workspace: Workspace) -> None:
        """Know their addresses; somebody who is here goes before somebody who has left."""
        here_last = sorted(workspace.scenario.roster, key=lambda rep: rep.left_on is None)
        self._by_email = {rep.email.casefold(): rep.id for rep in here_last}

    async def claims(self, token: str) -> Claims:
        """What it says, where its signature, issuer, audience and times hold."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(str(header.get("kid", "")), str(header.get("alg", "")))
            found = jwt.decode(
                token,
                key,
                algorithms=[name for name, kind in ALGORITHMS.items() if kind == key.key_type],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=SKEW_SECONDS,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as error:
            raise NotValid(f"isn't valid here ({error})") from None
        return cast("dict[str, object]", found)

    def person(self, claims: Claims) -> str:
        """By address or by subject, as the settings say."""
        if self._settings.person == "sub":
            subject, people = str(claims["sub"]), self._settings.people
            if people and subject not in people:
                raise NotValid(f"is of {subject[:80]}, whom [mcp] people in revloops.toml doesn't name")
            return people.get(subject, subject)
        address = str(claims.get("email", ""))
        if not address:
            raise NotValid('names no e-mail address: have the issuer add one, or set person = "sub"')
        verified = claims.get("email_verified")
        if verified is None and not self._settings.trust_unverified_email:
            more = 'set trust_unverified_email = true in [mcp] if it always has, or person = "sub"'
            raise NotValid(f"names {address[:80]} and doesn't say that its issuer verified it: {more}")
        if not (verified is None or verified is True or verified == "true"):
            raise NotValid(f"names {address[:80]}, which its issuer hasn't verified")
        if address.casefold() not in self._by_email:
            raise NotValid(f"is of {address[:80]}, and nobody in the roster has that address")
        return self._by_email[address.casefold()]

    def scopes(self, claims: Claims) -> list[str]:
        """The provider's names put into ours."""
        return [self._settings.scopes.get(word, word) for word in _scopes(claims)]


class Tokens:
    """Who a token stands for, with what was found out about it kept for a while."""

    def __init__(
        self,
        issuer: Issuer,
        workspace: Workspace,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
        clock: Callable[[], float] = time,
    ) -> None:
        """Know none yet.

        Args:
            issuer: whose tokens are accepted.
            workspace: whose roster.
            now: the workspace's clock: whether somebody has left.
            read_only: take every scope away that writes.
            clock: the machine's, in seconds since 1970: whether a token has run out.
        """
        self.issuer, self._workspace, self._now = issuer, workspace, now
        self._read_only, self._clock = read_only, clock
        self._known: dict[str, tuple[float, Caller]] = {}

    def renew(self, workspace: Workspace) -> None:
        """Whoever is in the roster now: what was found out before is forgotten."""
        self._workspace = workspace
        self.issuer.renew(workspace)
        self._known.clear()

    async def caller(self, token: str) -> Caller:
        """Who it stands for.

        Raises:
            NotValid: it isn't valid here; the text says why.
        """
        now = self._clock()
        until, found = self._known.get(token, (0.0, None))
        if found is not None and now < until:
            return found
        self._known.pop(token, None)
        if len(token) > MOST_CHARACTERS:
            raise NotValid(f"has {len(token):,} characters; at most {MOST_CHARACTERS:,}")
        claims = await self.issuer.claims(token)
        found = self._standing(claims)
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[token] = (min(now + RECHECK_SECONDS, float(cast("Any", claims["exp"]))), found)
        return found

    def _standing(self, claims: Claims) -> Caller:
        person = self.issuer.person(claims)
        try:
            rep = person_of(self._workspace, person, self._now())
        except RevloopsError as error:
            raise NotValid(f"isn't valid here: {error}") from None
        return standing_for(rep, self.issuer.scopes(claims), read_only=self._read_only)


def _scopes(claims: Claims) -> list[str]:
    """The scopes of a token: `scope`, a text with spaces, or `scp`, a list or such a text."""
    said = claims.get("scope") or claims.get("scp") or ""
    if isinstance(said, list):
        return [str(one) for one in cast("list[object]", said)]
    return str(said).split()
