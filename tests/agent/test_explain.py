"""Explain: a lead's way in plain words, found by any name it goes by, with who took each step."""

from itertools import groupby

import pytest

from agent.bootstrap import House
from agent.explain import Explained, explain
from loops.errors import RevloopsError
from tests.house import bring, house, leads, raw

ADDRESS = "priya.raman@tessaly.example"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("explain"), lived_in=True)


@pytest.fixture(scope="module")
def told(home: House) -> Explained:
    return explain(home.runtime, ADDRESS)


@pytest.mark.feature("AN10", "QU6", "RO2")
def test_a_decision_is_told_with_its_figures_rules_and_reasons(told: Explained) -> None:
    words = [line for entry in told.told for line in (entry.text, *entry.details)]
    assert "decided: graded A" in words
    assert "seniority: vp gives 20 of 22" in words
    assert any(
        line.startswith("north america enterprise: employees is 450, wanted at least 1000") for line in words
    )
    assert any(line.startswith("Rule north america commercial matches") for line in words)
    assert any("has the least to do in pool na-commercial" in line for line in words)
    points = [
        int(line.split(" gives ")[1].split(" of ")[0])
        for line in words
        if " gives " in line and " of " in line
    ]
    assert sum(points) == 91


@pytest.mark.feature("AN7", "AN10")
def test_each_step_says_whether_code_an_agent_or_a_human_took_it(told: Explained) -> None:
    assert {entry.by for entry in told.told} == {"code", "agent"}
    agents = [entry.text for entry in told.told if entry.by == "agent"]
    assert all(text.startswith("agent:") and "@embedded" in text for text in agents)
    runs = [list(entries) for _, entries in groupby(told.told, key=lambda entry: entry.run)]
    assert [run[0].loop for run in runs] == ["qualify", "route", "engage"]
    assert [run[0].seq for run in runs] == sorted(run[0].seq for run in runs)
    assert all([e.seq for e in run] == sorted(e.seq for e in run) for run in runs)


@pytest.mark.feature("AN5", "AN10")
def test_each_step_names_the_config_the_revision_and_the_scenario_it_rests_on(
    home: House, told: Explained
) -> None:
    for entry in told.told:
        assert entry.config == home.workspace.configs[entry.loop].version[:10] or len(entry.config) == 10
        assert entry.revision == home.workspace.revision[:10]
        assert entry.scenario == home.workspace.scenario.name


@pytest.mark.feature("AN10")
def test_the_nearest_change_that_would_have_led_elsewhere_is_said(told: Explained) -> None:
    assert (
        "Route: With employees at least 1000 rule north america enterprise would have sent it to "
        "pool:na-enterprise." in told.nearest
    )
    assert "Qualify: It stays an A while it loses no more than 11 points." in told.nearest


@pytest.mark.feature("AN10")
def test_a_lead_is_found_by_id_name_address_company_and_run(home: House, told: Explained) -> None:
    for what in (
        told.lead,
        "Priya Raman",
        "priya raman",
        ADDRESS.upper(),
        "tessaly systems",
        told.told[0].run[:10],
    ):
        assert explain(home.runtime, what).lead == told.lead


def test_somebody_unknown_and_somebody_unclear_are_one_sentence_each(home: House) -> None:
    with pytest.raises(RevloopsError, match="no lead is called 'Nobody Ever': give its id"):
        explain(home.runtime, "Nobody Ever")
    bring(
        home,
        raw("t1", company="Twofold", email="a@twofold.example", last_name="One"),
        raw("t2", company="Twofold", email="b@twofold.example", last_name="Two"),
    )
    with pytest.raises(RevloopsError, match="'Twofold' means more than one lead") as refused:
        explain(home.runtime, "Twofold")
    ids = [id for id, s in leads(home).items() if s.lead.company_key == "twofold"]
    assert len(ids) == 2
    assert all(id in str(refused.value) for id in ids)
