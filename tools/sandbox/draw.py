"""Choices drawn from a key alone, so that an item can be made without the items before it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
_LOW = 1 << 64  # below this the pool is refilled: a draw's bias stays under one in a million million
_FINE = 1 << 53  # the whole numbers a float holds exactly


class Draw:
    """A stream of choices keyed by (seed, kind, index): the same on every machine and Python."""

    __slots__ = ("_key", "_pool", "_round")

    def __init__(self, seed: int | str, kind: str, index: int | str) -> None:
        self._key = f"{seed}|{kind}|{index}".encode()
        self._round = 0
        self._pool = int.from_bytes(sha256(self._key).digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        if self._pool < _LOW:
            self._round += 1
            self._pool = int.from_bytes(sha256(self._key + b"|%d" % self._round).digest(), "big")
        self._pool, got = divmod(self._pool, limit)
        return got

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def share(self) -> float:
        """A float from 0 to just under 1."""
        return self.below(_FINE) / _FINE

    def noise(self) -> float:
        """A float from -1 to 1 that is most often near 0 (the mean of three even draws)."""
        return (self.below(2001) + self.below(2001) + self.below(2001)) / 3000 - 1

    def chance(self, per_thousand: int) -> bool:
        """True in that many cases of a thousand."""
        return self.below(1000) < per_thousand

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the others."""
        return choices[self.below(len(choices))]

    def some(self, choices: Sequence[T], count: int) -> tuple[T, ...]:
        """That many different choices, in the order drawn; all of them where there are fewer."""
        left = list(choices)
        return tuple(left.pop(self.below(len(left))) for _ in range(min(count, len(left))))
