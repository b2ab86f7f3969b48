"""The runtime: late and wrong answers, asks without end, effects that fail, stops in between."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from agent.bootstrap import House, assemble
from agent.flow import settle
from agent.perform import perform
from agent.replay import replay
from loops.decision import MAX_ASKS, Answer, Ask, Event
from loops.loop import Trigger
from loops.qualify.inputs import QualifyInput, gather
from loops.qualify.outputs import LeadReceived
from loops.registry import Registry
from loops.values import Value
from tests.house import (
    answer,
    asks,
    bring,
    by_person,
    decisions,
    deliver,
    height,
    house,
    leads,
    only,
    outbox,
    raw,
    waiting_runs,
    workspace,
)
from tests.loops.json_values import some_json
from tools.doctor import examine, retry
from tools.errors import ToolFailed, ToolRetry
from tools.importing import How, Report, take
from tools.store import Tx
from tools.store import tables as t


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


NOWHERE = {"country": "", "city": "", "region": "", "email": "ada@nowhere.example"}


def waits_for_a_person(home: House) -> tuple[str, int]:
    """A lead without a place, whose router abstained: its run and step."""
    bring(home, raw("1", **NOWHERE))
    ((run, step, queue, _),) = waiting_runs(home, "route")
    assert queue == "triage"
    return run, step


@pytest.mark.feature("RO8", "GV5", "AN7")
def test_a_person_s_answer_goes_on_through_the_chain(home: House) -> None:
    run, step = waits_for_a_person(home)
    assert answer(home, run, step, by_person({"choice": "pool:na-commercial"}))
    settle(home)
    lead = only(home)
    assert lead.owner.startswith("na-commercial")
    assert [d["outcome"] for d in decisions(home, "route")] == ["pool_chosen", "assigned"]
    assert decisions(home, "engage")
    assert not replay(home.runtime, home.specialists).differences


@pytest.mark.parametrize("late", ["double", "outdated", "early", "unknown"])
def test_an_answer_that_is_not_awaited_changes_nothing_and_says_so(home: House, late: str) -> None:
    run, step = waits_for_a_person(home)
    given = by_person({"choice": "rep:na-commercial-01"})
    if late == "double":
        assert answer(home, run, step, given)
    before = height(home)
    place = {
        "double": (run, step),
        "outdated": (run, step - 1),
        "early": (run, step + 1),
        "unknown": ("x" * 32, 1),
    }
    assert not answer(home, *place[late], given)
    assert height(home) == before


@pytest.mark.feature("GV5")
def test_whatever_an_agent_or_a_person_says_the_run_waits_or_ends(home: House) -> None:
    draw = Random(23)
    run, step = waits_for_a_person(home)
    for n in range(60):
        given = Answer.model_validate(
            {
                "by": draw.choice(("person:x", "agent:lead_router@m", "nobody:invalid")),
                "value": some_json(draw, ("choice",)),
            }
        )
        assert answer(home, run, step, given)
        settle(home)
        if not waiting_runs(home, "route"):
            assert decisions(home, "route")[-1]["outcome"] in {
                "assigned",
                "pool_chosen",
                "nurture",
                "dropped",
                "",
            }
            bring(home, raw(f"again-{n}", **{**NOWHERE, "email": f"ada@nowhere-{n}.example"}))
        run, step, queue, _ = waiting_runs(home, "route")[0]
        assert queue == "triage"
    assert not replay(home.runtime, home.specialists).differences


# --- asks without an end --------------------------------------------------------------------------
class Same(Value):
    """The same question again."""

    turn: int


def ask_again(input: QualifyInput, answers: tuple[Answer, ...], config: Any) -> Ask:
    """Never satisfied."""
    return Ask(to="agent:lead_router", queue="agent", question="Again?", payload=Same(turn=len(answers)))


@pytest.mark.feature("GV5")
def test_a_loop_that_asks_without_end_is_stopped_after_twelve_asks(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    from tests.house import chain
    from tools import workspace as workspaces
    from tools.clock import FixedClock
    from tools.store import Store

    trigger = Trigger(on=LeadReceived, input=QualifyInput, gather=gather, decide=ask_again)
    registry = Registry({"qualify": replace(chain().loops["qualify"], triggers=(trigger,))})
    found = workspaces.load(root, registry)
    home = assemble(
        Store(str(found.store_path)), registry, found, FixedClock(house(tmp_path / "x").runtime.at())
    )
    bring_qualify(home)
    assert len(asks(home, "qualify")) == MAX_ASKS + 1
    last = asks(home, "qualify")[-1]
    assert (last["to"], last["queue"], last["evidence"][-1]["code"]) == (
        "role:ops",
        "triage",
        "too_many_asks",
    )
    assert len(waiting_runs(home, "qualify")) == 1


def bring_qualify(home: House) -> None:
    take(home.store, [raw("1")], How(now=home.runtime.at(), batch="b"), Report())
    settle(home)


# --- effects --------------------------------------------------------------------------------------
def refusing(times: int, error: Exception) -> tuple[Any, list[str]]:
    """A performer that fails so often, then works; and what it was asked."""
    seen: list[str] = []

    def performer(tx: Any, id: str, effect: Any, at: Any) -> None:
        seen.append(id)
        if len(seen) <= times:
            raise error

    return performer, seen


@pytest.mark.feature("GV5", "AN9")
def test_an_effect_that_fails_for_good_is_a_question_and_can_be_tried_again(home: House) -> None:
    performer, seen = refusing(4, ToolFailed("the CRM refuses it"))  # once with the others, once alone
    home = replace(home, performers={**home.performers, "WriteScore": performer})
    bring(home, raw("1"))
    for tries in (1, 2):
        assert len(seen) == 2 * tries
        ((run, step, queue, _),) = waiting_runs(home, "qualify")
        assert queue == "triage"
        assert "the CRM refuses it" in asks(home, "qualify")[-1]["evidence"][0]["text"]
        assert answer(home, run, step, by_person({"verdict": "retry"}))
        settle(home)
    assert (len(seen), waiting_runs(home, "qualify")) == (5, [])
    assert outbox(home, "WriteScore") == 3


def test_an_effect_that_can_be_tried_again_waits_and_then_succeeds(home: House) -> None:
    performer, seen = refusing(2, ToolRetry("not now"))
    home = replace(home, performers={**home.performers, "WriteScore": performer})
    bring(home, raw("1"))
    assert (len(seen), waiting_runs(home, "qualify")) == (2, [])
    assert perform(home.runtime, home.performers) == 0
    from datetime import timedelta

    from tests.house import advance

    advance(home, timedelta(minutes=3))
    settle(home)
    assert (len(seen), waiting_runs(home, "qualify"), outbox(home, "WriteScore")) == (3, [], 1)


def test_an_effect_that_nothing_performs_is_a_question(home: House) -> None:
    rest = {kind: p for kind, p in home.performers.items() if kind != "WriteScore"}
    bring(replace(home, performers=rest), raw("1"))
    assert "nothing here performs WriteScore" in asks(home, "qualify")[-1]["evidence"][0]["text"]


# --- between the steps ----------------------------------------------------------------------------
class Stopped(BaseException):
    """The process ends here."""


@pytest.mark.feature("AR1")
def test_a_run_that_was_stopped_anywhere_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = house(tmp_path / "whole")
    bring(whole, *(raw(str(n)) for n in range(3)))
    for stop in range(1, 8):
        home = house(tmp_path / str(stop))
        calls = 0
        real = home.runtime.drain

        def sometimes(limit: int = 1, stop: int = stop, real: Any = real) -> int:
            nonlocal calls
            calls += 1
            if calls == stop:
                raise Stopped
            return real(limit)

        home.runtime.drain = sometimes
        with pytest.raises(Stopped):
            bring(home, *(raw(str(n)) for n in range(3)))
        home.runtime.drain = real
        settle(home)
        assert {id: (s.lead, s.owner) for id, s in leads(home).items()} == {
            id: (s.lead, s.owner) for id, s in leads(whole).items()
        }
        assert sorted(d["outcome"] for d in decisions(home, "engage")) == sorted(
            d["outcome"] for d in decisions(whole, "engage")
        )
        assert outbox(home, "WriteScore") == outbox(whole, "WriteScore") == 3


def test_an_effect_that_breaks_holds_up_no_other_and_leaves_nothing_half_done(home: House) -> None:
    def half(tx: Tx, id: str, effect: Any, at: Any) -> None:
        tx.add(t.tasks, effect=id, record=effect.record, owner="x", code="half", text="half", at="")
        raise KeyError("a fault in the connector")

    bring(replace(home, performers={**home.performers, "WriteScore": half}), raw("1"))
    assert "it broke (KeyError)" in asks(home, "qualify")[-1]["evidence"][0]["text"]
    assert outbox(home, "AssignOwner") == 1
    with home.store.reading() as tx:
        assert not tx.all(select(t.tasks.c.effect).where(t.tasks.c.code == "half"))


def test_an_event_that_breaks_its_loop_is_put_aside_and_holds_up_no_other(home: House) -> None:
    take(home.store, [raw("1"), raw("2")], How(now=home.runtime.at(), batch="b"), Report())
    loops = home.registry.loops
    real = loops["qualify"]
    decide = real.triggers[0].decide

    with home.store.reading() as tx:
        victim = tx.first(select(t.leads.c.id).order_by(t.leads.c.id))[0]

    def broken_for_one(input: Any, *rest: Any) -> Any:
        return decide(input, *rest) if input.lead.id != victim else _raise()

    trigger = replace(real.triggers[0], decide=broken_for_one)
    home.runtime.registry = Registry({**loops, "qualify": replace(real, triggers=(trigger,))})
    settle(home)
    assert len(decisions(home, "qualify")) == 1
    assert not next(check for check in examine(home.workspace, home.store) if check.name == "events").ok
    home.runtime.registry = Registry(loops)
    assert retry(home.store) == 1
    settle(home)
    assert len(decisions(home, "qualify")) == 2
    assert not replay(home.runtime, home.specialists).differences
    with home.store.reading() as tx:
        assert len(tx.all(select(t.frames.c.hash))) == 3


def _raise() -> Any:
    raise KeyError("a fault in the loop")


@pytest.mark.feature("IF1", "AR1")
def test_an_event_that_comes_twice_starts_one_run(home: House) -> None:
    event: Event = LeadReceived(record="L-none")
    bring(home, raw("1"))
    before = height(home)
    lead = only(home).lead.id
    with home.store.transaction() as tx:
        known = tx.first(select(t.events.c.id).where(t.events.c.kind == "LeadReceived"))
        assert known
        home.runtime.emit(tx, known[0], LeadReceived(record=lead))
        home.runtime.emit(tx, "about nobody", event)
    assert deliver(home) == ()
    assert height(home) == before
