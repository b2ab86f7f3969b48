"""`scenario`: every command at work on a workspace, and what later decisions say they read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from agent.bootstrap import open_house
from cli.main import cli
from loops.design.capacity import capacity
from loops.registry import load
from loops.values import content_hash
from tests.house import CHAIN, bring, chain, change, raw, workspace
from tools import workspace as workspaces
from tools.init import create, scenario_text
from tools.scenarios import files
from tools.store import tables as t
from tools.workspace import Settings

BASE, STRETCH = "fy27-base", "fy27-stretch"
LOOPS = (*CHAIN, "loops.design")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield workspace(tmp_path)


def called(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ("scenario", *words, "-w", str(root)))


def given(root: Path, *words: str) -> dict[str, Any]:
    done = called(root, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def refused(root: Path, *words: str) -> str:
    done = called(root, *words)
    assert done.exit_code == 1
    return done.stderr


@pytest.mark.feature("DE5", "DE6")
def test_show_gives_the_figures_that_are_computed(root: Path) -> None:
    said = given(root, "show")
    loaded = workspaces.load(root, chain())
    figures = capacity(loaded.scenario, loaded.calendar, loaded.currencies)
    assert [year["new_acv_minor"] for year in said["years"]] == list(figures.by_year().values())
    lines = said["territories"]
    cells = {(c["territory"], c["period"]): (c["new_acv_minor"], c["target_minor"]) for c in lines}
    for period in ("Q2 FY27", "FY27", "FY28"):
        assert cells["ams-east", period] == (
            figures.by_territory(period)["ams-east"],
            figures.target(period, "ams-east"),
        )
        assert cells["all", period] == (figures.new_acv(period), figures.target(period))
    band = next(b for b in said["bands"] if b["label"] == "FY27")
    assert band["low_minor"] < band["middle_minor"] < band["high_minor"]
    page = called(root, "show").stdout
    assert f"{BASE}, the promoted scenario: FY27, FY28" in page
    year = said["years"][0]
    assert f"{year['new_acv_minor'] / 100:,.0f}" in page and f"{year['coverage_share']:.0%}" in page
    assert max(map(len, page.splitlines())) <= 112


def test_a_seat_that_somebody_took_counts_as_planned_on_no_page(root: Path) -> None:
    def planned() -> tuple[int, int]:
        (line,) = (line for line in given(root, "list")["scenarios"] if line["name"] == BASE)
        return line["planned"], sum(role["planned"] for role in given(root, "show")["people"])

    plan = workspaces.load_scenario(root, BASE)
    assert planned() == (len(plan.hires), len(plan.hires))
    taker = plan.roster[0].model_copy(update={"seat": plan.hires[0].id})
    filled = plan.model_copy(update={"roster": (taker, *plan.roster[1:])})
    (root / "scenarios" / f"{BASE}.yaml").write_text(scenario_text(filled), encoding="utf-8")
    assert planned() == (len(plan.hires) - 1, len(plan.hires) - 1)


@pytest.mark.feature("DE3", "DE4")
def test_a_territory_with_parts_shows_them_summed_and_says_so(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert "With all that lies in them" not in called(root, "show").stdout
    plan = root / "scenarios" / f"{BASE}.yaml"
    text = plan.read_text(encoding="utf-8")
    for land in ("dach", "nordics"):
        text = text.replace(f"- id: {land}\n", f"- id: {land}\n  parent: emea\n", 1)
    emea = "territories:\n- id: emea\n  name: EMEA\n"
    plan.write_text(text.replace("territories:\n", emea, 1), encoding="utf-8")
    said = given(root, "show")["territories"]
    cells = {(one["territory"], one["period"]): one for one in said}
    for key in ("new_acv_minor", "target_minor"):
        parts = cells["dach", "FY27"][key] + cells["nordics", "FY27"][key]
        assert cells["emea", "FY27"][key] == parts > 0
    assert "which stands in a line of its own too: emea." in called(root, "show").stdout


@pytest.mark.feature("DE3", "DE4")
def test_a_new_workspace_shows_a_plan_at_once(tmp_path: Path) -> None:
    create(tmp_path / "w", load(), Settings())
    said = given(tmp_path / "w", "show")
    assert said["scenario"] == "starter" and said["active"]
    assert said["years"][0]["new_acv_minor"] > 0 and 0.5 < said["years"][0]["coverage_share"] < 2


@pytest.mark.feature("DE6")
def test_compare_traces_the_whole_difference_to_causes(root: Path) -> None:
    for period in ("FY27", "FY28", "Q3 FY28"):
        said = given(root, "compare", BASE, STRETCH, "--period", period)
        for figure in ("new_acv_minor", "cost_minor", "target_minor"):
            assert sum(cause[figure] for cause in said["causes"]) == said["difference"][figure]
    assert said["difference"]["new_acv_minor"] > 0
    page = called(root, "compare", BASE, STRETCH, "--period", "FY28").stdout
    assert "hire-stretch-1" in page and f"{BASE} and {STRETCH} in FY28" in page
    assert "They say the same" in called(root, "compare", BASE, BASE).stdout
    assert "the plan doesn't reach FY31" in refused(root, "compare", BASE, STRETCH, "--period", "FY31")


@pytest.mark.feature("DE7")
def test_list_says_which_is_promoted_retired_and_faulty(root: Path) -> None:
    called(root, "new", "fy28", "--from", STRETCH)
    change(root, "scenarios/fy28.yaml", "gross_margin: 0.8", "gross_margin: 8")
    called(root, "new", "old")
    called(root, "retire", "old")
    said = given(root, "list")
    promoted = {one["name"]: one["active"] for one in said["scenarios"]}
    assert promoted == {BASE: True, STRETCH: False, "fy28": False}
    assert said["retired"] == ["old"] and said["active"] == BASE
    page = called(root, "list").stdout
    assert "fy28 has faults:\nscenarios/fy28.yaml:" in page and "Retired: old" in page


@pytest.mark.feature("DE7")
def test_promote_says_what_changed_and_commits_nothing(root: Path) -> None:
    revision = workspaces.revision(root)
    said = given(root, "promote", STRETCH)
    assert (said["scenario"], said["before"], said["changed"], said["told"]) == (STRETCH, BASE, True, True)
    assert said["hash"] == content_hash(files.read(root, STRETCH))
    assert any(line.startswith("new planned: hire-stretch-1") for line in said["differences"])
    assert workspaces.revision(root) == f"{revision}+edited"
    page = called(root, "promote", BASE).stdout
    assert "with the next `revloops run` or `revloops deploy apply`" in page
    called(root, "promote", STRETCH)
    again = called(root, "promote", STRETCH).stdout
    assert again == f"{STRETCH} is the promoted scenario already; nothing changed.\n"
    assert "promote another one first" in refused(root, "retire", STRETCH)
    assert "there is no scenario nope" in refused(root, "promote", "nope")


@pytest.mark.feature("DE7")
def test_a_wrong_active_yaml_is_put_right_by_promoting(root: Path) -> None:
    change(root, "active.yaml", f"scenario: {BASE}", "scenario: gone")
    assert called(root, "promote", BASE).exit_code == 0
    assert files.active(root) == BASE


@pytest.mark.feature("DE6")
def test_a_plan_goes_out_to_a_workbook_and_comes_back(root: Path, tmp_path: Path) -> None:
    book = str(tmp_path / "plan.xlsx")
    assert called(root, "export", STRETCH, book).stdout == f"Wrote {book}.\n"
    assert "is there already" in refused(root, "export", STRETCH, book)
    assert "a scenario fy27-stretch already" in refused(root, "import", book)
    assert called(root, "import", book, "--name", "fy29").exit_code == 0
    went, came = files.read(root, STRETCH), files.read(root, "fy29")
    assert came == went.model_copy(update={"name": "fy29"})
    assert content_hash(came) == content_hash(went.model_copy(update={"name": "fy29"}))
    assert "promoted scenario" in refused(root, "import", book, "--name", BASE, "--replace")


@pytest.mark.feature("DE6")
def test_a_faulty_workbook_writes_nothing(root: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "plan.xlsx"
    called(root, "export", STRETCH, str(path))
    book = load_workbook(path)
    book["People"]["D7"], book["Prices"]["C2"] = None, "a lot"
    book.save(path)
    before = {p: p.read_bytes() for p in (root / "scenarios").iterdir()}
    said = refused(root, "import", str(path), "--name", "fy29")
    assert "plan.xlsx: People!D7: Role is needed" in said
    assert "plan.xlsx: Prices!C2: a lot is no number" in said
    assert {p: p.read_bytes() for p in (root / "scenarios").iterdir()} == before


@pytest.mark.feature("DE7", "GV1")
def test_every_decision_of_route_records_the_scenario_it_read(root: Path) -> None:
    names = {content_hash(files.read(root, name)): name for name in (BASE, STRETCH)}
    for key, name in (("1", BASE), ("2", STRETCH), ("3", BASE)):
        if files.active(root) != name:
            assert called(root, "promote", name).exit_code == 0
        home = open_house(root, registry=load(LOOPS))
        bring(home, raw(key))
        home.store.close()
    with_frames = (
        select(t.frames.c.scenario)
        .join(t.ledger, t.ledger.c.frame == t.frames.c.hash)
        .where(t.ledger.c.kind == "decided", t.ledger.c.loop == "route")
        .order_by(t.ledger.c.seq)
    )
    home = open_house(root, registry=load(LOOPS))
    with home.store.reading() as tx:
        read = [names[content_hash(tx.json(row[0]))] for row in tx.all(with_frames)]
    home.store.close()
    assert read == [BASE, STRETCH, BASE]
    for key, name in (("1", BASE), ("2", STRETCH)):
        told = CliRunner().invoke(cli, ("explain", f"ada@co-{key}.example", "-w", str(root))).stdout
        routed = next(line for line in told.splitlines() if line.startswith("Route"))
        assert routed.endswith(f"scenario {name}")
