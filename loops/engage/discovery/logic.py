"""How a call is decided: gates, the analyst's reading, what code leaves of it, and then the rep."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter

from loops.decision import Answer, Ask, Decision, Effect, Reason
from loops.effects import AssignOwner, CreateTask
from loops.engage.config import EngageConfig
from loops.engage.discovery.findings import Checked, checked
from loops.engage.discovery.framework import Framework
from loops.engage.discovery.inputs import CallInput
from loops.engage.discovery.outputs import (
    Committed,
    DiscoveryContinued,
    LeadDisqualified,
    OpportunityConfirmed,
)
from loops.engage.discovery.qualification import adjusted, marks, merged, review_item
from loops.engage.discovery.tasks import (
    CallVerdict,
    Commit,
    Discard,
    Discovery,
    DiscoveryItem,
    DiscoveryTask,
    Outcome,
)
from loops.engage.flow import Flow, asked, drive, settle, triage_ask, without

C = TypeVar("C", bound=Committed)
_reply: TypeAdapter[Discovery] = TypeAdapter(Discovery)
_verdict: TypeAdapter[Commit | Discard] = TypeAdapter(CallVerdict)

TOO_MANY = Reason(code="too_many_questions", text="This run has asked as often as a run may.")
OPTIONS = ("commit", "confirm", "disqualify", "continue", "reject")


@dataclass(frozen=True)
class _Reading:
    """One call being qualified."""

    input: CallInput
    config: EngageConfig
    framework: Framework
    found: Checked


def decide_call(input: CallInput, answers: tuple[Answer, ...], config: EngageConfig) -> Decision | Ask:
    """The next question of this run, or how it ended."""
    return drive(
        _run(input, config),
        answers,
        give_up=lambda: without(input, TOO_MANY),
        triage=lambda: triage_ask(input, "discovery", "this run has asked as often as a run may"),
    )


def _run(input: CallInput, config: EngageConfig) -> Flow[Decision]:
    framework = config.framework
    if framework is None:
        text = f"There is no framework {config.discovery.framework}: name one of frameworks/."
        return without(input, Reason(code="unknown_framework", text=text))
    if why := _gate(input, config):
        return without(input, why)
    if input.rep is None:
        ended = yield from settle(input, "rep", f"the roster has nobody called {input.event.rep}")
        return ended or without(input, Reason(code="no_rep", text="The roster has nobody of that id."))
    task = discovery_task(input, framework, config)
    given = yield from asked(_reading_ask(task), _reply, input)
    if isinstance(given, Decision):
        return given
    found = checked(given.value, task, config.discovery)
    return (yield from _reviewed(_Reading(input, config, framework, found)))


def _gate(input: CallInput, config: EngageConfig) -> Reason | None:
    """Why the call can't be analysed, or None."""
    if not input.lines:
        return Reason(code="no_transcript", text="The call has no transcript: note down what was said.")
    if all(line.side != "ours" for line in input.lines):
        return Reason(code="speakers_unknown", text="Nothing says which speakers are ours.")
    theirs = sum(line.side == "theirs" for line in input.lines)
    if theirs < config.discovery.min_lines:
        least = config.discovery.min_lines
        return Reason(code="too_short", text=f"Lines of the customer's: {theirs} of the {least} it takes.")
    return None


def discovery_task(input: CallInput, framework: Framework, config: EngageConfig) -> DiscoveryTask:
    """What the analyst is asked about this call."""
    return DiscoveryTask(
        call=input.event.record,
        framework=framework,
        lines=input.lines,
        earlier=input.earlier,
        reasons=config.discovery.disqualify,
    )


def _reading_ask(task: DiscoveryTask) -> Ask:
    return Ask(
        to="agent:discovery_analyst",
        queue="agent",
        question=f"Which dimensions of {task.framework.name} does this call cover, and in whose words?",
        payload=task,
    )


