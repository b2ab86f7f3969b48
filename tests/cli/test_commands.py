"""The command line: one sentence for an error, JSON on the last line, no question in a pipe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import COMMANDS, cli
from tests.house import workspace

CSV = """Email,Company,Country
ada@acme.example,Acme,Germany
bo@acme2.example,Acme Two,Germany
not an address,X,Germany
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield workspace(tmp_path_factory.mktemp("cli"), lived_in=True)


def called(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def said(result: Result) -> dict[str, Any]:
    """The JSON object on the last line of what was printed."""
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run",), "name one source: a CSV file, or --sandbox-leads N"),
        (("run", "nowhere.csv"), "nowhere.csv"),
        (("run", "{csv}", "--map", "email"), "--map email has no =: write --map"),
        (("run", "{csv}", "--map", "colour=Email"), "colour"),
        (("run", "{csv}", "--map", "email=Nothing"), "Nothing"),
        (("tick", "--at", "tomorrow"), "--at tomorrow is no instant: write it as"),
        (("clock", "advance", "soon"), "'soon' is no time: write days, hours and minutes"),
        (("explain", "Nobody Ever"), "no lead is called 'Nobody Ever'"),
        (("replay",), "name a run, or everything with --all"),
        (("replay", "zzzzzz"), "no run starts with 'zzzzzz'"),
        (("config", "show", "nothing"), "there is no loop nothing; there are qualify, route, engage"),
        (("review", "show", "nobody"), "nothing waits under 'nobody'"),
        (("erase", "priya.raman@tessaly.example"), "there is no terminal to ask at: give --yes"),
        (("suppress", "everybody"), "everybody is neither an address nor a domain"),
        (("leads", "unmerge", "priya.raman@tessaly.example"), "nothing was merged into"),
    ],
)
def test_an_error_is_one_sentence_that_says_what_to_do(
    root: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    csv = tmp_path / "leads.csv"
    csv.write_text(CSV, encoding="utf-8")
    filled = [str(csv) if word == "{csv}" else word for word in words]
    for json_too in (False, True):
        result = called(*filled, "-w", str(root), *(["--json"] if json_too else []))
        assert result.exit_code == 1, result.output
        assert says in result.stderr
        assert result.stderr.startswith("revloops: ")
        assert "Traceback" not in result.output
        assert len(result.stderr.strip().splitlines()) == 1
        if json_too:
            assert says in said(result)["error"]


def test_a_folder_that_is_no_workspace_is_said(tmp_path: Path) -> None:
    result = called("doctor", "-w", str(tmp_path))
    assert result.exit_code == 1
    assert "no workspace in" in result.stderr
    assert "revloops init DIR" in result.stderr


def test_an_instant_without_a_zone_starts_no_sandbox(tmp_path: Path) -> None:
    result = called("init", str(tmp_path / "new"), "--sandbox", "--start", "2026-11-23T14:00:00")
    assert result.exit_code == 1
    assert "is no instant: write it as 2026-11-23T14:00:00Z" in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.feature("CH3", "QU1")
def test_a_file_s_rows_are_accounted_for_once_and_the_second_time_changes_nothing(tmp_path: Path) -> None:
    root, csv = workspace(tmp_path), tmp_path / "leads.csv"
    csv.write_text(CSV, encoding="utf-8")
    first = said(called("run", str(csv), "-w", str(root), "--json", "--rejects", str(tmp_path / "no.csv")))
    assert first["rows"] == sum(first["ended"].values()) == 3
    assert first["ended"]["rejected"] == 1
    assert first["ledger_rows_written"] > 0
    assert (tmp_path / "no.csv").read_text(encoding="utf-8").splitlines()[1].startswith("4,")
    again = said(called("run", str(csv), "-w", str(root), "--json", "--rejects", str(tmp_path / "no.csv")))
    assert (again["ledger_rows_written"], again["ended"]) == (0, first["ended"])


@pytest.mark.feature("AN2", "AN6", "AN10")
@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("loops",), {"loops"}),
        (("doctor",), {"checks"}),
        (("review", "list"), {"items"}),
        (("clock", "show"), {"now"}),
        (("explain", "priya.raman@tessaly.example"), {"lead", "told", "nearest"}),
        (("tick",), {"slots", "alerts"}),
        (("leads", "merges"), {"merges"}),
        (("seal",), {"row", "hash"}),
    ],
)
def test_every_look_has_a_json_form_on_its_last_line(
    root: Path, words: tuple[str, ...], keys: set[str]
) -> None:
    result = called(*words, "-w", str(root), "--json") if words != ("loops",) else called("loops", "--json")
    assert result.exit_code in (0, 1), result.output
    assert keys <= said(result).keys()
    plain = called(*words, *(() if words == ("loops",) else ("-w", str(root))))
    assert max(len(line) for line in plain.stdout.splitlines()) <= 112


@pytest.mark.feature("AN6")
def test_one_view_shows_what_a_loop_is_configured_to_do_now(root: Path) -> None:
    shown = called("config", "show", "route", "-w", str(root))
    assert shown.exit_code == 0
    for said_there in ("north america commercial", "0.85", "owner_after_hours"):
        assert said_there in shown.stdout


@pytest.mark.feature("AN2")
def test_one_command_lists_the_ten_loops_with_chain_version_and_team() -> None:
    found = {loop["loop"]: loop for loop in said(called("loops", "--json"))["loops"]}
    assert len(found) == 10
    built = {name for name, loop in found.items() if loop["version"]}
    assert built == {"design", "deploy", "qualify", "route", "engage"}
    assert all(found[name]["owner"] and found[name]["chain"] for name in built)


def test_help_names_every_command() -> None:
    shown = called("--help")
    assert shown.exit_code == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)
