"""What comes of computing a proposal's figures again."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from agent.bootstrap import House
from loops.errors import RevloopsError
from loops.proposal import Proposal


@dataclass(frozen=True)
class Mismatch:
    """One thing in a proposal that doesn't come out again."""

    figure: str
    said: str
    computed: str

    def __str__(self) -> str:
        return f"{self.figure}: it says {self.said}, computed is {self.computed}"


@dataclass(frozen=True)
class Verified:
    """Whether a proposal says what the ledger says."""

    figures: int
    # computed again
    mismatches: tuple[Mismatch, ...] = ()
    stood: bool = False
    # whether it says what the ledger has of the day it was proposed: something more is known since

    @property
    def holds(self) -> bool:
        """Whether everything came out as it says."""
        return not self.mismatches


def verifier() -> Callable[[House, Proposal], Verified]:
    """What computes a proposal's figures again.

    Raises:
        RevloopsError: this version has nothing that does.
    """
    try:
        found = import_module("agent.proposing.verify")
    except ModuleNotFoundError:
        raise RevloopsError("this version can't compute a proposal's figures again") from None
    return cast("Callable[[House, Proposal], Verified]", found.verify)
