"""How outreach is decided: gates, research, play, draft, grades, revisions, and then a person."""

from pydantic import TypeAdapter

from loops.decision import Answer, Ask, Decision, Reason
from loops.engage.config import EngageConfig, Play
from loops.engage.draft import Draft
from loops.engage.facts import Dismissed, Fact, Research, ResearchTask, usable
from loops.engage.flow import Flow, asked, drive, settle, triage_ask, without
from loops.engage.gates import gate
from loops.engage.grading import Material, code_grades, judged, passing, review_item, shaped
from loops.engage.inputs import Input, LeadAssigned
from loops.engage.naming import short_name
from loops.engage.outputs import AssignOwner, DeploySequence, SequenceApproved, SequenceRejected
from loops.engage.selection import choose, lines_of, ranked
from loops.engage.tasks import (
    Approve,
    Edit,
    Graded,
    Grades,
    Reader,
    Reassign,
    Reject,
    ReviewItem,
    Revise,
    Score,
    Verdict,
    WritingTask,
)
from loops.values import Quoted

_research: TypeAdapter[Research] = TypeAdapter(Research)
_draft: TypeAdapter[Draft] = TypeAdapter(Draft)
_grades: TypeAdapter[Grades] = TypeAdapter(Grades)
_verdict: TypeAdapter[Approve | Edit | Revise | Reject | Reassign] = TypeAdapter(Verdict)

TOO_MANY = Reason(code="too_many_questions", text="This run has asked as often as a run may.")
OPTIONS = ("approve", "edit", "revise", "reject", "reassign")


def decide(input: Input, answers: tuple[Answer, ...], config: EngageConfig) -> Decision | Ask:
    """The next question of this run, or how it ended."""
    return drive(
        _run(input, config),
        answers,
        give_up=lambda: without(input, TOO_MANY),
        triage=lambda: triage_ask(input, "engage", "this run has asked as often as a run may"),
    )


def _run(input: Input, config: EngageConfig) -> Flow[Decision]:
    if why := gate(input, config):
        return without(input, why)
    if input.owner is None:
        ended = yield from settle(input, "owner", f"the roster has nobody called {input.event.owner}")
        return ended or without(input, Reason(code="no_owner", text="The roster has nobody of that id."))
    task = research_task(input, config)
    found = yield from asked(_research_ask(task), _research, input)
    if isinstance(found, Decision):
        return found
    research = found.value
    facts, refused = usable(research, task)
    if len(facts) < config.min_facts:
        return _too_little(input, config, research, facts, refused)
    play = choose(input, facts, config)
    if play is None:
        return without(
            input, Reason(code="no_play", text="No play fits what was found."), _searched(research, input)
        )
    return (yield from _sequence(input, config, _material(input, config, play, facts, research)))


def research_task(input: Input, config: EngageConfig) -> ResearchTask:
    """What the researcher is asked about this lead's company."""
    lead, profile = input.lead, input.profile
    place = profile.place if profile else lead.place
    return ResearchTask(
        lead=lead.id,
        company=profile.id if profile else None,
        name=short_name(profile.name if profile else lead.company),
        key=lead.company_key,
        domain=(profile.domain if profile else None) or lead.domain,
        city=place.city,
        region=place.region,
        country=place.country,
        today=input.at.date(),
        max_age_days=config.max_age_days,
        row=input.row,
    )


def _research_ask(task: ResearchTask) -> Ask:
    return Ask(
        to="agent:prospect_researcher",
        queue="agent",
        question="Which dated facts about this very company would a rep cite in a first e-mail?",
        payload=task,
    )


def _searched(research: Research, input: Input) -> str:
    """What was looked through, in counts alone: a task holds no word of an agent's."""
    read = {source.id for source in research.sources} | {item.source for item in research.dismissed}
    return f"Sources searched: {len(read)}; cells of the lead's own row: {len(input.row)}."


def _too_little(
    input: Input,
    config: EngageConfig,
    research: Research,
    facts: tuple[Fact, ...],
    refused: tuple[Dismissed, ...],
) -> Decision:
    kinds = ", ".join(fact.kind.replace("_", " ") for fact in facts) or "none"
    why = Reason(
        code="too_few_facts",
        text=f"Usable facts: {len(facts)} of the {config.min_facts} that a sequence needs ({kinds}).",
    )
    passed_over = tuple(Reason(code="not_used", text=item.why) for item in (*refused, *research.dismissed))
    return without(input, why, _searched(research, input), passed_over)


