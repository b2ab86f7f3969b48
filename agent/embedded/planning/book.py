"""The plan as the parser knows it: what `plan_now` gave, by name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, cast

from agent.embedded.planning.vocabulary import listed, section
from loops.calendar import Calendar
from loops.money import exact, minor_digits

Row = Mapping[str, Any]
_LEAST_LETTERS = 3
"""Letters of a name's word by which it is known alone."""


@dataclass(frozen=True)
class Book:
    """What the promoted plan has, for somebody who reads questions about it."""

    told: Row
    # as plan_now gave it

    @property
    def today(self) -> date:
        """Today, in the workspace's zone."""
        return date.fromisoformat(str(self.told["today"]))

    @cached_property
    def calendar(self) -> Calendar:
        """The fiscal calendar."""
        return Calendar(
            fiscal_year_starts_month=self.told["fiscal_year_starts_month"],
            fiscal_year_named_by=self.told["fiscal_year_named_by"],
        )

    @property
    def currency(self) -> str:
        """The plan's."""
        return str(self.told["currency"])

    def rows(self, name: str) -> list[Row]:
        """The rows of one of its lists."""
        return [cast("Row", row) for row in self.told[name]]

    def row(self, name: str, id: str) -> Row:
        """The row of that id; empty where there is none."""
        return next((row for row in self.rows(name) if row["id"] == id), cast("Row", {}))

    # --- names ------------------------------------------------------------------------------------
    @cached_property
    def roles(self) -> dict[str, str]:
        """Spoken name → role."""
        found: dict[str, str] = {}
        for row in self.rows("roles"):
            role = str(row["id"])
            names = [role.replace("_", " "), role, *_aliases("roles", role)]
            found |= {form: role for name in names for form in _numbers(name)}
        return found

    @cached_property
    def channels(self) -> dict[str, str]:
        """Spoken name → channel."""
        return {
            form: str(id)
            for id in self.told["channels"]
            for form in (str(id), str(id).replace("_", " "), *_aliases("channels", str(id)))
        }

    @cached_property
    def segments(self) -> dict[str, str]:
        """Spoken name → segment."""
        return {
            name.lower(): str(row["id"])
            for row in self.rows("segments")
            for name in (str(row["id"]), str(row["name"]), *_aliases("segments", str(row["id"])))
        }

    @cached_property
    def scenarios(self) -> dict[str, str]:
        """Spoken name → another scenario than the promoted one; by a word of it that no other has."""
        others = [str(name) for name in self.told["scenarios"]]
        words = {name: set(re.split(r"[-_ ]", name)) for name in others}
        found = {name: name for name in others} | {name.replace("-", " "): name for name in others}
        for name, own in words.items():
            rest = set[str]().union(*(w for other, w in words.items() if other != name))
            told = own - rest if name != self.told["scenario"] else set[str]()
            found |= {word: name for word in told if not re.search(r"\d", word)}
        return found

    @cached_property
    def lands(self) -> dict[str, tuple[str, ...]]:
        """Spoken name → the territories it can mean."""
        found: dict[str, list[str]] = {}
        for row in self.rows("territories"):
            for name in {*_spoken(str(row["name"])), *_spoken(str(row["id"]))}:
                found.setdefault(name, []).append(str(row["id"]))
        whole = {n: r for r in map(str, self._ids("territories")) for n in (r, r.replace("-", " "))}
        whole |= {str(row["name"]).lower(): str(row["id"]) for row in self.rows("territories")}
        whole |= {name.replace(" and ", " & "): id for name, id in whole.items()}
        return {
            **{n: tuple(dict.fromkeys(ids)) for n, ids in found.items()},
            **{n: (id,) for n, id in whole.items()},
        }

    @cached_property
    def persons(self) -> dict[str, tuple[str, ...]]:
        """Spoken name → the people in office it can mean."""
        found: dict[str, list[str]] = {}
        for row in self.rows("people"):
            gone = row.get("left_on")
            if gone and date.fromisoformat(str(gone)) <= self.today:
                continue
            full = str(row["name"]).lower()
            for name in {full, *full.split(), str(row["id"])}:
                found.setdefault(name, []).append(str(row["id"]))
        return {name: tuple(ids) for name, ids in found.items()}

    def covering(self, country: str, region: str | None) -> tuple[str, ...]:
        """The territories that a place lies in."""
        rows = [row for row in self.rows("territories") if country in row["countries"]]
        exact_ = [row for row in rows if region in row["regions"]] if region else []
        rest = exact_ or ([row for row in rows if not row["regions"]] if region else rows)
        return tuple(str(row["id"]) for row in rest)

    def name_of(self, id: str) -> str:
        """The territory's or person's name."""
        row = self.row("territories", id) or self.row("people", id)
        return str(row.get("name", id))

    def _ids(self, name: str) -> Iterator[str]:
        return (str(row["id"]) for row in self.rows(name))

    # --- money ------------------------------------------------------------------------------------
    def minor(self, amount: float, currency: str) -> int | None:
        """The amount in minor units of the plan's currency; None where no rate is known."""
        worth = self._worth(currency or self.currency)
        own = self._worth(self.currency)
        if worth is None or own is None:
            return None
        return round(exact(amount) * worth / own * 10 ** minor_digits(self.currency))

    def _worth(self, currency: str) -> Fraction | None:
        if currency == self.told.get("base", self.currency):
            return Fraction(1)
        dated = sorted(
            (r for r in self.rows("rates") if r["currency"] == currency), key=lambda r: str(r["on"])
        )
        held = [rate for rate in dated if str(rate["on"]) <= self._begins]
        chosen = held[-1] if held else next(iter(dated), None)
        return exact(chosen["value"]) if chosen else None

    @property
    def _begins(self) -> str:
        return f"{self.told['reaches']['first']}-01"


def _aliases(kind: str, id: str) -> tuple[str, ...]:
    return listed(kind, id) if id in section(kind) else ()


def _numbers(name: str) -> tuple[str, ...]:
    """The name, and its plural."""
    return (name, f"{name}s", f"{name}'s", f"{name}s'")


def _spoken(name: str) -> list[str]:
    """A territory's words by which it may be called, "Nordic" for "Nordics" too."""
    words = [word for word in re.split(r"[^\w]+", name.lower()) if len(word) >= _LEAST_LETTERS]
    known = set(listed("filler")) | {"unknown", "state"}
    kept = [word for word in words if word not in known]
    return [*kept, *(word.removesuffix("s") for word in kept if word.endswith("ics"))]
