"""`explain` of an account, one of our people or a planned hire: what is on record, and by what or whom."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import open_house
from cli.main import cli
from loops.records import Account
from tests.house import workspace
from tools.store import tables as t


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = workspace(tmp_path_factory.mktemp("record"))
    for words in (("deploy", "apply"), ("deploy", "accounts")):
        assert called(root, *words).exit_code == 0
    yield root


def called(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "-w", str(root)])


def given(root: Path, what: str) -> dict[str, Any]:
    return json.loads(called(root, "explain", what, "--json").stdout.splitlines()[-1])


def accounts(root: Path) -> list[Account]:
    home = open_house(root)
    with home.store.reading() as tx:
        found = [Account.model_validate_json(row.doc) for row in tx.all(t.accounts.select())]
    home.store.close()
    return found


@pytest.mark.feature("AN10")
def test_an_account_says_its_territory_its_owner_and_that_the_rules_placed_it(root: Path) -> None:
    asked = {item["lead"] for item in json.loads(
        called(root, "review", "list", "--json").stdout.splitlines()[-1])["items"]}  # fmt: skip
    placed = next(a for a in reversed(accounts(root)) if a.territory and a.owner and a.id not in asked)
    page = " ".join(called(root, "explain", placed.id).stdout.split())
    assert f"{placed.name} ({placed.id}), an account" in page and "by plan fy27-base (run" in page
    assert f"({placed.territory}), which covers" in page and f"Owner: {placed.owner} (" in page
    assert f"The rules placed it in {placed.territory} on " in page
    again = given(root, placed.domain or placed.name)
    assert (again["kind"], again["id"]) == ("account", placed.id)


@pytest.mark.feature("AN10")
def test_an_account_that_was_asked_about_says_by_whom(root: Path) -> None:
    items = json.loads(called(root, "review", "list", "--json").stdout.splitlines()[-1])["items"]
    item = next(item for item in items if item["loop"] == "deploy")
    assert "asked role:ops: Which territory" in called(root, "explain", item["lead"]).stdout
    answer = ("review", "answer", item["id"], "--choice", "dach", "--as", "ops-lead")
    done = called(root, *answer, "--why", "known")
    assert done.exit_code == 0, done.output
    found = given(root, item["lead"])
    assert any(line.startswith("Territory: DACH (dach)") for line in found["lines"])
    assert [told["text"] for told in found["told"] if told["by"] == "human"] == ["person:ops-lead answered"]


@pytest.mark.feature("AN10")
def test_a_rep_says_role_place_desk_and_what_stands_by_id_or_name(root: Path) -> None:
    found = given(root, "na-commercial-02")
    said = " ".join(found["lines"])
    assert "By plan fy27-base: account executive in " in said and "managed by manager-na (" in said
    assert "open opportunities, of a capacity of " in said and " accounts are theirs" in said
    assert "Stands in the systems of work as plan fy27-base had it" in said
    assert "na-commercial-02@2027, version 1, issued on" in said
    assert given(root, found["name"].upper()) == found


def test_a_planned_hire_says_that_its_seat_is_open_and_who_covers_it(root: Path) -> None:
    said = " ".join(given(root, "hire-1")["lines"])
    assert "nobody has taken it" in said and "The seat is open; na-enterprise-" in said


def test_what_is_nothing_of_these_is_told_what_explain_takes(root: Path) -> None:
    refused = called(root, "explain", "dach")
    assert refused.exit_code == 1
    assert "give a lead's id, name, e-mail address or company, an account's id" in refused.stderr
