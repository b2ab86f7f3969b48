"""The sender as a process: it may die at any point, and there is one of it at a time."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tools.workplace import DAY, NOW, SECRET, Workplace, document_for, later, without
from tools.approvals.errors import KeyRefused
from tools.connectors.delivery import Outgoing
from tools.errors import ToolFailed
from tools.sender import Busy, SendReport, settle_unknown
from tools.sender.journal import Journal
from tools.store.lease import Lease


# --- crashes
class Killed(BaseException):
    """The process dies here."""


class Dying:
    """A mailer under which the process dies, before or after the server has the mail."""

    def __init__(self, place: Workplace, taken: bool) -> None:
        self.place, self.taken = place, taken

    def send(self, mail: Outgoing) -> None:
        if self.taken:
            self.place.live.send(mail)
        raise Killed


@pytest.mark.parametrize("taken", [True, False])
def test_a_mail_that_a_dead_sender_was_handing_over_is_never_sent_again(
    place: Workplace, taken: bool
) -> None:
    approval = place.approved(document_for("nord"))
    with pytest.raises(Killed):
        place.sender(live=Dying(place, taken)).run_once(NOW)
    assert place.states(approval)[0][0] == "sending"
    assert later(place, 0) == SendReport(unknown=1)
    assert later(place, 9) == SendReport(held=2)
    assert len(place.live.sent) == taken and place.events() == ["MailUnknown"]
    place.change("UPDATE mails SET state = 'pending'")
    assert later(place, 9) == SendReport(unknown=1)
    place.change("UPDATE mails SET state = 'pending' WHERE n = 0")
    assert place.sender(guards=without("single_use")).run_once(NOW + 9 * DAY) == SendReport(sent=1)


def test_a_sender_that_died_after_the_server_said_yes_knows_it(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    later(place, 0)
    place.change("UPDATE mails SET state = 'sending' WHERE n = 0")
    assert later(place, 0) == SendReport(sent=1)
    place.change("UPDATE mails SET state = 'pending' WHERE n = 0")
    assert later(place, 0) == SendReport(sent=1)
    assert len(place.live.sent) == 1 and place.states(approval)[0][0] == "sent"


@pytest.mark.parametrize(
    ("delivered", "then"), [(True, ["sent", "sent", "held"]), (False, ["cancelled"] * 3)]
)
def test_a_person_settles_what_nobody_knows(place: Workplace, delivered: bool, then: list[str]) -> None:
    approval = place.approved(document_for("nord"))
    with pytest.raises(Killed):
        place.sender(live=Dying(place, True)).run_once(NOW)
    later(place, 0)
    with place.store.transaction() as tx:
        settle_unknown(tx, approval, 0, delivered, NOW)
        with pytest.raises(ToolFailed, match="nothing to settle"):
            settle_unknown(tx, approval, 0, delivered, NOW)
    later(place, 9)
    assert [state for state, _ in place.states(approval)] == then
    assert len(place.live.sent) == (2 if delivered else 1)


# --- one at a time
def test_a_second_sender_says_who_is_at_work_and_stops(place: Workplace) -> None:
    first = Lease(place.store, "sender")
    first.take()
    with pytest.raises(Busy, match=f"Another sender is at work .*:{os.getpid()}:"):
        place.sender().run_once(NOW)
    first.release()
    assert place.sender().run_once(NOW) == SendReport()


def test_a_lease_runs_out_and_its_old_holder_notices(place: Workplace) -> None:
    clock = [NOW]
    old, new = (Lease(place.store, "sender", 60, lambda: clock[0]) for _ in range(2))
    old.take()
    clock[0] += timedelta(seconds=59)
    with pytest.raises(Busy):
        new.take()
    clock[0] += timedelta(seconds=2)
    new.take()
    with place.store.transaction() as tx, pytest.raises(Busy, match="lost its turn"):
        old.beat(tx)


def test_a_dead_senders_lease_is_taken_over_at_once(place: Workplace) -> None:
    lease = Lease(place.store, "sender")
    host, _, _ = lease.holder.split(":")
    place.change(f"INSERT INTO lease VALUES ('sender', '{host}:{2**22 + 1}:x', '2099')")
    lease.take()


def test_serving_goes_on_until_it_is_told_to_stop(place: Workplace) -> None:
    place.approved(document_for("nord"))
    clock, told = [NOW], list[SendReport]()

    def wait(seconds: float) -> bool:
        clock[0] += 3 * DAY
        return len(told) == 4

    place.sender().serve(lambda: clock[0], wait, tell=told.append)
    assert sum(report.sent for report in told) == 3
    place.sender().run_once(NOW)


# --- the sender's memory
def test_a_changed_journal_stops_the_sender(place: Workplace) -> None:
    place.approved(document_for("nord"))
    later(place, 0)
    path = place.directory / "own" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    for changed in (
        lines[1:],
        [lines[0], lines[1].replace(b"attempted", b"released")],
        [lines[1], lines[0]],
        [b"{}\n"],
    ):
        path.write_bytes(b"".join(changed))
        with pytest.raises(KeyRefused, match="nothing is sent until"):
            place.sender()
    path.write_bytes(b"".join(lines))
    with pytest.raises(KeyRefused):
        Journal(path.parent, "quite another secret")


def test_half_a_last_line_is_what_a_crash_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, SECRET)
    journal.note("run", 0, "attempted", "a")
    path = tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    again = Journal(tmp_path, SECRET)
    again.note("run", 1, "attempted", "a")
    last = Journal(tmp_path, SECRET)
    assert last.last("run", 0) and last.last("run", 1) and last.last("run", 2) is None
