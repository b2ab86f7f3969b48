"""What is on record of an account or of one of our people: where they stand, by what rule or decision."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select

from agent.explain import Told, run_in_words
from agent.runtime import Runtime
from loops.errors import RevloopsError
from loops.plan import Hire
from loops.records import Account
from loops.scenario import Rep, Scenario, Territory
from tools.normalise import company_key
from tools.store import Tx
from tools.store import tables as t

RUNS = 5
"""How many of the last runs about it are told, and how many of a person's last leads are named."""
PAGES = 20
"""How many pages of accounts are looked through for the one that placed an account."""


@dataclass(frozen=True)
class OnRecord:
    """An account, a person of the plan or a planned hire, with what stands of it."""

    kind: str
    # account | person | seat
    id: str
    name: str
    lines: tuple[str, ...]
    # a sentence each
    told: tuple[Told, ...] = field(default=())
    # the last runs about it, the oldest first


def on_record(runtime: Runtime, what: str, *, by_id: bool = False) -> OnRecord | None:
    """What stands of the account, person or planned hire meant; None where none is.

    Args:
        runtime: the workspace.
        what: an id; else an account's name or domain, or a person's name or e-mail address.
        by_id: whether to take it for an id alone.

    Raises:
        RevloopsError: more than one is meant.
    """
    plan = runtime.workspace.scenario
    with runtime.store.reading() as tx:
        person = _person(plan, what, by_id)
        if isinstance(person, Rep):
            return _of_person(runtime, tx, plan, person)
        if person:
            return OnRecord("seat", person.id, person.id, tuple(_seat(tx, plan, person)))
        account = _account(tx, what, by_id)
        return _of_account(runtime, tx, plan, account) if account else None


# --- who or what is meant -------------------------------------------------------------------------
def _person(plan: Scenario, what: str, by_id: bool) -> Rep | Hire | None:
    said = " ".join(what.split()).casefold()
    people = (*plan.roster, *plan.hires)
    found: list[Rep | Hire] = [one for one in people if one.id.casefold() == said]
    if not found and not by_id:
        found = [rep for rep in plan.roster if said in (rep.name.casefold(), rep.email.casefold())]
    if len(found) > 1:
        listed = " and ".join(one.id for one in found)
        raise RevloopsError(f"{what!r} is {listed}: give the id of the one you mean")
    return found[0] if found else None


def _account(tx: Tx, what: str, by_id: bool) -> Account | None:
    of, text = t.accounts.c, what.strip()
    where = of.id.in_((text, text.upper()))
    if not by_id:
        where = or_(of.key == company_key(text), of.domain == text.lower())
    rows = tx.all(select(of.doc).where(where).order_by(of.id).limit(RUNS + 1))
    found = [Account.model_validate_json(row[0]) for row in rows]
    if len(found) > 1:
        listed = "; ".join(f"{one.id} {one.name}" for one in found)
        raise RevloopsError(f"{what!r} means more than one account, name one by its id: {listed}")
    return found[0] if found else None


# --- an account -----------------------------------------------------------------------------------
def _of_account(runtime: Runtime, tx: Tx, plan: Scenario, account: Account) -> OnRecord:
    query = select(t.runs).where(t.runs.c.record == account.id)
    runs = tx.all(query.order_by(t.runs.c.at.desc(), t.runs.c.id).limit(RUNS))
    told = [told for run in reversed(runs) for told in run_in_words(runtime, tx, run)[0]]
    lines = (*_place(plan, account), *_placed(tx, account, bool(told)))
    return OnRecord("account", account.id, account.name, lines, tuple(told))


def _place(plan: Scenario, account: Account) -> Iterator[str]:
    land = next((one for one in plan.territories if one.id == account.territory), None)
    place = ", ".join(filter(None, (account.place.city, account.place.region, account.place.country)))
    yield f"Status: {account.status.replace('_', ' ')}. Billing address in {place or 'no known place'}."
    if land:
        yield f"Territory: {land.name} ({land.id}), {_covers(land)}."
    else:
        yield f"Territory: {account.territory or 'none'}."
    yield f"Owner: {_named(plan, account.owner) if account.owner else 'nobody'}."


def _covers(land: Territory) -> str:
    both = (("countries", land.countries), ("regions", land.regions))
    said = [f"{what} {' '.join(ids)}" for what, ids in both if ids]
    return f"which covers {', '.join(said)}" if said else "which covers what no other does"


