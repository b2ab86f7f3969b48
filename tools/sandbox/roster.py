"""The people of the sandbox's company, their pools, and the territories they cover."""

from dataclasses import dataclass
from datetime import date, timedelta

from loops.scenario import Absence, Pool, Rep, Scenario, Territory
from tools.sandbox.people import FIRST, HISTORY_LAST, person
from tools.sandbox.places import group
from tools.sandbox.plan import fiscal_year, planned, selling
from tools.sandbox.setting import OWN_DOMAIN, Setting

ENTERPRISE_EMPLOYEES = 1000  # from here on a company is enterprise
DEPARTED, STARTING = "na-commercial-departed", "na-commercial-starting"


@dataclass(frozen=True, slots=True)
class Team:
    """A pool and the people in it."""

    pool: str
    name: str
    role: str
    size: int
    # people at scale 1
    least: int
    # people at the smallest scale: those the hand-made accounts name
    manager: str
    backup: str | None
    zones: tuple[str, ...]


_AMERICA = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_EUROPE = ("Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Dublin")
TEAMS = (
    Team("na-commercial", "NA commercial", "account_executive", 8, 5, "manager-na", "sdr-na", _AMERICA),
    Team(
        "na-enterprise",
        "NA enterprise",
        "enterprise_ae",
        4,
        2,
        "manager-enterprise",
        "na-commercial",
        _AMERICA,
    ),
    Team(
        "emea-commercial", "EMEA commercial", "account_executive", 6, 4, "manager-emea", "sdr-emea", _EUROPE
    ),
    Team(
        "emea-enterprise",
        "EMEA enterprise",
        "enterprise_ae",
        3,
        2,
        "manager-emea",
        "emea-commercial",
        _EUROPE,
    ),
    Team(
        "apac-commercial",
        "APAC commercial",
        "account_executive",
        3,
        2,
        "manager-emea",
        "emea-commercial",
        ("Australia/Sydney", "Asia/Singapore", "Asia/Tokyo"),
    ),
    Team("sdr-na", "NA development", "sdr", 5, 2, "manager-sdr", None, _AMERICA),
    Team("sdr-emea", "EMEA development", "sdr", 3, 2, "manager-sdr", None, _EUROPE),
)
_MANAGERS = (
    ("vp-sales", "vp", None),
    ("ops-lead", "ops", "vp-sales"),
    ("manager-na", "manager", "vp-sales"),
    ("manager-enterprise", "manager", "vp-sales"),
    ("manager-emea", "manager", "vp-sales"),
    ("manager-sdr", "manager", "vp-sales"),
)
_ABSENCES = {  # rep → first and last day away, counted from today
    "na-commercial-03": (-3, 4),
    "emea-commercial-02": (-1, 9),
    "na-enterprise-02": (12, 19),
    "sdr-na-02": (-6, -2),
}
_FULL = "emea-commercial-04"  # takes almost nobody: someone in a pool is always full
_US = {
    "ams-east": ("AMS East", "NY MA PA MD VA NC GA FL CT NJ ME NH VT RI DE DC SC WV"),
    "ams-central": ("AMS Central", "IL MI OH IN MN WI MO TN TX KY AL MS AR LA OK KS NE IA SD ND"),
    "ams-west": ("AMS West", "CO UT AZ CA WA OR ID NV NM MT WY AK HI"),
}
_ABROAD = (
    ("canada", "Canada", ("CA",)),
    ("ams-other", "AMS, state unknown", ("US",)),
    ("uki", "UK and Ireland", ("GB", "IE")),
    ("dach", "DACH", ("DE", "AT", "CH", "LI")),
    ("france-benelux", "France and Benelux", ("FR", "BE", "NL", "LU")),
    ("iberia-italy", "Iberia and Italy", ("ES", "PT", "IT")),
    ("nordics", "Nordics", ("SE", "NO", "DK", "FI", "IS")),
    ("apac", "APAC", ("AU", "NZ", "SG", "JP", "IN", "HK", "KR")),
)


def pool_for(country: str, employees: int) -> str:
    """The pool that covers a company of that size in that country."""
    part = group(country)
    size = "enterprise" if employees >= ENTERPRISE_EMPLOYEES and part != "apac" else "commercial"
    return f"{part}-{size}"


def seats(setting: Setting, pool: str) -> tuple[str, ...]:
    """The ids of the pool's people who are in office."""
    team = next(t for t in TEAMS if t.pool == pool)
    count = max(team.least, setting.count(team.size))
    return tuple(f"{pool}-{n:02d}" for n in range(1, count + 1))


def territory_of(scenario: Scenario, country: str, region: str | None) -> str | None:
    """The first territory that the place lies in."""
    for t in scenario.territories:
        if (not t.countries or country in t.countries) and (not t.regions or region in t.regions):
            return t.id
    return None


def build_scenario(setting: Setting) -> Scenario:
    """The promoted plan: territories, pools, people; named after the fiscal year."""
    people = [_rep(setting, rep, role, manager, "America/New_York") for rep, role, manager in _MANAGERS]
    people += [selling(rep) for team in TEAMS for rep in _team(setting, team)]
    scenario = Scenario(
        name=f"fy{fiscal_year(setting.today) % 100:02d}-base",
        territories=_territories(),
        pools=tuple(
            Pool(id=t.pool, name=t.name, members=_members(setting, t), backup=t.backup) for t in TEAMS
        ),
        queues=("nurture", "triage"),
        roster=tuple(people),
    )
    return planned(scenario, setting)


def _territories() -> tuple[Territory, ...]:
    states = [
        Territory(id=key, name=name, countries=("US",), regions=tuple(f"US-{s}" for s in codes.split()))
        for key, (name, codes) in _US.items()
    ]
    return (*states, *(Territory(id=key, name=name, countries=countries) for key, name, countries in _ABROAD))


def _members(setting: Setting, team: Team) -> tuple[str, ...]:
    more = (DEPARTED, STARTING) if team.pool == "na-commercial" else ()
    return (*seats(setting, team.pool), *more)


def _team(setting: Setting, team: Team) -> list[Rep]:
    return [
        _rep(setting, rep, team.role, team.manager, team.zones[n % len(team.zones)])
        for n, rep in enumerate(_members(setting, team))
    ]


def _rep(setting: Setting, rep: str, role: str, manager: str | None, zone: str) -> Rep:
    draw = setting.draw("rep", rep)
    # One name to a number; an id's place in the alphabet of ids gives the number.
    who = person(draw.below(len(FIRST) * len(HISTORY_LAST)), HISTORY_LAST, 0)
    away = _ABSENCES.get(rep)
    return Rep(
        id=rep,
        name=f"{who.first} {who.last}",
        email=f"{who.local}.{rep.split('-')[-1]}@{OWN_DOMAIN}",
        role=role,
        manager=manager,
        zone=zone,
        capacity=6 if rep == _FULL else draw.between(24, 40) * 10,
        starts_on=_starts(setting, rep),
        left_on=setting.day(41) if rep == DEPARTED else None,
        absences=(Absence(start=_later(setting, away[0]), end=_later(setting, away[1])),) if away else (),
    )


def _later(setting: Setting, days: int) -> date:
    return setting.today + timedelta(days=days)


def _starts(setting: Setting, rep: str) -> date:
    return (
        _later(setting, 20) if rep == STARTING else setting.day(setting.draw("start", rep).between(200, 2200))
    )
