"""Pools over the store: loads stay true, who is away is never chosen, live equals batch."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from loops.decision import Ask, Decision
from loops.route.config import RouteConfig
from loops.route.inputs import RouteInput, attributes
from loops.route.logic import decide
from loops.rules import first_match
from loops.scenario import Absence, Rep
from loops.values import canonical
from tests.house import (
    bring,
    leads,
    load_check,
    one_pool,
    raw,
    rep,
    scoring_house,
    tamper,
    workspace,
    world,
)
from tools.store import tables as t

EQUALS = ("ana", "ben", "cleo", "dev", "ella")
AWAY = (
    rep("abe", absences=(Absence(start=date(2026, 11, 20), end=date(2026, 11, 27)),)),
    rep("aldo", left_on=date(2026, 11, 1)),
    rep("alma", starts_on=date(2027, 1, 4)),
    rep("axel", capacity=0),
)


def house_of(folder: Path, *reps: Rep) -> House:
    root = workspace(folder)
    one_pool(root, reps)
    return scoring_house(root)


def spread(home: House) -> Counter[str]:
    return Counter(stand.owner for stand in leads(home).values())


@pytest.mark.feature("RO5")
def test_a_thousand_leads_spread_evenly_over_equals_and_none_goes_to_who_cannot(tmp_path: Path) -> None:
    home = house_of(tmp_path, *AWAY, *map(rep, EQUALS))
    bring(home, *(raw(str(n)) for n in range(1000)))
    owners = spread(home)
    assert sum(owners.values()) == 1000
    assert set(owners) == set(EQUALS)
    assert max(owners.values()) - min(owners.values()) <= 1
    assert load_check(home)


@pytest.mark.feature("RO5")
def test_the_same_people_get_leads_once_they_can_take_them(tmp_path: Path) -> None:
    home = house_of(tmp_path, *(rep(r.id) for r in AWAY), *map(rep, EQUALS))
    bring(home, *(raw(str(n)) for n in range(40)))
    owners = spread(home)
    assert min(owners[r.id] for r in AWAY) > 0


def in_order(home: House) -> list[str]:
    """Owners in the order in which leads were assigned."""
    query = select(t.ledger.c.body).where(t.ledger.c.loop == "route", t.ledger.c.kind == "decided")
    with home.store.reading() as tx:
        return [tx.json(row[0])["events"][0]["owner"] for row in tx.all(query.order_by(t.ledger.c.seq))]


@pytest.mark.feature("RO5")
def test_unequal_loads_meet_and_then_stay_within_one_of_each_other(tmp_path: Path) -> None:
    home = house_of(tmp_path, *map(rep, ("ana", "ben", "cleo")))
    loads = {"ana": 6, "ben": 7, "cleo": 9}
    for who, deals in loads.items():
        tamper(home.store, "INSERT OR REPLACE INTO loads VALUES (?, ?, 0)", who, deals)
    bring(home, *(raw(str(n)) for n in range(300)))
    met = False
    for owner in in_order(home):
        assert loads[owner] == min(loads.values())
        loads[owner] += 1
        met = met or max(loads.values()) == min(loads.values())
        assert not met or max(loads.values()) - min(loads.values()) <= 1
    assert met
    assert sum(loads.values()) == 6 + 7 + 9 + 300
    assert load_check(home)


@pytest.mark.feature("RO5")
def test_a_pool_in_which_nobody_can_hands_over_to_its_backup(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    one_pool(root, AWAY, backup=[rep("zoe")])
    home = scoring_house(root)
    bring(home, raw("1"), raw("2"))
    assert spread(home) == {"zoe": 2}


@pytest.mark.feature("RO9", "IF2")
def test_live_and_batch_give_the_same_answer_for_500_leads(tmp_path: Path) -> None:
    home = scoring_house(workspace(tmp_path))
    bring(home, *world().leads(500))
    query = (
        select(t.runs.c.input, t.runs.c.frame, t.ledger.c.body, t.ledger.c.rule)
        .join(t.ledger, t.ledger.c.run == t.runs.c.id)
        .where(t.runs.c.loop == "route", t.runs.c.trigger == "LeadQualified", t.ledger.c.kind != "performed")
        .order_by(t.ledger.c.seq)
    )
    by_rule, seen = 0, set[str]()
    with home.store.reading() as tx:
        for input, frame, body, rule in tx.all(query):
            if input in seen:
                continue
            seen.add(input)
            read, config = RouteInput.model_validate(tx.json(input)), home.runtime.config(tx, frame)
            assert isinstance(config, RouteConfig)
            out = decide(read, (), config)
            assert canonical(out) == tx.get(body)
            status = read.match.account.status if read.match else None
            match = first_match(config.rules, attributes(read.lead, read.qualified, read.territory, status))
            if isinstance(out, Decision) and out.rule in {r.name for r in config.rules}:
                assert match.rule and match.rule.name == rule
                by_rule += 1
            assert isinstance(out, Ask | Decision)
    assert len(seen) > 450
    assert by_rule > 100
