"""The figures of the sandbox's plan: prices, productivity, ramps, quotas, targets, spending, hires."""

from datetime import date

from loops.plan import (
    AccountList,
    Attrition,
    Compensation,
    Hire,
    Icp,
    Investment,
    Price,
    Productivity,
    Quota,
    Ramp,
    Segment,
    Target,
)
from loops.scenario import Rep, Scenario, Territory
from tools.sandbox.setting import Setting

FISCAL_START = 2
"""The month in which the sandbox's fiscal year begins, as calendar.yaml has it."""
MONTHS = 24
_EURO = ("dach", "france-benelux", "iberia-italy", "nordics")
_COVERS = {
    "na-commercial": ("ams-east", "ams-central", "ams-west", "canada"),
    "na-enterprise": ("ams-east", "ams-west", "ams-central"),
    "emea-commercial": ("uki", "dach", "france-benelux", "nordics", "iberia-italy"),
    "emea-enterprise": ("uki", "dach", "france-benelux"),
    "apac-commercial": ("apac",),
}
_SEGMENT = {"enterprise_ae": "enterprise", "account_executive": "commercial"}
_TARGETS = {  # hundreds of thousands of the territory's currency
    "ams-east": 36,
    "ams-central": 24,
    "ams-west": 26,
    "canada": 12,
    "uki": 27,
    "dach": 18,
    "france-benelux": 18,
    "iberia-italy": 6,
    "nordics": 6,
    "apac": 17,
}  # fmt: skip
_CHANNELS = (("events", 2200, 12.0), ("paid", 1800, 9.0), ("outbound", 1300, 18.0), ("partners", 700, 22.0))
_THOUSAND, _MILLION = 100_000, 100_000_000
"""In minor units."""


def fiscal_year(today: date) -> int:
    """The number of the sandbox's fiscal year on that day."""
    return today.year + (today.month >= FISCAL_START)


def selling(rep: Rep) -> Rep:
    """The person with the territory and the segment they sell to; as they are where they don't sell."""
    pool, _, seat = rep.id.rpartition("-")
    pool = pool if pool in _COVERS else "na-commercial"
    if rep.role not in _SEGMENT:
        return rep
    lands = _COVERS[pool]
    at = int(seat) - 1 if seat.isdigit() else 0
    return rep.model_copy(update={"territory": lands[at % len(lands)], "segment": _SEGMENT[rep.role]})


