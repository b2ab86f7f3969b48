"""`Records` over the store: what a loop's `gather` reads, in one transaction."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, select, update

from loops.calendar import Calendar
from loops.config import LoopConfig
from loops.plan import Currencies
from loops.records import (
    Account,
    AccountMatch,
    Assigned,
    Call,
    Company,
    Document,
    EarlierLead,
    Enrichment,
    Lead,
    Mark,
    Member,
)
from loops.scenario import Rep, Scenario
from loops.structure import Standing
from loops.tuning.task import Evidence
from loops.workload import Holding, Imbalance, Plan
from tools.connectors.ports import Enricher
from tools.store import tables as t
from tools.store.book import StoreBook
from tools.store.calls import whole
from tools.store.queries import Hot
from tools.store.store import Tx, iso

_LEADS = select(
    t.leads.c.id, t.leads.c.person, t.leads.c.owner, t.leads.c.closed_at, t.leads.c.touched_at, t.leads.c.doc
).where(t.leads.c.id.in_(bindparam("ids", expanding=True)))
_SUPPRESSED = select(t.suppressions.c.reason).where(
    t.suppressions.c.hash.in_(bindparam("hashes", expanding=True))
)
_ASKING = (
    select(t.events.c.body).join(t.runs, t.runs.c.event == t.events.c.id)
    .where(t.runs.c.record == bindparam("record"), t.runs.c.loop == bindparam("loop"),
           t.runs.c.trigger == bindparam("kind"), t.runs.c.state != "done", t.runs.c.stale == "")
    .order_by(t.events.c.seq.desc()).limit(1)
)
_EARLIER = Hot(
    select(t.leads.c.id, t.leads.c.owner)
    .where(t.leads.c.company_key == bindparam("key"), t.leads.c.domain == bindparam("domain"),
           t.leads.c.id != bindparam("id"), t.leads.c.owner != "")
    .order_by(t.leads.c.assigned_at.desc(), t.leads.c.id)
    .limit(8)
)
_DEAL = Hot(
    select(t.opportunities.c.id, t.opportunities.c.owner)
    .where(t.opportunities.c.account == bindparam("account"), t.opportunities.c.closed_on == "")
    .order_by(t.opportunities.c.opened_on.desc(), t.opportunities.c.id)
    .limit(1)
)
_UNTOUCHED = (
    select(t.leads.c.id, t.leads.c.owner, t.leads.c.assigned_at, t.leads.c.alerts)
    .where(t.leads.c.id > bindparam("after"), t.leads.c.touched_at == "", t.leads.c.closed_at == "",
           t.leads.c.assigned_at != "", t.leads.c.owner.not_like("queue:%"))
    .order_by(t.leads.c.id)
    .limit(bindparam("limit"))
)


def suppression_hashes(email: str, domain: str | None) -> list[str]:
    """What a suppression list holds of an address and of its domain: hashes that outlive an erasure."""
    return [hashlib.sha256(text.lower().encode()).hexdigest() for text in (email, domain) if text]


class StoreCompanies:
    """Company profiles in the store."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def by_id(self, company: str) -> Company | None:
        """The profile of that id."""
        row = self._tx.first(_COMPANY["id"], value=company)
        return Company.model_validate_json(row[0]) if row else None

    def by_domain(self, domain: str) -> tuple[Company, ...]:
        """The profiles registered under that domain."""
        return self._many("domain", domain)

    def by_key(self, key: str) -> tuple[Company, ...]:
        """The profiles whose normalised name is `key`."""
        return self._many("key", key)

    def _many(self, column: str, value: str) -> tuple[Company, ...]:
        rows = self._tx.all(_COMPANY[column], value=value)
        return tuple(Company.model_validate_json(row[0]) for row in rows)


