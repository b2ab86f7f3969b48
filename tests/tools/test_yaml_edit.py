"""Edits of YAML touch what they change and nothing else, whatever the text looks like."""
# data of any shape has no types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import difflib
from random import Random
from typing import Any

import pytest

from loops.errors import RevloopsError
from loops.proposal import Edit
from tools import yaml_text
from tools.yaml_edit import changed, edited

FILE = "loops/qualify.yaml"
TEXT = """\
# Ours, since spring
name: "qualify"   # quoted on purpose
bands: {fire: 0.85, review: 0.5}  # shares

factors:
  # who they are
  - name: title
    weight: 20     # out of 100
    values: {vp: 20, 'head of': 12,
             director: 10}
  - {name: source, weight: 10}

rules:
  - {name: small, when: [size < 50], owner: "pool:smb"}
  # everything else
  - {name: all, owner: "pool:ent"}
notes: |
  two
  lines
last: [1, 2, 3]
"""


def set_(value: Any, *path: Any) -> Edit:
    return Edit(path=path, value=value)


def lines_touched(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[:2] in ("- ", "+ ")]


CASES: tuple[tuple[Edit, list[str]], ...] = (
    (
        set_(8, "factors", 0, "values", "director"),
        ["-              director: 10}", "+              director: 8}"],
    ),
    (
        set_(30, "factors", 0, "weight"),
        ["-     weight: 20     # out of 100", "+     weight: 30     # out of 100"],
    ),
    (set_("q", "name"), ['- name: "qualify"   # quoted on purpose', "+ name: q   # quoted on purpose"]),
    (
        Edit(op="insert", path=("rules", 1), value={"name": "mid", "owner": "pool:mid"}),
        ["+   - {name: mid, owner: pool:mid}"],
    ),
    (Edit(op="remove", path=("rules", 0)), ['-   - {name: small, when: [size < 50], owner: "pool:smb"}']),
    (Edit(op="insert", path=("last", 3), value=4), ["- last: [1, 2, 3]", "+ last: [1, 2, 3, 4]"]),
    (Edit(op="remove", path=("last", 0)), ["- last: [1, 2, 3]", "+ last: [2, 3]"]),
    (set_("x", "fresh"), ["+ fresh: x"]),
    (Edit(op="remove", path=("bands",)), ["- bands: {fire: 0.85, review: 0.5}  # shares"]),
    (set_("one", "notes"), ["- notes: |", "-   two", "-   lines", "+ notes: one"]),
)


@pytest.mark.parametrize(("edit", "lines"), CASES, ids=lambda case: str(getattr(case, "path", "")))
def test_an_edit_touches_its_own_lines_alone(edit: Edit, lines: list[str]) -> None:
    assert sorted(lines_touched(TEXT, edited(TEXT, [edit], FILE))) == sorted(lines)


@pytest.mark.parametrize(
    ("edit", "told"),
    (
        (set_(1, "factors", 0, "values", "ceo", "x"), r"there is no factors\.0\.values\.ceo\.x"),
        (set_(1, "factors", 7, "weight"), r"there is no factors\.7\.weight"),
        (set_(1, "factors", "title", "weight"), r"there is no factors\.title\.weight"),
        (Edit(op="remove", path=("nobody",)), r"there is no nobody"),
        (Edit(op="remove", path=("rules", 2)), r"there is no rules\.2"),
        (Edit(op="insert", path=("rules", 3), value=1), r"at rules\.3"),
        (Edit(op="insert", path=("bands", "a"), value=1), r"no list is there"),
        (set_(1, "last", -1), r"there is no last\.-1"),
    ),
)
def test_a_path_that_leads_nowhere_is_named_whole(edit: Edit, told: str) -> None:
    with pytest.raises(RevloopsError, match=told) as error:
        edited(TEXT, [edit], FILE)
    assert "\n" not in str(error.value) and str(error.value).startswith(FILE)


def test_several_edits_are_made_one_after_the_other() -> None:
    edits = (Edit(op="remove", path=("last", 0)), set_(9, "last", 0))
    assert edited(TEXT, edits).endswith("last: [9, 3]\n")


