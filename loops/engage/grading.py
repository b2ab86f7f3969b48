"""A draft against the rubric: what code grades, what the judge's reply must hold, what the rep is shown."""

import re
from dataclasses import dataclass
from datetime import date

from loops.engage.config import Criterion, Line, Play, Reference, Rubric
from loops.engage.criteria import CHECKERS, Context
from loops.engage.draft import Claim, Draft, Mail, still_true
from loops.engage.facts import Fact, Source
from loops.engage.grounding import Ground, unbacked
from loops.engage.tasks import Graded, Grades, GradingTask, Reader, ReviewItem, Score
from loops.values import canonical

CONTACTS = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "a link": re.compile(r"(?:https?://|www\.)[^\s)>\]]+"),
    "a telephone number": re.compile(r"\+\d[\d ().-]{6,}\d"),
}
"""Ways to reach somebody, by their form."""


@dataclass(frozen=True)
class Material:
    """Everything a sequence is made of and held against."""

    reader: Reader
    sender: str
    sender_company: str
    play: Play
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    references: tuple[Reference, ...]
    rubric: Rubric
    today: date
    # in UTC

    @property
    def ground(self) -> Ground:
        """What a statement may rest on."""
        return Ground(
            self.reader,
            self.sender,
            self.sender_company,
            self.facts,
            self.sources,
            self.lines,
            self.references,
        )

    def unbacked(self, draft: Draft) -> tuple[Score, ...]:
        """Statements of the draft that nothing backs, as scores that a writer can act on."""
        return tuple(
            Score(criterion="grounding", points=0, reason=fault.reason, span=fault.span, mail=fault.mail)
            for fault in unbacked(draft, self.ground)
        )

    def cited_lines(self, draft: Draft) -> tuple[Line, ...]:
        """The approved lines that the draft cites."""
        cited = {claim.source for mail in draft.mails for claim in mail.claims}
        return tuple(line for line in self.lines if line.id in cited)

    def judging(self, draft: Draft) -> GradingTask:
        """What the judge is asked about the draft."""
        return GradingTask(
            draft=draft,
            reader=self.reader,
            angle=self.play.angle,
            facts=self.facts,
            lines=self.cited_lines(draft),
            criteria=tuple(criterion for criterion in self.rubric.criteria if criterion.by == "judge"),
        )

    def settled(self, edited: Draft) -> Draft:
        """The edit with the claims that still stand in it, and those that its words plainly make."""
        return Draft(mails=tuple(self._claiming(mail) for mail in still_true(edited).mails))

    def _claiming(self, mail: Mail) -> Mail:
        spoken = [(part, fact.id) for fact in self.facts for part in fact.details.values()]
        spoken += [
            (wording, item.id) for item in (*self.lines, *self.references) for wording in item.wordings
        ]
        claimed = {claim.source for claim in mail.claims}
        new = {source: Claim(span=part, source=source) for part, source in spoken if part in mail.body}
        return mail.model_copy(
            update={"claims": (*mail.claims, *(c for source, c in new.items() if source not in claimed))}
        )


def shaped(draft: Draft, material: Material) -> str | None:
    """Why the draft isn't a sequence of this play at all, or None."""
    if len(draft.mails) != len(material.play.mails):
        return f"{len(draft.mails)} mails where the play has {len(material.play.mails)}"
    waits = [mail.wait_days for mail in draft.mails]
    wanted = [plan.wait_days for plan in material.play.mails]
    if waits != wanted:
        return f"waits of {waits} days where the play has {wanted}"
    approved = "\n".join(
        canonical(part).decode() for part in (material.play, *material.lines, *material.references)
    )
    return next(
        (f"it holds {where}, which no approved line has" for where in contacts(draft, approved)), None
    )


def contacts(draft: Draft, approved: str) -> tuple[str, ...]:
    """The kinds of ways to reach somebody in a draft's text that no approved line has.

    A person may add their own; an agent that writes one down has it from somebody else's text.
    """
    text = "\n".join(f"{mail.subject}\n{mail.body}" for mail in draft.mails)
    return tuple(
        name for name, form in CONTACTS.items() if any(found not in approved for found in form.findall(text))
    )


def judged(grades: Grades, criteria: tuple[Criterion, ...], draft: Draft) -> str | None:
    """Why the judge's reply can't be used, or None: each criterion once, each span really there."""
    if sorted(score.criterion for score in grades.scores) != sorted(criterion.name for criterion in criteria):
        return f"it grades {', '.join(score.criterion for score in grades.scores) or 'nothing'}"
    texts = "\n".join(f"{mail.subject}\n{mail.body}" for mail in draft.mails)
    missing = [score.span for score in grades.scores if score.span not in texts]
    return f"it quotes “{missing[0]}”, which the draft doesn't say" if missing else None


def code_grades(draft: Draft, material: Material) -> tuple[Score, ...]:
    """The scores of the criteria that code checks: for each, the weakest mail's."""
    context = Context(material.reader, material.sender, material.facts)
    scores: list[Score] = []
    for criterion in material.rubric.criteria:
        if criterion.by == "code":
            check = CHECKERS[criterion.name]
            each = [check(mail, index, context, criterion) for index, mail in enumerate(draft.mails)]
            scores.append(min(each, key=lambda score: score.points))
    return tuple(scores)


def passing(grades: tuple[Graded, ...], draft: Draft, material: Material) -> bool:
    """Whether every criterion reaches its mark and every statement is backed."""
    return all(grade.passes for grade in grades) and not material.unbacked(draft)


def review_item(
    material: Material, draft: Draft, grades: tuple[Graded, ...], edited: bool, needs_override: bool
) -> ReviewItem:
    """What the rep sees."""
    cited = {claim.source for mail in draft.mails for claim in mail.claims}
    return ReviewItem(
        reader=material.reader,
        play=material.play.name,
        draft=draft,
        facts=material.facts,
        sources=material.sources,
        lines=material.cited_lines(draft),
        references=tuple(reference for reference in material.references if reference.id in cited),
        grades=grades,
        unsupported=tuple(score.reason for score in material.unbacked(draft)),
        edited=edited,
        needs_override=needs_override,
    )
