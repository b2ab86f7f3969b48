"""The six leads of the worked example, made by hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tools.intake import RawLead

SYSTEM = "sandbox"


def worked_example(now: datetime) -> tuple[RawLead, ...]:
    """Inbound, customer's domain, signal, unclear place, namesake, nurture: six leads, six endings."""
    return tuple(_lead(now, key, hours, fields) for key, hours, fields in _LEADS)


def _lead(now: datetime, key: str, hours: int, fields: Mapping[str, str]) -> RawLead:
    at = now - timedelta(hours=hours)
    dated = {"signal_on": (now - timedelta(days=11)).date().isoformat()} if "signal_type" in fields else {}
    filled = {**fields, **dated, "external_id": key, "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return RawLead(system=SYSTEM, key=key, fields=filled)


_LEADS: tuple[tuple[str, int, Mapping[str, str]], ...] = (
    (
        "worked-1-inbound",
        1,
        {
            "first_name": "Priya",
            "last_name": "Raman",
            "full_name": "Priya Raman",
            "email": "priya.raman@tessaly.example",
            "title": "VP Revenue Operations",
            "phone": "+1 303 555 0142",
            "company": "Tessaly Systems",
            "website": "www.tessaly.example",
            "city": "Denver",
            "region": "Colorado",
            "country": "United States",
            "industry": "Software",
            "employees": "450",
            "source": "demo_request",
            "message": "We outgrew our lead routing. Could you show us how you handle territories?",
        },
    ),
    (
        "worked-2-customer",
        2,
        {
            "first_name": "Jonas",
            "last_name": "Whitaker",
            "full_name": "Jonas Whitaker",
            "email": "jonas.whitaker@corvane.example",
            "title": "Sales Operations Manager",
            "company": "Corvane Freight LLC",
            "city": "Chicago",
            "region": "Illinois",
            "country": "United States",
            "source": "webinar",
            "message": "Looking at what else we could do with the planning part.",
        },
    ),
    (
        "worked-3-outbound",
        3,
        {
            "first_name": "Oisin",
            "last_name": "Donnelly",
            "full_name": "Oisin Donnelly",
            "email": "oisin.donnelly@brackenridge.example",
            "title": "VP Sales",
            "company": "Brackenridge Analytics",
            "city": "Manchester",
            "country": "United Kingdom",
            "source": "outbound_signal",
            "signal_type": "executive_change",
            "detected_by": "scan",
        },
    ),
    (
        "worked-4-place",
        4,
        {
            "first_name": "Camille",
            "last_name": "Thiel",
            "full_name": "Camille Thiel",
            "email": "camille.thiel@wexcombe-trading.example",
            "title": "Director of Sales Operations",
            "company": "Wexcombe Trading",
            "city": "Cambridge",
            "industry": "Logistics",
            "employees": "320",
            "source": "contact_form",
            "message": "We are based in London but billing is in the US",
        },
    ),
    (
        "worked-5-namesake",
        5,
        {
            "first_name": "Teresa",
            "last_name": "Okonkwo",
            "full_name": "Teresa Okonkwo",
            "email": "teresa.okonkwo.sbx50017@gmail.com",
            "title": "Head of Sales Operations",
            "company": "Aldergrove Systems",
            "phone": "+44 113 496 0071",
            "source": "content_download",
            "message": "Is there a version of the guide for a team of twelve reps?",
        },
    ),
    (
        "worked-6-nurture",
        6,
        {
            "first_name": "Leo",
            "last_name": "Santos",
            "full_name": "Leo Santos",
            "email": "leo.santos.sbx60023@gmail.com",
            "title": "MBA Student",
            "company": "Hollis Business School",
            "city": "Lyon",
            "country": "France",
            "source": "newsletter",
        },
    ),
)
