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
    "cli_help_ms",
    "machine",
}


def test_a_tiny_benchmark_prints_one_object_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    figures = json.loads(lines[0])
    assert set(figures) == KEYS
    assert set(figures.pop("machine")) == {"cpus", "python"}
    assert all(isinstance(value, int | float) and value > 0 for value in figures.values()), figures
    assert figures["insert_ratio"] < 1
