"""`docs/coverage.md`: which feature is shown by which test or command.

A test says what it shows by its mark, `@pytest.mark.feature("QU3")`. `python -m tests.coverage_table` carries
the marks into the table and leaves the commands, which are written by hand, where they are.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "coverage.md"
_ROW = re.compile(r"^\| (?P<id>[A-Z]{2}\d+) \| (?P<feature>[^|\n]+) \|(?P<shown>[^|\n]*)\|$", re.MULTILINE)
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Row:
    """One feature and what shows it."""

    id: str
    feature: str
    shown: tuple[str, ...]
    # test nodes and commands, in the table's order

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(one for one in self.shown if "::" in one)

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(one for one in self.shown if "::" not in one)

    def __str__(self) -> str:
        shown = "<br>".join(f"`{one}`" for one in self.shown)
        return f"| {self.id} | {self.feature} | {shown} |" if shown else f"| {self.id} | {self.feature} | |"


def rows(text: str) -> tuple[Row, ...]:
    """The table's rows in its order."""
    return tuple(
        Row(match["id"], match["feature"].strip(), tuple(_QUOTED.findall(match["shown"])))
        for match in _ROW.finditer(text)
    )


def marked(folder: Path) -> dict[str, frozenset[str]]:
    """Test node → ids of the features it is marked with, for every test below the folder; empty if none."""
    found: dict[str, frozenset[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        name = file.relative_to(folder.parent).as_posix()
        found |= {f"{name}::{node}": ids for node, ids in _tests(ast.parse(file.read_text(encoding="utf-8")))}
    return found


def _tests(tree: ast.Module) -> Iterator[tuple[str, frozenset[str]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            own = _features(node)
            yield from ((f"{node.name}::{name}", own | ids) for name, ids in _functions(node.body))
    yield from _functions(tree.body)


def _functions(body: list[ast.stmt]) -> Iterator[tuple[str, frozenset[str]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, _features(node)


def _features(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> frozenset[str]:
    calls = (one for one in node.decorator_list if isinstance(one, ast.Call))
    marks = (call for call in calls if ast.unparse(call.func) == "pytest.mark.feature")
    return frozenset(str(ast.literal_eval(argument)) for mark in marks for argument in mark.args)


def differences(table: tuple[Row, ...], marks: Mapping[str, frozenset[str]]) -> list[str]:
    """What table and marks say differently, one sentence each; empty where they agree."""
    in_table = {(row.id, test) for row in table for test in row.tests}
    in_marks = {(id, test) for test, ids in marks.items() for id in ids}
    return [
        *(f"{row.id}: nothing shows it" for row in table if not row.shown),
        *(f"{id}: {test} doesn't exist" for id, test in sorted(in_table) if test not in marks),
        *(f"{id}: {test} isn't marked with it" for id, test in sorted(in_table - in_marks) if test in marks),
        *(f"{id}: the table lacks {test}" for id, test in sorted(in_marks - in_table)),
    ]


def rewritten(text: str, marks: Mapping[str, frozenset[str]]) -> str:
    """The table with the marked tests in each row, ordered by name, before the row's commands."""
    for row in rows(text):
        tests = sorted(test for test, ids in marks.items() if row.id in ids)
        line = re.compile(rf"^\| {row.id} \|.*$", re.MULTILINE)
        changed = str(replace(row, shown=(*tests, *row.commands)))
        text = line.sub(lambda _, changed=changed: changed, text)
    return text


if __name__ == "__main__":
    before = TABLE.read_text(encoding="utf-8")
    TABLE.write_text(rewritten(before, marked(ROOT / "tests")), encoding="utf-8")
