"""Routing and territory samples: evidence of where a company is, some of it wrong, and who covers that."""

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from agent.specialists.territory_matcher import Evidence, TerritoryOption, TerritoryTask
from evals.case import Case
from evals.data.world import Market
from loops.route.outputs import OwnerOption, RouteQuestion
from loops.scenario import Scenario, Territory
from loops.values import Quoted
from tools.sandbox.draw import Draw
from tools.sandbox.places import AMBIGUOUS_CITIES, APAC, COUNTRY_MIX, COUNTRY_NAMES, NORTH_AMERICA
from tools.sandbox.profiles import Profile
from tools.sandbox.roster import ENTERPRISE_EMPLOYEES, build_scenario, pool_for, territory_of

UNKNOWN_STATE = "ams-other"
"""A territory for what is known to be in the United States and no more."""
TRIAGE, NONE = "queue:triage", "none"
OUTSIDE = ("BR", "ZA", "AE", "MX")
"""Countries that no pool covers."""
_GRADES = "grade A or B or C"
_AMERICAS = ("ams-east", "ams-central", "ams-west", "ams-other", "canada")
_EUROPE = ("uki", "dach", "france-benelux", "iberia-italy", "nordics")
_DIALLING = {"US": "+1 ", "CA": "+1 ", "GB": "+44", "IE": "+35", "DE": "+49", "FR": "+33", "NL": "+31",
             "ES": "+34", "SE": "+46", "AU": "+61", "SG": "+65", "JP": "+81", "IN": "+91"}  # fmt: skip
_REGIMES = ("two countries", "two countries", "profile alone", "own words", "nothing known", "not covered")
_CLAIMS = (
    "We are based in {place}, please call in the morning.",
    "Our office is in {place} and the whole team sits there.",
    "Headquartered in {place}; the other address is our accountant's.",
)
_TALK = ("Please send pricing.", "We would like a demo for {n} people.", "Who can tell me about security?")


def owners(scenario: Scenario) -> tuple[OwnerOption, ...]:
    """Who may own a lead, as the sandbox's routing rules have it."""
    large = f"; employees at least {ENTERPRISE_EMPLOYEES}"
    pools = [
        ("pool:na-enterprise", _AMERICAS, large),
        ("pool:na-commercial", _AMERICAS, ""),
        ("pool:emea-enterprise", _EUROPE, large),
        ("pool:emea-commercial", _EUROPE, ""),
        ("pool:apac-commercial", ("apac",), ""),
    ]
    options = [
        OwnerOption(
            owner=owner,
            covers=f"territory {' or '.join(names)}; {_GRADES}{size}",
            territories=names,
            countries=tuple(
                dict.fromkeys(c for t in scenario.territories if t.id in names for c in t.countries)
            ),
        )
        for owner, names, size in pools
    ]
    rest = [("queue:nurture", "grade D"), (TRIAGE, "everything else")]
    return (*options, *(OwnerOption(owner=o, covers=c, territories=(), countries=()) for o, c in rest))


# --- routing --------------------------------------------------------------------------------------
def route_cases(seed: int, n: int) -> tuple[Case, ...]:
    """`n` leads that no rule settles."""
    market = Market(seed)
    options = owners(build_scenario(market.setting))
    made: list[Case] = []
    for number, draw in market.draws("route", n):
        family, p = _REGIMES[number % len(_REGIMES)], market.company(draw)
        fields, choice = _lead(draw, family, p)
        own = draw.pick(_TALK).format(n=draw.between(3, 60)) if draw.chance(400) else None
        claim: str | None = fields.pop("claim", own)
        payload = RouteQuestion(
            lead=f"L-{seed}-{number}",
            assigned_at=None,
            domain=p.domain,
            industry=p.industry,
            claim=Quoted(text=claim) if claim else None,
            owners=options,
            employees=p.employees,
            **fields,
        )
        id = f"route-{seed}-{number}"
        made.append(Case(id, family, "lead_router", payload.model_dump(mode="json"), {"choice": choice}))
    return tuple(made)


