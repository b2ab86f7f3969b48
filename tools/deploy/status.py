"""What stands in the systems of work, since when and by which plan; and the documents that were issued."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from loops.structure import PARTS
from tools.store import Tx
from tools.store import tables as t


@dataclass(frozen=True)
class PartStanding:
    """How much of a part stands."""

    part: str
    count: int
    last: str
    # when one of them last changed, aware UTC, ISO 8601


@dataclass(frozen=True)
class ByScenario:
    """How much of what stands was last changed under a plan."""

    scenario: str
    hash: str
    # content hash of the plan
    count: int
    first: str
    last: str
    # aware UTC, ISO 8601


@dataclass(frozen=True)
class PlanDocument:
    """A person's quota and compensation document for a year."""

    key: str
    # person@year
    version: int
    # from 1
    state: str
    # issued | superseded | withdrawn
    terms: str
    # hash of what it promises
    scenario: str
    hash: str
    at: str
    text: str

    def row(self) -> dict[str, object]:
        """Its fields but the text."""
        return {name: value for name, value in asdict(self).items() if name != "text"}


def parts(tx: Tx) -> tuple[PartStanding, ...]:
    """How much of each part stands, in the parts' order; empty where nothing does."""
    of = t.materialized.c
    rows = tx.all(select(of.part, func.count(), func.max(of.at)).group_by(of.part))
    found = {row[0]: PartStanding(row[0], row[1], row[2]) for row in rows}
    return tuple(found[part] for part in PARTS if part in found)


def scenarios(tx: Tx) -> tuple[ByScenario, ...]:
    """By which plans what stands was last changed, the latest first."""
    of = t.materialized.c
    query = select(of.scenario, of.hash, func.count(), func.min(of.at), func.max(of.at))
    rows = tx.all(query.group_by(of.scenario, of.hash).order_by(func.max(of.at).desc(), of.scenario, of.hash))
    return tuple(ByScenario(*row) for row in rows)


def documents(tx: Tx, person: str | None = None) -> tuple[PlanDocument, ...]:
    """Everybody's documents, or one person's, by person and year, the newest version first."""
    of = t.plan_documents.c
    query = select(of.key, of.version, of.state, of.terms, of.scenario, of.hash, of.at, of.text)
    rows = tx.all(query.order_by(of.key, of.version.desc()))
    found = (PlanDocument(*row) for row in rows)
    return tuple(d for d in found if person is None or d.key.rpartition("@")[0] == person)


def open_effects(tx: Tx, kind: str) -> dict[str, int]:
    """Effects of that kind that aren't performed yet, by their state; empty where all are."""
    query = select(t.outbox.c.state, func.count()).where(t.outbox.c.kind == kind)
    rows = tx.all(query.group_by(t.outbox.c.state))
    return {row[0]: row[1] for row in rows}
