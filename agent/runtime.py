"""The runtime: events start runs, `decide` is folded over answers, and every step is written down."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from time import perf_counter
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import bindparam, select, update

from loops.config import LoopConfig
from loops.decision import MAX_ASKS, Answer, Ask, Decision, Event, Reason
from loops.effects import EffectFailed
from loops.loop import Loop, ScheduleDue, Trigger
from loops.registry import Registry
from loops.values import canonical, content_hash, short_id
from tools.clock import Clock
from tools.connectors.ports import CompanyIndex, Enricher
from tools.knowledge.ports import Knowledge
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED
from tools.store.projections import project
from tools.store.records import StoreCompanies, StoreRecords
from tools.store.store import iso
from tools.workspace import Workspace

log = logging.getLogger(__name__)
STOOD_IN = "stood_in"
"""The rule of an answer that the embedded policy gave in a model's place."""
GROUP = 500
"""Events that one transaction delivers at most."""
_OPEN = select(t.events.c.seq, t.events.c.id, t.events.c.kind, t.events.c.body).where(
    t.events.c.done.is_(False)).order_by(t.events.c.seq).limit(GROUP)
_DONE = update(t.events).where(t.events.c.seq.between(bindparam("low"), bindparam("high"))).values(done=True)
_BROKEN = (
    update(t.events)
    .where(t.events.c.seq == bindparam("b_seq"))
    .values(done=True, error=bindparam("b_error"))
)
_RUN = select(t.runs).where(t.runs.c.id == bindparam("id"))
_OLDER = update(t.runs).where(
    t.runs.c.loop == bindparam("b_loop"), t.runs.c.record == bindparam("b_record"),
    t.runs.c.id != bindparam("b_id"), t.runs.c.state == "person", t.runs.c.trigger != EffectFailed.__name__,
).values(stale=SUPERSEDED)
_ANSWERS = select(t.ledger.c.body).where(
    t.ledger.c.run == bindparam("run"), t.ledger.c.kind == "answered").order_by(t.ledger.c.seq)


@dataclass
class RunState:
    """A run as its row has it."""

    id: str
    loop: str
    trigger: str
    event: str
    record: str
    subject: str | None
    input: str
    frame: str
    step: int
    schedule: str = ""


