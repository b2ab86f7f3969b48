"""The revenue nouns, and `Records`, the Protocol through which a loop's `gather` reads them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from loops.calendar import Calendar
from loops.scenario import Rep, Scenario
from loops.structure import Standing
from loops.values import Quoted, Value
from loops.workload import Holding, Imbalance, Plan

if TYPE_CHECKING:
    from loops.book import Book
    from loops.config import LoopConfig
    from loops.tuning.task import Evidence

EmailKind = Literal["business", "free", "disposable"]
AccountStatus = Literal["prospect", "customer", "competitor", "own", "partner", "former"]


class Origin(Value):
    """Where a record was read: a file and its line, or a system and its key."""

    source: str
    line: int | None = None
    # 1-based line in the file, the header being line 1; None where the source isn't a file
    columns: dict[str, str] = {}
    # our field name → the column's heading as the file has it


class Place(Value):
    """A normalised place; each part None where it isn't known."""

    city: str | None = None
    region: str | None = None
    # ISO 3166-2, e.g. US-CA
    country: str | None = None
    # ISO 3166-1 alpha-2
    conflict: tuple[str, ...] = ()
    # the countries that the written parts point to, when they point to more than one


class Signal(Value):
    """A buying signal that brought the lead, whatever detected it (scan, webhook, agent)."""

    type: Literal["funding", "executive_change", "competitor_churn", "expansion", "hiring", "product_launch"]
    on: date
    detected_by: str


class Lead(Value):
    """A person who may buy, normalised; everything a loop reads about them."""

    id: str
    person: str
    # the subject under whose key everything personal about them is encrypted
    source: str
    # contact_form, demo_request, webinar, event, newsletter, content_download, outbound_signal, partner …
    created_at: datetime
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    seniority: str = "unknown"
    # c_level, vp, director, manager, individual, student, unknown: read from the title
    job_function: str = "unknown"
    # revenue_operations, sales, it, finance, procurement …, unknown: read from the title
    email: str = ""
    # the validated address, lower case
    email_kind: EmailKind = "business"
    phone: str | None = None
    # E.164
    company: str = ""
    # as written
    company_key: str = ""
    # normalised name, the key of "the same company"; "" where none was given
    domain: str | None = None
    # registered domain of a business address or website; None with a free-mail address
    place: Place = Place()
    industry: str | None = None
    employees: int | None = None
    message: Quoted | None = None
    signal: Signal | None = None
    origin: Origin
    touched_at: datetime | None = None
    # when a person first did something with it


class Company(Value):
    """A company profile as an enrichment provider has it: a candidate, not yet a match."""

    id: str
    name: str
    domain: str | None = None
    place: Place = Place()
    industry: str | None = None
    employees: int | None = None
    revenue_minor: int | None = None
    # yearly revenue in minor units of `currency`
    currency: str = "USD"
    funding_stage: str | None = None
    # seed, Series A …, public, private
    technologies: tuple[str, ...] = ()
    # sorted
    parent: str | None = None
    # id of the parent company
    updated_on: date
    source: str


class Enrichment(Value):
    """What the provider returned for a lead; candidates best first, empty where it has none."""

    provider: str
    searched: tuple[str, ...]
    # the keys looked up, e.g. `domain nordwind.example`
    candidates: tuple[Company, ...] = ()


class Account(Value):
    """A company in our CRM."""

    id: str
    company: str | None = None
    # id of the enrichment profile it is linked to
    name: str
    key: str
    domain: str | None = None
    status: AccountStatus = "prospect"
    owner: str | None = None
    parent: str | None = None
    place: Place = Place()
    # of its billing address
    street: str | None = None
    # the billing address's street line, as written: house, number, floor
    phone: str | None = None
    # E.164
    territory: str | None = None
    # where it was placed; None until it is
    industry: str | None = None
    employees: int | None = None


class Opportunity(Value):
    """A deal, open while `closed_on` is None."""

    id: str
    account: str
    owner: str
    stage: str
    amount_minor: int
    currency: str = "USD"
    opened_on: date
    closed_on: date | None = None
    won: bool | None = None


class Member(Value):
    """One pool member's state at the moment of a decision."""

    rep: str
    load: int
    # open opportunities + leads assigned and neither converted nor closed
    unavailable: str | None = None
    # absent, departed, not started, full; None when they can take one more


class AccountMatch(Value):
    """The account a lead belongs to, by domain or by company key, and the open deal there."""

    account: Account
    by: Literal["domain", "company"]
    open_deal: str | None = None
    # id of the newest open opportunity
    open_deal_owner: str | None = None


class EarlierLead(Value):
    """An earlier lead of the same company that somebody owns."""

    lead: str
    owner: str


