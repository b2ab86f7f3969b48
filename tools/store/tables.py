"""The tables. SQLite first; nothing here that Postgres can't do.

Small rows that are found by their key alone lie in their key's index (`sqlite_with_rowid=False`). Large ones
with a hash for a key don't: SQLite appends them, where it would otherwise rewrite a page for each.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

meta = MetaData()

settings = Table(
    "settings", meta,
    Column("key", String, primary_key=True), Column("value", Text, nullable=False),
)

# --- what happened --------------------------------------------------------------------------------
blobs = Table(
    "blobs", meta,
    Column("hash", String(64), primary_key=True),
    Column("subject", String),
    # the one person it names; its bytes are then encrypted under their key; NULL: names nobody
    Column("bytes", LargeBinary, nullable=False),
)
keys = Table(
    "keys", meta,
    Column("subject", String, primary_key=True), Column("key", LargeBinary, nullable=False),
)
erased = Table(
    "erased", meta,
    Column("subject", String, primary_key=True), Column("at", String, nullable=False),
    # a subject whose key is gone for good: whoever comes in again gets another one
    sqlite_with_rowid=False,
)
frames = Table(
    "frames", meta,
    Column("hash", String(64), primary_key=True),
    Column("loop", String, nullable=False),
    Column("code", String(64), nullable=False),
    Column("config", String(64), nullable=False),
    Column("revision", String, nullable=False),
    Column("scenario", String(64), nullable=False),
)
ledger = Table(
    "ledger", meta,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("run", String(32), nullable=False),
    Column("kind", String, nullable=False),
    Column("loop", String, nullable=False),
    Column("frame", String(64), nullable=False),
    Column("trigger", String, nullable=False),
    Column("caused_by", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("body", String(64), nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", String, nullable=False),
    # aware UTC, ISO 8601; outside the hash
    Column("duration_ms", Integer, nullable=False),
    Index("ledger_run", "run"),
)
exchanges = Table(
    "exchanges", meta,
    Column("run", String(32)), Column("step", Integer), Column("n", Integer),
    Column("kind", String, nullable=False),
    # model | tool
    Column("request", String(64), nullable=False),
    # hash of the request's canonical bytes
    Column("response", String(64), nullable=False),
    # hash of the stored response
    Column("model", String, nullable=False, default=""),
    Column("prompt", String(64), nullable=False, default=""),
    # of a model exchange: the model asked, and the hash of its prompt's stored text
    PrimaryKeyConstraint("run", "step", "n"),
    sqlite_with_rowid=False,
)

# --- what models cost -----------------------------------------------------------------------------
usage = Table(
    "usage", meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # one row an HTTP request to a model, written before it leaves; it names nobody
    Column("request", String(32), nullable=False),
    # the run that what is worked on began with: a lead's chain has one budget
    Column("run", String(32), nullable=False),
    Column("step", Integer, nullable=False),
    Column("loop", String, nullable=False),
    Column("specialist", String, nullable=False),
    Column("model", String, nullable=False),
    Column("prompt", String(64), nullable=False),
    # hash of the effective prompt
    Column("at", String, nullable=False),
    Column("day", String(10), nullable=False),
    # in the workspace's zone
    Column("state", String, nullable=False),
    # reserved | done | failed
    Column("fault", String, nullable=False, default=""),
    # what went wrong, in a few words; "" where nothing did
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("estimated", Boolean, nullable=False),
    # the endpoint said no figures, so the tokens are an estimate
    Column("cost_micros", Integer),
    # millionths of the currency; NULL: the model has no price
    Column("currency", String(3), nullable=False),
    Column("ms", Integer, nullable=False),
    # the wait before it included
    Index("usage_request", "request"), Index("usage_run", "run"), Index("usage_day", "day"),
)

threads = Table(
    "threads", meta,
    Column("id", String, primary_key=True), Column("principal", String, nullable=False),
    Column("turns", Integer, nullable=False), Column("at", String, nullable=False),
)
thread_people = Table(
    "thread_people", meta,
    Column("thread", String), Column("person", String),
    # somebody whom a tool gave the thread: erasing them deletes it
    PrimaryKeyConstraint("thread", "person"), sqlite_with_rowid=False,
)

# --- work -----------------------------------------------------------------------------------------
events = Table(
    "events", meta,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
    Column("error", Text, nullable=False, default=""),
    # what broke its loop; "" for one that was delivered or still is to be
    Index("events_open", "seq", sqlite_where=Column("done", Boolean).is_(False)),
)
runs = Table(
    "runs", meta,
    Column("id", String(32), primary_key=True),
    Column("loop", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("schedule", String, nullable=False, default=""),
    Column("event", String, nullable=False),
    Column("record", String, nullable=False),
    Column("subject", String),
    Column("input", String(64), nullable=False),
    Column("frame", String(64), nullable=False),
    Column("step", Integer, nullable=False),
    # how many asks it has made
    Column("state", String, nullable=False),
    # agent | person | done
    Column("queue", String, nullable=False, default=""),
    Column("ask_to", String, nullable=False, default=""),
    Column("ask", String(64), nullable=False, default=""),
    Column("outcome", String, nullable=False, default=""),
    Column("stale", String, nullable=False, default=""),
    # why the open ask no longer fits the record; "" while it does
    Column("at", String, nullable=False),
    Index("runs_record", "record"),
    Index("runs_open", "state", sqlite_where=Column("state", String) != "done"),
)
outbox = Table(
    "outbox", meta,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    # the order they are performed in: that in which they were decided
    Column("id", String, nullable=False, unique=True),
    # run!n, the idempotency key
    Column("run", String(32), nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False),
    # pending | done | failed
    Column("tries", Integer, nullable=False, default=0),
    Column("not_before", String, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Index("outbox_open", "seq", sqlite_where=Column("state", String) == "pending"),
)
lease = Table(
    "lease", meta,
    Column("name", String, primary_key=True), Column("holder", String, nullable=False),
    Column("until", String, nullable=False),
)

# --- records --------------------------------------------------------------------------------------
leads = Table(
    "leads", meta,
    Column("id", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("email", String, nullable=False),
    Column("name", String, nullable=False),
    Column("company_key", String, nullable=False),
    Column("domain", String),
    Column("owner", String, nullable=False, default=""),
    # rep id, or queue:<name>; "" while nobody's
    Column("assigned_at", String, nullable=False, default=""),
    Column("touched_at", String, nullable=False, default=""),
    Column("closed_at", String, nullable=False, default=""),
    # converted or closed: no longer counts as load
    Column("alerts", Integer, nullable=False, default=0),
    Column("content", String(64), nullable=False),
    # hash of what the source said, to notice a changed row
    Column("doc", Text, nullable=False),
    Index("leads_email", "email"), Index("leads_company", "company_key", "domain"),
    Index("leads_person", "person"), Index("leads_name", "name"),
)
companies = Table(
    "companies", meta,
    Column("id", String, primary_key=True), Column("key", String, nullable=False), Column("domain", String),
    Column("doc", Text, nullable=False), Index("companies_key", "key"), Index("companies_domain", "domain"),
)
accounts = Table(
    "accounts", meta,
    Column("id", String, primary_key=True), Column("key", String, nullable=False), Column("domain", String),
    Column("company", String), Column("status", String, nullable=False), Column("owner", String),
    Column("site", String, nullable=False, default=""),
    # its building's address in one written form; "" where none is known
    Column("asked", String(64), nullable=False, default=""),
    # hash of what was last asked about its place, so that the same isn't asked twice; "" while nothing was
    Column("doc", Text, nullable=False),
    Index("accounts_site", "site"), Index("accounts_owner", "owner"),
    Index("accounts_key", "key"), Index("accounts_domain", "domain"), Index("accounts_company", "company"),
)
opportunities = Table(
    "opportunities", meta,
    Column("id", String, primary_key=True), Column("account", String, nullable=False),
    Column("owner", String, nullable=False), Column("opened_on", String, nullable=False),
    Column("closed_on", String, nullable=False, default=""), Column("doc", Text, nullable=False),
    Index("opportunities_account", "account"), Index("opportunities_owner", "owner"),
)
documents = Table(
    "documents", meta,
    Column("id", String, primary_key=True), Column("company", String),
    Column("name_key", String, nullable=False),
    Column("on", String, nullable=False, default=""), Column("doc", Text, nullable=False),
    Index("documents_company", "company"), Index("documents_name", "name_key"),
)
calls = Table(
    "calls", meta,
    Column("id", String, primary_key=True), Column("account", String), Column("lead", String),
    Column("rep", String, nullable=False), Column("at", String, nullable=False),
    Column("subject", String),
    # the person whose call it is, under whose key it lies; NULL where only the account is known
    Column("content", String(64), nullable=False),
    # hash of what was said and whose call it is, to notice the same call again
    Column("doc", Text, nullable=False),
    # the call; its transcript is "" where it lies encrypted in `body`
    Column("body", String(64), nullable=False, default=""),
    # hash of the stored transcript; "" where only the account is known
    Index("calls_lead", "lead"), Index("calls_subject", "subject"),
    Index("calls_content", "content", unique=True),
)
qualifications = Table(
    "qualifications", meta,
    # what a rep committed of a deal: no word of it, only where the words stand
    Column("deal", String), Column("dimension", String),
    Column("state", String, nullable=False),
    # covered | partly | uncovered
    Column("framework", String, nullable=False), Column("call", String, nullable=False),
    Column("line", Integer, nullable=False), Column("on", String, nullable=False),
    PrimaryKeyConstraint("deal", "dimension"), Index("qualifications_call", "call"),
    sqlite_with_rowid=False,
)
past_leads = Table(
    "past_leads", meta,
    Column("id", String, primary_key=True), Column("owner", String),
    Column("created_at", String, nullable=False),
    Column("doc", Text, nullable=False), Index("past_leads_created", "created_at"),
)
loads = Table(
    "loads", meta,
    Column("rep", String, primary_key=True),
    Column("opportunities", Integer, nullable=False, default=0),
    # open ones they own
    Column("leads", Integer, nullable=False, default=0),
    # assigned to them and neither converted nor closed
)
suppressions = Table(
    "suppressions", meta,
    Column("hash", String(64), primary_key=True),
    # SHA-256 of the lower-case address or domain: it outlives an erasure
    Column("reason", String, nullable=False), Column("at", String, nullable=False),
)
crm_fields = Table(
    "crm_fields", meta,
    Column("record", String), Column("field", String), Column("value", Text, nullable=False),
    Column("effect", String, nullable=False), PrimaryKeyConstraint("record", "field"),
    sqlite_with_rowid=False,
)
tasks = Table(
    "tasks", meta,
    Column("effect", String, primary_key=True), Column("record", String, nullable=False),
    Column("owner", String, nullable=False), Column("code", String, nullable=False),
    Column("text", Text, nullable=False), Column("at", String, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
    sqlite_with_rowid=False,
)
notices = Table(
    "notices", meta,
    Column("effect", String, primary_key=True), Column("person", String, nullable=False),
    Column("text", Text, nullable=False), Column("at", String, nullable=False), sqlite_with_rowid=False,
)
materialized = Table(
    "materialized", meta,
    # what the promoted plan made of the systems of work, while none outside is connected
    Column("part", String), Column("key", String),
    Column("doc", Text, nullable=False),
    Column("scenario", String, nullable=False), Column("hash", String(64), nullable=False),
    # the plan it was last changed under, and its content hash
    Column("effect", String, nullable=False), Column("at", String, nullable=False),
    PrimaryKeyConstraint("part", "key"), sqlite_with_rowid=False,
)
plan_documents = Table(
    "plan_documents", meta,
    Column("key", String), Column("version", Integer),
    # person@year, from 1
    Column("terms", String(64), nullable=False), Column("text", Text, nullable=False),
    # hash of what was promised, and the document
    Column("state", String, nullable=False),
    # issued | superseded | withdrawn
    Column("scenario", String, nullable=False), Column("hash", String(64), nullable=False),
    Column("effect", String, nullable=False, unique=True), Column("at", String, nullable=False),
    PrimaryKeyConstraint("key", "version"),
)
imports = Table(
    "imports", meta,
    Column("file", String), Column("content", String(64)),
    # hash of what the row says
    Column("line", Integer, nullable=False),
    Column("lead", String, nullable=False),
    Column("outcome", String, nullable=False),
    # read | merged
    Column("batch", String, nullable=False),
    # the run of the import that saw it last
    Column("undo", Text, nullable=False, default=""),
    # what a merge replaced and what it dropped, to undo it
    PrimaryKeyConstraint("file", "content"), Index("imports_lead", "lead"),
)

# --- approval and sending -------------------------------------------------------------------------
approvals = Table(
    "approvals", meta,
    Column("id", String, primary_key=True),
    Column("run", String(32), ForeignKey("runs.id"), nullable=False),
    Column("lead", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("document", String(64), nullable=False),
    # hash of the stored canonical sequence document
    Column("approver", String, nullable=False),
    Column("role", String, nullable=False),
    Column("key_id", String, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("revoked_at", String, nullable=False, default=""),
    Column("at", String, nullable=False),
    Index("approvals_run", "run"),
)
mails = Table(
    "mails", meta,
    Column("approval", String), Column("n", Integer),
    # message index within the sequence, from 0
    Column("lead", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("state", String, nullable=False),
    # pending | sending | sent | held | cancelled | unknown
    Column("reason", Text, nullable=False, default=""),
    Column("changed_at", String, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    # how often the mail server put it off
    Column("not_before", String, nullable=False, default=""),
    # a held mail is looked at again from then on
    Column("from_key", String(32), nullable=False, default=""),
    Column("to_key", String(32), nullable=False, default=""),
    # hashes of the mailbox it leaves from and of the company it goes to: what the daily limits count by
    PrimaryKeyConstraint("approval", "n"),
    Index("mails_due", "state", "due_at"),
    Index("mails_from", "from_key", "changed_at"),
    Index("mails_to", "to_key", "changed_at"),
    sqlite_with_rowid=False,
)
replies = Table(
    "replies", meta,
    Column("lead", String, primary_key=True), Column("at", String, nullable=False),
    # when the lead last wrote back
    sqlite_with_rowid=False,
)
