"""Where a deal stands: this call's findings merged with earlier ones, and what the handoff criteria say."""

from dataclasses import dataclass

from loops.engage.discovery.findings import Checked
from loops.engage.discovery.framework import Dimension, DiscoveryConfig, Framework
from loops.engage.discovery.inputs import CallInput
from loops.engage.discovery.tasks import (
    Commit,
    Concern,
    Cover,
    DiscoveryItem,
    Earlier,
    Finding,
    Known,
    Outcome,
    Question,
    State,
)
from loops.records import Mark

RANK: dict[State, int] = {"uncovered": 0, "partly": 1, "covered": 2}


@dataclass(frozen=True)
class Standing:
    """What the criteria make of a qualification."""

    share: float
    # 0-1, covered part of the framework's weight
    meets: bool
    outcome: Outcome
    why: str
    reasons: tuple[str, ...]
    # names of the disqualifying reasons that were heard


def merged(
    input: CallInput, framework: Framework, found: Checked, config: DiscoveryConfig
) -> tuple[Known, ...]:
    """Each dimension with what shows it best: this call, or an earlier one; at a tie this call."""
    earlier = {known.dimension: known for known in input.earlier}
    dropped = {reason.code: reason.text for reason in found.dropped}
    return tuple(
        _known(dimension, found.findings.get(dimension.name), earlier.get(dimension.name), input, config)
        or blank(dimension, dropped.get(dimension.name, "Nothing in the call shows it."))
        for dimension in framework.dimensions
    )


def blank(dimension: Dimension, why: str) -> Known:
    """A dimension that nothing covers, and why."""
    return Known(
        name=dimension.name,
        label=dimension.label,
        required=dimension.required,
        weight=dimension.weight,
        state="uncovered",
        why=why,
    )


def _known(
    dimension: Dimension,
    now: Finding | None,
    before: Earlier | None,
    input: CallInput,
    config: DiscoveryConfig,
) -> Known | None:
    new = _from_call(dimension, now, input) if now else None
    old = _from_earlier(dimension, before, input, config) if before else None
    if new and old:
        return new if RANK[new.state] >= RANK[old.state] else old
    return new or old


def _from_call(dimension: Dimension, finding: Finding, input: CallInput) -> Known:
    line = next(line for line in input.lines if line.n == finding.line)
    partly = finding.state == "partly"
    return blank(dimension, "Said in part, or with doubt." if partly else "").model_copy(
        update={
            "state": finding.state,
            "quote": finding.quote,
            "speaker": line.speaker,
            "call": input.event.record,
            "line": finding.line,
            "on": input.spoken_at.date(),
            "by": "analyst",
        }
    )


def _from_earlier(
    dimension: Dimension, before: Earlier, input: CallInput, config: DiscoveryConfig
) -> Known | None:
    if before.state == "uncovered":
        return None
    days = (input.spoken_at.date() - before.on).days
    stale = days > config.max_age_days
    return blank(dimension, f"Said {days} days before this call: ask again." if stale else "").model_copy(
        update={
            "state": "partly" if stale else before.state,
            "quote": before.words.text if before.words else "",
            "speaker": before.speaker,
            "call": before.call,
            "line": before.line,
            "on": before.on,
            "by": "earlier",
        }
    )


def adjusted(known: tuple[Known, ...], said: Commit, input: CallInput) -> tuple[Known, ...]:
    """The dimensions as the rep sees them."""
    cover = {one.dimension: one for one in said.cover}
    return tuple(_adjusted(one, cover.get(one.name), one.name in said.uncover, input) for one in known)


def _adjusted(known: Known, cover: Cover | None, uncover: bool, input: CallInput) -> Known:
    if cover:
        own = {"state": "covered", "by": "rep", "why": cover.note}
        nobody_s = {"call": input.event.record, "on": input.spoken_at.date()}
        return known.model_copy(update=own if known.call else own | nobody_s)
    if uncover:
        gone = {"quote": "", "speaker": "", "call": "", "line": 0, "on": None}
        own = {"state": "uncovered", "by": "rep", "why": "The rep took it back."}
        return known.model_copy(update=own | gone)
    return known


def standing(known: tuple[Known, ...], concerns: tuple[Concern, ...], config: DiscoveryConfig) -> Standing:
    """The outcome that the handoff criteria suggest."""
    worth = {"covered": 1.0, "partly": config.handoff.partly_counts, "uncovered": 0.0}
    share = round(sum(worth[k.state] * k.weight for k in known) / sum(k.weight for k in known), 3)
    missing = [k.label for k in known if k.required and k.state != "covered"]
    decisive = {reason.name: reason.label for reason in config.reasons if reason.decisive}
    heard = tuple(dict.fromkeys(c.reason for c in concerns if c.reason in decisive))
    meets = not missing and not heard and share >= config.handoff.least_share
    if heard:
        named = ", ".join(decisive[name].lower() for name in heard)
        return Standing(share, False, "disqualify", f"The customer said it themselves: {named}.", heard)
    if meets:
        return Standing(share, True, "confirm", f"Every required dimension, and {share:.0%} in all.", ())
    lacks = f"Required and not covered: {', '.join(missing)}." if missing else "Every required dimension is."
    few = f" Covered in all: {share:.0%} of the {config.handoff.least_share:.0%} it takes."
    return Standing(share, False, "continue", lacks + few, ())


def questions(
    known: tuple[Known, ...], framework: Framework, asked: dict[str, str]
) -> tuple[Question, ...]:
    """One question for each dimension that isn't covered: the analyst's, else the framework's."""
    open_ones = sorted((k for k in known if k.state != "covered"), key=lambda k: not k.required)
    return tuple(
        Question(dimension=k.name, text=asked.get(k.name) or dimension.follow_up[0])
        for k in open_ones
        if (dimension := framework.dimension(k.name))
    )


def marks(known: tuple[Known, ...], input: CallInput) -> tuple[Mark, ...]:
    """The dimensions as ids and figures."""
    return tuple(
        Mark(
            dimension=k.name,
            state=k.state,
            call=k.call or input.event.record,
            line=k.line,
            on=k.on or input.spoken_at.date(),
        )
        for k in known
    )


def review_item(
    input: CallInput, framework: Framework, known: tuple[Known, ...], found: Checked, config: DiscoveryConfig,
    *, adjusted: bool,
) -> DiscoveryItem:
    """What the rep is shown."""
    stands, lead = standing(known, found.concerns, config), input.lead
    return DiscoveryItem(
        call=input.event.record,
        on=input.spoken_at.date(),
        deal=input.deal,
        lead=input.event.lead,
        person=f"{lead.first_name} {lead.last_name}".strip() if lead else "",
        company=input.company,
        framework=framework.name,
        dimensions=known,
        questions=questions(known, framework, found.questions),
        concerns=found.concerns,
        dropped=found.dropped,
        share=stands.share,
        suggestion=stands.outcome,
        why=stands.why,
        meets=stands.meets,
        reasons=config.reasons,
        suggested=stands.reasons,
        unread=found.unread,
        adjusted=adjusted,
    )
