"""What people decided, read off the ledger: drafts as samples, choices as reviewed cases."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from evals.bands import segment
from evals.reliability import FLAWED, SOUND, Known
from loops.calibration import Case
from loops.config import SegmentedBands
from loops.engage.config import EngageConfig
from loops.engage.tasks import GradingTask, ReviewItem
from tools.evidence.verdicts import chosen
from tools.store import Erased, Store
from tools.store import tables as t
from tools.workspace import Workspace

FILE = Path("evals") / "verdicts.jsonl"
"""Under the workspace's data, which git ignores: the texts are people's own."""
LOOPS = {"route": "route", "match": "qualify"}
"""Task → the loop whose agent's choices people confirm."""
LABELS = {"approve": SOUND, "edit": FLAWED, "revise": FLAWED}
"""A person's verdict → what it says of the draft's wording."""
_STEPS = (
    select(t.ledger.c.run, t.ledger.c.seq, t.ledger.c.kind, t.ledger.c.queue, t.ledger.c.body)
    .where(t.ledger.c.kind.in_(("asked", "answered")))
    .order_by(t.ledger.c.run, t.ledger.c.seq)
)


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    verdicts: Mapping[str, int]
    # verdict → how many
    erased: int
    # whose texts are gone


Step = tuple[str, str, dict[str, Any]]
"""(kind, queue, body)"""


def export(workspace: Workspace, store: Store) -> Exported:
    """Write people's verdicts on drafts as samples into the workspace's own data."""
    path = workspace.data / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    runs, erased = _runs(store, "engage")
    with path.open("w", encoding="utf-8") as file:
        for run, steps in runs.items():
            for sample in _samples(run, steps):
                counts[sample["verdict"]] = counts.get(sample["verdict"], 0) + 1
                file.write(json.dumps(sample, ensure_ascii=False, sort_keys=True) + "\n")
    return Exported(path, counts, erased)


def told(workspace: Workspace) -> tuple[Known, ...]:
    """The exported drafts whose wording a person judged: sound where it went out as it was, flawed where not.

    A rejection is left out, for it is about the lead as often as about the draft; so is a draft that a person
    has worked on, and one of a play that is gone.
    """
    path, config = workspace.data / FILE, cast("EngageConfig", workspace.configs["engage"])
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = (_known(json.loads(line), config) for line in lines)
    return tuple(one for one in found if one)


def _known(sample: Mapping[str, Any], config: EngageConfig) -> Known | None:
    item = ReviewItem.model_validate(sample["item"])
    angle = next((play.angle for play in config.plays if play.name == item.play), None)
    label = LABELS.get(sample["verdict"])
    if angle is None or label is None or item.edited:
        return None
    task = GradingTask(
        draft=item.draft,
        reader=item.reader,
        angle=angle,
        facts=item.facts,
        lines=item.lines,
        criteria=tuple(criterion for criterion in config.rubric.criteria if criterion.by == "judge"),
    )
    return Known(sample["id"], task, label)


def reviewed(store: Store, task: str, bands: SegmentedBands) -> tuple[Case, ...]:
    """The agent's choices that a person then made too, with its confidence: right where both agree.

    A case's segment is that of its company's size among the bands' segments, or `other`.
    """
    with store.reading() as tx:
        found = chosen(tx, LOOPS[task])
    return tuple(
        Case(confidence=one.confidence, correct=one.right, segment=segment(bands, one.employees))
        for one in found
        if one.right is not None
    )


def _runs(store: Store, loop: str) -> tuple[dict[str, list[Step]], int]:
    """Run → its asks and answers in order; how many bodies are erased."""
    runs: dict[str, list[Step]] = {}
    erased = 0
    with store.reading() as tx:
        for run, _, kind, queue, body in tx.all(_STEPS.where(t.ledger.c.loop == loop)):
            try:
                runs.setdefault(run, []).append((kind, queue, tx.json(body)))
            except Erased:
                erased += 1
    return runs, erased


def _samples(run: str, steps: Iterable[Step]) -> Iterator[dict[str, Any]]:
    """One sample for each verdict of a person's on a draft that they were shown."""
    shown: dict[str, Any] | None = None
    for n, (kind, queue, body) in enumerate(steps):
        if kind == "asked":
            shown = body["payload"] if queue == "review" and "draft" in body["payload"] else None
        elif shown is not None and str(body["by"]).startswith("person:"):
            verdict: dict[str, Any] = body["value"]
            yield {
                "id": f"{run}:{n}",
                "item": shown,
                "verdict": verdict.get("verdict", ""),
                "kept_share": _kept(shown["draft"], verdict.get("draft")),
                "reason": verdict.get("why") or verdict.get("note") or verdict.get("override_reason") or "",
            }


def _kept(draft: Mapping[str, Any], edit: Mapping[str, Any] | None) -> float:
    """The share of words that an edit left as they were, 0-1; 1 without an edit."""
    if edit is None:
        return 1.0
    one, other = (
        [word for mail in text["mails"] for word in f"{mail['subject']} {mail['body']}".split()]
        for text in (draft, edit)
    )
    return round(difflib.SequenceMatcher(None, one, other, autojunk=False).ratio(), 3)

