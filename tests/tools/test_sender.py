"""When a mail leaves, when it waits, and when it never leaves."""

from datetime import timedelta
from pathlib import Path

import pytest

from loops.calendar import Calendar
from loops.ledger import GENESIS, holds
from tests.tools.workplace import DAY, MAILS, NOW, SECRET, Workplace, document_for, later, without
from tools.approvals import signing
from tools.approvals.mime import mime
from tools.connectors.delivery import PutOff, TurnedDown, Unreachable, Unsure
from tools.errors import ToolFailed
from tools.sender import (
    OutreachPolicy,
    SendReport,
    open_sender,
    record_reply,
    suppress,
)


def subjects(place: Workplace) -> list[str]:
    return [mail.message_id.partition("@")[0][-1] for mail in place.live.sent]


# --- the way it should go
def test_each_mail_leaves_once_at_its_time_and_in_its_order(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    reports = [later(place, day) for day in (0, 0, 1, 5, 5, 9, 30)]
    assert reports == [
        SendReport(sent=1),
        SendReport(),
        SendReport(),
        SendReport(sent=1),
        SendReport(),
        SendReport(sent=1),
        SendReport(),
    ]
    assert subjects(place) == ["0", "1", "2"]
    assert [state for state, _ in place.states(approval)] == ["sent"] * 3


def test_what_leaves_is_byte_for_byte_what_was_approved(place: Workplace) -> None:
    document = document_for("nord")
    place.approved(document)
    later(place, 0)
    mail = place.live.sent[0]
    assert (mail.sender, mail.recipient, mail.data) == (
        "ann@vendor.example",
        "bo@nord.example",
        mime(document, 0),
    )


def test_each_end_is_in_the_ledger_under_the_runs_frame_and_told_as_an_event(place: Workplace) -> None:
    place.approved(document_for("nord"))
    later(place, 0)
    with place.store.transaction() as tx:
        record_reply(tx, "L-nord", NOW + DAY)
    later(place, 5)
    frame = "f" * 64
    assert place.performed() == [("performed", "sent", frame), *[("performed", "cancelled", frame)] * 2]
    assert place.events() == ["MailSent", "MailCancelled", "MailCancelled"]


def test_the_ledgers_chain_holds_after_the_sender_wrote(place: Workplace) -> None:
    place.approved(document_for("nord"))
    later(place, 0)
    prev = GENESIS
    with place.store.reading() as tx:
        for row in tx.rows():
            assert holds(row, prev)
            prev = row.hash
    assert prev != GENESIS


# --- what holds a mail
def test_a_mail_waits_for_the_recipients_working_time(place: Workplace) -> None:
    document = document_for("nord", calendar=Calendar(zone="Europe/Berlin"), approved_at=NOW.replace(hour=10))
    approval = place.approved(document)
    assert place.sender().run_once(NOW.replace(hour=20)) == SendReport(held=1)
    assert place.states(approval)[0] == (
        "held",
        "outside the recipient's working time, which begins Thu 12 Mar 09:00 CET",
    )
    assert place.sender().run_once(NOW.replace(hour=22)) == SendReport()
    assert place.sender().run_once((NOW + DAY).replace(hour=8)) == SendReport(sent=1)
    assert len(place.performed()) == 2


def test_a_late_first_mail_doesnt_bring_the_second_on_its_heels(place: Workplace) -> None:
    place.approved(document_for("nord"))
    assert later(place, 6) == SendReport(sent=1, held=1)
    assert later(place, 6.1) == SendReport()
    assert later(place, 7) == SendReport(sent=1)


def test_a_follow_up_waits_while_the_mail_before_it_is_held(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    failures = {document.messages[0].message_id: PutOff("not now (450)")}
    place.live.failures = failures
    assert later(place, 6) == SendReport(held=2)
    assert place.states(approval)[1] == ("held", "it waits for the mail before it")


def test_a_mailbox_and_a_company_get_no_more_than_the_policy_allows(place: Workplace) -> None:
    for name in ("a", "b", "c", "d"):
        place.approved(document_for(name))
    assert later(place, 0, per_mailbox=3) == SendReport(sent=3, held=1)
    assert later(place, 0.2, per_mailbox=3) == SendReport()
    assert later(place, 1, per_mailbox=3) == SendReport(sent=1)


def test_a_companys_limit_counts_all_its_people(place: Workplace) -> None:
    for name in ("a", "b", "c"):
        place.approved(document_for(name).model_copy(update={"group": "one.example"}))
    assert later(place, 0, per_company=2) == SendReport(sent=2, held=1)


def test_without_a_mail_server_live_mail_is_held_and_says_why(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    sender = open_sender(place.directory, place.store, OutreachPolicy(), {})
    assert sender.run_once(NOW) == SendReport(held=1)
    assert place.states(approval)[0] == ("held", "no mail server is configured for the sender")


# --- what cancels a mail
@pytest.mark.parametrize("what", ["bo@nord.example", "BO@NORD.EXAMPLE ", "nord.example"])
def test_a_suppressed_address_or_domain_gets_nothing(place: Workplace, what: str) -> None:
    approval = place.approved(document_for("nord"))
    with place.store.transaction() as tx:
        suppress(tx, what, "asked to be left alone", NOW)
    assert later(place, 0) == SendReport(cancelled=1)
    assert [state for state, _ in place.states(approval)] == ["cancelled"] * 3
    assert place.states(approval)[0][1] == "the recipient is on the suppression list"
    assert not place.live.sent


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("recipient", "UPDATE leads SET email = 'other@nord.example'"),
        ("recipient", "UPDATE leads SET closed_at = '2026-03-11'"),
        ("recipient", "DELETE FROM leads"),
        ("revocation", "UPDATE approvals SET revoked_at = '2026-03-11'"),
        ("reply", "INSERT INTO replies VALUES ('L-nord', '2026-03-12')"),
    ],
)
def test_a_guard_cancels_and_without_it_the_mail_would_leave(
    place: Workplace, guard: str, statement: str
) -> None:
    approval = place.approved(document_for("nord"))
    place.change(statement)
    assert later(place, 0) == SendReport(cancelled=1)
    assert {state for state, _ in place.states(approval)} == {"cancelled"} and not place.live.sent
    other = place.approved(document_for("nord2"))
    place.change(statement.replace("L-nord", "L-nord2"))
    assert place.sender(guards=without(guard)).run_once(NOW) == SendReport(sent=1)
    assert place.states(other)[0][0] == "sent"


def test_without_the_suppression_guard_a_suppressed_address_would_get_mail(place: Workplace) -> None:
    place.approved(document_for("nord"))
    with place.store.transaction() as tx:
        suppress(tx, "nord.example", "asked to be left alone", NOW)
    assert place.sender(guards=without("suppression")).run_once(NOW) == SendReport(sent=1)


def test_an_erased_persons_mails_are_cancelled(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    place.change("DELETE FROM keys")
    assert later(place, 0) == SendReport(cancelled=1)
    assert place.states(approval)[0][1] == "the person was erased"


def test_a_reply_from_before_the_sequence_cancels_nothing(place: Workplace) -> None:
    place.approved(document_for("nord"))
    with place.store.transaction() as tx:
        record_reply(tx, "L-nord", NOW - DAY)
    assert later(place, 0) == SendReport(sent=1)


def test_a_cancelled_mail_stays_so_whatever_its_row_says_later(place: Workplace) -> None:
    place.approved(document_for("nord"))
    with place.store.transaction() as tx:
        record_reply(tx, "L-nord", NOW + timedelta(seconds=1))
    later(place, 0)
    place.change("DELETE FROM replies")
    place.change("UPDATE mails SET state = 'pending', not_before = ''")
    later(place, 9)
    assert not place.live.sent
    place.change("UPDATE mails SET state = 'pending', not_before = ''")
    assert place.sender(guards=without("single_use", "order")).run_once(NOW + 9 * DAY).sent > 0


def test_a_sequence_that_waits_for_a_second_person_is_held(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    assert place.sender(OutreachPolicy(two_people=True)).run_once(NOW) == SendReport(held=1)
    assert place.states(approval)[0] == ("held", "it needs the approval of a second person")


# --- what the server says
def test_a_mail_that_is_put_off_is_tried_again_ever_later_and_at_last_cancelled(place: Workplace) -> None:
    document = document_for("nord", approved_at=NOW.replace(hour=9))
    approval = place.approved(document)
    place.live.failures = {document.messages[0].message_id: PutOff("the mail server put off the mail (451)")}
    at, ends = NOW.replace(hour=9), list[str]()
    for _ in range(200):
        report = place.sender(OutreachPolicy(max_tries=4)).run_once(at)
        ends += ["held"] * report.held + ["cancelled"] * report.cancelled
        at += timedelta(minutes=5)
        if report.cancelled:
            break
    assert ends == ["held", "held", "held", "cancelled"]
    assert at - NOW.replace(hour=9) == timedelta(minutes=15 + 30 + 60 + 5)
    assert place.states(approval)[0][1] == "the mail server put off the mail (451), 4 times"
    assert place.states(approval)[1][0] == "cancelled"


def test_a_mail_that_was_put_off_leaves_when_the_server_takes_it(place: Workplace) -> None:
    document = document_for("nord")
    place.approved(document)
    place.live.failures = {document.messages[0].message_id: PutOff("not now")}
    assert later(place, 0) == SendReport(held=1)
    place.live.failures = {}
    assert later(place, 0.02) == SendReport(sent=1)


def test_a_mail_turned_down_for_good_takes_its_follow_ups_along(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    place.live.failures = {document.messages[0].message_id: TurnedDown("no such user (550)")}
    assert later(place, 0) == SendReport(cancelled=1)
    assert place.states(approval) == [
        ("cancelled", "no such user (550)"),
        *[("cancelled", "the mail before it didn't leave")] * 2,
    ]


def test_an_unreachable_server_ends_the_pass_and_costs_no_try(place: Workplace) -> None:
    documents = [document_for(name) for name in ("a", "b", "c")]
    for document in documents:
        place.approved(document)
    place.live.failures = {
        d.messages[0].message_id: Unreachable("the mail server can't be used") for d in documents
    }
    assert later(place, 0) == SendReport(held=1)
    place.live.failures = {}
    assert later(place, 0.05) == SendReport(sent=3)


def test_a_connection_that_breaks_midway_leaves_the_mail_unknown(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    place.live.failures = {document.messages[0].message_id: Unsure("the connection broke")}
    assert later(place, 0) == SendReport(unknown=1)
    place.live.failures = {}
    assert later(place, 6) == SendReport(held=1) and not place.live.sent
    assert place.states(approval)[0][0] == "unknown" and place.events() == ["MailUnknown"]


# --- where it leaves
def test_sandbox_mail_goes_to_the_sandbox_mailbox_whatever_is_configured(place: Workplace) -> None:
    key = signing.sandbox_signer(place.directory, "ann")
    place.approved(document_for("sand", mode="sandbox"), key)
    place.approved(document_for("nord"))
    assert later(place, 0) == SendReport(sent=2)
    assert [mail.recipient for mail in place.mailbox.sent] == ["bo@sand.example"]
    assert [mail.recipient for mail in place.live.sent] == ["bo@nord.example"]


def test_live_sending_needs_a_secret_and_a_directory_of_its_own(place: Workplace, tmp_path: Path) -> None:
    environment = {"REVLOOPS_SMTP_URL": "smtp+plain://127.0.0.1:1"}
    for variable, value in (
        ("REVLOOPS_SENDER_SECRET", SECRET),
        ("REVLOOPS_SENDER_STATE", str(tmp_path / "own")),
    ):
        with pytest.raises(ToolFailed, match=f"Set {variable}"):
            open_sender(place.directory, place.store, OutreachPolicy(), environment)
        environment[variable] = value
    open_sender(place.directory, place.store, OutreachPolicy(), environment)


def test_a_held_mail_that_waits_on_writes_one_ledger_row(place: Workplace) -> None:
    place.approved(document_for("nord", mails=MAILS[:1]))
    for hours in (0, 1, 2, 3):
        sender = open_sender(place.directory, place.store, OutreachPolicy(), {})
        sender.run_once(NOW + timedelta(hours=hours))
    assert place.performed() == [("performed", "held", "f" * 64)]


def test_a_sandbox_sends_into_its_mailbox_without_any_setting(place: Workplace) -> None:
    document = document_for("sand", mode="sandbox")
    place.approved(document, signing.sandbox_signer(place.directory, "ann"))
    assert open_sender(place.directory, place.store, OutreachPolicy(), {}).run_once(NOW) == SendReport(sent=1)
    mails = list((place.directory / ".revloops" / "mailbox").iterdir())
    assert [path.read_bytes() for path in mails] == [mime(document, 0)]


def test_a_row_that_no_run_asked_for_leaves_nothing_in_the_ledger(place: Workplace) -> None:
    place.change(
        "INSERT INTO mails (approval, n, lead, due_at, not_before, state, reason, tries, "
        "changed_at, from_key, to_key) "
        "VALUES ('stray', 0, 'L-nord', '2020', '', 'pending', '', 0, '2020', '', '')"
    )
    assert later(place, 0) == SendReport(cancelled=1)
    assert place.states("stray") == [("cancelled", "nobody approved it")]
    assert place.performed() == [] and place.events() == []


def test_a_policy_within_bounds_is_nowhere_looser() -> None:
    loose = OutreachPolicy(
        per_mailbox_per_day=99, per_company_per_day=99, min_gap_hours=0, max_tries=99, backoff_minutes=1
    )
    tight = OutreachPolicy(
        per_mailbox_per_day=1,
        per_company_per_day=1,
        min_gap_hours=99,
        max_tries=1,
        backoff_minutes=99,
        two_people=True,
    )
    assert loose.within(OutreachPolicy()) == OutreachPolicy()
    assert tight.within(OutreachPolicy()) == tight == OutreachPolicy().within(tight)
