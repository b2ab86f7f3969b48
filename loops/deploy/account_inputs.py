"""What placing accounts reads: a page of them at once, or one of them with the evidence for its place."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from loops.book import Listed
from loops.calendar import local
from loops.deploy.account_config import AccountsConfig, HasAccounts
from loops.deploy.account_evidence import Facts, doubts, evidence, rep_options, territory_options
from loops.deploy.account_outputs import AccountDoubtful, AccountsDue, Doubt, OwnerWanted
from loops.deploy.cascade import covered, open_seats
from loops.deploy.config import Cascade
from loops.plan import Segment
from loops.records import Account, AccountStatus, Company, Records
from loops.scenario import Rep, Territory
from loops.territories import Atlas, TerritoryTask
from loops.values import Value, content_hash

About = Literal["territory", "rep"]


class Crew(Value):
    """Who may own the accounts of a segment in a territory."""

    territory: str
    segment: str | None
    reps: tuple[str, ...]
    # sorted; empty: nobody sells there
    why: str


class Row(Value):
    """An account as it stands, and where the rules see it."""

    account: str
    status: AccountStatus
    held: str | None
    # the territory it has
    lands: str | None
    # the territory the rules give it
    owner: str | None
    kept: bool
    # whether the owner keeps it
    segment: str | None
    doubts: tuple[Doubt, ...] = ()
    basis: str = ""
    # hash of what would be asked; "" where nothing is in doubt
    gone: bool = False
    # whether the territory it has isn't in the plan any more
    asked: str = ""
    # hash of what was asked last

    @property
    def question(self) -> str:
        """The hash that `asked` takes on with the question: with its territory gone it is another one."""
        return content_hash([self.basis, self.held]) if self.gone else self.basis


class PageInput(Value):
    """A page of accounts, and who may own them."""

    at: datetime
    rows: tuple[Row, ...]
    # ordered by id
    crews: tuple[Crew, ...]
    owned: dict[str, int]
    # rep → accounts they own, for everybody in the crews


class Question(Value):
    """One thing that is asked about an account."""

    about: About
    task: TerritoryTask
    for_agent: bool
    # False: there is nothing the matcher could choose from
    nameable: tuple[str, ...]
    # what a person may choose beside the options: every territory, or every rep as rep:<id>


class AccountInput(Value):
    """An account that the rules don't settle, with what is asked about it."""

    at: datetime
    row: Row
    questions: tuple[Question, ...]
    # its territory, its rep, or the one and then the other; never empty


def gather_page(event: AccountsDue, records: Records, config: HasAccounts) -> PageInput:
    """The page of accounts after the event's id."""
    listed = records.book.page(event.after, config.accounts.page)
    return _page(listed, _View(records, config.accounts, config.cascade, listed))


def gather_one(event: OwnerWanted, records: Records, config: HasAccounts) -> PageInput | None:
    """A page of that account alone; None where it is gone."""
    one = records.book.listed(event.record)
    return _page((one,), _View(records, config.accounts, config.cascade, (one,))) if one else None


def gather_doubtful(event: AccountDoubtful, records: Records, config: HasAccounts) -> AccountInput | None:
    """The account with the evidence for its place; None where it is gone or no longer in doubt."""
    one = records.book.listed(event.record)
    if one is None:
        return None
    view = _View(records, config.accounts, config.cascade, (one,))
    row = view.row(one)
    if not row.doubts:
        return None
    facts = view.facts(one.account)
    questions = tuple(view.question(facts, row.doubts, about) for about in _abouts(row.doubts))
    return AccountInput(at=records.at, row=row, questions=questions)


def _page(listed: tuple[Listed, ...], view: "_View") -> PageInput:
    rows = tuple(map(view.row, listed))
    wanted = {(land, r.segment) for r in rows if not r.kept and (land := r.held if r.doubts else r.lands)}
    crews = tuple(view.crew(*pair) for pair in sorted(wanted, key=lambda pair: (pair[0], pair[1] or "")))
    counts = view.records.book.owned()
    people = sorted({rep for crew in crews for rep in crew.reps})
    return PageInput(
        at=view.records.at, rows=rows, crews=crews, owned={rep: counts.get(rep, 0) for rep in people}
    )


def _abouts(found: tuple[Doubt, ...]) -> tuple[About, ...]:
    """What is to be asked: where it belongs, if that is in doubt; whose it is, if its building open."""
    land: tuple[About, ...] = ("territory",) if set(found) - {"shared_building"} else ()
    return (*land, "rep") if "shared_building" in found else land


