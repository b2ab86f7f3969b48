"""Opens proposals where changes are looked at, and notes them here; performs `OpenProposal`."""

from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from sqlalchemy import select

from loops.proposal import Proposal
from loops.tuning.task import OpenProposal
from loops.values import canonical
from tools import yaml_text
from tools.changes.body import body
from tools.changes.opening import change_host
from tools.connectors.ports import ChangeHost, ChangeState, FileChange, NewChange
from tools.errors import ToolFailed
from tools.git import commit_of
from tools.store import Tx
from tools.store.evidence import proposals
from tools.store.store import iso
from tools.workspace import ChangeSettings
from tools.yaml_edit import edited


def open_proposal(
    tx: Tx, asked: OpenProposal, at: datetime, root: Path, settings: ChangeSettings
) -> None:
    """Open it; one that was opened before stays as people left it.

    Raises:
        ToolRetry: the host can't be reached now.
        ToolFailed: the file isn't what the proposal was made on, or the host refuses it.
    """
    proposal, host, base = asked.proposal, change_host(root, settings), _base(root, settings)
    held = tx.first(select(proposals.c.state).where(proposals.c.id == proposal.id))
    if held and held[0] != "open":
        return
    there = host.status(proposal.branch)
    if there is not None and there.state != "open":  # people closed or merged it where changes are looked at
        note(tx, proposal, at, "merged" if there.state == "merged" else "rejected", there.merged_as)
        return
    if not committed(root, proposal.file, host.text(base, proposal.file)):
        raise ToolFailed(f"{proposal.file} isn't committed as it stands: commit it, then propose again")
    opened(host, proposal, base)
    note(tx, proposal, at)


def committed(root: Path, file: str, text: str | None) -> bool:
    """Whether a file of the work tree says what it says in git."""
    path = root / file
    return text is not None and path.is_file() and path.read_text(encoding="utf-8") == text


def _base(root: Path, settings: ChangeSettings) -> str:
    base = commit_of(root, settings.branch or "HEAD")
    if base is None:
        raise ToolFailed("The workspace isn't in git: run git init and commit, so that a change has a base.")
    return base


def opened(host: ChangeHost, proposal: Proposal, base: str) -> ChangeState:
    """Open a proposal made on that commit where changes are looked at; how it stands there.

    Raises:
        ToolFailed: its file isn't there, or the host refuses it.
        RevloopsError: an edit doesn't fit the file.
    """
    before = host.text(base, proposal.file)
    if before is None:
        raise ToolFailed(f"there is no {proposal.file} in {base[:12]}: commit it first")
    return host.open(
        NewChange(
            branch=proposal.branch,
            base=base,
            title=proposal.title,
            body=text_of(proposal, before),
            files=files(proposal, before),
            author=proposal.by,
        )
    )


def text_of(proposal: Proposal, before: str) -> str:
    """What people read of it, made of itself alone.

    Args:
        proposal: the change.
        before: the config file's text where the branch starts.
    """
    after = files(proposal, before)[0].text or ""
    lines = unified_diff(before.splitlines(), after.splitlines(), proposal.file, proposal.file, lineterm="")
    return body(proposal, "\n".join(lines))


def note(tx: Tx, proposal: Proposal, at: datetime, state: str = "open", commit: str = "") -> None:
    """Note here that it was opened, or how it stands; one that is noted already stays as it is."""
    tx.add(
        proposals,
        id=proposal.id,
        loop=proposal.loop,
        doc=canonical(proposal).decode(),
        branch=proposal.branch,
        state=state,
        opened_at=iso(at),
        merged_at=iso(at) if state == "merged" else "",
        commit=commit,
        verdict="",
        approval="",
    )


def kept_text(proposal: Proposal) -> str:
    """What its file in `proposals/` holds."""
    return yaml_text.write(proposal.model_dump(mode="json"))


def files(proposal: Proposal, before: str) -> tuple[FileChange, ...]:
    """What lies on its branch: the edited config and itself.

    Args:
        proposal: the change.
        before: the config file's text where the branch starts.
    """
    after = edited(before, proposal.edits, proposal.file)
    own = FileChange(path=f"proposals/{proposal.id}.yaml", text=kept_text(proposal))
    return (FileChange(path=proposal.file, text=after), own)
