"""The clocks: the machine's, a sandbox's own, and a fixed one for tests."""

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol

from loops.errors import RevloopsError
from tools.store import Store

SETTING = "clock.now"


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Now, aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, aware UTC."""
        return datetime.now(UTC)


class SandboxClock:
    """A sandbox's clock: it stands still until `advance` moves it; kept in the store."""

    def __init__(self, store: Store, start: datetime) -> None:
        self._store, self._start = store, start

    def now(self) -> datetime:
        """Now, aware UTC."""
        with self._store.reading() as tx:
            stored = tx.setting(SETTING)
        return datetime.fromisoformat(stored) if stored else self._start

    def advance(self, by: timedelta) -> datetime:
        """The time after moving on; never backwards."""
        if by <= timedelta(0):
            raise RevloopsError("a clock only moves forward: give a positive time, such as 4d")
        now = self.now() + by
        with self._store.transaction() as tx:
            tx.set_setting(SETTING, now.isoformat())
        return now


class FixedClock:
    """A clock that says what it was told; the in-memory twin."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time it was told."""
        return self.at


def duration(text: str) -> timedelta:
    """The time in a text such as 4d, 6h, 30m or 1d12h.

    Raises:
        RevloopsError: the text is none.
    """
    parts = re.findall(r"(\d+)([dhm])", text)
    if not parts or "".join(a + b for a, b in parts) != text:
        raise RevloopsError(f"{text!r} is no time: write days, hours and minutes as in 4d, 6h, 30m or 1d12h")
    names = {"d": "days", "h": "hours", "m": "minutes"}
    return timedelta(**{names[unit]: float(number) for number, unit in parts})
