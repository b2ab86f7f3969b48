"""What people do with proposals: list, look, accept, revise, reject, merge.

Nobody can accept without a signature, and only the people's doors can make one: here it is checked and kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import unified_diff
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import select

from agent.bootstrap import House
from agent.proposing.opening import note, opened, text_of
from agent.proposing.revising import version_with
from loops.errors import RevloopsError
from loops.proposal import Proposal
from loops.values import canonical, content_hash
from tools import yaml_text
from tools.approvals.config_change import ROLE, ConfigApproval, Merging, SignedChange, change_approved
from tools.approvals.registry import Registry
from tools.changes.guard import PREFIX, refuse_strays
from tools.connectors.ports import ChangeHost, ChangeState
from tools.scopes import SELLERS
from tools.store.evidence import proposals
from tools.store.store import Tx, iso
from tools.yaml_edit import edited

KEPT = timedelta(days=7)
"""An acceptance is to be followed by a merge within this time."""
State = Literal["open", "accepted", "merged", "rejected", "closed"]


@dataclass(frozen=True)
class Held:
    """A proposal with how it stands where changes are looked at."""

    id: str
    title: str
    state: State
    change: ChangeState | None
    # None: its branch is gone
    proposal: Proposal | None
    # None: another instance opened it, and this one doesn't hold its evidence
    opened_at: str = ""
    # "" where another instance opened it
    signed: SignedChange | None = None
    commit: str = ""
    # the merge's

    @property
    def branch(self) -> str:
        """Its branch."""
        return f"{PREFIX}{self.id}"


@dataclass(frozen=True)
class Merged:
    """A merge that went through."""

    commit: str
    approver: str
    # person and key


# --- looking --------------------------------------------------------------------------------------
def listed(house: House, host: ChangeHost) -> tuple[Held, ...]:
    """Every proposal that this instance holds or its host knows, the newest first."""
    changes = {change.branch: change for change in host.listed(PREFIX)}
    with house.store.reading() as tx:
        rows = tx.all(select(proposals).order_by(proposals.c.opened_at.desc(), proposals.c.id))
    own = [_held(row._asdict(), changes.pop(row.branch, None)) for row in rows]
    return (*own, *(_elsewhere(change) for change in changes.values()))


def found(house: House, host: ChangeHost, id: str, *, whole: bool = False) -> Held:
    """The proposal of that id; the beginning of one does, where only one begins so.

    Args:
        house: the workspace.
        host: where changes are looked at.
        id: its id or branch.
        whole: whether it must be named in full, because something is decided on it.

    Raises:
        RevloopsError: there is none, or more than one, or it isn't named in full.
    """
    mine = [held for held in listed(house, host) if held.id.startswith(id) or held.branch == id]
    exact = [held for held in mine if id in (held.id, held.branch)] or mine
    if len(exact) != 1:
        told = "more than one begins so" if exact else "there is none"
        raise RevloopsError(f"no one proposal {id} ({told}): `revloops proposals` lists them")
    if whole and id not in (exact[0].id, exact[0].branch):
        raise RevloopsError(f"{id} is short for {exact[0].id}: name it in full to decide on it")
    return exact[0]


def diff(host: ChangeHost, change: ChangeState, *, evidence: bool = True) -> str:
    """What merging it changes, unified; with or without the proposal's own file."""
    told: list[str] = []
    for path in change.paths:
        if path.startswith("proposals/") and not evidence:
            continue
        before, after = host.text(change.base, path), host.text(change.head, path)
        lines = unified_diff(
            (before or "").splitlines(keepends=True),
            (after or "").splitlines(keepends=True),
            f"a/{path}" if before is not None else "/dev/null",
            f"b/{path}" if after is not None else "/dev/null",
        )
        told += (line if line.endswith("\n") else f"{line}\n" for line in lines)
    return "".join(told)


# --- accepting and merging ------------------------------------------------------------------------
def to_sign(house: House, host: ChangeHost, held: Held, who: str, nonce: str) -> ConfigApproval:
    """What that person would sign to let it through.

    Raises:
        RevloopsError: it isn't open, isn't what was proposed, or nobody is called that.
    """
    roster = {rep.id: rep for rep in house.workspace.scenario.roster}
    if who not in roster:
        raise RevloopsError(f"there is nobody called {who} in the roster: say who you are with --as PERSON")
    if house.workspace.settings.sandbox and roster[who].role != ROLE:
        named = ", ".join(rep.id for rep in roster.values() if rep.role == ROLE) or "nobody in the roster"
        raise RevloopsError(f"{who} may not let config through: {named} may (role {ROLE})")
    merging = _merging(house, host, held)
    now = house.runtime.at()
    return ConfigApproval(**merging.model_dump(), approver=who, expires_at=now + KEPT, nonce=nonce)


