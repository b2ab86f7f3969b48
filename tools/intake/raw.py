"""What comes in, as it was written, and what is turned away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIELDS: dict[str, str] = {
    "first_name": "first name",
    "last_name": "last name",
    "full_name": "whole name, where it isn't split",
    "email": "e-mail address",
    "title": "job title",
    "phone": "phone number",
    "company": "company",
    "website": "web address or domain of the company",
    "city": "city",
    "region": "state, province or region",
    "country": "country",
    "industry": "industry",
    "employees": "number of employees",
    "source": "where the lead comes from",
    "created_at": "when it came in",
    "message": "what the person wrote",
    "external_id": "the other system's id of the record",
    "signal_type": "kind of buying signal",
    "signal_on": "day of the signal",
    "detected_by": "what found the signal",
}
"""Our field names, each with what it holds."""


@dataclass(frozen=True)
class RawLead:
    """A lead as some system has it: text in our fields, nothing checked yet."""

    system: str
    # which system it comes from, e.g. `file`, `sandbox`, `hubspot`
    key: str
    # stable within the system: the same lead has it again tomorrow
    fields: Mapping[str, str]
    # our field name (a key of FIELDS) → text as written; a missing field is a blank one
    line: int | None = None
    # 1-based physical line on which the record starts; None where the source isn't a file
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    # our field name → the column's heading as the file has it
    file: str = ""
    # name of the file; "" where the source isn't one
    fault: str = ""
    # why the record can't be read as a row; "" for a sound one
    beside: Mapping[str, str] = field(default_factory=dict[str, str])
    # columns that are no field of ours and were asked for: heading → text; no part of what the lead says


@dataclass(frozen=True)
class Rejected:
    """A record that doesn't become a lead."""

    line: int | None
    reason: str
    # one plain sentence part, e.g. `the row is empty`
    fields: Mapping[str, str]
    # as they were written
    file: str = ""
