"""What discovery asks the analyst and the rep, and the shapes of their answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from loops.decision import Confidence, Reason
from loops.engage.discovery.framework import DisqualifyReason, Framework
from loops.ids import CallId
from loops.values import Quoted, Value

Side = Literal["ours", "theirs", "unknown"]
State = Literal["covered", "partly", "uncovered"]
Outcome = Literal["confirm", "disqualify", "continue"]


class Line(Value):
    """One turn of a transcript."""

    n: int
    # its number, from 1
    speaker: str
    # as the transcript names them; "" where it doesn't
    side: Side
    words: Quoted


class Earlier(Value):
    """What an earlier call of the same deal showed, as a rep committed it."""

    dimension: str
    state: State
    call: str
    line: int
    # in that call; 0: no words, the rep knew it
    on: date
    speaker: str = ""
    words: Quoted | None = None
    # None: no words, or they are gone


class DiscoveryTask(Value):
    """What the analyst is asked to read."""

    call: CallId
    framework: Framework
    lines: tuple[Line, ...]
    # in the order spoken
    earlier: tuple[Earlier, ...]
    # of this deal; may be empty
    reasons: tuple[DisqualifyReason, ...]
    # reasons for giving up that it may point out


class Finding(Value):
    """A dimension that the call shows something of."""

    dimension: str
    state: Literal["covered", "partly"]
    quote: str
    # copied from the line, character by character
    line: int
    confidence: Confidence


class Concern(Value):
    """Words that speak for giving the deal up."""

    reason: str
    # name of one of the task's reasons
    quote: str
    line: int


class Question(Value):
    """A question for the next meeting."""

    dimension: str
    text: str


class Discovery(Value):
    """The analyst's reply."""

    findings: tuple[Finding, ...] = ()
    concerns: tuple[Concern, ...] = ()
    questions: tuple[Question, ...] = ()


class Known(Value):
    """Where a dimension stands after this call, and what shows it."""

    name: str
    label: str
    required: bool
    weight: int
    state: State
    quote: str = ""
    # word for word; "" where nothing shows it
    speaker: str = ""
    call: str = ""
    # the call that shows it; "" while uncovered
    line: int = 0
    # its line there; 0: no words
    on: date | None = None
    # when it was said
    by: Literal["analyst", "earlier", "rep", "nobody"] = "nobody"
    # who says that it stands so
    why: str = ""
    # why it isn't covered, or the rep's own note


class DiscoveryItem(Value):
    """What the rep sees."""

    call: str
    on: date
    deal: str
    lead: str | None
    person: str
    # whom the deal is with; "" where only the account is known
    company: str
    framework: str
    dimensions: tuple[Known, ...]
    # in the framework's order
    questions: tuple[Question, ...]
    # for the next meeting, the required dimensions first
    concerns: tuple[Concern, ...]
    dropped: tuple[Reason, ...]
    # what the analyst found and code refused
    share: float
    # 0-1, covered part of the framework's weight
    suggestion: Outcome
    why: str
    meets: bool
    # whether the handoff criteria are met
    reasons: tuple[DisqualifyReason, ...]
    # for which it may be disqualified
    suggested: tuple[str, ...] = ()
    # names of those that speak for giving it up
    unread: str = ""
    # why the analyst didn't read the call; "" where it did
    adjusted: bool = False

    @property
    def no_contact(self) -> Concern | None:
        """The words in which they ask not to be contacted; None where they don't."""
        names = {reason.name for reason in self.reasons if reason.suppress}
        return next((concern for concern in self.concerns if concern.reason in names), None)


class Cover(Value):
    """The rep knows that a dimension is covered."""

    dimension: str
    note: str = ""
    # how they know


class Commit(Value):
    """The rep commits the qualification: as suggested (`commit`), or to an outcome of their own."""

    verdict: Literal["commit", "confirm", "disqualify", "continue"]
    cover: tuple[Cover, ...] = ()
    uncover: tuple[str, ...] = ()
    # names of dimensions that aren't covered after all
    reasons: tuple[str, ...] = ()
    # why it is disqualified, by the config's names
    override_reason: str | None = None
    # why it is confirmed below the criteria, or goes on though they ask not to be contacted


class Discard(Value):
    """The rep throws the analysis away; nothing of it is kept."""

    verdict: Literal["reject"]
    why: str = ""


CallVerdict = Annotated[Commit | Discard, Field(discriminator="verdict")]
