"""Proposals and what people do past the command line: merge by hand, close, rewrite, edit meanwhile."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.bootstrap import House
from agent.proposing.deciding import Held
from agent.proposing.opening import open_proposal
from loops.tuning.task import OpenProposal
from tests.agent.proposals_made import FILE, opened
from tests.cli.test_proposals import OPS, host_of, rl, state, told
from tests.house import change, house
from tools.changes.local import LocalChanges
from tools.errors import ToolFailed, ToolRetry
from tools.git import git


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def held(home: House) -> Held:
    return opened(home, host_of(home))


def by_hand(home: House, branch: str, *, sneak: bool = False) -> None:
    """Merge the branch in git, with something else put onto it before where asked for."""
    root = home.workspace.root
    here = git(root, "symbolic-ref", "--short", "HEAD")
    if sneak:
        git(root, "checkout", "--quiet", branch)
        change(root, FILE, "grades: {A: 80", "grades: {A: 75")
        git(root, "commit", "-qam", "Something else")
        git(root, "checkout", "--quiet", here)
    git(root, "merge", "--quiet", "--no-ff", "-m", "By hand", branch)


def test_figures_that_do_not_come_out_are_not_accepted_unasked(home: House, held: Held) -> None:
    said = rl(home, "proposal", "accept", held.id, *OPS, code=1).output
    assert "doesn't come out as it says" in said and "--anyway" in said
    assert state(home, held.id)["approval"] == ""


@pytest.mark.parametrize("sneak", [False, True])
def test_a_merge_by_hand_is_approved_only_by_who_signed_just_that(
    home: House, held: Held, sneak: bool
) -> None:
    rl(home, "proposal", "accept", held.id, *OPS, "--anyway")
    by_hand(home, held.branch, sneak=sneak)
    done = told(home, "proposal", "merge", held.id)
    assert done["approver"] == "" if sneak else done["approver"].startswith("ops-lead")


def test_a_merge_by_hand_is_watched_like_another(home: House, held: Held) -> None:
    by_hand(home, held.branch)
    assert told(home, "impact")["proposals"][0]["proposal"] == held.id
    assert state(home, held.id)["state"] == "merged"


def test_what_people_closed_where_changes_are_looked_at_is_not_opened_again(home: House, held: Held) -> None:
    host = host_of(home)
    host.close(held.branch, "not like this")
    assert held.proposal is not None
    settings = home.workspace.settings.changes
    with home.store.transaction() as tx:
        asked = OpenProposal(record="qualify", proposal=held.proposal)
        open_proposal(tx, asked, home.runtime.at(), home.workspace.root, settings)
    there = host.status(held.branch)
    assert there is not None and there.state == "closed"
    rl(home, "impact")
    assert state(home, held.id)["state"] == "rejected"


def test_a_proposal_whose_branch_is_gone_holds_nothing_up(home: House, held: Held) -> None:
    git(home.workspace.root, "branch", "-D", held.branch)
    assert "waits for a decision" not in rl(home, "propose", "qualify").output
    assert state(home, held.id)["state"] == "closed"


def test_what_people_read_is_what_is_verified_and_signed(home: House, held: Held) -> None:
    root, ref = home.workspace.root, f"refs/revloops/changes/{held.branch}"
    note = json.loads(git(root, "cat-file", "blob", ref))
    note["body"] = note["body"].replace("0.7", "0.9")
    git(root, "update-ref", ref, git(root, "hash-object", "-w", "--stdin", given=json.dumps(note)))
    assert "text: what people read of it" in rl(home, "proposal", "verify", held.id, code=1).output
    refused = rl(home, "proposal", "accept", held.id, *OPS, "--anyway", code=1).output
    assert "isn't what it says" in refused


def test_nobody_and_no_seller_revises(home: House, held: Held) -> None:
    words = ("proposal", "revise", held.id, "--set", "1=7", "--why", "x", "--as")
    assert "nobody called me" in rl(home, *words, "me", code=1).output
    new = told(home, *words, "ops-lead")
    assert "revised: edit 1 = 7" in told(home, "proposal", "show", new["id"])["title"]


def test_an_edit_that_is_not_committed_has_nothing_opened_on_it(home: House, held: Held) -> None:
    change(home.workspace.root, FILE, "grades: {A: 80", "grades: {A: 79")
    assert held.proposal is not None
    other = held.proposal.model_copy(update={"title": "Another"})
    with home.store.transaction() as tx, pytest.raises(ToolFailed, match="isn't committed as it stands"):
        asked = OpenProposal(record="qualify", proposal=other)
        open_proposal(tx, asked, home.runtime.at(), home.workspace.root, home.workspace.settings.changes)


def test_two_who_write_at_once_lose_nothing(home: House, held: Held) -> None:
    host, other = (LocalChanges(home.workspace.root) for _ in range(2))
    read = host._known  # pyright: ignore[reportPrivateUsage]

    def late(branch: str) -> dict[str, Any]:
        note = read(branch)
        other.close(branch, "closed meanwhile")
        return note

    host._known = late  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(ToolRetry):
        host.check(held.branch, "0" * 40, "x", "success", "")
    there = other.status(held.branch)
    assert there is not None and there.state == "closed"
