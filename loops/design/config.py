"""Design's config: when a territory falls short, when a desk is too full or too empty, and who is asked."""

from typing import Literal, Self

from pydantic import Field, model_validator

from loops.config import LoopConfig
from loops.values import Value

By = Literal["rule", "pool", "account_owner", "open_deal", "earlier_lead", "agent", "person", "balance"]


class Balance(Value):
    """When workload is out of balance, and what may be moved to restore it."""

    high_share: float = Field(gt=0, le=1)
    # of capacity; a load above it, with stale leads in it, is overload
    low_share: float = Field(ge=0, le=1)
    # of capacity; a load below it is idleness
    stale_days: int = Field(gt=0)
    # a lead with which nothing has happened for that long is stale
    stale_at_least: int = Field(gt=0)
    # stale leads from which on a full desk counts as overloaded
    settle_days: int = Field(ge=0)
    # a lead assigned less than that ago stays where it is
    continuity_days: int = Field(ge=0)
    # a lead with which something happened less than that ago stays where it is
    stays: tuple[By, ...]
    # leads assigned in one of these ways stay where they are
    overflow: bool
    # whether leads may go to a pool's backup when the pool itself can't take them
    split: bool
    # whether a split of the territory is proposed when no reassignment restores balance
    every_days: int = Field(gt=0, le=28)
    # how often it is looked at; seven: on Mondays

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low_share >= self.high_share:
            raise ValueError("low_share must be below high_share")
        return self


class Replan(Value):
    """When a person is asked to model again."""

    each: Literal["quarter", "year", "never"]
    # at whose fiscal start
    hire_late_days: int = Field(ge=0)
    # a planned hire whose seat nobody took is overdue that long after its start


class Intent(Value):
    """What the metrics are held against."""

    max_rejected_share: float = Field(ge=0, le=1)
    # the largest share of proposals that people may reject
    min_sample: int = Field(gt=0)


class DesignConfig(LoopConfig):
    """How plans are judged, and when they are looked at again."""

    coverage_floor: float = Field(ge=0, le=1)
    # a territory falls short where capacity so far < floor × target so far
    asks: str = Field(pattern=r"^(role|person):\S+$")
    # who is asked: role:<role> or person:<rep>
    balance: Balance
    replan: Replan
    intent: Intent
