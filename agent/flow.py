"""The flow: import rows, deliver events, let agents work, perform effects, until nothing is left to do."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from sqlalchemy import func, select

from agent.bootstrap import House
from agent.models.port import NoModels
from agent.perform import perform
from agent.revising import note_revisions
from agent.runtime import STOOD_IN
from agent.work import BEAT_SECONDS, GROUP_SECONDS, Worked, work
from loops.rules import Rule
from tools.importing import BATCH, How, Report, take
from tools.intake import RawLead
from tools.store import Tx
from tools.store import tables as t
from tools.store.lease import Busy, Lease
from tools.store.outcomes import ended, pages

Seen = Callable[[int], None]


@dataclass
class Ran:
    """What a run did, every row accounted for."""

    rows: int = 0
    ended: Counter[str] = field(default_factory=Counter[str])
    # outcome → rows; they add up to `rows`
    ledger_rows_written: int = 0
    notes: list[str] = field(default_factory=list[str])
    rejects: list[tuple[int | None, str]] = field(default_factory=list[tuple[int | None, str]])
    eligible: int = 0
    # rows with a business address, a company and a country or state
    alone: bool = True
    # False: another process is taking the leads on
    covered: int = 0
    # of those, graded and owned by a rule other than the catch-all


def settle(house: House, waiting: dict[str, str] | None = None) -> bool:
    """Deliver, perform and let agents work until nothing is left that needs no person.

    Args:
        house: the workspace.
        waiting: takes each specialist whose asks stay open, and why: its model can't be reached.

    Returns:
        False where another process is at this already and will see to it.
    """
    down: dict[str, str] = {} if waiting is None else waiting
    lease = Lease(house.store, "drainer")
    try:
        lease.take()
    except Busy:
        return False
    try:
        note_revisions(house.runtime)
        while _round(house, lease, down):
            _beat(house, lease)
    finally:
        lease.release()
    return True


def _beat(house: House, lease: Lease) -> None:
    with house.store.transaction() as tx:
        lease.beat(tx)


def _round(house: House, lease: Lease, waiting: dict[str, str]) -> bool:
    """Whether there was anything to do; adds the specialists whose model can't be reached to `waiting`."""
    runtime, busy = house.runtime, False
    while runtime.drain():
        busy = True
    while perform(runtime, house.performers):
        busy = True
    # written rules never wait, so one after the other is as fast, and they land together: the order of what
    # follows is the same in every run. Models do: what one of them holds up holds up nothing else
    asks_models = not isinstance(house.models, NoModels)
    workers, group = (house.workspace.settings.workers, GROUP_SECONDS) if asks_models else (1, BEAT_SECONDS)
    last = monotonic()

    def beat() -> None:
        nonlocal last
        if monotonic() - last > BEAT_SECONDS:
            last = monotonic()
            _beat(house, lease)

    def on() -> None:
        while runtime.drain() or perform(runtime, house.performers):
            pass

    async def together() -> Worked:
        try:
            return await work(runtime, house.specialists, workers, beat, on, group)
        finally:
            await house.models.close()

    worked = asyncio.run(together())
    waiting.update(worked.waiting)
    return bool(worked.answered) or busy


def run(
    house: House,
    raws: Iterable[RawLead],
    source: str,
    *,
    day_first: bool | None = None,
    seen: Seen = lambda rows: None,
) -> Ran:
    """Import rows and take each lead as far as it goes without a person.

    Args:
        house: the workspace.
        raws: the rows, streamed.
        source: the file's name or the system's, as the rows bear it.
        day_first: the order of day and month in its dates.
        seen: called with the number of rows read so far.
    """
    runtime, ran, report, waiting = house.runtime, Ran(), Report(), dict[str, str]()
    before, at = _height(house), runtime.at()
    ws = house.workspace
    how = How(
        now=at,
        batch=_next_batch(house),
        zone=ws.calendar.zone,
        default_country=ws.settings.default_country or None,
        day_first=day_first,
    )
    rows = iter(raws)
    while chunk := list(islice(rows, BATCH)):
        take(house.store, chunk, how, report)
        ran.alone = settle(house, waiting)
        seen(report.rows)
    ran.alone = settle(house, waiting)
    with house.store.reading() as tx:
        ran.ended = ended(tx, source, how.batch)
        _coverage(house, tx, source, how.batch, ran)
        ran.notes = [*_models(tx, before, waiting), *report.notes]
    ran.rows = report.rows
    ran.ended.update({"merged": report.merged, "rejected": len(report.rejected)})
    ran.ended = +ran.ended
    ran.rejects = [(r.line, r.reason) for r in report.rejected]
    ran.ledger_rows_written = _height(house) - before
    return ran


def _next_batch(house: House) -> str:
    """A number for this import that no other had."""
    with house.store.transaction() as tx:
        number = str(int(tx.setting("imports") or 0) + 1)
        tx.set_setting("imports", number)
        return number


def _height(house: House) -> int:
    with house.store.reading() as tx:
        return tx.head()[0]


def _models(tx: Tx, before: int, waiting: dict[str, str]) -> list[str]:
    """What models that couldn't be asked did to this run: whose place was taken, and who waits."""
    of = t.ledger.c
    query = select(of.outcome, func.count()).where(of.seq > before, of.rule == STOOD_IN)
    notes = [
        f"{count} answers by {by.removeprefix('agent:')} (rules, not a language model): the model configured "
        "couldn't be asked; each review item says why"
        for by, count in tx.all(query.where(of.kind == "answered").group_by(of.outcome).order_by(of.outcome))
    ]
    return notes + [
        f"{name.replace('_', ' ')} waits for its model: {why}; run or tick again when it is back"
        for name, why in sorted(waiting.items())
    ]


def _coverage(house: House, tx: Tx, source: str, batch: str, ran: Ran) -> None:
    """Counts the leads that rules can be expected to place, and those that a rule did place."""
    rules: tuple[Rule, ...] = getattr(house.workspace.configs["route"], "rules")  # noqa: B009
    catch_all = {rule.name for rule in rules if not rule.when}
    for leads in pages(tx, source, batch):
        docs = dict(tx.all(select(t.leads.c.id, t.leads.c.doc).where(t.leads.c.id.in_(leads))))
        placed = dict(
            tx.all(
                select(t.runs.c.record, func.max(t.ledger.c.rule))
                .join(t.ledger, t.ledger.c.run == t.runs.c.id)
                .where(t.runs.c.record.in_(leads), t.runs.c.loop == "route", t.ledger.c.kind == "decided")
                .group_by(t.runs.c.record)
            )
        )
        for lead, doc in docs.items():
            data = json.loads(doc)
            place = data["place"]
            located = place["country"] or place["region"] or place["conflict"]
            if data["email"] and data["email_kind"] == "business" and data["company"] and located:
                ran.eligible += 1
                ran.covered += bool(placed.get(lead)) and placed[lead] not in catch_all | {"agent", "person"}