def planned(scenario: Scenario, setting: Setting) -> Scenario:
    """The scenario as a whole plan: two fiscal years from the one that is running."""
    year = fiscal_year(setting.today)
    return scenario.model_copy(
        update={
            "year": year,
            "months": MONTHS,
            "as_of": setting.today,
            "gross_margin": 0.8,
            "territories": tuple(map(_targeted, scenario.territories)),
            "hires": _hires(year),
            "icp": Icp(min_employees=50, industries=("Software", "Logistics", "Manufacturing")),
            "segments": _SEGMENTS,
            "account_lists": (
                AccountList(
                    id="lighthouse",
                    name="Lighthouse accounts",
                    accounts=("A-000001", "A-000002", "A-000003"),
                    segment="enterprise",
                ),
            ),
            "investment": tuple(_investment()),
            "prices": _PRICES,
            "productivity": _PRODUCTIVITY,
            "ramps": _RAMPS,
            "attrition": _ATTRITION,
            "seasonality": (0.7, 0.8, 1.1, 0.8, 0.9, 1.2, 0.8, 0.8, 1.2, 1.0, 1.1, 1.6),
            "quotas": (
                Quota(role="enterprise_ae", amount_minor=125 * _MILLION // 100),
                Quota(role="account_executive", amount_minor=70 * _MILLION // 100),
            ),
            "compensation": _COMPENSATION,
        }
    )


def stretch(scenario: Scenario) -> Scenario:
    """A second plan beside the first: higher targets, two people more, more outbound."""
    year = scenario.year or 0
    more = (
        Hire(
            id="hire-stretch-1",
            role="enterprise_ae",
            starts_on=date(year, 2, 1),
            territory="ams-east",
            segment="enterprise",
            pool="na-enterprise",
        ),
        Hire(
            id="hire-stretch-2",
            role="account_executive",
            starts_on=date(year, 2, 1),
            territory="uki",
            segment="commercial",
            pool="emea-commercial",
        ),
    )
    return scenario.model_copy(
        update={
            "name": scenario.name.replace("base", "stretch"),
            "hires": (*scenario.hires, *more),
            "territories": tuple(_raised(t) for t in scenario.territories),
            "investment": tuple(
                i.model_copy(update={"amount_minor": i.amount_minor * 5 // 4})
                if i.channel == "outbound"
                else i
                for i in scenario.investment
            ),
        }
    )


def _raised(land: Territory) -> Territory:
    raised = (t.model_copy(update={"value": t.value * 11 // 10}) for t in land.targets)
    return land.model_copy(update={"targets": tuple(raised)})


def _targeted(land: Territory) -> Territory:
    if land.id not in _TARGETS:
        return land
    value, currency = _TARGETS[land.id], "EUR" if land.id in _EURO else None
    targets = (
        Target(value=value * 100 * _THOUSAND, currency=currency),
        Target(measure="new_logos", value=value * 2),
    )
    return land.model_copy(update={"targets": targets})


def _hires(year: int) -> tuple[Hire, ...]:
    def hire(number: int, role: str, day: date, land: str | None, pool: str, manager: str) -> Hire:
        segment = _SEGMENT.get(role)
        return Hire(
            id=f"hire-{number}",
            role=role,
            starts_on=day,
            territory=land,
            segment=segment,
            pool=pool,
            manager=manager,
        )

    return (
        hire(1, "enterprise_ae", date(year, 1, 4), "ams-east", "na-enterprise", "manager-enterprise"),
        hire(2, "account_executive", date(year, 2, 1), "dach", "emea-commercial", "manager-emea"),
        hire(3, "account_executive", date(year, 3, 1), "ams-central", "na-commercial", "manager-na"),
        hire(4, "enterprise_ae", date(year, 5, 3), "uki", "emea-enterprise", "manager-emea"),
        hire(5, "sdr", date(year, 2, 1), None, "sdr-na", "manager-sdr"),
    )


def _investment() -> list[Investment]:
    shares = {"enterprise": 3, "commercial": 2}
    return [
        Investment(
            segment=segment,
            channel=channel,
            amount_minor=thousands * share * _THOUSAND // 5,
            pipeline_per_unit=made,
        )
        for segment, share in shares.items()
        for channel, thousands, made in _CHANNELS
    ]


_SEGMENTS = (
    Segment(
        id="enterprise",
        name="Enterprise",
        personas=("Chief Revenue Officer", "VP Revenue Operations"),
        min_employees=1000,
        win_rate=0.22,
    ),
    Segment(
        id="commercial",
        name="Commercial",
        personas=("Head of Sales", "Revenue Operations Manager"),
        min_employees=50,
        max_employees=999,
        win_rate=0.28,
    ),
)
_PRICES = (
    Price(segment="enterprise", amount_minor=95 * _THOUSAND),
    Price(segment="commercial", amount_minor=32 * _THOUSAND),
    *(Price(segment="enterprise", territory=t, amount_minor=88 * _THOUSAND, currency="EUR") for t in _EURO),
    *(Price(segment="commercial", territory=t, amount_minor=30 * _THOUSAND, currency="EUR") for t in _EURO),
)
_PRODUCTIVITY = (
    Productivity(role="enterprise_ae", segment="enterprise", deals_per_year=15, spread=0.35),
    Productivity(role="account_executive", segment="commercial", deals_per_year=24, spread=0.3),
    Productivity(
        role="account_executive", segment="commercial", territory="apac", deals_per_year=20, spread=0.3
    ),
)
_RAMPS = (
    Ramp(role="enterprise_ae", shares=(0, 0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)),
    Ramp(role="account_executive", shares=(0, 0.2, 0.4, 0.6, 0.8)),
    Ramp(role="sdr", shares=(0.25, 0.75)),
)
_ATTRITION = (
    Attrition(role="enterprise_ae", yearly_share=0.15),
    Attrition(role="account_executive", yearly_share=0.2),
    Attrition(role="sdr", yearly_share=0.35),
)
_COMPENSATION = (
    Compensation(
        role="enterprise_ae", base_minor=150 * _THOUSAND, variable_minor=150 * _THOUSAND, overhead_share=0.25
    ),
    Compensation(
        role="account_executive",
        base_minor=85 * _THOUSAND,
        variable_minor=85 * _THOUSAND,
        overhead_share=0.25,
    ),
    Compensation(role="sdr", base_minor=55 * _THOUSAND, variable_minor=25 * _THOUSAND, overhead_share=0.25),
    Compensation(
        role="manager", base_minor=160 * _THOUSAND, variable_minor=80 * _THOUSAND, overhead_share=0.25
    ),
)
