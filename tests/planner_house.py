"""A house whose plan has the whole company in it: what planning questions name."""

from pathlib import Path

from agent import bootstrap
from agent.bootstrap import House
from loops.registry import load
from tests.house import SEED, START
from tools import init
from tools.workspace import SandboxSettings, Settings


def planner_house(folder: Path) -> House:
    """The house, on a sandbox of full size."""
    box = SandboxSettings(seed=SEED, scale=1.0, start=START.isoformat())
    init.create(folder, load(), Settings(company=init.sandbox_company(), sandbox=box))
    return bootstrap.open_house(folder)
