"""A few rounds of the harness that kills `deploy apply`."""

from pathlib import Path

import pytest

from tests.kill.deploy_kill import Guard, kill_rounds


@pytest.mark.feature("DP5")
def test_an_apply_killed_at_random_points_ends_as_one_that_was_not(tmp_path: Path) -> None:
    tally = kill_rounds(3, 1, tmp_path)
    assert tally.kills == 3 and tally.changes > 100
    assert tally.is_clean, tally


@pytest.mark.parametrize("guard", ["unordered", "halved"])
def test_an_apply_without_its_guard_would_not(tmp_path: Path, guard: Guard) -> None:
    tally = kill_rounds(1, 1, tmp_path, without=guard)
    assert not tally.is_clean, tally