def _lead(draw: Draw, family: str, p: Profile) -> tuple[dict[str, Any], str]:
    """What the lead says of its place, and whose it is."""
    home = p.city.country
    pool = f"pool:{pool_for(home, p.employees)}"
    nothing: dict[str, Any] = {
        "city": None, "region": None, "country": None, "conflict": (), "headquarters": None,
        "headquarters_source": None, "phone_country": None,
    }  # fmt: skip
    profile = {"headquarters": home, "headquarters_source": p.id}
    phone = {"phone_country": _DIALLING[home] if draw.chance(500) else None}
    if family == "two countries":
        other = _elsewhere(draw, home)
        pair = (home, other) if draw.chance(500) else (other, home)
        return {**nothing, **profile, **phone, "city": p.city.name, "conflict": pair}, pool
    if family == "profile alone":
        return {**nothing, **profile, **phone, "city": draw.pick(AMBIGUOUS_CITIES)}, pool
    if family == "own words":
        said = draw.pick(_CLAIMS).format(place=COUNTRY_NAMES[home][0])
        return {**nothing, "phone_country": _DIALLING[home], "claim": said}, pool
    if family == "not covered":
        there = draw.pick(OUTSIDE)
        return {**nothing, "headquarters": there, "headquarters_source": p.id, "country": there}, TRIAGE
    return {**nothing, "city": draw.pick(AMBIGUOUS_CITIES) if draw.chance(700) else None}, TRIAGE


def _elsewhere(draw: Draw, home: str) -> str:
    """A country that another group of pools covers."""
    here = _group(home)
    return draw.pick([country for country in COUNTRY_MIX if _group(country) != here])


def _group(country: str) -> str:
    return "na" if country in NORTH_AMERICA else "apac" if country in APAC else "emea"


# --- territories ----------------------------------------------------------------------------------
_FAMILIES = ("agreeing", "one against two", "a seat and a tenant", "balanced", "nothing fits")


def territory_cases(seed: int, n: int) -> tuple[Case, ...]:
    """`n` accounts whose place is in doubt."""
    market = Market(seed)
    scenario = build_scenario(market.setting)
    made: list[Case] = []
    for number, draw in market.draws("territory", n):
        family, p = _FAMILIES[number % len(_FAMILIES)], market.company(draw)
        other = market.company(draw)
        while _land(scenario, other) == _land(scenario, p):
            other = market.company(draw)
        evidence, choice = _evidence(draw, family, p, other, _land(scenario, p).id)
        lands = _offered(draw, family, scenario, [_land(scenario, p), _land(scenario, other)])
        holding = {_land(scenario, other).id: (other.name,)} if family == "a seat and a tenant" else {}
        task = TerritoryTask(
            account=f"A-{p.index:06d}",
            name=p.name,
            employees=p.employees,
            evidence=tuple(evidence),
            options=tuple(_option(t, holding.get(t.id, ())) for t in draw.some(lands, len(lands))),
        )
        id = f"territory-{seed}-{number}"
        made.append(Case(id, family, "territory_matcher", task.model_dump(mode="json"), {"choice": choice}))
    return tuple(made)


def _offered(draw: Draw, family: str, scenario: Scenario, near: list[Territory]) -> list[Territory]:
    """Both places' territories and one or two more, or others alone; none covers what another does."""
    apart = [t for t in scenario.territories if t not in near and t.id != UNKNOWN_STATE]
    more = draw.some(apart, draw.between(1, 2))
    return [*draw.some(apart, 3)] if family == "nothing fits" else [*near, *more]


def _land(scenario: Scenario, p: Profile) -> Territory:
    name = territory_of(scenario, p.city.country, p.city.region)
    return next(t for t in scenario.territories if t.id == name)


def _option(land: Territory, holds: tuple[str, ...]) -> TerritoryOption:
    return TerritoryOption(
        id=land.id, name=land.name, countries=land.countries, regions=land.regions, holds=holds
    )


def _evidence(
    draw: Draw, family: str, p: Profile, other: Profile, home: str
) -> tuple[Sequence[Evidence], str]:
    seat, bill = _at("headquarters", p), _at("billing", p)
    astray = _at(draw.pick(("phone", "domain", "billing")), other)
    if family == "agreeing":
        return draw.some([seat, bill, _at("phone", p)], draw.between(2, 3)), home
    if family == "one against two":
        return draw.some([seat, bill, astray], 3), home
    if family == "a seat and a tenant":
        words = f"Listed in the lobby as a floor of {p.name}"
        # the other territory holds a tenant of another name: the name decides, not the street
        return draw.some([seat, _said("tenant", words, "lobby directory", p), bill], 3), home
    if family == "balanced":
        return [_at("billing", p), _at("headquarters", other)], NONE
    return [_at("headquarters", p)], NONE


def _at(kind: str, p: Profile) -> Evidence:
    says = {"phone": p.city.phone or "", "domain": p.domain}.get(kind) or f"{p.street}, {p.city.name}"
    return _said(kind, says.replace("{}", "12"), f"{kind} of {p.id}", p)


def _said(kind: str, says: str, source: str, p: Profile) -> Evidence:
    fields: dict[str, JsonValue] = {"kind": kind, "says": {"text": says}, "source": source}
    region = None if kind in {"phone", "domain"} and p.city.country != "US" else p.city.region
    return Evidence.model_validate({**fields, "country": p.city.country, "region": region})
