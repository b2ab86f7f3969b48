"""How far a company profile agrees with what a lead says of itself."""

from dataclasses import dataclass
from typing import Literal

from loops.qualify.config import QualifyConfig
from loops.qualify.outputs import MatchCandidate, MatchQuestion
from loops.records import Company, Lead

NONE = "none"
"""The option that says no candidate is the lead's company."""


@dataclass(frozen=True)
class Verdict:
    """One candidate, what agrees and what differs."""

    company: Company
    agrees: tuple[str, ...]
    differs: tuple[str, ...]

    def words(self) -> str:
        """The verdict as one clause."""
        place = self.company.place.country or "an unknown country"
        same, other = ", ".join(self.agrees) or "nothing", ", ".join(self.differs) or "nothing"
        return f"{self.company.name} in {place} ({self.company.id}): agrees on {same}; differs on {other}"


def compare(lead: Lead, company: Company, config: QualifyConfig) -> Verdict:
    """What of the lead's own data agrees with the profile, field by field; a missing field says nothing."""
    pairs = (
        ("domain", lead.domain, company.domain),
        ("country", lead.place.country, company.place.country),
        (
            "city",
            lead.place.city and lead.place.city.lower(),
            company.place.city and company.place.city.lower(),
        ),
        ("industry", config.industry(lead.industry), config.industry(company.industry)),
    )
    known = [(name, mine == theirs) for name, mine, theirs in pairs if mine and theirs]
    return Verdict(company, tuple(n for n, same in known if same), tuple(n for n, same in known if not same))


def settle(verdicts: tuple[Verdict, ...]) -> Company | Literal["ambiguous"] | None:
    """The company that the data settles on, None where there is no candidate, or `ambiguous`.

    A profile is certain when its domain is the lead's and its country isn't another, or when its country
    agrees, nothing differs, and no other profile of the name does as well.
    """
    if not verdicts:
        return None
    certain = [v for v in verdicts if "domain" in v.agrees and "country" not in v.differs]
    if not certain:
        certain = [v for v in verdicts if "country" in v.agrees and not v.differs]
    return certain[0].company if len(certain) == 1 else "ambiguous"


def question(lead: Lead, verdicts: tuple[Verdict, ...]) -> MatchQuestion:
    """The matcher's question, with only what it needs."""
    return MatchQuestion(
        lead=lead.id,
        company=lead.company,
        domain=lead.domain,
        country=lead.place.country,
        city=lead.place.city,
        industry=lead.industry,
        employees=lead.employees,
        candidates=tuple(
            MatchCandidate(
                company=v.company.id,
                name=v.company.name,
                domain=v.company.domain,
                country=v.company.place.country,
                city=v.company.place.city,
                industry=v.company.industry,
                employees=v.company.employees,
                agrees=v.agrees,
                differs=v.differs,
            )
            for v in verdicts
        ),
    )
