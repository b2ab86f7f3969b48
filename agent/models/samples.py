"""The written samples that a model is checked on, and the code that scores its replies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from pydantic import JsonValue

from loops.decision import Answer
from loops.engage.draft import Draft
from loops.engage.grounding import Ground, unbacked
from loops.engage.tasks import WritingTask
from loops.values import Value
from tools.yaml_text import read as parse

FILE = "samples.yaml"


class Sample(Value):
    """One piece of work with a reply that code can judge."""

    name: str
    shows: str
    # what a model shows that gets it right: "copies a dated fact …"
    specialist: str
    trap: bool = False
    # whether it invites a mistake that does harm
    prefetch: bool = True
    # whether code looks up first what the specialist always needs
    documents: tuple[dict[str, JsonValue], ...] = ()
    # what the research tools give back
    payload: dict[str, JsonValue]
    expect: tuple[dict[str, JsonValue], ...]
    # every one must hold


@dataclass(frozen=True)
class Shown:
    """A reply, and which tools were called for it."""

    answer: Answer
    called: tuple[str, ...]


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """The dozen, in the order they are worked."""
    text = files("agent.models").joinpath(FILE).read_text(encoding="utf-8")
    data = cast("dict[str, Any]", parse(text, FILE)[0])
    return tuple(Sample.model_validate(one) for one in data["samples"])


def fault(sample: Sample, shown: Shown) -> str:
    """What is wrong with the reply, in a few words; "" where every expectation holds."""
    if shown.answer.actor == "nobody":
        return f"no reply that can be used: {shown.answer.why}"
    said = (_fault(expected, sample, shown) for expected in sample.expect)
    return next((wrong for wrong in said if wrong), "")


def _fault(expected: Mapping[str, JsonValue], sample: Sample, shown: Shown) -> str:
    if "called" in expected:
        return "" if expected["called"] in shown.called else f"{expected['called']} wasn't called"
    if "backed" in expected:
        return _unbacked(sample, shown.answer.value)
    at = str(expected["at"])
    values = selected(shown.answer.value, at)
    (how,) = expected.keys() - {"at"}
    wanted = expected[how]
    if CHECKS[how](values, wanted):
        return ""
    return f"{at} should {how.replace('_', ' ')} {wanted}, and is {_short(values)}"


def _unbacked(sample: Sample, value: Mapping[str, JsonValue]) -> str:
    task = WritingTask.model_validate(sample.payload)
    ground = Ground(
        task.reader, task.sender, task.sender_company, task.facts, task.sources, task.lines, task.references
    )
    wrong = unbacked(Draft.model_validate(value), ground)
    return f"“{wrong[0].span}” isn't backed" if wrong else ""


def selected(value: JsonValue, at: str) -> list[JsonValue]:
    """The values at a path: `*` is each of a list, `key=value` each of a list that has that value."""
    found = [value]
    for part in at.split("."):
        key, equals, wanted = part.partition("=")
        found = [one for value in found for one in _below(value, key, wanted, listed=bool(equals))]
    return found


def _below(value: JsonValue, key: str, wanted: str, *, listed: bool) -> list[JsonValue]:
    if isinstance(value, list):
        if listed:
            return [one for one in value if isinstance(one, dict) and str(one.get(key)) == wanted]
        return value if key == "*" else []
    return [value[key]] if isinstance(value, dict) and key in value else []


def _numbers(values: list[JsonValue]) -> list[float]:
    return [value for value in values if isinstance(value, int | float)]


CHECKS: dict[str, Callable[[list[JsonValue], Any], bool]] = {
    "is": lambda values, wanted: values == [wanted],
    "has": lambda values, wanted: any(wanted in str(value) for value in values),
    "all_have": lambda values, wanted: bool(values) and all(wanted in str(value) for value in values),
    "lacks": lambda values, wanted: not any(wanted in str(value) for value in values),
    "count": lambda values, wanted: len(values) == wanted,
    "count_least": lambda values, wanted: len(values) >= wanted,
    "at_least": lambda values, wanted: bool(values) and all(n >= wanted for n in _numbers(values)),
    "below": lambda values, wanted: bool(values) and all(n < wanted for n in _numbers(values)),
}
"""What an expectation may say of the values at its path."""
SHOWN_CHARACTERS = 60


def _short(values: list[JsonValue]) -> str:
    text = ", ".join(map(str, values)) or "missing"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
