"""Facts that answers are held against: each worked out from the store, the files or a second calculation."""

import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import yaml
from sqlalchemy import func, select

from agent.bootstrap import House, open_house
from loops.plan import Hire
from loops.values import content_hash
from tests.house import advance, change, tamper
from tests.loops.planning_oracle import Sheet
from tools.store import tables as t
from tools.workspace import known_owners, load_config

Fact = Callable[..., Any]
EIGHT = (
    "Priya Raman", "Bruno Sato", "Noor Marquez", "Fergus Heller", "Darius Ghosh", "Oisin Donnelly",
    "Aisha Pham", "Zara Lopes",
)  # fmt: skip


def rows(home: House, query: Any) -> list[Any]:
    with home.store.reading() as tx:
        return list(tx.all(query))


def one(home: House, query: Any) -> Any:
    ((found,),) = rows(home, query)
    return found


# --- leads ----------------------------------------------------------------------------------------
def itself(home: House, value: Any) -> Any:
    return value


def lead(home: House, name: str) -> str:
    return one(home, select(t.leads.c.id).where(t.leads.c.name == name.lower()))


def lead_ids(home: House, *names: str) -> list[str]:
    return [lead(home, name) for name in names]


def owner(home: House, name: str) -> str:
    return one(home, select(t.leads.c.owner).where(t.leads.c.name == name.lower()))


def name_of_owner(home: House, name: str) -> str:
    text = (home.workspace.root / "scenarios" / f"{home.workspace.scenario.name}.yaml").read_text("utf-8")
    return next(rep["name"] for rep in yaml.safe_load(text)["roster"] if rep["id"] == owner(home, name))


def address(home: House, name: str) -> str:
    return one(home, select(t.leads.c.email).where(t.leads.c.name == name.lower()))


def leads_of(home: House, company: str) -> list[str]:
    return [row[0] for row in rows(home, select(t.leads.c.id).where(t.leads.c.company_key == company))]


def _decided(home: House, loop: str, name: str) -> Any:
    """The ledger's newest decision of a loop about a lead."""
    of = t.ledger.c
    query = select(of.rule, of.outcome).join(t.runs, t.runs.c.id == of.run).order_by(of.seq.desc())
    where = (of.kind == "decided", of.loop == loop, t.runs.c.record == lead(home, name))
    return rows(home, query.where(*where))[0]


def rule(home: House, loop: str, name: str) -> str:
    return _decided(home, loop, name).rule


def outcome(home: House, loop: str, name: str) -> str:
    return _decided(home, loop, name).outcome


def _graded(home: House) -> dict[str, dict[str, Any]]:
    """The newest event of each lead that says its grade."""
    query = select(t.events.c.body).where(t.events.c.kind == "LeadQualified").order_by(t.events.c.seq)
    return {(body := json.loads(row[0]))["record"]: body for row in rows(home, query)}


def score(home: House, name: str) -> int:
    return _graded(home)[lead(home, name)]["score"]


def fewer_at(home: House, grade: str, bound: int, source: str) -> int:
    """How many leads of a source have that grade now and less than the bound."""
    query = select(t.leads.c.id, t.leads.c.doc)
    of_it = {row.id for row in rows(home, query) if json.loads(row.doc)["source"] == source}
    graded = (event for id, event in _graded(home).items() if id in of_it)
    return sum(event["grade"] == grade and event["score"] < bound for event in graded)


def account_owner(home: House, name: str) -> str:
    key = one(home, select(t.leads.c.company_key).where(t.leads.c.name == name.lower()))
    return one(home, select(t.accounts.c.owner).where(t.accounts.c.key == key))


# --- what was decided -----------------------------------------------------------------------------
def ends(home: House, since: str) -> list[str]:
    of = t.ledger.c
    query = select(of.loop, of.outcome, func.count()).where(of.kind == "decided", of.at >= since)
    return [" ".join(map(str, row)) for row in rows(home, query.group_by(of.loop, of.outcome))]


def count_words(home: House, loop: str, end: str) -> str:
    of = t.ledger.c
    where = (of.kind == "decided", of.loop == loop, of.outcome == end)
    return f"{one(home, select(func.count()).where(*where))} decisions"


def run_ended(home: House, run: str) -> str:
    return one(home, select(t.runs.c.outcome).where(t.runs.c.id == run))


