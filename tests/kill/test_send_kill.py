"""A few rounds of the harness that kills the sender."""

from pathlib import Path

from tests.kill.send_kill import kill_rounds


def test_a_sender_killed_at_random_points_doubles_and_loses_no_mail(tmp_path: Path) -> None:
    tally = kill_rounds(6, 1, tmp_path)
    assert tally.kills == 6 and tally.sent > 0
    assert tally.is_clean, tally


def test_a_sender_that_took_up_what_is_half_done_would_double_mails(tmp_path: Path) -> None:
    tally = kill_rounds(7, 1, tmp_path, resend=True)
    assert tally.doubled > 0, tally
