"""What became of our leads, as another system says it: kept beside the lead, and its desk is freed."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from loops.history import Outcome
from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import outcomes
from tools.store.records import is_rep
from tools.store.store import iso

_LEAD = select(t.leads.c.owner, t.leads.c.touched_at, t.leads.c.closed_at).where(
    t.leads.c.id == bindparam("lead")
)
_KNOWN = select(outcomes).where(outcomes.c.lead == bindparam("lead"))


def record(tx: Tx, outcome: Outcome) -> bool:
    """Keep it in the place of what was known; whether it says anything new.

    A first touch that we didn't know of counts from now on; a lead that ended leaves its owner's load.

    Args:
        tx: the transaction to write in.
        outcome: of a lead that there is; what it doesn't say stays as it was known.
    """
    tx.flush("outcomes")
    row, lead = tx.first(_KNOWN, lead=outcome.lead), tx.first(_LEAD, lead=outcome.lead)
    if lead is None or not outcome.says_something:
        return False
    whole = _filled(outcome, _outcome(row)) if row else outcome
    if row and whole.model_copy(update={"said_by": row.said_by}) == _outcome(row):
        return False
    tx.replace(
        outcomes,
        lead=whole.lead,
        owner=whole.owner or "",
        touched_at=_iso(whole.touched_at),
        converted_at=_iso(whole.converted_at),
        closed_at=_iso(whole.closed_at),
        won=whole.won,
        amount_minor=whole.amount_minor,
        said_by=whole.said_by,
    )
    ended = whole.closed_at or whole.converted_at
    now: dict[str, str] = {}
    if whole.touched_at and not lead.touched_at:
        now["touched_at"] = iso(whole.touched_at)
    if ended and not lead.closed_at:
        now["closed_at"] = iso(ended)
        if is_rep(lead.owner):
            load = update(t.loads).where(t.loads.c.rep == lead.owner, t.loads.c.leads > 0)
            tx.run(load.values(leads=t.loads.c.leads - 1))
    if now:
        tx.run(update(t.leads).where(t.leads.c.id == whole.lead).values(**now))
    return True


def known_outcomes(tx: Tx, leads: Collection[str] | None = None) -> dict[str, Outcome]:
    """What is known, by lead; of these leads alone, or of all."""
    query = select(outcomes)
    rows = tx.all(query) if leads is None else tx.all(query.where(outcomes.c.lead.in_(leads)))
    return {row.lead: _outcome(row) for row in rows}


@dataclass(frozen=True)
class Imported:
    """Leads of a past that wasn't ours: of the CRM before, or of a sandbox."""

    leads: int
    settled: int
    # converted, or closed


def imported(tx: Tx) -> Imported:
    """How many past leads lie here, and of how many it is known what became of them."""
    rows = [json.loads(row[0]) for row in tx.all(select(t.past_leads.c.doc))]
    settled = sum(bool(row.get("converted_at")) or row.get("won") is not None for row in rows)
    return Imported(len(rows), settled)


def _outcome(row: Any) -> Outcome:
    dated = {name: getattr(row, name) or None for name in ("touched_at", "converted_at", "closed_at")}
    return Outcome.model_validate(
        {"lead": row.lead, "owner": row.owner or None, "won": row.won, "amount_minor": row.amount_minor,
         "said_by": row.said_by, **dated}
    )  # fmt: skip


def _filled(new: Outcome, old: Outcome) -> Outcome:
    """The new one, and where it says nothing the old one."""
    told = {name: value for name in Outcome.model_fields if (value := getattr(new, name)) is not None}
    told.pop("undated", None)
    for name in new.undated:  # the day it was brought in says less than one that is known
        if getattr(old, name) is not None:
            told.pop(name, None)
    return old.model_copy(update=told)


def _iso(at: datetime | None) -> str:
    return iso(at) if at else ""
