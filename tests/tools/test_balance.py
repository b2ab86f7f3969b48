"""The fewest moves: never more than a greedy plan, never fewer than is possible, proven, and quick."""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import event, update

from loops.design.balance import faults
from loops.workload import Desk, Group, Imbalance, Plan
from tests.house import house
from tools.balance import balanced
from tools.balance.holdings import read_holding, read_holdings
from tools.balance.program import MISSING
from tools.store import tables as t

REPS, BOOKS = 200, 6
Arc = tuple[str, str, str]
"""(source, target, group)."""


def desk(rep: str, load: int, low: int = 2, high: int = 9, **said: int) -> Desk:
    return Desk.model_validate({"rep": rep, "load": load, "low": low, "high": high, "capacity": 10, **said})


def random_book(seed: int, reps: int = REPS, pools: int = 10, scale: int = 200) -> Imbalance:
    """People in pools, some in two, with full and empty desks, of which a part may move."""
    chance = random.Random(seed)
    ids = [f"r{n:03}" for n in range(reps)]
    size = max(1, reps // pools)
    parts = [(*ids[n * size : (n + 1) * size], chance.choice(ids)) for n in range(pools)]
    members = [tuple(dict.fromkeys(part)) for part in parts]
    desks, movable = list[Desk](), [dict[str, int]() for _ in range(pools)]
    for rep in ids:
        capacity = chance.randint(scale // 4 + 1, scale)
        load = round(capacity * chance.choice((0.05, 0.2, 0.5, 0.6, 0.7, 0.8, 0.95, 1.1)))
        low, high, left = round(0.2 * capacity), int(0.9 * capacity), chance.randint(0, load)
        takes = chance.random() > 0.05
        own = {"rep": rep, "load": load, "low": low if takes else 0, "high": high, "capacity": capacity}
        desks.append(Desk.model_validate({**own, "takes": takes}))
        for n in range(pools):
            if rep in members[n] and left:
                movable[n][rep] = chance.randint(0, left)
                left -= movable[n][rep]
    groups = [
        Group(
            name=f"pool:{n}",
            members=members[n],
            backup=tuple(r for r in members[(n + 1) % pools] if r not in members[n]) if n % 2 else (),
            movable={rep: count for rep, count in movable[n].items() if count},
        )
        for n in range(pools)
    ]
    return Imbalance(desks=tuple(desks), groups=tuple(groups))


# --- greedy methods, each a lead at a time --------------------------------------------------------
@dataclass
class Greedy:
    """A plan in the making: who gives to whom, as long as it brings somebody nearer to their bounds."""

    problem: Imbalance
    moves: int = 0
    left: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def __post_init__(self) -> None:
        self.desks = {desk.rep: desk for desk in self.problem.desks}
        self.load = {rep: desk.load for rep, desk in self.desks.items()}
        self.left = {(rep, g.name): n for g in self.problem.groups for rep, n in g.movable.items()}
        self.spilled = dict.fromkeys(self.desks, 0)

    def over(self, rep: str) -> int:
        return self.load[rep] - self.desks[rep].high

    def under(self, rep: str) -> int:
        return self.desks[rep].low - self.load[rep] + self.spilled[rep]

    @property
    def short(self) -> int:
        return sum(max(0, self.over(rep), self.under(rep)) for rep in self.desks)

    def takers(self, group: Group) -> list[str]:
        return [r for r in group.members if r in self.desks and self.desks[r].takes and self.over(r) < 0]

    def spares(self, group: Group) -> list[str]:
        return [r for r in group.backup if r in self.desks and self.desks[r].takes and self.over(r) < 0]

    def move(self, source: str, target: str, group: Group) -> None:
        self.left[source, group.name] -= 1
        self.load[source] -= 1
        self.load[target] += 1
        self.spilled[target] += target in group.backup
        self.moves += 1


Order = Callable[[Greedy, list[str]], list[str]]


def relieve(plan: Greedy, order: Order, *, overflow: bool) -> None:
    """From each full desk to whoever of its pool comes first, then to the backup."""
    for source in order(plan, [rep for rep in plan.desks if plan.over(rep) > 0]):
        for group in plan.problem.groups:
            while plan.over(source) > 0 and plan.left.get((source, group.name), 0) > 0:
                takers = plan.takers(group) or (plan.spares(group) if overflow else [])
                if not takers:
                    break
                plan.move(source, order(plan, takers)[-1], group)


def fill(plan: Greedy, order: Order) -> None:
    """To each empty desk from whoever of its pool comes first and stays between their bounds."""
    for target in order(plan, [r for r in plan.desks if plan.under(r) > 0 and plan.desks[r].takes])[::-1]:
        for group in plan.problem.groups:
            while target in group.members and plan.under(target) > 0:
                givers = [
                    r for r in group.movable
                    if r in plan.desks and plan.left[r, group.name] > 0 and plan.under(r) < 0
                ]  # fmt: skip
                if not givers:
                    break
                plan.move(order(plan, givers)[0], target, group)


def fullest_first(plan: Greedy, reps: list[str]) -> list[str]:
    return sorted(reps, key=lambda rep: (-plan.over(rep), rep))


def fullest_by_share_first(plan: Greedy, reps: list[str]) -> list[str]:
    return sorted(reps, key=lambda rep: (-plan.load[rep] / plan.desks[rep].capacity, rep))


def emptiest_need_last(plan: Greedy, reps: list[str]) -> list[str]:
    """Whoever is below their low bound takes first, so that one move mends two desks."""
    return sorted(reps, key=lambda rep: (plan.under(rep), -plan.over(rep), rep))


def by_name(plan: Greedy, reps: list[str]) -> list[str]:
    return sorted(reps)


ORDERS: tuple[Order, ...] = (fullest_first, fullest_by_share_first, emptiest_need_last, by_name)


def greedy(problem: Imbalance) -> list[Greedy]:
    """Every method there is: four orders, full desks first or empty ones, with overflow and without."""
    plans = list[Greedy]()
    for order, overflow, empty_first in product(ORDERS, (True, False), (True, False)):
        plan = Greedy(problem)
        if empty_first:
            fill(plan, order)
        relieve(plan, order, overflow=overflow)
        fill(plan, order)
        plans.append(plan)
    return plans


def best(plans: list[Greedy]) -> Greedy:
    return min(plans, key=lambda plan: (plan.short, plan.moves))


@pytest.mark.feature("DE11")
@pytest.mark.parametrize("seed", range(BOOKS))
def test_no_greedy_method_restores_as_much_with_fewer_moves(seed: int) -> None:
    problem = random_book(seed)
    started = perf_counter()
    plan = balanced(problem)
    assert perf_counter() - started <= 10
    assert faults(problem, plan) == () and plan.moves
    assert 0 <= plan.bound <= plan.moves and plan.short_bound <= plan.short
    assert plan.bound == plan.moves and plan.short_bound == plan.short
    other = best(greedy(problem))
    assert (plan.short, plan.moves) <= (other.short, other.moves)


@pytest.mark.feature("DE11")
def test_greedy_methods_are_worse_on_some_book() -> None:
    worse = 0
    for seed in range(BOOKS):
        problem = random_book(seed)
        plan, other = balanced(problem), best(greedy(problem))
        worse += (plan.short, plan.moves) < (other.short, other.moves)
    assert worse


# --- against every plan there is ------------------------------------------------------------------
def arcs(problem: Imbalance) -> list[Arc]:
    desks = {desk.rep: desk for desk in problem.desks}
    return [
        (source, target, group.name)
        for group in problem.groups
        for source in group.movable
        for target in (*group.members, *group.backup)
        if target != source and desks[target].takes
    ]


def tried_all(problem: Imbalance, most: int) -> tuple[int, int]:
    """(outside the bounds, moves) of the best of all plans that move at most `most` on each way."""
    desks, groups = {d.rep: d for d in problem.desks}, {g.name: g for g in problem.groups}
    ways, found = arcs(problem), list[tuple[int, int]]()
    for counts in product(range(most + 1), repeat=len(ways)):
        change, spilled = dict.fromkeys(desks, 0), dict.fromkeys(desks, 0)
        out: dict[tuple[str, str], int] = {}
        for (source, target, name), count in zip(ways, counts, strict=True):
            change[source] -= count
            (spilled if target in groups[name].backup else change)[target] += count
            out[source, name] = out.get((source, name), 0) + count
        if any(count > groups[name].movable[rep] for (rep, name), count in out.items()):
            continue
        outside = 0
        for rep, own in desks.items():
            over = own.load + change[rep] + spilled[rep] - own.high
            under = own.low - own.load - change[rep]
            if over > max(0, own.load - own.high) or under > max(0, own.low - own.load):
                break
            outside += max(0, over, under)
        else:
            found.append((outside, sum(counts)))
    return min(found)


def small_book(seed: int) -> Imbalance:
    chance = random.Random(seed)
    desks = [desk(rep, chance.choice((0, 1, 3, 8, 9, 10, 11, 12))) for rep in ("a", "b", "c", "d")]
    first = Group(name="pool:p", members=("a", "b", "c"), backup=("d",), movable={"a": 3, "b": 1})
    second = Group(name="pool:q", members=("b", "d"), movable={"b": 2})
    return Imbalance(desks=tuple(desks), groups=(first, second))


@pytest.mark.feature("DE11")
def test_on_small_books_no_plan_at_all_is_better() -> None:
    greedy_worse = 0
    for seed in range(25):
        problem = small_book(seed)
        plan = balanced(problem)
        assert (plan.short, plan.moves) == tried_all(problem, 3), seed
        assert (plan.short_bound, plan.bound) == (plan.short, plan.moves)
        others = greedy(problem)
        greedy_worse += any((plan.short, plan.moves) < (one.short, one.moves) for one in others)
    assert greedy_worse


def test_a_move_in_two_steps_is_found_where_no_single_step_helps() -> None:
    """The full desk's pool is at its bound; who is in two pools passes something on."""
    first = Group(name="pool:p", members=("a", "b"), movable={"a": 2})
    second = Group(name="pool:q", members=("b", "c"), movable={"b": 2})
    problem = Imbalance(desks=(desk("a", 11), desk("b", 9), desk("c", 5)), groups=(first, second))
    plan = balanced(problem)
    assert (plan.short, plan.moves, plan.bound) == (0, 4, 4)
    assert best(greedy(problem)).short == 2


def test_overflow_goes_to_the_backup_only_where_the_pool_has_no_room() -> None:
    group = Group(name="pool:p", members=("a", "b"), backup=("z",), movable={"a": 5})
    room = Imbalance(desks=(desk("a", 12), desk("b", 5), desk("z", 5)), groups=(group,))
    assert [flow.target for flow in balanced(room).flows] == ["b"]
    full = Imbalance(desks=(desk("a", 12), desk("b", 8), desk("z", 5)), groups=(group,))
    flows = [(flow.target, flow.count, flow.overflow) for flow in balanced(full).flows]
    assert flows == [("b", 1, False), ("z", 2, True)]


def test_a_backup_s_empty_desk_is_no_reason_to_overflow() -> None:
    group = Group(name="pool:p", members=("a", "b"), backup=("z",), movable={"a": 5})
    problem = Imbalance(desks=(desk("a", 8), desk("b", 5), desk("z", 0)), groups=(group,))
    plan = balanced(problem)
    assert (plan.moves, plan.short) == (0, 2)


def test_among_equally_short_plans_the_emptier_desk_takes() -> None:
    group = Group(name="pool:p", members=("a", "b", "c"), movable={"a": 5})
    problem = Imbalance(desks=(desk("a", 12), desk("b", 6), desk("c", 3)), groups=(group,))
    assert [(flow.target, flow.count) for flow in balanced(problem).flows] == [("c", 3)]


def test_nobody_absent_is_given_anything() -> None:
    group = Group(name="pool:p", members=("a", "b"), movable={"a": 5})
    away = desk("b", 3).model_copy(update={"takes": False})
    plan = balanced(Imbalance(desks=(desk("a", 12), away), groups=(group,)))
    assert (plan.flows, plan.short, plan.short_bound) == ((), 3, 3)


def test_the_same_book_gives_the_same_plan() -> None:
    assert balanced(random_book(3)) == balanced(random_book(3))


def test_nothing_to_move_is_a_plan_too() -> None:
    plan = balanced(Imbalance(desks=(desk("a", 12),), groups=()))
    assert (plan.moves, plan.bound, plan.short, plan.short_bound, plan.trouble) == (0, 0, 3, 3, "")


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    plan = balanced(random_book(1))
    assert (plan, 'pip install "revloops[plan]"' in MISSING) == (Plan(by="", trouble=MISSING), True)


# --- what is read -----------------------------------------------------------------------------------
@pytest.mark.feature("DE12")
def test_holdings_come_from_assignments_and_no_record_is_opened(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    said = list[str]()

    def note(*args: object) -> None:
        said.append(str(args[2]))

    event.listen(home.store.engine, "before_cursor_execute", note)
    with home.store.reading() as tx:
        found = read_holdings(tx, home.runtime.at())
        one = read_holding(tx, found[0].lead, home.runtime.at())
    closed = ("leads.doc", "leads.email", "leads.name", "accounts", "opportunities", "calls", "blobs")
    assert found and one and said
    assert not [(text, word) for text in said for word in closed if word in text]
    with home.store.reading() as tx:
        home.runtime.records(tx).lead(found[0].lead)
    assert [text for text in said if "leads.doc" in text]  # opening a record would have shown
    home.store.close()


@pytest.mark.feature("DE12")
def test_a_holding_says_how_it_was_assigned_and_what_became_of_it(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    now = datetime(2026, 12, 20, tzinfo=UTC)
    with home.store.transaction() as tx:
        before = {h.lead: h for h in read_holdings(tx, now)}
        pooled = next(h for h in before.values() if h.by == "pool")
        assert pooled.pool and pooled.territory and pooled.region and pooled.grade and not pooled.in_sequence
        day = "2026-12-01T00:00:00+00:00"
        mail = {"approval": "a-1", "n": 0, "lead": pooled.lead, "due_at": "", "changed_at": day}
        tx.conn.execute(t.mails.insert().values(**mail, state="sent"))
        again = read_holding(tx, pooled.lead, now)
        assert again and again.touched_at == datetime(2026, 12, 1, tzinfo=UTC) and not again.in_sequence
        approval = {
            "id": "a-1", "run": "r", "lead": pooled.lead, "subject": "s", "digest": "", "document": "",
            "approver": "", "role": "", "key_id": "", "signature": b"", "at": "",
            "expires_at": "2027-01-01T00:00:00+00:00",
        }  # fmt: skip
        tx.conn.execute(t.approvals.insert().values(**approval))
        waiting = {**mail, "n": 1, "state": "pending"}
        tx.conn.execute(t.mails.insert().values(**waiting))
        again = read_holding(tx, pooled.lead, now)
        assert again and again.in_sequence
        assert not (late := read_holding(tx, pooled.lead, now + timedelta(days=30))) or not late.in_sequence
        tx.conn.execute(update(t.leads).where(t.leads.c.id == pooled.lead).values(closed_at="2026-12-02"))
        assert read_holding(tx, pooled.lead, now) is None
    home.store.close()
