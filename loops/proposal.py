"""A change to a loop's config that somebody proposes, with evidence that anybody can recompute."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from loops.ids import LoopName
from loops.values import Value, content_hash

Kind = Literal["weights", "thresholds", "rules", "bands", "play", "rubric", "prompt"]
Key = str | int
Metric = Literal["conversion", "auc", "graded_A", "moved_by_people", "triaged", "asked_people"]


class Edit(Value):
    """One place of a config file that says something else."""

    op: Literal["set", "insert", "remove"] = "set"
    # insert: before the list item at `path`, or at the end where there is none
    path: Annotated[tuple[Key, ...], Field(min_length=1)]
    # keys and list positions from the top, e.g. ("factors", 4, "values", "webinar")
    value: JsonValue = None
    # None with `remove`


class Figure(Value):
    """One figure of the evidence, and the command that computes it again."""

    name: str
    # dotted and stable, e.g. held_out.auc.after
    value: float | int | str
    # rounded to 6 decimals
    unit: Literal["count", "share", "points", "auc", "hours", "share_points", "date", "hash"]
    low: float | None = None
    high: float | None = None
    # 95 % interval; None where there is none
    sample: int = Field(default=0, ge=0)
    # leads it rests on
    command: str
    # recomputes it on the instance that holds the ledger


class Promise(Value):
    """What the loop's metric is to be after a merge, and when that can be told."""

    # asked_people: of the records that an agent chose for, those that a person was asked about
    metric: Metric
    segment: dict[str, str] = {}
    # attribute → value of the leads it is about; empty: all
    rule: str = ""
    # only leads that this rule decided; "": by whatever rule
    before: float
    expected: float
    low: float
    high: float
    # what can be expected at 95 %
    after_leads: int = Field(gt=0)
    # decided under the new config and settled; fewer say nothing


class Guardrail(Value):
    """How a segment does under the change, on the held-out part."""

    segment: str
    # attribute = value
    leads: int
    before: float
    after: float
    holds: bool
    # whether it isn't worse than the config lets it be; small samples hold and say so
    says: str = ""


class Window(Value):
    """The leads it rests on: fitted on the earlier part, tried on the later one."""

    fitted_from: date
    fitted_to: date
    held_from: date
    # never before fitted_to
    held_to: date
    fitted: int
    held: int
    # leads
    origins: dict[str, int]
    # where they come from → how many
    data: str
    # hash of the ids, the known attributes and the outcomes that were used


class Proposal(Value):
    """One specific change with its evidence; its id is its content, so nothing in it can be swapped."""

    loop: LoopName
    file: str
    # within the workspace, e.g. loops/qualify.yaml
    kind: Kind
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)]
    title: str
    # one line, imperative: Give webinar leads 6 points instead of 12
    why: str
    # two or three sentences; every figure in it is one of `figures`
    by: str
    # agent:config_author@<model> | person:<id>
    base: str
    # version (content hash) of the config it changes
    candidate: str
    # version of the config with the change
    window: Window
    figures: tuple[Figure, ...]
    promise: Promise
    guardrails: tuple[Guardrail, ...] = ()
    wrong_if: tuple[str, ...]
    # what would show that it was wrong, a sentence each
    refused: tuple[tuple[str, str], ...] = ()
    # attributes that were no evidence, and why

    @property
    def id(self) -> str:
        """Its name: the loop and ten hex digits of its content; also that of its branch and its file."""
        return f"{self.loop}-{content_hash(self)[:10]}"

    @property
    def branch(self) -> str:
        """The git branch it lies on."""
        return f"revloops/{self.id}"
