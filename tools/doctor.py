"""Checks of a workspace that a person would otherwise find out the hard way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from sqlalchemy import func, select, update

from tools.init import adapted
from tools.store import Store
from tools.store import tables as t
from tools.workspace import Settings, Workspace


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    text: str


def examine(workspace: Workspace, store: Store) -> tuple[Check, ...]:
    """Everything looked at, in order."""
    return (*_workspace(workspace), *_store(store))


def _workspace(workspace: Workspace) -> Iterator[Check]:
    edited = workspace.revision.endswith("+edited")
    yield Check("config", True, f"{len(workspace.configs)} loops read without a fault")
    yield Check(
        "revision",
        bool(workspace.revision),
        ("edited since its last commit" if edited else workspace.revision[:12])
        if workspace.revision
        else "not in git: run git init and commit, so that a change can be taken back",
    )
    yield Check("agents", True, "embedded policy (rules, not a language model)")
    left = examples(workspace)
    whole = f"{len(workspace.scenario.roster)} people, {len(workspace.scenario.pools)} pools"
    told = f"the starter's {', '.join(left)} are still there: put your own in" if left else whole
    yield Check("yours", not left, told)
    yield Check(
        "mail",
        True,
        "the sandbox's own mailbox"
        if workspace.settings.sandbox
        else "by the mail server in the sender's environment (see README)",
    )


def examples(workspace: Workspace) -> tuple[str, ...]:
    """What of a workspace is still the starter's example; a sandbox is one on purpose."""
    if workspace.settings.sandbox:
        return ()
    people = any(rep.email.endswith("@example.com") for rep in workspace.scenario.roster)
    company = workspace.settings.company == Settings().company
    given = resources.files("loops.engage").joinpath("starter", "playbook")
    texts = {file.name: file.read_text(encoding="utf-8") for file in given.iterdir()}
    playbook = any(
        path.read_text(encoding="utf-8") == adapted(texts.get(path.name, ""), workspace.settings.company)
        for path in (workspace.root / "playbook").glob("*.yaml")
    )
    found = {"people (scenarios/)": people, "company name (revloops.toml)": company, "playbook/": playbook}
    return tuple(name for name, there in found.items() if there)


def _store(store: Store) -> Iterator[Check]:
    with store.reading() as tx:
        counted = Counter(
            {
                r[0]: r[1]
                for r in tx.all(
                    select(t.leads.c.owner, func.count())
                    .where(
                        t.leads.c.closed_at == "", t.leads.c.owner.not_like("queue:%"), t.leads.c.owner != ""
                    )
                    .group_by(t.leads.c.owner)
                )
            }
        )
        kept = {r[0]: r[1] for r in tx.all(select(t.loads.c.rep, t.loads.c.leads))}
        wrong = [rep for rep in {*counted, *kept} if counted[rep] != kept.get(rep, 0)]
        yield Check(
            "loads",
            not wrong,
            f"{len(kept)} people's loads agree with their leads"
            if not wrong
            else f"loads of {', '.join(sorted(wrong)[:5])} don't agree with their leads",
        )
        failed = tx.first(select(func.count()).select_from(t.outbox).where(t.outbox.c.state == "failed"))
        count = failed[0] if failed else 0
        yield Check(
            "outbox",
            not count,
            f"{count} effects failed: see `revloops review list`" if count else "nothing failed",
        )
        broken = tx.all(select(t.events.c.kind, t.events.c.error).where(t.events.c.error != "").limit(5))
        text = "none broke a loop"
        if broken:
            text = f"{broken[0][0]} broke its loop ({broken[0][1]}): mend it, then `doctor --retry`"
        yield Check("events", not broken, text)
        yield Check("ledger", True, f"{tx.head()[0]:,} rows; `revloops replay --all` proves them")


def retry(store: Store) -> int:
    """How many events that broke a loop are delivered again by the next run or tick."""
    with store.transaction() as tx:
        broken = update(t.events).where(t.events.c.error != "").values(done=False, error="")
        return tx.conn.execute(broken).rowcount
