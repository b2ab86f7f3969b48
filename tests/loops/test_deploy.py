"""A promoted plan made real: what departs, in which order, and what happens twice."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.bootstrap import House
from agent.deploying import apply, plan
from agent.perform import perform
from loops.deploy.ordering import differences, ordered, state_hash
from loops.deploy.outputs import Change, DeployDue, Materialize
from loops.design.outputs import ScenarioPromoted
from loops.errors import ConfigError
from loops.scenario import Pool, Scenario, Territory
from loops.structure import PARTS, Item
from loops.values import content_hash
from tests import house
from tests.deploying import (
    PLAN,
    changed,
    deploying_house,
    performed,
    put_in,
    reopened,
    seller,
    standing,
    without,
)
from tools.connectors.memory import MemoryStructure
from tools.connectors.ports import Structure
from tools.deploy.local import LocalStructure
from tools.deploy.making import make
from tools.deploy.status import documents
from tools.errors import ToolFailed, ToolRetry
from tools.scenarios.promotion import promote
from tools.store import tables as t
from tools.workspace import load_scenario


def rows(home: House) -> dict[str, int]:
    """How many rows each table has."""
    with home.store.reading() as tx:
        return {
            name: tx.all(select(func.count()).select_from(table))[0][0]
            for name, table in t.meta.tables.items()
            if name != "lease"
        }


# --- what departs ---------------------------------------------------------------------------------
@pytest.mark.feature("DP1", "AR3")
def test_everything_that_the_plan_declares_stands_after_an_apply(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    assert apply(home).failed == 0
    found = standing(home)
    assert {part for part, _ in found} == set(PARTS)
    assert found["territory", "dach"]["parent"] == "europe"
    assert found["assignment", "ana@dach"] == {
        "person": "ana", "territory": "dach", "segment": "commercial", "starts_on": "",
    }  # fmt: skip
    assert {key for part, key in found if part == "membership"} == {"emea/ana", "emea/ben", "spare/eve"}
    quota = found["quota", "ana@2027"]
    assert sum(int(quota[f"Q{n} FY27"]) for n in (1, 2, 3, 4)) == 120_000_00
    assert found["comp_plan", "ana@2027"]["base_minor"] == "8000000"
    assert ("comp_plan", "eve@2027") not in found


@pytest.mark.feature("DP4")
def test_planning_writes_nothing(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    before = rows(home)
    assert plan(home).counts["create"] > 20
    assert rows(home) == before


@pytest.mark.feature("DP3", "DP4")
def test_a_second_apply_changes_nothing_and_writes_no_row(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    assert apply(home).performed > 20
    before, stood = rows(home), standing(home)
    done = apply(home)
    assert (done.performed, done.left) == (0, ())
    assert rows(home) == before
    assert standing(home) == stood


@pytest.mark.feature("DP3")
def test_a_changed_plan_changes_only_what_departs(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    home = reopened(home, changed(PLAN, roster=(*PLAN.roster, seller("zoe", "dach"))))
    before = len(performed(home))
    apply(home)
    assert performed(home)[before:] == [
        "create person:zoe", "create assignment:zoe@dach", "create quota:zoe@2027",
        "create comp_plan:zoe@2027",
    ]  # fmt: skip


@pytest.mark.feature("DP3", "CH2")
def test_a_promoted_scenario_starts_a_run_that_records_which_one_it_read(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    root, other = home.workspace.root, PLAN.model_copy(update={"name": "other"})
    house.promote(root, other)
    house.promote(root, PLAN)
    promote(root, home.store, home.registry, "other")
    home = reopened(home, other)
    while home.runtime.drain() or perform(home.runtime, home.performers):
        pass
    assert len(standing(home)) > 20
    with home.store.reading() as tx:
        decided = tx.all(select(t.ledger.c.frame, t.ledger.c.trigger).where(t.ledger.c.kind == "decided"))
        frame = tx.all(select(t.frames.c.scenario).where(t.frames.c.hash == decided[0].frame))
        read = Scenario.model_validate(tx.json(frame[0][0]))
    assert [row.trigger for row in decided] == [ScenarioPromoted.__name__]
    assert content_hash(read) == content_hash(home.workspace.scenario)
    assert apply(home).performed == 0


def test_an_event_under_which_nothing_departs_decides_nothing(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    before = rows(home)
    with home.store.transaction() as tx:
        home.runtime.emit(tx, "again", DeployDue(record="plan"))
    assert home.runtime.drain() == 1
    assert {**rows(home), "events": 0} == {**before, "events": 0}


# --- the order ------------------------------------------------------------------------------------
def replayed(structure: Structure, changes: tuple[Change, ...]) -> list[str]:
    """What a system of work refuses of the changes, made in that order."""
    refused: list[str] = []
    for n, change in enumerate(changes):
        before = state_hash(None if change.action == "create" else change.before)
        effect = Materialize(
            record=f"{change.part}:{change.key}", action=change.action, part=change.part, key=change.key,
            fields=change.fields, before=before, scenario="plan", hash="0" * 64,
        )  # fmt: skip
        try:
            make(structure, f"run!{n}", effect)
        except ToolRetry as error:
            refused.append(str(error))
    return refused


@pytest.mark.feature("DP5")
def test_parents_come_before_children_and_structure_before_what_is_assigned_to_it(tmp_path: Path) -> None:
    found = plan(deploying_house(tmp_path)).changes
    assert [c.key for c in found if c.part == "territory"] == ["world", "europe", "dach", "uki"]
    ranks = [PARTS.index(change.part) for change in found]
    assert ranks == sorted(ranks)
    assert replayed(MemoryStructure(), found) == []


@pytest.mark.feature("DP5")
def test_in_another_order_the_systems_of_work_refuse_changes(tmp_path: Path) -> None:
    found = plan(deploying_house(tmp_path)).changes
    assert len(replayed(MemoryStructure(), found[::-1])) > 5
    shuffled = tuple(random.Random(1).sample(found, len(found)))
    assert replayed(MemoryStructure(), shuffled)


@pytest.mark.feature("DP5")
def test_what_goes_comes_last_and_children_go_before_their_parents(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    flat = tuple(Territory(id=t, name=t) for t in ("dach", "uki"))
    smaller = changed(without(PLAN, "eve"), territories=flat, pools=PLAN.pools[:0], hires=())
    home = reopened(home, smaller)
    found = plan(home).changes
    going = [change.action == "remove" for change in found]
    assert going == sorted(going) and any(going) and not all(going)
    gone = [f"{c.part}:{c.key}" for c in found if c.action == "remove"]
    assert gone.index("territory:europe") < gone.index("territory:world")
    assert gone.index("membership:emea/ana") < gone.index("pool:emea")
    done = apply(home)
    assert (done.failed, done.left) == (0, ())
    assert {key for part, key in standing(home) if part == "territory"} == {"dach", "uki"}


def test_any_two_plans_of_a_tree_can_follow_each_other_in_that_order() -> None:
    dice = random.Random(5)
    for _ in range(200):
        structure = MemoryStructure()
        for _ in range(3):
            wanted = {("territory", k): item for k, item in tree(dice).items()}
            stands = {
                at: Item(part="territory", key=at[1], fields=dict(fields))
                for at, fields in structure.items.items()
            }
            assert replayed(structure, ordered(differences(wanted, stands))) == []
            assert structure.items == {at: item.fields for at, item in wanted.items()}


def tree(dice: random.Random) -> dict[str, Item]:
    names = dice.sample("abcdefgh", dice.randint(1, 8))
    parents = [dice.choice(["", *names[:n]]) for n in range(len(names))]
    pairs = zip(names, parents, strict=True)
    return {name: Item(part="territory", key=name, fields={"parent": parent}) for name, parent in pairs}


# --- failures, and what comes twice ------------------------------------------------------------------
def test_a_change_that_is_refused_leaves_the_rest_and_the_next_apply_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = deploying_house(tmp_path)
    put = LocalStructure.put

    def refusing(self: LocalStructure, effect: str, part: Any, key: str, fields: Any) -> None:
        if key == "uki":
            raise ToolFailed("uki is locked")
        put(self, effect, part, key, fields)

    with monkeypatch.context() as patched:
        patched.setattr(LocalStructure, "put", refusing)
        done = apply(home)
    assert done.failed == 1
    left = {f"{c.part}:{c.key}" for c in done.left}
    assert {"territory:uki", "assignment:ben@uki", "seat:hire-1"} <= left
    assert ("territory", "dach") in standing(home)
    again = apply(home)
    assert (again.left, again.failed) == ((), 0)


@pytest.mark.feature("DP4")
def test_a_change_that_comes_twice_or_after_a_newer_plan_does_nothing() -> None:
    structure = MemoryStructure()
    first = Change(action="create", part="territory", key="uki", fields={"name": "UKI"})
    fields, before = {"name": "UK"}, {"name": "UKI"}
    newer = Change(action="change", part="territory", key="uki", fields=fields, before=before)
    assert not replayed(structure, (first, first, newer, first, newer))
    assert structure.items["territory", "uki"] == {"name": "UK"}
    structure.put("run!9", "territory", "uki", first.fields)  # without the guard the old one undoes the newer
    assert structure.items["territory", "uki"] == {"name": "UKI"}


@pytest.mark.feature("DP4")
def test_a_change_that_was_overtaken_counts_as_none(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    home = reopened(home, changed(PLAN, roster=(*PLAN.roster, seller("zoe", "dach"))))
    with home.store.transaction() as tx:
        home.runtime.emit(tx, "again", DeployDue(record="plan"))
    home.runtime.drain()
    wanted = Item(part="person", key="zoe", fields={"name": "other"})
    with home.store.transaction() as tx:
        LocalStructure(tx, house.START, "plan", "0" * 64).put("by hand", "person", "zoe", wanted.fields)
    while perform(home.runtime, home.performers):
        pass
    with home.store.reading() as tx:
        told = tx.all(select(t.ledger.c.outcome).where(t.ledger.c.kind == "performed"))
    assert [row.outcome for row in told].count("stale") == 1
    assert standing(home)["person", "zoe"] == {"name": "other"}


def test_what_still_needs_a_thing_is_found_by_name_and_a_name_in_another_field_is_not(
    tmp_path: Path,
) -> None:
    home = deploying_house(tmp_path)
    with home.store.transaction() as tx:
        structure = LocalStructure(tx, house.START, "plan", "0" * 64)
        for key in ("a%", "a_b", "ab", 'q"t'):
            structure.put("x", "territory", key, {"name": "ab"})
        structure.put("x", "territory", "part", {"parent": "a_b", "name": "a%"})
        with pytest.raises(ToolRetry, match="territory:part still needs it"):
            structure.remove("x", "territory", "a_b")
        for key in ("a%", "ab", 'q"t', "part", "a_b"):
            structure.remove("x", "territory", key)
    assert not standing(home)


def test_a_removal_reads_only_what_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, read = deploying_house(tmp_path), list[str]()
    apply(home)
    loads = json.loads

    def counted(text: str) -> Any:
        read.append(text)
        return loads(text)

    with home.store.transaction() as tx:
        monkeypatch.setattr(json, "loads", counted)
        LocalStructure(tx, house.START, "plan", "0" * 64).remove("x", "quota", "ana@2027")
        assert read == []
        with pytest.raises(ToolRetry):
            LocalStructure(tx, house.START, "plan", "0" * 64).remove("x", "pool", "spare")
        assert len(read) <= 3


def test_the_store_and_its_twin_agree_on_every_change(tmp_path: Path) -> None:
    home, twin = deploying_house(tmp_path), MemoryStructure()
    for one in (PLAN, put_in(without(PLAN, "eve"), "ana", territory="uki"), PLAN):
        home = reopened(home, one)
        assert not replayed(twin, plan(home).changes)
        assert not apply(home).left
        assert standing(home) == twin.items
        with home.store.reading() as tx:
            held = {(d.key, d.version): (d.state, d.terms) for d in documents(tx)}
        kept = {
            (key, n): version[:2]
            for key, versions in twin.documents.items()
            for n, version in enumerate(versions, start=1)
        }
        assert held == kept


# --- what can't be made real -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"territories": (Territory(id="a", name="A", parent="b"), Territory(id="b", name="B", parent="a"))},
         "a lies within itself: a in b in a"),
        ({"territories": (Territory(id="a", name="A", parent="a"),)}, "a lies within itself"),
        ({"territories": (Territory(id="a", name="A", parent="nowhere"),)}, "there is no territory nowhere"),
        ({"roster": (seller("ana", "atlantis"),)}, "there is no territory atlantis"),
        ({"pools": (Pool(id="spare", name="Spare", members=()),)}, "there is no pool emea"),
        ({"roster": PLAN.roster[1:]}, "there is nobody called mara in the roster"),
    ],
)  # fmt: skip
def test_a_plan_that_names_what_it_does_not_have_is_not_loaded(
    tmp_path: Path, fields: dict[str, Any], says: str
) -> None:
    root = house.workspace(tmp_path)
    house.promote(root, changed(PLAN, **fields))
    with pytest.raises(ConfigError) as caught:
        load_scenario(root, "plan")
    assert says in str(caught.value)
    house.promote(root, PLAN)
    assert load_scenario(root, "plan") == PLAN
