"""What a sandbox is made from: its seed, its size, its now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tools.errors import ToolFailed
from tools.sandbox.draw import Draw

OWN_NAME = "Lumenpath"
OWN_DOMAIN = "lumenpath.example"
COMPETITORS = ("Funnelwright", "Pipecadence", "Switchgrove")
MAX_SCALE = 100.0  # the names run out above it


@dataclass(frozen=True)
class Setting:
    """The three things every byte of a sandbox depends on."""

    seed: int
    scale: float
    # 1.0 is 3,000 companies; 0.02 to 100
    now: datetime
    # aware UTC; every date lies before it unless it is an absence or a start

    def __post_init__(self) -> None:
        if not 0.02 <= self.scale <= MAX_SCALE:
            raise ToolFailed(f"A sandbox's scale lies between 0.02 and {MAX_SCALE:g}: give another --scale.")
        if self.now.tzinfo is None:
            raise ToolFailed("A sandbox's now needs a time zone: give an aware instant.")

    @property
    def today(self) -> date:
        """The day of `now`, UTC."""
        return self.now.date()

    def day(self, ago: int) -> date:
        """The day that many days before `now`."""
        return self.today - timedelta(days=ago)

    def count(self, at_scale_1: int) -> int:
        """How many of a kind there are at this scale, at least one."""
        return max(1, round(at_scale_1 * self.scale))

    def draw(self, kind: str, index: int | str) -> Draw:
        """The stream of choices for one item of a kind."""
        return Draw(self.seed, kind, index)
