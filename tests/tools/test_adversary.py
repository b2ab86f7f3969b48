"""A hostile model with the agent's files and a shell makes no mail leave; without the guards it would."""

import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import tools.sender
from agent.replay import verify
from cli.sending import send
from tools.approvals import signing
from tools.approvals.registry import list_path
from tools.sandbox import siege as besieged
from tools.sandbox.adversary import Attack, Reach, attacks
from tools.sandbox.mail_server import MailServer
from tools.sandbox.siege import NOW, REP, Siege, besiege, play
from tools.sender import GUARDS, OutreachPolicy, Sender
from tools.store import Store

PASSPHRASE = "correct horse battery"
TAMPERED = {"edits_the_stored_sequence"}
"""Attacks that change a written body: that is what verifying must find."""


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
    for copy in (attack.name, f"{attack.name}-unguarded"):
        store = Siege(tmp_path / copy, siege.secret).store()
        found = verify(store)
        store.close()
        assert found == [] or (attack.name in TAMPERED and len(found) == 1), found


def test_what_was_approved_still_leaves_from_the_besieged_workspace(siege: Siege, tmp_path: Path) -> None:
    with MailServer() as server:
        siege.copy(tmp_path / "copy").send(server, NOW + 5 * besieged.DAY)
        assert [message.recipient for message in server.messages] == ["bo@half-sent.example"]


def test_every_attack_names_guards_that_exist() -> None:
    assert all(attack.guards and set(attack.guards) <= GUARDS.keys() for attack in attacks())


UNREACHED = {
    "approver": "who may approve is signed: an agent that changes it runs into the signature first",
    "two_people": "off in the besieged workspace; `test_two_people_cant_be_switched_off` switches it on",
    "suppression": "an agent can only add to the list, or take from it, which lets go what was approved",
    "reply": "the same: a reply taken back lets go what was approved",
    "order": "it spares the recipient a follow-up too soon; each mail has an approved time of its own",
    "window": "the same: it can only hold what was approved",
    "limits": "the same",
}
"""The guards that no attack runs into, each with the reason."""


def test_the_attacks_reach_every_guard() -> None:
    reached = {guard for attack in attacks() for guard in attack.guards}
    assert reached == GUARDS.keys() - UNREACHED.keys()
    assert UNREACHED.keys() <= GUARDS.keys()


@pytest.mark.parametrize("how", ["older", "line", "gone"])
def test_two_people_cant_be_switched_off(siege: Siege, tmp_path: Path, how: str) -> None:
    hit, later = siege.copy(tmp_path / "hit"), NOW + 5 * besieged.DAY
    path = list_path(hit.workspace)
    older = path.read_bytes()
    signing.require_two_people(hit.workspace, True, hit.secret)
    with MailServer() as server:
        hit.send(server, NOW)
        known = json.loads(path.read_bytes())
        known["list"]["entries"].pop()
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(older if how == "older" else json.dumps(known).encode())
        assert hit.send(server, later).held == 1
        assert server.messages == []
        path.write_bytes(older)
        loose = {name: guard for name, guard in GUARDS.items() if name != "approver_list"}
        hit.send(server, later + besieged.DAY, loose)
        assert len(server.messages) == 1


# --- through the command line
def _live(siege: Siege, server: MailServer, toml: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    """What `revloops send` comes to in a besieged workspace with that revloops.toml."""
    (siege.workspace / "revloops.toml").write_text(toml, encoding="utf-8")
    monkeypatch.setenv("REVLOOPS_SENDER_SECRET", siege.secret)
    monkeypatch.setenv("REVLOOPS_SENDER_STATE", str(siege.sender_state))
    monkeypatch.setenv("REVLOOPS_SMTP_URL", server.url)
    return CliRunner().invoke(send, ["-w", str(siege.workspace)])


def _expired_in_line(siege: Siege) -> None:
    store = siege.store()
    with store.transaction() as tx:
        reach = Reach(siege.workspace, tx)
        row = reach.approval("expired")
        reach.put_in_line(row["id"], 0, row["lead"])
    store.close()


BACK = NOW - 57 * besieged.DAY
"""When the expired approval was still good."""


def test_an_agent_that_sets_the_clock_back_makes_no_expired_approval_leave(
    siege: Siege, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = siege.copy(tmp_path / "hit")
    _expired_in_line(hit)
    sandbox = f'[sandbox]\nseed = 7\nscale = 1\nstart = "{BACK.isoformat()}"\n'
    with MailServer() as server:
        refused = _live(hit, server, sandbox, monkeypatch)
        assert refused.exit_code == 1 and "real mail leaves only from a workspace without" in refused.stderr
        assert "expired" in _live(hit.copy(tmp_path / "plain"), server, "", monkeypatch).stdout
        assert server.messages == []
        hit.send(server, BACK)
        assert len(server.messages) == 1, "a sender that went by that clock would send it"


def test_a_workspace_can_only_tighten_what_leaves(
    siege: Siege, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[OutreachPolicy] = []
    opened = tools.sender.open_sender

    def spy(workspace: Path, store: Store, policy: OutreachPolicy) -> Sender:
        seen.append(policy)
        return opened(workspace, store, policy)

    monkeypatch.setattr(tools.sender, "open_sender", spy)
    loose = "[outreach]\nper_mailbox_per_day = 9000\nper_company_per_day = 2\nmin_gap_hours = 0\n"
    with MailServer() as server:
        assert _live(siege.copy(tmp_path / "hit"), server, loose, monkeypatch).exit_code == 0
    assert seen == [OutreachPolicy(per_company_per_day=2)]


def test_the_process_with_the_send_credential_imports_no_agent() -> None:
    code = (
        "import sys, cli.sending; from click.testing import CliRunner;"
        "CliRunner().invoke(cli.sending.send, ['-w', sys.argv[1]]);"
        "assert 'tools.sender' in sys.modules;"
        "print(*(m for m in sys.modules if m.split('.')[0] == 'agent'))"
    )
    root = Path(tools.__file__).parents[1]
    source = (root / "cli" / "sending.py").read_text(encoding="utf-8")
    named = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert "tools.sender" in named and not [name for name in named if (name or "").startswith("agent")]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "revloops.toml").write_text("", encoding="utf-8")
        (Path(folder) / ".revloops").mkdir()
        out = subprocess.run(
            [sys.executable, "-c", code, folder], cwd=root, capture_output=True, text=True, check=True
        )
    assert out.stdout.split() == []
