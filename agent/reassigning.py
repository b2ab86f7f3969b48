"""Leads that nobody touched, decided again by today's rules as one batch; and a batch taken back."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from agent.bootstrap import House
from agent.flow import settle
from agent.runtime import Runtime
from loops.errors import RevloopsError
from loops.qualify.outputs import LeadQualified
from loops.route.again import decide_again, gather_again, owner_of, stays
from loops.route.config import RouteConfig
from loops.route.inputs import ReassignAsked, ReassignCalled
from loops.values import short_id
from tools.balance.holdings import read_holdings
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso
from tools.workspace import known_owners

CLAIMED = {
    "open_deal": "The new owner works on an open deal with its account.",
    "account_owner": "The new owner owns its account.",
    "earlier_lead": "The new owner has an earlier lead of the same company.",
}
"""A claim's code → why a lead goes to whoever has it, without names."""


@dataclass(frozen=True)
class Which:
    """Which of the untouched leads are meant; every field narrows."""

    rule: str = ""
    # the rule, claim or person that gave it to its owner
    owner: str = ""
    # rep id
    since: datetime | None = None
    # assigned from then on
    config: str = ""
    # first digits of the version of Route's config that it was decided under

    @property
    def words(self) -> str:
        """The choice in words."""
        told = (
            f"given by {self.rule}" if self.rule else "",
            f"with {self.owner}" if self.owner else "",
            f"assigned since {self.since:%Y-%m-%d %H:%M}" if self.since else "",
            f"decided under route {self.config}" if self.config else "",
        )
        return ", ".join(filter(None, told)) or "all that nobody touched"


@dataclass(frozen=True)
class Fate:
    """What becomes of one lead."""

    lead: str
    source: str
    target: str
    # rep id or queue:<id>; the source where it stays
    why: str
    # the reason that decided
    cause: str = ""
    # the same in words that fit every lead it moves, without loads and names; "": `why`

    @property
    def moves(self) -> bool:
        """Whether it goes to somebody else."""
        return self.source != self.target


@dataclass(frozen=True)
class Looked:
    """What a batch would do."""

    called: ReassignCalled
    # of the leads that move alone
    fates: tuple[Fate, ...]
    # of every lead that was looked at, in the order in which they came


@dataclass(frozen=True)
class Batch:
    """A batch that was carried out."""

    run: str
    at: str
    # ISO 8601
    called: ReassignCalled
    undone_by: str
    # the run that took it back; "" while none did


# --- deciding again -------------------------------------------------------------------------------
def look(house: House, which: Which) -> Looked:
    """What would become of the leads meant, decided in their order with loads running along; writes nothing.

    Raises:
        RevloopsError: there is no such owner.
    """
    if which.owner and f"rep:{which.owner}" not in known_owners(house.workspace.scenario)["owner"]:
        raise RevloopsError(f"there is nobody called {which.owner} in the roster: give a rep's id")
    runtime = house.runtime
    config = runtime.workspace.configs["route"]
    assert isinstance(config, RouteConfig)
    if which.rule:
        _known_rule(runtime, config, which.rule)
    fates, moving = list[Fate](), list[ReassignAsked]()
    # a reading transaction: the assignments made in it, which the next lead is decided by, are thrown away
    with runtime.store.reading() as tx:
        records = runtime.records(tx)
        for asked in _asked(runtime, tx, which):
            input = gather_again(asked, records, config)
            if input is None:
                continue
            out = decide_again(input, (), config)
            target = owner_of(out) or asked.owner
            fates.append(_decided(asked, target, [reason.model_dump() for reason in out.reasons]))
            if target != asked.owner:
                moving.append(asked)
                records.assign(asked.record, target, records.at)
    called = ReassignCalled(record="reassign", why=which.words, leads=tuple(moving))
    return Looked(called, tuple(fates))


def _known_rule(runtime: Runtime, config: RouteConfig, rule: str) -> None:
    """Refuse a rule that there is not, and that never decided anything.

    Raises:
        RevloopsError: it is one; names those that there are.
    """
    names = [one.name for one in config.rules]
    with runtime.store.reading() as tx:
        decided = select(t.ledger.c.seq).where(t.ledger.c.loop == "route", t.ledger.c.rule == rule)
        if rule not in names and tx.first(decided.limit(1)) is None:
            told = ", ".join(names)
            raise RevloopsError(f"there is no rule {rule!r}, and none ever decided; there are {told}")


