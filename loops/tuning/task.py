"""The question to the config author, what it rests on, and what follows from the answer."""

from datetime import datetime
from typing import Literal

from loops.config import LoopConfig
from loops.decision import Answer, Ask, Decision, Effect, Event, Reason
from loops.ids import LoopName
from loops.loop import Trigger
from loops.proposal import Edit, Figure, Guardrail, Kind, Promise, Proposal, Window
from loops.records import Records
from loops.values import Value

AGENT = "agent:config_author"
NONE = "none"


class TuningDue(Event):
    """Somebody, or a schedule, wants a loop's config held against what became of its leads."""

    kind: Literal["TuningDue"] = "TuningDue"
    loop: LoopName


class Choice(Value):
    """A change that code worked out, and what speaks for it on the earlier leads."""

    id: str
    kind: Kind
    title: str
    says: str
    edits: tuple[Edit, ...]
    gain: float
    # deviance spared beyond chance, or moves spared: comparable within a loop alone


class TuningTask(Value):
    """Which of these changes should be proposed, if any?"""

    loop: LoopName
    fitted: int
    # leads they were found on
    fitted_from: str
    fitted_to: str
    choices: tuple[Choice, ...]
    # the largest gain first
    suggested: str
    # the smallest change that gains nearly as much as the largest
    refused: tuple[tuple[str, str], ...]
    # attributes that are no evidence, and why


class Tried(Value):
    """How a choice does on later leads; the agent isn't told."""

    id: str
    refused: str
    # why it can't be proposed; "" where it can
    candidate: str
    # version of the config with it
    figures: tuple[Figure, ...]
    promise: Promise
    guardrails: tuple[Guardrail, ...]
    wrong_if: tuple[str, ...]


class Evidence(Value):
    """What past leads say of a loop's config."""

    task: TuningTask
    trials: tuple[Tried, ...]
    # one a choice, in their order
    window: Window
    file: str
    base: str
    # version of the config as it is
    trouble: str = ""
    # why nothing can be said; "" where something can


class TuningInput(Value):
    """The evidence, as it was when it was asked for."""

    at: datetime
    due: TuningDue
    evidence: Evidence


class OpenProposal(Effect):
    """Open the proposal where changes are looked at."""

    kind: Literal["OpenProposal"] = "OpenProposal"
    proposal: Proposal


def gather(event: TuningDue, records: Records, config: LoopConfig) -> TuningInput:
    """The evidence for or against the loop's config."""
    return TuningInput(at=records.at, due=event, evidence=records.evidence(event.loop, config))


def decide(input: TuningInput, answers: tuple[Answer, ...], config: LoopConfig) -> Decision | Ask:
    """A proposal, or that no change is warranted."""
    found = input.evidence
    if found.trouble or not found.task.choices:
        return _unwarranted(found.trouble or "Nothing departs from what the config expects.")
    if not answers:
        return Ask(
            to=AGENT,
            queue="agent",
            question=f"Which change of {input.due.loop}'s config should be proposed, if any?",
            payload=found.task,
            options=(*(choice.id for choice in found.task.choices), NONE),
        )
    return _answered(input, answers[-1])


def _answered(input: TuningInput, answer: Answer) -> Decision:
    found, chosen = input.evidence, answer.value.get("choice")
    if answer.actor != "agent" or not isinstance(chosen, str):
        return _unwarranted(f"Nobody chose: {answer.why or answer.by}.")
    if chosen == NONE:
        return _unwarranted(f"{answer.by} proposes nothing: {answer.why or 'no reason given'}")
    choice = next((one for one in found.task.choices if one.id == chosen), None)
    trial = next((one for one in found.trials if one.id == chosen), None)
    if choice is None or trial is None:
        return _unwarranted(f"{answer.by} named {chosen[:80]}, which isn't one of the choices.")
    if trial.refused:
        text = f"{choice.title}: not proposed, since {trial.refused}."
        return Decision(outcome="not_confirmed", reasons=(Reason(code="not_confirmed", text=text),))
    proposal = Proposal(
        loop=input.due.loop,
        file=found.file,
        kind=choice.kind,
        edits=choice.edits,
        title=choice.title,
        why=choice.says,
        by=answer.by,
        base=found.base,
        candidate=trial.candidate,
        window=found.window,
        figures=trial.figures,
        promise=trial.promise,
        guardrails=trial.guardrails,
        wrong_if=trial.wrong_if,
        refused=found.task.refused,
    )
    why = Reason(code="proposed", text=f"{answer.by} chose: {choice.title}. {choice.says}")
    effect = OpenProposal(record=input.due.loop, proposal=proposal)
    return Decision(outcome="proposed", reasons=(why,), effects=(effect,))


def _unwarranted(text: str) -> Decision:
    return Decision(outcome="no_change_warranted", reasons=(Reason(code="no_change", text=text),))


TRIGGER = Trigger(on=TuningDue, input=TuningInput, gather=gather, decide=decide)
"""What every loop hears."""
