"""Explain: a record's way through the loops in plain words, read back from the ledger."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from agent.review import since_revised
from agent.runtime import Runtime
from loops.decision import Answer, Decision, Reason
from loops.errors import RevloopsError
from loops.records import Account, Lead
from tools.normalise import company_key
from tools.store import Erased, Tx
from tools.store import tables as t


@dataclass(frozen=True)
class Told:
    """One row of the ledger in words."""

    seq: int
    at: str
    loop: str
    by: str
    # code | agent | human
    text: str
    details: tuple[str, ...]
    run: str
    config: str
    # first digits of the config's hash
    revision: str
    scenario: str
    outcome: str


@dataclass(frozen=True)
class Explained:
    """A lead and everything that was decided about it, the oldest first."""

    lead: str
    name: str
    company: str
    owner: str
    told: tuple[Told, ...]
    nearest: tuple[str, ...]
    # for each loop, the smallest change that would have led elsewhere
    in_flight: tuple[str, ...] = ()
    # open questions that were asked under another config than today's


class NoLead(RevloopsError):
    """Nobody is meant."""


def find_lead(tx: Tx, what: str) -> str:
    """The id of the lead meant by an id, a run, a name, an e-mail address or a company.

    Raises:
        NoLead: nobody is meant.
        RevloopsError: more than one is.
    """
    text = what.strip().lower()
    leads = t.leads.c
    where = or_(leads.id == what, leads.email == text, leads.name == text, leads.person == what)
    found = [row[0] for row in tx.all(select(leads.id).where(where).order_by(leads.id).limit(6))]
    if not found:
        run = (
            tx.first(select(t.runs.c.record).where(t.runs.c.id.like(f"{text}%")).limit(1))
            if len(text) > 5
            else None
        )
        found = [run[0]] if run else []
    if not found and tx.first(select(t.runs.c.id).where(t.runs.c.record == what).limit(1)):
        found = [what]  # erased: its runs are still there
    if not found:
        same_company = leads.company_key == (company_key(what) or text)
        like = or_(leads.name.contains(text), same_company, leads.domain == text)
        found = [row[0] for row in tx.all(select(leads.id).where(like).order_by(leads.id).limit(6))]
    if not found:
        raise NoLead(f"no lead is called {what!r}: give its id, name, e-mail address or company")
    if len(found) > 1:
        names = tx.all(select(leads.id, leads.name, leads.company_key).where(leads.id.in_(found)))
        listed = "; ".join(f"{id} {name.title()} ({company})" for id, name, company in names)
        raise RevloopsError(f"{what!r} means more than one lead, name one by its id: {listed}")
    return found[0]


def explain(runtime: Runtime, what: str) -> Explained:
    """What was decided about a lead, why, and what would have led elsewhere."""
    with runtime.store.reading() as tx:
        id = find_lead(tx, what)
        row = tx.first(select(t.leads).where(t.leads.c.id == id))
        lead = Lead.model_validate_json(row.doc) if row else None
        told: list[Told] = []
        nearest: list[str] = []
        open_asks: list[str] = []
        theirs = select(t.calls.c.id).where(t.calls.c.lead == id)
        of_it = or_(t.runs.c.record == id, t.runs.c.record.in_(theirs))
        runs = tx.all(select(t.runs).where(of_it).order_by(t.runs.c.at, t.runs.c.id))
        for run in runs:
            found, close = run_in_words(runtime, tx, run)
            told += found
            nearest += [f"{run.loop.title()}: {close}"] if close else []
            if run.state != "done":
                older = since_revised(runtime, tx, run.loop, run.frame)
                open_asks += [older] if older else []
        name = f"{lead.first_name} {lead.last_name}".strip() if lead else _unnamed(tx, id)
        first = {entry.run: entry.seq for entry in reversed(sorted(told, key=lambda entry: entry.seq))}
        told.sort(key=lambda entry: (first[entry.run], entry.seq))
        return Explained(
            id, name, lead.company if lead else "", row.owner if row else "", tuple(told), tuple(nearest),
            tuple(open_asks),
        )


def _unnamed(tx: Tx, id: str) -> str:
    """What to call a record that is no lead: a call, an account, or one that was erased."""
    call = tx.first(select(t.calls.c.account).where(t.calls.c.id == id))
    if call:
        return f"a call with {call[0] or 'a lead'}"
    account = tx.first(select(t.accounts.c.doc).where(t.accounts.c.id == id))
    return f"account {Account.model_validate_json(account[0]).name}" if account else "(erased)"


def run_in_words(runtime: Runtime, tx: Tx, run: Any) -> tuple[list[Told], str | None]:
    """Each row of a run in words, and the smallest change that would have led elsewhere (None: not known)."""
    frame = tx.first(select(t.frames).where(t.frames.c.hash == run.frame))
    scenario = str(tx.json(frame.scenario)["name"])
    told: list[Told] = []
    close: str | None = None
    for row in tx.all(select(t.ledger).where(t.ledger.c.run == run.id).order_by(t.ledger.c.seq)):
        try:
            by, text, details = _words(tx, row)
            close = _nearest(runtime, tx, run, row) if row.kind == "decided" else close
        except Erased as erased:
            by, text, details = "code", f"{row.kind}: {erased}", ()
        made = (runtime.config(tx, run.frame).version[:10], frame.revision[:10], scenario)
        told.append(Told(row.seq, row.at, run.loop, by, text, details, run.id, *made, row.outcome))
    return told, close


def _nearest(runtime: Runtime, tx: Tx, run: Any, row: Any) -> str | None:
    trigger = runtime.registry.trigger(run.loop, run.trigger, run.schedule)
    if trigger.nearest is None:
        return None
    input = trigger.input.model_validate(tx.json(run.input))
    return trigger.nearest(input, _decision(runtime, tx, row), runtime.config(tx, run.frame))


def _decision(runtime: Runtime, tx: Tx, row: Any) -> Decision:
    data = tx.json(row.body)
    events = [runtime.registry.events[e["kind"]].model_validate(e) for e in data.pop("events")]
    effects = [runtime.registry.effects[e["kind"]].model_validate(e) for e in data.pop("effects")]
    return Decision.model_validate(data).model_copy(
        update={"events": tuple(events), "effects": tuple(effects)}
    )


def _words(tx: Tx, row: Any) -> tuple[str, str, tuple[str, ...]]:
    if row.kind == "performed":
        why = str(tx.json(row.body).get("reason", "")) if row.body else ""
        return "code", f"{row.rule}: {row.outcome}", (why,) if why else ()
    if row.kind == "answered":
        answer = Answer.model_validate_json(tx.get(row.body))
        by = {"person": "human"}.get(answer.actor, "agent")
        sure = f", sure at {answer.confidence:.2f}" if answer.confidence is not None else ""
        return by, f"{answer.by} answered{sure}", tuple(filter(None, (answer.why, *_chosen(answer))))
    data = tx.json(row.body)
    if row.kind == "asked":
        reasons = tuple(Reason.model_validate(r).text for r in data["evidence"])
        return "code", f"asked {data['to']}: {data['question']}", reasons
    return "code", f"decided: {row.outcome.replace('_', ' ')}", tuple(r["text"] for r in data["reasons"])


def _chosen(answer: Answer) -> tuple[str, ...]:
    picked = answer.value.get("choice") or answer.value.get("verdict")
    facts = answer.value.get("facts")
    found = [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []
    kept = tuple(f"kept {fact.get('kind')}: {fact.get('snippet')}" for fact in found)
    return (f"chose {picked}",) if isinstance(picked, str) else kept


__all__ = ["Explained", "NoLead", "Told", "explain", "find_lead", "run_in_words"]
