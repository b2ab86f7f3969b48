"""Which model each specialist asks, and the limits it is held to: `[models]` of revloops.toml."""

from typing import Literal

from pydantic import Field

from loops.values import Value


class RequestBudget(Value):
    """What one run may spend over all its steps."""

    calls: int = Field(default=12, ge=1)
    # HTTP requests, repeated ones included
    seconds: float = Field(default=60, gt=0)
    # of waiting for models
    tokens: int = Field(default=120_000, ge=1)
    # read and written together
    money_micros: int | None = Field(default=None, ge=0)
    # millionths of the currency; None: no cap


class DayBudget(Value):
    """What all runs of one day in the workspace's zone may spend; None: no cap."""

    calls: int | None = Field(default=None, ge=0)
    # HTTP requests
    tokens: int | None = Field(default=None, ge=0)
    # read and written together
    money_micros: int | None = Field(default=None, ge=0)
    # millionths of the currency


class Breaker(Value):
    """When an endpoint that keeps failing is left alone."""

    failures: int = Field(default=5, ge=1)
    # failed requests in a row
    cooldown_seconds: float = Field(default=30, gt=0)
    # before one request tries it again


class ModelSettings(Value):
    """The `[models]` table; the key and the endpoint's address come from the environment alone."""

    model: str = Field(default="embedded", min_length=1)
    # the endpoint's name of the model; embedded: the written policies; REVLOOPS_MODEL goes before it
    roles: dict[str, str] = {}
    # specialist → model, in place of `model`; REVLOOPS_MODEL_<SPECIALIST> goes before it
    timeout_seconds: float = Field(default=20, gt=0)
    # of one HTTP request
    max_tries: int = Field(default=3, ge=1)
    # HTTP requests for one question, the first included
    max_answer_tokens: int = Field(default=8_000, ge=1)
    # asked of the endpoint, and what is reserved for an answer
    max_answer_chars: int = Field(default=40_000, ge=1)
    # a longer answer isn't used
    structured: Literal["auto", "json_schema", "tools", "json"] = "auto"
    # how the endpoint is told the reply's form; auto: learned once for each endpoint
    temperature: float = Field(default=0, ge=0, le=2)
    # left out for models that refuse it
    seed: int | None = 7
    # the same: None: not sent
    request: RequestBudget = RequestBudget()
    day: DayBudget = DayBudget()
    breaker: Breaker = Breaker()
    when_down: Literal["fallback", "queue"] = "fallback"
    # fallback: the embedded policy works in its place, and the ledger says so; queue: the ask waits
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    # of prices.yaml and of the money caps, ISO 4217
