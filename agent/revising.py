"""Notices that a loop is configured otherwise than when it last ran, and has it written down."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from agent.runtime import Runtime
from loops.loop import Loop
from loops.proposal import Proposal
from loops.revision import ConfigRevised, Level, changed_keys
from loops.values import short_id
from tools.changes.local import TRAILER
from tools.git import tried
from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import proposals

SETTING = "config."
"""Behind it the loop's name: the version that it last ran under, and the hash of its stored body."""


def note_revisions(runtime: Runtime) -> int:
    """How many loops' configs were changed since they last ran; each change is written down once."""
    ws, found = runtime.workspace, 0
    with runtime.store.transaction() as tx:
        for name, config in ws.configs.items():
            last, _, body = (tx.setting(SETTING + name) or "").partition(" ")
            if last == config.version:
                continue
            tx.set_setting(SETTING + name, f"{config.version} {tx.put(config)}")
            if last:
                runtime.emit(tx, *_event(runtime, tx, runtime.registry.loops[name], last, body))
                found += 1
    return found


def unnoted(runtime: Runtime, tx: Tx) -> tuple[str, ...]:
    """The loops that are configured otherwise than when they last ran, and nobody wrote it down yet."""
    configs = runtime.workspace.configs.items()
    last = {name: (tx.setting(SETTING + name) or "").partition(" ")[0] for name, _ in configs}
    return tuple(name for name, config in configs if last[name] and last[name] != config.version)


def _event(runtime: Runtime, tx: Tx, loop: Loop, before: str, body: str) -> tuple[str, ConfigRevised]:
    ws = runtime.workspace
    config = ws.configs[loop.name]
    by, proposal = _level(tx, ws.root, loop, ws.revision, config.version)
    event = ConfigRevised(
        record=loop.name,
        loop=loop.name,
        before=before,
        after=config.version,
        commit=ws.revision,
        by=by,
        proposal=proposal,
        keys=changed_keys(tx.json(body), config.model_dump(mode="json")),
    )
    seq = tx.first(select(t.events.c.seq).order_by(t.events.c.seq.desc()).limit(1))
    # the same change can come back after a revert: what went before tells them apart
    return short_id("config", loop.name, before, config.version, str(seq[0] if seq else 0)), event


def _level(tx: Tx, root: Path, loop: Loop, revision: str, version: str) -> tuple[Level, str]:
    """Who made the newest change of the loop's files: a proposal known here that makes this, or a person.

    What a commit's message says is not enough: anybody can write it.
    """
    if revision.endswith("+edited"):
        return "person", ""
    files = [f"loops/{loop.name}.yaml", *loop.config.PARTS.values()]
    form = f"--format=%(trailers:key={TRAILER},valueonly)"
    said = tried(root, "log", "-1", "-m", "--first-parent", form, "--", *files)
    branch = said.splitlines()[0].strip() if said else ""
    row = tx.first(select(proposals.c.doc).where(proposals.c.branch == branch)) if branch else None
    made = row is not None and Proposal.model_validate_json(row[0]).candidate == version
    return ("proposal", branch) if made else ("person", "")


@dataclass(frozen=True)
class Revision:
    """A change of a loop's config that was noticed."""

    at: str
    # when, ISO 8601
    event: ConfigRevised


def revisions(tx: Tx, loop: str | None = None) -> tuple[Revision, ...]:
    """Every change noticed, the newest first.

    Args:
        tx: the transaction to read in.
        loop: of this loop alone.
    """
    query = (
        select(t.runs.c.at, t.events.c.body)
        .join(t.events, t.events.c.id == t.runs.c.event)
        .where(t.runs.c.trigger == ConfigRevised.__name__)
        .order_by(t.events.c.seq.desc())
    )
    found = (Revision(at, ConfigRevised.model_validate_json(body)) for at, body in tx.all(query))
    return tuple(one for one in found if loop in (None, one.event.loop))
