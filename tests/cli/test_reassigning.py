"""`leads reassign`, `runs` and `experiment` as somebody types them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import open_house
from cli.main import cli
from tests.house import change, leads, workspace
from tools import yaml_text
from tools.git import git

OLD, NEW = "    owner: pool:na-commercial\n", "    owner: pool:na-enterprise\n"


def run(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, (*words, "-w", str(root)))


def told(root: Path, *words: str) -> dict[str, Any]:
    said = run(root, *words, "--json")
    assert said.exit_code == 0, said.output
    return json.loads(said.output.splitlines()[-1])


def owners(root: Path) -> dict[str, str]:
    home = open_house(root)
    try:
        return {id: stand.owner for id, stand in leads(home).items()}
    finally:
        home.store.close()


def rerouted(folder: Path) -> tuple[Path, dict[str, str]]:
    """A workspace with leads, whose commercial ones of North America go to the enterprise pool since."""
    root = workspace(folder, lived_in=True)
    before = owners(root)
    change(root, "loops/route.yaml", OLD, NEW)
    git(root, "commit", "-qam", "Commercial to enterprise")
    return root, before


def test_a_batch_is_looked_at_moved_listed_and_taken_back(tmp_path: Path) -> None:
    root, before = rerouted(tmp_path)
    dry = told(root, "leads", "reassign", "--dry-run")
    assert dry["moved"] > 0 and dry["run"] is None and owners(root) == before
    done = told(root, "leads", "reassign")
    moved = {one["lead"]: one["to"] for one in done["leads"] if one["to"] != one["from"]}
    assert len(moved) == done["moved"] == dry["moved"] and owners(root) == {**before, **moved}
    assert [one["run"] for one in told(root, "runs", "list")["batches"]] == [done["run"]]
    assert {one["lead"] for one in told(root, "runs", "show", done["run"][:8])["leads"]} == set(moved)
    assert told(root, "runs", "undo", done["run"][:8])["restored"] == len(moved) and owners(root) == before


def test_pages_say_what_moved_and_how_to_take_it_back(tmp_path: Path) -> None:
    root, _ = rerouted(tmp_path)
    assert "No leads were reassigned yet." in run(root, "runs", "list").output
    page = run(root, "leads", "reassign").output
    assert " moved." in page and "revloops runs undo " in page and "Rule north america commercial" in page
    batch = page.split("revloops runs undo ")[1].split()[0]
    assert batch in run(root, "runs", "list").output and batch in run(root, "runs", "show", batch).output
    assert " back with whom they were, 0 left where they are." in run(root, "runs", "undo", batch).output
    again = run(root, "runs", "undo", batch).output
    assert "It was taken back already; nothing was changed now. Then it was:\n" in again
    listed = run(root, "runs", "list").output.splitlines()
    assert listed[0].split()[-1] == "state" and listed[2].endswith("taken back")


def test_moves_alike_are_one_row_with_their_reason_whole(tmp_path: Path) -> None:
    root, _ = rerouted(tmp_path)
    dry = told(root, "leads", "reassign", "--dry-run")
    moves = [one for one in dry["leads"] if one["to"] != one["from"]]
    page = run(root, "leads", "reassign", "--dry-run").output
    assert "…" not in page
    rows = Counter[tuple[str, str]]()
    for line in page.splitlines():
        cells = line.split()
        if len(cells) == 3 and cells[0].isdigit():
            rows[cells[1], cells[2]] += int(cells[0])
    assert rows == Counter((one["from"], one["to"]) for one in moves) and len(rows) < len(moves)
    assert page.count("\nRule north america commercial matches: pool:na-enterprise.\nleads ") == 1
    flat = " ".join(page.split())
    assert all(f"Such as {one['lead']}: {one['why']}" in flat for one in moves[:1])


def test_leads_arent_given_back_to_somebody_who_has_left(tmp_path: Path) -> None:
    root, before = rerouted(tmp_path)
    done = told(root, "leads", "reassign")
    gone = next(one["from"] for one in done["leads"] if one["to"] != one["from"])
    scenario = root / "scenarios" / "fy27-base.yaml"
    plan: Any = yaml_text.read(scenario.read_text(encoding="utf-8"), scenario.name)[0]
    next(person for person in plan["roster"] if person["id"] == gone)["left_on"] = "2026-11-01"
    scenario.write_text(yaml_text.write(plan), encoding="utf-8")
    undone = told(root, "runs", "undo", done["run"][:8])
    kept = [one for one in undone["left"] if one["to"] != gone and before[one["lead"]] == gone]
    assert kept and all("isn't with us any more" in one["why"] for one in kept)
    assert gone not in {owners(root)[one["lead"]] for one in kept}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("leads", "reassign", "--owner", "nobody"), "nobody called nobody"),
        (("leads", "reassign", "--since", "soon"), "soon"),
        (("leads", "reassign", "--rule", "nobody's"), "there is no rule \"nobody's\""),
        (("runs", "undo", "beef"), "no batch starts with 'beef'"),
        (("runs", "show", "beef"), "no batch starts with 'beef'"),
        (("experiment", "show", "nothing"), "`revloops experiment list` shows them"),
        (("experiment", "new", "x", "--loop", "none", "--config", __file__), "there is no loop none"),
    ],
)
def test_wrong_words_get_one_sentence(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    said = run(workspace(tmp_path), *words)
    assert said.exit_code != 0 and says in said.output and "Traceback" not in said.output


def test_an_experiment_that_touches_no_lead_isnt_offered(tmp_path: Path) -> None:
    root = workspace(tmp_path, lived_in=True)
    file = tmp_path / "route.yaml"
    text = (root / "loops/route.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("at_least: 1000", "at_least: 999"), encoding="utf-8")
    run(root, "experiment", "new", "hardly", "--loop", "route", "--config", str(file))
    page = run(root, "experiment", "show", "hardly").output
    assert "None of them ends otherwise: nothing can be told." in page and "git merge" not in page


@pytest.mark.feature("IF4")
def test_an_experiment_is_made_tried_merged_and_stopped(tmp_path: Path) -> None:
    root = workspace(tmp_path, lived_in=True)
    file = tmp_path / "route.yaml"
    text = (root / "loops/route.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace(OLD, NEW), encoding="utf-8")
    assert "There are no experiments." in run(root, "experiment", "list").output
    made = run(root, "experiment", "new", "enterprise", "--loop", "route", "--config", str(file)).output
    assert "experiment/enterprise holds loops/route.yaml alone" in made
    page = run(root, "experiment", "show", "enterprise").output
    assert "would end otherwise" in page and "no effect can be foreseen" in page
    assert "git merge --no-ff experiment/enterprise" in page
    git(root, "merge", "--quiet", "--no-ff", "-m", "Take it", "experiment/enterprise")
    assert [one["merged"] for one in told(root, "experiment", "list")["experiments"]] == [True]
    assert "is gone; it was at" in run(root, "experiment", "stop", "enterprise").output