def carry_out(house: House, looked: Looked) -> str | None:
    """The batch's run once its leads are decided; None where none of them moves."""
    if not looked.called.leads:
        return None
    runtime = house.runtime
    with runtime.store.transaction() as tx:
        id = short_id("reassign", iso(runtime.at()), str(tx.head()[0]))
        runtime.emit(tx, id, looked.called)
    settle(house)
    return short_id("route", "", id)


def _asked(runtime: Runtime, tx: Tx, which: Which) -> list[ReassignAsked]:
    held = [one for one in read_holdings(tx, runtime.at()) if one.touched_at is None and not one.in_sequence]
    given, qualified = _given(runtime, tx, which.config), _newest(tx, LeadQualified.__name__)
    chosen = [
        one
        for one in held
        if one.lead in qualified
        and which.owner in ("", one.owner)
        and (which.since is None or one.assigned_at >= which.since)
        and (not which.config or one.lead in given)
        and which.rule in ("", given.get(one.lead, ""))
    ]
    chosen.sort(key=lambda one: (one.assigned_at, one.lead))
    companies = _companies(tx, [one.lead for one in chosen])
    left: dict[str, list[str]] = {}
    for one in chosen:
        left.setdefault(companies.get(one.lead) or one.lead, []).append(one.lead)
    found: list[ReassignAsked] = []
    for one in chosen:
        later = left[companies.get(one.lead) or one.lead]
        later.remove(one.lead)
        found.append(
            ReassignAsked(
                record=one.lead, owner=one.owner, apart=tuple(later),
                qualified=LeadQualified.model_validate(qualified[one.lead]),
            )
        )  # fmt: skip
    return found


def _given(runtime: Runtime, tx: Tx, version: str) -> dict[str, str]:
    """Lead → the rule of Route's newest decision on it; under that version of its config alone, if given."""
    query = (
        select(t.runs.c.record, t.ledger.c.rule, t.ledger.c.frame)
        .join(t.ledger, t.ledger.c.run == t.runs.c.id)
        .where(t.runs.c.loop == "route", t.ledger.c.kind == "decided", t.ledger.c.rule != "")
        .order_by(t.ledger.c.seq)
    )
    newest = {record: (rule, frame) for record, rule, frame in tx.all(query)}
    return {
        record: rule
        for record, (rule, frame) in newest.items()
        if not version or runtime.config(tx, frame).version.startswith(version)
    }


def _newest(tx: Tx, kind: str) -> dict[str, dict[str, Any]]:
    rows = tx.all(select(t.events.c.body).where(t.events.c.kind == kind).order_by(t.events.c.seq))
    return {body["record"]: body for body in (json.loads(row[0]) for row in rows)}


def _companies(tx: Tx, leads: Iterable[str]) -> dict[str, str]:
    wanted = set(leads)
    rows = tx.all(select(t.leads.c.id, t.leads.c.company_key))
    return {id: key for id, key in rows if id in wanted and key}


def _decided(asked: ReassignAsked, target: str, reasons: list[dict[str, Any]]) -> Fate:
    """Why: the last reason, and before it the rule that matched where the lead goes to somebody else."""
    moves, last = target != asked.owner, reasons[-1]
    matched = [str(one["text"]) for one in reasons[:-1] if moves and one.get("code") == "matched"]
    why = " ".join((*matched, str(last["text"])))
    cause = matched[0] if matched else CLAIMED.get(last.get("code", ""), "") if moves else ""
    return Fate(asked.record, asked.owner, target, why, cause)


# --- batches --------------------------------------------------------------------------------------
def batches(tx: Tx) -> tuple[Batch, ...]:
    """Every batch carried out, the newest first; those that took one back are told of theirs."""
    found = [_batch(row) for row in tx.all(_batches())]
    undone = {one.called.undoes: one.run for one in found if one.called.undoes}
    return tuple(
        Batch(one.run, one.at, one.called, undone.get(one.run, "")) for one in found if not one.called.undoes
    )


