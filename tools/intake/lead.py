"""A raw record made a lead: normalised, or turned away with the reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args

from pydantic import JsonValue

from loops.records import Lead, Origin, Place, Signal
from loops.values import Quoted, content_hash, short_id
from tools.intake.dates import is_ambiguous, read_instant
from tools.intake.hygiene import formula_in, junk_in, unreachable, unwrapped
from tools.intake.raw import RawLead, Rejected
from tools.intake.sources import source_of
from tools.normalise import (
    Email,
    cleaned,
    company_key,
    email_parts,
    email_problem,
    function,
    given_name,
    person_names,
    phone_e164,
    place,
    registered_domain,
    seniority,
)
from tools.normalise.text import cleaned_lines

_CLOCK_SKEW = timedelta(days=1)  # a zone-less time may be this far ahead; it then counts as now
_SIGNALS = frozenset(get_args(Signal.model_fields["type"].annotation))
_COUNT = re.compile(r"(\d{1,9}(?:[.,]\d+)?)\s*(k\b)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?!\d))")
# Profiles and pages that people enter as their company's website; the host's owner isn't the company.
_HOSTED = frozenset(
    (
        "linkedin.com facebook.com twitter.com x.com instagram.com youtube.com xing.com linktr.ee "
        "wixsite.com wordpress.com blogspot.com weebly.com squarespace.com medium.com github.io "
        "tiktok.com t.me wa.me bit.ly crunchbase.com"
    ).split()
)


@dataclass(frozen=True)
class Accepted:
    """A lead, and what had to be decided to read it."""

    lead: Lead
    notes: tuple[str, ...] = ()
    # plain sentence parts, in the order of the fields; usually empty


def lead_from(
    raw: RawLead,
    now: datetime,
    *,
    default_country: str | None = None,
    zone: str = "UTC",
    day_first: bool | None = None,
) -> Lead | Rejected:
    """The lead, or why there is none; `examined` with its notes left out."""
    found = examined(raw, now, default_country=default_country, zone=zone, day_first=day_first)
    return found.lead if isinstance(found, Accepted) else found


def examined(
    raw: RawLead,
    now: datetime,
    *,
    default_country: str | None = None,
    zone: str = "UTC",
    day_first: bool | None = None,
) -> Accepted | Rejected:
    """The lead with what had to be decided, or why there is none.

    Args:
        raw: the record.
        now: aware UTC; stands in for a created date that is missing, unreadable or in the future.
        default_country: ISO alpha-2 of the workspace: how local phone numbers and dates are read where the
            record doesn't say. It never becomes the lead's country.
        zone: IANA zone of times without one.
        day_first: the file's order of day and month (`Mapping.day_first`).
    """
    fields = {name: text for name, cell in raw.fields.items() if (text := unwrapped(name, cell))}
    email = email_parts(fields.get("email", ""))
    at = place(fields.get("city", ""), fields.get("region", ""), fields.get("country", ""))
    phone = phone_e164(fields["phone"], at.country or default_country) if "phone" in fields else None
    if reason := _refusal(raw, fields, email, phone):
        return Rejected(raw.line, reason, dict(raw.fields), raw.file)
    notes: list[str] = []
    created = _created(fields.get("created_at", ""), now, (zone, day_first, default_country), notes)
    return Accepted(_lead(raw, fields, email, phone, at, created, notes), tuple(notes))


def content_hash_of(raw: RawLead) -> str:
    """The hash of what the record says, for "has it changed": neither line, file name nor blanks count.

    Of the raw record, not of the lead: a lead whose date is missing gets the time of its import.
    """
    said: dict[str, JsonValue] = {
        name: cleaned_lines(text) for name, text in raw.fields.items() if text.strip()
    }
    return content_hash({"system": raw.system, "key": raw.key, "fields": said})


def _refusal(raw: RawLead, fields: Mapping[str, str], email: Email | None, phone: str | None) -> str | None:
    """Why the record becomes no lead; None for a sound one."""
    if raw.fault:
        return raw.fault
    if not fields:
        return "the row is empty"
    if field := formula_in(fields):
        return f"{_heading(raw, field)} holds a spreadsheet formula"
    if "email" in fields and not email:
        return f"{_heading(raw, 'email')} isn't a valid e-mail address: {email_problem(fields['email'])}"
    if reason := junk_in(fields, email):
        return reason
    company = bool(company_key(fields.get("company", "")) or _website_domain(fields))
    return None if email else unreachable(fields, company, phone is not None)


def _heading(raw: RawLead, field: str) -> str:
    return raw.columns.get(field, field)


def _lead(
    raw: RawLead,
    fields: Mapping[str, str],
    email: Email | None,
    phone: str | None,
    at: Place,
    created: datetime,
    notes: list[str],
) -> Lead:
    name = "L-" + short_id(raw.system, raw.key)[:12]
    first, last = _names(fields)
    title, company = cleaned(fields.get("title", "")), cleaned(fields.get("company", ""))
    message = cleaned_lines(fields.get("message", ""))
    return Lead(
        id=name,
        person="P-" + short_id(email.address if email else name)[:12],
        source=source_of(fields.get("source", "")),
        created_at=created,
        first_name=first,
        last_name=last,
        title=title,
        seniority=seniority(title),
        job_function=function(title),
        email=email.address if email else "",
        email_kind=email.kind if email else "business",
        phone=phone,
        company=company,
        company_key=company_key(company),
        domain=(email.domain if email else None) or _website_domain(fields),
        place=at,
        industry=cleaned(fields.get("industry", "")) or None,
        employees=_employees(fields.get("employees", "")),
        message=Quoted(text=message) if message else None,
        signal=_signal(fields, created, notes),
        origin=Origin(source=raw.file or raw.system, line=raw.line, columns=dict(raw.columns)),
    )


def _names(fields: Mapping[str, str]) -> tuple[str, str]:
    first, last = cleaned(fields.get("first_name", ""), 80), cleaned(fields.get("last_name", ""), 80)
    if not first and not last:
        return person_names(cleaned(fields.get("full_name", ""), 160))
    return given_name(first), given_name(last)


def _website_domain(fields: Mapping[str, str]) -> str | None:
    domain = registered_domain(fields.get("website", ""))
    if not domain or domain in _HOSTED:
        return None
    as_address = email_parts(f"info@{domain}")
    return as_address.domain if as_address else None


def _created(
    text: str, now: datetime, how: tuple[str, bool | None, str | None], notes: list[str]
) -> datetime:
    if not text:
        return now
    zone, day_first, country = how
    at = read_instant(text, now, zone, day_first, country)
    if at is None:
        notes.append("the created date can't be read, so the time of import stands for it")
        return now
    if at > now:
        if at > now + _CLOCK_SKEW:
            notes.append("the created date lies in the future, so the time of import stands for it")
        return now
    if day_first is None and is_ambiguous(text):
        notes.append(f"the created date was read as {at:%d %B %Y}; the other order of day and month fits too")
    return at


def _employees(text: str) -> int | None:
    """The count; of a range (`1,001-5,000`) its lower end, which claims the least."""
    said = cleaned(text, 60)
    found = _COUNT.search(_THOUSANDS.sub("", said))
    if not found or said.startswith(("-", "−")):
        return None
    count = float(found[1].replace(",", "."))
    return int(count * 1000 if found[2] else count)


def _signal(fields: Mapping[str, str], created: datetime, notes: list[str]) -> Signal | None:
    kind = cleaned(fields.get("signal_type", "")).casefold().replace(" ", "_").replace("-", "_")
    if not kind:
        return None
    if kind not in _SIGNALS:
        notes.append("the signal's kind isn't one we know, so it counts as none")
        return None
    on = read_instant(fields.get("signal_on", ""), created, "UTC", None, None) or created
    return Signal.model_validate(
        {
            "type": kind,
            "on": on.astimezone(UTC).date(),
            "detected_by": cleaned(fields.get("detected_by", "")) or "import",
        }
    )
