"""Workload: what lies on whose desk, read from the store, and the fewest moves that even it out."""

from tools.balance.holdings import read_holding, read_holdings
from tools.balance.program import balanced

__all__ = ["balanced", "read_holding", "read_holdings"]
