"""A loop's `cases.yaml` as tests."""

from tools.cases import EXPECTATIONS, Case, cases_of, deep_merged, departures, found_in

__all__ = ["EXPECTATIONS", "Case", "cases_of", "deep_merged", "departures", "found_in"]
