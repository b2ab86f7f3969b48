"""The chain: whatever a lead comes from, it passes the same doors, and the CRM hears how it was scored."""

from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from tests.house import START, asks, bring, decisions, house, leads, raw, run_leads, scoring_house, workspace
from tools.store import tables as t

DETECTORS = ("scan", "webhook", "agent")


@pytest.mark.feature("CH7", "QU1")
def test_an_outbound_signal_is_one_lead_like_another_whatever_detected_it(tmp_path: Path) -> None:
    home = scoring_house(workspace(tmp_path))
    signals = (
        raw(
            by, source="outbound_signal", signal_type="funding", signal_on="2026-11-10", detected_by=by,
            created_at=START.isoformat(),
        )
        for by in DETECTORS
    )  # fmt: skip
    ran = bring(home, *signals, raw("plain", created_at=START.isoformat()))
    assert ran.ended == {"assigned": 4}
    assert sorted(s.lead.signal.detected_by for s in leads(home).values() if s.lead.signal) == sorted(
        DETECTORS
    )
    made = decisions(home, "qualify")
    shapes = {tuple(sorted(d["events"][0])) for d in made}
    assert len(shapes) == 1
    scores = sorted(d["events"][0]["score"] for d in made)
    assert len(set(scores)) == 2
    with home.store.reading() as tx:
        assert {row[0] for row in tx.all(select(t.runs.c.trigger).where(t.runs.c.loop == "qualify"))} == {
            "LeadReceived"
        }


@pytest.mark.feature("CH7", "EN7")
def test_the_worked_outbound_example_gets_the_play_of_its_signal(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    lead = next(id for id, s in leads(home).items() if s.lead.email == "oisin.donnelly@brackenridge.example")
    writing = next(a for a in asks(home, "engage", lead) if a["to"] == "agent:outreach_writer")
    assert writing["payload"]["play"]["name"] == "executive_change"


def crm(home: House) -> dict[str, dict[str, str]]:
    """Record → its fields as the CRM has them."""
    found: dict[str, dict[str, str]] = {}
    with home.store.reading() as tx:
        for record, field, value in tx.all(
            select(t.crm_fields.c.record, t.crm_fields.c.field, t.crm_fields.c.value)
        ):
            found.setdefault(record, {})[field] = value
    return found


@pytest.mark.feature("QU5", "QU6", "AN9")
def test_score_grade_factors_and_owner_are_written_back_to_the_crm(tmp_path: Path) -> None:
    home = scoring_house(workspace(tmp_path))
    run_leads(home, 60)
    written = crm(home)
    made = decisions(home, "qualify")
    last = {d["events"][0]["record"]: d["events"][0] for d in made if d["events"]}
    assert len(last) > 40
    for lead, event in last.items():
        fields = written[lead]
        assert (fields["score"], fields["grade"]) == (str(event["score"]), event["grade"])
        assert sum(int(part.rpartition(" ")[2]) for part in fields["factors"].split("; ")) == event["score"]
    for lead, stand in leads(home).items():
        assert written.get(lead, {}).get("owner", "") == stand.owner


@pytest.mark.feature("AN11")
def test_each_loop_s_metrics_are_read_from_its_ledger_rows(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.reading() as tx:
        rows = list(tx.rows())
    for name, loop in home.registry.loops.items():
        found = {metric.name: metric for metric in loop.metrics(rows)}
        runs = {row.run for row in rows if row.loop == name and row.trigger != "ScheduleDue"}
        assert bool(runs) == (name not in {"design", "deploy"})  # nobody has promoted a plan there
        assert not runs or name == "engage" or found["runs"].value == len(runs)
        assert all(0 <= m.value <= 1 and m.sample for m in found.values() if m.unit == "share")
        loop.feedback(tuple(found.values()), home.workspace.configs[name])
