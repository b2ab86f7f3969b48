"""`run --shadow` as somebody types it in their first week."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import House
from cli.main import cli
from tests.house import SEED, START, house
from tools.sandbox.setting import Setting
from tools.sandbox.shadow import export

LEADS = 400


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("shadowing")
    made = house(folder / "home")
    export(folder / "past.csv", Setting(SEED, 1.0, START), made.workspace.scenario, LEADS)
    return made


def run(home: House, *words: str) -> Result:
    file = home.workspace.root.parents[1] / "past.csv"
    return CliRunner().invoke(cli, ("run", str(file), *words, "-w", str(home.workspace.root)))


def test_it_says_how_far_people_and_rules_agree_and_that_nothing_was_written(
    home: House, tmp_path: Path
) -> None:
    said = run(home, "--shadow", "--owner-col", "Lead Owner", "--out", str(tmp_path / "out"))
    assert said.exit_code == 0, said.output
    assert "People and rules agree on" in said.output and "emea commercial" in said.output
    assert "nothing was sent" in said.output and "owner:         Lead Owner" in said.output
    unread = next((line for line in said.output.splitlines() if "not read:" in line), "")
    assert "Lead Owner" not in unread
    with (tmp_path / "out" / "counterfactual.csv").open(encoding="utf-8", newline="") as handle:
        assert len(list(csv.DictReader(handle))) == LEADS
    with (tmp_path / "out" / "disagreements.csv").open(encoding="utf-8", newline="") as handle:
        assert {row["agrees"] for row in csv.DictReader(handle)} == {"no"}


def test_without_a_lead_on_a_person_nothing_is_said_of_the_very_person(
    home: House, tmp_path: Path
) -> None:
    folder = home.workspace.root.parents[1]
    with (folder / "past.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    file = tmp_path / "pools.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "Lead Owner": "na-commercial"} for row in rows)
    words = ("run", str(file), "--shadow", "--owner-col", "Lead Owner", "-w", str(home.workspace.root))
    page = CliRunner().invoke(cli, (*words, "--out", str(tmp_path / "one"))).output
    assert "People and rules agree on" in page and "on the very person" not in page
    said = CliRunner().invoke(cli, (*words, "--out", str(tmp_path / "two"), "--json")).output
    told = json.loads(said.splitlines()[-1])
    assert told["compared"] and not told["same_person"]["of"]


def test_json_holds_every_figure(home: House, tmp_path: Path) -> None:
    said = run(home, "--shadow", "--owner-col", "lead owner", "--out", str(tmp_path / "out"), "--json")
    told = json.loads(said.output.splitlines()[-1])
    assert told["leads"] == LEADS and sum(rule["of"] for rule in told["rules"].values()) == told["compared"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--shadow",), "--owner-col"),
        (("--owner-col", "Lead Owner"), "go with --shadow"),
        (("--shadow", "--owner-col", "Besitzer"), "has no column Besitzer; it has First Name"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(home: House, words: tuple[str, ...], says: str) -> None:
    said = run(home, *words)
    assert said.exit_code == 1 and says in said.output


def test_lists_that_lie_there_are_kept(home: House, tmp_path: Path) -> None:
    words = ("--shadow", "--owner-col", "Lead Owner", "--out", str(tmp_path))
    assert run(home, *words).exit_code == 0
    again = run(home, *words)
    assert again.exit_code == 1 and "--force" in again.output
    assert run(home, *words, "--force").exit_code == 0


def test_a_changed_config_is_held_against_what_people_did(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (home.workspace.root / "loops" / "route.yaml").read_text(encoding="utf-8")
    changed = tmp_path / "route.yaml"
    changed.write_text(text.replace("pool:emea-commercial", "pool:apac-commercial"), encoding="utf-8")
    file, root = str(home.workspace.root.parents[1] / "past.csv"), str(home.workspace.root)
    words = ("--shadow", file, "--owner-col", "Lead Owner", "--json", "-w", root)
    said = CliRunner().invoke(cli, ("simulate", "route", "--config", str(changed), *words))
    told = json.loads(said.output.splitlines()[-1])
    again = CliRunner().invoke(cli, ("simulate", "route", "--config", str(changed), *words))
    assert json.loads(again.output.splitlines()[-1])["files"][0] == "shadow-past-2/disagreements.csv"
    assert told["rules"]["emea commercial"]["share"] < 0.2 < told["rules"]["emea enterprise"]["share"]
