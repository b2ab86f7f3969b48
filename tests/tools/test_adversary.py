"""A hostile model with the agent's files and a shell makes no mail leave; without the guards it would."""

from pathlib import Path

import pytest

from tools.approvals import signing
from tools.sandbox import siege as besieged
from tools.sandbox.adversary import Attack, attacks
from tools.sandbox.mail_server import MailServer
from tools.sandbox.siege import NOW, REP, Siege, besiege, play
from tools.sender import GUARDS

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Siege:
    siege = Siege(tmp_path_factory.mktemp("siege") / "besieged", "a secret for the sender alone")
    signing.enrol(siege.workspace, REP.id, (REP.role,), PASSPHRASE, siege.secret, NOW)
    signer = signing.load_signer(siege.workspace, REP.id, PASSPHRASE)
    return besiege(
        siege,
        lambda tx, document, now: signing.approve(tx, document.run, document, signer, now),
        signing.revoke,
    )


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_an_attack_makes_no_mail_leave_and_would_without_the_guard(
    attack: Attack, siege: Siege, tmp_path: Path
) -> None:
    outcome = play(attack, siege, tmp_path)
    assert outcome.messages == 0
    assert outcome.unguarded > 0


def test_what_was_approved_still_leaves_from_the_besieged_workspace(siege: Siege, tmp_path: Path) -> None:
    with MailServer() as server:
        siege.copy(tmp_path / "copy").send(server, NOW + 5 * besieged.DAY)
        assert [message.recipient for message in server.messages] == ["bo@half-sent.example"]


def test_every_attack_names_guards_that_exist() -> None:
    assert all(attack.guards and set(attack.guards) <= GUARDS.keys() for attack in attacks())


def test_the_attacks_reach_every_guard_of_an_approval() -> None:
    reached = {guard for attack in attacks() for guard in attack.guards}
    assert {
        "digest",
        "identity",
        "signature",
        "enrolled",
        "expiry",
        "revocation",
        "single_use",
        "due",
        "recipient",
    } <= reached
