"""What Route reads before it decides: only what this record needs of the roster and the territories."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from loops.calendar import Calendar
from loops.decision import Event
from loops.loop import ScheduleDue
from loops.qualify.outputs import LeadQualified
from loops.records import AccountMatch, Assigned, EarlierLead, Lead, Member, Records
from loops.route.config import RouteConfig
from loops.route.outputs import OwnerOption, PoolChosen
from loops.rules import Attribute, first_match
from loops.scenario import Pool, Scenario
from loops.territories import territory_of
from loops.values import Value

TRIAGE = "queue:triage"


class ReassignAsked(Event):
    """A lead that nobody touched is to be decided again, or to go back to whom it was taken from."""

    kind: Literal["ReassignAsked"] = "ReassignAsked"
    qualified: LeadQualified
    # what Qualify last said of it
    owner: str
    # rep id: who had it when it was asked
    back_to: str | None = None
    # rep id: who gets it back; None: the rules decide
    apart: tuple[str, ...] = ()
    # leads of the same company that are decided after it: their owner is no claim to this one


class ReassignCalled(Event):
    """A person had leads decided again together, or took such a batch back."""

    kind: Literal["ReassignCalled"] = "ReassignCalled"
    why: str
    # which leads, in words; nobody's name of theirs in it
    leads: tuple[ReassignAsked, ...]
    # in the order to decide them in
    undoes: str = ""
    # the batch's run that is taken back; "" where the rules decide


class Desks(Protocol):
    """Who there is at this moment, and what lies on their desks."""

    @property
    def at(self) -> datetime:
        """Now, aware UTC."""
        ...

    @property
    def scenario(self) -> Scenario:
        """The promoted scenario."""
        ...

    def member(self, rep: str) -> Member | None:
        """A rep's load and availability; None for somebody who isn't in the roster."""
        ...

    def members(self, pool: str) -> tuple[Member, ...]:
        """The pool's members with their loads, in the order of the scenario; empty for an unknown pool."""
        ...


class PoolState(Value):
    """A pool and its members as they are at this moment."""

    pool: str
    members: tuple[Member, ...]


class RouteInput(Value):
    """A graded lead, who could claim it already, and the pools that its rule leads to."""

    at: datetime
    lead: Lead
    qualified: LeadQualified
    headquarters: str | None
    # country of the matched profile
    suppression: str | None
    match: AccountMatch | None
    earlier: EarlierLead | None
    current_owner: str | None
    # rep who has it already; None while nobody does
    claimants: tuple[Member, ...]
    # state of the reps named by match, earlier, current_owner, the matched rule and options
    territory: str | None
    # None where no territory takes it, or its place is unknown or contradictory
    pools: tuple[PoolState, ...]
    # the matched rule's pool, then its backups
    options: tuple[OwnerOption, ...]
    # whom the agent may choose; empty while no question is open
    owners: tuple[str, ...] = ()
    # everybody and everything a person may name; empty where nobody will be asked


class PoolInput(Value):
    """A settled pool with the loads of this moment."""

    at: datetime
    chosen: PoolChosen
    pools: tuple[PoolState, ...]
    owners: tuple[str, ...] = ()
    # rep:<id> of everybody a person may name; empty where somebody in the pools can take it


class UntouchedInput(Value):
    """A page of leads that nobody touched, and whom to tell."""

    at: datetime
    calendar: Calendar
    slot: ScheduleDue
    leads: tuple[Assigned, ...]
    managers: dict[str, str]
    # rep → manager, for the reps of this page who have one
    full: bool
    # whether there may be more after this page


def attributes(
    lead: Lead, event: LeadQualified, territory: str | None, status: str | None
) -> Mapping[str, Attribute]:
    """Everything a rule may ask for."""
    return {
        "territory": territory,
        "country": lead.place.country,
        "region": lead.place.region,
        "city": lead.place.city,
        "grade": event.grade,
        "score": event.score,
        "employees": event.employees,
        "industry": event.industry,
        "source": lead.source,
        "seniority": None if lead.seniority == "unknown" else lead.seniority,
        "job_function": None if lead.job_function == "unknown" else lead.job_function,
        "email_kind": lead.email_kind,
        "domain": lead.domain,
        "signal": lead.signal.type if lead.signal else None,
        "account_status": status,
        "company_key": lead.company_key or None,
    }


def gather(event: LeadQualified, records: Records, config: RouteConfig) -> RouteInput | None:
    """The lead, its claims and its rule's pools; None where it was erased meanwhile."""
    found = facts(event, records)
    return found and led(found, records, config)


