"""A changed config on recent leads: who moves, and nothing written."""

from pathlib import Path

import pytest

from agent.bootstrap import House
from agent.simulate import Simulated, simulate
from tests.house import decisions, height, house
from tools.workspace import known_owners, load_config


def tried(folder: Path, loop: str, old: str, new: str) -> tuple[House, Simulated]:
    home = house(folder, lived_in=True)
    root, before = home.workspace.root, height(home)
    file = root / "changed.yaml"
    text = (root / "loops" / f"{loop}.yaml").read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    owners = known_owners(home.workspace.scenario)
    chosen = home.registry.loops[loop]
    found = simulate(home.runtime, chosen, load_config(root, chosen, owners, file), 200)
    assert height(home) == before
    return home, found


@pytest.mark.feature("RO10")
def test_a_rule_change_names_who_moves_between_which_rules(tmp_path: Path) -> None:
    _, found = tried(tmp_path, "route", "at_least: 1000", "at_least: 200")
    assert found.leads >= 40
    assert found.moves
    for move in found.moves:
        assert "commercial" in move.before.rule
        assert "enterprise" in move.after.rule
        assert move.after.why


@pytest.mark.feature("RO10", "RO9")
def test_the_same_config_moves_nobody(tmp_path: Path) -> None:
    _, found = tried(tmp_path, "route", "at_least: 1000", "at_least:  1000")
    assert found.leads >= 40
    assert not found.moves


@pytest.mark.feature("RO10")
def test_a_threshold_alone_moves_grades_exactly_as_the_scores_say(tmp_path: Path) -> None:
    home, found = tried(tmp_path, "qualify", "A: 80", "A: 88")
    scores = _scores(home)
    assert found.after["graded A"] == sum(score >= 88 for score in scores)
    assert found.before["graded A"] == sum(score >= 80 for score in scores)
    assert found.before["graded A"] > found.after["graded A"]


def _scores(home: House) -> list[int]:
    return [d["events"][0]["score"] for d in decisions(home, "qualify") if d["events"]]
