"""The port to models, and its twin where none is configured."""

from collections.abc import Callable
from typing import Literal, Protocol

from agent.models.errors import ModelDown
from agent.models.exchange import Completion, Request

EMBEDDED = "embedded"
"""In a model's place: the embedded policy (rules, not a language model)."""


class Models(Protocol):
    """The way to language models."""

    @property
    def when_down(self) -> Literal["fallback", "queue"]:
        """What a specialist does when its model can't be asked."""
        ...

    def model_for(self, role: str) -> str:
        """The model of a specialist, as configured; `embedded` where it has none."""
        ...

    async def complete(self, request: Request) -> Completion:
        """What the role's model gave back.

        Raises:
            ModelDown: it can't be asked.
            OverBudget: the run has spent what it may.
            BadAnswer: it answered with something that can't be read.
        """
        ...

    async def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        ...


class Unwired:
    """A model is named that can't be asked from here, perhaps on purpose: what needs it waits for who can."""

    when_down: Literal["fallback", "queue"] = "queue"

    def __init__(self, why: str, model_for: Callable[[str], str]) -> None:
        self.why, self._model_for = why, model_for

    def model_for(self, role: str) -> str:
        """The model that is named for it; `embedded` for one that needs none."""
        return self._model_for(role)

    async def complete(self, request: Request) -> Completion:
        """Nothing: there is no way to the model.

        Raises:
            ModelDown: always; the text says what to set.
        """
        raise ModelDown(self.why)

    async def close(self) -> None:
        """Nothing is open."""


class NoModels:
    """Every specialist on its embedded policy; the in-memory twin."""

    when_down: Literal["fallback", "queue"] = "fallback"

    def model_for(self, role: str) -> str:
        """The embedded policy."""
        return EMBEDDED

    async def complete(self, request: Request) -> Completion:
        """Nothing: there is no model to ask.

        Raises:
            ModelDown: always.
        """
        raise ModelDown(f"no model is configured for {request.role}: set REVLOOPS_MODEL")

    async def close(self) -> None:
        """Nothing is open."""
