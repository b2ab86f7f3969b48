"""Match, check, score, grade: a fold over the answers so far."""

from loops.decision import Answer, Ask, Decision, Reason
from loops.qualify.checks import Checked, check
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.qualify.matching import NONE, Verdict, compare, question, settle
from loops.qualify.outputs import LeadQualified, WriteScore
from loops.records import Company
from loops.scoring import Scored, lifts, score

AGENT = "agent:enrichment_matcher"
OPS = "role:ops"


def decide(input: QualifyInput, answers: tuple[Answer, ...], config: QualifyConfig) -> Decision | Ask:
    """The grade, or a question about which company this is."""
    verdicts = tuple(compare(input.lead, c, config) for c in input.enrichment.candidates)
    found = settle(verdicts)
    if found != "ambiguous":
        return _graded(input, config, found, (_matched(found, "by its domain or name and country"),), None)
    if not answers:
        return Ask(
            to=AGENT,
            queue="agent",
            question=f"Which company is {input.lead.company or input.lead.domain}?",
            payload=question(input.lead, verdicts),
            options=_options(verdicts),
        )
    return _answered(input, answers[-1], verdicts, config)


def _answered(
    input: QualifyInput, last: Answer, verdicts: tuple[Verdict, ...], config: QualifyConfig
) -> Decision | Ask:
    choice = last.value.get("choice")
    if last.actor == "nobody" or choice not in _options(verdicts):
        if last.actor == "person" and last.value.get("verdict") == "reject":
            why = Reason(code="dropped", text=f"{last.by} dropped it: {last.why or 'no reason given'}")
            return Decision(outcome="dropped", reasons=(why,))
        return _ask_person(
            "triage", f"No usable match: {last.why or 'the answer names no candidate'}", verdicts, input
        )
    company = next((v.company for v in verdicts if v.company.id == choice), None)
    why = _matched(company, f"{last.by} chose it: {last.why or 'no reason given'}")
    if last.actor == "person":
        return _graded(input, config, company, (why,), None)
    sure = last.confidence or 0
    bands = config.matching.of(input.lead.employees)
    if bands.stands(sure):
        return _graded(input, config, company, (why,), last.confidence)
    queue = "review" if sure >= bands.review else "triage"
    text = f"The matcher suggests {company.name if company else 'none of them'} at {sure:.2f}: {last.why}"
    return _ask_person(queue, text, verdicts, input, suggestion=str(choice))


def _ask_person(
    queue: str, text: str, verdicts: tuple[Verdict, ...], input: QualifyInput, suggestion: str = ""
) -> Ask:
    options = _options(verdicts)
    ordered = (suggestion, *(o for o in options if o != suggestion)) if suggestion else options
    evidence = (
        Reason(code="why_asked", text=text),
        *(Reason(code="candidate", text=v.words()) for v in verdicts),
    )
    return Ask(
        to=OPS,
        queue="review" if queue == "review" else "triage",
        question=f"Which company is {input.lead.company or input.lead.domain}?",
        payload=question(input.lead, verdicts),
        options=ordered,
        evidence=evidence,
    )


def _options(verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
    return (*(v.company.id for v in verdicts), NONE)


def _matched(company: Company | None, how: str) -> Reason:
    if company is None:
        return Reason(code="unmatched", text="No company profile matched; scored on what the lead says.")
    return Reason(code="matched", text=f"Matched {company.name} ({company.id}), {how}.")


def _graded(
    input: QualifyInput,
    config: QualifyConfig,
    company: Company | None,
    why: tuple[Reason, ...],
    confidence: float | None,
) -> Decision:
    checked = check(input, company, config)
    scored = score(config.factors, checked.attributes)
    grade = config.grades.grade(scored.points)
    event = LeadQualified(
        record=input.lead.id,
        score=scored.points,
        grade=grade,
        company=company.id if company else None,
        employees=checked.employees,
        industry=checked.industry,
        lifts=lifts(config.factors, scored, config.grades),
    )
    effect = WriteScore(
        record=input.lead.id,
        score=scored.points,
        grade=grade,
        factors={c.factor: c.points for c in scored.contributions},
    )
    reasons = (*why, *checked.reasons, *_contributions(scored))
    return Decision(
        outcome=f"graded_{grade}", reasons=reasons, confidence=confidence, events=(event,), effects=(effect,)
    )


def _contributions(scored: Scored) -> tuple[Reason, ...]:
    return tuple(
        Reason(code="factor", text=f"{c.factor}: {c.value} gives {c.points} of {c.of}")
        for c in scored.contributions
    )


def nearest(input: QualifyInput, decision: Decision, config: QualifyConfig) -> str | None:
    """The smallest change that would have given another grade, as one sentence."""
    event = next((e for e in decision.events if isinstance(e, LeadQualified)), None)
    if event is None:
        return None
    above = config.grades.next_above(event.score)
    if above and event.lifts:
        return (
            f"{above[1] - event.score} more points would make it grade {above[0]}: {'; '.join(event.lifts)}."
        )
    return f"It stays an {event.grade} while it loses no more than {event.score - config.grades.A} points."


__all__ = ["Checked", "decide", "nearest"]
