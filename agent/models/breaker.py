"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from agent.models.errors import ModelDown
from tools.model_settings import Breaker


@dataclass
class _Circuit:
    failures: int = 0
    # in a row
    opened: float | None = None
    # when, by the monotonic clock; None: closed
    trying: bool = False
    # the one request after the cooldown is on its way


class Circuits:
    """The breakers of one process, one for each model."""

    def __init__(self, settings: Breaker, monotonic: Callable[[], float]) -> None:
        self._settings, self._monotonic = settings, monotonic
        self._circuits: dict[str, _Circuit] = {}

    def enter(self, model: str) -> bool:
        """Let a request through; whether it is the one that tries a broken endpoint again.

        Raises:
            ModelDown: the breaker is open.
        """
        circuit = self._circuits.setdefault(model, _Circuit())
        if circuit.opened is None:
            return False
        left = circuit.opened + self._settings.cooldown_seconds - self._monotonic()
        if left > 0 or circuit.trying:
            when = f"in {math.ceil(left)} s" if left > 0 else "by one request now"
            raise ModelDown(f"{model} failed {circuit.failures} times in a row and is tried again {when}")
        circuit.trying = True
        return True

    def failed(self, model: str, trial: bool) -> None:
        """A request got no answer: after enough of them in a row, or at the trial, the breaker opens.

        Args:
            model: that was asked.
            trial: as `enter` gave it: one that began before the breaker opened says nothing about the trial.
        """
        circuit = self._circuits[model]
        circuit.failures += 1
        closed = circuit.opened is None
        if trial or (closed and circuit.failures >= self._settings.failures):
            circuit.opened = self._monotonic()
        if trial:
            circuit.trying = False

    def answered(self, model: str, trial: bool) -> None:
        """A request got an answer: the breaker closes, whichever request it was."""
        self._circuits[model] = _Circuit()

    def left(self, model: str, trial: bool) -> None:
        """A request ended without showing anything about the endpoint."""
        if trial:
            self._circuits[model].trying = False
