"""`proposals` and `proposal`: what people do with a change that an agent proposes."""

import json
import re
import shlex
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import House
from agent.proposing import verified
from agent.proposing.deciding import Held, accept, found, to_sign
from agent.proposing.verified import Mismatch, Verified
from cli.main import cli
from loops.errors import RevloopsError
from loops.proposal import Proposal
from loops.registry import load
from tests.agent.proposals_made import FILE, opened, points
from tests.house import bring, decisions, house, raw, scoring_house
from tests.tools.change_hosts import ME, committed, pushed
from tools import init
from tools.approvals import signing
from tools.approvals.registry import SECRET_VARIABLE, load_registry
from tools.changes.opening import change_host
from tools.connectors.ports import ChangeHost
from tools.git import git, show
from tools.store.evidence import proposals
from tools.workspace import Settings

OPS = ("--as", "ops-lead")


def host_of(home: House) -> ChangeHost:
    return change_host(home.workspace.root, home.workspace.settings.changes)


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def held(home: House) -> Held:
    return opened(home, host_of(home))


def rl(home: House, *words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [*words, "--workspace", str(home.workspace.root)])
    assert done.exit_code == code, done.output
    return done


def told(home: House, *words: str) -> dict[str, Any]:
    return json.loads(rl(home, *words, "--json").output.strip().splitlines()[-1])


def state(home: House, id: str) -> dict[str, Any]:
    with home.store.reading() as tx:
        row = tx.first(proposals.select().where(proposals.c.id == id))
    assert row is not None
    return dict(row._asdict())


def test_nothing_is_listed_where_nothing_is_proposed(home: House) -> None:
    assert "Nothing is proposed" in rl(home, "proposals").output


@pytest.mark.feature("GV3")
def test_a_proposal_goes_from_open_to_merged_and_a_revert_restores_the_very_bytes(
    home: House, held: Held
) -> None:
    root = home.workspace.root
    before = (root / FILE).read_bytes()
    (one,) = told(home, "proposals")["proposals"]
    assert (one["id"], one["state"], one["age_days"]) == (held.id, "open", 0)
    shown = told(home, "proposal", "show", held.id)
    assert "### What would show that it is wrong" in shown["body"] and "+    values: {" in shown["diff"]
    assert "nobody has accepted" in rl(home, "proposal", "merge", held.id, code=1).output
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    assert told(home, "proposals")["proposals"][0]["state"] == "accepted"
    done = told(home, "proposal", "merge", held.id)
    assert done["approver"].startswith("ops-lead (key ") and "webinar: 2" in (root / FILE).read_text("utf-8")
    assert told(home, "proposal", "merge", held.id)["commit"] == done["commit"]
    row = state(home, held.id)
    assert (row["state"], row["commit"]) == ("merged", done["commit"]) and row["merged_at"]
    assert told(home, "config", "check", "--base", "HEAD~1")["ok"]
    command = re.search(r"`git (log --merges [^`]+)` names the merge", shown["body"])
    assert command and git(root, *shlex.split(command[1])) == done["commit"]
    git(root, "revert", "--no-edit", "-m", "1", done["commit"], theirs=True)
    assert (root / FILE).read_bytes() == before


def decided(root: Path) -> list[dict[str, Any]]:
    """What a fresh house on that workspace decides on the same leads, with run ids and all."""
    home = scoring_house(root)
    bring(home, *(raw(str(n), source="webinar", title="Sales Manager") for n in range(8)))
    found = decisions(home, "qualify")
    home.store.close()
    return found


@pytest.mark.feature("AN5")
def test_after_a_revert_the_same_leads_are_decided_byte_for_byte_as_before(tmp_path: Path) -> None:
    def made(name: str) -> tuple[House, Held]:
        home = house(tmp_path / name)
        return home, opened(home, host_of(home))

    (first, _), (second, mine), (third, theirs) = made("a"), made("b"), made("c")
    for home, held in ((second, mine), (third, theirs)):
        rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
        rl(home, "proposal", "merge", held.id)
    git(third.workspace.root, "revert", "--no-edit", "-m", "1", "HEAD", theirs=True)
    before, merged, back = (decided(home.workspace.root) for home in (first, second, third))
    assert before == back and len(before) == 8
    assert merged != before  # control: the merge did change what is decided


def test_only_ops_sign_and_only_people_of_the_roster(home: House, held: Held) -> None:
    refused = rl(home, "proposal", "accept", held.id, "--as", "vp-sales", code=1).output
    assert "vp-sales may not let config through: ops-lead may" in refused
    assert "nobody called me" in rl(home, "proposal", "accept", held.id, "--as", "me", code=1).output
    assert state(home, held.id)["approval"] == ""


