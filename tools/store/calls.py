"""Recorded calls at rest: each under the key of the person whose call it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from loops.records import Call
from loops.values import content_hash
from tools.store import tables as t
from tools.store.store import Tx, iso
from tools.store.vault import Erased


@dataclass(frozen=True)
class Kept:
    """A call as the store has it."""

    call: Call
    subject: str | None
    # the person under whose key it lies; None: only the account is known
    state: str
    # of its analysis: "" where there was none, agent, person or done
    outcome: str
    # how the analysis ended; "" while it hasn't


def keep(tx: Tx, call: Call, subject: str | None) -> str:
    """The id under which the call is kept: its own, or that of the same call kept before.

    Args:
        tx: the transaction.
        call: the call.
        subject: the person whose call it is; None where only the account is known.

    Raises:
        Erased: that person was erased.
    """
    content = _content(call)
    before = tx.first(select(t.calls.c.id).where(t.calls.c.content == content))
    if before:
        return str(before[0])
    body = tx.put(call.transcript.encode(), subject) if subject else ""
    shown = call.model_copy(update={"transcript": ""}) if subject else call
    tx.add(
        t.calls, id=call.id, account=call.account, lead=call.lead, rep=call.rep, at=iso(call.at),
        subject=subject, content=content, doc=shown.model_dump_json(), body=body,
    )  # fmt: skip
    return call.id


def _content(call: Call) -> str:
    """What makes it the same call: whose it is and what was said."""
    return content_hash([call.account, call.lead, call.opportunity, call.transcript])


def same_words(tx: Tx, transcript: str) -> Iterator[Call]:
    """The calls that hold these very words, whoever's they are, the oldest first; without the words."""
    columns = (t.calls.c.content, t.calls.c.doc)
    for content, doc in tx.all(select(*columns).order_by(t.calls.c.at, t.calls.c.id)):
        call = Call.model_validate_json(doc)
        if _content(call.model_copy(update={"transcript": transcript})) == content:
            yield call.model_copy(update={"transcript": ""})


def kept(tx: Tx) -> Iterator[Kept]:
    """Every call that can be read, the newest first."""
    runs = t.runs.c
    query = (
        select(t.calls.c.doc, t.calls.c.body, t.calls.c.subject, runs.state, runs.outcome)
        .join(t.runs, (runs.record == t.calls.c.id) & (runs.trigger == "CallRecorded"), isouter=True)
        .order_by(t.calls.c.at.desc(), t.calls.c.id)
    )
    for doc, body, subject, state, outcome in tx.all(query):
        if call := whole(tx, doc, body):
            yield Kept(call, subject, state or "", outcome or "")


def whole(tx: Tx, doc: str, body: str) -> Call | None:
    """The call with its transcript; None where its person was erased."""
    call = Call.model_validate_json(doc)
    try:
        return call.model_copy(update={"transcript": tx.get(body).decode()}) if body else call
    except Erased:
        return None