def _placed(tx: Tx, account: Account, asked: bool) -> Iterator[str]:
    """By what, when and under which plan it was placed last."""
    runs, ledger = t.runs.c, t.ledger.c
    page = (runs.record.like("accounts@%"), runs.record < f"accounts@{account.id}")
    query = select(runs.id, runs.frame, ledger.at, ledger.body).join(t.ledger, ledger.run == runs.id)
    query = query.where(*page, ledger.kind == "decided").order_by(ledger.seq.desc()).limit(PAGES)
    for run in tx.all(query):
        placings = (p for e in tx.json(run.body)["events"] for p in e.get("placings", ()))
        found = next((p for p in placings if p["account"] == account.id), None)
        if found:
            scenario = tx.json(tx.all(select(t.frames.c.scenario).where(t.frames.c.hash == run.frame))[0][0])
            yield (
                f"The rules placed it in {found['territory']} on {run.at[:10]}, by plan {scenario['name']} "
                f"(run {run.id[:8]})."
            )
            return
    if not asked:
        yield "No loop has placed it: this is as the CRM has it (`revloops deploy accounts` places accounts)."


# --- people ---------------------------------------------------------------------------------------
def _of_person(runtime: Runtime, tx: Tx, plan: Scenario, rep: Rep) -> OnRecord:
    lines = (*_role(plan, rep), *_desk(tx, rep), *_stands(tx, plan, rep.id), *_last_leads(tx, rep))
    query = select(t.runs).where(t.runs.c.record == rep.id)
    runs = tx.all(query.order_by(t.runs.c.at.desc(), t.runs.c.id).limit(RUNS))
    told = (told for run in reversed(runs) for told in run_in_words(runtime, tx, run)[0])
    return OnRecord("person", rep.id, rep.name, lines, tuple(told))


def _role(plan: Scenario, rep: Rep | Hire) -> Iterator[str]:
    land = next((one for one in plan.territories if one.id == rep.territory), None)
    where = f" in {land.name} ({land.id})" if land else ""
    whom = f", to segment {rep.segment}" if rep.segment else ""
    by = f"; managed by {_named(plan, rep.manager)}" if rep.manager else ""
    yield f"By plan {plan.name}: {rep.role.replace('_', ' ')}{where}{whom}{by}."
    pools = [pool.id for pool in plan.pools if rep.id in pool.members]
    if pools:
        yield f"In pool {', '.join(pools)}."
    days = [f"{what} {day}" for what, day in (("from", rep.starts_on), ("gone from", rep.left_on)) if day]
    if days:
        yield f"Employed {', '.join(days)}."


def _desk(tx: Tx, rep: Rep) -> Iterator[str]:
    load = tx.first(select(t.loads).where(t.loads.c.rep == rep.id))
    owned = tx.first(select(func.count()).select_from(t.accounts).where(t.accounts.c.owner == rep.id))
    leads, deals = (load.leads, load.opportunities) if load else (0, 0)
    yield (
        f"On their desk: {leads} open leads and {deals} open opportunities, of a capacity of {rep.capacity}; "
        f"{owned[0] if owned else 0} accounts are theirs."
    )


def _stands(tx: Tx, plan: Scenario, id: str) -> Iterator[str]:
    """What Deploy made of it in the systems of work."""
    of = t.materialized.c
    made = tx.first(select(of.scenario, of.at).where(of.part.in_(("person", "seat")), of.key == id))
    if made:
        yield f"Stands in the systems of work as plan {made.scenario} had it, last changed on {made.at[:10]}."
    else:
        yield "Doesn't stand in the systems of work yet (`revloops deploy plan`)."
    covered = tx.first(select(of.doc).where(of.part == "coverage", of.key == id))
    if covered:
        said = json.loads(covered[0])
        yield f"The seat is open; {_named(plan, said['owner'])} covers it ({said['step'].replace('_', ' ')})."
    docs = t.plan_documents.c
    query = select(docs.key, docs.version, docs.at).where(docs.key.like(f"{id}@%"), docs.state == "issued")
    for key, version, at in tx.all(query.order_by(docs.key)):
        issued = f"Quota and pay document {key}, version {version}, issued on {at[:10]}"
        yield f"{issued}: `revloops deploy document {id}`."


def _last_leads(tx: Tx, rep: Rep) -> Iterator[str]:
    of = t.leads.c
    query = select(of.id, of.assigned_at).where(of.owner == rep.id, of.closed_at == "")
    rows = tx.all(query.order_by(of.assigned_at.desc(), of.id).limit(RUNS))
    if rows:
        named = ", ".join(f"{id} on {at[:10]}" for id, at in rows)
        yield f"Given to them last: {named}; `revloops explain {rows[0][0]}` says by what rule."


def _seat(tx: Tx, plan: Scenario, hire: Hire) -> Iterator[str]:
    holder = next((rep for rep in plan.roster if rep.seat == hire.id), None)
    state = f"taken by {_named(plan, holder.id)}" if holder else "nobody has taken it"
    yield f"A planned hire: {state}."
    yield from _role(plan, hire)
    if not holder:
        yield from _stands(tx, plan, hire.id)


def _named(plan: Scenario, id: str) -> str:
    name = next((rep.name for rep in plan.roster if rep.id == id), "")
    return f"{id} ({name})" if name and name != id else id
