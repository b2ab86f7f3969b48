"""Decisions, asks and answers as values: what they refuse, and their one form in bytes."""

import json
from dataclasses import fields, replace
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from agent.runtime import bounded
from loops.decision import MAX_ASKS, Answer, Ask, Decision, Event, Reason
from loops.ledger import GENESIS, LedgerRow, holds, row_hash, run_metrics
from loops.values import Quoted, Value, canonical, content_hash, short_id
from tests.house import START


class Happened(Event):
    """Something with a field of its own."""

    kind: Literal["Happened"] = "Happened"
    points: int


class Nothing(Value):
    """An empty payload."""


def ask(queue: Literal["agent", "review", "triage"]) -> Ask:
    return Ask(to="agent:x", queue=queue, question="?", payload=Nothing())


@pytest.mark.feature("IF1")
def test_a_decision_keeps_the_fields_of_its_events() -> None:
    out = Decision(
        outcome="o", reasons=(Reason(code="c", text="t"),), events=(Happened(record="r", points=3),)
    )
    assert json.loads(canonical(out))["events"] == [{"kind": "Happened", "record": "r", "points": 3}]


def test_the_canonical_form_is_sorted_and_plain() -> None:
    assert canonical({"b": 1, "a": ["é", None]}) == '{"a":["é",null],"b":1}'.encode()
    assert content_hash({"b": 1, "a": 2}) == content_hash({"a": 2, "b": 1})
    assert short_id("a", "b") != short_id("ab")


def test_a_number_that_is_none_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_a_confidence_is_a_share_with_three_decimals() -> None:
    assert Answer(by="agent:x@m", confidence=0.12345).confidence == 0.123
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValidationError):
            Answer(by="agent:x@m", confidence=wrong)


def test_a_value_is_frozen_and_refuses_unknown_fields() -> None:
    with pytest.raises(ValidationError):
        setattr(Quoted(text="a"), "text", "b")  # noqa: B010
    with pytest.raises(ValidationError):
        Quoted.model_validate({"text": "a", "more": "b"})


def test_an_answer_says_who_gave_it() -> None:
    givers = ("agent:x@m", "person:ann", "nobody:timeout")
    assert [Answer(by=by).actor for by in givers] == ["agent", "person", "nobody"]


@pytest.mark.feature("GV5")
def test_the_twelfth_ask_is_the_last_that_an_agent_gets() -> None:
    assert bounded(ask("agent"), MAX_ASKS - 1) == ask("agent")
    last = bounded(ask("agent"), MAX_ASKS)
    assert isinstance(last, Ask)
    assert (last.to, last.queue, last.evidence[-1].code) == ("role:ops", "triage", "too_many_asks")
    assert bounded(ask("review"), MAX_ASKS) == ask("review")


PLAIN = ("r", "decided", "l", "f", "t", "e", "o", "", "", "b", GENESIS)
FIELDS = tuple(field.name for field in fields(LedgerRow))


def row(**changes: Any) -> LedgerRow:
    """A sound row; changed behind its hash's back."""
    made = LedgerRow(1, *PLAIN, hash=row_hash((1, *PLAIN)), at=START, duration_ms=2)
    return replace(made, **changes)


def test_a_ledger_row_holds_until_any_hashed_field_changes() -> None:
    assert holds(row(), GENESIS)
    assert holds(row(duration_ms=9), GENESIS)
    for name in FIELDS[:-2]:
        assert not holds(row(**{name: 2 if name == "seq" else "changed"}), GENESIS), name
    assert not holds(row(), "1" * 64)


@pytest.mark.feature("AN11")
def test_every_loop_measures_runs_success_people_and_time() -> None:
    rows = [
        row(run="a", kind="asked", queue="triage"),
        row(run="b", duration_ms=4),
        row(run="c", duration_ms=8),
    ]
    found = {metric.name: metric.value for metric in run_metrics(rows)}
    assert found == {
        "runs": 3,
        "decided": 2 / 3,
        "without_a_person": 1 - 1 / 3,
        "triaged": 1 / 3,
        "median_ms": 8,
    }
    assert run_metrics([]) == ()
