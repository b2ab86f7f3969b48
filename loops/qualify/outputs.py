"""What Qualify may emit."""

from typing import Literal

from loops.decision import Effect, Event
from loops.values import Value


class LeadReceived(Event):
    """A lead arrived, from any source."""

    kind: Literal["LeadReceived"] = "LeadReceived"


class LeadChanged(Event):
    """The source said something new about a lead we have."""

    kind: Literal["LeadChanged"] = "LeadChanged"
    content: str
    # hash of what it says now


class LeadQualified(Event):
    """A lead was scored and graded; what later loops may read of it."""

    kind: Literal["LeadQualified"] = "LeadQualified"
    score: int
    grade: Literal["A", "B", "C", "D"]
    company: str | None
    # id of the matched profile
    employees: int | None
    industry: str | None
    lifts: tuple[str, ...]
    # what would reach the next grade; empty for an A


class WriteScore(Effect):
    """Write score, grade and the factors' points back to the CRM."""

    kind: Literal["WriteScore"] = "WriteScore"
    score: int
    grade: str
    factors: dict[str, int]
    # factor → points; they add up to the score


class MatchQuestion(Value):
    """Which of these profiles is the lead's company?"""

    lead: str
    company: str
    domain: str | None
    country: str | None
    city: str | None
    industry: str | None
    employees: int | None
    candidates: tuple["MatchCandidate", ...]


class MatchCandidate(Value):
    """One profile and how it agrees with what the lead says."""

    company: str
    name: str
    domain: str | None
    country: str | None
    city: str | None
    industry: str | None
    employees: int | None
    agrees: tuple[str, ...]
    differs: tuple[str, ...]


EVENTS = (LeadReceived, LeadChanged, LeadQualified)
