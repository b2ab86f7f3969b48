"""Sessions of the older era: how many one person holds, so that nobody takes them all."""

import json
from collections.abc import Callable
from time import monotonic
from typing import cast

from starlette.datastructures import Headers
from starlette.types import Message, Scope, Send

from mcp_server.access import NOBODY

MOST = 20
"""Of one person at once."""
IDLE_SECONDS = 1800.0
"""After which an idle one is gone, as the SDK has it."""
HEADER = "mcp-session-id"
_BEGINS = b"initialize"


class TooMany(Exception):
    """One session more than a person may hold."""


class Sessions:
    """When each person's sessions were last used."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Know none yet.

        Args:
            clock: seconds.
        """
        self._clock = clock
        self._used: dict[str, dict[str, float]] = {}

    def asked(self, who: str, headers: Headers, body: bytes) -> None:
        """Note which session a request is of.

        Raises:
            TooMany: it would begin another, and they hold as many as anybody may.
        """
        now, session = self._clock(), headers.get(HEADER)
        mine = {id: at for id, at in self._used.get(who, {}).items() if now - at < IDLE_SECONDS}
        if session in mine:
            mine[session] = now
        self._used[who] = mine
        if who != NOBODY and not session and len(mine) >= MOST and _begins(body):
            raise TooMany(f"{MOST} sessions of yours are open: end one, or let one lie idle for half an hour")

    def opened(self, who: str, session: str) -> None:
        """Count a session from now on."""
        self._used.setdefault(who, {})[session] = self._clock()

    def answered(self, who: str, scope: Scope, send: Send) -> Send:
        """What notes the session that an answer begins or ends, and sends it on."""
        ends = scope["method"] == "DELETE"
        old = Headers(scope=scope).get(HEADER, "")

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun = Headers(raw=message.get("headers", [])).get(HEADER)
                if ends and message["status"] < 300:
                    self._used.get(who, {}).pop(old, None)
                elif begun and not ends:
                    self.opened(who, begun)
            await send(message)

        return noted


def _begins(body: bytes) -> bool:
    if _BEGINS not in body:
        return False
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and cast("dict[str, object]", said).get("method") == _BEGINS.decode()