def accept(house: House, host: ChangeHost, held: Held, signed: SignedChange, trusted: Registry) -> None:
    """Keep a person's signature for it, once it is shown to hold.

    Raises:
        RevloopsError: it doesn't hold; says why.
    """
    now = house.runtime.at()
    if why := change_approved(signed, _merging(house, host, held), trusted, now):
        raise RevloopsError(f"{held.id} wasn't accepted: {why}")
    with house.store.transaction() as tx:
        _write(tx, held.id, approval=canonical(signed).decode())
    who = _approver(signed)
    host.check(held.branch, signed.document.head, "revloops/accepted", "success", f"by {who}")


def merge(house: House, host: ChangeHost, held: Held, trusted: Registry) -> Merged:
    """Merge it, where a person's signature lets just this diff into just this base.

    Raises:
        RevloopsError: nobody accepted it, the signature doesn't hold, or something moved.
    """
    if held.change and held.change.state == "merged":
        who = _signer_of(house, held, held.change, trusted)
        return _noted(house, held, held.change.merged_as, who)
    if held.signed is None:
        raise RevloopsError(f"nobody has accepted {held.id}: `revloops proposal accept {held.id}` first")
    who = _approver(held.signed)
    merging = _merging(house, host, held)
    if why := change_approved(held.signed, merging, trusted, house.runtime.at()):
        raise RevloopsError(f"{held.id} wasn't merged: {why}")
    done = host.merge(held.branch, merging.head, merging.base, who)
    return _noted(house, held, done.merged_as, who)


def _signer_of(house: House, held: Held, change: ChangeState, trusted: Registry) -> str:
    """Whose signature let through what was merged by hand; "" where nobody's does."""
    signed = held.signed
    if signed is None or signed.document.head != change.head:
        return ""
    mode = "sandbox" if house.workspace.settings.sandbox else "live"
    merging = Merging(
        mode=mode, proposal=held.id, branch=held.branch, head=change.head, base=signed.document.base,
        diff=signed.document.diff,
    )  # fmt: skip
    return "" if change_approved(signed, merging, trusted, house.runtime.at()) else _approver(signed)


def follow(house: House, host: ChangeHost) -> int:
    """Note here what people merged or closed where changes are looked at; how many those are."""
    with house.store.reading() as tx:
        rows = tx.all(select(proposals.c.id, proposals.c.branch).where(proposals.c.state == "open"))
    looked = [(row.id, host.status(row.branch)) for row in rows]
    states = [(id, there) for id, there in looked if there is None or there.state != "open"]
    with house.store.transaction() as tx:
        for id, there in states:
            if there is None:  # its branch is gone
                _write(tx, id, state="closed", approval="")
            elif there.state == "merged":
                at = iso(house.runtime.at())
                _write(tx, id, state="merged", merged_at=at, commit=there.merged_as)
            else:
                _write(tx, id, state="rejected", approval="")
    return len(states)


def _noted(house: House, held: Held, commit: str, who: str) -> Merged:
    with house.store.transaction() as tx:
        _write(tx, held.id, state="merged", merged_at=iso(house.runtime.at()), commit=commit)
    return Merged(commit, who)


def _merging(house: House, host: ChangeHost, held: Held) -> Merging:
    change, proposal = _open(held)
    _fits(house, host, change, proposal)
    return Merging(
        mode="sandbox" if house.workspace.settings.sandbox else "live",
        proposal=held.id,
        branch=held.branch,
        head=change.head,
        base=change.base,
        diff=content_hash(diff(host, change).encode()),
    )


def _open(held: Held) -> tuple[ChangeState, Proposal]:
    if held.proposal is None:
        told = "another instance opened it, and its evidence lies there: decide on it there"
        raise RevloopsError(f"{held.id}: {told}")
    if held.change is None:
        raise RevloopsError(f"{held.id}: its branch {held.branch} is gone")
    if held.state not in ("open", "accepted") or held.change.state != "open":
        raise RevloopsError(f"{held.id} is {held.state}: there is nothing to decide any more")
    return held.change, held.proposal


def _fits(house: House, host: ChangeHost, change: ChangeState, proposal: Proposal) -> None:
    """What lies on the branch is what was proposed, on the config that it was proposed for."""
    refuse_strays(change.branch, change.paths)
    config = house.workspace.configs.get(proposal.loop)
    if config is None or config.version != proposal.base:
        raise RevloopsError(
            f"{proposal.loop}'s config has changed since {proposal.id} was made: its figures speak of another"
            f" one; `revloops propose {proposal.loop}` makes a new one"
        )
    before = host.text(change.base, proposal.file)
    if before is None:
        raise RevloopsError(f"there is no {proposal.file} any more that {proposal.id} could change")
    if text_differs(host, change, proposal):
        raise RevloopsError(f"what people read of {proposal.id} isn't what it says: reject it")
    own = f"proposals/{proposal.id}.yaml"
    same = host.text(change.head, proposal.file) == edited(before, proposal.edits, proposal.file)
    if not same or {*change.paths} - {proposal.file, own} or not _is(host.text(change.head, own), proposal):
        raise RevloopsError(f"what lies on {change.branch} isn't what was proposed: reject it")
    after = edited(before, proposal.edits, proposal.file)
    if version_with(house, proposal.loop, proposal.file, after) != proposal.candidate:
        raise RevloopsError(f"{proposal.id} would make another config than was measured: reject it")


