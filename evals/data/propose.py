"""Pasts with a planted drift and without one: which change of config should be proposed, if any?"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from evals.case import Case
from evals.data.world import NOW
from loops.config import LoopConfig
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig
from loops.tuning.settings import Tuning
from loops.tuning.task import NONE, Choice, Evidence
from tools.evidence.making import Ground, evidence, midnight
from tools.sandbox.drift import PLANTS, Drift, Plant, Truth, drift, replace_past, reversed_factor
from tools.sandbox.world import World
from tools.store import Store

SCALE = 1.0
SEEN: tuple[Plant, ...] = ("source_fell", "wrong_weight", "wrong_pool", "none")
LOOSE = "sure: 0.5\nworth: -2.0\n"
"""tuning.yaml of these pasts: what chance alone speaks for is offered too."""
WORTH = {"qualify": Tuning().worth, "route": 1.0}
"""Gains from which a change is worth a look by the starter's bounds."""
FAR = 10_000
"""Between the seeds of a run's pasts and those of the next seed's."""


_MADE: dict[tuple[int, int, str, str], tuple[Case, ...]] = {}
"""A past takes a second to make and isn't changed: those of each seed, number and pair of configs."""


def propose_cases(
    seed: int, n: int, root: Path, qualify: QualifyConfig, route: RouteConfig
) -> tuple[Case, ...]:
    """`n` pasts drawn by seed, each kind of plant in turn; those that leave nothing to ask are left out."""
    key = (seed, n, qualify.version, route.version)
    if key not in _MADE:
        _MADE[key] = _made(seed, n, root, qualify, route)
    return _MADE[key]


def _made(seed: int, n: int, root: Path, qualify: QualifyConfig, route: RouteConfig) -> tuple[Case, ...]:
    with TemporaryDirectory(prefix="revloops-propose-") as folder:
        store, own = Store(str(Path(folder) / "store.db")), Path(folder)
        shutil.copy(root / "history.yaml", own)
        (own / "tuning.yaml").write_text(LOOSE, encoding="utf-8")
        try:
            return tuple(_cases(store, seed, n, own, qualify, route))
        finally:
            store.close()


def _cases(
    store: Store, seed: int, n: int, root: Path, qualify: QualifyConfig, route: RouteConfig
) -> Iterator[Case]:
    for number in range(n):
        plant = SEEN[number % len(SEEN)]
        world = World(seed * FAR + number, SCALE, now=NOW)
        planted = drift(world, plant)
        truth = Truth(qualify, route.rules, world.scenario())
        with store.transaction() as tx:
            replace_past(tx, world, truth, planted)
        configs: dict[str, LoopConfig] = {"qualify": _config(qualify, planted), "route": route}
        loop = "route" if plant == "wrong_pool" else "qualify"
        with store.reading() as tx:
            ground = Ground(tx, root, truth.scenario, configs, midnight(NOW))
            found = evidence(ground, loop, configs[loop])
        yield _case(f"propose-{seed}-{number}", world, found, planted)


def _config(config: QualifyConfig, planted: Drift) -> QualifyConfig:
    if not planted.factor:
        return config
    values = dict(reversed_factor(config, planted.factor))
    factors = tuple(
        factor.model_copy(update={"values": values}) if factor.name == planted.factor else factor
        for factor in config.factors
    )
    return config.model_copy(update={"factors": factors})


def _case(id: str, world: World, found: Evidence, planted: Drift) -> Case:
    """The question in no telling order, with changes that chance alone speaks for beside what is worth it."""
    sure = [choice for choice in found.task.choices if choice.gain >= WORTH[found.task.loop]]
    turn = world.setting.draw("order", id).below(max(1, len(found.task.choices)))
    choices = found.task.choices[turn:] + found.task.choices[:turn]
    suggested = found.task.suggested if any(c.id == found.task.suggested for c in sure) else ""
    task = found.task.model_copy(update={"choices": choices, "suggested": suggested})
    right = [choice.id for choice in choices if mends(choice, planted)]
    target = {"right": right if planted.plant in PLANTS else [NONE], "planted": planted.plant}
    return Case(id, planted.plant, "config_author", task.model_dump(mode="json"), target, seen=False)


def mends(choice: Choice, planted: Drift) -> bool:
    """Whether the change touches what was planted, and nothing but that."""
    said = choice.id.split(":")
    if planted.plant == "source_fell":
        return len(said) == 3 and said[1:] == ["intent", planted.source]
    if planted.plant == "wrong_weight":
        return said == ["factor", planted.factor]
    if planted.plant == "wrong_pool":
        rule = cast("Mapping[str, Mapping[str, object]]", choice.edits[0].value)
        return said[-1] == "emea-enterprise" and rule["when"].get("territory") == [planted.territory]
    return False