def _material(
    input: Input, config: EngageConfig, play: Play, facts: tuple[Fact, ...], research: Research
) -> Material:
    chosen = ranked(play, facts, config.max_facts)
    cited = {fact.source for fact in chosen}
    lead = input.lead
    name = input.profile.name if input.profile else lead.company
    return Material(
        reader=Reader(
            lead=lead.id,
            first_name=lead.first_name,
            full_name=f"{lead.first_name} {lead.last_name}".strip(),
            title=lead.title,
            company=short_name(name),
            industry=lead.industry,
        ),
        sender=input.owner.name if input.owner else "",
        sender_company=config.sender_company,
        play=play,
        facts=chosen,
        sources=tuple(source for source in research.sources if source.id in cited),
        lines=lines_of(play, config),
        references=config.references.customers,
        rubric=config.rubric,
        today=input.at.date(),
    )


def _sequence(input: Input, config: EngageConfig, material: Material) -> Flow[Decision]:
    written = yield from _written(input, material, config.max_revisions, None, ())
    if isinstance(written, Decision):
        return written
    draft, grades = written
    if not passing(grades, draft, material):
        return _below_mark(input, grades, draft, material)
    return (yield from _reviewed(input, config, material, draft, grades))


def _written(
    input: Input,
    material: Material,
    revisions: int,
    previous: Draft | None,
    failing: tuple[Score, ...],
    note: Quoted | None = None,
) -> Flow[tuple[Draft, tuple[Graded, ...]] | Decision]:
    """The first draft that passes, or the last one that was tried, with its grades."""
    first = 1 if previous else 0
    for revision in range(first, first + revisions + 1):
        task = _writing_task(material, revision, previous, failing, note)
        made = yield from asked(_writing_ask(task), _draft, input, lambda draft: shaped(draft, material))
        if isinstance(made, Decision):
            return made
        draft = made.value
        grades = yield from _graded(input, material, draft)
        if isinstance(grades, Decision) or passing(grades, draft, material) or revision == first + revisions:
            return grades if isinstance(grades, Decision) else (draft, grades)
        previous = draft
        failing = (*(grade.score for grade in grades if not grade.passes), *material.unbacked(draft))
    raise AssertionError("the loop above always returns")


def _writing_task(
    material: Material, revision: int, previous: Draft | None, failing: tuple[Score, ...], note: Quoted | None
) -> WritingTask:
    return WritingTask(
        reader=material.reader,
        sender=material.sender,
        sender_company=material.sender_company,
        play=material.play,
        facts=material.facts,
        sources=material.sources,
        lines=material.lines,
        references=material.references,
        today=material.today,
        revision=revision,
        previous=previous,
        failing=failing,
        note=note,
    )


def _writing_ask(task: WritingTask) -> Ask:
    question = (
        "Write the sequence." if not task.previous else "Write the sequence again; say what was wrong right."
    )
    return Ask(to="agent:outreach_writer", queue="agent", question=question, payload=task)


def _graded(input: Input, material: Material, draft: Draft) -> Flow[tuple[Graded, ...] | Decision]:
    task = material.judging(draft)
    ask = Ask(
        to="agent:draft_judge",
        queue="agent",
        question="How relevant is it, and is its tone right?",
        payload=task,
    )
    grades = yield from asked(ask, _grades, input, lambda given: judged(given, task.criteria, draft))
    if isinstance(grades, Decision):
        return grades
    scores = {score.criterion: score for score in (*grades.value.scores, *code_grades(draft, material))}
    return tuple(Graded(score=scores[c.name], mark=c.mark, by=c.by) for c in material.rubric.criteria)


def _below_mark(input: Input, grades: tuple[Graded, ...], draft: Draft, material: Material) -> Decision:
    low = [grade.score for grade in grades if not grade.passes]
    names = ", ".join(f"{score.criterion} {score.points}" for score in low) or "statements nothing backs"
    why = Reason(code="draft_below_mark", text=f"No draft reached the mark: {names}.")
    detail = tuple(
        Reason(code=score.criterion, text=score.reason) for score in (*low, *material.unbacked(draft))
    )
    return without(input, why, "", detail)


