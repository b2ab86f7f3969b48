"""docs/coverage.md and the tests' marks say the same, both ways, and what the table names exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coverage_table import ROOT, TABLE, Row, differences, marked, rewritten, rows

BUILT = {
    *(f"AN{n}" for n in range(1, 13)),
    *("CH3", "CH6", "CH7"),
    *(f"QU{n}" for n in range(1, 10) if n != 7),
    *(f"RO{n}" for n in range(1, 11)),
    *(f"EN{n}" for n in range(1, 13)),
    *(f"DE{n}" for n in range(1, 13)),
    *(f"DP{n}" for n in range(1, 8)),
    *("AR1", "AR2", "AR3", "AR4", "AR5", "BR1", "BR2", "BR3", "BR4", "BR5", "CH2", "BB2"),
    *("IF1", "IF2", "IF3", "IF4", "IF6", "GV1", "GV2", "GV3", "GV4", "GV5"),
    *("FB2", "FB3", "FB4", "FB5"),
}
"""The features that are built; the table has a row for each."""

ROWS = rows(TABLE.read_text(encoding="utf-8"))
COMMANDS = sorted({command for row in ROWS for command in row.commands})
TWO = "| QU3 | Weighted score | `tests/test_a.py::test_one`<br>`make demo` |\n| QU4 | Grade | |\n"


def help_runs(verb: str) -> bool:
    """Whether the command line knows the verb."""
    code = f"import sys; sys.argv = ['revloops', {verb!r}, '--help']; from cli.main import main; main()"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    return child.returncode == 0


def exists(command: str) -> bool:
    """Whether it is `make TARGET` or `revloops VERB …` and we have that target or verb."""
    program, name, *_ = [*shlex.split(command), "", ""]
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        return re.search(rf"^{re.escape(name)}:", makefile, re.MULTILINE) is not None
    return program == "revloops" and help_runs(name)


def test_the_table_has_one_row_for_each_feature_that_is_built() -> None:
    assert sorted(row.id for row in ROWS) == sorted(BUILT)


def test_table_and_marks_agree() -> None:
    assert not differences(ROWS, marked(ROOT / "tests"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_table_exists(command: str) -> None:
    assert exists(command)


def test_a_made_up_command_does_not_exist() -> None:
    assert exists("make demo")
    assert not [one for one in ("make tea", "revloops tea", "tea") if exists(one)]


def test_every_kind_of_difference_is_found() -> None:
    marks = {"tests/test_a.py::test_one": frozenset[str](), "tests/test_a.py::test_two": frozenset({"QU3"})}
    shown = ("tests/test_a.py::test_one", "tests/test_a.py::test_gone")
    assert differences((Row("QU3", "a", shown), Row("QU4", "b", ())), marks) == [
        "QU4: nothing shows it",
        "QU3: tests/test_a.py::test_gone doesn't exist",
        "QU3: tests/test_a.py::test_one isn't marked with it",
        "QU3: the table lacks tests/test_a.py::test_two",
    ]


def test_a_rewritten_table_agrees_and_keeps_its_commands() -> None:
    marks = {"tests/test_a.py::test_two": frozenset({"QU3", "QU4"})}
    table = rows(rewritten(TWO, marks))
    assert not differences(table, marks)
    assert [row.commands for row in table] == [("make demo",), ()]


def test_marks_are_read_from_functions_and_classes(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(
        "@pytest.mark.feature('QU3', 'QU6')\nasync def test_one(): ...\n"
        "@pytest.mark.feature('RO1')\nclass TestIt:\n"
        "    @pytest.mark.feature('RO2')\n    def test_two(self): ...\n",
        encoding="utf-8",
    )
    assert marked(tmp_path / "tests") == {
        "tests/test_a.py::TestIt::test_two": frozenset({"RO1", "RO2"}),
        "tests/test_a.py::test_one": frozenset({"QU3", "QU6"}),
    }
