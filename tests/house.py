"""Houses to test in: a small sandbox workspace, made once and copied, with everything that runs on it."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent import bootstrap
from agent.bootstrap import House
from agent.flow import Ran, run
from agent.work import OpenAsk, open_asks
from loops.decision import Answer
from loops.records import Lead
from loops.registry import Registry, load
from loops.scenario import Pool, Rep, Scenario, Territory
from tools import init
from tools.clock import FixedClock, SandboxClock
from tools.doctor import examine
from tools.intake import RawLead
from tools.sandbox import World
from tools.store import Store, Tx
from tools.store import tables as t
from tools.workspace import SandboxSettings, Settings

SEED, SCALE = 7, 0.05
START = datetime(2026, 11, 23, 14, tzinfo=UTC)
"""When the sandbox's clock starts: a Monday, 9:00 in New York."""
CHAIN = ("loops.qualify", "loops.route")
LEADS = 60
"""Sandbox leads of the house that was lived in, beside the six of the worked example."""


@lru_cache(maxsize=1)
def _shelf() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="revloops-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=1)
def world() -> World:
    """The sandbox's world."""
    return World(SEED, SCALE, now=START)


@lru_cache(maxsize=1)
def _empty() -> Path:
    root = _shelf() / "empty"
    box = SandboxSettings(seed=SEED, scale=SCALE, start=START.isoformat())
    init.create(root, load(), Settings(company=init.sandbox_company(), sandbox=box))
    return root


@lru_cache(maxsize=1)
def _lived_in() -> Path:
    root = _shelf() / "lived-in"
    shutil.copytree(_empty(), root)
    house = bootstrap.open_house(root)
    run(house, world().worked_example(), "sandbox")
    run(house, world().leads(LEADS), "sandbox")
    house.store.close()
    return root


def workspace(folder: Path, *, lived_in: bool = False) -> Path:
    """A fresh copy of the sandbox workspace; with leads in it where it was lived in."""
    root = folder / "workspace"
    shutil.copytree(_lived_in() if lived_in else _empty(), root)
    return root


def house(folder: Path, *, lived_in: bool = False) -> House:
    """A house on a fresh copy of the sandbox workspace."""
    return bootstrap.open_house(workspace(folder, lived_in=lived_in))


@lru_cache(maxsize=1)
def template() -> House:
    """A house to read config from; nothing may be run in it."""
    return bootstrap.open_house(_empty())


def scoring_house(root: Path, at: datetime | None = None) -> House:
    """A house with Qualify and Route alone, so that many leads pass quickly."""
    return bootstrap.open_house(root, registry=chain(), clock=FixedClock(at) if at else None)


@lru_cache(maxsize=1)
def chain() -> Registry:
    """Qualify and Route."""
    return load(CHAIN)


# --- config ---------------------------------------------------------------------------------------
def change(root: Path, file: str, old: str, new: str) -> int:
    """Replace a text that stands once in a workspace file; the line it stood on."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def promote(root: Path, scenario: Scenario) -> None:
    """Make a scenario the promoted one."""
    (root / "scenarios" / f"{scenario.name}.yaml").write_text(init.scenario_text(scenario), encoding="utf-8")
    (root / "active.yaml").write_text(f"scenario: {scenario.name}\n", encoding="utf-8")


ONE_RULE = """rules:
  - {name: all, owner: "pool:p"}
