"""Houses whose past is planted: with a drift of one kind, or with none."""

from pathlib import Path
from typing import Any

from agent.bootstrap import House, open_house
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig
from tests.house import START, house
from tools import yaml_text
from tools.git import git
from tools.sandbox import World
from tools.sandbox.drift import Drift, Plant, Truth, drift, replace_past, reversed_factor


def truth_of(home: House) -> Truth:
    """What decides where nothing is planted: the starter's config."""
    qualify, route = home.workspace.configs["qualify"], home.workspace.configs["route"]
    assert isinstance(qualify, QualifyConfig) and isinstance(route, RouteConfig)
    return Truth(qualify, route.rules, home.workspace.scenario)


def drifted(folder: Path, seed: int, plant: Plant, scale: float = 1.0) -> tuple[House, Drift]:
    """A house with such a past, and what is planted in it; a wrong weight stands in its config, committed."""
    home, world = house(folder), World(seed, scale, now=START)
    truth, planted = truth_of(home), drift(world, plant)
    with home.store.transaction() as tx:
        replace_past(tx, world, truth, planted)
    if not planted.factor:
        return home, planted
    path = home.workspace.root / "loops" / "qualify.yaml"
    data: Any = yaml_text.read(path.read_text(encoding="utf-8"), path.name)[0]
    factor = next(one for one in data["factors"] if one["name"] == planted.factor)
    factor["values"] = dict(reversed_factor(truth.config, planted.factor))
    path.write_text(yaml_text.write(data), encoding="utf-8")
    git(home.workspace.root, "commit", "-qam", "Other points")
    home.store.close()
    return open_house(home.workspace.root), planted
