"""A workspace in which real mail leaves, set up to be attacked; and what an attack on it came to.

It holds one sequence half sent, one whose approval has expired, and one that was revoked.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import tools
from loops.calendar import Calendar
from loops.records import Lead, Origin
from loops.scenario import Rep
from loops.values import short_id
from tools.approvals.deploy import deploy
from tools.approvals.document import SequenceDocument, build_document, digest
from tools.approvals.registry import Approver, TwoPeople, entries, list_path, save_registry
from tools.sandbox.adversary import OLDER, Attack
from tools.sandbox.mail_server import MailServer
from tools.sender import GUARDS, OutreachPolicy, SendReport, open_sender
from tools.sender.guards import Guard
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.store import iso

NOW = datetime(2026, 3, 11, 15, tzinfo=UTC)
"""A Wednesday afternoon, so that no attack fails merely because people don't work."""

DAY = timedelta(days=1)
REP = Rep(id="ann", name="Ann Example", email="ann@vendor.example", role="account_executive")
SEQUENCES = ("half-sent", "expired", "revoked")


class Approve(Protocol):
    """Signs a document as `REP`; the people's doors hand it in, for they alone can sign."""

    def __call__(self, tx: Tx, document: SequenceDocument, now: datetime) -> str:
        """The approval's id."""
        ...


class Revoke(Protocol):
    """Takes an approval back."""

    def __call__(self, tx: Tx, approval: str, now: datetime) -> None:
        """Once this returns, nothing more leaves under it."""
        ...


@dataclass(frozen=True)
class Plain:
    """A mail of the besieged sequences."""

    subject: str
    body: str
    wait_days: int


@dataclass(frozen=True)
class Siege:
    """The besieged workspace and, out of an agent's reach, the sender's own directory."""

    directory: Path
    secret: str
    # the sender's

    @property
    def workspace(self) -> Path:
        """What the agent's process can read and write."""
        return self.directory / "workspace"

    @property
    def sender_state(self) -> Path:
        """The sender's own."""
        return self.directory / "sender"

    def copy(self, directory: Path) -> "Siege":
        """The same, elsewhere."""
        shutil.copytree(self.directory, directory)
        return Siege(directory, self.secret)

    def store(self) -> Store:
        """The workspace's store."""
        return Store(str(self.workspace / ".revloops" / "store.db"), durable=False)

    def send(self, server: MailServer, now: datetime, guards: Mapping[str, Guard] = GUARDS) -> SendReport:
        """Let a sender do one pass."""
        environment = {
            "REVLOOPS_SENDER_SECRET": self.secret,
            "REVLOOPS_SENDER_STATE": str(self.sender_state),
            "REVLOOPS_SMTP_URL": server.url,
        }
        store = self.store()
        try:
            return open_sender(self.workspace, store, OutreachPolicy(), environment, guards).run_once(now)
        finally:
            store.close()


@dataclass(frozen=True)
class Outcome:
    """What an attack came to."""

    attack: str
    story: str
    messages: int
    # that left because of it
    unguarded: int
    # that left with the guards taken out that stood in its way


def besiege(siege: Siege, approve: Approve, revoke: Revoke) -> Siege:
    """The workspace ready to be attacked; `REP` must be enrolled there.

    Args:
        siege: where it goes.
        approve: signs a document as `REP`.
        revoke: takes an approval back.
    """
    _list_twice(siege)
    store = siege.store()
    documents = {name: _document(name) for name in SEQUENCES}
    for name, document in documents.items():
        with store.transaction() as tx:
            _people(tx, name, document)
            mark = approve(tx, document, NOW)
            if name != "expired":
                deploy(tx, f"{document.run}!0", mark, digest(document), NOW)
            if name == "revoked":
                revoke(tx, mark, NOW)
    store.close()
    with MailServer() as server:
        siege.send(server, NOW - DAY)
        assert len(server.messages) == 1, "the half-sent sequence has sent its first mail"
    return siege


def _list_twice(siege: Siege) -> None:
    """A second list of approvers, and the agent's copy of the first."""
    path = list_path(siege.workspace)
    shutil.copy(path, path.with_suffix(OLDER))
    known = [entry for entry in entries(siege.workspace, siege.secret) if isinstance(entry, Approver)]
    save_registry(siege.workspace, siege.secret, [*known, TwoPeople(on=False)])


def play(attack: Attack, siege: Siege, scratch: Path) -> Outcome:
    """Attack a copy of the besieged workspace from another process, then let the sender work on it.

    Args:
        attack: what to do.
        siege: the workspace; it stays as it is.
        scratch: an existing directory for the copies.
    """
    hit = siege.copy(scratch / attack.name)
    bare = {key: value for key, value in os.environ.items() if not key.startswith("REVLOOPS_")}
    path = os.pathsep.join(filter(None, (bare.get("PYTHONPATH"), str(Path(tools.__file__).parents[1]))))
    command = [sys.executable, "-m", "tools.sandbox.adversary", str(hit.workspace), attack.name]
    subprocess.run(command, env={**bare, "PYTHONPATH": path}, check=True, timeout=60)
    open_gate = hit.copy(scratch / f"{attack.name}-unguarded")
    rest = {name: guard for name, guard in GUARDS.items() if name not in attack.guards}
    at = NOW + DAY * attack.days_later
    return Outcome(attack.name, attack.story, _left(hit, at, GUARDS), _left(open_gate, at, rest))


def _left(siege: Siege, now: datetime, guards: Mapping[str, Guard]) -> int:
    with MailServer() as server:
        siege.send(server, now, guards)
        return len(server.messages)


def _document(name: str) -> SequenceDocument:
    approved_at = NOW - DAY * (60 if name == "expired" else 1)
    mails = tuple(Plain("Your plan for the year", f"Mail {n} to {name}.", n * 3) for n in range(3))
    return build_document(
        mails,
        run=short_id("run", name),
        lead=lead_of(name),
        sender=REP,
        calendar=Calendar(zone="UTC"),
        approved_at=approved_at,
        play="inbound",
        config_hash="0" * 64,
        nonce=short_id("nonce", name),
        domain="vendor.example",
        mode="live",
    )


def lead_of(name: str) -> Lead:
    """The recipient of a besieged sequence."""
    return Lead(
        id=f"L-{name}",
        person=f"P-{name}",
        source="demo_request",
        created_at=NOW,
        first_name="Bo",
        email=f"bo@{name}.example",
        domain=f"{name}.example",
        origin=Origin(source="siege"),
    )


def _people(tx: Tx, name: str, document: SequenceDocument) -> None:
    lead = lead_of(name)
    tx.add(
        t.leads,
        id=lead.id,
        person=lead.person,
        email=lead.email,
        name="Bo",
        company_key=name,
        domain=lead.domain,
        owner=REP.id,
        content="",
        doc="",
    )
    tx.add(
        t.runs,
        id=document.run,
        loop="engage",
        trigger="siege",
        event="",
        record=lead.id,
        subject=lead.person,
        input="",
        frame="",
        step=1,
        state="person",
        queue="review",
        ask_to=f"person:{REP.id}",
        ask="",
        at=iso(NOW),
    )
    tx.flush()
