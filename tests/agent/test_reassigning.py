"""Untouched leads are decided again as one batch by today's rules, and a batch can be taken back."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

from agent.bootstrap import House, open_house
from agent.reassigning import Which, batches, carry_out, look, undo
from loops.errors import RevloopsError
from loops.history import Outcome
from tests.house import bring, chain, change, height, leads, load_check, one_pool, raw, rep, workspace
from tools.outcomes import record
from tools.store import tables as t
from tools.store.outcomes import moved_by_people
from tools.store.store import iso

TO_ZOE = '  - {name: zoes, owner: "rep:zoe", when: {employees: {at_least: 1000}}}\n'


def again(root: Path) -> House:
    """The workspace opened anew, Qualify and Route alone."""
    return open_house(root, registry=chain())


def revised(root: Path, rows: int = 6) -> tuple[House, dict[str, str]]:
    """A house whose leads lie on three desks of one pool; since then the large ones are Zoe's by a rule."""
    one_pool(root, [rep("ana"), rep("ben"), rep("cleo")], [rep("zoe")])
    home = again(root)
    bring(home, *(raw(str(n), employees="5000" if n % 2 else "300") for n in range(rows)))
    before = owners(home)
    home.store.close()
    change(root, "loops/route.yaml", "rules:\n", f"rules:\n{TO_ZOE}")
    return again(root), before


def owners(home: House) -> dict[str, str]:
    return {id: stand.owner for id, stand in leads(home).items()}


def touch(home: House, lead: str) -> None:
    with home.store.transaction() as tx:
        tx.run(update(t.leads).where(t.leads.c.id == lead).values(touched_at=iso(home.runtime.at())))


def test_a_dry_run_says_who_would_move_and_writes_nothing(tmp_path: Path) -> None:
    home, before = revised(workspace(tmp_path))
    rows = height(home)
    looked = look(home, Which())
    assert len(looked.fates) == 6 and sum(fate.moves for fate in looked.fates) == 3
    assert {fate.target for fate in looked.fates if fate.moves} == {"zoe"}
    assert all("Rule zoes matches" in fate.why for fate in looked.fates if fate.moves)
    assert owners(home) == before and height(home) == rows and load_check(home)


def test_what_moves_is_what_the_dry_run_said_and_a_second_time_nothing_moves(tmp_path: Path) -> None:
    home, _ = revised(workspace(tmp_path))
    looked = look(home, Which())
    run = carry_out(home, looked)
    assert run and owners(home) == {fate.lead: fate.target for fate in looked.fates}
    assert load_check(home)
    rows = height(home)
    assert carry_out(home, look(home, Which())) is None and height(home) == rows


def test_a_lead_that_somebody_worked_on_is_not_decided_again(tmp_path: Path) -> None:
    home, _ = revised(workspace(tmp_path))
    moving = [fate.lead for fate in look(home, Which()).fates if fate.moves]
    touch(home, moving[0])
    assert [fate.lead for fate in look(home, Which()).fates if fate.moves] == moving[1:]


def test_a_lead_touched_between_the_look_and_the_move_stays(tmp_path: Path) -> None:
    home, before = revised(workspace(tmp_path))
    looked = look(home, Which())
    first = looked.called.leads[0].record
    touch(home, first)
    carry_out(home, looked)
    now = owners(home)
    assert now[first] == before[first] and Counter(now.values())["zoe"] == 2


def test_taking_a_batch_back_restores_its_owners_but_for_leads_touched_since(tmp_path: Path) -> None:
    home, before = revised(workspace(tmp_path))
    run = carry_out(home, look(home, Which()))
    assert run
    kept = next(id for id, owner in owners(home).items() if owner == "zoe")
    touch(home, kept)
    done = undo(home, run[:8])
    assert owners(home) == {**before, kept: "zoe"} and load_check(home)
    left = [fate for fate in done.fates if not fate.moves]
    assert [fate.lead for fate in left] == [kept] and "zoe has worked on it" in left[0].why
    rows = height(home)
    twice = undo(home, run[:8])
    assert twice.before and height(home) == rows and {f for f in twice.fates} == {f for f in done.fates}
    with home.store.reading() as tx:
        assert [one.undone_by for one in batches(tx)] == [done.run]


def test_only_the_leads_meant_are_decided_again(tmp_path: Path) -> None:
    home, before = revised(workspace(tmp_path))
    ana = [id for id, owner in before.items() if owner == "ana"]
    assert [fate.lead for fate in look(home, Which(owner="ana")).fates] == ana
    assert len(look(home, Which(rule="all")).fates) == 6 and not look(home, Which(rule="zoes")).fates
    now = home.workspace.configs["route"].version
    assert not look(home, Which(config=now[:10])).fates
    with pytest.raises(RevloopsError, match="nobody called nobody"):
        look(home, Which(owner="nobody"))


def test_two_leads_of_one_company_do_not_hold_each_other_where_they_are(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    one_pool(root, [rep("ana"), rep("ben")], [rep("zoe")])
    home = again(root)
    same = {"company": "Nordwind", "employees": "5000"}
    bring(home, raw("1", email="a@nordwind.example", **same), raw("2", email="b@nordwind.example", **same))
    assert len(set(owners(home).values())) == 1
    home.store.close()
    change(root, "loops/route.yaml", "rules:\n", f"rules:\n{TO_ZOE}")
    assert [fate.target for fate in look(again(root), Which()).fates] == ["zoe", "zoe"]


def test_an_unknown_batch_is_said_to_be_unknown(tmp_path: Path) -> None:
    home, _ = revised(workspace(tmp_path), rows=1)
    with pytest.raises(RevloopsError, match="no batch starts with 'beef'"):
        undo(home, "beef")


def test_a_batch_is_nobodys_move_and_an_owner_that_the_crm_names_is(tmp_path: Path) -> None:
    home, before = revised(workspace(tmp_path))
    carry_out(home, look(home, Which()))
    lead, owner = next(iter(before.items()))
    other = next(one for one in ("ana", "ben") if one != owner)
    assert moved(home) == {}
    for named, wanted in ((other, {lead: other}), (owner, {})):
        with home.store.transaction() as tx:
            record(tx, Outcome(lead=lead, owner=named, won=False, said_by="crm"))
        assert moved(home) == wanted


def moved(home: House) -> dict[str, str]:
    with home.store.reading() as tx:
        return moved_by_people(tx)
