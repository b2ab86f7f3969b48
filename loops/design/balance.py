"""Workload from what was assigned: desks outside their bounds, what may move, which regions could go."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil, floor

from loops.design.config import Balance
from loops.design.outputs import Finding, Move, Split
from loops.money import exact
from loops.records import Member
from loops.scenario import Pool, Rep, Scenario
from loops.workload import Desk, Group, Holding, Imbalance, Plan

GONE = "departed"
TAKES = (None, "full")
"""Who is there; whether they can take more is a matter of their bound."""


@dataclass(frozen=True)
class Book:
    """Everybody's desk at an instant, and what may be moved from it."""

    at: datetime
    scenario: Scenario
    rules: Balance
    members: Mapping[str, Member]
    # rep → load and availability; whoever isn't in it has no desk
    holdings: tuple[Holding, ...]
    # every open lead that a rep holds, in any order

    @cached_property
    def by_rep(self) -> Mapping[str, tuple[Holding, ...]]:
        """Rep → their leads, what has waited longest first."""
        found: dict[str, list[Holding]] = defaultdict(list)
        for holding in self.holdings:
            found[holding.owner].append(holding)
        return {rep: tuple(sorted(mine, key=lambda h: (since(h), h.lead))) for rep, mine in found.items()}

    @cached_property
    def roles(self) -> Mapping[str, Rep]:
        """Rep → their row in the roster."""
        return {rep.id: rep for rep in self.scenario.roster}

    @cached_property
    def pools(self) -> Mapping[str, Pool]:
        """Pool → its row."""
        return {pool.id: pool for pool in self.scenario.pools}

    def gone(self, rep: str) -> bool:
        """Whether they have left us."""
        return self.members[rep].unavailable == GONE

    def group(self, holding: Holding) -> str | None:
        """Among whom the lead may go: its pool, else its territory and its owner's role; None: it stays."""
        if holding.pool in self.pools:
            return f"pool:{holding.pool}"
        rep = self.roles.get(holding.owner)
        return f"territory:{holding.territory}/{rep.role}" if holding.territory and rep else None

    def stale(self, rep: str) -> tuple[Holding, ...]:
        """Their leads with which nothing has happened for too long, the longest first."""
        limit = self.at - timedelta(days=self.rules.stale_days)
        return tuple(holding for holding in self.by_rep.get(rep, ()) if since(holding) <= limit)

    def movable(self, rep: str) -> tuple[Holding, ...]:
        """Their leads that continuity lets go; of somebody who left, all but those in a sequence."""
        mine = (h for h in self.by_rep.get(rep, ()) if not h.in_sequence and self.group(h))
        return tuple(h for h in mine if self.gone(rep) or self._settled(h))

    def _settled(self, holding: Holding) -> bool:
        """Whether nobody's work is torn by giving it to somebody else."""
        touched, rules = holding.touched_at, self.rules
        return (
            holding.by not in rules.stays
            and holding.assigned_at <= self.at - timedelta(days=rules.settle_days)
            and (touched is None or touched <= self.at - timedelta(days=rules.continuity_days))
        )


def since(holding: Holding) -> datetime:
    """When anything last happened with it: the last touch, else the assignment."""
    return max(holding.assigned_at, holding.touched_at) if holding.touched_at else holding.assigned_at


# --- desks and groups -----------------------------------------------------------------------------
def imbalance(book: Book) -> Imbalance:
    """Every desk with its bounds and every group with what may move in it, each by name."""
    piles: dict[str, Counter[str]] = defaultdict(Counter)
    for rep in book.members:
        for holding in book.movable(rep):
            piles[book.group(holding) or ""][rep] += 1
    groups = tuple(_group(book, name, piles[name]) for name in sorted(piles))
    pooled = {rep for pool in book.scenario.pools for rep in pool.members}
    owners = {rep for pile in piles.values() for rep in pile} | set(book.by_rep)
    reps = sorted((pooled | owners | {m for g in groups for m in g.members}) & set(book.members))
    return Imbalance(desks=tuple(_desk(book, rep, rep in pooled) for rep in reps), groups=groups)


