"""Partner's config: which leads earn a credit, how much, and who hears of it."""

from typing import Literal

from pydantic import Field

from loops.config import LoopConfig


class PartnerConfig(LoopConfig):
    """What a partner's lead is worth."""

    source: str
    # the source that marks a partner's lead
    grades: tuple[Literal["A", "B", "C", "D"], ...]
    # those that earn a credit
    points: int = Field(gt=0, le=100)
    # per credited lead
    manager: str
    # rep id of the partner manager
    credited_share: float = Field(ge=0, le=1)
    # the least share of partner leads that should earn a credit
