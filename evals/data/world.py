"""The sandbox's companies, as the generators of samples draw them by seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from loops.records import Lead, Origin, Place
from tools.normalise.names import company_key
from tools.sandbox.documents import Library
from tools.sandbox.draw import Draw
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.people import FIRST, LEAD_LAST, TITLES
from tools.sandbox.profiles import Profile, Profiles
from tools.sandbox.setting import OWN_NAME, Setting

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
"""When every sample plays."""
TRAIN, TEST = 11, 23
"""Seeds: trivial rules are fitted on the first; scores are measured on the second, or on a fresh one."""


@dataclass(frozen=True)
class Market:
    """The companies of one seed."""

    seed: int

    @cached_property
    def setting(self) -> Setting:
        """Seed, size and now."""
        return Setting(self.seed, 1.0, NOW)

    @cached_property
    def profiles(self) -> Profiles:
        """Every company."""
        return Profiles(self.setting)

    @cached_property
    def shelf(self) -> Library:
        """Every document with its truth."""
        return Library(self.profiles)

    def draws(self, kind: str, n: int) -> Iterator[tuple[int, Draw]]:
        """A stream of choices for each of `n` samples of a kind, from 1."""
        return ((number, self.setting.draw(f"eval {kind}", number)) for number in range(1, n + 1))

    def company(self, draw: Draw) -> Profile:
        """Some drawn company."""
        return self.profiles.at(draw.between(len(COMPANIES), self.profiles.count - 1))

    def twin(self, draw: Draw) -> Profile:
        """Some company that shares its name with another."""
        first = len(COMPANIES)
        index = first + 100 * draw.below((self.profiles.count - first) // 100) + draw.below(2)
        return self.profiles.at(index)


def person(draw: Draw) -> tuple[str, str, str]:
    """An invented person: first name, last name, title."""
    return draw.pick(FIRST), draw.pick(LEAD_LAST), draw.pick(TITLES).text


def lead(key: str, company: str, domain: str | None, place: Place, industry: str | None) -> Lead:
    """A lead that says this of its company."""
    return Lead(
        id=f"L-{key}",
        person=f"P-{key}",
        source="demo_request",
        created_at=NOW,
        company=company,
        company_key=company_key(company),
        domain=domain,
        place=place,
        industry=industry,
        origin=Origin(source="eval"),
    )


__all__ = ["NOW", "OWN_NAME", "TEST", "TRAIN", "Market", "lead", "person"]
