"""Deploy's config: who covers an open seat, when documents are issued, how accounts find their territory."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from loops.config import LoopConfig, Path
from loops.deploy.account_config import AccountsConfig
from loops.deploy.outputs import Step
from loops.values import Value


class Cascade(Value):
    """Who takes what comes to an open seat."""

    order: tuple[Step, ...]
    # where somebody is looked for, the first place first; `queue` comes last
    queue: str
    # queue id, for when nobody can

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if len(set(self.order)) < len(self.order):
            raise ValueError("each step stands in the order once")
        if not self.order or self.order[-1] != "queue":
            raise ValueError("the order ends with queue, so that every open seat has a defined outcome")
        return self


class Documents(Value):
    """When quota and compensation documents are issued."""

    ahead_days: int = Field(ge=0, le=365)
    # days before a fiscal year begins from which on its documents are issued


class Intent(Value):
    """What the metrics are held against."""

    max_failed_share: float = Field(ge=0, le=1)
    # the largest share of changes that the systems of work may refuse
    min_sample: int = Field(gt=0)


class DeployConfig(LoopConfig):
    """How a promoted plan becomes real."""

    cascade: Cascade
    documents: Documents
    accounts: AccountsConfig
    intent: Intent

    def lint(self, owners: Mapping[str, frozenset[str]]) -> tuple[tuple[Path, str], ...]:
        """A queue that the promoted scenario doesn't have."""
        if f"queue:{self.cascade.queue}" in owners["owner"]:
            return ()
        return ((("cascade", "queue"), f"the promoted scenario has no queue {self.cascade.queue}"),)