def _reviewed(reading: _Reading) -> Flow[Decision]:
    input, config = reading.input, reading.config
    known = merged(input, reading.framework, reading.found, config.discovery)
    changed, told = False, ()
    while True:
        item = review_item(
            input, reading.framework, known, reading.found, config.discovery, adjusted=changed
        )
        given = yield from asked(_review_ask(input, item, told), _verdict, input)
        if isinstance(given, Decision):
            return given
        verdict, who = given.value, given.by.partition(":")[2]
        if isinstance(verdict, Discard):
            return _discarded(verdict)
        if problem := _problem(verdict, reading):
            told = (Reason(code="not_taken", text=problem),)
            continue
        known_now = adjusted(known, verdict, input)
        now = review_item(
            input, reading.framework, known_now, reading.found, config.discovery, adjusted=True
        )
        if verdict.verdict == "commit" and now.suggestion != item.suggestion:
            # what would be committed isn't what the rep was shown: they see it first
            known, changed, told = known_now, True, ()
            continue
        outcome: Outcome = now.suggestion if verdict.verdict == "commit" else verdict.verdict
        if problem := _lacking(verdict, outcome, now):
            told = (Reason(code="not_taken", text=problem),)
            continue
        return _committed(input, config, now, verdict, outcome, who)


def _review_ask(input: CallInput, item: DiscoveryItem, told: tuple[Reason, ...]) -> Ask:
    covered = sum(known.state == "covered" for known in item.dimensions)
    question = f"{item.framework}: {covered} of {len(item.dimensions)} dimensions covered. {item.why}"
    return Ask(
        to=input.reviewer,
        queue="review",
        question=f"{question} Commit it to: {item.suggestion}?",
        payload=item,
        options=OPTIONS,
        evidence=(*told, *item.dropped),
    )


def _problem(verdict: Commit, reading: _Reading) -> str | None:
    """A name in the answer that doesn't exist, or is there twice."""
    names = {dimension.name for dimension in reading.framework.dimensions}
    cover = {one.dimension for one in verdict.cover}
    if strange := sorted((cover | set(verdict.uncover)) - names):
        there = ", ".join(dimension.name for dimension in reading.framework.dimensions)
        return f"{reading.framework.name} has no dimension {', '.join(strange)}: there are {there}."
    if both := sorted(cover & set(verdict.uncover)):
        return f"{', '.join(both)} can't be both covered and uncovered."
    allowed = [reason.name for reason in reading.config.discovery.disqualify]
    if strange := [reason for reason in verdict.reasons if reason not in allowed]:
        return f"{', '.join(strange)} is no reason here: there are {', '.join(allowed)}."
    return None


def _lacking(verdict: Commit, outcome: Outcome, item: DiscoveryItem) -> str | None:
    """What the outcome takes and the answer doesn't give."""
    if outcome == "confirm" and not item.meets and not (verdict.override_reason or "").strip():
        return f"It doesn't meet the handoff criteria: confirming it takes a reason. {item.why}"
    if outcome == "disqualify" and not (verdict.reasons or item.suggested):
        return f"Disqualifying it takes a reason: {', '.join(reason.name for reason in item.reasons)}."
    return None


def _discarded(verdict: Discard) -> Decision:
    text = f"The rep threw the analysis away: {verdict.why or 'no reason given'}."
    return Decision(outcome="analysis_rejected", reasons=(Reason(code="rejected", text=text),))


def _committed(
    input: CallInput, config: EngageConfig, item: DiscoveryItem, verdict: Commit, outcome: Outcome, who: str
) -> Decision:
    covered = sum(known.state == "covered" for known in item.dimensions)
    share = f"{covered} of {len(item.dimensions)} dimensions covered, {item.share:.0%} in all."
    shown = Reason(code="share", text=share)
    said = tuple(_said(known.label, known.state, known.quote, known.why) for known in item.dimensions)
    if outcome == "confirm":
        return _confirmed(input, item, verdict, (shown, *said), who)
    if outcome == "disqualify":
        return _disqualified(input, config, item, verdict, (shown, *said), who)
    return _continued(input, config, item, (shown, *said), who)


