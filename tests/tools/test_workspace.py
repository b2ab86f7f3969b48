"""The workspace: each fault with file and line; config alone changes behaviour; git takes it back."""

import json
import subprocess
from pathlib import Path

import pytest

from loops.errors import ConfigError, Fault
from loops.registry import load
from loops.values import canonical
from tests.house import (
    bring,
    chain,
    change,
    decisions,
    house,
    promote,
    raw,
    scoring_house,
    template,
    workspace,
)
from tools import workspace as workspaces

ROUTE, QUALIFY = "loops/route.yaml", "loops/qualify.yaml"


def faults(root: Path) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as refused:
        workspaces.load(root, load())
    return refused.value.faults


@pytest.mark.feature("AN3", "GV1")
def test_five_faults_in_a_workspace_are_all_reported_with_file_and_line(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    workspaces.load(root, load())
    planted = [
        (
            ROUTE,
            change(root, ROUTE, "owner: pool:emea-enterprise", "owner: pool:emea-giants"),
            "no pool emea-giants",
        ),
        (
            ROUTE,
            change(root, ROUTE, "when: {territory: [apac]", "when: {territory: [atlantis]"),
            "never atlantis",
        ),
        (
            QUALIFY,
            change(root, QUALIFY, "attribute: job_function", "attribute: star_sign"),
            "no lead has star_sign",
        ),
        (
            "calendar.yaml",
            change(root, "calendar.yaml", "fiscal_year_starts_month: 2", "fiscal_moon: 2"),
            "no such key",
        ),
        ("revloops.toml", change(root, "revloops.toml", "workers = 16", 'workers = "many"'), "workers"),
    ]
    found = faults(root)
    assert len(found) == len(planted)
    for file, line, says in planted:
        (fault,) = (f for f in found if f.file == file and says in str(f))
        if file.endswith(".yaml"):
            assert fault.line == line
            assert str(fault).startswith(f"{file}:{line}: ")


@pytest.mark.feature("QU3", "AN3")
def test_weights_that_do_not_make_a_hundred_are_refused_with_the_file(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    change(root, QUALIFY, "weight: 6\n", "weight: 7\n")
    (fault,) = faults(root)
    assert fault.file == QUALIFY
    assert fault.line >= 1
    assert "add up to 101; they must make 100" in fault.expected


@pytest.mark.feature("AN3", "RO2")
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    when: {grade: [D]}\n", "", "can't be reached: nurture before it takes everything"),
        (
            "when: {territory: [apac], grade: [A, B, C]}",
            "when: {territory: [uki], grade: A}",
            "asia pacific never matches",
        ),
        ("owner: queue:nurture", "owner: rep:nobody", "no rep nobody"),
        ("when: {grade: [D]}", "when: {grade: [E]}", "grade is never E; it is one of A, B, C, D"),
        ("when: {grade: [D]}", "when: {mood: [good]}", "no lead has an attribute mood"),
        ("when: {grade: [D]}", "when: {grade: {at_least: 3}}", "grade is a word, not a number"),
        ("fire: 0.85, review: 0.5}", "fire: 0.4, review: 0.5}", "review must not be above fire"),
        ("fire: 0.85", "fire: 1.85", "less than or equal to 1"),
        ("page: 200", "page: 200, colour: red", "there is no such key here"),
        ("bands:", "bans:", "this key is required"),
    ],
)
def test_a_rule_set_that_cannot_be_meant_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    root = workspace(tmp_path)
    line = change(root, ROUTE, old, new)
    found = [fault for fault in faults(root) if says in fault.expected]
    assert found
    if says not in ("this key is required",) and new:
        assert found[0].line in (line, line - 1)
    assert found[0].file == ROUTE


def test_a_key_that_stands_twice_and_text_that_is_no_yaml_are_refused(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    line = change(root, ROUTE, "intent: {", "bands: {fire: 1, review: 1}\nintent: {")
    (fault,) = faults(root)
    assert (fault.line, fault.key, fault.expected) == (line, "bands", "this key stands here twice")
    (root / ROUTE).write_text("rules: [\n", encoding="utf-8")
    (fault,) = faults(root)
    assert "not YAML" in fault.expected


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / QUALIFY).unlink()
    (fault,) = faults(root)
    assert fault.file == QUALIFY
    assert "can't be read" in fault.expected


@pytest.mark.feature("AN3")
def test_a_scenario_that_names_nobody_s_id_is_refused(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    scenario = template().workspace.scenario
    pool = scenario.pools[0].model_copy(update={"members": ("ghost",), "backup": "shadow"})
    rep = scenario.roster[-1].model_copy(update={"manager": "phantom"})
    broken = scenario.model_copy(
        update={"pools": (pool, *scenario.pools[1:]), "roster": (*scenario.roster[:-1], rep)}
    )
    promote(root, broken)
    found = {fault.key.partition(".")[0]: fault for fault in faults(root)}
    texts = sorted(fault.expected for fault in faults(root))
    assert texts == [
        "there is no pool shadow",
        "there is nobody called ghost in the roster",
        "there is nobody called phantom in the roster",
    ]
    assert all(fault.line > 1 for fault in found.values())


def test_a_folder_that_is_no_workspace_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"no workspace in .*: make one with `revloops init DIR`"):
        workspaces.find(tmp_path)
    root = workspace(tmp_path)
    assert workspaces.find(root / "loops") == root


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@t.example")
    return subprocess.run(
        ["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.feature("AN3", "AN5", "GV1")
def test_the_revision_is_the_commit_and_says_when_files_differ_from_it(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = workspaces.revision(root)
    assert len(before) == 40
    change(root, ROUTE, "page: 200", "page: 100")
    assert workspaces.revision(root) == f"{before}+edited"


@pytest.mark.feature("AN4", "AN5")
def test_one_revert_commit_restores_config_and_decisions_to_the_byte(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes]] = []
    root = workspace(tmp_path)

    def look() -> None:
        (root / ".revloops" / "store.db").unlink()
        house = scoring_house(root)
        bring(
            house,
            *(raw(str(n), title=title) for n, title in enumerate(("VP Sales", "Analyst", "CEO", "Student"))),
        )
        made = [decisions(house, "qualify"), decisions(house, "route")]
        seen.append((house.workspace.configs["qualify"].version, canonical(json.loads(json.dumps(made)))))
        house.store.close()

    look()
    change(root, QUALIFY, "grades: {A: 80, B: 65, C: 48}", "grades: {A: 99, B: 98, C: 97}")
    git(root, "commit", "-qam", "stricter")
    look()
    git(root, "revert", "--no-edit", "HEAD")
    look()
    first, stricter, reverted = seen
    assert first == reverted
    assert first[0] != stricter[0]
    assert first[1] != stricter[1]
    assert b'"grade":"A"' in first[1]
    assert b'"grade":"A"' not in stricter[1]


@pytest.mark.feature("AN3")
def test_a_comment_changes_no_version(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = workspaces.load(root, chain()).configs["route"].version
    change(root, ROUTE, "intent: {", "# a remark\nintent: {")
    assert workspaces.load(root, chain()).configs["route"].version == before
    change(root, ROUTE, "page: 200", "page: 100")
    assert workspaces.load(root, chain()).configs["route"].version != before


def test_a_promoted_scenario_whose_file_is_gone_is_named(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    (home.workspace.root / "scenarios" / f"{home.workspace.scenario.name}.yaml").unlink()
    with pytest.raises(ConfigError, match=r"active.yaml.*isn't there: put it back, or name another"):
        workspaces.load(home.workspace.root, home.registry)
