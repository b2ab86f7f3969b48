"""The tables of what config is judged by: outcomes, columns of past inputs, proposals and their promises."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from tools.store.tables import meta

outcomes = Table(
    "outcomes", meta,
    # what became of leads of ours, as another system or a file said it
    Column("lead", String, primary_key=True), Column("owner", String, nullable=False, default=""),
    Column("touched_at", String, nullable=False, default=""),
    Column("converted_at", String, nullable=False, default=""),
    Column("closed_at", String, nullable=False, default=""),
    Column("won", Boolean), Column("amount_minor", Integer),
    Column("said_by", String, nullable=False),
    sqlite_with_rowid=False,
)
columns = Table(
    "columns", meta,
    # inputs of past runs side by side: derived from their bodies, and made again where it is missing
    Column("loop", String), Column("first", Integer),
    # the ledger rows that it was made from lie between first and last, both included
    Column("last", Integer, nullable=False), Column("rows", Integer, nullable=False),
    Column("made_by", String(64), nullable=False),
    # hash of the code that made it: other code makes it again
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("loop", "first"),
)
proposals = Table(
    "proposals", meta,
    # proposals that this instance opened or merged, and what became of them
    Column("id", String, primary_key=True), Column("loop", String, nullable=False),
    Column("doc", Text, nullable=False),
    # the proposal, canonical
    Column("branch", String, nullable=False), Column("state", String, nullable=False),
    # open | merged | rejected | closed
    Column("opened_at", String, nullable=False), Column("merged_at", String, nullable=False, default=""),
    Column("commit", String, nullable=False, default=""),
    # the merge's, once it is merged
    Column("verdict", Text, nullable=False, default=""),
    # what was measured against its promise, canonical; "" until it can be told
    Column("approval", Text, nullable=False, default=""),
    # a person's signature for its merge, canonical; "" without one
    Index("proposals_loop", "loop", "state"),
)
