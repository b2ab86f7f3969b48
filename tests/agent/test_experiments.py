"""An experiment is one loop's config on a branch of its own, tried on past leads, taken back by a revert."""

from pathlib import Path

import pytest

from agent.bootstrap import House, open_house
from agent.experiments import listed, new, stop, try_out
from agent.simulate import Window
from loops.errors import RevloopsError
from tests.house import change, house
from tools.git import commit_of, git


def candidate(home: House, folder: Path, loop: str = "qualify") -> Path:
    """A copy of the loop's config under which fewer leads get an A."""
    file = folder / "changed.yaml"
    text = (home.workspace.root / f"loops/{loop}.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("grades: {A: 80", "grades: {A: 90"), encoding="utf-8")
    return file


@pytest.mark.feature("IF4")
def test_an_experiment_is_a_branch_with_one_loops_file_and_nothing_else_is_touched(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    root = home.workspace.root
    head, status = git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")
    made = new(home, "few-as", "qualify", candidate(home, tmp_path))
    assert git(root, "diff", "--name-only", "HEAD", made.branch) == "loops/qualify.yaml"
    assert (git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")) == (head, status)
    assert listed(home) == (made,) and not made.merged
    tried = try_out(home, "few-as", Window())
    assert tried.found.leads > 40 and tried.touched > 0 and tried.weekly == tried.touched
    assert tried.converted is None  # nothing has become of anything yet
    stop(home, "few-as")
    assert not listed(home) and commit_of(root, made.branch) is None


@pytest.mark.feature("IF4")
def test_reverting_a_merged_experiment_brings_the_same_config_back(tmp_path: Path) -> None:
    home = house(tmp_path)
    root, before = home.workspace.root, home.workspace.configs["qualify"].version
    made = new(home, "few-as", "qualify", candidate(home, tmp_path))
    git(root, "merge", "--quiet", "--no-ff", "-m", "Try few As", made.branch)
    merged = open_house(root)
    assert merged.workspace.configs["qualify"].version != before
    assert [one.merged for one in listed(merged)] == [True]
    git(root, "revert", "--no-edit", "-m", "1", "HEAD")
    assert open_house(root).workspace.configs["qualify"].version == before


@pytest.mark.feature("IF4")
def test_a_branch_that_touches_two_loops_is_refused(tmp_path: Path) -> None:
    home = house(tmp_path)
    root = home.workspace.root
    new(home, "few-as", "qualify", candidate(home, tmp_path))
    here = git(root, "symbolic-ref", "--short", "HEAD")
    git(root, "checkout", "--quiet", "experiment/few-as")
    change(root, "loops/route.yaml", "rules:\n", "# more\nrules:\n")
    git(root, "commit", "-qam", "A second loop")
    git(root, "checkout", "--quiet", here)
    with pytest.raises(RevloopsError, match=r"changes loops/qualify.yaml, loops/route.yaml"):
        try_out(home, "few-as", Window())


def test_what_cannot_be_an_experiment_is_refused_with_the_reason(tmp_path: Path) -> None:
    home = house(tmp_path)
    changed, same = candidate(home, tmp_path), home.workspace.root / "loops/qualify.yaml"
    with pytest.raises(RevloopsError, match="can't name an experiment"):
        new(home, "../main", "qualify", changed)
    with pytest.raises(RevloopsError, match="no loop nothing"):
        new(home, "x", "nothing", changed)
    with pytest.raises(RevloopsError, match="nothing to try"):
        new(home, "x", "qualify", same)
    new(home, "x", "qualify", changed)
    with pytest.raises(RevloopsError, match="an experiment x already"):
        new(home, "x", "qualify", changed)
    with pytest.raises(RevloopsError, match="no experiment y"):
        stop(home, "y")