def batch(tx: Tx, run: str) -> Batch:
    """The batch whose run begins so.

    Raises:
        RevloopsError: none does, or more than one.
    """
    found = [one for one in batches(tx) if one.run.startswith(run)] if len(run) > 3 else []
    if len(found) != 1:
        many = "more than one batch starts" if found else "no batch starts"
        raise RevloopsError(f"{many} with {run!r}: `revloops runs list` lists them")
    return found[0]


def moved(tx: Tx, run: str) -> tuple[Fate, ...]:
    """What the batch's leads were decided to, in their order."""
    first = t.events.c.id.like(f"{run}:%")
    query = (
        select(t.events.c.body, t.ledger.c.body)
        .join(t.runs, t.runs.c.event == t.events.c.id)
        .join(t.ledger, t.ledger.c.run == t.runs.c.id)
        .where(first, t.ledger.c.kind == "decided")
        .order_by(t.events.c.seq)
    )
    return tuple(_fate(tx, event, body) for event, body in tx.all(query))


def _fate(tx: Tx, event: str, body: str) -> Fate:
    asked, out = ReassignAsked.model_validate_json(event), _read(tx, body)
    target = next((str(e["owner"]) for e in out["effects"] if "owner" in e), asked.owner)
    return _decided(asked, target, out["reasons"])


def _read(tx: Tx, body: str) -> dict[str, Any]:
    from tools.store import Erased

    try:
        return tx.json(body)
    except Erased:
        return {"effects": [], "reasons": [{"text": "It was erased."}]}


def _batches() -> Select[Any, Any, Any]:
    return (
        select(t.runs.c.id, t.runs.c.at, t.events.c.body)
        .join(t.events, t.events.c.id == t.runs.c.event)
        .where(t.runs.c.trigger == ReassignCalled.__name__)
        .order_by(t.events.c.seq.desc())
    )


def _batch(row: Any) -> Batch:
    return Batch(row[0], row[1], ReassignCalled.model_validate_json(row[2]), "")


# --- taking one back ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Undone:
    """What taking a batch back did."""

    run: str
    # of the taking back
    before: bool
    # whether it had been taken back already: nothing was done now
    fates: tuple[Fate, ...]
    # a lead each that the batch had moved; one that stays says why


def undo(house: House, run: str) -> Undone:
    """Give the batch's leads back to whom it took them from, but for those worked on since.

    Raises:
        RevloopsError: there is no such batch.
    """
    runtime = house.runtime
    with runtime.store.transaction() as tx:
        found = batch(tx, run)
        id = short_id("undo", found.run)
        if not found.undone_by:
            called, _ = _returns(runtime, tx, found)
            runtime.emit(tx, id, called)
    settle(house)
    taken = short_id("route", "", id)
    with runtime.store.reading() as tx:
        back = {fate.lead: fate for fate in moved(tx, taken)}
        left = _returns(runtime, tx, found)[1]
    fates = [back.get(fate.lead) or left.get(fate.lead) for fate in _moves(runtime, found)]
    return Undone(taken, bool(found.undone_by), tuple(fate for fate in fates if fate))


def _moves(runtime: Runtime, found: Batch) -> tuple[Fate, ...]:
    with runtime.store.reading() as tx:
        return tuple(fate for fate in moved(tx, found.run) if fate.moves)


def _returns(runtime: Runtime, tx: Tx, found: Batch) -> tuple[ReassignCalled, dict[str, Fate]]:
    """The batch back, and the leads that something happened with since."""
    now = {one.lead: one for one in read_holdings(tx, runtime.at())}
    leads = t.leads.c
    parked_ones = (leads.owner.like("queue:%"), leads.touched_at == "", leads.closed_at == "")
    queues = dict(tuple(row) for row in tx.all(select(leads.id, leads.owner).where(*parked_ones)))
    asked = {one.record: one for one in found.called.leads}
    back, left = list[ReassignAsked](), dict[str, Fate]()
    for fate in (fate for fate in moved(tx, found.run) if fate.moves):
        parked = queues.get(fate.lead) == fate.target
        why = "" if parked else stays(now.get(fate.lead), fate.target)
        if why:
            left[fate.lead] = Fate(fate.lead, fate.target, fate.target, f"It stays: {why}.")
        else:
            one = asked[fate.lead]
            back.append(one.model_copy(update={"owner": fate.target, "back_to": fate.source, "apart": ()}))
    called = ReassignCalled(record="reassign", why="taken back", leads=tuple(back), undoes=found.run)
    return called, left
