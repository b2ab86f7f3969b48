"""What is signed, by whom, and when a signature counts."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import ValidationError

from loops.calendar import Calendar
from loops.values import canonical, content_hash
from tests.tools.workplace import (
    ANN,
    DAY,
    MAILS,
    NOW,
    PASSPHRASE,
    SECRET,
    Plain,
    Workplace,
    document_for,
    lead_named,
    record,
)
from tools.approvals import signing
from tools.approvals.deploy import deploy
from tools.approvals.document import SequenceDocument, build_document, digest, parse
from tools.approvals.errors import ApprovalRefused, KeyRefused
from tools.approvals.mime import mime
from tools.approvals.registry import Registry, keys_dir, load_registry
from tools.approvals.verify import Approval, Refusal, find, others, verify
from tools.errors import ToolFailed
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED


def check(place: Workplace, approval: str, **changes: object) -> Refusal | None:
    """The verdict on a stored approval, with fields of it changed."""
    with place.store.reading() as tx:
        row = find(tx, approval)
        assert row is not None
        raw = tx.get(row.document)
        return verify(replace(row, **changes), raw, load_registry(place.directory, SECRET), NOW)


def refused(refusal: Refusal | None) -> str:
    assert refusal is not None
    return refusal.check


# --- the document
def test_the_same_approval_gives_the_same_bytes_and_any_change_another_digest() -> None:
    document = document_for("nord")
    assert digest(document) == digest(document_for("nord"))
    assert parse(canonical(document)) == document
    edited = (MAILS[0], replace(MAILS[1], body="A second thought!\n"), MAILS[2])
    assert digest(document_for("nord", mails=edited)) != digest(document)


def test_bytes_that_mean_the_same_but_arent_canonical_are_refused() -> None:
    spaced = canonical(document_for("nord")).replace(b'{"approver"', b'{ "approver"')
    with pytest.raises(ValueError, match="canonical"):
        parse(spaced)


def test_send_times_are_the_recipients_working_time_from_the_instant_of_approval() -> None:
    calendar = Calendar(zone="Europe/Berlin", holidays=((NOW + 3 * DAY).date(), (NOW + 400 * DAY).date()))
    document = document_for("nord", approved_at=NOW.replace(hour=22), calendar=calendar)
    assert [m.send_at.isoformat() for m in document.messages] == [
        "2026-03-12T08:00:00+00:00",
        "2026-03-16T08:00:00+00:00",
        "2026-03-20T08:00:00+00:00",
    ]
    assert document.expires_at == document.messages[-1].send_at + 7 * DAY
    assert len(document.calendar.holidays) == 1


def test_a_recipient_who_never_works_is_said() -> None:
    with pytest.raises(ApprovalRefused, match="no working day within a year"):
        document_for("nord", calendar=Calendar(weekdays=()))


def test_a_name_that_was_read_with_a_line_break_is_put_on_one_line() -> None:
    lead = lead_named("nord").model_copy(update={"first_name": "Bo\r\nBcc: x@y.example"})
    document = build_document(
        MAILS,
        run="r",
        lead=lead,
        sender=ANN,
        calendar=Calendar(),
        approved_at=NOW,
        play="p",
        config_hash="c",
        nonce="n" * 16,
        domain="vendor.example",
        mode="live",
    )
    mail = message_from_bytes(mime(document, 0), policy=policy.default)
    assert mail["Bcc"] is None and mail["To"].addresses[0].addr_spec == "bo@nord.example"


def test_a_document_cant_expire_before_a_week_after_its_last_mail() -> None:
    document = document_for("nord")
    early = document.model_dump() | {"expires_at": document.expires_at - timedelta(seconds=1)}
    with pytest.raises(ValidationError, match="outlive the last mail by 7 days"):
        SequenceDocument.model_validate(early)


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.example", "a\nb", "a\x00b", "a\u2028b", "a\x85b"])
def test_a_subject_cant_carry_a_second_header(subject: str) -> None:
    with pytest.raises(ApprovalRefused, match="e-mail 1, subject"):
        document_for("nord", mails=(Plain(subject, "text", 0),))


@pytest.mark.parametrize("body", ["", " \n", "a\x00b", "a\rb"])
def test_a_body_is_plain_text_that_says_something(body: str) -> None:
    with pytest.raises(ApprovalRefused, match="e-mail 2, text"):
        document_for("nord", mails=(MAILS[0], Plain("", body, 1)))


@pytest.mark.parametrize(
    "address", ["bo@x.example\r\nBcc: y@z.example", "bo@x.example,y@z.example", "bo", "", "b o@x.example"]
)
def test_a_recipient_is_one_plain_address(address: str) -> None:
    with pytest.raises(ApprovalRefused, match="recipient"):
        build_document(
            MAILS,
            run="r",
            lead=lead_named("nord").model_copy(update={"email": address}),
            sender=ANN,
            calendar=Calendar(),
            approved_at=NOW,
            play="p",
            config_hash="c",
            nonce="n" * 16,
            domain="vendor.example",
            mode="live",
        )


# --- what leaves
def test_a_mail_reads_as_it_was_approved() -> None:
    document = document_for("nord")
    mail = message_from_bytes(mime(document, 2), policy=policy.default)
    assert mail["From"] == "Ann Zoë <ann@vendor.example>"
    assert mail["To"] == "Bo Öst <bo@nord.example>"
    assert mail["Date"].datetime == document.messages[2].send_at
    assert mail["List-Unsubscribe"] == "<mailto:ann@vendor.example?subject=unsubscribe>"
    assert mail.get_content().replace("\r\n", "\n") == "A last one – with a dash.\n"
    assert b"\n" not in mime(document, 0).replace(b"\r\n", b"")


def test_mime_is_a_function_of_the_document_alone() -> None:
    assert mime(document_for("nord"), 1) == mime(parse(canonical(document_for("nord"))), 1)


def test_follow_ups_stand_in_the_first_mails_thread() -> None:
    document = document_for("nord")
    first, second, third = (message_from_bytes(mime(document, n), policy=policy.default) for n in range(3))
    assert (second["Subject"], third["Subject"]) == ("Re: Your Series B", "Re: Your Series B")
    assert second["In-Reply-To"] == first["Message-ID"] and "In-Reply-To" not in first
    assert str(third["References"]).split() == [first["Message-ID"], second["Message-ID"]]


def test_a_follow_up_keeps_a_subject_of_its_own() -> None:
    document = document_for("nord", mails=(MAILS[0], replace(MAILS[1], subject="Something else")))
    assert document.messages[1].subject == "Something else"


def test_a_long_header_survives_the_way() -> None:
    long = "Größere Pläne für das kommende Jahr und darüber hinaus " * 5
    document = document_for(
        "n" * 50 + ".quite-a-long-name", mails=(Plain(long.strip(), "x" * 5000 + "\n", 0),)
    )
    mail = message_from_bytes(mime(document, 0), policy=policy.default)
    assert mail["Subject"] == long.strip()
    assert mail["Message-ID"] == f"<{document.messages[0].message_id}>"
    assert mail.get_content().replace("\r\n", "\n") == "x" * 5000 + "\n"
    assert max(map(len, mime(document, 0).split(b"\r\n"))) < 998


# --- keys
def test_a_key_at_rest_is_unreadable_without_the_passphrase(place: Workplace) -> None:
    path = keys_dir(place.directory) / "ann.pem"
    assert b"ENCRYPTED" in path.read_bytes() and path.stat().st_mode & 0o077 == 0
    with pytest.raises(KeyRefused, match="That isn't ann's passphrase"):
        signing.load_signer(place.directory, "ann", PASSPHRASE + "!")
    assert signing.load_signer(place.directory, "ann", PASSPHRASE).key_id == place.ann.key_id


def test_a_short_passphrase_or_secret_or_a_second_key_is_refused(place: Workplace) -> None:
    with pytest.raises(KeyRefused, match="at least 8"):
        signing.enrol(place.directory, "bob", ("manager",), "short", SECRET, NOW)
    with pytest.raises(KeyRefused, match="at least 16"):
        signing.enrol(place.directory, "bob", ("manager",), PASSPHRASE, "short", NOW)
    with pytest.raises(KeyRefused, match="has a key already"):
        signing.enrol(place.directory, "ann", ("manager",), PASSPHRASE, SECRET, NOW)
    with pytest.raises(KeyRefused, match="bob has no key"):
        signing.load_signer(place.directory, "bob", PASSPHRASE)


@pytest.mark.parametrize("person", ["../ann", "a/b", "", "sandbox", ".hidden"])
def test_a_persons_id_cant_name_another_file(place: Workplace, person: str) -> None:
    with pytest.raises(KeyRefused, match="can't name a key"):
        signing.enrol(place.directory, person, (), PASSPHRASE, SECRET, NOW)


def test_without_the_secret_nobody_is_trusted(place: Workplace) -> None:
    assert list(load_registry(place.directory, SECRET).approvers) == [place.ann.key_id]
    assert not load_registry(place.directory, None).approvers
    other = load_registry(place.directory, "another secret, quite long")
    assert (other.approvers, other.forged, other.counter) == ({}, True, 0)
    with pytest.raises(KeyRefused, match="put the right file and secret back"):
        signing.enrol(place.directory, "bob", (), PASSPHRASE, "another secret, quite long", NOW)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[{"entry": null}]', "[[[", '[{"entry": {"kind": "approver"}}]']
)
def test_a_broken_list_of_approvers_trusts_nobody(place: Workplace, text: str) -> None:
    (keys_dir(place.directory) / "approvers.json").write_text(text, encoding="utf-8")
    assert not load_registry(place.directory, SECRET).approvers


# --- approving
def test_an_approval_holds_and_names_who_gave_it(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    assert check(place, approval) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"digest": "0" * 64}, "digest"),
        ({"run": "other"}, "identity"),
        ({"lead": "L-other"}, "identity"),
        ({"approver": "bob"}, "approver"),
        ({"role": "manager"}, "approver"),
        ({"signature": b"\0" * 64}, "signature"),
        ({"signature": b""}, "signature"),
        ({"key_id": "0" * 32}, "identity"),
        ({"revoked_at": "2026"}, "revocation"),
    ],
)
def test_a_changed_approval_is_refused(place: Workplace, changes: dict[str, object], expected: str) -> None:
    approval = place.approved(document_for("nord"))
    assert refused(check(place, approval, **changes)) == expected


def test_an_expired_approval_is_refused(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    with place.store.reading() as tx:
        row = find(tx, approval)
        assert row is not None
        registry = load_registry(place.directory, SECRET)
        late = verify(row, canonical(document), registry, document.expires_at + timedelta(seconds=1))
        assert verify(row, canonical(document), registry, document.expires_at) is None
    assert refused(late) == "expiry"


def test_a_revoked_key_takes_its_approvals_along_and_a_new_one_doesnt_revive_them(place: Workplace) -> None:
    approval = place.approved(document_for("nord"))
    assert signing.revoke_key(place.directory, "ann", SECRET, NOW) == 1
    assert refused(check(place, approval)) == "revocation"
    signing.enrol(place.directory, "ann", (ANN.role,), PASSPHRASE, SECRET, NOW)
    assert refused(check(place, approval)) == "revocation"


def test_somebody_else_cant_approve_what_ann_was_asked(place: Workplace) -> None:
    signing.enrol(place.directory, "bob", ("account_executive",), PASSPHRASE, SECRET, NOW)
    bob = signing.load_signer(place.directory, "bob", PASSPHRASE)
    document = document_for("nord")
    with place.store.transaction() as tx:
        record(tx, document)
        with pytest.raises(ApprovalRefused, match="waits for ann"):
            signing.approve(tx, document.run, document, bob, NOW)
        as_bob = document.model_copy(update={"approver": "bob"})
        with pytest.raises(ApprovalRefused, match="waits for ann, not bob"):
            signing.approve(tx, document.run, as_bob, bob, NOW)


def test_a_manager_approves_in_the_place_of_whom_was_asked(place: Workplace) -> None:
    signing.enrol(place.directory, "bob", ("manager",), PASSPHRASE, SECRET, NOW)
    bob = signing.load_signer(place.directory, "bob", PASSPHRASE)
    document = document_for("nord").model_copy(update={"approver": "bob", "role": "manager"})
    with place.store.transaction() as tx:
        record(tx, document)
        with pytest.raises(ApprovalRefused, match="waits for ann, not bob"):
            signing.approve(tx, document.run, document, bob, NOW, deputies=("eve",))
        with pytest.raises(ApprovalRefused, match="ann can't approve this: it waits for bob"):
            signing.approve(tx, document.run, document, place.ann, NOW, deputies=("bob",))
        approval = signing.approve(tx, document.run, document, bob, NOW, deputies=("bob",))
    assert check(place, approval) is None
    assert refused(check(place, approval, approver="ann")) == "approver"
    signing.revoke_key(place.directory, "bob", SECRET, NOW)
    assert refused(check(place, approval)) == "revocation"


def test_a_draft_that_went_stale_is_approved_only_on_purpose(place: Workplace) -> None:
    document = document_for("nord")
    with place.store.transaction() as tx:
        record(tx, document)
        tx.run(t.runs.update().values(stale="the lead changed"))
        with pytest.raises(ApprovalRefused, match=r"the lead changed: .* or give --anyway"):
            signing.approve(tx, document.run, document, place.ann, NOW)
        assert signing.approve(tx, document.run, document, place.ann, NOW, anyway=True)
        tx.run(t.runs.update().values(stale=SUPERSEDED))
        with pytest.raises(ApprovalRefused, match=SUPERSEDED):
            signing.approve(tx, document.run, document, place.ann, NOW, anyway=True)


def test_what_is_decided_or_addressed_anew_cant_be_approved(place: Workplace) -> None:
    document = document_for("nord")
    with place.store.transaction() as tx:
        record(tx, document)
        tx.run(t.leads.update().values(email="other@nord.example"))
        with pytest.raises(ApprovalRefused, match="address has changed"):
            signing.approve(tx, document.run, document, place.ann, NOW)
        tx.run(t.runs.update().values(state="done"))
        with pytest.raises(ApprovalRefused, match="nobody's approval"):
            signing.approve(tx, document.run, document, place.ann, NOW)


def test_the_sandbox_key_approves_sandbox_mail_only(place: Workplace) -> None:
    key = signing.sandbox_signer(place.directory, "ann")
    with place.store.transaction() as tx:
        document = document_for("nord")
        record(tx, document)
        with pytest.raises(ApprovalRefused, match="approves nothing that leaves"):
            signing.approve(tx, document.run, document, key, NOW)
    assert check(place, place.approved(document_for("sued", mode="sandbox"), key)) is None


def test_two_people_must_be_two(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    signing.require_two_people(place.directory, True, SECRET)
    assert refused(check(place, approval)) == "two_people"
    signing.enrol(place.directory, "bob", ("manager",), PASSPHRASE, SECRET, NOW)
    bob = signing.load_signer(place.directory, "bob", PASSPHRASE)
    with place.store.transaction() as tx:
        with pytest.raises(ApprovalRefused, match="another person"):
            signing.cosign(tx, approval, document, place.ann, ANN.role, NOW)
        signing.cosign(tx, approval, document, bob, "manager", NOW)
    with place.store.reading() as tx:
        first = find(tx, approval)
        assert first is not None
        rest = others(tx, first)
        registry = load_registry(place.directory, SECRET)
        assert _verdict(first, document, registry, rest) is None
        forged = tuple(replace(other, signature=b"\0" * 64) for other in rest)
        assert refused(_verdict(first, document, registry, forged)) == "two_people"


def _verdict(
    first: Approval, document: SequenceDocument, registry: Registry, rest: tuple[Approval, ...]
) -> Refusal | None:
    return verify(first, canonical(document), registry, NOW, others=rest)


# --- putting in line
def test_a_second_deployment_changes_nothing(place: Workplace) -> None:
    document = document_for("nord")
    approval = place.approved(document)
    place.change("UPDATE mails SET state = 'sent' WHERE n = 0")
    with place.store.transaction() as tx:
        assert deploy(tx, f"{document.run}!0", approval, digest(document), NOW + DAY) == 3
    assert [state for state, _ in place.states(approval)] == ["sent", "pending", "pending"]


def test_nothing_is_deployed_under_another_digest_run_or_approval(place: Workplace) -> None:
    document = document_for("nord")
    with place.store.transaction() as tx:
        record(tx, document)
        approval = signing.approve(tx, document.run, document, place.ann, NOW)
        for effect, name, mark in (
            (f"{document.run}!0", approval, "0" * 64),
            ("another!0", approval, digest(document)),
            (f"{document.run}!0", "0" * 32, digest(document)),
        ):
            with pytest.raises(ToolFailed, match="nothing was put in line"):
                deploy(tx, effect, name, mark, NOW)
    assert place.states(approval) == []


def test_an_approval_is_stored_under_the_persons_own_key(place: Workplace) -> None:
    document = document_for("nord")
    place.approved(document)
    raw = b"".join(path.read_bytes() for path in Path(place.directory / ".revloops").glob("store.db*"))
    assert b"bo@nord.example" in raw  # the lead's own record: what an erasure removes as a row
    with place.store.reading() as tx:
        stored = tx.conn.execute(t.blobs.select()).one()
    assert stored.subject == "P-nord" and b"nord.example" not in stored.bytes
    assert content_hash(document) == digest(document)
