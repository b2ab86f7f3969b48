"""How many calls one principal may make in a minute."""

from collections import deque
from collections.abc import Callable
from time import monotonic

PER_MINUTE = 240
"""Calls of one principal where nothing else is set."""
MOST_KNOWN = 10_000
"""Principals remembered at once; past it those that were quiet for a minute are forgotten."""
_MINUTE = 60.0


class Rate:
    """The calls of the last minute, by principal."""

    def __init__(self, most: int = PER_MINUTE, clock: Callable[[], float] = monotonic) -> None:
        """Begin with none.

        Args:
            most: calls of one principal in any 60 seconds.
            clock: seconds.
        """
        self.most, self._clock = most, clock
        self._late: dict[str, deque[float]] = {}

    def take(self, who: str) -> bool:
        """Whether one more call is within the limit; it is counted if so."""
        now = self._clock()
        late = self._late.get(who)
        if late is None:
            self._forget(now)
            late = self._late[who] = deque()
        while late and now - late[0] >= _MINUTE:
            late.popleft()
        if len(late) >= self.most:
            return False
        late.append(now)
        return True

    def _forget(self, now: float) -> None:
        if len(self._late) < MOST_KNOWN:
            return
        quiet = [who for who, late in self._late.items() if not late or now - late[-1] >= _MINUTE]
        for who in quiet or list(self._late)[:1]:
            del self._late[who]
