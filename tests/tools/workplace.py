"""A small workspace with approved sequences, for the tests of approvals and of the sender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loops.calendar import Calendar
from loops.records import Lead, Origin
from loops.scenario import Rep
from loops.values import short_id
from tools.approvals import signing
from tools.approvals.deploy import deploy
from tools.approvals.document import Mode, SequenceDocument, build_document, digest
from tools.approvals.registry import load_registry
from tools.connectors.delivery import Mailer
from tools.connectors.memory import MemoryMailer
from tools.sender import GUARDS, OutreachPolicy, Sender, SendReport
from tools.sender.guards import Guard
from tools.sender.journal import Journal
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.store import iso

NOW = datetime(2026, 3, 11, 15, tzinfo=UTC)
DAY = timedelta(days=1)
SECRET = "only the sender knows this"
PASSPHRASE = "correct horse"
ANN = Rep(id="ann", name="Ann Zoë", email="ann@vendor.example", role="account_executive")


@dataclass(frozen=True)
class Plain:
    subject: str
    body: str
    wait_days: int


MAILS = (
    Plain("Your Series B", "Hello Bo,\n\nthe first mail.\n", 0),
    Plain("", "A second thought.\n", 3),
    Plain("Your Series B", "A last one – with a dash.\n", 4),
)


def lead_named(name: str) -> Lead:
    return Lead(
        id=f"L-{name}",
        person=f"P-{name}",
        source="demo_request",
        created_at=NOW,
        first_name="Bo",
        last_name="Öst",
        email=f"bo@{name}.example",
        domain=f"{name}.example",
        origin=Origin(source="test"),
    )


def document_for(
    name: str,
    *,
    mode: Mode = "live",
    mails: Sequence[Plain] = MAILS,
    approved_at: datetime = NOW,
    calendar: Calendar | None = None,
) -> SequenceDocument:
    return build_document(
        mails,
        run=short_id("run", name),
        lead=lead_named(name),
        sender=ANN,
        calendar=calendar or Calendar(),
        approved_at=approved_at,
        play="funding",
        config_hash="c" * 64,
        nonce=short_id("nonce", name),
        domain="vendor.example",
        mode=mode,
    )


def record(tx: Tx, document: SequenceDocument) -> None:
    """The lead and the run that waits for Ann."""
    tx.add(
        t.leads,
        id=document.lead,
        person=document.person,
        email=document.recipient,
        name="Bo",
        company_key="",
        domain=None,
        owner="ann",
        content="",
        doc="",
    )
    tx.add(
        t.runs,
        id=document.run,
        loop="engage",
        trigger="test",
        event="",
        record=document.lead,
        subject=document.person,
        input="",
        frame="f" * 64,
        step=1,
        state="person",
        queue="review",
        ask_to="person:ann",
        ask="",
        at=iso(NOW),
    )
    tx.flush()


@dataclass
class Workplace:
    directory: Path
    live: MemoryMailer = field(default_factory=MemoryMailer)
    mailbox: MemoryMailer = field(default_factory=MemoryMailer)

    def __post_init__(self) -> None:
        (self.directory / ".revloops").mkdir(parents=True)
        self.store = Store(str(self.directory / ".revloops" / "store.db"))
        signing.enrol(self.directory, "ann", (ANN.role,), PASSPHRASE, SECRET, NOW)
        signing.create_sandbox_key(self.directory)
        self.ann = signing.load_signer(self.directory, "ann", PASSPHRASE)

    def approved(self, document: SequenceDocument, signer: signing.Signer | None = None) -> str:
        """The id of an approval whose mails are in line."""
        with self.store.transaction() as tx:
            record(tx, document)
            approval = signing.approve(tx, document.run, document, signer or self.ann, NOW)
            deploy(tx, f"{document.run}!0", approval, digest(document), NOW)
        return approval

    def sender(
        self,
        policy: OutreachPolicy | None = None,
        guards: Mapping[str, Guard] = GUARDS,
        *,
        live: Mailer | None = None,
    ) -> Sender:
        return Sender(
            self.store,
            mailbox=self.mailbox,
            live=live or self.live,
            journal=Journal(self.directory / "own", SECRET),
            registry=lambda: load_registry(self.directory, SECRET),
            policy=policy or OutreachPolicy(),
            guards=guards,
        )

    def states(self, approval: str) -> list[tuple[str, str]]:
        """State and reason of each mail, in order."""
        with self.store.reading() as tx:
            rows = tx.conn.execute(
                t.mails.select().where(t.mails.c.approval == approval).order_by(t.mails.c.n)
            )
            return [(row.state, row.reason) for row in rows]

    def change(self, statement: str) -> None:
        """Write to the store behind everybody's back."""
        with self.store.transaction() as tx:
            tx.conn.exec_driver_sql(statement)

    def performed(self) -> list[tuple[str, str, str]]:
        """Kind, outcome and frame of the ledger's rows, in order."""
        with self.store.reading() as tx:
            return [(row.kind, row.outcome, row.frame) for row in tx.rows()]

    def events(self) -> list[str]:
        """Kinds of the events that wait, in order."""
        with self.store.reading() as tx:
            return [row.kind for row in tx.conn.execute(t.events.select().order_by(t.events.c.seq))]


def without(*names: str) -> dict[str, Guard]:
    return {name: guard for name, guard in GUARDS.items() if name not in names}


def later(place: Workplace, days: float, *, per_mailbox: int = 60, per_company: int = 5) -> SendReport:
    policy = OutreachPolicy(per_mailbox_per_day=per_mailbox, per_company_per_day=per_company)
    return place.sender(policy).run_once(NOW + days * DAY)
