"""What was looked at and said before of a loop's config: each further look asks for more, a no is a no."""

from datetime import datetime, timedelta

from sqlalchemy import select

from loops.config import LoopConfig
from loops.proposal import Edit, Key, Proposal
from loops.tuning.settings import Tuning
from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import proposals
from tools.store.store import iso

Places = frozenset[tuple[tuple[Key, ...], str]]
"""(path, what is put in there; "" where a value is changed)"""
NO_PLACES: Places = frozenset()


def looks(tx: Tx, loop: str, config: LoopConfig, until: datetime) -> int:
    """On how many earlier days somebody looked whether that config should be changed."""
    asked = select(t.runs.c.at, t.frames.c.config).join(t.frames, t.frames.c.hash == t.runs.c.frame)
    asked = asked.where(t.runs.c.loop == loop, t.runs.c.trigger == "TuningDue", t.runs.c.at < iso(until))
    rows = [(row[0][:10], row[1]) for row in tx.all(asked)]
    bodies = {body for _, body in rows}
    same = {one for one in bodies if type(config).model_validate(tx.json(one)).version == config.version}
    return len({day for day, body in rows if body in same})


def after_looks(tuning: Tuning, before: int) -> Tuning:
    """The bounds of a further look at the same config: over all looks together chance stays within them.

    The k-th look gets 1 / (k (k + 1)) of it, which sums to 1 (alpha spending, as Foster & Stine 2008).
    """
    share = 1 / ((1 + before) * (2 + before))
    return tuning.model_copy(update={"alpha": tuning.alpha * share, "unsure": tuning.unsure * share})


def rejected(tx: Tx, loop: str, base: str, until: datetime, tuning: Tuning) -> Places:
    """The places whose change people rejected lately, for that very config.

    Args:
        tx: the transaction to read in.
        loop: whose config.
        base: its version.
        until: now; a rejected proposal counts for `tuning.rest_days` from when it was opened.
        tuning: the bounds.
    """
    since = iso(until - timedelta(days=tuning.rest_days))
    query = select(proposals.c.doc).where(proposals.c.loop == loop, proposals.c.state == "rejected")
    rows = tx.all(query.where(proposals.c.opened_at >= since))
    found = (Proposal.model_validate_json(row[0]) for row in rows)
    return frozenset(place for one in found if one.base == base for place in places(one.edits))


def open_one(tx: Tx, loop: str, base: str) -> str:
    """The id of a proposal for that very config that waits for a decision; "" where none does."""
    query = select(proposals.c.doc).where(proposals.c.loop == loop, proposals.c.state == "open")
    found = (Proposal.model_validate_json(row[0]) for row in tx.all(query))
    return next((one.id for one in found if one.base == base), "")


def meet(some: Places, others: Places) -> bool:
    """Whether one of the places lies within another, or is the same."""
    return any(
        one == two if put or other else one[: len(two)] == two or two[: len(one)] == one
        for one, put in some
        for two, other in others
        if put == other
    )


def places(edits: tuple[Edit, ...]) -> Places:
    """Where edits are made, whatever the new values; what is put in counts with what it says."""
    return frozenset((edit.path, str(edit.value) if edit.op == "insert" else "") for edit in edits)
