"""Past leads beside our rules: the true agreement, the habits of people, and nothing written."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from agent.bootstrap import House
from agent.shadow import Shadow, Wanted, shadow
from loops.registry import load
from loops.shadow import Looking, agreement, disagreements
from tests.house import SEED, START, house
from tools.intake import read_rows
from tools.sandbox.setting import Setting
from tools.sandbox.shadow import HABITS, Truth, export
from tools.store import Store
from tools.store import tables as t

OWNER, STATUS = "Lead Owner", "Lead Status"
LEADS = 10_000
SEGMENTS = ("territory", "source", "grade", "seniority", "job_function", "industry")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Shadow, Truth]:
    folder = tmp_path_factory.mktemp("shadow")
    home = house(folder / "home")
    truth = export(folder / "past.csv", Setting(SEED, 1.0, START), home.workspace.scenario, LEADS)
    _, raws = read_rows(folder / "past.csv", {}, (OWNER, STATUS))
    before = _prints(home.workspace.root)
    found = shadow(home.workspace.root, load(), raws, Wanted(OWNER, STATUS))
    assert _prints(home.workspace.root) == before
    return home, found, truth


def _prints(root: Path) -> dict[str, str]:
    """Every file but SQLite's own index of its log, which readers touch."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.feature("RO10")
def test_the_agreement_of_each_rule_is_the_true_one(compared: tuple[House, Shadow, Truth]) -> None:
    _, found, truth = compared
    rates = agreement(found.rows, lambda row: row.rule)
    pooled = {rule: count for rule, count in truth.leads.items() if rule != "nurture"}
    assert len(found.rows) == LEADS
    assert {rule: rates[rule].of for rule in pooled} == pooled
    assert {rule: rates[rule].hits for rule in pooled} == {rule: truth.agreeing[rule] for rule in pooled}


def test_what_people_do_by_habit_is_found_first(compared: tuple[House, Shadow, Truth]) -> None:
    _, found, _ = compared
    groups = disagreements(found.rows, Looking(SEGMENTS))
    told = [(dict(group.segment), group.theirs.partition(":")[2], group) for group in groups[:5]]
    for habit in HABITS:
        mine = [
            group
            for segment, to, group in told
            if to == habit.to and segment.get("source") == habit.source
            and segment.get("territory", habit.territory) == habit.territory
        ]  # fmt: skip
        assert mine, habit
        share = mine[0].their_outcome.share or 0
        assert share < 0.15 if habit.worse else share > 0.25


def test_noise_alone_makes_no_group(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.sandbox.shadow.HABITS", ())
        export(tmp_path / "past.csv", Setting(SEED, 1.0, START), home.workspace.scenario, 2_000)
    _, raws = read_rows(tmp_path / "past.csv", {}, (OWNER,))
    found = shadow(home.workspace.root, load(), raws, Wanted(OWNER))
    assert disagreements(found.rows, Looking(SEGMENTS)) == ()


def test_the_store_of_a_shadow_refuses_every_write(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    path = str(home.workspace.store_path)
    with pytest.raises(OperationalError, match="readonly"), Store(path, read_only=True).transaction() as tx:
        tx.add(t.tasks, id="x")
    with Store(path).transaction() as tx:  # the same write goes through where nothing refuses it
        tx.set_setting("control", "written")


def test_strangers_and_leads_without_an_owner_are_counted(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    rep = home.workspace.scenario.roster[0]
    first, _, last = rep.name.rpartition(" ")
    file = tmp_path / "past.csv"
    file.write_text(
        "Email,Company,Country,Owner,Result\n"
        f'a@one.example,One,Germany,"{last}, {first}",Closed Won\n'
        "b@two.example,Two,Germany,Somebody Else,perhaps\n"
        "c@three.example,Three,Germany,,Lost\n",
        encoding="utf-8",
    )
    _, raws = read_rows(file, {}, ("owner", "result"))
    found = shadow(home.workspace.root, load(), raws, Wanted("owner", "result"))
    assert [row.theirs for row in found.rows] == [f"rep:{rep.id}", "", ""]
    assert [row.outcome for row in found.rows] == [True, None, False]
    assert (found.strangers, found.unowned) == ({"Somebody Else": 1}, 1)
    assert found.unread_outcomes == {"perhaps": 1}
