"""The five questions are answered by what is there: what is taken away changes the answer."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from agent.bootstrap import House
from agent.questions import Question, questions, scored
from tests.house import change, house
from tools.git import git
from tools.store import tables as t


def answers(home: House, loop: str = "qualify") -> dict[str, Question]:
    return {one.name: one for one in questions(home, loop)}


@pytest.mark.feature("BB2")
def test_a_loop_that_has_run_holds_all_five(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    for loop in ("qualify", "route", "engage"):
        assert [one.holds for one in questions(home, loop)] == [True] * 5, loop
    assert "0 differences" in answers(home)["reconstructable decisions"].shows
    assert "LeadQualified → route" in answers(home)["stable API chaining"].shows


@pytest.mark.feature("BB2")
def test_what_has_not_run_is_not_claimed(tmp_path: Path) -> None:
    found = dict(scored(house(tmp_path)))
    assert set(found) >= {"design", "deploy", "qualify", "route", "engage"}
    told = {one.name: one.holds for one in found["qualify"]}
    assert told["reconstructable decisions"] is None and told["stable API chaining"] is None


def test_a_config_that_is_not_committed_is_not_versioned(tmp_path: Path) -> None:
    home = house(tmp_path)
    root = home.workspace.root
    assert answers(home)["versionable config"].holds
    text = (root / "loops/qualify.yaml").read_text(encoding="utf-8")
    git(root, "checkout", "--quiet", "--orphan", "bare")
    git(root, "rm", "--quiet", "--cached", "-r", "loops")
    git(root, "commit", "-qm", "Without the loops")
    (root / "loops/qualify.yaml").write_text(text, encoding="utf-8")
    assert answers(home)["versionable config"].holds is False


def test_an_event_that_no_longer_fits_its_schema_is_counted(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.transaction() as tx:
        tx.run(update(t.events).where(t.events.c.kind == "LeadQualified").values(body="{}"))
    assert answers(home)["stable API chaining"].holds is False


def test_a_decision_that_comes_out_otherwise_is_counted(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.transaction() as tx:
        mine = t.runs.c.loop == "qualify"
        oldest = tx.first(select(t.runs.c.input).where(mine).order_by(t.runs.c.at, t.runs.c.id))
        assert oldest is not None
        tx.run(update(t.runs).where(mine).values(input=oldest[0]))
    assert answers(home)["reconstructable decisions"].holds is False


def test_an_edit_alone_changes_no_answer(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    change(home.workspace.root, "loops/qualify.yaml", "grades: {A: 80", "grades: {A: 81")
    assert answers(home)["reconstructable decisions"].holds