def _group(book: Book, name: str, pile: Counter[str]) -> Group:
    kind, _, id = name.partition(":")
    if kind == "pool":
        members = book.pools[id].members
        spare = _spare(book, id) if book.rules.overflow else ()
        backup = tuple(dict.fromkeys(rep for rep in spare if rep not in members))
    else:
        territory, _, role = id.partition("/")
        roster = book.scenario.roster
        members = tuple(rep.id for rep in roster if (rep.territory, rep.role) == (territory, role))
        backup = ()
    return Group(name=name, members=members, backup=backup, movable=dict(sorted(pile.items())))


def _spare(book: Book, pool: str) -> Iterator[str]:
    """The members of the pool's backup, of its backup, and so on."""
    seen, now = {pool}, book.pools.get(book.pools[pool].backup or "")
    while now and now.id not in seen:
        yield from now.members
        seen.add(now.id)
        now = book.pools.get(now.backup or "")


def _desk(book: Book, rep: str, pooled: bool) -> Desk:
    member, rules = book.members[rep], book.rules
    if book.gone(rep):
        movable = len(book.movable(rep))
        return Desk(rep=rep, load=movable, low=0, high=0, capacity=0, takes=False)
    capacity, load = book.roles[rep].capacity, member.load
    high, low = floor(exact(rules.high_share) * capacity), ceil(exact(rules.low_share) * capacity)
    low = min(low, high)  # a desk so small that the two cross
    if load > high and len(book.stale(rep)) < rules.stale_at_least:
        high = load  # they cope: nothing has to go, and nothing is added
    takes = member.unavailable in TAKES
    return Desk(
        rep=rep, load=load, low=low if takes and pooled else 0, high=high, capacity=capacity, takes=takes
    )


def findings(book: Book, problem: Imbalance) -> tuple[Finding, ...]:
    """Desks outside their bounds: overloaded, left, idle; in each the furthest from its bound first."""
    found = [_finding(book, desk) for desk in problem.desks if not desk.low <= desk.load <= desk.high]
    order = ("overloaded", "left", "idle")
    return tuple(
        sorted(found, key=lambda f: (order.index(f.state), -max(f.load - f.high, f.low - f.load), f.rep))
    )


def _finding(book: Book, desk: Desk) -> Finding:
    stale, movable = book.stale(desk.rep), book.movable(desk.rep)
    state = "left" if book.gone(desk.rep) else "overloaded" if desk.load > desk.high else "idle"
    mine = book.by_rep.get(desk.rep, ())
    return Finding(
        rep=desk.rep,
        state=state,
        load=len(mine) if state == "left" else desk.load,
        capacity=desk.capacity,
        low=desk.low,
        high=desk.high,
        stale=len(stale),
        oldest_days=(book.at - since(stale[0])).days if stale else 0,
        movable=len(movable),
        groups=tuple(sorted({group for holding in mine if (group := book.group(holding))})),
    )


# --- a plan, checked and made moves ---------------------------------------------------------------
def after(problem: Imbalance, plan: Plan) -> dict[str, int]:
    """Rep → load once the plan is carried out."""
    loads = {desk.rep: desk.load for desk in problem.desks}
    for flow in plan.flows:
        loads[flow.source] -= flow.count
        loads[flow.target] += flow.count
    return loads


