"""How well a model does the specialists' work, and what its endpoint can do: a dozen samples."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Literal
from uuid import uuid4

from pydantic import JsonValue

from agent.models.door import Door
from agent.models.errors import ModelDown
from agent.models.exchange import Completion, Request
from agent.models.manners import Structured
from agent.models.port import Models, NoModels
from agent.models.samples import Sample, Shown, fault, samples
from agent.spec import Desk, nothing_first
from agent.specialists import SPECS, Crew
from agent.tape import Tape
from tools.catalog import Tool
from tools.cost import Books, Spending
from tools.model_prices import Prices
from tools.store import Store
from tools.workspace import Workspace

LOOP = "check"
"""What its calls are booked under."""
A_SEQUENCE = ("prospect_researcher", "outreach_writer", "draft_judge")
"""Whose work an approved sequence takes, once each where nothing needs revision."""
RUN_CHARACTERS = 32


@dataclass(frozen=True)
class Scored:
    """One sample's outcome."""

    sample: Sample
    wrong: str
    # "" where it is right
    embedded_wrong: str
    # the same for the embedded policy


@dataclass
class Report:
    """What a check found."""

    model: str
    host: str
    scored: list[Scored] = field(default_factory=list[Scored])
    stopped: str = ""
    # why it didn't get to the end; "" where it did
    structured: Structured | None = None
    # how the endpoint takes the reply's form; None: it never gave it
    tools: Literal["yes", "in words", "no"] = "no"
    # whether it calls tools: by itself, as JSON in its text, or not when it should
    usage: bool = False
    # whether the endpoint says how many tokens it took
    waits_ms: list[int] = field(default_factory=list[int])
    # of each answered question, in the order asked
    spent: tuple[Spending, ...] = ()
    sequence: Spending | None = None
    # what a sequence would cost by these samples; None: they didn't get that far

    @property
    def right(self) -> int:
        """How many samples it got right."""
        return sum(not one.wrong for one in self.scored)

    @property
    def embedded_right(self) -> int:
        """How many of the same the embedded policy got right."""
        return sum(not one.embedded_wrong for one in self.scored)

    def wait_ms(self, percentile: int) -> int | None:
        """How long a question takes at that percentile; None: none was answered."""
        if len(self.waits_ms) < 2:
            return self.waits_ms[0] if self.waits_ms else None
        return round(quantiles(self.waits_ms, n=100, method="inclusive")[percentile - 1])

    @property
    def judgement(self) -> str:
        """One sentence: what to make of it."""
        if self.stopped:
            return f"It can't be judged: {self.stopped}."
        fell = [one.sample.name for one in self.scored if one.sample.trap and one.wrong]
        score = f"{self.right} of {len(self.scored)}, the embedded policy {self.embedded_right}"
        if fell:
            return f"Don't put it to work as it is: the trap {', '.join(fell)} caught it ({score})."
        if self.right < self.embedded_right:
            return f"The embedded policy does better ({score}): stay with it for what went wrong."
        return f"Nothing speaks against it ({score}); so few samples show what is broken, not what is good."


class Watched:
    """A door that notes what its answers were like, and says so when its model is down."""

    when_down: Literal["fallback", "queue"] = "queue"

    def __init__(self, models: Models) -> None:
        self._models = models
        self.answers: list[Completion] = []

    def model_for(self, role: str) -> str:
        """The specialist's model."""
        return self._models.model_for(role)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._models.close()

    async def complete(self, request: Request) -> Completion:
        """What the model gave back.

        Raises:
            ModelError: as the door's.
        """
        said = await self._models.complete(request)
        self.answers.append(said)
        return said


async def check(
    workspace: Workspace,
    door: Door,
    store: Store,
    prices: Prices,
    at: datetime,
    seen: Callable[[int], None] = lambda done: None,
) -> Report:
    """The model's report; what it costs is booked in the store like any other work.

    Args:
        workspace: whose prompts and budgets hold.
        door: to the model, which is every specialist's.
        store: where the door keeps its books.
        prices: the workspace's.
        at: now, by the workspace's clock.
        seen: called with the number of samples done.
    """
    watched, model = Watched(door), door.model_for(SPECS[0].name)
    report = Report(model, door.wiring.host)
    runs: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Store(str(Path(folder) / "tape.db"))
        try:
            for n, sample in enumerate(samples(), 1):
                runs[run := uuid4().hex[:RUN_CHARACTERS]] = sample.specialist
                shown = await _work(Crew(workspace, watched), sample, Tape(scratch, run, 1, None), at)
                rules = Tape(scratch, uuid4().hex[:RUN_CHARACTERS], 1, None)
                embedded = await _work(Crew(workspace, NoModels()), sample, rules, at)
                report.scored.append(Scored(sample, fault(sample, shown), fault(sample, embedded)))
                seen(n)
        except ModelDown as error:
            done = f" after {len(report.scored)} samples" if report.scored else ""
            report.stopped = f"{error}{done}".rstrip(".")
        finally:
            await watched.close()
            scratch.close()
    _observe(report, door, watched)
    _price(report, workspace, store, prices, runs)
    return report


async def _work(crew: Crew, sample: Sample, tape: Tape, at: datetime) -> Shown:
    spec = next(spec for spec in SPECS if spec.name == sample.specialist)
    agent = crew.agent(spec if sample.prefetch else replace(spec, first=nothing_first))
    called: list[str] = []

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        called.append(tool.name)
        return list(sample.documents)

    answer = await agent(dict(sample.payload), Desk(tape, call, LOOP, at))
    return Shown(answer, tuple(called))


def _observe(report: Report, door: Door, watched: Watched) -> None:
    """What the answers say about the endpoint."""
    report.waits_ms = [said.ms for said in watched.answers]
    report.usage = bool(watched.answers) and all(said.input_tokens is not None for said in watched.answers)
    proven = any(door.manners.is_proven(report.model, spec.output.__name__) for spec in SPECS)
    report.structured = door.manners.of(report.model, "").structured if proven else None
    called = any(said.calls for said in watched.answers)
    report.tools = ("in words" if report.structured == "json" else "yes") if called else "no"


def _price(
    report: Report, workspace: Workspace, store: Store, prices: Prices, runs: Mapping[str, str]
) -> None:
    currency, zone = workspace.settings.models.currency, workspace.calendar.zone
    with store.reading() as tx:
        books = Books(tx, prices, currency, zone, runs=frozenset(runs))
    report.spent = books.total()
    each = books.by_run()
    asked = [[each[run] for run, name in runs.items() if name == whom and run in each] for whom in A_SEQUENCE]
    if all(asked):
        # of each specialist the mean of its samples
        parts = [_mean(lines) for lines in asked]
        report.sequence = replace(
            parts[0],
            known_micros=sum(part.known_micros for part in parts),
            unpriced_calls=sum(part.unpriced_calls for part in parts),
        )


def _mean(lines: list[Spending]) -> Spending:
    whole = sum(line.known_micros for line in lines)
    unpriced = sum(line.unpriced_calls for line in lines)
    return Spending("", lines[0].currency, 1, known_micros=-(-whole // len(lines)), unpriced_calls=unpriced)
