"""A file of outcomes, read: which lead each row means, and what it says became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import bindparam, select

from loops.history import Outcome
from loops.scenario import Scenario
from tools.errors import UnreadableFile
from tools.intake import read_table
from tools.intake.dates import day_first_of, read_instant
from tools.intake.headings import heading_key
from tools.normalise import fold
from tools.outcomes import record
from tools.shadow import outcome_of, owner_of, owners_by_name
from tools.store import Store, Tx
from tools.store import tables as t

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "lead": ("revloops id", "revloops lead", "lead", "lead id"),
    "email": ("email", "email address", "e mail", "e mail address", "lead email", "contact email"),
    "owner": ("owner", "lead owner", "contact owner", "opportunity owner", "assigned to", "owner name"),
    "touched": ("touched", "touched at", "first touched", "first touch", "first activity",
                "first activity date", "first response", "first contacted"),
    "converted": ("converted", "converted at", "converted on", "converted date", "conversion date",
                  "date converted", "opportunity created", "opportunity created date"),
    "closed": ("closed", "closed at", "closed on", "closed date", "close date", "date closed"),
    "status": ("status", "lead status", "outcome", "stage", "result", "is converted", "is won", "won"),
    "amount": ("amount", "deal value", "deal amount", "opportunity amount", "acv"),
}  # fmt: skip
"""What a column may be called, by what it holds; compared without case and marks."""
_LEADS = select(t.leads.c.id).where(
    (t.leads.c.id == bindparam("lead")) | (t.leads.c.email == bindparam("email"))
)
_WON = frozenset({"won", "closed won", "customer", "sale", "sold", "is won", "success"})
_MONEY = r"(?:[$€£¥₹]|[A-Z]{3}|kr|zł|R\$|CHF|\s)*"
_NUMBER = re.compile(rf"^{_MONEY}(\d{{1,3}}(?:[,' .]\d{{3}})*|\d+)(?:[.,](\d{{1,2}}))?{_MONEY}$")
CHUNK = 500
LEAD = "L-"
"""How lead ids begin."""
DATES = ("touched", "converted", "closed")


@dataclass(frozen=True)
class How:
    """How its rows are read."""

    now: datetime
    zone: str
    scenario: Scenario
    country: str | None = None


@dataclass
class Read:
    """What an import of outcomes did, each row accounted for."""

    rows: int = 0
    new: int = 0
    # leads of which something new is known
    same: int = 0
    rejected: list[tuple[int | None, str]] = field(default_factory=list[tuple[int | None, str]])
    # line and reason
    columns: dict[str, str] = field(default_factory=dict[str, str])
    # what → heading


def take_outcomes(store: Store, path: Path, how: How) -> Read:
    """Read a file of outcomes into the store; a second time changes nothing.

    Raises:
        UnreadableFile: it is no list, or no column says which lead is meant or what became of it.
    """
    found, known = Read(), owners_by_name(how.scenario)
    headings, lines = read_table(path)
    found.columns, rows = _columns(path, headings), list(lines)
    dates = [row.get(found.columns[what], "") for what in DATES if what in found.columns for _, row in rows]
    words = _Words(how, found.columns, known, day_first_of(dates), path.name)
    for start in range(0, len(rows), CHUNK):
        with store.transaction() as tx:
            for line, row in rows[start : start + CHUNK]:
                found.rows += 1
                told = words.told(tx, row)
                if isinstance(told, str):
                    found.rejected.append((line, told))
                elif record(tx, told):
                    found.new += 1
                else:
                    found.same += 1
    return found


def _columns(path: Path, headings: tuple[str, ...]) -> dict[str, str]:
    """What → the heading that says it."""
    keys = {heading_key(heading): heading for heading in headings}
    found = {
        what: next(keys[name] for name in names if name in keys)
        for what, names in HEADINGS.items()
        if any(name in keys for name in names)
    }
    if not {"lead", "email"} & set(found):
        raise UnreadableFile(f"{path.name} doesn't say which lead a row means: add a column Email or Lead.")
    if not {*DATES, "status"} & set(found):
        raise UnreadableFile(
            f"{path.name} doesn't say what became of a lead: give it a column Status, Converted date, Closed "
            "date or First touch."
        )
    return found


@dataclass(frozen=True)
class _Words:
    """What the cells of one file mean."""

    how: How
    columns: Mapping[str, str]
    known: Mapping[str, str]
    day_first: bool | None
    file: str

    def told(self, tx: Tx, row: Mapping[str, str]) -> Outcome | str:
        """What the row says, or why it can't be taken."""
        said = {what: row.get(heading, "").strip() for what, heading in self.columns.items()}
        lead = _lead(tx, said.get("lead", ""), said.get("email", "").lower())
        if not lead.startswith(LEAD):
            return lead
        dates = {what: self._instant(said.get(what, "")) for what in DATES}
        for what, at in dates.items():
            if said.get(what) and at is None and outcome_of(said[what]) is None:
                return f"{self.columns[what]} {said[what]!r} is no date"
        amount = _minor(said.get("amount", ""))
        if said.get("amount") and amount is None:
            return f"{self.columns['amount']} {said['amount']!r} is no amount"
        status = outcome_of(said.get("status") or said.get("converted", ""))
        at = dates["converted"] or dates["closed"] or self.how.now
        won = fold(said.get("status", "")) in _WON
        dated = dates["converted"] or dates["closed"]
        return Outcome(
            lead=lead,
            owner=owner_of(said.get("owner", ""), self.known).removeprefix("rep:") or None,
            touched_at=dates["touched"],
            converted_at=dates["converted"] or (at if status else None),
            closed_at=dates["closed"] or (at if status is False else None),
            won=True if won else False if status is False else None,
            amount_minor=amount,
            said_by=self.file,
            undated=() if dated or status is None else ("converted_at",) if status else ("closed_at",),
        )

    def _instant(self, text: str) -> datetime | None:
        how = self.how
        return read_instant(text, how.now, how.zone, self.day_first, how.country) if text else None


def _lead(tx: Tx, id: str, email: str) -> str:
    """The lead that is meant, or why none is."""
    found = [row[0] for row in tx.all(_LEADS, lead=id, email=email or "-")]
    if len(found) == 1:
        return found[0]
    who = id or email or "nobody"
    return f"there is no lead {who}" if not found else f"{who} is {len(found)} leads: name one by its id"


def _minor(text: str) -> int | None:
    """The amount in minor units; None where it is none."""
    found = _NUMBER.match(text.strip())
    if not found:
        return None
    return int(re.sub(r"\D", "", found[1])) * 100 + int((found[2] or "0").ljust(2, "0"))
