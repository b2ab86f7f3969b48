"""The two engines of a simulation: columns side by side, and the loop's own `decide` row by row."""

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select

from agent.runtime import Runtime
from agent.simulate.results import Next, Tried
from loops.columns import Columns, Rows, placed
from loops.config import LoopConfig
from loops.decision import Answer, Ask, Decision
from loops.loop import Loop, Trigger
from loops.simulate import END, GRADE, OWNER, RULE, SCORE, Bulk, Floor, Stand, Stands, stand_of, stands_of
from tools.store import Tx
from tools.store import tables as t
from tools.store.columns import Past, Source, past

_INPUT = select(t.runs.c.input, t.runs.c.trigger, t.runs.c.schedule).where(t.runs.c.id == bindparam("run"))
_ANSWERS = (
    select(t.ledger.c.body)
    .where(t.ledger.c.run == bindparam("run"), t.ledger.c.kind == "answered")
    .order_by(t.ledger.c.seq)
)


def source_of(runtime: Runtime, loop: Loop) -> Source:
    """Whose past inputs are kept in columns: those of the loop's first trigger, and of others like it."""
    assert loop.bulk is not None
    kind = loop.triggers[0].input
    names = tuple(trigger.on.__name__ for trigger in loop.triggers if trigger.input is kind)
    code = runtime.registry.code(loop.name)
    return Source(loop.name, names, code, loop.bulk(), lambda raw: kind.model_validate_json(raw))


# --- side by side ---------------------------------------------------------------------------------
def by_columns(
    runtime: Runtime, tried: Tried, bulk: Bulk, taken: Past, floor: Floor
) -> tuple[Stands, Stands]:
    """Where each ends under today's config and under the candidate, by columns."""
    before = bulk.stands(taken.columns, tried.today, floor, None)
    after = bulk.stands(taken.columns, tried.candidate, floor, before)
    if tried.then is None:
        return before, after
    rows, inputs = _carried(runtime, tried.then, taken)
    return _gone_on(tried.then, before, rows, inputs, floor), _gone_on(tried.then, after, rows, inputs, floor)


def _carried(runtime: Runtime, then: Next, taken: Past) -> tuple[Rows, Columns]:
    """The leads that the next loop has an input of, and that."""
    theirs = past(runtime.store, source_of(runtime, runtime.registry.loops[then.loop]))
    order = np.argsort(theirs.keys)
    at = np.searchsorted(theirs.keys[order], taken.keys)
    at = order[np.minimum(at, max(0, len(order) - 1))] if len(order) else np.zeros(0, dtype=np.intp)
    rows = np.flatnonzero(theirs.keys[at] == taken.keys) if len(order) else np.zeros(0, dtype=np.intp)
    return rows, theirs.columns.take(at[rows])


def _gone_on(then: Next, stands: Stands, rows: Rows, inputs: Columns, floor: Floor) -> Stands:
    """Where the leads end once the next loop has decided those that are graded."""
    grade = stands.ends[GRADE]
    graded = grade.lookup(lambda value: value is not None, np.bool_)[grade.codes][rows]
    some = rows[graded]
    handed = {name: stands.ends[name].take(some) for name in then.bulk.takes}
    found = then.bulk.stands(inputs.take(np.flatnonzero(graded)).having(**handed), then.config, floor, None)
    ends = {
        name: placed(stands.ends[name], some, found.ends[name]) for name in (END, OWNER, RULE, GRADE, SCORE)
    }
    return Stands(stands.ends.having(**ends), found.loads)


# --- row by row -----------------------------------------------------------------------------------
def by_rows(runtime: Runtime, tx: Tx, tried: Tried, taken: Past, floor: Floor) -> tuple[Stands, Stands]:
    """The same by the loop's own `decide`, called for each in turn."""
    sides = ((tried.today, floor.anew()), (tried.candidate, floor.anew()))
    found: tuple[list[Stand], list[Stand]] = ([], [])
    then = _inputs_of(runtime, tried.then) if tried.then else {}
    for row in range(len(taken)):
        run = taken.run(row)
        trigger, input, answers = _read(runtime, tx, tried.loop.name, run)
        follow = then.get(int(taken.keys[row]))
        later = _read(runtime, tx, tried.then.loop, follow)[1] if tried.then and follow else None
        for (config, desks), stands in zip(sides, found, strict=True):
            stands.append(_stand(tried, trigger, config, desks, (input, answers, later)))
    return stands_of(found[0], sides[0][1].loads), stands_of(found[1], sides[1][1].loads)


def _inputs_of(runtime: Runtime, then: Next) -> dict[int, str]:
    """Lead, by its key → the run of the next loop that holds its input."""
    theirs = past(runtime.store, source_of(runtime, runtime.registry.loops[then.loop]))
    return {int(key): theirs.run(row) for row, key in enumerate(theirs.keys)}


def _read(runtime: Runtime, tx: Tx, loop: str, run: str) -> tuple[Trigger, Any, tuple[Answer, ...]]:
    row = tx.first(_INPUT, run=run)
    trigger = runtime.registry.trigger(loop, row[1], row[2])
    answers = tuple(Answer.model_validate_json(tx.get(body[0])) for body in tx.all(_ANSWERS, run=run))
    return trigger, trigger.input.model_validate_json(tx.get(row[0])), answers


def _stand(
    tried: Tried,
    trigger: Trigger,
    config: LoopConfig,
    floor: Floor,
    known: tuple[Any, tuple[Answer, ...], Any],
) -> Stand:
    """Where one ends, and the next loop after it; whoever gets it has one more.

    Args:
        tried: the loop.
        trigger: of its run.
        config: decides.
        floor: the desks before; counted up.
        known: the run's input, its answers, and the next loop's input (None: it has none).
    """
    input, answers, later = known
    bulk = tried.bulk
    stand, out = decided(trigger, bulk, input, answers if bulk and bulk.keeps_answers else (), config, floor)
    then = tried.then
    if isinstance(out, Decision) and then is not None and then.bulk.follows is not None and later is not None:
        for event in out.events:
            if isinstance(event, then.trigger.on):
                again = then.bulk.follows(later, event)
                stand, _ = decided(then.trigger, then.bulk, again, (), then.config, floor)
    if stand.owner is not None:
        floor.take(stand.owner)
    return stand


def decided(
    trigger: Trigger,
    bulk: Bulk | None,
    input: Any,
    answers: tuple[Answer, ...],
    config: LoopConfig,
    floor: Floor,
) -> tuple[Stand, Decision | Ask]:
    """Where one record ends by the loop's own `decide`, and what that says."""
    now = bulk.renewed(input, floor, config) if bulk else input
    out = trigger.decide(now, (), config)
    for n in range(1, len(answers) + 1):
        if isinstance(out, Ask):
            out = trigger.decide(now, answers[:n], config)
    stand = stand_of(out)
    if bulk is not None and GRADE in bulk.names:
        said = bulk.facts(now, ())
        score = said[SCORE]
        stand = replace(stand, grade=str(said[GRADE]), score=None if score is None else int(score))
    return stand, out
