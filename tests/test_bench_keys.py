"""The benchmark's figures: their keys are stable and each is a number that means something."""

import json

import pytest

from tests.bench.__main__ import main

KEYS = {
    "qualify_route_leads_per_s",
    "qualify_route_cpu_ms_per_lead",
    "raw_insert_leads_per_s",
    "insert_ratio",
    "bytes_per_lead",
    "chain_ms_per_lead",
    "peak_mb_10k_leads",
    "peak_mb_100k_leads",
    "ledger_lookup_ms_1m_rows",
    "what_if_10k_draws_s",
    "territories_100k_s",
    "columns_load_1m_s",
    "score_columns_load_1m_s",
    "reroute_1m_50_rules_s",
    "reroute_1m_50_rules_ratio",
    "reroute_1m_200_rules_s",
    "reroute_1m_200_rules_ratio",
    "reroute_one_rule_ms",
    "pool_assign_1m_s",
    "score_1m_s",
    "score_1m_ratio",
    "moves_table_100k_s",
    "moves_table_100k_ratio",
    "bulk_peak_mb",
    "cli_help_ms",
    "models",
    "mcp",
    "machine",
}
MODELS = {
    "delay_ms",
    "leads",
    "cpu_leads",
    "revloops",
    "specialists",
    "create_agent",
}
"""How it was measured; then the whole chain, its specialists alone, and plain agents at the same tasks."""
MCP = {
    "p50_ms",
    "p50_ms_over_bare",
    "cpu_ms",
    "cpu_ms_over_bare",
    "calls_per_s_8_clients",
    "calls_per_s_bare",
    "mib",
    "mib_bare",
}
WAYS = {
    "calls_per_lead",
    "input_tokens_per_lead",
    "output_tokens_per_lead",
    "one_seconds",
    "at_once_seconds",
    "cpu_ms_per_lead",
}


def test_a_tiny_benchmark_prints_one_object_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    figures = json.loads(lines[0])
    assert set(figures) == KEYS
    assert set(figures.pop("machine")) == {"cpus", "python"}
    called = figures.pop("mcp")
    assert set(called) == MCP and called["p50_ms"] > 0 and called["mib"] > 0, called
    compared = figures.pop("models")
    assert set(compared) == MODELS
    for way in ("revloops", "specialists", "create_agent"):
        costs = compared.pop(way)
        assert set(costs) == WAYS and all(value > 0 for value in costs.values()), costs
    assert all(value > 0 for value in compared.values()), compared
    assert all(isinstance(value, int | float) and value > 0 for value in figures.values()), figures
    assert figures["insert_ratio"] < 1
