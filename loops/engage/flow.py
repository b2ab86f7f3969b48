"""A run of Engage as a conversation: a step asks, is answered, goes on; no state but the answers."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from loops.decision import MAX_ASKS, Answer, Ask, Decision, Reason
from loops.engage.outputs import CreateTask
from loops.engage.tasks import Settle, TriageItem

T = TypeVar("T")
Flow = Generator[Ask, Answer, T]
"""Yields questions, is sent answers, returns its result."""


class Case(Protocol):
    """What a failed step needs to know of the run it is part of."""

    @property
    def about(self) -> str:
        """The record that tasks are filed under."""
        ...

    @property
    def activity(self) -> str:
        """What the run does, as a sentence starts."""
        ...

    @property
    def assignee(self) -> str:
        """The rep who gets a task where the run comes to nothing."""
        ...

    @property
    def without(self) -> str:
        """The outcome of such a run."""
        ...


@dataclass(frozen=True)
class Given(Generic[T]):
    """A usable answer and who gave it."""

    value: T
    by: str
    # agent:<specialist>@<model> | person:<id>


_settle = TypeAdapter(Settle)


def drive(
    flow: Flow[Decision],
    answers: tuple[Answer, ...],
    give_up: Callable[[], Decision],
    triage: Callable[[], Ask],
) -> Decision | Ask:
    """Where the conversation stands after these answers: its next question, or how it ended.

    Args:
        flow: the conversation.
        answers: in the order they came.
        give_up: how a run ends that has asked as often as a run may.
        triage: the last question that such a run asks.
    """
    try:
        step = next(flow)
        for answer in answers:
            step = flow.send(answer)
    except StopIteration as end:
        ended: Decision = end.value
        return ended
    if len(answers) >= MAX_ASKS:
        return give_up()
    return step if len(answers) < MAX_ASKS - 1 or step.queue == "triage" else triage()


def asked(
    ask: Ask, reply: TypeAdapter[T], input: Case, check: Callable[[T], str | None] = lambda _: None
) -> Flow[Given[T] | Decision]:
    """The answer in its type; what can't be used goes to triage, which retries, hands over or drops."""
    while True:
        answer = yield ask
        problem, value = _read(answer, ask, reply)
        if value is not None and (problem := check(value)) is None:
            return Given(value, answer.by)
        ended = yield from settle(input, ask.to, problem or "the answer can't be used")
        if ended:
            return ended


def _read(answer: Answer, ask: Ask, reply: TypeAdapter[T]) -> tuple[str | None, T | None]:
    if answer.actor == "nobody":
        kind = answer.by.partition(":")[2]
        return f"no answer: {kind} ({answer.why})" if answer.why else f"no answer: {kind}", None
    if answer.actor != ("agent" if ask.queue == "agent" else "person"):
        return f"an answer by {answer.actor} doesn't count here", None
    try:
        return None, reply.validate_python(answer.value)
    except ValidationError as error:
        first = error.errors()[0]
        return f"the answer's {'.'.join(map(str, first['loc'])) or 'form'}: {first['msg'].lower()}", None


def settle(input: Case, step: str, problem: str) -> Flow[Decision | None]:
    """What operations decide about a failed step; None means: ask again."""
    while True:
        answer = yield triage_ask(input, step, problem)
        try:
            verdict = _settle.validate_python(answer.value).verdict
        except ValidationError:
            continue
        if answer.actor != "person":
            continue
        if verdict == "retry":
            return None
        text = f"{input.activity} stopped at {step}; operations decided: {verdict}."
        why = Reason(code="step_failed", text=text)
        problems = (Reason(code="problem", text=problem),)  # may quote the answer: never part of a task
        if verdict == "task":
            return without(input, why, "", problems)
        return Decision(outcome="dropped", rule=why.code, reasons=(why, *problems))


def triage_ask(input: Case, step: str, problem: str) -> Ask:
    """The question to operations."""
    stopped = f"{input.activity} stopped at {step}: {problem}."
    return Ask(
        to="role:ops",
        queue="triage",
        question=f"{stopped} Try again, give the owner a task, or drop it?",
        payload=TriageItem(lead=input.about, step=step, problem=problem),
        options=("retry", "task", "drop"),
    )


def without(input: Case, why: Reason, searched: str = "", detail: tuple[Reason, ...] = ()) -> Decision:
    """It stays with its owner, who gets a task instead of what the run was to yield."""
    text = " ".join(part for part in (why.text, searched) if part)
    task = CreateTask(record=input.about, owner=input.assignee, code=why.code, text=text)
    return Decision(outcome=input.without, rule=why.code, reasons=(why, *detail), effects=(task,))
