"""Bad enrichment is caught before it scores: completeness, conflict, staleness."""

from dataclasses import dataclass

from loops.decision import Reason
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.records import Company, Lead
from loops.scoring import Attribute


@dataclass(frozen=True)
class Checked:
    """The attributes that may be scored, and what was set aside."""

    attributes: dict[str, Attribute]
    reasons: tuple[Reason, ...]
    employees: int | None
    industry: str | None


def check(input: QualifyInput, company: Company | None, config: QualifyConfig) -> Checked:
    """The lead's own data filled up from the profile, less what is stale or contradicted."""
    lead, notes = input.lead, list[Reason]()
    fresh = company if company is None or not _stale(input, company, config, notes) else None
    employees = _employees(lead.employees, fresh.employees if fresh else None, config, notes)
    country = _country(lead, company, notes)
    industry = config.industry(lead.industry or (company.industry if company else None))
    attributes: dict[str, Attribute] = {
        "seniority": _known(lead.seniority),
        "job_function": _known(lead.job_function),
        "source": lead.source,
        "industry": industry,
        "employees": employees,
        "country": country,
        "email_kind": lead.email_kind,
        "signal": lead.signal.type if lead.signal else None,
        "funding_stage": fresh.funding_stage.lower() if fresh and fresh.funding_stage else None,
        "age_days": max(0, (input.at - lead.created_at).days),
    }
    missing = [name for name in config.checks.required if attributes.get(name) is None]
    if missing:
        notes.append(Reason(code="incomplete", text=f"Not known: {', '.join(missing)}."))
    return Checked(attributes, tuple(notes), employees, industry)


def _known(word: str) -> str | None:
    return None if word == "unknown" else word


def _stale(input: QualifyInput, company: Company, config: QualifyConfig, notes: list[Reason]) -> bool:
    age = (input.at.date() - company.updated_on).days
    if age > config.checks.stale_after_days:
        text = f"The profile is {age} days old: its head count and funding are set aside."
        notes.append(Reason(code="stale", text=text))
        return True
    return False


def _employees(own: int | None, theirs: int | None, config: QualifyConfig, notes: list[Reason]) -> int | None:
    if own and theirs:
        ratio = max(own, theirs) / min(own, theirs)
        if ratio > config.checks.employees_ratio:
            text = f"The lead says {own} employees, the profile {theirs}: neither is used."
            notes.append(Reason(code="conflict", text=text))
            return None
    return own or theirs


def _country(lead: Lead, company: Company | None, notes: list[Reason]) -> str | None:
    theirs = company.place.country if company else None
    if lead.place.conflict:
        text = f"The address points to {' and '.join(lead.place.conflict)}: the country is left open."
        notes.append(Reason(code="conflict", text=text))
        return None
    if lead.place.country and theirs and lead.place.country != theirs:
        text = f"The lead is in {lead.place.country}, the profile in {theirs}: the lead's own counts."
        notes.append(Reason(code="conflict", text=text))
    return lead.place.country or theirs
