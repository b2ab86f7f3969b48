"""The evidence about a loop's config: changes found on earlier leads and tried on later ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
from pydantic import JsonValue, ValidationError

from loops.config import LoopConfig, SegmentedBands
from loops.errors import RevloopsError
from loops.history import History
from loops.intervals import Measured
from loops.proposal import Edit, Promise
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig
from loops.scenario import Scenario
from loops.tuning import candidates as scores
from loops.tuning import certain, pools, thresholds, trial
from loops.tuning.scorecard import halves
from loops.tuning.settings import Tuning
from loops.tuning.task import Choice, Evidence, Tried, TuningTask
from tools.evidence.before import NO_PLACES, after_looks, looks, meet, open_one, places, rejected
from tools.evidence.figures import Figures, promise, rounded
from tools.evidence.history import history, load_known
from tools.evidence.verdicts import chosen
from tools.evidence.windows import NOTHING, Parts, short
from tools.store import Tx
from tools.workspace import optional
from tools.yaml_edit import changed

FILE = "tuning.yaml"
MOST = 8
"""Choices that the agent is shown."""
@dataclass(frozen=True)
class Ground:
    """What evidence is made from."""

    tx: Tx
    root: Path
    scenario: Scenario
    configs: Mapping[str, LoopConfig]
    # those that hold: what is looked at is handed in apart
    until: datetime
    # leads and outcomes from then on don't count
    heeds: bool = True
    # whether what people said of earlier proposals counts; not where one is computed again


def load_tuning(root: Path) -> Tuning:
    """The workspace's tuning.yaml; the defaults where there is none.

    Raises:
        ConfigError: it is wrong, with file and line.
    """
    return optional(root, FILE, Tuning)


def midnight(at: datetime) -> datetime:
    """The start of that day, UTC: evidence counts whole days alone, so that it can be made again."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def evidence(ground: Ground, loop: str, config: LoopConfig) -> Evidence:
    """What past leads say of that config of a loop.

    Raises:
        ConfigError: tuning.yaml or history.yaml is wrong.
    """
    tuning = load_tuning(ground.root)
    if ground.heeds and (waits := open_one(ground.tx, loop, config.version)):
        return _nothing(loop, config, f"{waits} waits for a decision: `revloops proposal show {waits}`.")
    tuning = after_looks(tuning, looks(ground.tx, loop, config, ground.until))
    qualify = config if isinstance(config, QualifyConfig) else ground.configs.get("qualify")
    if not isinstance(qualify, QualifyConfig) or not isinstance(config, QualifyConfig | RouteConfig):
        return _nothing(loop, config, "Only qualify's and route's config can be held against outcomes yet.")
    known = load_known(ground.root)
    past = history(ground.tx, known, qualify, ground.scenario, ground.until)
    if isinstance(config, QualifyConfig):
        return _of_score(ground, loop, config, past, tuning)
    return _of_rules(ground, loop, config, past, tuning)


def _nothing(
    loop: str, config: LoopConfig, trouble: str, refused: tuple[tuple[str, str], ...] = ()
) -> Evidence:
    task = TuningTask(
        loop=loop, fitted=0, fitted_from="", fitted_to="", choices=(), suggested="", refused=refused
    )
    return Evidence(
        task=task, trials=(), window=NOTHING, file=_file(loop), base=config.version, trouble=trouble
    )


def _file(loop: str) -> str:
    return f"loops/{loop}.yaml"


# --- scores ---------------------------------------------------------------------------------------
def _of_score(
    ground: Ground, loop: str, config: QualifyConfig, past: History, tuning: Tuning
) -> Evidence:
    settled = past.take(np.flatnonzero(past.converted >= 0))
    score = scores.Score(config.factors, config.grades)
    early, late = (settled.take(rows) for rows in halves(settled.at, tuning.fit_share))
    if len(late) < tuning.min_sample:
        need = int(tuning.min_sample / (1 - tuning.fit_share))
        text = f"Too few leads are settled: {len(settled):,}, and about {need:,} are needed."
        return _nothing(loop, config, text, past.refused)
    if few := short(late, tuning):
        return _nothing(loop, config, few, past.refused)
    found = scores.candidates(score, early, tuning)[:MOST]
    best = scores.preferred(found, tuning.specific)
    trials: list[Tried] = []
    for candidate in found:
        tried = trial.tried(score, candidate, early, late, tuning)
        if tried is None:
            return _nothing(loop, config, "All later leads ended alike.", past.refused)
        trials.append(_tried_score(ground, loop, config, candidate, tried, len(early)))
    choices = [
        Choice(id=c.id, kind=c.kind, title=c.title, says=c.says, edits=c.edits, gain=round(c.gain, 3))
        for c in found
    ]
    suggested = best.id if best else ""
    normal = thresholds.Normal(config.drift.a_share_low, config.drift.a_share_high)
    for change in thresholds.regradings(score, normal, early, tuning):
        regraded = thresholds.tried(score, change, normal, late, tuning)
        if regraded:
            choices.append(Choice(id=change.id, kind="thresholds", title=change.title, says=change.says,
                                  edits=change.edits, gain=0.0))  # fmt: skip
            trials.append(_tried_grades(ground, loop, config, change, regraded))
            suggested = suggested or change.id
    parts = Parts(early, late, chosen(ground.tx, loop, ground.until))
    for choice, tried_bands in _certain(ground, loop, config, "matching", config.matching, parts, tuning):
        choices.append(choice)
        trials.append(tried_bands)
        suggested = suggested or choice.id
    return _whole(ground, loop, config, past, parts, choices, trials, suggested, tuning)