class Document(Value):
    """A page or news item about a company; its text is somebody else's and orders in it are data."""

    id: str
    company: str | None
    # the profile it is indexed under; None where the index doesn't know
    kind: Literal["page", "news", "row"]
    title: str
    url: str
    on: date | None
    # date of publication; None where the page has none
    text: str


class Call(Value):
    """A recorded call; transcript lines read `Speaker: words`."""

    id: str
    account: str | None
    opportunity: str | None
    lead: str | None = None
    # whose call it is; None where only the account or the opportunity is known
    rep: str
    at: datetime
    transcript: str
    ours: tuple[str, ...] = ()
    # speakers who are ours, as the transcript names them


class Mark(Value):
    """Where one dimension of a deal's qualification stands, as a person committed it; no word of it."""

    dimension: str
    state: Literal["covered", "partly", "uncovered"]
    call: str
    # the call that shows it
    line: int = 0
    # the line there, from 1; 0: no words, a person knew it
    on: date
    # the day it was said


class PastLead(Value):
    """A lead of the last twelve months with what became of it."""

    lead: Lead
    company: str | None
    score: int | None = None
    # points 0-100 it got then
    owner: str | None = None
    assigned_at: datetime | None = None
    touched_at: datetime | None = None
    converted_at: datetime | None = None
    won: bool | None = None
    amount_minor: int | None = None
    first_owner: str | None = None
    # whom it was given to first; None: `owner`, nobody moved it


class Assigned(Value):
    """A lead that has an owner and that nobody has touched yet."""

    lead: str
    owner: str
    assigned_at: datetime
    alerts: int = 0
    # how many alerts have gone out for it


class Records(Protocol):
    """What `gather` may read; every method answers as of now, within one transaction."""

    @property
    def at(self) -> datetime:
        """Now, aware UTC, by the workspace's clock."""
        ...

    @property
    def calendar(self) -> Calendar:
        """The workspace's working time and holidays."""
        ...

    @property
    def scenario(self) -> Scenario:
        """The promoted scenario."""
        ...

    @property
    def book(self) -> "Book":
        """Every account, for a loop that looks at many at once."""
        ...

    @property
    def structure(self) -> Standing:
        """What stands in the systems of work: territories, pools, people, and what ties them together."""
        ...

    def lead(self, lead: str) -> Lead | None:
        """The lead of that id; None where it was erased."""
        ...

    def enrichment(self, lead: Lead) -> Enrichment:
        """What the enrichment provider has on the lead's company."""
        ...

    def suppression(self, lead: Lead) -> str | None:
        """Why nobody may write to this lead, or None."""
        ...

    def account_for(self, lead: Lead, company: str | None) -> AccountMatch | None:
        """The account the lead belongs to: by its profile's link, its domain or its company key."""
        ...

    def earlier_lead(self, lead: Lead) -> EarlierLead | None:
        """The newest earlier lead of the same company that a rep owns."""
        ...

    def members(self, pool: str) -> tuple[Member, ...]:
        """The pool's members with their loads, in the order of the scenario; empty for an unknown pool."""
        ...

    def untouched(self, after: str, limit: int) -> tuple[Assigned, ...]:
        """A page of assigned leads that nobody touched, ordered by id, ids after `after`."""
        ...

    def asking(self, loop: str, record: str, kind: str) -> str | None:
        """The newest event of a kind about a record, as JSON, that the loop is still at work on.

        None where no run that such an event began is open, or the record changed since.
        """
        ...

    def rep(self, rep: str) -> Rep | None:
        """That person, or None."""
        ...

    def owner(self, lead: str) -> str | None:
        """The rep who owns the lead, or None."""
        ...

    def member(self, rep: str) -> Member | None:
        """A rep's load and availability; None for somebody who isn't in the roster."""
        ...

    def profile(self, company: str) -> Company | None:
        """The company profile of that id, or None."""
        ...

    def effect(self, effect: str) -> dict[str, str]:
        """The fields of an effect in the outbox, in words; empty where it is gone."""
        ...

    def account(self, account: str) -> Account | None:
        """The account of that id, or None."""
        ...

    def call(self, call: str) -> Call | None:
        """The recorded call of that id; None where its person was erased."""
        ...

    def qualification(self, deal: str) -> tuple[Mark, ...]:
        """What a person committed of the deal so far, by dimension; empty where nothing was."""
        ...

    def holdings(self) -> tuple[Holding, ...]:
        """Every open lead that a rep holds, by id, as it was assigned; nothing about the customer."""
        ...

    def holding(self, lead: str) -> Holding | None:
        """How that lead lies now, without how it was assigned; None where no rep holds it open."""
        ...

    def balanced(self, problem: Imbalance) -> Plan:
        """The fewest moves that even desks out, with a proven bound."""
        ...

    def evidence(self, loop: str, config: "LoopConfig") -> "Evidence":
        """What past leads and their outcomes say of a loop's config."""
        ...
