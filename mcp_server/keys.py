"""An identity provider's public keys: fetched, kept, and fetched again for a key that isn't known yet."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, cast

import anyio
import httpx
import jwt

from mcp_server.access import NotValid
from tools.mcp_settings import McpSettings, trusted

log = logging.getLogger(__name__)
ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
"""Signatures that are accepted, and the kind of key each takes; all are asymmetric."""
KEPT_SECONDS = 600.0
"""How long keys are used before they are fetched again: a key that was withdrawn is gone after that."""
PAUSE_SECONDS = 30.0
"""The least time between two fetches, whatever tokens come in."""
FETCH_SECONDS = 5.0
MOST_BYTES = 256 * 1024
_DISCOVERY = "/.well-known/openid-configuration"


class Keys:
    """The provider's signing keys by id."""

    def __init__(self, settings: McpSettings, clock: Callable[[], float] = monotonic) -> None:
        """Know none yet.

        Args:
            settings: where they are.
            clock: seconds.
        """
        self._settings, self._clock = settings, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._tried, self._fetched = -PAUSE_SECONDS, -KEPT_SECONDS
        self._one: anyio.Lock | None = None
        self.fetches = 0

    async def key(self, id: str, algorithm: str) -> jwt.PyJWK:
        """The public key that a token's header names.

        Args:
            id: the header's `kid`; "" where it names none: then the provider must have one such key alone.
            algorithm: the header's `alg`.

        Raises:
            NotValid: the algorithm isn't accepted, or there is no such key.
        """
        if algorithm not in ALGORITHMS:
            raise NotValid(f"is signed with {algorithm[:20]}; {' and '.join(ALGORITHMS)} are accepted")
        old = self._clock() - self._fetched >= KEPT_SECONDS
        found = None if old else self._known(id, algorithm)
        if found is None:
            await self._fetch()
            found = self._known(id, algorithm)
        if found is None:
            raise NotValid("is signed with a key that its issuer doesn't have")
        return found

    def _known(self, id: str, algorithm: str) -> jwt.PyJWK | None:
        fit = {name: key for name, key in self._keys.items() if key.key_type == ALGORITHMS[algorithm]}
        if id:
            return fit.get(id)
        return next(iter(fit.values())) if len(fit) == 1 else None

    async def _fetch(self) -> None:
        """Fetch them, unless that was tried a moment ago; the known ones stay where it fails."""
        self._one = self._one or anyio.Lock()
        async with self._one:
            if self._clock() - self._tried < PAUSE_SECONDS:
                return
            self._tried = self._clock()
            self.fetches += 1
            try:
                self._keys = await self._read()
                self._fetched = self._clock()
            except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
                log.warning("the keys of %s couldn't be fetched: %s", self._settings.issuer, error)

    async def _read(self) -> dict[str, jwt.PyJWK]:
        direct = httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False)
        async with direct as client:
            url = self._settings.jwks
            if not url:
                there = await _json(client, self._settings.issuer.rstrip("/") + _DISCOVERY)
                url = str(there.get("jwks_uri", ""))
                if there.get("issuer") != self._settings.issuer or not trusted(url):
                    raise ValueError("its discovery document is of another issuer, or names no https address")
            found = await _json(client, url)
        keys: dict[str, jwt.PyJWK] = {}
        there = found.get("keys")
        for one in cast("list[object]", there if isinstance(there, list) else []):
            if key := _key(one):
                keys[key.key_id or ""] = key
        return keys


def _key(said: object) -> jwt.PyJWK | None:
    """A key that may have signed a token; None for any other, and for one that can't be read."""
    if not isinstance(said, dict):
        return None
    one = cast("dict[str, Any]", said)
    if one.get("kty") not in ALGORITHMS.values() or one.get("use", "sig") != "sig":
        return None
    try:
        return jwt.PyJWK(one)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        log.warning("a key of the issuer's can't be read and is left out: %s", error)
        return None


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await client.get(url)
    answer.raise_for_status()
    if len(answer.content) > MOST_BYTES:
        raise ValueError(f"{url} answers with more than {MOST_BYTES:,} bytes")
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError(f"{url} answers with something else than an object")
    return cast("dict[str, Any]", found)
