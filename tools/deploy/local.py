"""The local structure: what a plan is made real in while no outside system is connected."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select, update

from loops.structure import Part
from loops.values import content_hash
from tools.deploy.references import check_put, check_remove, needed_by
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

_ONE = select(t.materialized.c.doc).where(
    t.materialized.c.part == bindparam("part"), t.materialized.c.key == bindparam("key")
)
_ALL = select(t.materialized.c.part, t.materialized.c.key, t.materialized.c.doc)
_BY_EFFECT = select(t.plan_documents.c.key).where(t.plan_documents.c.effect == bindparam("effect"))
_NEWEST = (
    select(t.plan_documents.c.version, t.plan_documents.c.state, t.plan_documents.c.terms)
    .where(t.plan_documents.c.key == bindparam("key"))
    .order_by(t.plan_documents.c.version.desc())
    .limit(1)
)
_END = update(t.plan_documents).where(
    t.plan_documents.c.key == bindparam("b_key"), t.plan_documents.c.state == "issued"
)


class LocalStructure:
    """A structure in the store itself, in the caller's transaction: exactly once by construction."""

    def __init__(self, tx: Tx, at: datetime, scenario: str, hash: str) -> None:
        """What is put there is said to be by that scenario, of that content hash."""
        self._tx, self._at = tx, at
        self._by = {"scenario": scenario, "hash": hash, "at": iso(at)}

    def standing(self, part: Part, key: str) -> Mapping[str, str] | None:
        """What stands there, or None."""
        row = self._tx.first(_ONE, part=part, key=key)
        return json.loads(row[0]) if row else None

    def put(self, effect: str, part: Part, key: str, fields: Mapping[str, str]) -> None:
        """Put it there (see `Structure`)."""
        check_put(part, key, fields, self._has)
        doc = json.dumps(dict(fields), sort_keys=True, ensure_ascii=False)
        self._tx.replace(t.materialized, part=part, key=key, doc=doc, effect=effect, **self._by)
        self._tx.flush("materialized")

    def remove(self, effect: str, part: Part, key: str) -> None:
        """Take it away (see `Structure`)."""
        there = t.materialized.c
        # only what can need it and names it is read
        named = there.doc.contains(json.dumps(key, ensure_ascii=False), autoescape=True)
        rows = self._tx.all(_ALL.where(there.part.in_(needed_by(part)), named))
        check_remove(part, key, (((row[0], row[1]), json.loads(row[2])) for row in rows))
        self._tx.conn.execute(t.materialized.delete().where(there.part == part, there.key == key))

    def issue(self, effect: str, key: str, terms: Mapping[str, str], text: str) -> None:
        """Issue a document (see `Structure`)."""
        newest, hash = self._tx.first(_NEWEST, key=key), content_hash(dict(terms))
        same = newest is not None and newest.state == "issued" and newest.terms == hash
        if same or self._tx.first(_BY_EFFECT, effect=effect):
            return
        self._tx.conn.execute(_END.values(state="superseded"), {"b_key": key})
        version = newest.version + 1 if newest else 1
        row = {"key": key, "version": version, "terms": hash, "text": text, "state": "issued"}
        self._tx.add(t.plan_documents, **row, effect=effect, **self._by)
        self._tx.flush("plan_documents")

    def withdraw(self, effect: str, key: str) -> None:
        """Withdraw the document that is issued (see `Structure`)."""
        self._tx.conn.execute(_END.values(state="withdrawn"), {"b_key": key})

    def _has(self, part: str, key: str) -> bool:
        return self._tx.first(_ONE, part=part, key=key) is not None