def _tried_score(
    ground: Ground, loop: str, config: QualifyConfig, candidate: scores.Candidate, tried: trial.Trial,
    fitted: int,
) -> Tried:
    figure = Figures(ground.until.date(), loop, candidate.id)
    figures = (
        figure.measured("held_out.auc.before", "auc", tried.before),
        figure.measured("held_out.auc.after", "auc", tried.after),
        figure.measured("held_out.auc.difference", "auc", tried.difference),
        figure.plain("held_out.log_score.standard_errors", "points", tried.surplus, tried.after.sample),
        figure.plain("fitted.deviance.gain", "points", candidate.gain, fitted),
        figure.measured("held_out.graded_A.before", "share", tried.graded_a[0]),
        figure.measured("held_out.graded_A.after", "share", tried.graded_a[1]),
        figure.measured("held_out.regraded", "share", tried.regraded),
    )
    wrong = (
        "The AUC of the score over the leads decided under it stays below the promised interval.",
        "A segment above that holds now is told apart worse: `revloops simulate` shows it.",
        "What the leads said when they came in is filled in otherwise from some day on.",
    )
    return Tried(
        id=candidate.id,
        refused=tried.refused,
        candidate=_version(ground, loop, config, candidate.edits),
        figures=figures,
        promise=promise("auc", tried.before, tried.after, max(100, tried.after.sample // 4)),
        guardrails=tried.guardrails,
        wrong_if=wrong,
    )


def _tried_grades(
    ground: Ground,
    loop: str,
    config: QualifyConfig,
    change: thresholds.Regrading,
    tried: thresholds.GradeTrial,
) -> Tried:
    figure = Figures(ground.until.date(), loop, change.id)
    return Tried(
        id=change.id,
        refused=tried.refused,
        candidate=_version(ground, loop, config, change.edits),
        figures=(
            figure.measured("fitted.graded_A.newest", "share", change.seen),
            figure.measured("held_out.graded_A.before", "share", tried.before),
            figure.measured("held_out.graded_A.after", "share", tried.after),
        ),
        promise=promise("graded_A", tried.before, tried.after, 100),
        guardrails=(),
        wrong_if=(
            "The share of A grades leaves what the config calls normal again.",
            "Reps find that leads graded B now are worth as much as those graded A: look at their outcomes.",
        ),
    )


# --- rules ----------------------------------------------------------------------------------------
def _of_rules(
    ground: Ground, loop: str, config: RouteConfig, past: History, tuning: Tuning
) -> Evidence:
    members = {pool.id: pool.members for pool in ground.scenario.pools}
    has_owner = past.owner.lookup(lambda rep: rep is not None, np.bool_)[past.owner.codes]
    owned = past.take(np.flatnonzero(has_owner))
    early, late = (owned.take(rows) for rows in halves(owned.at, tuning.fit_share))
    if len(late) < tuning.min_segment:
        return _nothing(loop, config, f"Too few leads had an owner: {len(owned):,}.", past.refused)
    if few := short(late, tuning):
        return _nothing(loop, config, few, past.refused)
    found = pools.reroutings(config.rules, members, early, tuning)[:MOST]
    trials: list[Tried] = []
    for change in found:
        rerouted = pools.tried(config.rules, members, change, late, tuning)
        trials.append(_tried_rule(ground, loop, config, change, rerouted))
    choices = [
        Choice(id=c.id, kind="rules", title=c.title, says=c.says, edits=c.edits, gain=c.gain) for c in found
    ]
    parts = Parts(early, late, chosen(ground.tx, loop, ground.until))
    for choice, tried in _certain(ground, loop, config, "bands", config.bands, parts, tuning):
        choices.append(choice)
        trials.append(tried)
    first = choices[0].id if choices else ""
    return _whole(ground, loop, config, past, parts, choices, trials, first, tuning)


def _tried_rule(
    ground: Ground, loop: str, config: RouteConfig, change: pools.Rerouting, tried: pools.RouteTrial
) -> Tried:
    figure = Figures(ground.until.date(), loop, change.id)
    none = Measured(0.0, 0.0, 1.0, tried.leads)
    moved, stays = tried.moved or none, tried.stays or none
    promised = Promise(
        metric="moved_by_people",
        segment=dict(change.segment),
        rule=change.rule.name,
        before=rounded(moved.value),
        expected=rounded(1 - stays.value),
        low=rounded(1 - stays.high),
        high=rounded(1 - stays.low),
        after_leads=max(20, tried.leads // 4),
    )
    wrong = (
        f"People move those leads on from pool {change.pool} too.",
        f"Pool {change.pool} fills up: `revloops simulate {loop}` shows the load before the merge.",
    )
    return Tried(
        id=change.id,
        refused=tried.refused,
        candidate=_version(ground, loop, config, change.edits),
        figures=(
            figure.measured("held_out.moved_by_people.before", "share", moved),
            figure.measured("held_out.ends_in_new_pool", "share", stays),
            figure.plain("fitted.moves_spared", "count", change.gain, 0),
        ),
        promise=promised,
        guardrails=tried.guardrails,
        wrong_if=wrong,
    )


# --- bands ----------------------------------------------------------------------------------------
def _certain(
    ground: Ground,
    loop: str,
    config: LoopConfig,
    key: str,
    bands: SegmentedBands,
    parts: Parts,
    tuning: Tuning,
) -> Iterator[tuple[Choice, Tried]]:
    """Lower bounds for an agent's choices, each with how it does on later ones."""
    early, late = parts.verdicts(tuning.fit_share)
    for change in certain.lowerings(bands, key, early, tuning):
        found = certain.tried(bands, change, late, tuning)
        if found is None:
            continue
        figure, seen = Figures(ground.until.date(), loop, change.id), change.seen
        yield (
            Choice(id=change.id, kind="bands", title=change.title, says=change.says,
                   edits=change.edits, gain=0.0),
            Tried(
                id=change.id,
                refused=found.refused,
                candidate=_version(ground, loop, config, change.edits),
                figures=(
                    figure.plain("fitted.choices.changed", "count", seen.errors, seen.fired),
                    figure.plain("fitted.choices.changed.bound", "share", seen.bound, seen.fired),
                    figure.measured("held_out.choices.changed", "share", found.wrong),
                    figure.measured("held_out.asked_people.before", "share", found.before),
                    figure.measured("held_out.asked_people.after", "share", found.after),
                ),
                promise=promise("asked_people", found.before, found.after, 100),
                guardrails=(),
                wrong_if=(
                    "People confirm what they are shown more readily than they would choose it: look at a "
                    "sample of those that stand.",
                    "Owners move leads that an agent placed and nobody was asked about.",
                ),
            ),
        )


# --- what all share ------------------------------------------------------------------------------
def _whole(
    ground: Ground,
    loop: str,
    config: LoopConfig,
    past: History,
    parts: Parts,
    choices: Sequence[Choice],
    trials: Sequence[Tried],
    suggested: str,
    tuning: Tuning,
) -> Evidence:
    declined = rejected(ground.tx, loop, config.version, ground.until, tuning) if ground.heeds else NO_PLACES
    pairs = [pair for pair in zip(choices, trials, strict=True) if not meet(places(pair[0].edits), declined)]
    if suggested not in {choice.id for choice, _ in pairs}:
        suggested = pairs[0][0].id if pairs else ""
    window = parts.window()
    task = TuningTask(
        loop=loop,
        fitted=window.fitted,
        fitted_from=str(window.fitted_from),
        fitted_to=str(window.fitted_to),
        choices=tuple(choice for choice, _ in pairs),
        suggested=suggested,
        refused=past.refused,
    )
    return Evidence(
        task=task,
        trials=tuple(tried for _, tried in pairs),
        window=window,
        file=_file(loop),
        base=config.version,
    )


def _version(ground: Ground, loop: str, config: LoopConfig, edits: tuple[Edit, ...]) -> str:
    """The config's version with the edits; they are made on its data, the text follows when it is opened."""
    data = cast("JsonValue", config.model_dump(mode="json", exclude_unset=True))
    for edit in edits:
        data = changed(data, edit, _file(loop))
    try:
        return type(config).model_validate(data).version
    except ValidationError as error:
        raise RevloopsError(f"{_file(loop)}: the change doesn't hold: {error.errors()[0]['msg']}") from error
