"""Performs `OpenProposal`: the change is opened where changes are looked at, and noted here."""

from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from agent.proposing.deciding import files
from loops.proposal import Proposal
from loops.tuning.task import OpenProposal
from loops.values import canonical
from tools.changes.body import body
from tools.changes.opening import change_host
from tools.connectors.ports import ChangeHost, NewChange
from tools.errors import ToolFailed
from tools.git import commit_of
from tools.store import Tx
from tools.store.evidence import proposals
from tools.store.store import iso
from tools.workspace import ChangeSettings


def open_proposal(
    tx: Tx, asked: OpenProposal, at: datetime, root: Path, settings: ChangeSettings
) -> None:
    """Open it; done again, nothing changes.

    Raises:
        ToolRetry: the host can't be reached now.
        ToolFailed: the file isn't what the proposal was made on, or the host refuses it.
    """
    opened(tx, change_host(root, settings), asked.proposal, _base(root, settings), at)


def _base(root: Path, settings: ChangeSettings) -> str:
    base = commit_of(root, settings.branch or "HEAD")
    if base is None:
        raise ToolFailed("The workspace isn't in git: run git init and commit, so that a change has a base.")
    return base


def opened(tx: Tx, host: ChangeHost, proposal: Proposal, base: str, at: datetime) -> str:
    """Open a proposal made on that commit; its branch."""
    before = host.text(base, proposal.file)
    if before is None:
        raise ToolFailed(f"There is no {proposal.file} in {base[:12]}: commit it first.")
    made = files(proposal, before)
    lines = unified_diff(
        before.splitlines(), (made[0].text or "").splitlines(), proposal.file, proposal.file, lineterm=""
    )
    change = NewChange(
        branch=proposal.branch,
        base=base,
        title=proposal.title,
        body=body(proposal, "\n".join(lines)),
        files=made,
        author=proposal.by,
    )
    host.open(change)
    tx.add(
        proposals,
        id=proposal.id,
        loop=proposal.loop,
        doc=canonical(proposal).decode(),
        branch=proposal.branch,
        state="open",
        opened_at=iso(at),
        merged_at="",
        commit="",
        verdict="",
        approval="",
    )
    return proposal.branch
