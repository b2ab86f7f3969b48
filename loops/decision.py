"""The one seam: what `decide` takes and returns. Agents and people enter a loop only as answers."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, SerializeAsAny

from loops.values import Value

Queue = Literal["agent", "review", "triage"]
Confidence = Annotated[float, Field(ge=0, le=1), AfterValidator(lambda share: round(share, 3))]
MAX_ASKS = 12  # a run that has asked this often goes to triage: a bound on cost, not a business threshold


class Event(Value):
    """Something that happened, named in the past tense; it holds ids and figures, nothing personal.

    A subclass adds `kind: Literal["ItsName"] = "ItsName"`, so that a reader finds the class again.
    """

    VERSION: ClassVar[int] = 1
    kind: str
    record: str
    # id of the lead, account or other record it is about; order is kept per record


class Effect(Value):
    """Something to be done outside, named in the imperative; it holds ids and figures, nothing personal."""

    kind: str
    record: str


class Reason(Value):
    """Why: a stable code and one plain sentence."""

    code: str
    text: str


class Ask(Value):
    """A question to an agent or a person; the run waits for its answer."""

    to: str
    # agent:<specialist> | person:<id> | role:<role>
    queue: Queue
    question: str
    payload: SerializeAsAny[Value]
    options: tuple[str, ...] = ()
    # in the order to offer them; empty: the answer is free within the payload's type
    evidence: tuple[Reason, ...] = ()


class Answer(Value):
    """What came back, from whom; `decide` reads `value` through its own type and survives any content."""

    by: str
    # agent:<specialist>@<model> | person:<id> | nobody:<timeout|refusal|invalid|budget|failure>
    value: dict[str, JsonValue] = {}
    confidence: Confidence | None = None
    why: str = ""
    exchanges: tuple[str, ...] = ()
    # hashes of the taped requests it rests on, in call order
    instead_of: str = ""
    # the model that should have answered and why it couldn't; "" where it did

    @property
    def actor(self) -> str:
        """`agent`, `person` or `nobody`."""
        return self.by.partition(":")[0]


class Decision(Value):
    """How a run ended, why, what happened (events) and what is to be done (effects)."""

    outcome: str
    reasons: tuple[Reason, ...]
    rule: str | None = None
    confidence: Confidence | None = None
    # of the agent's answer it rests on; None where code or a person decided
    events: tuple[SerializeAsAny[Event], ...] = ()
    effects: tuple[SerializeAsAny[Effect], ...] = ()
