"""Past leads from the store: our own runs as their inputs were stored, imported ones as is fair."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import select

from loops.columns import Attribute, column, columns
from loops.history import UNKNOWN, History
from loops.qualify.checks import check
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.records import Enrichment, PastLead
from loops.scenario import Scenario
from loops.scoring import score
from loops.territories import Atlas
from loops.tuning.settings import Known
from tools.outcomes import known_outcomes
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.outcomes import first_events, moved_by_people
from tools.workspace import optional

FILE = "history.yaml"
LEDGER = "ledger"
PROFILE = ("funding_stage",)
"""Attributes that come from a company's profile alone: newer than an imported lead, as a rule."""
NAMES = (
    "seniority", "job_function", "source", "industry", "employees", "country", "email_kind", "signal",
    "funding_stage", "age_days", "territory", "grade", "score",
)  # fmt: skip
DERIVED = {"territory": "country"}
"""Attribute → the field it is worked out from."""
NO_PROFILE = Enrichment(provider="none", searched=())


@dataclass(frozen=True)
class _Past:
    """One lead as evidence."""

    lead: str
    at: datetime
    origin: str
    known: Mapping[str, Attribute]
    owner: str | None
    first_owner: str | None
    converted: int
    wait_hours: float


def load_known(root: Path) -> Known:
    """The workspace's history.yaml; nothing is known where there is none.

    Raises:
        ConfigError: it is wrong, with file and line.
    """
    return optional(root, FILE, Known)


def history(
    tx: Tx, known: Known, config: QualifyConfig, scenario: Scenario, until: datetime
) -> History:
    """Every past lead decided or created before `until`, the oldest first, with what was known before then.

    Args:
        tx: the transaction to read in.
        known: which fields of imported leads count.
        config: how leads are read and scored.
        scenario: whose territories they lie in.
        until: nothing from then on counts, outcomes neither.
    """
    atlas = Atlas(scenario)
    hidden = frozenset(name for name, _ in _refused(known))
    imported = list(_imported(tx, hidden, config, atlas, until))
    own = list(_own(tx, config, atlas, until))
    rows = sorted((*imported, *own), key=lambda one: (one.at, one.lead))
    refused = _refused(known) if imported else ()
    left_out = {name for name, _ in refused}
    return History(
        records=tuple(row.lead for row in rows),
        at=np.array([int(row.at.timestamp()) for row in rows], dtype=np.int64),
        known=columns([{k: v for k, v in row.known.items() if k not in left_out} for row in rows], NAMES),
        origin=column(row.origin for row in rows),
        owner=column(row.owner for row in rows),
        first_owner=column(row.first_owner for row in rows),
        converted=np.array([row.converted for row in rows], dtype=np.int8),
        wait_hours=np.array([row.wait_hours for row in rows], dtype=np.float64),
        refused=refused,
    )


def _refused(known: Known) -> tuple[tuple[str, str], ...]:
    """The attributes that imported leads don't show as they stood then."""
    found: list[tuple[str, str]] = []
    for name in NAMES:
        field = DERIVED.get(name, name)
        if name in PROFILE:
            found.append((name, "it comes from a company profile that is newer than the lead"))
        elif name in ("grade", "score", "age_days"):
            continue
        elif known.known.get(field) == "later":
            found.append((name, f"{FILE} says that {field} was filled in later"))
        elif known.known.get(field) != "created":
            found.append((name, f"{FILE} doesn't say that {field} was known when the lead was created"))
    return tuple(found)


def _imported(
    tx: Tx, hidden: frozenset[str], config: QualifyConfig, atlas: Atlas, until: datetime
) -> Iterator[_Past]:
    query = select(t.past_leads.c.doc).order_by(t.past_leads.c.created_at, t.past_leads.c.id)
    for (doc,) in tx.all(query.where(t.past_leads.c.created_at < until.isoformat())):
        past = PastLead.model_validate_json(doc)
        lead = past.lead
        found = check(QualifyInput(at=lead.created_at, lead=lead, enrichment=NO_PROFILE), None, config)
        shown = {name: None if name in hidden else value for name, value in found.attributes.items()}
        yield _Past(
            lead.id,
            lead.created_at,
            lead.origin.source,
            _whole(shown, config, atlas, lead.place.country, lead.place.region),
            past.owner,
            past.first_owner or past.owner,
            _converted(past.converted_at, None, past.won, until),
            _hours(past.assigned_at, past.touched_at),
        )


def _own(tx: Tx, config: QualifyConfig, atlas: Atlas, until: datetime) -> Iterator[_Past]:
    outcomes = known_outcomes(tx)
    given, qualified = first_events(tx, "LeadAssigned"), first_events(tx, "LeadQualified")
    moved = moved_by_people(tx)
    leads = t.leads.c
    rows = {row.id: row for row in tx.all(select(leads.id, leads.owner, leads.assigned_at, leads.touched_at))}
    runs = select(t.runs.c.record, t.runs.c.input).where(
        t.runs.c.loop == "qualify", t.runs.c.trigger == "LeadReceived", t.runs.c.state == "done"
    )
    for record, body in tx.all(runs.order_by(t.runs.c.at, t.runs.c.id)):
        row = rows.get(record)
        if row is None:
            continue
        try:
            input = QualifyInput.model_validate(tx.json(body))
        except Erased:
            continue
        if input.at >= until:
            continue
        matched = qualified.get(record, {}).get("company")
        company = next((c for c in input.enrichment.candidates if c.id == matched), None)
        found, lead = check(input, company, config), input.lead
        told, first = outcomes.get(record), given.get(record)
        rep = row.owner if row.owner and not row.owner.startswith("queue:") else None
        rep = str(first["owner"]) if first else rep
        yield _Past(
            record,
            input.at,
            LEDGER,
            _whole(found.attributes, config, atlas, lead.place.country, lead.place.region),
            moved.get(record, rep),
            rep,
            _converted(told.converted_at, told.closed_at, told.won, until) if told else UNKNOWN,
            _hours(_instant(row.assigned_at), _instant(row.touched_at)),
        )


def _whole(
    attributes: Mapping[str, Attribute],
    config: QualifyConfig,
    atlas: Atlas,
    country: str | None,
    region: str | None,
) -> dict[str, Attribute]:
    points = score(config.factors, attributes).points
    place = atlas.of(country, region)
    return {**attributes, "territory": place, "score": points, "grade": config.grades.grade(points)}


def _converted(
    converted_at: datetime | None, closed_at: datetime | None, won: bool | None, until: datetime
) -> int:
    """1, 0 or UNKNOWN, as it stood at that moment."""
    if converted_at is not None:
        return 1 if converted_at < until else UNKNOWN
    if closed_at is not None:
        return 0 if closed_at < until else UNKNOWN
    return 0 if won is False else UNKNOWN


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _hours(start: datetime | None, end: datetime | None) -> float:
    return (end - start).total_seconds() / 3600 if start and end else float("nan")


__all__ = ["FILE", "history", "load_known"]