def test_a_branch_that_moved_after_it_was_accepted_isn_t_merged(home: House, held: Held) -> None:
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    root = home.workspace.root
    text = show(root, held.branch, FILE) or ""
    pushed(root, held.branch, FILE, text.replace("webinar: 2,", "webinar: 1,"))
    assert "isn't what was proposed" in rl(home, "proposal", "merge", held.id, code=1).output
    assert told(home, "proposals")["proposals"][0]["state"] == "open"


def test_a_commit_on_top_that_changes_nothing_needs_a_new_signature_too(home: House, held: Held) -> None:
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    root = home.workspace.root
    pushed(root, held.branch, FILE, show(root, held.branch, FILE) or "")
    refused = rl(home, "proposal", "merge", held.id, code=1).output
    assert "the branch has moved since it was accepted" in refused
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    assert told(home, "proposal", "merge", held.id)["commit"]


def test_a_base_that_moved_after_it_was_accepted_needs_a_new_signature(home: House, held: Held) -> None:
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    root = home.workspace.root
    (root / "notes.md").write_text("ours\n", encoding="utf-8")
    committed(root)
    refused = rl(home, "proposal", "merge", held.id, code=1).output
    assert "what it is merged into has moved" in refused
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    assert told(home, "proposal", "merge", held.id)["commit"]


def test_config_that_changed_under_a_proposal_makes_it_stale(home: House, held: Held) -> None:
    root = home.workspace.root
    text = (root / FILE).read_text(encoding="utf-8")
    (root / FILE).write_text(text.replace("newsletter: 3", "newsletter: 4"), encoding="utf-8")
    committed(root)
    refused = rl(home, "proposal", "accept", held.id, *OPS, code=1).output
    assert "its figures speak of another one" in refused and "revloops propose qualify" in refused


def test_a_stolen_signature_of_another_proposal_is_refused(home: House, held: Held) -> None:
    host = host_of(home)
    other = opened(home, host, points(home, 3))
    signing.create_sandbox_key(home.workspace.root)
    signer = signing.sandbox_signer(home.workspace.root, "ops-lead")
    signed = signing.approve_change(to_sign(home, host, held, "ops-lead", "n" * 16), signer)
    trusted = load_registry(home.workspace.root, None)
    with pytest.raises(RevloopsError, match="the approval is of another proposal"):
        accept(home, host, other, signed, trusted)
    accept(home, host, held, signed, trusted)
    assert found(home, host, held.id).state == "accepted"


def test_a_rejection_needs_a_reason_and_ends_it(home: House, held: Held) -> None:
    assert "--why" in rl(home, "proposal", "reject", held.id, *OPS, code=1).output
    rl(home, "proposal", "reject", held.id, *OPS, "--why", "the fair in May brought those")
    assert state(home, held.id)["state"] == "rejected"
    assert "is rejected" in rl(home, "proposal", "accept", held.id, *OPS, code=1).output
    assert "nobody has accepted" in rl(home, "proposal", "merge", held.id, code=1).output


@pytest.mark.feature("GV3")
def test_a_revision_is_a_person_s_own_and_the_old_one_points_to_it(home: House, held: Held) -> None:
    words = ("proposal", "revise", held.id, *OPS)
    assert "--set PLACE=VALUE" in rl(home, *words, code=1).output
    assert "there is no edit 2" in rl(home, *words, "--set", "2=5", "--why", "x", code=1).output
    assert "nothing was revised" in rl(home, *words, "--set", "1=2", "--why", "x", code=1).output
    new = told(home, *words, "--set", "1=6", "--why", "two is too few.")["id"]
    assert state(home, held.id)["state"] == "closed" and state(home, new)["state"] == "open"
    shown = told(home, "proposal", "show", new)
    assert "two is too few" in shown["body"] and "Nothing was measured" in shown["body"]
    assert "Proposed by person:ops-lead" in shown["body"] and "webinar: 6," in shown["diff"]
    proposal = Proposal.model_validate_json(state(home, new)["doc"])
    assert proposal.figures == () and proposal.promise.expected == proposal.promise.before
    rl(home, "proposal", "accept", new, *OPS)
    rl(home, "proposal", "merge", new)
    fresh = scoring_house(home.workspace.root)
    assert fresh.workspace.configs["qualify"].version == proposal.candidate


def test_a_revision_may_name_the_place_and_no_other(home: House, held: Held) -> None:
    words = ("proposal", "revise", held.id, *OPS, "--why", "x")
    (edit,) = points(home).edits
    place = ".".join(map(str, edit.path))
    assert f"name a place in {place}" in rl(home, *words, "--set", "grades.A=90", code=1).output
    new = told(home, *words, "--set", f"{place}=7")["id"]
    assert "webinar: 7," in told(home, "proposal", "show", new)["diff"]