def faults(problem: Imbalance, plan: Plan) -> tuple[str, ...]:
    """Where a plan breaks a rule, whoever made it; empty for a sound one."""
    desks = {desk.rep: desk for desk in problem.desks}
    groups = {group.name: group for group in problem.groups}
    out: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for flow in plan.flows:
        group, target = groups.get(flow.group), desks.get(flow.target)
        allowed = group and (group.backup if flow.overflow else group.members)
        if not allowed or target is None or flow.target not in allowed or not target.takes:
            wrong.append(f"{flow.target} may take nothing of {flow.group}")
            return tuple(wrong)
        out[flow.source, flow.group] += flow.count
    wrong += [
        f"{rep} has fewer than {count} of {name} to give"
        for (rep, name), count in out.items()
        if count > groups[name].movable.get(rep, 0)
    ]
    loads = after(problem, plan)
    given, taken = {flow.source for flow in plan.flows}, {flow.target for flow in plan.flows}
    wrong += [f"{rep} would be above {desks[rep].high}" for rep in taken
              if loads[rep] > max(desks[rep].high, desks[rep].load)]
    wrong += [f"{rep} would be below {desks[rep].low}" for rep in given
              if loads[rep] < min(desks[rep].low, desks[rep].load)]
    if sum(flow.count for flow in plan.flows) != plan.moves or plan.bound > plan.moves:
        wrong.append("its figures don't add up")
    return tuple(wrong)


def moves(book: Book, plan: Plan) -> tuple[Move, ...]:
    """The leads that go, by flow; of what may go, what has waited longest goes first."""
    waiting: dict[tuple[str, str], Iterator[Holding]] = {}
    found: list[Move] = []
    for flow in plan.flows:
        key = (flow.source, flow.group)
        pile = waiting.setdefault(key, _of_group(book, *key))
        for _, holding in zip(range(flow.count), pile, strict=False):
            found.append(Move(holding=holding, to=flow.target, group=flow.group, overflow=flow.overflow))
    return tuple(found)


def _of_group(book: Book, rep: str, group: str) -> Iterator[Holding]:
    return (holding for holding in book.movable(rep) if book.group(holding) == group)


# --- splits ---------------------------------------------------------------------------------------
def splits(book: Book, problem: Imbalance, plan: Plan) -> tuple[Split, ...]:
    """For each territory whose desks stay too full: the fewest regions that carry the excess away."""
    loads = after(problem, plan)
    over: Counter[str] = Counter()
    regions: dict[str, Counter[str]] = defaultdict(Counter)
    homes: dict[str, set[str]] = defaultdict(set)
    for desk in problem.desks:
        excess = loads[desk.rep] - desk.high
        mine = [h for h in book.by_rep.get(desk.rep, ()) if h.territory and h.region]
        if excess <= 0 or not mine or book.gone(desk.rep):
            continue
        most = max(Counter(str(h.territory) for h in mine).items(), key=lambda pair: (pair[1], pair[0]))[0]
        over[most] += excess
        regions[most].update(str(h.region) for h in mine if h.territory == most)
        homes[most].update(pool.id for pool in book.scenario.pools if desk.rep in pool.members)
    room = _room(book, problem, loads)
    found = (_split(name, over[name], regions[name], room, homes[name]) for name in sorted(over))
    return tuple(split for split in found if split)


def _split(name: str, over: int, regions: Counter[str], room: Counter[str], homes: set[str]) -> Split | None:
    going, leads = list[str](), 0
    ranked = sorted(regions.items(), key=lambda pair: (-pair[1], pair[0]))
    for region, count in ranked[:-1]:
        if leads >= over:
            break
        going.append(region)
        leads += count
    if leads < over:
        return None
    free = sorted((-count, pool) for pool, count in room.items() if count >= leads and pool not in homes)
    return Split(
        territory=name,
        regions=tuple(going),
        leads=leads,
        of=sum(regions.values()),
        over=over,
        to=free[0][1] if free else "",
    )


def _room(book: Book, problem: Imbalance, loads: Mapping[str, int]) -> Counter[str]:
    """Pool → leads its people could still take."""
    free = {desk.rep: max(0, desk.high - loads[desk.rep]) for desk in problem.desks if desk.takes}
    return Counter({pool.id: _sum(free, pool.members) for pool in book.scenario.pools})


def _sum(free: Mapping[str, int], reps: Iterable[str]) -> int:
    return sum(free.get(rep, 0) for rep in reps)
