"""Names, addresses, phones, places and job titles in one written form; pure look-ups, no network.

The heavy libraries load at the first use of what needs them, and each distinct value is worked out once.
"""

from tools.normalise.addresses import Email, email_parts, email_problem, phone_e164, registered_domain
from tools.normalise.areas import area
from tools.normalise.names import company_key, given_name, person_names
from tools.normalise.places import place, zone_for
from tools.normalise.text import cleaned, fold
from tools.normalise.titles import FUNCTIONS, SENIORITIES, function, seniority

__all__ = [
    "FUNCTIONS",
    "SENIORITIES",
    "Email",
    "area",
    "cleaned",
    "company_key",
    "email_parts",
    "email_problem",
    "fold",
    "function",
    "given_name",
    "person_names",
    "phone_e164",
    "place",
    "registered_domain",
    "seniority",
    "zone_for",
]
