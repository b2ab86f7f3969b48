"""The earlier leads that a change is found on, and the later ones that it is tried on."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from pydantic import JsonValue

from loops.history import History
from loops.proposal import Window
from loops.tuning.certain import Chosen
from loops.tuning.scorecard import halves
from loops.tuning.settings import Tuning
from loops.values import content_hash

NOTHING = Window(
    fitted_from=date.min, fitted_to=date.min, held_from=date.min, held_to=date.min, fitted=0, held=0,
    origins={}, data="",
)  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """What is looked at: leads earlier and later, and what people made of agents' choices."""

    early: History
    late: History
    choices: tuple[Chosen, ...]

    def verdicts(self, fit_share: float) -> tuple[list[Chosen], list[Chosen]]:
        """The choices of the earlier part, and of the later one."""
        early, late = halves([one.at for one in self.choices], fit_share)
        return [self.choices[at] for at in early], [self.choices[at] for at in late]

    def window(self) -> Window:
        """From when to when, how many, from where, and the hash of everything that is used."""
        early, late = self.early, self.late
        origins = [str(part.origin.at(row)) for part in (early, late) for row in range(len(part))]
        return Window(
            fitted_from=_day(early, 0),
            fitted_to=_day(early, -1),
            held_from=_day(late, 0),
            held_to=_day(late, -1),
            fitted=len(early),
            held=len(late),
            origins=dict(Counter(origins)),
            data=_fingerprint(self),
        )


def short(late: History, tuning: Tuning) -> str:
    """Why the later leads are no trial; "" where they are."""
    days = len({_day(late, row) for row in range(len(late))})
    if days >= tuning.min_days:
        return ""
    said = f"The later leads came in on {days} of the {tuning.min_days} days that are needed"
    return f"{said}: come back with more."


def _day(part: History, row: int) -> date:
    return datetime.fromtimestamp(int(part.at[row]), UTC).date()


def _fingerprint(parts: Parts) -> str:
    """The hash of everything that was used: ids, moments, attributes, owners, outcomes, verdicts."""
    told: list[JsonValue] = [[one.at, one.confidence, one.asked, one.right] for one in parts.choices]
    for part in (parts.early, parts.late):
        known = {name: column for name, column in sorted(part.known.columns.items())}
        told.append(
            cast(
                "JsonValue",
                {
                    "records": list(part.records),
                    "at": part.at.tolist(),
                    "converted": part.converted.tolist(),
                    "owner": [part.owner.at(row) for row in range(len(part))],
                    "first_owner": [part.first_owner.at(row) for row in range(len(part))],
                    "known": {name: [c.at(row) for row in range(len(part))] for name, c in known.items()},
                },
            )
        )
    return content_hash(told)
