"""The look-ups behind a person's question: they read, and they give figures with what those rest on."""

from tools.lookup.calls import call_coverage, call_text, calls_of_account, calls_of_lead
from tools.lookup.companies import company_profile
from tools.lookup.context import LookupContext
from tools.lookup.deals import deal_of_account, deal_of_lead, framework_now
from tools.lookup.find import find_records
from tools.lookup.leads import explain_lead, lead_match, route_preview
from tools.lookup.loops import loop_config, loop_metrics, scenario_now
from tools.lookup.people import person_of_ours
from tools.lookup.places import territory_of_account, territory_of_company, territory_of_place
from tools.lookup.reps import rep_numbers, team_numbers
from tools.lookup.scores import grade_thresholds, leads_by, score_of_lead
from tools.lookup.sequences import sequence_of_lead, waiting_sequences

__all__ = [
    "LookupContext",
    "call_coverage",
    "call_text",
    "calls_of_account",
    "calls_of_lead",
    "company_profile",
    "deal_of_account",
    "deal_of_lead",
    "explain_lead",
    "find_records",
    "framework_now",
    "grade_thresholds",
    "lead_match",
    "leads_by",
    "loop_config",
    "loop_metrics",
    "person_of_ours",
    "rep_numbers",
    "route_preview",
    "scenario_now",
    "score_of_lead",
    "sequence_of_lead",
    "team_numbers",
    "territory_of_account",
    "territory_of_company",
    "territory_of_place",
    "waiting_sequences",
]
