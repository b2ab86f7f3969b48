"""Engage's config: gates, plays, approved lines, nameable customers, rubric; operations own it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from loops.config import LoopConfig, Path
from loops.engage.discovery.framework import DiscoveryConfig, Framework
from loops.engage.facts import FactKind
from loops.values import Value

Request = Literal["call", "question", "resource", "referral", "close"]
Checker = Literal[
    "relevance", "personalization", "specificity", "calls_to_action", "tone", "length", "formatting"
]
Share = Annotated[float, Field(ge=0, le=1)]


class MailPlan(Value):
    """One mail of a play."""

    wait_days: int = Field(ge=0, le=30)
    # days after the mail before it; 0 for the first
    goal: str
    # what this mail is for, for the writer
    request: Request
    # its one call to action
    lines: tuple[str, ...] = Field(min_length=1)
    # ids of playbook lines it may use, any order


class Play(Value):
    """When to write what: chosen by the kinds of facts found, or by where the lead came from."""

    name: str
    facts: tuple[FactKind, ...] = ()
    # it fits when one of these was found; empty: it fits any
    sources: tuple[str, ...] = ()
    # it fits leads of these sources only; empty: any
    angle: str
    mails: tuple[MailPlan, ...] = Field(min_length=3, max_length=5)


class Line(Value):
    """An approved line about our product: what may be said, word for word, and why it is true."""

    id: str
    text: str
    wordings: tuple[str, ...] = Field(min_length=1)
    # approved verb phrases in the third person; a claim must contain one of them verbatim
    topics: tuple[str, ...] = Field(min_length=1)
    proof: str
    approved_by: str
    approved_on: date


class Playbook(Value):
    """One file of approved lines."""

    lines: tuple[Line, ...]


class Reference(Value):
    """A customer that may be named, and what may be said about them."""

    id: str
    name: str
    wordings: tuple[str, ...] = Field(min_length=1)
    # approved verb phrases in the past tense, with the customer as their subject
    topics: tuple[str, ...] = Field(min_length=1)
    approved_by: str
    approved_on: date


class References(Value):
    """The customers that may be named."""

    customers: tuple[Reference, ...] = ()


class Criterion(Value):
    """One of the seven criteria."""

    name: Checker
    by: Literal["code", "judge"]
    asks: str
    # what the criterion wants, in one sentence
    mark: int = Field(ge=0, le=100)
    # points at which a sequence passes
    numbers: dict[str, int] = {}
    # the checker's bounds
    words: dict[str, tuple[str, ...]] = {}
    # the checker's word lists, lower case


class Rubric(Value):
    """The seven criteria, in the order they are shown."""

    version: int = Field(ge=1)
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _all_seven(self) -> Self:
        names = [criterion.name for criterion in self.criteria]
        if sorted(names) != sorted(Checker.__args__):
            raise ValueError(f"give each of these criteria once: {', '.join(Checker.__args__)}")
        return self

    def criterion(self, name: str) -> Criterion:
        """The criterion of that name."""
        return next(criterion for criterion in self.criteria if criterion.name == name)


class Intent(Value):
    """What the loop is meant to reach; feedback compares the metrics with it."""

    max_rejected_share: Share
    # of the sequences shown to reps
    max_without_facts_share: Share
    # of all runs
    max_below_mark_share: Share
    # of all runs
    max_analyses_rejected_share: Share
    # of the analysed calls shown to reps
    max_confirmed_anyway_share: Share
    # of the confirmed opportunities: below the handoff criteria
    min_sample: int = Field(ge=1)
    # runs below which nothing is concluded


class EngageConfig(LoopConfig):
    """Everything operations decide about outreach and discovery."""

    PARTS: ClassVar[dict[str, str]] = {
        "plays": "plays/*.yaml",
        "playbook": "playbook/*.yaml",
        "references": "references.yaml",
        "rubric": "rubrics/outreach.yaml",
        "frameworks": "frameworks/*.yaml",
    }

    sender_company: str
    # our name as it stands in a mail
    min_facts: int = Field(ge=1, le=10)
    # usable facts below which no sequence is written
    max_age_days: int = Field(ge=1)
    # older facts aren't used
    max_facts: int = Field(ge=1, le=12)
    # facts handed to the writer, the most telling first
    max_revisions: int = Field(ge=0, le=3)
    # revisions the writer gets before the draft is given up
    grades: tuple[str, ...]
    # grades that get a sequence
    no_sequence_statuses: tuple[str, ...]
    # account statuses whose people never get one
    no_sequence_by: tuple[str, ...]
    # ways of routing after which the owner is already talking with them
    row_fields: tuple[str, ...]
    # fields of a lead's row that may be cited
    play_order: tuple[str, ...] = Field(min_length=1)
    # names of plays; the first that fits is taken
    plays: tuple[Play, ...]
    playbook: tuple[Playbook, ...]
    references: References
    rubric: Rubric
    discovery: DiscoveryConfig
    frameworks: tuple[Framework, ...]
    # qualification frameworks; `discovery` names the one in use
    intent: Intent

    @property
    def lines(self) -> dict[str, Line]:
        """Every approved line by its id."""
        return {line.id: line for book in self.playbook for line in book.lines}

    @property
    def framework(self) -> Framework | None:
        """The qualification framework in use; None: discovery names one that isn't there."""
        return next((one for one in self.frameworks if one.name == self.discovery.framework), None)

    def lint(self, owners: Mapping[str, frozenset[str]]) -> tuple[tuple[Path, str], ...]:
        """Names of frameworks and queues that aren't there, or are there twice."""
        wrong: list[tuple[Path, str]] = []
        names = [framework.name for framework in self.frameworks]
        if self.framework is None:
            there = ", ".join(names) or "none"
            text = f"frameworks/ has no framework {self.discovery.framework}; there are: {there}"
            wrong.append((("discovery", "framework"), text))
        wrong += [
            (("frameworks", at, "name"), f"another file in frameworks/ is named {name} too")
            for at, name in enumerate(names)
            if name in names[:at]
        ]
        if f"queue:{self.discovery.nurture_queue}" not in owners["owner"]:
            text = f"the scenario has no queue {self.discovery.nurture_queue}"
            wrong.append((("discovery", "nurture_queue"), text))
        return tuple(wrong)

    @model_validator(mode="after")
    def _names_hold(self) -> Self:
        known = {play.name for play in self.plays}
        if missing := [name for name in self.play_order if name not in known]:
            raise ValueError(f"play_order names {', '.join(missing)}, and plays/ has no such play")
        lines = self.lines
        for play in self.plays:
            wanted = {line for mail in play.mails for line in mail.lines}
            if unknown := sorted(wanted - set(lines)):
                raise ValueError(
                    f"plays/{play.name} uses {', '.join(unknown)}, and playbook/ has no such line"
                )
        return self