@dataclass
class _View:
    """What a page of accounts is seen against; each thing read once for all of them."""

    records: Records
    config: AccountsConfig
    cascade: Cascade
    listed: tuple[Listed, ...]

    @cached_property
    def atlas(self) -> Atlas:
        return Atlas(self.records.scenario)

    @cached_property
    def today(self) -> date:
        return local(self.records.calendar, self.records.at).date()

    @cached_property
    def offices(self) -> dict[str, Rep]:
        today = self.today
        return {r.id: r for r in self.records.scenario.roster if r.left_on is None or r.left_on > today}

    @cached_property
    def _profiles(self) -> Mapping[str, Company]:
        ids = {a.account.company for a in self.listed}
        return self.records.book.profiles({id for id in ids if id})

    @cached_property
    def _parents(self) -> Mapping[str, Account]:
        ids = {a.account.parent for a in self.listed}
        return self.records.book.accounts({id for id in ids if id})

    @cached_property
    def _buildings(self) -> Mapping[str, tuple[Account, ...]]:
        return self.records.book.tenants({one.site for one in self.listed if one.site})

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(t.id for t in self.atlas.lands)

    @cached_property
    def _sites(self) -> dict[str, str]:
        return {one.account.id: one.site for one in self.listed}

    def facts(self, account: Account) -> Facts:
        profile = self._profiles.get(account.company or "")
        tenants = self._buildings.get(self._sites[account.id], ())
        others = tuple(a for a in tenants if a.id != account.id)
        kept = self._kept(account)
        return Facts(account, profile, self._parents.get(account.parent or ""), others, kept, self.offices)

    def _kept(self, account: Account) -> bool:
        owner = self.offices.get(account.owner or "")
        if owner is None or self.config.keep == "in_office":
            return owner is not None
        return owner.territory == (account.territory or self._lands(account))

    def _lands(self, account: Account) -> str | None:
        return self.atlas.of(account.place.country, account.place.region)

    def row(self, one: Listed) -> Row:
        account = one.account
        facts = self.facts(account)
        left = account.status in self.config.leave
        found = () if left else doubts(facts, self.atlas, self.config.ask)
        size = account.employees or (facts.profile.employees if facts.profile else None)
        return Row(
            account=account.id,
            status=account.status,
            held=account.territory,
            lands=self._lands(account),
            owner=account.owner,
            kept=facts.kept,
            segment=segment_of(self.records.scenario.segments, size),
            doubts=found,
            basis=self._basis(facts, found) if found else "",
            gone=account.territory is not None and account.territory not in self._ids,
            asked=one.asked,
        )

    def question(self, facts: Facts, found: tuple[Doubt, ...], about: About) -> Question:
        """What is asked, of whom, and what may be answered."""
        task = self._task(facts, about)
        by_rep = about == "rep"
        named = (f"rep:{rep}" for rep in self.offices) if by_rep else (t.id for t in self.atlas.lands)
        able = bool(task.options) and (by_rep or "uncovered" not in found)
        return Question(about=about, task=task, for_agent=able, nameable=tuple(named))

    def _task(self, facts: Facts, about: About) -> TerritoryTask:
        account = facts.account
        told = evidence(facts, self.records.book.hints(account), self.config.tenants)
        names = {rep.id: rep.name for rep in self.offices.values()}
        options = rep_options(facts, names) if about == "rep" else territory_options(self.atlas, told)
        return TerritoryTask(
            account=account.id, name=account.name, employees=account.employees, evidence=told, options=options
        )

    def _basis(self, facts: Facts, found: tuple[Doubt, ...]) -> str:
        """The hash of what is asked."""
        # whose the neighbours are isn't part of it: an answer about one would have the others asked again
        apart = {"options": {"__all__": {"holds"}}}
        tasks: list[JsonValue] = [
            self._task(facts, about).model_dump(mode="json", exclude=apart) for about in _abouts(found)
        ]
        return content_hash({"tasks": tasks, "doubts": [*found]})

    def crew(self, territory: str, segment: str | None) -> Crew:
        """Who sells there to that segment, else whoever does, else who covers an open seat, else above it."""
        land: str | None = territory
        above = {t.id: t for t in self.records.scenario.territories}
        while land:
            there = tuple(rep for rep in self._sellers if rep.territory == land)
            same = tuple(rep for rep in there if segment and rep.segment == segment)
            if there:
                to = f"sells to {segment} in {land}" if same else f"sells in {land}"
                return _crew(territory, segment, same or there, to)
            if found := self._covers.get(land):
                return Crew(territory=territory, segment=segment, reps=(found[0],), why=found[1])
            land = _parent(above, land)
        return _crew(territory, segment, (), f"nobody sells in {territory}")

    @cached_property
    def _covers(self) -> dict[str, tuple[str, str]]:
        """Territory → who covers its first open seat, and why; those that fall to a queue left out."""
        held = {
            i.key: i.fields.get("owner", "") for i in self.records.structure.items() if i.part == "coverage"
        }
        found = covered(open_seats(self.records, held), self.cascade)
        able = [c for c in reversed(found) if c.territory and c.owner in self.offices]
        return {str(c.territory): (c.owner, c.text) for c in able}

    @cached_property
    def _sellers(self) -> tuple[Rep, ...]:
        return tuple(
            rep
            for rep in self.offices.values()
            if rep.role in self.config.owners and _started(rep, self.today)
        )


def _parent(lands: dict[str, Territory], land: str) -> str | None:
    return lands[land].parent if land in lands else None


def _crew(territory: str, segment: str | None, reps: Collection[Rep], why: str) -> Crew:
    return Crew(territory=territory, segment=segment, reps=tuple(sorted(r.id for r in reps)), why=why)


def _started(rep: Rep, today: date) -> bool:
    return rep.starts_on is None or rep.starts_on <= today


def segment_of(segments: tuple[Segment, ...], employees: int | None) -> str | None:
    """The first segment with bounds that the size lies in; None where none does, or the size isn't known."""
    if employees is None:
        return None
    return next(
        (
            s.id
            for s in segments
            if (s.min_employees is not None or s.max_employees is not None)
            and (s.min_employees is None or employees >= s.min_employees)
            and (s.max_employees is None or employees <= s.max_employees)
        ),
        None,
    )