@dataclass
class Runtime:
    """Everything a run needs; made by `agent.bootstrap`, the one place where parts are put together."""

    store: Store
    registry: Registry
    workspace: Workspace
    clock: Clock
    enricher: Callable[[CompanyIndex], Enricher]
    now: datetime | None = None
    # fixed for a batch, so that the clock isn't read for every record

    def __post_init__(self) -> None:
        self._frames: dict[str, str] = {}
        self._configs: dict[str, LoopConfig] = {}

    @cached_property
    def knowledge(self) -> Knowledge:
        """The search over playbooks, battle cards, past decisions and calls."""
        from tools.knowledge.opening import open_knowledge

        return open_knowledge(self.workspace, self.store)

    # --- time and frames --------------------------------------------------------------------------
    def at(self) -> datetime:
        """Now, by the workspace's clock."""
        return self.now or self.clock.now()

    def records(self, tx: Tx, at: datetime | None = None) -> StoreRecords:
        """The records within a transaction."""
        ws = self.workspace
        enricher = self.enricher(StoreCompanies(tx))
        records = StoreRecords(tx, at or self.at(), ws.calendar, ws.scenario, enricher, ws.currencies)
        records.root, records.configs = ws.root, ws.configs
        return records

    def frame(self, tx: Tx, loop: str) -> str:
        """The hash of what a run of the loop is decided under: code, config, revision, scenario."""
        if loop not in self._frames:
            config, ws = self.workspace.configs[loop], self.workspace
            body = tx.put(config)
            parts = {"loop": loop, "code": self.registry.code(loop), "config": body, "revision": ws.revision,
                     "scenario": tx.put(ws.scenario)}
            tx.add(t.frames, hash=content_hash(cast("JsonValue", parts)), **parts)
            self._frames[loop] = content_hash(cast("JsonValue", parts))
            # decided with as it will be read back: canonical bytes keep no order of keys
            self._configs[self._frames[loop]] = type(config).model_validate_json(canonical(config))
        return self._frames[loop]

    def config(self, tx: Tx, frame: str) -> LoopConfig:
        """The config a frame pins, read back from the store where it isn't today's."""
        if frame not in self._configs:
            row = tx.first(select(t.frames.c.loop, t.frames.c.config).where(t.frames.c.hash == frame))
            if row is None:
                raise ValueError(f"frame {frame[:12]} is missing")
            self._configs[frame] = self.registry.loops[row[0]].config.model_validate(tx.json(row[1]))
        return self._configs[frame]

    # --- events -----------------------------------------------------------------------------------
    def emit(self, tx: Tx, id: str, event: Event) -> None:
        """Queue an event; one whose id is known already is left as it is."""
        tx.add(t.events, id=id, kind=event.kind, body=canonical(event).decode(), done=False)

    def drain(self, limit: int = GROUP) -> int:
        """How many events one transaction delivered; 0 when none is left."""
        try:
            return self._deliver(limit)
        except BaseException as error:
            self._frames.clear()  # what the transaction would have written of them is gone with it
            if not isinstance(error, Exception):
                raise
            return self._deliver_singly(limit)

    def _deliver_singly(self, limit: int) -> int:
        """One event a transaction: one that breaks its loop is put aside and holds up no other."""
        done = 0
        for done in range(1, limit + 1):
            try:
                if not self._deliver(1):
                    return done - 1
            except Exception as error:
                self._frames.clear()
                log.exception("an event broke its loop")
                with self.store.transaction() as tx:
                    row = tx.all(_OPEN)[0]
                    why = f"{type(error).__name__}: {error}"
                    tx.conn.execute(_BROKEN, {"b_seq": row[0], "b_error": why})
        return done

    def _deliver(self, limit: int) -> int:
        with self.store.transaction() as tx:
            rows = tx.all(_OPEN)[:limit]
            if not rows:
                return 0
            records = self.records(tx)
            types = self.registry.events
            events = [(id, types[kind].model_validate_json(body)) for _, id, kind, body in rows]
            records.expect({event.record for _, event in events if self.registry.subscribers(event)})
            for id, event in events:
                for loop, trigger in self.registry.subscribers(event):
                    self._start(tx, records, loop, trigger, id, event)
            tx.conn.execute(_DONE, {"low": rows[0][0], "high": rows[-1][0]})
            records.save()
            return len(rows)

    def _start(self, tx: Tx, records: StoreRecords, loop: Loop, trigger: Trigger, id: str,
               event: Event) -> None:
        frame = self.frame(tx, loop.name)
        config = self._configs[frame]
        input = trigger.gather(event, records, config)
        if input is None:
            return
        lead = getattr(input, "lead", None) or records.lead(event.record)
        subject = lead.person if lead is not None else None
        schedule = event.schedule if isinstance(event, ScheduleDue) else ""
        run = RunState(short_id(loop.name, trigger.schedule or "", id), loop.name, event.kind, id,
                       event.record, subject, tx.put(input, subject), frame, 0, schedule)
        self._step(tx, records, run, trigger, input, (), config, new=True)

    # --- steps ------------------------------------------------------------------------------------
    def _step(self, tx: Tx, records: StoreRecords, run: RunState, trigger: Trigger, input: Any,
              answers: tuple[Answer, ...], config: LoopConfig, *, new: bool) -> None:
        started = perf_counter()
        out = settled(trigger.decide(input, answers, config), answers)
        took = round((perf_counter() - started) * 1000)
        body = tx.put(out, run.subject)
        ask = out if isinstance(out, Ask) else None
        row: dict[str, Any] = {"state": "done", "queue": "", "ask_to": "", "ask": "", "step": run.step,
                               "outcome": "", "stale": ""}
        if ask:
            waits = "agent" if ask.queue == "agent" else "person"
            row |= {"state": waits, "queue": ask.queue, "ask_to": ask.to, "ask": body, "step": run.step + 1}
        else:
            row["outcome"] = cast("Decision", out).outcome
        tx.append(run=run.id, kind="asked" if ask else "decided", loop=run.loop, frame=run.frame,
                  trigger=run.trigger, caused_by=run.event, outcome=ask.to if ask else row["outcome"],
                  queue=ask.queue if ask else "", rule="" if ask else cast("Decision", out).rule or "",
                  body=body, at=records.at, duration_ms=took)
        if row["state"] == "person" and run.trigger != EffectFailed.__name__:
            tx.flush("runs")
            tx.conn.execute(_OLDER, {"b_loop": run.loop, "b_record": run.record, "b_id": run.id})
        if new:
            tx.add(t.runs, id=run.id, loop=run.loop, trigger=run.trigger, event=run.event, record=run.record,
                   subject=run.subject, input=run.input, frame=run.frame, schedule=run.schedule,
                   at=iso(records.at), **row)
        else:
            tx.conn.execute(update(t.runs).where(t.runs.c.id == run.id).values(at=iso(records.at), **row))
        if isinstance(out, Decision):
            self._carry_out(tx, records, run, out)

    def _carry_out(self, tx: Tx, records: StoreRecords, run: RunState, decision: Decision) -> None:
        for n, event in enumerate(decision.events):
            self.emit(tx, f"{run.id}:{n}", event)
            project(tx, records, event, records.at)
        for n, effect in enumerate(decision.effects):
            tx.add(t.outbox, id=f"{run.id}!{n}", run=run.id, kind=effect.kind,
                   body=canonical(effect).decode(), state="pending")

    def answer(self, tx: Tx, records: StoreRecords, id: str, step: int, answer: Answer) -> bool:
        """Take an answer to a run's open ask and go on; False, changing nothing, where it comes too late.

        Args:
            tx: the transaction it lands in.
            records: the records within it; the caller saves them.
            id: the run.
            step: number of the ask that is answered.
            answer: late, double and outdated answers differ from the run in `step`, or find it done.
        """
        tx.flush()
        row = tx.first(_RUN, id=id)
        if row is None or row.step != step or row.state == "done":
            return False
        run = RunState(**{name: getattr(row, name) for name in RunState.__dataclass_fields__})
        trigger = self.registry.trigger(run.loop, run.trigger, run.schedule)
        config = self.config(tx, run.frame)
        input = trigger.input.model_validate(tx.json(run.input))
        before = tuple(Answer.model_validate(tx.json(r[0])) for r in tx.all(_ANSWERS, run=id))
        tx.append(run=run.id, kind="answered", loop=run.loop, frame=run.frame, trigger=run.trigger,
                  caused_by=run.event, outcome=answer.by, queue=row.queue, body=tx.put(answer, run.subject),
                  rule=STOOD_IN if answer.instead_of else "", at=records.at)
        self._step(tx, records, run, trigger, input, (*before, answer), config, new=False)
        return True


def settled(out: Decision | Ask, answers: tuple[Answer, ...]) -> Decision | Ask:
    """What is written down of a step: a bound on the asks, and whose place the embedded policy took."""
    out = bounded(out, len(answers))
    who = ((answer.by.removeprefix("agent:"), answer.instead_of) for answer in answers if answer.instead_of)
    stood_in = tuple(Reason(code=STOOD_IN, text=f"{by} answered in place of {model}") for by, model in who)
    if not stood_in or (isinstance(out, Ask) and out.queue == "agent"):
        return out
    field, said = ("evidence", out.evidence) if isinstance(out, Ask) else ("reasons", out.reasons)
    return out.model_copy(update={field: (*said, *stood_in)})


def bounded(out: Decision | Ask, step: int) -> Decision | Ask:
    """The ask itself, or its triage twin once a run has asked agents too often."""
    if isinstance(out, Ask) and out.queue == "agent" and step >= MAX_ASKS:
        why = Reason(code="too_many_asks", text=f"It has asked {step} times without an end.")
        return out.model_copy(update={"to": "role:ops", "queue": "triage", "evidence": (*out.evidence, why)})
    return out