ask_when_unknown: [territory]
bands: {fire: 0.85, review: 0.5}
untouched: {owner_after_hours: 4, manager_after_hours: 8, every_minutes: 30, page: 200}
intent: {triage_share: 0.05, min_sample: 100}
"""


def one_pool(root: Path, reps: Iterable[Rep], backup: Iterable[Rep] = ()) -> None:
    """Route everything to one pool of these people (and, when they can't, to a second of those)."""
    first, second = tuple(reps), tuple(backup)
    spare = (Pool(id="spare", name="Spare", members=tuple(r.id for r in second)),) if second else ()
    pool = Pool(id="p", name="P", members=tuple(r.id for r in first), backup="spare" if second else None)
    land = Territory(id="us", name="US", countries=("US",))
    promote(root, Scenario(name="one", territories=(land,), pools=(pool, *spare), roster=(*first, *second)))
    (root / "loops" / "route.yaml").write_text(ONE_RULE, encoding="utf-8")


def rep(id: str, **fields: Any) -> Rep:
    """A person of ours who can take as much as comes."""
    return Rep.model_validate(
        {
            "id": id,
            "name": id.title(),
            "email": f"{id}@ours.example",
            "role": "account_executive",
            "capacity": 5000,
            **fields,
        }
    )


# --- leads ----------------------------------------------------------------------------------------
def raw(key: str, *, system: str = "test", **fields: str) -> RawLead:
    """A lead of its own company in the United States, as another system has it."""
    said = {
        "first_name": "Ada",
        "last_name": f"Name{key}",
        "email": f"ada@co-{key}.example",
        "company": f"Company {key}",
        "country": "United States",
        "source": "demo_request",
        "title": "VP Sales",
        "employees": "300",
        "industry": "software",
        "external_id": key,
        **fields,
    }
    return RawLead(system=system, key=key, fields={name: text for name, text in said.items() if text})


def bring(home: House, *raws: RawLead, source: str = "test") -> Ran:
    """Take leads as far as they go without a person."""
    return run(home, raws, source)


def run_leads(home: House, count: int) -> Ran:
    """Take that many of the sandbox's own leads as far as they go without a person."""
    return run(home, world().leads(count), "sandbox")


@dataclass(frozen=True)
class Stand:
    """A lead with its own columns and the row of its newest run."""

    lead: Lead
    owner: str
    assigned_at: str
    alerts: int


def leads(home: House) -> dict[str, Stand]:
    """Every lead by the key its system gave it, or by its id."""
    with home.store.reading() as tx:
        rows = tx.all(select(t.leads).order_by(t.leads.c.id))
    return {
        row.id: Stand(Lead.model_validate_json(row.doc), row.owner, row.assigned_at, row.alerts)
        for row in rows
    }


def only(home: House) -> Stand:
    """The one lead there is."""
    (found,) = leads(home).values()
    return found


# --- what happened --------------------------------------------------------------------------------
def decisions(home: House, loop: str, lead: str | None = None) -> list[dict[str, Any]]:
    """Bodies of the loop's decisions, the oldest first."""
    return _bodies(home, "decided", loop, lead)


def asks(home: House, loop: str, lead: str | None = None) -> list[dict[str, Any]]:
    """Bodies of the loop's asks, the oldest first."""
    return _bodies(home, "asked", loop, lead)


def _bodies(home: House, kind: str, loop: str, lead: str | None) -> list[dict[str, Any]]:
    query = select(t.ledger.c.body).join(t.runs, t.runs.c.id == t.ledger.c.run).order_by(t.ledger.c.seq)
    query = query.where(t.ledger.c.kind == kind, t.ledger.c.loop == loop)
    with home.store.reading() as tx:
        return [tx.json(row[0]) for row in tx.all(query.where(t.runs.c.record == lead) if lead else query)]


def height(home: House) -> int:
    """Number of ledger rows."""
    with home.store.reading() as tx:
        return tx.head()[0]


def outbox(home: House, kind: str) -> int:
    """How many effects of a kind were performed."""
    query = select(t.ledger.c.seq).where(t.ledger.c.kind == "performed", t.ledger.c.rule == kind)
    with home.store.reading() as tx:
        return len(tx.all(query))


def load_check(home: House) -> bool:
    """Whether everybody's load agrees with a recount of their leads."""
    return all(check.ok for check in examine(home.workspace, home.store) if check.name == "loads")


def notices(home: House) -> list[tuple[str, str]]:
    """Every notice as (person, text), by effect."""
    with home.store.reading() as tx:
        return [
            tuple(row)
            for row in tx.all(select(t.notices.c.person, t.notices.c.text).order_by(t.notices.c.effect))
        ]


def waiting_runs(home: House, loop: str) -> list[tuple[str, int, str, str]]:
    """Runs of the loop that wait for a person: (run, step, queue, stale)."""
    columns = (t.runs.c.id, t.runs.c.step, t.runs.c.queue, t.runs.c.stale)
    query = select(*columns).where(t.runs.c.loop == loop, t.runs.c.state == "person").order_by(t.runs.c.id)
    with home.store.reading() as tx:
        return [tuple(row) for row in tx.all(query)]


def answer(home: House, run_id: str, step: int, given: Answer) -> bool:
    """Give an answer; whether it was taken."""
    with home.store.transaction() as tx:
        records = home.runtime.records(tx)
        taken = home.runtime.answer(tx, records, run_id, step, given)
        records.save()
    return taken


def by_person(value: Mapping[str, Any], who: str = "ops-lead") -> Answer:
    """A person's answer."""
    return Answer.model_validate({"by": f"person:{who}", "value": dict(value), "why": "as I see it"})


def deliver(home: House) -> tuple[OpenAsk, ...]:
    """Deliver events without letting agents work; the asks that wait for agents."""
    while home.runtime.drain():
        pass
    return open_asks(home.runtime)


def advance(home: House, by: timedelta) -> datetime:
    """Move the sandbox's clock on."""
    own = home.runtime.clock
    assert isinstance(own, SandboxClock)
    return own.advance(by)


def tamper(store: Store, statement: str, *values: object) -> None:
    """Write to the database behind everybody's back."""
    with store.transaction() as tx:
        tx.conn.exec_driver_sql(statement, values or None)


def one(tx: Tx, statement: str) -> Any:
    """The first value a statement gives."""
    row = tx.conn.exec_driver_sql(statement).first()
    assert row is not None
    return row[0]