def _reviewed(
    input: Input, config: EngageConfig, material: Material, draft: Draft, grades: tuple[Graded, ...]
) -> Flow[Decision]:
    edited, told = False, ""
    stranger: tuple[Reason, ...] = ()
    while True:
        needs = not passing(grades, draft, material)
        item = review_item(material, draft, grades, edited, needs)
        given = yield from asked(
            _review_ask(input, told, item, stranger),
            _verdict,
            input,
            lambda said: shaped(said.draft, material) if isinstance(said, Edit) else None,
        )
        if isinstance(given, Decision):
            return given
        verdict, stranger = given.value, ()
        if isinstance(verdict, Reassign) and verdict.to not in input.owners:
            stranger = (Reason(code="unknown_owner", text=f"Nobody in the roster is called {verdict.to}."),)
            continue
        if isinstance(verdict, Approve) and needs and not (verdict.override_reason or "").strip():
            told = "It is below the mark: approve it with a reason, or change it. "
            continue
        if not isinstance(verdict, Edit | Revise):
            return _closed(input, material, verdict, given.by.partition(":")[2], len(draft.mails))
        told = ""
        changed = yield from _changed(input, config, material, draft, verdict)
        if isinstance(changed, Decision):
            return changed
        (draft, grades), edited = changed, isinstance(verdict, Edit)


def _changed(
    input: Input, config: EngageConfig, material: Material, draft: Draft, verdict: Edit | Revise
) -> Flow[tuple[Draft, tuple[Graded, ...]] | Decision]:
    if isinstance(verdict, Revise):
        return (
            yield from _written(
                input, material, config.max_revisions and 1, draft, (), Quoted(text=verdict.note)
            )
        )
    changed = material.settled(verdict.draft)
    grades = yield from _graded(input, material, changed)
    return grades if isinstance(grades, Decision) else (changed, grades)


def _review_ask(input: Input, told: str, item: ReviewItem, stranger: tuple[Reason, ...]) -> Ask:
    low = tuple(
        Reason(code=grade.score.criterion, text=grade.score.reason)
        for grade in item.grades
        if not grade.passes
    )
    question = f"Send these {len(item.draft.mails)} e-mails ({item.play})?"
    return Ask(
        to=f"person:{input.event.owner}",
        queue="review",
        question=f"{told}{question}{' Approving takes a reason.' if item.needs_override else ''}",
        payload=item,
        options=OPTIONS,
        evidence=(*stranger, *low, *(Reason(code="unsupported", text=text) for text in item.unsupported)),
    )


def _closed(
    input: Input, material: Material, verdict: Approve | Reject | Reassign, by: str, mails: int
) -> Decision:
    lead, owner, play = input.lead.id, input.event.owner, material.play.name
    if isinstance(verdict, Reject):
        why = Reason(code="rejected", text=f"The rep rejected it: {verdict.why or 'no reason given'}.")
        return Decision(
            outcome="rejected",
            rule=play,
            reasons=(why,),
            events=(SequenceRejected(record=lead, owner=owner, play=play),),
        )
    if isinstance(verdict, Reassign):
        moved = LeadAssigned.model_validate(input.event.model_dump() | {"owner": verdict.to, "by": "person"})
        why = Reason(code="reassigned", text=f"{owner} gave the lead to {verdict.to}.")
        write = AssignOwner(record=lead, owner=verdict.to)
        return Decision(outcome="reassigned", rule=play, reasons=(why,), events=(moved,), effects=(write,))
    return _approved(input, verdict, play, by, mails)


def _approved(input: Input, verdict: Approve, play: str, by: str, mails: int) -> Decision:
    lead, owner = input.lead.id, input.event.owner
    event = SequenceApproved(
        record=lead,
        owner=owner,
        approver=by,
        play=play,
        mails=mails,
        approval=verdict.approval,
        digest=verdict.digest,
        overridden=bool(verdict.override_reason),
    )
    reasons = [Reason(code="approved", text=f"The rep approved {mails} e-mails of the play {play}.")]
    if verdict.override_reason:
        reasons.append(Reason(code="override", text=verdict.override_reason))
    deploy = DeploySequence(record=lead, approval=verdict.approval, digest=verdict.digest)
    return Decision(outcome="approved", rule=play, reasons=tuple(reasons), events=(event,), effects=(deploy,))
