"""A few rounds of the harness that kills `run`."""

from pathlib import Path

from tests.kill.run_kill import kill_rounds


def test_a_run_killed_at_random_points_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally = kill_rounds(3, 1, tmp_path)
    assert tally.kills == 3 and tally.ledger_rows > tally.leads
    assert tally.is_clean, tally


def test_a_run_whose_transactions_were_committed_by_halves_would_lose_rows(tmp_path: Path) -> None:
    tally = kill_rounds(1, 1, tmp_path, split=True)
    assert tally.kills == 1 and tally.lost > 0, tally
