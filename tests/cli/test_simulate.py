"""`simulate`: a changed file or branch at the command line, for a person and for a program."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.house import workspace
from tools.git import git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return workspace(tmp_path, lived_in=True)


def called(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ("simulate", *words, "-w", str(root)))


def given(root: Path, *words: str) -> dict[str, Any]:
    done = called(root, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def copy(root: Path, loop: str, old: str, new: str) -> Path:
    text = (root / "loops" / f"{loop}.yaml").read_text(encoding="utf-8")
    assert old in text
    file = root.parent / "changed.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def branch(root: Path, name: str, *edits: tuple[str, str, str]) -> None:
    """A branch with those edits; what is checked out stays as it is."""
    git(root, "checkout", "-q", "-b", name)
    for file, old, new in edits:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new), encoding="utf-8")
    git(root, "commit", "-q", "-a", "-m", name)
    git(root, "checkout", "-q", "-")


@pytest.mark.feature("RO10")
def test_a_page_says_who_moves_from_whom_to_whom_and_why(root: Path) -> None:
    done = called(root, "route", "--config", str(copy(root, "route", "at_least: 1000", "at_least: 200")))
    assert done.exit_code == 0, done.output
    for text in (
        "as if they came in now",
        "from",
        "to",
        "why",
        "capacity",
        "enterprise instead of",
        "present",
        "changed",
    ):
        assert text in done.output, text
    assert "Decided without asking anybody" in done.output and "not: who has them today" in done.output


@pytest.mark.feature("RO10")
def test_a_branch_says_the_same_as_its_file_and_nothing_is_checked_out(root: Path) -> None:
    file = copy(root, "route", "at_least: 1000", "at_least: 200")
    head = git(root, "rev-parse", "HEAD")
    branch(
        root,
        "bigger",
        ("loops/route.yaml", "at_least: 1000", "at_least: 200"),
        ("loops/qualify.yaml", "A: 80", "A: 99"),
    )
    by_branch, by_file = (given(root, "route", "--config", name) for name in ("bigger", str(file)))
    assert by_branch["moved"] and by_branch == by_file
    assert git(root, "rev-parse", "HEAD") == head and not git(root, "status", "--porcelain")
    revision = git(root, "rev-parse", "bigger")
    assert given(root, "route", "--config", revision) == by_file
    assert given(root, "qualify", "--config", "bigger")["regraded"]


def test_the_object_has_every_move_every_desk_and_what_is_known(root: Path) -> None:
    found = given(root, "qualify", "--config", str(copy(root, "qualify", "C: 48", "C: 60")))
    assert found["leads"] >= 40 and found["engine"] == "columns" and not found["note"]
    assert found["moved"] + found["spread"] == len(found["moves"]) == sum(g["leads"] for g in found["groups"])
    assert found["grades"]["then"]["D"] > found["grades"]["now"]["D"]
    assert found["regraded"] == sum(len(g["leads"]) for g in found["regrades"])
    assert {"rep", "besides", "now", "then", "capacity", "grades"} == set(found["desks"][0])
    for desk in found["desks"]:
        for side in ("now", "then"):
            assert desk[side] == desk["besides"] + sum(desk["grades"][side].values())
    assert found["outcomes"] == {"settled": 0, "converted": 0}
    first = found["moves"][0]
    assert set(first) == {"lead", "from", "to", "why", "group", "rule", "grade"}


def test_every_lead_that_moves_can_be_written_to_a_file(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "moves.csv"
    words = (
        "route",
        "--config",
        str(copy(root, "route", "at_least: 1000", "at_least: 200")),
        "--csv",
        str(out),
    )
    found = given(root, *words)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lead"] for row in rows] == [move["lead"] for move in found["moves"]]
    assert rows[0]["from"] != rows[0]["to"]


def test_a_window_takes_the_newest_or_those_since_a_day(root: Path) -> None:
    file = str(copy(root, "route", "at_least: 1000", "at_least: 200"))
    assert given(root, "route", "--config", file, "--last", "5")["leads"] == 5
    every = given(root, "route", "--config", file)["leads"]
    assert given(root, "route", "--config", file, "--since", "7d")["leads"] == every
    assert given(root, "route", "--config", file, "--since", "2030-01-01")["leads"] == 0
    assert given(root, "route", "--config", file, "--since", "2026-01-01")["leads"] == every


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("route", "--config", "nowhere"), "there is no file and no branch nowhere"),
        (("root", "--config", "nowhere"), "there is no loop root"),
        (("route", "--config", "HEAD", "--since", "soon"), "give a date such as"),
        (("design", "--config", "HEAD"), "design plans and decides no leads to try a config on"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(
    root: Path, words: tuple[str, ...], said: str
) -> None:
    done = called(root, *words)
    assert done.exit_code == 1 and said in done.output


def test_a_fault_in_a_branch_is_named_with_its_line(root: Path) -> None:
    branch(root, "wrong", ("loops/route.yaml", "pool:na-enterprise", "pool:nobody"))
    done = called(root, "route", "--config", "wrong")
    assert done.exit_code == 1 and "loops/route.yaml" in done.output and "pool nobody" in done.output


def test_another_loops_config_is_called_that_in_place_of_its_faults(root: Path) -> None:
    theirs = copy(root, "qualify", "C: 48", "C: 60")
    done = called(root, "route", "--config", str(theirs))
    assert done.exit_code == 1
    assert "is qualify's config: name a changed copy of loops/route.yaml" in done.output
    theirs.write_text(theirs.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    assert "qualify's config" not in called(root, "route", "--config", str(theirs)).output


def test_a_window_without_a_lead_is_said(root: Path) -> None:
    file = str(copy(root, "route", "at_least: 1000", "at_least: 200"))
    page = called(root, "route", "--config", file, "--since", "2030-01-01").output
    assert "route decided no lead in that window" in page


def test_a_loop_with_parts_in_other_files_is_read_from_the_branch_whole(root: Path) -> None:
    branch(root, "same", ("loops/route.yaml", "at_least: 1000", "at_least: 999"))
    found = given(root, "engage", "--config", "same")
    assert found["engine"] == "rows" and found["moved"] == 0 and found["note"]
