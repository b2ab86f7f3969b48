"""The sandbox's enrichment provider: mostly right, and wrong in the ways that providers are."""

from datetime import timedelta

from loops.records import Company, Enrichment, Lead, Place
from tools.connectors.ports import CompanyIndex
from tools.sandbox.draw import Draw
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.profiles import index_of

# Of a thousand companies: not covered, out of date, wrong about the country, wrong about the size.
_NONE, _STALE, _ABROAD, _SIZE = 50, 70, 25, 25


class SandboxEnricher:
    """An `Enricher` whose flaws depend on company and seed alone; never wrong on hand-made ones."""

    def __init__(self, index: CompanyIndex, seed: int = 7) -> None:
        self._index = index
        self._seed = seed

    def enrich(self, lead: Lead) -> Enrichment:
        """What the provider has: found by domain, otherwise by normalised name (then perhaps several)."""
        searched: list[str] = []
        found: tuple[Company, ...] = ()
        if lead.domain:
            searched.append(f"domain {lead.domain}")
            found = self._index.by_domain(lead.domain)
        if not found and lead.company_key:
            searched.append(f"name {lead.company_key}")
            found = self._index.by_key(lead.company_key)
        seen = (self._seen(company) for company in found)
        return Enrichment(
            provider="sandbox", searched=tuple(searched), candidates=tuple(c for c in seen if c)
        )

    def _seen(self, company: Company) -> Company | None:
        """The profile as this provider has it; None where it doesn't cover the company."""
        index = index_of(company.id)
        if index is not None and index < len(COMPANIES):
            return company
        draw = Draw(self._seed, "provider", company.id)
        roll = draw.below(1000)
        if roll < _NONE:
            return None
        if roll < _NONE + _STALE:
            long_ago = company.updated_on - timedelta(days=draw.between(500, 1600))
            return company.model_copy(update={"updated_on": long_ago})
        if roll < _NONE + _STALE + _ABROAD:
            return company.model_copy(update={"place": _elsewhere(company.place)})
        if roll < _NONE + _STALE + _ABROAD + _SIZE and company.employees:
            return company.model_copy(update={"employees": company.employees * 12})
        return company


def _elsewhere(place: Place) -> Place:
    return (
        Place(city="Toronto", region="CA-ON", country="CA") if place.country == "US" else Place(country="US")
    )
