"""Passages of what happened: why runs were decided as they were, and what was said on calls."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import literal, or_, select

from loops.records import Call
from tools.knowledge.ports import Passage, passage
from tools.knowledge.texts import cut
from tools.normalise.text import fold
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.calls import Kept, kept

OURS = ("Rep",)
"""Who is ours on a call that doesn't say."""
_APART = re.compile(r"[^\w'’-]+")
Known = Mapping[tuple[str | None, str], str]
"""(account, a speaker's name) → the person, where they are a lead of that account's company."""


def decisions(tx: Tx, newest: int, longest: int) -> Iterator[Passage]:
    """The newest decisions with their reasons; what was erased is passed over."""
    ledger, runs = t.ledger.c, t.runs.c
    columns = (ledger.run, ledger.loop, ledger.outcome, ledger.body, runs.subject)
    query = select(*columns).join(t.runs, runs.id == ledger.run, isouter=True)
    query = query.where(ledger.kind == "decided").order_by(ledger.seq.desc()).limit(newest)
    rows = tx.all(query)
    tx.fetch_keys({row.subject for row in rows if row.subject})
    for row in rows:
        try:
            body: dict[str, Any] = tx.json(row.body)
        except Erased:
            continue
        why = " ".join(reason["text"].rstrip(".") + "." for reason in body["reasons"])
        title = f"{row.loop} decided {row.outcome.replace('_', ' ')}"
        yield passage("decision", title, cut(why, longest), f"decision {row.run}", row.subject)


def calls(tx: Tx, longest: int) -> Iterator[Passage]:
    """What the other side said on each call, with what it was asked; what was erased is passed over."""
    known = known_speakers(tx)
    for one in kept(tx):
        yield from _snippets(one, known, longest)


def calls_of(tx: Tx, person: str) -> list[str]:
    """Ids of the calls that are this person's, or on which they speak."""
    known = known_speakers(tx, person)
    columns = (t.calls.c.id, t.calls.c.doc, t.calls.c.subject)
    theirs = or_(t.calls.c.subject == person, t.calls.c.account.in_({account for account, _ in known}))
    rows = tx.all(select(*columns).where(theirs))
    found = [(Call.model_validate_json(row.doc), row.subject) for row in rows]
    return [call.id for call, subject in found if subject == person or _heard(call, known)]


def known_speakers(tx: Tx, person: str | None = None) -> Known:
    """Who might speak on an account's calls and is a lead of ours: everybody, or that person alone."""
    leads, accounts = t.leads.c, t.accounts.c
    of_it = or_(accounts.domain == leads.domain, accounts.key == leads.company_key)
    query = select(accounts.id, leads.name, leads.person).join(t.accounts, of_it)
    rows = tx.all(query.where(leads.person == person) if person else query)
    return {(row.id, fold(row.name)): row.person for row in rows if row.name}


def _heard(call: Call, known: Known) -> bool:
    speakers = {line.partition(":")[0].strip() for line in call.transcript.splitlines()}
    return any((call.account, fold(who)) in known for who in speakers)


def _snippets(one: Kept, known: Known, longest: int) -> Iterator[Passage]:
    call, asked = one.call, ""
    title = f"Call {call.id} on {call.at.date().isoformat()}"
    for at, line in enumerate(call.transcript.splitlines(), 1):
        speaker = line.partition(":")[0].strip()
        if speaker in (call.ours or OURS):
            asked = line.strip()
            continue
        subject = one.subject or known.get((call.account, fold(speaker)), f"call:{call.id}")
        said = cut(f"{asked} {line.strip()}", longest)
        yield passage("call", title, said, f"call {call.id}:{at}", subject)
        asked = ""


def names_a_lead(tx: Tx, words: str) -> bool:
    """Whether the words hold an address, or the full name of a lead of ours."""
    if "@" in words:
        return True
    plain = literal(f" {_APART.sub(' ', fold(words))} ")
    named = plain.contains(literal(" ") + t.leads.c.name + " ")
    return tx.first(select(t.leads.c.id).where(t.leads.c.name != "", named).limit(1)) is not None