# --- any text, any edit ---------------------------------------------------------------------------
WORDS = (
    "a", "b c", "yes", "1", "0x1", "- x", "# no", "it's", 'say "x"', "é", "a: b", "", "~", "2026-01-01", "[",
    "{x}", "*a", "&b", "!t", "%", "@x", "`", "|", ">", "null", "1e3", " lead", "trail ", "a #b",
)  # fmt: skip


def scalar(draw: Random) -> Any:
    return draw.choice((draw.choice(WORDS), draw.randint(-9, 99), draw.random(), True, False, None))


def value(draw: Random, depth: int) -> Any:
    kind = draw.random()
    if depth <= 0 or kind < 0.4:
        return scalar(draw)
    if kind < 0.7:
        return {f"k{n}": value(draw, depth - 1) for n in range(draw.randint(0, 4))}
    return [value(draw, depth - 1) for _ in range(draw.randint(0, 4))]


def plain(draw: Random, data: Any) -> str:
    """A scalar as some person might have written it."""
    if isinstance(data, str):
        single = "'" + data.replace("'", "''") + "'"
        double = '"' + data.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return draw.choice((single, double))
    if isinstance(data, bool) or data is None:
        return {None: "null", True: "true", False: "false"}[data]
    return f"{data:.17g}" if isinstance(data, float) else str(data)


def flow(draw: Random, data: Any) -> str:
    gap = draw.choice(("", " "))
    if isinstance(data, dict):
        return "{" + f",{gap or ' '}".join(f"{k}: {flow(draw, v)}" for k, v in data.items()) + gap + "}"
    if isinstance(data, list):
        return "[" + gap + f",{gap}".join(flow(draw, v) for v in data) + "]"
    return plain(draw, data)


def block(draw: Random, data: Any, indent: int, marks: list[str]) -> str:
    """The data in block style with comments strewn in; each comment's text is noted in `marks`."""
    pad = " " * indent
    lines: list[str] = []
    for name, inner in data.items() if isinstance(data, dict) else (("-", one) for one in data):
        if draw.random() < 0.2:
            marks.append(f"# note {len(marks)} ")
            lines.append(f"{pad}{marks[-1]}\n")
        head = f"{pad}{name}" + ("" if name == "-" else ":")
        if isinstance(inner, dict | list) and inner and draw.random() < 0.7:
            lines.append(f"{head}\n{block(draw, inner, indent + 2, marks)}")
            continue
        tail = ""
        if draw.random() < 0.2:
            marks.append(f"# note {len(marks)} ")
            tail = f"  {marks[-1]}"
        lines.append(f"{head} {flow(draw, inner)}{tail}\n")
        if draw.random() < 0.1:
            lines.append("\n")
    return "".join(lines)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in the data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, one in inner for place in ((*path, key), *places(one, (*path, key)))]


def some_edit(draw: Random, data: Any) -> Edit:
    path = draw.choice(places(data))
    op = draw.random()
    if op < 0.5:
        return Edit(path=path, value=value(draw, draw.choice((0, 0, 2))))
    if op < 0.75 or not isinstance(path[-1], int):
        return Edit(op="remove", path=path)
    return Edit(op="insert", path=(*path[:-1], path[-1] + draw.randint(0, 1)), value=value(draw, 1))


@pytest.mark.parametrize("seed", range(20))
def test_any_edit_of_any_text_says_what_it_should_and_keeps_the_comments(seed: int) -> None:
    draw = Random(seed)
    for _ in range(20):
        data = {f"top{n}": value(draw, 3) for n in range(draw.randint(1, 5))}
        marks: list[str] = []
        text = block(draw, data, 0, marks)
        assert yaml_text.read(text, FILE)[0] == data
        edit = some_edit(draw, data)
        after = edited(text, [edit], FILE)
        assert yaml_text.read(after, FILE)[0] == changed(data, edit, FILE), (text, edit)
        if edit.op == "insert" or not isinstance(at(data, edit.path), dict | list):
            own = {mark for mark in marks if mark not in after}
            assert len(own) <= (edit.op == "remove"), (text, after, edit)


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def test_an_edit_that_nothing_can_make_is_refused_whole() -> None:
    nested = "a:\n  - - 1\n    - 2\n"
    with pytest.raises(RevloopsError, match="by hand"):
        edited(nested, [Edit(op="remove", path=("a", 0, 0))], FILE)