def _said(label: str, state: str, quote: str, why: str) -> Reason:
    shown = f" “{quote}”" if quote else f" {why}" if why else ""
    return Reason(code=state, text=f"{label}: {state}.{shown}")


def _confirmed(
    input: CallInput, item: DiscoveryItem, verdict: Commit, shown: tuple[Reason, ...], who: str
) -> Decision:
    overridden = not item.meets
    event = _event(OpportunityConfirmed, input, item, who, overridden=overridden)
    text = f"{who} confirmed it {'below the handoff criteria' if overridden else 'by the handoff criteria'}."
    why = [Reason(code="confirmed", text=text)]
    if overridden:
        why.append(Reason(code="override", text=verdict.override_reason or ""))
    return Decision(
        outcome="opportunity_confirmed",
        rule="overridden" if overridden else "criteria_met",
        reasons=(*why, *shown),
        events=(event,),
    )


def _event(
    cls: type[C], input: CallInput, item: DiscoveryItem, who: str, **own: str | bool | tuple[str, ...]
) -> C:
    """What happened to the deal, in ids and figures."""
    event = input.event
    deal = {
        "record": input.deal,
        "call": event.record,
        "lead": event.lead,
        "account": event.account,
        "opportunity": event.opportunity,
        "framework": item.framework,
        "rep": who,
        "marks": marks(item.dimensions, input),
        "share": item.share,
    }
    return cls.model_validate(deal | own)


def _disqualified(
    input: CallInput,
    config: EngageConfig,
    item: DiscoveryItem,
    verdict: Commit,
    shown: tuple[Reason, ...],
    who: str,
) -> Decision:
    names, queue = verdict.reasons or item.suggested, config.discovery.nurture_queue
    labels = {reason.name: reason.label for reason in config.discovery.disqualify}
    event = _event(LeadDisqualified, input, item, who, reasons=names, queue=queue)
    why = tuple(Reason(code=name, text=f"{who} gave it up: {labels[name]}.") for name in names)
    parked = AssignOwner(record=input.event.lead, owner=f"queue:{queue}") if input.event.lead else None
    by_hand = CreateTask(
        record=input.deal,
        owner=input.event.rep,
        code="to_nurture",
        text=f"Disqualified ({', '.join(labels[name] for name in names)}). Close it and put it into {queue}.",
    )
    effect: Effect = parked or by_hand
    return Decision(
        outcome="disqualified", rule=names[0], reasons=(*why, *shown), events=(event,), effects=(effect,)
    )


def _continued(
    input: CallInput, config: EngageConfig, item: DiscoveryItem, shown: tuple[Reason, ...], who: str
) -> Decision:
    open_ones = tuple(known.name for known in item.dimensions if known.state != "covered")
    event = _event(DiscoveryContinued, input, item, who, uncovered=open_ones)
    why = Reason(code="continued", text=f"{who} wants another meeting. {item.why}")
    return Decision(
        outcome="discovery_continued",
        reasons=(why, *shown),
        events=(event,),
        effects=_next_meeting(input, config, item),
    )


def _next_meeting(input: CallInput, config: EngageConfig, item: DiscoveryItem) -> tuple[Effect, ...]:
    """The rep's task with the framework's own questions: a task holds no word of an agent's."""
    framework = config.framework
    names = [question.dimension for question in item.questions][: config.discovery.max_questions]
    dimensions = [framework.dimension(name) for name in names] if framework else []
    asks = [dimension.follow_up[0] for dimension in dimensions if dimension]
    if not asks:
        return ()
    text = f"Ask at the next meeting: {' '.join(asks)}"
    return (CreateTask(record=input.about, owner=input.event.rep, code="next_meeting", text=text),)