def share_without_person(home: House, loop: str) -> list[float]:
    """Runs that ended and that no person answered, of all runs."""
    of, runs = t.ledger.c, {row[0] for row in rows(home, select(t.runs.c.id).where(t.runs.c.loop == loop))}
    said = rows(home, select(of.run, of.kind, of.outcome).where(of.run.in_(runs)))
    ended = {row.run for row in said if row.kind == "decided"}
    answered = {row.run for row in said if row.kind == "answered" and row.outcome.startswith("person:")}
    return [round(len(ended - answered) / len(runs), 3)]


def config_of(home: House, name: str, month: str) -> str:
    """The version of Qualify's config as git had it at the revision of the run of that month."""
    runs, frames = t.runs.c, t.frames.c
    where = (runs.loop == "qualify", runs.record == lead(home, name), runs.at.startswith(month))
    revision = one(home, select(frames.revision).join(t.runs, runs.frame == frames.hash).where(*where))
    ws = home.workspace
    words = ("git", "-C", str(ws.root), "show", f"{revision}:loops/qualify.yaml")
    file = ws.root.parent / "then" / "qualify.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(subprocess.run(words, capture_output=True, check=True).stdout)
    config = load_config(ws.root, home.registry.loops["qualify"], known_owners(ws.scenario), file)
    assert config.version != ws.configs["qualify"].version
    return content_hash(config)[:10]


def live_version(home: House, loop: str) -> str:
    ws = home.workspace
    file = ws.root / "loops" / f"{loop}.yaml"
    return content_hash(load_config(ws.root, home.registry.loops[loop], known_owners(ws.scenario), file))


def loop_owner(home: House, loop: str) -> str:
    from importlib import import_module

    return import_module(f"loops.{loop}").LOOP.owner


def scheduled_run(home: House, loop: str, schedule: str) -> str:
    return one(home, select(t.runs.c.id).where(t.runs.c.loop == loop, t.runs.c.schedule == schedule))


# --- what waits -----------------------------------------------------------------------------------
def _waiting(home: House) -> list[Any]:
    return rows(home, select(t.runs).where(t.runs.c.state == "person", t.runs.c.stale == ""))


def waits_for(home: House, who: str, queue: str = "") -> list[str]:
    found = [row for row in _waiting(home) if row.ask_to == who and queue in ("", row.queue)]
    return [row.id[:8] for row in found]


def leads_waiting(home: House, loop: str) -> list[str]:
    ids = set(lead_ids(home, *EIGHT))
    return [row.record for row in _waiting(home) if row.loop == loop and row.record in ids]


def one_link(home: House) -> list[str]:
    """One command that names all eight, in the order they were asked for."""
    there = {row.record: row.id[:8] for row in _waiting(home) if row.loop == "engage"}
    ids = (there[id] for id in lead_ids(home, *EIGHT))
    return [" ".join(("revloops review next", *ids, "-w", str(home.workspace.root)))]


def _asked(home: House, name: str) -> Any:
    where = (t.runs.c.loop == "engage", t.runs.c.record == lead(home, name))
    hash = one(home, select(t.runs.c.ask).where(*where))
    with home.store.reading() as tx:
        return tx.json(hash)["payload"]


def mails_for(home: House, name: str) -> list[str]:
    return [f"{mail['body'].rstrip()}\n" for mail in _asked(home, name)["draft"]["mails"]]


def sources_for(home: House, name: str) -> list[str]:
    payload = _asked(home, name)
    lines = [*payload["lines"], *payload["references"]]
    return [*(one["url"] for one in payload["sources"]), *(one["id"] for one in lines)]


def approve_command(home: House, name: str) -> str:
    assert not rows(home, select(t.approvals))
    (row,) = (row for row in _waiting(home) if row.record == lead(home, name))
    return f"revloops review approve {row.id[:8]}"


# --- the plan and the people ----------------------------------------------------------------------
def load(home: House, rep: str) -> list[int]:
    """Open opportunities, and leads that are neither converted nor closed."""
    deals = [json.loads(r[0]) for r in rows(home, select(t.opportunities.c.doc))]
    held = sum(deal["owner"] == rep and deal["closed_on"] is None for deal in deals)
    mine = (t.leads.c.owner == rep, t.leads.c.closed_at == "")
    return [held + one(home, select(func.count()).select_from(t.leads).where(*mine))]


