"""Figures of a proposal, each with the command that computes it again."""

from dataclasses import dataclass
from datetime import date

from loops.intervals import Measured
from loops.proposal import Figure, Metric, Promise


@dataclass(frozen=True)
class Figures:
    """Figures of one choice, each with the command that computes it again."""

    until: date
    # leads and outcomes from then on don't count
    loop: str
    choice: str

    def measured(self, name: str, unit: str, value: Measured) -> Figure:
        """A figure with its interval."""
        return self._figure(name, unit, value.value, value.sample).model_copy(
            update={"low": rounded(value.low), "high": rounded(value.high)}
        )

    def plain(self, name: str, unit: str, value: float, sample: int) -> Figure:
        """A figure without one."""
        return self._figure(name, unit, value, sample)

    def _figure(self, name: str, unit: str, value: float, sample: int) -> Figure:
        told = {"name": name, "value": rounded(value), "unit": unit, "sample": sample}
        command = f"revloops propose {self.loop} --until {self.until} --choice {self.choice} --figure {name}"
        return Figure.model_validate({**told, "command": command})


def promise(metric: Metric, before: Measured, after: Measured, after_leads: int) -> Promise:
    """What is to come after a merge, as it was on the held-out part."""
    return Promise(
        metric=metric,
        before=rounded(before.value),
        expected=rounded(after.value),
        low=rounded(after.low),
        high=rounded(after.high),
        after_leads=after_leads,
    )


def rounded(value: float) -> float:
    """As figures are written."""
    return round(float(value), 6)
