"""Who may let a change of config through, and what their signature holds for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loops.values import content_hash
from tools.approvals import signing
from tools.approvals.config_change import ConfigApproval, Merging, SignedChange, change_approved
from tools.approvals.errors import ApprovalRefused
from tools.approvals.registry import list_path, load_registry

SECRET, PASSPHRASE = "a secret of the sender", "a long passphrase"
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
CHANGE = Merging(
    mode="live",
    proposal="qualify-0123456789",
    branch="revloops/qualify-0123456789",
    head="a" * 40,
    base="b" * 40,
    diff="c" * 64,
)


def document(**changes: Any) -> ConfigApproval:
    told = {"approver": "olga", "expires_at": NOW + timedelta(days=7), "nonce": "n" * 16}
    return ConfigApproval.model_validate({**CHANGE.model_dump(), **told, **changes})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    signing.enrol(tmp_path, "olga", ("ops",), PASSPHRASE, SECRET, NOW)
    signing.enrol(tmp_path, "rex", ("account_executive",), PASSPHRASE, SECRET, NOW)
    return tmp_path


def signed(place: Path, who: str = "olga", **changes: Any) -> SignedChange:
    signer = signing.load_signer(place, who, PASSPHRASE)
    return signing.approve_change(document(approver=who, **changes), signer)


def verdict(
    place: Path,
    given: SignedChange,
    *,
    secret: str | None = SECRET,
    at: datetime = NOW,
    change: Merging = CHANGE,
) -> str:
    return change_approved(given, change, load_registry(place, secret), at) or ""


def test_a_signature_of_somebody_with_the_role_lets_just_that_change_through(place: Path) -> None:
    assert verdict(place, signed(place)) == ""


@pytest.mark.parametrize(
    ("field", "text", "told"),
    (
        ("head", "d" * 40, "the branch has moved"),
        ("base", "d" * 40, "what it is merged into has moved"),
        ("diff", "d" * 64, "the diff isn't the one"),
        ("branch", "revloops/qualify-ffffffffff", "another branch"),
        ("proposal", "qualify-ffffffffff", "another proposal"),
        ("mode", "sandbox", "another kind of workspace"),
    ),
)
def test_what_moved_since_makes_it_count_for_nothing(place: Path, field: str, text: str, told: str) -> None:
    given, change = signed(place), CHANGE.model_copy(update={field: text})
    assert told in verdict(place, given, change=change)
    # nor can what is signed be brought in line with what is there now
    swapped = given.model_copy(update={"document": given.document.model_copy(update={field: text})})
    assert verdict(place, swapped, change=change) == "the signature doesn't fit what it is said to approve"


def test_another_role_isn_t_enough(place: Path) -> None:
    assert verdict(place, signed(place, "rex")) == "rex may not approve as ops"


def test_nobody_signs_in_another_s_name(place: Path) -> None:
    with pytest.raises(ApprovalRefused, match="rex can't sign for olga"):
        signing.approve_change(document(), signing.load_signer(place, "rex", PASSPHRASE))
    forged = signed(place, "rex").model_copy(update={"document": document()})
    assert "somebody else's key" in verdict(place, forged)


def test_it_expires(place: Path) -> None:
    assert "expired" in verdict(place, signed(place), at=NOW + timedelta(days=8))


def test_a_revoked_key_and_one_that_nobody_enrolled_count_for_nothing(place: Path, tmp_path: Path) -> None:
    given = signed(place)
    signing.revoke_key(place, "olga", SECRET, NOW)
    assert verdict(place, given) == "olga's key was revoked"
    elsewhere = tmp_path / "elsewhere"
    signing.enrol(elsewhere, "olga", ("ops",), PASSPHRASE, "another secret of theirs", NOW)
    assert "nobody enrolled" in verdict(place, signed(elsewhere))


def test_without_the_secret_or_with_a_changed_list_nobody_is_trusted(place: Path) -> None:
    given = signed(place)
    assert "nobody enrolled" in verdict(place, given, secret=None)
    path = list_path(place)
    path.write_text(path.read_text(encoding="utf-8").replace("account_executive", "ops"), encoding="utf-8")
    assert "isn't the sealed one" in verdict(place, given)


def test_the_sandbox_s_key_serves_sandboxes_alone(place: Path) -> None:
    signing.create_sandbox_key(place)
    signer = signing.sandbox_signer(place, "olga")
    with pytest.raises(ApprovalRefused, match="outside of a sandbox"):
        signing.approve_change(document(), signer)
    given = signing.approve_change(document(mode="sandbox"), signer)
    assert verdict(place, given, change=CHANGE.model_copy(update={"mode": "sandbox"}), secret=None) == ""
    mark = signer.sign(content_hash(document()), "ops").hex()
    forged = SignedChange(document=document(), key_id=signer.key_id, signature=mark)
    assert "outside of one" in verdict(place, forged)
