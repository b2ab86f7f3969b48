"""How a change of config is looked for and tried: tuning.yaml of the workspace."""

from typing import Self

from pydantic import Field, model_validator

from loops.values import Value


class Tuning(Value):
    """The bounds within which the config author works."""

    fit_share: float = Field(default=0.8, gt=0, lt=1)
    # of the settled leads, the earlier part that changes are found on; they are tried on the rest
    min_sample: int = Field(default=300, ge=50)
    # settled leads in the later part, below which nothing is proposed
    min_segment: int = Field(default=30, ge=10)
    # leads of a value or a segment, below which nothing is said of it
    alpha: float = Field(default=0.025, gt=0, le=0.1)
    # chance, per session, to propose on noise alone: one change is tried on the later part, one-sided
    min_effect: float = Field(default=0.004, ge=0)
    # least gain in AUC on the later part
    guardrail: float = Field(default=0.05, ge=0)
    # by how much no segment's AUC, or share that stays where it was sent, may fall
    wrong: float = Field(default=0.05, gt=0, lt=1)
    # share of agents' choices that people would change, among those that may stand without them
    unsure: float = Field(default=0.1, gt=0, lt=1)
    # chance that more of them are wrong after all
    rest_days: int = Field(default=30, ge=0)
    # how long a change that people rejected isn't proposed again for the same config
    min_days: int = Field(default=7, ge=1)
    # that the later part spans; fewer are one occasion, not a trial
    specific: float = Field(default=0.7, ge=0, le=1)
    # a smaller change goes before a larger one that gains at most as much divided by this
    recent: float = Field(default=1 / 6, gt=0, lt=1)
    # of the earlier part, the newest leads, in which a value may have changed its ways
    sure: float = Field(default=2.5, ge=0)
    # standard errors from which a value's departure is worth a look
    worth: float = Field(default=4.0)
    # least gain in deviance beyond what as many free points gain by chance (Akaike 1974)
    ridge: float = Field(default=4.0, gt=0)
    # how hard points are held to where they are; 4: log odds depart by about a half


class Known(Value):
    """history.yaml: which fields of imported history were known when the lead was created."""

    known: dict[str, str] = {}
    # attribute → created; any other word, or none: it is refused as evidence

    @model_validator(mode="after")
    def _words(self) -> Self:
        wrong = [name for name, word in self.known.items() if word not in ("created", "later")]
        if wrong:
            raise ValueError(f"{wrong[0]}: write created (known when the lead came in) or later")
        return self
