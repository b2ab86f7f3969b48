"""The CRM's accounts and deals, each made from its number alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from loops.records import Account, AccountStatus, Opportunity, Place
from tools.normalise import company_key
from tools.sandbox.draw import Draw
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.profiles import Profile, Profiles
from tools.sandbox.roster import DEPARTED, pool_for, seats

STAGES = ("discovery", "evaluation", "proposal", "negotiation")
# Odds of a win (log of them) by the last stage a deal reached before it closed.
_STAGE_ODDS = {"discovery": -2.6, "evaluation": -1.1, "proposal": 0.1, "negotiation": 1.3}
_OPEN_MIX = (
    "discovery",
    "discovery",
    "discovery",
    "evaluation",
    "evaluation",
    "proposal",
    "proposal",
    "negotiation",
)
_CLOSED_MIX = ("discovery", "evaluation", "evaluation", "proposal", "proposal", "negotiation", "negotiation")
_CITY_ALONE, _NO_STATE = 12, 18  # accounts in a thousand
_FITTING = {"Software": 0.9, "Financial Services": 0.5, "Logistics": 0.3, "Healthcare": 0.1, "Retail": -0.3,
            "Education": -0.7, "Construction": -0.6, "Media": -0.2}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How a company stands in the CRM."""

    status: AccountStatus
    owner: str | None


def fit(p: Profile) -> float:
    """How well the company fits the product, about -2 to 2; what the history's outcomes rest on."""
    size = 1 - abs(math.log10(max(p.employees, 1)) - 2.7)  # best at about 500 people
    stack = 0.3 if "Salesforce" in p.technologies else 0.0
    return size + _FITTING.get(p.industry, 0.0) + stack - 0.4


def odds(value: float) -> float:
    """The share that a log of odds stands for (the logistic function)."""
    return 1 / (1 + math.exp(-value))


class Book:
    """Accounts and deals of a sandbox."""

    def __init__(self, profiles: Profiles) -> None:
        self.profiles = profiles
        self._setting = profiles.setting
        fixed = sum(c.status is not None for c in COMPANIES)
        self._drawn = min(max(self._setting.count(1500) - fixed, 10), (profiles.count - len(COMPANIES)) // 2)
        self.standing = lru_cache(maxsize=8192)(self._standing)
        self.account = lru_cache(maxsize=8192)(self._account)

    def index(self, number: int) -> int:
        """The company index of the drawn account of that number."""
        return len(COMPANIES) + 2 * number

    def customer(self, draw: Draw) -> int:
        """The company index of some customer."""
        number = draw.below(max(self._drawn // 15, 1)) * 15 + draw.below(4)
        return self.index(min(number, self._drawn - 1))

    def _standing(self, index: int) -> Standing | None:
        if index < len(COMPANIES):
            c = COMPANIES[index]
            return None if c.status is None else Standing(c.status, c.owner)
        number, odd = divmod(index - len(COMPANIES), 2)
        if odd or number >= self._drawn:
            return None
        draw = self._setting.draw("account", index)
        p = self.profiles.at(index)
        seat = draw.pick(seats(self._setting, pool_for(p.city.country, p.employees)))
        if number % 15 < 4:
            return Standing("customer", seat)
        return self._no_customer(draw, number, seat)

    def _no_customer(self, draw: Draw, number: int, seat: str) -> Standing:
        status: AccountStatus = "prospect"
        if number % 15 == 4:
            status = "former" if number % 2 else "partner"
        kept = draw.below(100)
        return Standing(status, seat if kept < 42 else DEPARTED if kept < 45 else None)

    def _account(self, index: int) -> Account | None:
        standing = self.standing(index)
        if standing is None:
            return None
        p, draw = self.profiles.at(index), self._setting.draw("account record", index)
        sparse = index >= len(COMPANIES) and draw.chance(120)
        parent = p.parent if p.parent is not None and self.standing(p.parent) else None
        name = p.legal if draw.chance(500) else p.name
        return Account(
            id=account_id(index),
            company=None if sparse else p.id,
            name=name,
            key=company_key(name),
            domain=p.domain,
            status=standing.status,
            owner=standing.owner,
            parent=None if parent is None else account_id(parent),
            place=_billing(draw, p) if index >= len(COMPANIES) else p.city.place,
            street=p.street,
            phone=p.city.phone and p.city.phone.format(f"{index % 100:02d}"),
            industry=None if sparse else p.industry,
            employees=None if sparse else p.employees,
        )

    def accounts(self) -> Iterator[Account]:
        """Every account, by id."""
        made = (
            self.account(index) for index in (*range(len(COMPANIES)), *map(self.index, range(self._drawn)))
        )
        return (account for account in made if account)

    def opportunities(self) -> Iterator[Opportunity]:
        """Open deals, then those closed in the last twelve months; their stage is the last one reached."""
        yield from (self._open(n) for n in range(self._setting.count(600)))
        yield from (self._closed(n) for n in range(self._setting.count(900)))

    def _owned(self, draw: Draw) -> tuple[int, str]:
        """Some company with an account that somebody in office owns, and who."""
        while True:
            index = self.index(draw.below(self._drawn))
            standing = self.standing(index)
            if standing and standing.owner and standing.owner != DEPARTED:
                return index, standing.owner

    def _open(self, number: int) -> Opportunity:
        draw = self._setting.draw("open deal", number)
        index, owner = self._owned(draw)
        p = self.profiles.at(index)
        stage = draw.pick(_OPEN_MIX)
        if draw.chance(120):
            owner = draw.pick(seats(self._setting, pool_for(p.city.country, p.employees)))
        return Opportunity(
            id=f"O-{number:06d}",
            account=account_id(index),
            owner=owner,
            stage=stage,
            amount_minor=amount(draw, p),
            opened_on=self._setting.day(draw.between(2, 40) + 25 * STAGES.index(stage)),
        )

    def _closed(self, number: int) -> Opportunity:
        draw = self._setting.draw("closed deal", number)
        index, owner = self._owned(draw)
        p = self.profiles.at(index)
        stage, value, ago = draw.pick(_CLOSED_MIX), amount(draw, p), draw.between(1, 365)
        large = math.log10(value / 3_000_000)
        won = draw.share() < odds(_STAGE_ODDS[stage] + 0.6 * fit(p) - 0.5 * large + 0.4 * draw.noise())
        closed = self._setting.day(ago)
        cycle = draw.between(20, 70) + round(40 * max(large, 0)) + 12 * STAGES.index(stage)
        if ago > 60 and draw.chance(90):
            owner = DEPARTED
        return Opportunity(
            id=f"X-{number:06d}",
            account=account_id(index),
            owner=owner,
            stage=stage,
            amount_minor=value,
            opened_on=closed - timedelta(days=cycle),
            closed_on=closed,
            won=won,
        )


def _billing(draw: Draw, p: Profile) -> Place:
    """The place of its billing address: now and then only the city was typed in, or no state."""
    written, place = draw.below(1000), p.city.place
    if written < _CITY_ALONE:
        return Place(city=place.city)
    return place.model_copy(update={"region": None}) if written < _CITY_ALONE + _NO_STATE else place


def account_id(index: int) -> str:
    """The account id of the company of that index."""
    return f"A-{index:06d}"


def amount(draw: Draw, p: Profile) -> int:
    """What a deal with that company is worth, US cents, in steps of 500 dollars."""
    dollars = 9000 * (max(p.employees, 10) / 100) ** 0.6 * (0.6 + 0.9 * draw.share())
    return max(round(dollars / 500), 4) * 50_000
