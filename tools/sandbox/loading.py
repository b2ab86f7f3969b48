"""Loads a sandbox's world into the store of its workspace."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Table

from loops.records import Document
from loops.scenario import Scenario
from tools.normalise import company_key
from tools.sandbox.world import World
from tools.store import Store
from tools.store import tables as t
from tools.store.book import row
from tools.store.calls import keep

CHUNK = 2000


def load(store: Store, world: World) -> None:
    """Write companies, accounts, deals, documents, calls and history; what is there already stays."""
    for table, rows in _tables(world):
        while chunk := list(islice(rows, CHUNK)):
            with store.transaction() as tx:
                for row in chunk:
                    tx.add(table, **row)
    calls = world.calls()
    while some := list(islice(calls, CHUNK)):
        with store.transaction() as tx:
            for call in some:
                keep(tx, call, None)
    with store.transaction() as tx:
        for rep, deals in _open_deals(world, world.scenario()).items():
            tx.add(t.loads, rep=rep, opportunities=deals, leads=0)


def _tables(world: World) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    yield (
        t.companies,
        (
            {"id": c.id, "key": company_key(c.name), "domain": c.domain, "doc": c.model_dump_json()}
            for c in world.companies()
        ),
    )
    yield (
        t.documents,
        (_document(d, company_key(c.name)) for c in world.companies() for d in world.documents(c)),
    )
    yield from _past(world)


def _past(world: World) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    yield (
        t.accounts,
        map(row, world.accounts()),
    )
    yield (
        t.opportunities,
        (
            {
                "id": o.id,
                "account": o.account,
                "owner": o.owner,
                "opened_on": str(o.opened_on),
                "closed_on": str(o.closed_on or ""),
                "doc": o.model_dump_json(),
            }
            for o in world.opportunities()
        ),
    )
    yield (
        t.past_leads,
        (
            {
                "id": p.lead.id,
                "owner": p.owner,
                "created_at": p.lead.created_at.isoformat(),
                "doc": p.model_dump_json(),
            }
            for p in world.past_leads()
        ),
    )


def _document(document: Document, key: str) -> dict[str, Any]:
    return {
        "id": document.id,
        "company": document.company,
        "name_key": key,
        "on": str(document.on or ""),
        "doc": document.model_dump_json(),
    }


def _open_deals(world: World, scenario: Scenario) -> dict[str, int]:
    counts = {rep.id: 0 for rep in scenario.roster}
    for deal in world.opportunities():
        if deal.closed_on is None and deal.owner in counts:
            counts[deal.owner] += 1
    return counts
