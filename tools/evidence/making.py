"""The evidence about a loop's config: changes found on earlier leads and tried on later ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import numpy as np
from pydantic import JsonValue, ValidationError

from loops.config import LoopConfig
from loops.errors import RevloopsError
from loops.history import History
from loops.intervals import Measured
from loops.proposal import Edit, Figure, Promise, Window
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig
from loops.scenario import Scenario
from loops.tuning import candidates as scores
from loops.tuning import pools, thresholds, trial
from loops.tuning.scorecard import halves
from loops.tuning.settings import Tuning
from loops.tuning.task import Choice, Evidence, Tried, TuningTask
from loops.values import content_hash
from tools.evidence.history import history, load_known
from tools.store import Tx
from tools.workspace import optional
from tools.yaml_edit import changed

FILE = "tuning.yaml"
MOST = 8
"""Choices that the agent is shown."""
NOTHING = Window(
    fitted_from=date.min, fitted_to=date.min, held_from=date.min, held_to=date.min, fitted=0, held=0,
    origins={}, data="",
)  # fmt: skip


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
    found = scores.candidates(score, early, tuning)[:MOST]
    best = scores.preferred(found, tuning.specific)
    trials: list[Tried] = []
    for candidate in found:
        tried = trial.tried(score, candidate, early, late, tuning)
        if tried is None:
            return _nothing(loop, config, "All later leads ended alike.", past.refused)
        trials.append(_tried_score(ground, loop, config, candidate, tried))
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
    return _whole(ground, loop, config, past, (early, late), tuple(choices), trials, suggested)


def _tried_score(
    ground: Ground, loop: str, config: QualifyConfig, candidate: scores.Candidate, tried: trial.Trial
) -> Tried:
    figure = _Figures(ground, loop, candidate.id)
    figures = (
        figure.measured("held_out.auc.before", "auc", tried.before),
        figure.measured("held_out.auc.after", "auc", tried.after),
        figure.measured("held_out.auc.difference", "auc", tried.difference),
        figure.plain("held_out.log_score.standard_errors", "points", tried.surplus, tried.after.sample),
        figure.plain("fitted.deviance.gain", "points", candidate.gain, 0),
    )
    promise = Promise(
        metric="auc",
        before=_rounded(tried.before.value),
        expected=_rounded(tried.after.value),
        low=_rounded(tried.after.low),
        high=_rounded(tried.after.high),
        after_leads=max(100, tried.after.sample // 4),
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
        promise=promise,
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
    figure = _Figures(ground, loop, change.id)
    return Tried(
        id=change.id,
        refused=tried.refused,
        candidate=_version(ground, loop, config, change.edits),
        figures=(
            figure.measured("fitted.graded_A.newest", "share", change.seen),
            figure.measured("held_out.graded_A.before", "share", tried.before),
            figure.measured("held_out.graded_A.after", "share", tried.after),
        ),
        promise=Promise(
            metric="graded_A",
            before=_rounded(tried.before.value),
            expected=_rounded(tried.after.value),
            low=_rounded(tried.after.low),
            high=_rounded(tried.after.high),
            after_leads=100,
        ),
        guardrails=(),
        wrong_if=(
            "The share of A grades leaves what the config calls normal again.",
            "Reps find that leads graded B now are worth as much as those graded A: look at their outcomes.",
        ),
    )


# --- rules ----------------------------------------------------------------------------------------
def _of_rules(ground: Ground, loop: str, config: RouteConfig, past: History, tuning: Tuning) -> Evidence:
    members = {pool.id: pool.members for pool in ground.scenario.pools}
    has_owner = past.owner.lookup(lambda rep: rep is not None, np.bool_)[past.owner.codes]
    owned = past.take(np.flatnonzero(has_owner))
    early, late = (owned.take(rows) for rows in halves(owned.at, tuning.fit_share))
    if len(late) < tuning.min_segment:
        return _nothing(loop, config, f"Too few leads had an owner: {len(owned):,}.", past.refused)
    found = pools.reroutings(config.rules, members, early, tuning)[:MOST]
    trials: list[Tried] = []
    for change in found:
        tried = pools.tried(config.rules, members, change, late, tuning)
        trials.append(_tried_rule(ground, loop, config, change, tried))
    choices = tuple(
        Choice(id=c.id, kind="rules", title=c.title, says=c.says, edits=c.edits, gain=c.gain) for c in found
    )
    return _whole(ground, loop, config, past, (early, late), choices, trials, found[0].id if found else "")


def _tried_rule(
    ground: Ground, loop: str, config: RouteConfig, change: pools.Rerouting, tried: pools.RouteTrial
) -> Tried:
    figure = _Figures(ground, loop, change.id)
    none = Measured(0.0, 0.0, 1.0, tried.leads)
    moved, stays = tried.moved or none, tried.stays or none
    promise = Promise(
        metric="moved_by_people",
        segment=dict(change.segment),
        before=_rounded(moved.value),
        expected=_rounded(1 - stays.value),
        low=_rounded(1 - stays.high),
        high=_rounded(1 - stays.low),
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
        promise=promise,
        guardrails=(),
        wrong_if=wrong,
    )


# --- what both share ------------------------------------------------------------------------------
def _whole(
    ground: Ground,
    loop: str,
    config: LoopConfig,
    past: History,
    parts: tuple[History, History],
    choices: tuple[Choice, ...],
    trials: Sequence[Tried],
    suggested: str,
) -> Evidence:
    early, late = parts
    window = Window(
        fitted_from=_day(early, 0),
        fitted_to=_day(early, -1),
        held_from=_day(late, 0),
        held_to=_day(late, -1),
        fitted=len(early),
        held=len(late),
        origins=dict(Counter(str(early.origin.at(row)) for row in range(len(early)))
                     + Counter(str(late.origin.at(row)) for row in range(len(late)))),
        data=_fingerprint(parts),
    )  # fmt: skip
    task = TuningTask(
        loop=loop,
        fitted=len(early),
        fitted_from=str(window.fitted_from),
        fitted_to=str(window.fitted_to),
        choices=choices,
        suggested=suggested,
        refused=past.refused,
    )
    return Evidence(
        task=task, trials=tuple(trials), window=window, file=_file(loop), base=config.version
    )


def _day(part: History, row: int) -> date:
    return datetime.fromtimestamp(int(part.at[row]), UTC).date()


def _fingerprint(parts: Sequence[History]) -> str:
    """The hash of everything that was used: ids, moments, attributes, owners, outcomes."""
    told: list[JsonValue] = []
    for part in parts:
        known = {name: column for name, column in sorted(part.known.columns.items())}
        told.append(
            cast(
                "JsonValue",
                {
                    "records": list(part.records),
                    "at": part.at.tolist(),
                    "converted": part.converted.tolist(),
                    "owner": [part.owner.at(row) for row in range(len(part))],
                    "first_owner": [part.first_owner.at(row) for row in range(len(part))],
                    "known": {name: [c.at(row) for row in range(len(part))] for name, c in known.items()},
                },
            )
        )
    return content_hash(told)


def _version(ground: Ground, loop: str, config: LoopConfig, edits: tuple[Edit, ...]) -> str:
    """The config's version with the edits; they are made on its data, the text follows when it is opened."""
    data = cast("JsonValue", config.model_dump(mode="json", exclude_unset=True))
    for edit in edits:
        data = changed(data, edit, _file(loop))
    try:
        return type(config).model_validate(data).version
    except ValidationError as error:
        raise RevloopsError(f"{_file(loop)}: the change doesn't hold: {error.errors()[0]['msg']}") from error


@dataclass(frozen=True)
class _Figures:
    """Figures of one choice, each with the command that computes it again."""

    ground: Ground
    loop: str
    choice: str

    def measured(self, name: str, unit: str, value: Measured) -> Figure:
        """A figure with its interval."""
        return self._figure(name, unit, value.value, value.sample).model_copy(
            update={"low": _rounded(value.low), "high": _rounded(value.high)}
        )

    def plain(self, name: str, unit: str, value: float, sample: int) -> Figure:
        """A figure without one."""
        return self._figure(name, unit, value, sample)

    def _figure(self, name: str, unit: str, value: float, sample: int) -> Figure:
        told = {"name": name, "value": _rounded(value), "unit": unit, "sample": sample}
        until = self.ground.until.date()
        command = f"revloops propose {self.loop} --until {until} --choice {self.choice} --figure {name}"
        return Figure.model_validate({**told, "command": command})


def _rounded(value: float) -> float:
    return round(float(value), 6)
