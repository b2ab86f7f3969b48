"""How a call is decided: gates, the analyst's reading, what code leaves of it, and then the rep."""

from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import TypeAdapter

from loops.decision import Answer, Ask, Decision, Effect, Reason
from loops.effects import AssignOwner, CreateTask, StopOutreach, Suppress
from loops.engage.config import EngageConfig
from loops.engage.discovery.findings import Checked, checked, heeding
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
    task = discovery_task(input, framework, config)
    heard = heeding(Checked({}, (), {}, ()), task, config.discovery)
    unread = _gate(input, config)
    if unread and not heard.concerns:
        return without(input, unread)
    if input.rep is None:
        ended = yield from settle(input, "rep", f"the roster has nobody called {input.event.rep}")
        return ended or without(input, Reason(code="no_rep", text="The roster has nobody of that id."))
    if unread:
        return (yield from _reviewed(_Reading(input, config, framework, replace(heard, unread=unread.text))))
    given = yield from asked(_reading_ask(task), _reply, input)
    if isinstance(given, Decision):
        if not heard.concerns:
            return given
        # nobody read the call, but they ask not to be contacted: that mustn't be lost with the analysis
        by_hand = replace(heard, unread=given.reasons[0].text)
        return (yield from _reviewed(_Reading(input, config, framework, by_hand)))
    found = heeding(checked(given.value, task, config.discovery), task, config.discovery)
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
        reasons=config.discovery.reasons,
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
    asks_not = "They ask not to be contacted. " if item.no_contact else ""
    count = f"{covered} of {len(item.dimensions)} dimensions covered."
    question = f"{asks_not}{item.framework}: {count} {item.why}"
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
    allowed = [reason.name for reason in reading.config.discovery.reasons]
    if strange := [reason for reason in verdict.reasons if reason not in allowed]:
        return f"{', '.join(strange)} is no reason here: there are {', '.join(allowed)}."
    return None


def _lacking(verdict: Commit, outcome: Outcome, item: DiscoveryItem) -> str | None:
    """What the outcome takes and the answer doesn't give."""
    anyway = bool((verdict.override_reason or "").strip())
    if item.no_contact and not anyway:
        heeded = outcome == "disqualify" and item.no_contact.reason in (verdict.reasons or item.suggested)
        if not heeded:
            what = f"disqualify it for {item.no_contact.reason}, or give a reason to do otherwise"
            return f"They ask not to be contacted (line {item.no_contact.line}): {what}."
    if outcome == "confirm" and not item.meets and not anyway:
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
    said = (*_overridden(item, verdict, outcome), *said)
    if outcome == "confirm":
        return _confirmed(input, item, (shown, *said), who)
    if outcome == "disqualify":
        return _disqualified(input, config, item, verdict, (shown, *said), who)
    return _continued(input, config, item, (shown, *said), who)


def _overridden(item: DiscoveryItem, verdict: Commit, outcome: Outcome) -> tuple[Reason, ...]:
    """The rep's reason for going on below the criteria, or against a request not to be contacted."""
    against = (outcome == "confirm" and not item.meets) or item.no_contact
    why = verdict.override_reason if against else None
    return (Reason(code="override", text=why),) if why else ()


def _said(label: str, state: str, quote: str, why: str) -> Reason:
    shown = f" “{quote}”" if quote else f" {why}" if why else ""
    return Reason(code=state, text=f"{label}: {state}.{shown}")


def _confirmed(
    input: CallInput, item: DiscoveryItem, shown: tuple[Reason, ...], who: str
) -> Decision:
    overridden = not item.meets
    event = _event(OpportunityConfirmed, input, item, who, overridden=overridden)
    text = f"{who} confirmed it {'below the handoff criteria' if overridden else 'by the handoff criteria'}."
    why = Reason(code="confirmed", text=text)
    return Decision(
        outcome="opportunity_confirmed",
        rule="overridden" if overridden else "criteria_met",
        reasons=(why, *shown),
        events=(event,),
        effects=_stopped(input, "opportunity_confirmed", "Confirmed as an opportunity after a call."),
    )


def _stopped(input: CallInput, code: str, text: str) -> tuple[Effect, ...]:
    """No more cold mail to whoever the call was with; nothing to stop where only the account is known."""
    lead = input.event.lead
    return (StopOutreach(record=lead, code=code, text=text),) if lead else ()


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
    labels = {reason.name: reason.label for reason in config.discovery.reasons}
    event = _event(LeadDisqualified, input, item, who, reasons=names, queue=queue)
    why = tuple(Reason(code=name, text=f"{who} gave it up: {labels[name]}.") for name in names)
    given_up = ", ".join(labels[name] for name in names)
    return Decision(
        outcome="disqualified",
        rule=names[0],
        reasons=(*why, *shown),
        events=(event,),
        effects=_given_up(input, config, given_up, no_contact=config.discovery.no_contact.name in names),
    )


def _given_up(input: CallInput, config: EngageConfig, why: str, *, no_contact: bool) -> tuple[Effect, ...]:
    """To nurture, with no more mail; never to be written to where they asked for that."""
    lead, queue = input.event.lead, config.discovery.nurture_queue
    if lead is None:
        never = " They ask not to be contacted: suppress their address." if no_contact else ""
        text = f"Disqualified ({why}). Close it and put it into {queue}.{never}"
        return (CreateTask(record=input.deal, owner=input.event.rep, code="to_nurture", text=text),)
    suppressed = (Suppress(record=lead, why="asked on a call not to be contacted"),) if no_contact else ()
    parked = AssignOwner(record=lead, owner=f"queue:{queue}")
    stopped = _stopped(input, "disqualified", f"Disqualified after a call: {why.lower()}.")
    return (parked, *stopped, *suppressed)


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
