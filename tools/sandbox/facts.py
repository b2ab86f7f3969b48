"""What happened at a company, with dates: the truth that its news tell in prose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from tools.sandbox.draw import Draw
from tools.sandbox.people import FIRST, LEAD_LAST
from tools.sandbox.places import CITIES, COUNTRY_MIX
from tools.sandbox.setting import COMPETITORS, Setting

STAGES = ("Seed", "Series A", "Series B", "Series C", "Series D")
INVESTORS = (
    "Halden Ventures",
    "Copperline Capital",
    "Brightwater Partners",
    "Norrland Growth",
    "Fieldstone Ventures",
    "Quayside Equity",
    "Larkspur Capital",
    "Osprey Point Partners",
    "Third Meridian",
    "Ashgrove Capital",
    "Kittiwake Ventures",
    "Old Mill Partners",
    "Saltmarsh Capital",
    "Verity Growth",
    "Blue Anchor Ventures",
    "Hearthside Capital",
    "Tallgrass Partners",
    "Wexley Growth",
    "Ironbark Ventures",
    "Seventh Harbour",
)
_ROLES = (
    "Chief Revenue Officer",
    "VP of Sales",
    "Chief Marketing Officer",
    "VP of Revenue Operations",
    "Chief Operating Officer",
    "Chief Financial Officer",
    "Head of Sales",
    "VP of Marketing",
    "Chief Executive Officer",
    "SVP of Customer Success",
)
_PRIOR = (
    "Ostermann Group",
    "Palisade Software",
    "Harrow & Finch",
    "Delmar Systems",
    "Quantock Digital",
    "Bellweather Inc",
    "Sundial Networks",
    "Castellan",
    "Riverton Data",
    "Marrowby",
    "Tidewell",
    "Ellery Labs",
)
_TEAMS = (
    "sales",
    "account executive",
    "sales development",
    "customer success",
    "revenue operations",
    "sales engineering",
    "marketing",
    "field sales",
)
_REASONS = (
    "a pricing dispute",
    "repeated routing errors",
    "a failed migration",
    "slow support",
    "gaps in its reporting",
    "a long outage",
    "rising licence costs",
    "missing integrations",
)
_PRODUCTS = (
    "Compass",
    "Relay",
    "Beacon",
    "Switchboard",
    "Horizon",
    "Tandem",
    "Keystone",
    "Parallel",
    "Lantern",
    "Cascade",
    "Outpost",
    "Fieldbook",
    "Meridian",
    "Junction",
    "Anchor",
    "Prism",
)
_PURPOSES = {
    "Software": ("an analytics module for mid-sized teams", "a usage-based billing add-on", "a mobile app"),
    "Financial Services": (
        "an instant-payout account",
        "a lending desk for small firms",
        "a treasury portal",
    ),
    "Logistics": (
        "a same-day delivery service",
        "a shipment-tracking portal",
        "a cross-border customs service",
    ),
    "Manufacturing": (
        "a line of modular sensors",
        "a configurable assembly cell",
        "a spare-parts subscription",
    ),
    "Healthcare": ("a home-testing service", "a scheduling tool for clinics", "a remote-monitoring kit"),
    "Retail": ("a loyalty programme", "a trade-customer portal", "a rental service"),
    "Energy": ("a battery-storage tariff", "a fleet-charging service", "a demand-response programme"),
    "Professional Services": (
        "a fixed-fee audit service",
        "an interim-management bench",
        "a compliance desk",
    ),
    "Media": ("a regional news app", "a self-service advertising platform", "a podcast network"),
    "Education": (
        "a professional-certificate track",
        "an employer training catalogue",
        "an evening programme",
    ),
    "Telecommunications": ("a private 5G service", "a business fibre tariff", "a managed-network service"),
    "Construction": (
        "a modular-building division",
        "a maintenance subscription",
        "a design-and-build service",
    ),
}
_AMOUNTS = {
    "Seed": (2, 6),
    "Series A": (8, 19),
    "Series B": (20, 55),
    "Series C": (50, 130),
    "Series D": (90, 260),
}
KINDS = ("funding", "executive_change", "competitor_churn", "expansion", "hiring", "product_launch")
# How many facts of the last year a company has, and how many older ones; drawn from these.
_RECENT = (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5)
_OLD = (0, 0, 0, 1, 1, 2)
USABLE_DAYS = 365  # the world's own line between news and old news


@dataclass(frozen=True, slots=True)
class Subject:
    """What the facts of a company have to agree with."""

    stage: str
    # Seed, Series A …, private, public
    industry: str
    home: str
    # the city it is in


@dataclass(frozen=True, slots=True)
class Fact:
    """One dated thing that happened at a company."""

    kind: str
    ago: int
    # days before the sandbox's now
    on: date
    values: Mapping[str, str]
    # what a wording fills in; keys differ by kind

    @property
    def stale(self) -> bool:
        """Whether it is older than a year."""
        return self.ago > USABLE_DAYS


def _funding(draw: Draw, subject: Subject) -> dict[str, str]:
    low, high = _AMOUNTS.get(subject.stage, (5, 15))
    stage = "Seed round" if subject.stage == "Seed" else subject.stage
    return {"amount": str(draw.between(low, high)), "round": stage, "investor": draw.pick(INVESTORS)}


def _executive(draw: Draw, subject: Subject) -> dict[str, str]:
    name = f"{draw.pick(FIRST)} {draw.pick(LEAD_LAST)}"
    return {"person": name, "role": draw.pick(_ROLES), "prior": draw.pick(_PRIOR)}


def _churn(draw: Draw, subject: Subject) -> dict[str, str]:
    return {"rival": draw.pick(COMPETITORS), "reason": draw.pick(_REASONS)}


def _expansion(draw: Draw, subject: Subject) -> dict[str, str]:
    cities = [c.name for c in CITIES[draw.pick(COUNTRY_MIX)] if c.name != subject.home]
    return {"office": draw.pick(cities or ("Lisbon", "Austin")), "seats": str(draw.between(3, 40) * 5)}


def _hiring(draw: Draw, subject: Subject) -> dict[str, str]:
    return {"roles": str(draw.between(6, 48)), "team": draw.pick(_TEAMS)}


def _launch(draw: Draw, subject: Subject) -> dict[str, str]:
    return {"product": draw.pick(_PRODUCTS), "purpose": draw.pick(_PURPOSES[subject.industry])}


_MAKERS: dict[str, Callable[[Draw, Subject], dict[str, str]]] = {
    "funding": _funding,
    "executive_change": _executive,
    "competitor_churn": _churn,
    "expansion": _expansion,
    "hiring": _hiring,
    "product_launch": _launch,
}


def fact(setting: Setting, kind: str, ago: int, values: Mapping[str, str]) -> Fact:
    """A fact of that many days ago."""
    return Fact(kind, ago, setting.day(ago), values)


def facts_of(setting: Setting, index: int, subject: Subject) -> tuple[Fact, ...]:
    """The company's facts, those of the last year first, at most one of a kind among these; may be empty."""
    draw = setting.draw("facts", index)
    kinds = KINDS if subject.stage in STAGES else KINDS[1:]
    recent = [(kind, draw.between(6, 330)) for kind in draw.some(kinds, draw.pick(_RECENT))]
    old = [(draw.pick(KINDS[1:]), draw.between(430, 1100)) for _ in range(draw.pick(_OLD))]
    found = [fact(setting, kind, ago, _MAKERS[kind](draw, subject)) for kind, ago in recent + old]
    return tuple(found) + _earlier_round(setting, draw, subject)


def _earlier_round(setting: Setting, draw: Draw, subject: Subject) -> tuple[Fact, ...]:
    """The round before the present one, two years back: stale news that looks like the real thing."""
    if subject.stage not in STAGES[1:] or not draw.chance(400):
        return ()
    before = Subject(STAGES[STAGES.index(subject.stage) - 1], subject.industry, subject.home)
    return (fact(setting, "funding", draw.between(500, 1000), _funding(draw, before)),)