def test_who_sells_rejects_nothing_and_an_id_is_named_in_full(home: House, held: Held) -> None:
    seller = next(rep.id for rep in home.workspace.scenario.roster if rep.role == "account_executive")
    said = rl(home, "proposal", "reject", held.id, "--as", seller, "--why", "x", code=1).output
    assert f"{seller} sells" in said
    short = rl(home, "proposal", "reject", held.id[:9], *OPS, "--why", "x", code=1).output
    assert f"short for {held.id}" in short and state(home, held.id)["state"] == "open"
    rl(home, "proposal", "reject", held.id, *OPS, "--why", "x")
    assert "rejected already" in rl(home, "proposal", "reject", held.id, *OPS, "--why", "y", code=1).output


def test_without_git_it_says_what_to_do(home: House, held: Held) -> None:
    shutil.rmtree(home.workspace.root / ".git")
    assert "isn't in git, or has no commit: `git init" in rl(home, "proposals", code=1).output


def test_a_revision_that_the_config_can_t_hold_is_refused_with_file_and_line(home: House, held: Held) -> None:
    refused = rl(home, "proposal", "revise", held.id, *OPS, "--set", "1=lots", "--why", "x", code=1).output
    assert "loops/qualify.yaml:" in refused and state(home, held.id)["state"] == "open"


def computed(result: Verified, home: House, proposal: Proposal) -> Verified:
    return result


def test_verifying_notes_its_result_on_the_change(
    home: House, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Verified(3, (Mismatch("webinar.conversion", "0.041", "0.118"),))
    for result, ok, check in ((Verified(3), True, "success"), (wrong, False, "failure")):
        monkeypatch.setattr(verified, "verifier", lambda told=result: partial(computed, told))
        done = rl(home, "proposal", "verify", held.id, "--json", code=0 if ok else 1)
        assert json.loads(done.output.strip().splitlines()[-1])["ok"] is ok
        (noted,) = told(home, "proposals")["proposals"][0]["checks"].values()
        assert noted.startswith(check)


def test_a_merge_at_the_host_by_hand_is_seen(home: House, held: Held) -> None:
    root = home.workspace.root
    git(root, *ME, "merge", "-q", "--no-ff", "-m", "By hand", held.branch)
    (one,) = told(home, "proposals")["proposals"]
    assert (one["state"], one["commit"]) == ("merged", git(root, "rev-parse", "HEAD"))


def test_an_id_may_be_shortened_where_only_one_begins_so(home: House, held: Held) -> None:
    assert told(home, "proposal", "show", held.id[:12])["id"] == held.id
    opened(home, host_of(home), points(home, 3))
    assert "more than one begins so" in rl(home, "proposal", "show", "qualify", code=1).output
    assert "there is none" in rl(home, "proposal", "show", "route-1", code=1).output


def live(tmp_path: Path) -> House:
    root = tmp_path / "live"
    init.create(root, load(), Settings(company="Ours"))
    roster = root / "scenarios" / "starter.yaml"
    text = roster.read_text(encoding="utf-8")
    roster.write_text(text.replace("role: account_executive", "role: ops", 1), encoding="utf-8")
    committed(root)
    return scoring_house(root)


def test_in_a_live_workspace_a_passphrase_and_the_sealed_list_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = live(tmp_path)
    root, who = home.workspace.root, home.workspace.scenario.roster[0].id
    held = opened(home, host_of(home))
    secret = "the secret of the sender"
    signing.enrol(root, who, ("ops",), "a long passphrase", secret, home.runtime.at())
    words = ("proposal", "accept", held.id, "--as", who, "--anyway")
    said = "not theirs"

    def typed(*_: object) -> str:
        return said

    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    refused = rl(home, *words, code=1).output
    assert f"{SECRET_VARIABLE} is not set" in refused and state(home, held.id)["approval"] == ""
    monkeypatch.setenv(SECRET_VARIABLE, secret)
    monkeypatch.setattr("cli.signing.passphrase", typed)
    assert "isn't" in rl(home, *words, code=1).output and state(home, held.id)["approval"] == ""
    said = "a long passphrase"
    rl(home, *words)
    monkeypatch.delenv(SECRET_VARIABLE)
    assert f"{SECRET_VARIABLE} is not set" in rl(home, "proposal", "merge", held.id, code=1).output
    monkeypatch.setenv(SECRET_VARIABLE, secret)
    signing.revoke_key(root, who, secret, home.runtime.at())
    assert "key was revoked" in rl(home, "proposal", "merge", held.id, code=1).output