_COMPANY = {
    name: Hot(
        select(t.companies.c.doc)
        .where(t.companies.c[name] == bindparam("value"))
        .order_by(t.companies.c.id)
    )
    for name in ("id", "domain", "key")
}
_ACCOUNT = {
    name: Hot(
        select(t.accounts.c.doc)
        .where(t.accounts.c[name] == bindparam("value"))
        .order_by(t.accounts.c.id)
        .limit(2)
    )
    for name in ("company", "domain", "key")
}


class StoreResearch:
    """Pages and news in the store."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def documents(self, company: str) -> tuple[Document, ...]:
        """What is indexed under that profile id, newest first, undated last."""
        return self._many(t.documents.c.company == company)

    def search(self, name_key: str) -> tuple[Document, ...]:
        """What mentions a company of that normalised name, whoever it is indexed under; newest first."""
        return self._many(t.documents.c.name_key == name_key)

    def _many(self, where: ColumnElement[bool]) -> tuple[Document, ...]:
        found = select(t.documents.c.doc).where(where)
        query = found.order_by(t.documents.c.on.desc(), t.documents.c.id)
        return tuple(Document.model_validate_json(row[0]) for row in self._tx.all(query))


class StoreRecords:
    """The records as of now, within one transaction; loads it changes are written by `save`."""

    def __init__(
        self,
        tx: Tx,
        at: datetime,
        calendar: Calendar,
        scenario: Scenario,
        enricher: Enricher,
        currencies: Currencies | None = None,
    ) -> None:
        self.at, self.calendar, self.scenario = at, calendar, scenario
        self.companies, self.research, self.book = StoreCompanies(tx), StoreResearch(tx), StoreBook(tx)
        self._tx, self._enricher, self._currencies = tx, enricher, currencies or Currencies()
        self.root: Path | None = None
        self.configs: Mapping[str, LoopConfig] = {}
        # of the workspace, for evidence about them
        self._changed: set[str] = set()
        self._leads: dict[str, _LeadRow | None] = {}
        self._members: dict[str, Member] = {}

    # --- leads ------------------------------------------------------------------------------------
    def lead(self, lead: str) -> Lead | None:
        """The lead of that id; None where it was erased."""
        row = self._lead_row(lead)
        return row.lead if row else None

    def owner(self, lead: str) -> str | None:
        """The rep who owns the lead, or None."""
        row = self._lead_row(lead)
        return row.owner if row and is_rep(row.owner) else None

    def expect(self, leads: Collection[str]) -> None:
        """Read these leads and their people's keys in one go, ahead of the runs that need them.

        From then on this transaction takes a lead's row from here; only `assign` may change its owner.
        """
        self._tx.flush("leads")
        self._leads |= dict.fromkeys(leads)
        self._leads |= {row[0]: _LeadRow(*row[1:]) for row in self._tx.all(_LEADS, ids=list(leads))}
        self._tx.fetch_keys({row.person for row in self._leads.values() if row})

    def _lead_row(self, lead: str) -> "_LeadRow | None":
        if lead not in self._leads:
            self.expect((lead,))
        return self._leads[lead]

    def assign(self, lead: str, owner: str, at: datetime) -> None:
        """Set a lead's owner and keep the loads true; `owner` is a rep id or `queue:<id>`."""
        row = self._lead_row(lead)
        if row is None or row.owner == owner:
            return
        for rep, change in ((row.owner, -1), (owner, 1)):
            if is_rep(rep) and not row.closed_at:
                self.count(rep, change)
        row.owner = owner
        _ASSIGN.execute(self._tx.conn, b_id=lead, b_owner=owner, b_at=iso(at))

    def enrichment(self, lead: Lead) -> Enrichment:
        """What the enrichment provider has on the lead's company."""
        return self._enricher.enrich(lead)

    def profile(self, company: str) -> Company | None:
        """The company profile of that id, or None."""
        return self.companies.by_id(company)

    def suppression(self, lead: Lead) -> str | None:
        """Why nobody may write to this lead, or None."""
        if not self._suppressing:
            return None
        row = self._tx.first(_SUPPRESSED, hashes=suppression_hashes(lead.email, lead.domain))
        return row[0] if row else None

    @cached_property
    def _suppressing(self) -> bool:
        return self._tx.first(select(t.suppressions.c.hash).limit(1)) is not None

    def account_for(self, lead: Lead, company: str | None) -> AccountMatch | None:
        """The account the lead belongs to: by its profile's link, its domain or its company key."""
        for column, value in (("domain", lead.domain), ("company", company), ("key", lead.company_key)):
            rows = self._tx.all(_ACCOUNT[column], value=value) if value else ()
            if len(rows) != 1 or (column == "key" and company):
                continue
            account = Account.model_validate_json(rows[0][0])
            deal = self._tx.first(_DEAL, account=account.id)
            return AccountMatch(account=account, by="domain" if column == "domain" else "company",
                                open_deal=deal[0] if deal else None,
                                open_deal_owner=deal[1] if deal else None)
        return None

    def earlier_lead(self, lead: Lead) -> EarlierLead | None:
        """The newest earlier lead of the same company that a rep owns."""
        if not lead.company_key or not lead.domain:
            return None
        rows = self._tx.all(_EARLIER, key=lead.company_key, domain=lead.domain, id=lead.id)
        return next((EarlierLead(lead=id, owner=o) for id, o in rows if is_rep(o)), None)

    def untouched(self, after: str, limit: int) -> tuple[Assigned, ...]:
        """A page of assigned leads that nobody touched, ordered by id, ids after `after`."""
        rows = self._tx.all(_UNTOUCHED, after=after, limit=limit)
        return tuple(Assigned(lead=r[0], owner=r[1], assigned_at=datetime.fromisoformat(r[2]), alerts=r[3])
                     for r in rows)

    def asking(self, loop: str, record: str, kind: str) -> str | None:
        """The event of the newest run of the loop that is open and up to date."""
        row = self._tx.first(_ASKING, loop=loop, record=record, kind=kind)
        return row[0] if row else None

    def effect(self, effect: str) -> dict[str, str]:
        """The fields of an effect in the outbox, in words; empty where it is gone."""
        row = self._tx.first(select(t.outbox.c.body).where(t.outbox.c.id == effect))
        return {name: str(value) for name, value in json.loads(row[0]).items()} if row else {}

    def account(self, account: str) -> Account | None:
        """The account of that id, or None."""
        row = self._tx.first(select(t.accounts.c.doc).where(t.accounts.c.id == account))
        return Account.model_validate_json(row[0]) if row else None

    # --- calls ------------------------------------------------------------------------------------
    def call(self, call: str) -> Call | None:
        """The recorded call of that id; None where its person was erased."""
        row = self._tx.first(select(t.calls.c.doc, t.calls.c.body).where(t.calls.c.id == call))
        return whole(self._tx, row[0], row[1]) if row else None

    def qualification(self, deal: str) -> tuple[Mark, ...]:
        """What a person committed of the deal so far, by dimension; empty where nothing was."""
        kept = t.qualifications.c
        query = select(kept.dimension, kept.state, kept.call, kept.line, kept.on).where(kept.deal == deal)
        rows = self._tx.all(query.order_by(kept.dimension))
        return tuple(
            Mark(dimension=r[0], state=r[1], call=r[2], line=r[3], on=date.fromisoformat(r[4])) for r in rows
        )

    # --- workload ---------------------------------------------------------------------------------
    def holdings(self) -> tuple[Holding, ...]:
        """Every open lead that a rep holds, by id, as it was assigned; nothing about the customer."""
        from tools.balance.holdings import read_holdings

        self._tx.flush()
        return read_holdings(self._tx, self.at)

    def holding(self, lead: str) -> Holding | None:
        """How that lead lies now, without how it was assigned; None where no rep holds it open."""
        from tools.balance.holdings import read_holding

        return read_holding(self._tx, lead, self.at)

    def balanced(self, problem: Imbalance) -> Plan:
        """The fewest moves that even desks out, with a proven bound."""
        from tools.balance.program import balanced

        return balanced(problem)

    def evidence(self, loop: str, config: LoopConfig) -> Evidence:
        """What past leads and their outcomes until last midnight say of a loop's config."""
        from tools.evidence.making import Ground, evidence, midnight

        assert self.root is not None
        ground = Ground(self._tx, self.root, self.scenario, self.configs, midnight(self.at))
        return evidence(ground, loop, config)

    @property
    def structure(self) -> Standing:
        """What stands in the systems of work: territories, pools, people, and what ties them together."""
        from tools.deploy.standing import StoreStanding

        return StoreStanding(self._tx, self.scenario, self.calendar, self._currencies)

    # --- people -----------------------------------------------------------------------------------
    @cached_property
    def _roster(self) -> Mapping[str, Rep]:
        return {rep.id: rep for rep in self.scenario.roster}

    @cached_property
    def _loads(self) -> dict[str, list[int]]:
        rows = self._tx.all(select(t.loads.c.rep, t.loads.c.opportunities, t.loads.c.leads))
        return {rep: [opportunities, leads] for rep, opportunities, leads in rows}

    def rep(self, rep: str) -> Rep | None:
        """That person, or None."""
        return self._roster.get(rep)

    def member(self, rep: str) -> Member | None:
        """A rep's load and availability; None for somebody who isn't in the roster."""
        known, person = self._members.get(rep), self._roster.get(rep)
        if known or person is None:
            return known
        load = sum(self._loads.get(rep, (0, 0)))
        away = self._away.get(rep) or ("full" if load >= person.capacity else None)
        self._members[rep] = member = Member(rep=rep, load=load, unavailable=away)
        return member

    def members(self, pool: str) -> tuple[Member, ...]:
        """The pool's members with their loads, in the order of the scenario; empty for an unknown pool."""
        found = next((p for p in self.scenario.pools if p.id == pool), None)
        return tuple(m for rep in (found.members if found else ()) if (m := self.member(rep)))

    @cached_property
    def _away(self) -> dict[str, str]:
        away = ((rep.id, unavailable(rep, self.at)) for rep in self.scenario.roster)
        return {rep: why for rep, why in away if why}

    def count(self, rep: str, leads: int) -> None:
        """Add to the number of a rep's open leads."""
        self._loads.setdefault(rep, [0, 0])[1] += leads
        self._members.pop(rep, None)
        self._changed.add(rep)

    def save(self) -> None:
        """Write the loads that this transaction changed."""
        for rep in sorted(self._changed):
            opportunities, leads = self._loads[rep]
            self._tx.replace(t.loads, rep=rep, opportunities=opportunities, leads=leads)
        self._tx.flush("loads")
        self._changed.clear()


@dataclass
class _LeadRow:
    """A lead's row as this transaction has it."""

    person: str
    owner: str
    closed_at: str
    touched_at: str
    doc: str

    @cached_property
    def lead(self) -> Lead:
        """The lead it holds."""
        found = Lead.model_validate_json(self.doc)
        touched = datetime.fromisoformat(self.touched_at) if self.touched_at else None
        return found.model_copy(update={"touched_at": touched}) if touched else found


def is_rep(owner: str) -> bool:
    """Whether a lead's owner is a person, neither a queue nor nobody."""
    return bool(owner) and not owner.startswith("queue:")


def unavailable(rep: Rep, at: datetime) -> str | None:
    """Why this person can take nothing on that day in their zone, or None."""
    day = at.astimezone(ZoneInfo(rep.zone)).date()
    if rep.left_on and rep.left_on <= day:
        return "departed"
    if rep.starts_on and rep.starts_on > day:
        return "not started"
    return "absent" if any(a.start <= day <= a.end for a in rep.absences) else None


_ASSIGN = Hot(
    update(t.leads).where(t.leads.c.id == bindparam("b_id"))
    .values(owner=bindparam("b_owner"), assigned_at=bindparam("b_at"), alerts=0)
)
