"""What the look-up tools need of the runtime: a reading transaction, the records, the loops and configs."""

from collections.abc import Mapping
from typing import Protocol

from loops.config import LoopConfig
from loops.records import Records
from loops.registry import Registry
from tools.store import Tx


class LookupContext(Protocol):
    """What these tools may reach; nothing in it writes."""

    @property
    def tx(self) -> Tx:
        """A reading transaction: what is written in it is thrown away."""
        ...

    @property
    def records(self) -> Records:
        """The records within it."""
        ...

    @property
    def registry(self) -> Registry:
        """Every loop."""
        ...

    @property
    def configs(self) -> Mapping[str, LoopConfig]:
        """What each loop is configured to do, by its name."""
        ...
