"""The truth about every company: who it is, where, how large; made one by one from its index."""

from dataclasses import dataclass
from functools import lru_cache

from loops.records import Company
from tools.sandbox import fixed
from tools.sandbox.draw import Draw
from tools.sandbox.facts import STAGES, Fact, Subject, fact, facts_of
from tools.sandbox.names import INDUSTRY_MIX, INDUSTRY_WORDS, ROOTS, root, slug
from tools.sandbox.places import CITIES, COUNTRY_MIX, CURRENCIES, LEGAL_FORMS, City
from tools.sandbox.setting import COMPETITORS, Setting

_TWIN_EVERY = 100  # one pair of namesakes in as many companies
_CHILD_EVERY = 25  # one subsidiary in as many companies
_STAGE_MIX = (
    "Seed",
    "Series A",
    "Series A",
    "Series B",
    "Series B",
    "Series B",
    "Series C",
    "Series C",
    "Series D",
    "private",
    "private",
    "private",
    "private",
    "private",
    "public",
    "public",
)
_SIZES = {
    "Seed": (5, 30),
    "Series A": (20, 130),
    "Series B": (80, 620),
    "Series C": (220, 1500),
    "Series D": (420, 3200),
    "private": (12, 4200),
    "public": (900, 42000),
}
_STACK = (
    ("Salesforce", "Salesforce", "HubSpot", "Dynamics 365", "Pipedrive"),
    ("Marketo", "HubSpot Marketing", "Pardot", "Mailchimp"),
    ("Snowflake", "BigQuery", "Redshift", "PostgreSQL"),
    ("Tableau", "Looker", "Power BI", "Excel"),
    ("Outreach", "Salesloft", "Gong", "Zoom"),
    ("AWS", "Azure", "Google Cloud"),
)
_STREETS = (
    "Market Street",
    "Canal Street",
    "Station Road",
    "Mill Lane",
    "Harbour Way",
    "King Street",
    "Park Avenue",
    "Bridge Street",
    "Exchange Place",
    "Foundry Row",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A company as it really is."""

    index: int
    name: str
    # as people say it
    legal: str
    # with its legal form
    domain: str
    city: City
    street: str
    industry: str
    employees: int
    revenue_minor: int
    stage: str
    founded: int
    technologies: tuple[str, ...]
    updated_ago: int
    # days since the provider looked
    parent: int | None = None
    twin: int | None = None
    # index of the other company of this name, in another country

    @property
    def id(self) -> str:
        """The profile's id."""
        return company_id(self.index)

    @property
    def subject(self) -> Subject:
        """What its facts have to agree with."""
        return Subject(self.stage, self.industry, self.city.name)


def company_id(index: int) -> str:
    """The profile id of that index."""
    return f"C-{index:06d}"


def index_of(company: str) -> int | None:
    """The index of that profile id; None where it isn't one of the sandbox's."""
    return int(company[2:]) if company.startswith("C-") and company[2:].isdigit() else None


class Profiles:
    """Every company of a sandbox, by index; the last few thousand are remembered."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.count = max(setting.count(3000), len(fixed.COMPANIES) + 20)
        self._names = setting.draw("company names", 0).below(ROOTS)
        self.at = lru_cache(maxsize=8192)(self._make)
        self.facts = lru_cache(maxsize=8192)(self._facts)

    def _make(self, index: int) -> Profile:
        first = len(fixed.COMPANIES)
        if index < first:
            return _hand_made(index)
        return self._drawn(index, index - first)

    def _facts(self, index: int) -> tuple[Fact, ...]:
        if index < len(fixed.COMPANIES):
            return tuple(fact(self.setting, *told) for told in fixed.COMPANIES[index].facts)
        return facts_of(self.setting, index, self.at(index).subject)

    def twin_of(self, number: int) -> int | None:
        """The number of the other drawn company of this name, or None."""
        place = number % _TWIN_EVERY
        other = number + 1 if place == 0 else number - 1
        return other if place < 2 and other + len(fixed.COMPANIES) < self.count else None

    def _drawn(self, index: int, number: int) -> Profile:
        draw = self.setting.draw("company", index)
        twin = self.twin_of(number)
        younger = twin is not None and twin < number
        name, industry = self._name(number - 1 if younger else number)
        country = self._country(number, other_than=self._country(number - 1) if younger else None)
        city = draw.pick(CITIES[country])
        stage = draw.pick(_STAGE_MIX)
        employees = _size(draw, stage)
        return Profile(
            index=index,
            name=name,
            legal=_legal(draw, name, country),
            domain=f"{slug(name)}{'-' + country.lower() if younger else ''}.example",
            city=city,
            street=f"{draw.between(1, 240)} {draw.pick(_STREETS)}",
            industry=industry,
            employees=employees,
            revenue_minor=employees * draw.between(110, 260) * 100_000,
            stage=stage,
            founded=_founded(draw, stage, self.setting.today.year),
            technologies=_stack(draw),
            updated_ago=draw.between(5, 300),
            parent=self._parent(draw, number),
            twin=None if twin is None else twin + len(fixed.COMPANIES),
        )

    def _name(self, number: int) -> tuple[str, str]:
        draw = self.setting.draw("company name", number)
        industry, word = draw.pick(INDUSTRY_MIX), root(number, self._names)
        return (word if draw.chance(180) else f"{word} {draw.pick(INDUSTRY_WORDS[industry])}"), industry

    def _country(self, number: int, other_than: str | None = None) -> str:
        draw = self.setting.draw("company country", number)
        country = draw.pick(COUNTRY_MIX)
        while country == other_than:
            country = draw.pick(COUNTRY_MIX)
        return country

    def _parent(self, draw: Draw, number: int) -> int | None:
        if number < 8 or number % _CHILD_EVERY != 7:
            return None
        return len(fixed.COMPANIES) + 2 * draw.below(number // 2)

    def company(self, index: int) -> Company:
        """The profile as the enrichment provider's index has it."""
        p = self.at(index)
        return Company(
            id=p.id,
            name=p.legal,
            domain=p.domain,
            place=p.city.place,
            industry=p.industry,
            employees=p.employees,
            revenue_minor=p.revenue_minor,
            currency=CURRENCIES.get(p.city.country, "USD"),
            funding_stage=p.stage,
            technologies=p.technologies,
            parent=None if p.parent is None else company_id(p.parent),
            updated_on=self.setting.day(p.updated_ago),
            source="sandbox",
        )


def _hand_made(index: int) -> Profile:
    c = fixed.COMPANIES[index]
    return Profile(
        index=index,
        name=c.name,
        legal=c.legal,
        domain=c.domain,
        city=c.city,
        street=c.street,
        industry=c.industry,
        employees=c.employees,
        revenue_minor=c.employees * 18_000_000,
        stage=c.stage,
        founded=c.founded,
        technologies=tuple(sorted(c.technologies)),
        updated_ago=30,
        parent=c.parent,
        twin=c.twin,
    )


def _size(draw: Draw, stage: str) -> int:
    """Employees, skewed to the small end of the stage's range as real head counts are."""
    low, high = _SIZES[stage]
    return round(low * (high / low) ** draw.share())


def _legal(draw: Draw, name: str, country: str) -> str:
    form = draw.pick(LEGAL_FORMS[country])
    return f"{name}{'' if form.startswith(',') else ' '}{form}"


def _founded(draw: Draw, stage: str, year: int) -> int:
    young = stage in STAGES
    return year - (draw.between(3 + 2 * STAGES.index(stage), 14) if young else draw.between(12, 90))


def _stack(draw: Draw) -> tuple[str, ...]:
    tools = [draw.pick(kind) for kind in _STACK if draw.chance(750)]
    if draw.chance(180):
        tools.append(draw.pick(COMPETITORS))
    return tuple(sorted(tools))
