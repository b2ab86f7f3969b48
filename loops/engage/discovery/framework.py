"""What has to be known of a deal before it is handed on: frameworks and criteria, all of them config."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from loops.values import Value

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Dimension(Value):
    """One thing a framework wants to know."""

    name: Name
    label: str
    # as a rep reads it
    asks: str
    # what counts as covered, in one sentence
    follow_up: tuple[str, ...] = Field(min_length=1)
    # questions to ask while it is uncovered, the best first
    required: bool = False
    # whether no deal is handed on without it
    weight: int = Field(default=1, ge=1)
    # how much it counts beside the others
    theirs: bool = True
    # whether only the customer's own words show it


class Framework(Value):
    """A qualification framework: BANT, MEDDIC, MEDDPICC or your own."""

    name: Name
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    # in the order they are shown

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [dimension.name for dimension in self.dimensions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands here twice")
        return self

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of that name, or None."""
        return next((dimension for dimension in self.dimensions if dimension.name == name), None)


class DisqualifyReason(Value):
    """A reason for which a deal may be given up."""

    name: Name
    label: str
    asks: str
    # what a customer says who gives this reason, in one sentence
    decisive: bool = False
    # whether a customer's saying so is enough to suggest giving the deal up
    suppress: bool = False
    # whether it means that they ask not to be contacted: giving up for it suppresses their address


DO_NOT_CONTACT = DisqualifyReason(
    name="do_not_contact",
    label="Asks not to be contacted",
    asks="They ask us not to call or write again",
    decisive=True,
    suppress=True,
)
"""Stands among the reasons of a config that has none of its kind: no config makes us deaf to it."""


class Sureness(Value):
    """What becomes of a finding by the analyst's confidence in it."""

    covered: Share
    # at or above: it stands as it was found
    partly: Share
    # from here up to `covered`: partly; below: uncovered

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.partly > self.covered:
            raise ValueError("partly must not be above covered")
        return self


class Handoff(Value):
    """When a deal may be confirmed as an opportunity: every required dimension, and enough of the rest."""

    least_share: Share
    # of the framework's weight that must be covered
    partly_counts: Share
    # how much a dimension counts that is covered in part


class DiscoveryConfig(Value):
    """Everything operations decide about discovery."""

    framework: str
    # name of one in frameworks/
    min_lines: int = Field(ge=1)
    # lines of the customer's below which a call isn't analysed
    min_quote_words: int = Field(ge=1)
    # words below which a quotation shows nothing
    max_age_days: int = Field(ge=1)
    # what was said longer ago counts as partly covered
    max_questions: int = Field(ge=1)
    # follow-up questions in the rep's task for the next meeting
    sure: Sureness
    handoff: Handoff
    disqualify: tuple[DisqualifyReason, ...] = Field(min_length=1)
    # the reasons a rep may give
    nurture_queue: str
    # queue of the scenario that a disqualified lead goes to

    @property
    def reasons(self) -> tuple[DisqualifyReason, ...]:
        """The reasons there are; one of them is a request not to be contacted."""
        heeded = any(reason.suppress for reason in self.disqualify)
        return self.disqualify if heeded else (DO_NOT_CONTACT, *self.disqualify)

    @property
    def no_contact(self) -> DisqualifyReason:
        """The reason that a request not to be contacted is."""
        return next(reason for reason in self.reasons if reason.suppress)