def _covering(home: House, territory: str) -> list[dict[str, Any]]:
    root = home.workspace.root
    plan = yaml.safe_load((root / f"scenarios/{home.workspace.scenario.name}.yaml").read_text("utf-8"))
    rules = yaml.safe_load((root / "loops/route.yaml").read_text("utf-8"))["rules"]
    asked: list[dict[str, Any]] = [{"when": {}} | rule for rule in rules]
    owners = {one["owner"] for one in asked if territory in one["when"].get("territory", ())}
    members = [id for pool in plan["pools"] if f"pool:{pool['id']}" in owners for id in pool["members"]]
    return [rep for rep in plan["roster"] if rep["id"] in members]


def _is_free(home: House, rep: dict[str, Any]) -> bool:
    today = home.runtime.at().date().isoformat()
    away = any(str(a["start"]) <= today <= str(a["end"]) for a in rep.get("absences", ()))
    begun, left = rep.get("starts_on"), rep.get("left_on")
    here = (not begun or str(begun) <= today) and (not left or str(left) > today)
    return here and not away and load(home, rep["id"])[0] < rep["capacity"]


def free_for(home: House, territory: str) -> list[str]:
    return [rep["name"] for rep in _covering(home, territory) if _is_free(home, rep)]


def not_free_for(home: House, territory: str) -> list[str]:
    return [rep["name"] for rep in _covering(home, territory) if not _is_free(home, rep)]


def head_of(home: House, role: str) -> str:
    (found,) = (rep.id for rep in home.workspace.scenario.roster if rep.role == role)
    return found


def _on_paper(home: House, hires: tuple[Hire, ...] = ()) -> dict[Any, Any]:
    ws = home.workspace
    plan = ws.scenario.model_copy(update={"hires": (*ws.scenario.hires, *hires)})
    return Sheet(plan, ws.calendar, ws.currencies).figures()


def gain_of_hires(home: House, count: int, territory: str | None, start: str) -> str:
    """What the hires add in the next fiscal year, by the second calculation."""
    day = date.fromisoformat(start)
    role = "account_executive"
    (segment,) = {rep.segment for rep in home.workspace.scenario.roster if rep.role == role}
    hires = tuple(
        Hire(id=f"x-{n}", role=role, starts_on=day, territory=territory, segment=segment)
        for n in range(count)
    )
    key = ("new acv", "FY28")
    return f"difference {(_on_paper(home, hires)[key] - _on_paper(home)[key]) / 100:,.2f} USD"


def coverages(home: House, year: str) -> list[str]:
    """Each territory's share of its target that its people can make."""
    ws = home.workspace
    sheet, found = Sheet(ws.scenario, ws.calendar, ws.currencies), list[str]()
    paper, months = sheet.figures(), [month for month in sheet.months if month.year == year]
    for land in ws.scenario.territories:
        aim = sum(sheet.target(land.targets, "new_acv", month) for month in months)
        share = round(float(paper.get(("territory", land.id, year)) or 0) / aim, 3) if aim else None
        found.append(f"{land.id} {share}")
    return found


def settled(home: House) -> str:
    past = [json.loads(row[0]) for row in rows(home, select(t.past_leads.c.doc))]
    return f"{sum(one['converted_at'] is not None or one['won'] is not None for one in past)},"


# --- what happened before the question ------------------------------------------------------------
def drafts_out_of_date(home: House) -> House:
    """The eight had drafts, and changed since: what an import writes of such a draft."""
    for row in _waiting(home):
        if row.record in lead_ids(home, *EIGHT) and row.loop == "engage":
            tamper(home.store, "UPDATE runs SET stale = 'the lead changed' WHERE id = ?", row.id)
    assert not leads_waiting(home, "engage")
    return home


def graded_again_in_december(home: House) -> House:
    """The config was changed in between, and the lead graded again under the new one."""
    from mcp_server.desk import Desk
    from mcp_server.running import begin, cause_of
    from tests.mcp_server.served import as_person

    root = home.workspace.root
    change(root, "loops/qualify.yaml", "A: 80", "A: 85")
    who = ("-c", "user.name=o", "-c", "user.email=o@ours.example")
    subprocess.run(("git", "-C", str(root), *who, "commit", "-qam", "A begins at 85"), check=True)
    advance(home, timedelta(days=14))
    home.store.close()
    later = open_house(root)
    desk = Desk(later, as_person(later, "ops-lead"))
    with desk.looking() as ctx:
        cause = cause_of(desk, ctx.tx, "qualify", lead(later, "Priya Raman"))
    begin(desk, "leads_qualify", "leads:write", "qualify", [cause])
    return later
