"""The look-ups behind a person's question: they read, and they give figures with what those rest on."""

from tools.lookup.calls import call_coverage, call_text, calls_of_account, calls_of_lead
from tools.lookup.companies import company_profile
from tools.lookup.context import LookupContext
from tools.lookup.find import find_records
from tools.lookup.leads import explain_lead, lead_match, route_preview
from tools.lookup.loops import loop_config, loop_metrics, scenario_now
from tools.lookup.places import territory_of_account, territory_of_company, territory_of_place
from tools.lookup.reps import rep_numbers, team_numbers
from tools.lookup.sequences import sequence_of_lead, waiting_sequences

__all__ = [
    "LookupContext",
    "call_coverage",
    "call_text",
    "calls_of_account",
    "calls_of_lead",
    "company_profile",
    "explain_lead",
    "find_records",
    "lead_match",
    "loop_config",
    "loop_metrics",
    "rep_numbers",
    "route_preview",
    "scenario_now",
    "sequence_of_lead",
    "team_numbers",
    "territory_of_account",
    "territory_of_company",
    "territory_of_place",
    "waiting_sequences",
]
