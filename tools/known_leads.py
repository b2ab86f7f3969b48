"""What we have already of the rows an import brings: read ahead for a batch, kept true while it is taken."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from loops.records import Lead
from loops.values import short_id
from tools.store import Tx
from tools.store import tables as t

_SEEN = select(t.imports.c.content, t.imports.c.lead, t.imports.c.outcome, t.imports.c.batch).where(
    t.imports.c.file == bindparam("file"), t.imports.c.content.in_(bindparam("contents", expanding=True))
)
_BY_ID = select(t.leads.c.id, t.leads.c.email, t.leads.c.doc).where(
    t.leads.c.id.in_(bindparam("values", expanding=True))
)
_BY_ADDRESS = select(t.leads.c.id, t.leads.c.email, t.leads.c.doc).where(
    t.leads.c.email.in_(bindparam("values", expanding=True))
)
_ERASED = select(t.erased.c.subject).where(t.erased.c.subject.in_(bindparam("subjects", expanding=True)))
_SAW = select(t.imports.c.lead).where(
    t.imports.c.lead.in_(bindparam("leads", expanding=True)), t.imports.c.batch == bindparam("batch")
)


@dataclass(frozen=True)
class Incoming:
    """What tells a row that was read."""

    file: str
    content: str
    # hash of what the row says
    lead: Lead


def under_new_subjects(tx: Tx, rows: Sequence[Incoming]) -> list[Incoming]:
    """The rows, those of erased people as leads that were never seen: under a subject that has no past."""
    people = {row.lead.person for row in rows}
    if not (gone := _erased(tx, people)):
        return list(rows)
    again = {person: _times_erased(tx, person) for person in gone}
    return [_anew(row, again[row.lead.person]) if row.lead.person in again else row for row in rows]


def _times_erased(tx: Tx, person: str) -> int:
    count = 1
    while _erased(tx, {_again("P", person, count)}):
        count += 1
    return count


def _anew(row: Incoming, count: int) -> Incoming:
    new = {"id": _again("L", row.lead.id, count), "person": _again("P", row.lead.person, count)}
    return replace(row, lead=row.lead.model_copy(update=new))


def _again(letter: str, id: str, count: int) -> str:
    return f"{letter}-{short_id(id, str(count))[:12]}"


def _erased(tx: Tx, people: Collection[str]) -> set[str]:
    return {row[0] for row in tx.all(_ERASED, subjects=list(people))}


@dataclass(frozen=True)
class Seen:
    """How a row that said the same was taken."""

    lead: str
    outcome: str
    # read | merged
    batch: str


class KnownLeads:
    """The rows seen before, the leads of the same id, and those of the same address."""

    def __init__(self, tx: Tx, batch: str, rows: Collection[Incoming]) -> None:
        self._batch = batch
        self._seen = dict(_seen(tx, rows))
        self._docs: dict[str, str | Lead] = {}
        self._addressed: dict[str, set[str]] = {}
        ids, addresses = {row.lead.id for row in rows}, {row.lead.email for row in rows} - {""}
        for query, values in ((_BY_ID, ids), (_BY_ADDRESS, addresses)):
            for id, email, doc in tx.all(query, values=list(values)):
                self._docs[id] = doc
                self._addressed.setdefault(email, set()).add(id)
        here = list(self._docs)
        self._taken = {row[0] for row in tx.all(_SAW, leads=here, batch=batch)} if here else set[str]()

    def seen(self, file: str, content: str) -> Seen | None:
        """How a row of this file that said the same was taken, or None."""
        return self._seen.get((file, content))

    def lead(self, id: str) -> Lead | None:
        """The lead of that id as we have it, or None."""
        doc = self._docs.get(id)
        if not isinstance(doc, str):
            return doc
        self._docs[id] = lead = Lead.model_validate_json(doc)
        return lead

    def of_address(self, email: str, limit: int) -> Sequence[Lead]:
        """The leads with that address, by id."""
        ids = sorted(self._addressed.get(email, ())) if email else []
        return [lead for id in ids[:limit] if (lead := self.lead(id))]

    def taken(self, lead: str) -> bool:
        """Whether this run of the import has seen a row of that lead."""
        return lead in self._taken

    def note(self, file: str, content: str, lead: str, outcome: str) -> None:
        """A row was taken."""
        self._seen[file, content] = Seen(lead, outcome, self._batch)
        self._taken.add(lead)

    def forget(self, file: str, lead: str) -> None:
        """What rows of that file said of the lead in earlier runs no longer counts as seen."""
        self._seen = {
            key: seen
            for key, seen in self._seen.items()
            if (key[0], seen.lead) != (file, lead) or seen.outcome != "read" or seen.batch == self._batch
        }

    def put(self, lead: Lead) -> None:
        """A lead is new, or says something else now."""
        before = self.lead(lead.id)
        if before:
            self._addressed.get(before.email, set[str]()).discard(lead.id)
        self._docs[lead.id] = lead
        self._addressed.setdefault(lead.email, set()).add(lead.id)


def _seen(tx: Tx, rows: Collection[Incoming]) -> Iterable[tuple[tuple[str, str], Seen]]:
    for file in {row.file for row in rows}:
        contents = [row.content for row in rows if row.file == file]
        for content, *how in tx.all(_SEEN, file=file, contents=contents):
            yield (file, content), Seen(*how)
