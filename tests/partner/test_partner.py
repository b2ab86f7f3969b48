"""Another package's loop works in the chain and at the command line with nothing of ours edited."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import open_house
from agent.replay import replay
from loops import registry
from tests.house import bring, decisions, leads, notices, raw, template, workspace
from tests.loops.cases import cases_of, departures
from tests.partner.installed import install
from tools.store import tables as t


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    template()  # made before the partner is there, so that no later test finds it in the copy
    found = install(tmp_path / "site")
    monkeypatch.setattr(sys, "path", [*found, *sys.path])
    importlib.invalidate_caches()
    yield found
    for name in [name for name in sys.modules if name.partition(".")[0] == "revloops_partner"]:
        del sys.modules[name]


@pytest.mark.feature("IF3", "AN1")
def test_a_partner_s_loop_is_found_by_its_entry_point_alone(paths: tuple[str, str]) -> None:
    assert "revloops_partner" in registry.discover()
    assert registry.load().loops["partner"].owner == "partnerships"


def test_without_its_entry_point_it_is_not_there() -> None:
    assert "revloops_partner" not in registry.discover()


@pytest.mark.feature("IF1", "IF3")
def test_its_examples_hold(paths: tuple[str, str]) -> None:
    loop = registry.load_loop("revloops_partner")
    cases = cases_of(loop)
    config = loop.config.model_validate(
        {"source": "partner", "grades": ["A", "B"], "points": 10, "manager": "m", "credited_share": 0.2}
    )
    assert {case.fires for case in cases} == {True, False}
    assert not [found for case in cases for found in departures(case, case.decided(config))]


@pytest.mark.feature("IF3", "CH3", "AR1", "AN9")
def test_it_takes_its_place_in_the_chain_of_a_workspace_that_knew_nothing_of_it(
    paths: tuple[str, str], tmp_path: Path
) -> None:
    root = workspace(tmp_path)
    assert not (root / "loops" / "partner.yaml").exists()
    house = open_house(root)
    ran = bring(house, raw("1", source="partner"), raw("2", source="newsletter"))
    assert ran.rows == 2
    ((id, lead),) = [(id, s) for id, s in leads(house).items() if s.lead.source == "partner"]
    (decision,) = decisions(house, "partner")
    assert decision["outcome"] == "credited"
    assert [event["kind"] for event in decision["events"]] == ["PartnerCredited"]
    assert ("ops-lead", f"A partner's lead {id} earned a credit.") in notices(house)
    with house.store.reading() as tx:
        owners = tx.all(select(t.tasks.c.owner).where(t.tasks.c.code == "thank_partner"))
    assert [row[0] for row in owners] == [lead.owner]
    found = replay(house.runtime, house.specialists)
    assert not found.differences


@pytest.mark.feature("IF3", "AN3")
def test_its_config_in_the_workspace_is_the_one_that_counts(paths: tuple[str, str], tmp_path: Path) -> None:
    root = workspace(tmp_path)
    text = "source: partner\ngrades: [D]\npoints: 10\nmanager: ops-lead\ncredited_share: 0.2\n"
    (root / "loops" / "partner.yaml").write_text(text, encoding="utf-8")
    house = open_house(root)
    bring(house, raw("1", source="partner"))
    assert [d["outcome"] for d in decisions(house, "partner")] == ["not_credited"]


@pytest.mark.feature("IF3", "AN2")
def test_the_command_line_lists_it_beside_the_ten(paths: tuple[str, str]) -> None:
    code = "import sys; sys.argv = ['revloops', 'loops', '--json']; from cli.main import main; main()"
    where = os.pathsep.join((os.environ["PYTHONPATH"], *paths, str(Path(__file__).parents[2])))
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": where},
    )
    assert child.returncode == 0, child.stderr
    found = {loop["loop"]: loop for loop in json.loads(child.stdout.splitlines()[-1])["loops"]}
    assert len(found) == 11
    assert found["partner"]["chain"] == "cross-cutting"
    assert found["qualify"]["owner"] == "marketing-operations"
    assert found["pursue"]["version"] is None