def text_differs(host: ChangeHost, change: ChangeState, proposal: Proposal) -> bool:
    """Whether its title or body says anything else than the proposal itself."""
    before = host.text(change.base, proposal.file) or ""
    return change.title != proposal.title or change.body.strip() != text_of(proposal, before).strip()


def _is(text: str | None, proposal: Proposal) -> bool:
    try:
        data = yaml_text.read(text or "", "")[0]
        return Proposal.model_validate(data) == proposal
    except (RevloopsError, ValidationError):
        return False


def _approver(signed: SignedChange) -> str:
    return f"{signed.document.approver} (key {signed.key_id})"


# --- refusing and revising ------------------------------------------------------------------------
def reject(house: House, host: ChangeHost, held: Held, who: str, why: str) -> None:
    """Close it for good, with the reason said on it.

    Raises:
        RevloopsError: it is merged, or no reason is given.
    """
    if not why.strip():
        raise RevloopsError("say why it is rejected: give --why TEXT")
    if held.state == "rejected":
        raise RevloopsError(f"{held.id} is rejected already; nothing was changed")
    looks_after_config(house, who)
    if held.state == "merged":
        raise RevloopsError(f"{held.id} is merged: `git revert -m 1 {held.commit[:12]}` takes it back")
    _ended(house, host, held, "rejected", f"Rejected by {who}: {why.strip()}")


def looks_after_config(house: House, who: str) -> None:
    """Refuse somebody who may not decide on a change of config.

    Raises:
        RevloopsError: nobody is called that, or they sell.
    """
    role = next((rep.role for rep in house.workspace.scenario.roster if rep.id == who), None)
    if role is None or role in SELLERS:
        told = f"{who} sells" if role else f"there is nobody called {who} in the roster"
        raise RevloopsError(f"{told}: whoever looks after the config decides on a change of it")


def revised(house: House, host: ChangeHost, held: Held, fresh: Proposal) -> Held:
    """The proposal that takes its place, opened; the old one is closed and points there.

    Raises:
        RevloopsError: it isn't open, or the new one changes nothing.
    """
    looks_after_config(house, fresh.by.partition(":")[2])
    change, proposal = _open(held)
    _fits(house, host, change, proposal)
    if fresh.edits == proposal.edits:
        raise RevloopsError("these are the values that it has already: nothing was revised")
    opened = opened_as(house, host, fresh, change.base)
    _ended(house, host, held, "closed", f"Revised as {fresh.id} by {fresh.by.partition(':')[2]}.")
    return opened


def opened_as(house: House, host: ChangeHost, proposal: Proposal, base: str) -> Held:
    """A person's own proposal, opened where changes are looked at and noted here.

    Raises:
        RevloopsError: its file isn't there, or an edit doesn't fit it.
    """
    change, at = opened(host, proposal, base), house.runtime.at()
    with house.store.transaction() as tx:
        note(tx, proposal, at)
    return Held(proposal.id, proposal.title, "open", change, proposal, iso(at))


def _ended(house: House, host: ChangeHost, held: Held, state: State, why: str) -> None:
    with house.store.transaction() as tx:
        _write(tx, held.id, state=state, approval="")
    if held.change:  # last: done again, it is closed where it wasn't
        host.close(held.branch, why)


# --- the rows -------------------------------------------------------------------------------------
def _write(tx: Tx, id: str, **values: str) -> None:
    tx.run(proposals.update().where(proposals.c.id == id).values(**values))


def _held(row: Mapping[str, Any], change: ChangeState | None) -> Held:
    proposal = Proposal.model_validate_json(row["doc"])
    signed = SignedChange.model_validate_json(row["approval"]) if row["approval"] else None
    commit = row["commit"] or (change.merged_as if change else "")
    return Held(
        proposal.id, proposal.title, _state(row["state"], change, signed), change, proposal,
        row["opened_at"], signed, commit,
    )  # fmt: skip


def _state(noted: State, change: ChangeState | None, signed: SignedChange | None) -> State:
    """The host has the last word on what it merged or closed; a signature counts for the head it names."""
    if noted != "open":
        return noted
    if change is None or change.state != "open":
        return change.state if change else "closed"
    return "accepted" if signed and signed.document.head == change.head else "open"


def _elsewhere(change: ChangeState) -> Held:
    id = change.branch.removeprefix(PREFIX)
    return Held(id, change.title, change.state, change, None, commit=change.merged_as)


def age_days(held: Held, now: datetime) -> int | None:
    """Days since it was opened; None where another instance opened it."""
    return (now - datetime.fromisoformat(held.opened_at)).days if held.opened_at else None
