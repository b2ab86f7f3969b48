"""Effects that any loop may emit, and what happens when one fails for good."""

from typing import Literal

from loops.config import LoopConfig
from loops.decision import Answer, Ask, Decision, Effect, Event, Reason
from loops.records import Records
from loops.values import Value


class AssignOwner(Effect):
    """Set the record's owner in the CRM."""

    kind: Literal["AssignOwner"] = "AssignOwner"
    owner: str
    # rep id, or queue:<id>


class CreateTask(Effect):
    """Give a person of ours something to do."""

    kind: Literal["CreateTask"] = "CreateTask"
    owner: str
    # rep id
    code: str
    # why, as a stable code
    text: str
    # one to three plain sentences, nobody's name in it


class Notify(Effect):
    """Tell a person of ours something."""

    kind: Literal["Notify"] = "Notify"
    person: str
    text: str


class StopOutreach(Effect):
    """Cancel every mail to the lead that hasn't left, and close the drafts that wait."""

    kind: Literal["StopOutreach"] = "StopOutreach"
    code: str
    # why, as a stable code
    text: str
    # why, in one sentence, nobody's name in it


class Suppress(Effect):
    """Put the lead's address on the suppression list: nobody writes to it again."""

    kind: Literal["Suppress"] = "Suppress"
    why: str


class EffectFailed(Event):
    """An effect could not be performed and won't be tried again by itself."""

    kind: Literal["EffectFailed"] = "EffectFailed"
    loop: str
    effect: str
    # run!n
    effect_kind: str
    why: str


class FailedInput(Value):
    """The failed effect, as it was decided, and why it failed."""

    failed: EffectFailed
    body: dict[str, str]
    # the effect's own fields, in words


def gather_failed(event: EffectFailed, records: Records, config: LoopConfig) -> FailedInput:
    """The failed effect and its fields."""
    return FailedInput(failed=event, body=records.effect(event.effect))


def decide_failed(input: FailedInput, answers: tuple[Answer, ...], config: LoopConfig) -> Decision | Ask:
    """Ask a person whether to try again or to drop it."""
    verdict = answers[-1].value.get("verdict") if answers and answers[-1].actor == "person" else None
    if verdict == "retry":
        why = Reason(code="retried", text=f"{answers[-1].by} had it tried again.")
        return Decision(
            outcome="retried",
            reasons=(why,),
            events=(EffectRetried(record=input.failed.record, effect=input.failed.effect),),
        )
    if verdict in ("drop", "reject"):
        return Decision(
            outcome="dropped", reasons=(Reason(code="dropped", text=f"{answers[-1].by} dropped it."),)
        )
    text = f"{input.failed.effect_kind} for {input.failed.record} failed: {input.failed.why}"
    return Ask(
        to="role:ops",
        queue="triage",
        question="Try it again, or drop it?",
        payload=input,
        options=("retry", "drop"),
        evidence=(Reason(code="failed", text=text),),
    )


class EffectRetried(Event):
    """A person had a failed effect tried again."""

    kind: Literal["EffectRetried"] = "EffectRetried"
    effect: str