def facts(event: LeadQualified, records: Records) -> RouteInput | None:
    """What is known of the lead whatever the config: nobody's desk and no pool yet."""
    lead = records.lead(event.record)
    if lead is None:
        return None
    profile = records.profile(event.company) if event.company else None
    country = (
        None if lead.place.conflict else lead.place.country or (profile.place.country if profile else None)
    )
    region = lead.place.region or (profile.place.region if profile and not lead.place.country else None)
    match = records.account_for(lead, event.company)
    return RouteInput(
        at=records.at,
        lead=lead,
        qualified=event,
        headquarters=profile.place.country if profile else None,
        suppression=records.suppression(lead),
        match=match,
        earlier=records.earlier_lead(lead),
        current_owner=records.owner(lead.id),
        claimants=(),
        territory=territory_of(records.scenario, country, region),
        pools=(),
        options=(),
    )


def led(input: RouteInput, desks: Desks, config: RouteConfig) -> RouteInput:
    """The same with everybody whom a claim, a rule or a question could lead to under this config."""
    match = input.match
    status = match.account.status if match else None
    named = (
        match.open_deal_owner if match else None,
        match.account.owner if match else None,
        input.earlier.owner if input.earlier else None,
        input.current_owner,
    )
    found = first_match(config.rules, attributes(input.lead, input.qualified, input.territory, status))
    owner = found.rule.owner if found.rule else ""
    asked = bool(set(found.unsettled) & set(config.ask_when_unknown))
    options = _options(desks.scenario, config) if asked else ()
    owners = (o.removeprefix("rep:") for o in (owner, *(o.owner for o in options)) if o.startswith("rep:"))
    people = dict.fromkeys((*filter(None, named), *owners))
    claimants = tuple(m for rep in people if (m := desks.member(rep)))
    pools = _pools(owner, desks) if owner.startswith("pool:") else ()
    able = {f"rep:{m.rep}" for m in claimants if m.unavailable is None}
    settled = _able(pools) or owner in able or (owner.startswith("queue:") and owner != TRIAGE)
    everybody = () if settled and not asked else (*reps(desks), *_groups(desks.scenario))
    return input.model_copy(
        update={"claimants": claimants, "pools": pools, "options": options, "owners": everybody}
    )


def reps(records: Desks) -> tuple[str, ...]:
    """`rep:<id>` of everybody in the roster who hasn't left, in its order."""
    today = records.at.date()
    roster = records.scenario.roster
    return tuple(f"rep:{rep.id}" for rep in roster if rep.left_on is None or rep.left_on > today)


def _groups(scenario: Scenario) -> tuple[str, ...]:
    queues = (f"queue:{queue}" for queue in scenario.queues)
    return (*(f"pool:{pool.id}" for pool in scenario.pools), *(q for q in queues if q != TRIAGE))


def _able(pools: tuple[PoolState, ...]) -> bool:
    return any(member.unavailable is None for pool in pools for member in pool.members)


def _pools(owner: str, records: Desks) -> tuple[PoolState, ...]:
    known, found = {p.id: p for p in records.scenario.pools}, list[PoolState]()
    pool: Pool | None = known.get(owner.removeprefix("pool:"))
    while pool and pool.id not in {p.pool for p in found}:
        found.append(PoolState(pool=pool.id, members=records.members(pool.id)))
        pool = known.get(pool.backup or "")
    return tuple(found)


def _options(scenario: Scenario, config: RouteConfig) -> tuple[OwnerOption, ...]:
    options: dict[str, OwnerOption] = {}
    for rule in config.rules:
        names = rule.when["territory"].any_of if "territory" in rule.when else ()
        countries = tuple(c for t in scenario.territories if t.id in names for c in t.countries)
        covers = "; ".join(f"{name} {c.words()}" for name, c in rule.when.items()) or "everything else"
        options.setdefault(
            rule.owner, OwnerOption(owner=rule.owner, covers=covers, territories=names, countries=countries)
        )
    return tuple(options.values())


def gather_pool(event: PoolChosen, records: Records, config: RouteConfig) -> PoolInput | None:
    """The pool and its backups with the loads of this moment."""
    if records.lead(event.record) is None:
        return None
    pools = _pools(f"pool:{event.pool}", records)
    return PoolInput(at=records.at, chosen=event, pools=pools, owners=() if _able(pools) else reps(records))


def gather_untouched(event: ScheduleDue, records: Records, config: RouteConfig) -> UntouchedInput:
    """The page of untouched leads after the event's id."""
    page = records.untouched(event.after, config.untouched.page)
    people = (records.rep(rep) for rep in dict.fromkeys(lead.owner for lead in page))
    managers = {rep.id: rep.manager for rep in people if rep and rep.manager}
    return UntouchedInput(
        at=records.at,
        calendar=records.calendar,
        slot=event,
        leads=page,
        managers=managers,
        full=len(page) == config.untouched.page,
    )
