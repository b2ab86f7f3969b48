"""What Engage asks agents and people, and the shapes of their answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from loops.engage.config import Criterion, Line, Play, Reference
from loops.engage.draft import Draft
from loops.engage.facts import Fact, Source
from loops.values import Quoted, Value


class Score(Value):
    """One criterion's points for a whole sequence: its weakest mail's."""

    criterion: str
    points: int = Field(ge=0, le=100)
    reason: str
    span: str = ""
    # the words that the reason is about; empty where it is about something missing
    mail: int = 0
    # 0-based index of the weakest mail


class Reader(Value):
    """The person a sequence is written to."""

    lead: str
    first_name: str
    full_name: str
    title: str
    company: str
    # without its legal form
    industry: str | None


class WritingTask(Value):
    """What the writer is asked to write, or to write again."""

    reader: Reader
    sender: str
    # the owner's name
    sender_company: str
    play: Play
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    references: tuple[Reference, ...]
    today: date
    revision: int = 0
    # 0 for the first draft
    previous: Draft | None = None
    failing: tuple[Score, ...] = ()
    # why the previous draft came back
    note: Quoted | None = None
    # what the rep wants different


class GradingTask(Value):
    """What the judge is asked to grade; it may not change a word."""

    draft: Draft
    reader: Reader
    angle: str
    facts: tuple[Fact, ...]
    lines: tuple[Line, ...]
    criteria: tuple[Criterion, ...]


class Grades(Value):
    """The judge's reply: one score for each criterion it was asked about."""

    scores: tuple[Score, ...]


class Graded(Value):
    """A criterion's score beside the mark it is held against."""

    score: Score
    mark: int
    by: Literal["code", "judge"]

    @property
    def passes(self) -> bool:
        """Whether the points reach the mark."""
        return self.score.points >= self.mark


class ReviewItem(Value):
    """What the rep sees: the mails, what each claim rests on, the seven scores."""

    reader: Reader
    play: str
    draft: Draft
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    # approved lines that the draft cites
    references: tuple[Reference, ...]
    # customers that the draft names
    grades: tuple[Graded, ...]
    # the seven, in the rubric's order
    unsupported: tuple[str, ...] = ()
    # statements in it that nothing backs; a draft of ours has none, an edit may
    edited: bool = False
    needs_override: bool = False
    # below the mark: approving it takes a reason


class TriageItem(Value):
    """A step that failed, for operations to settle."""

    lead: str
    step: str
    problem: str


class Approve(Value):
    """The rep approved exactly what was shown."""

    verdict: Literal["approve"]
    approval: str = Field(min_length=1)
    digest: str = Field(min_length=1)
    override_reason: str | None = None
    # why it ships below the mark


class Edit(Value):
    """The rep changed words; the edit is graded and shown again."""

    verdict: Literal["edit"]
    draft: Draft


class Revise(Value):
    """The rep wants it written again."""

    verdict: Literal["revise"]
    note: str = Field(min_length=1)


class Reject(Value):
    """The rep wants no sequence for this lead."""

    verdict: Literal["reject"]
    why: str = ""


class Reassign(Value):
    """The rep gives the lead to a colleague."""

    verdict: Literal["reassign"]
    to: str = Field(min_length=1)


Verdict = Annotated[Approve | Edit | Revise | Reject | Reassign, Field(discriminator="verdict")]


class Settle(Value):
    """What operations decide about a failed step."""

    verdict: Literal["retry", "task", "drop"]
