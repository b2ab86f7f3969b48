"""Route over many past inputs at once: the answers of `decide`, as if their leads came in now, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heapreplace

import numpy as np
from numpy.typing import NDArray

from loops.columns import Attribute, Column, Columns, Rows
from loops.compiled import NONE, Matched, matched
from loops.decision import Answer, Event
from loops.route.config import ATTRIBUTES, RouteConfig
from loops.route.inputs import TRIAGE, RouteInput, attributes, led
from loops.route.logic import AGENT, NOT_OURS, OPS
from loops.rules import Rule, first_match
from loops.simulate import END, GRADE, OWNER, RULE, SCORE, Bulk, Floor, Stands

CLOSED = "closed"
CLAIMS = ("open_deal", "account_owner", "earlier_lead")
"""In the order in which they count."""
TAKEN = ("grade", "score", "employees", "industry")
"""What Qualify decides of it."""
MATCHED = "matched"
SUPPRESSED, ASSIGNED, ASKS_AGENT, ASKS_OPS = range(4)
ENDS = ("suppressed", "assigned", f"asks {AGENT}", f"asks {OPS}")
"""By those numbers; queues follow."""
BITS = 20
ONE, RANK = 1 << BITS, (1 << BITS) - 1
"""A desk is one number, its load above the rank of its rep: the lowest has the least to do, ties by id."""
NOBODY = -1
Places = NDArray[np.int32]


def facts(input: RouteInput, answers: tuple[Answer, ...]) -> Mapping[str, Attribute]:
    """What rules may ask for, who could claim it, and whether it is closed before any of that."""
    match, status = input.match, input.match.account.status if input.match else None
    closed = bool(input.suppression) or (status or "") in NOT_OURS
    return {
        **attributes(input.lead, input.qualified, input.territory, status),
        CLOSED: 1 if closed else None,
        "open_deal": match.open_deal_owner if match else None,
        "account_owner": match.account.owner if match else None,
        "earlier_lead": input.earlier.owner if input.earlier else None,
    }


def renewed(input: RouteInput, floor: Floor, config: RouteConfig) -> RouteInput:
    """The input as if the lead came in now: nobody's and untouched, with the desks as they are."""
    lead = input.lead.model_copy(update={"touched_at": None})
    return led(input.model_copy(update={"lead": lead, "current_owner": None}), floor, config)


def follows(input: RouteInput, event: Event) -> RouteInput:
    """The input as if the lead had been graded so; its company stands."""
    again = {name: getattr(event, name) for name in (*TAKEN, "lifts")}
    return input.model_copy(update={"qualified": input.qualified.model_copy(update=again)})


def stands(columns: Columns, config: RouteConfig, floor: Floor, like: Stands | None = None) -> Stands:
    """Where each of them ends, taken in their order.

    Args:
        columns: what `facts` says of each.
        config: decides.
        floor: the desks before the first of them; left as they are.
        like: where the same records end under another config: what both have in common isn't matched again.
    """
    known = like.notes.get(MATCHED) if like else None
    fits = rematched(known, config.rules, columns) if isinstance(known, Matched) else None
    fits = fits or matched(config.rules, columns)
    return seated(columns, config, floor, fits)


def rematched(known: Matched, rules: tuple[Rule, ...], columns: Columns) -> Matched | None:
    """What matches, from what matched under rules that differ a little; None where they differ more."""
    if known.columns is not columns or len(known.rules) != len(rules):
        return None
    other = [at for at, pair in enumerate(zip(known.rules, rules, strict=True)) if pair[0] != pair[1]]
    if len(other) > max(1, len(rules) // 4):
        return None
    for at in other:
        known = known.with_rule(at, rules[at])
    return known


def seated(columns: Columns, config: RouteConfig, floor: Floor, fits: Matched) -> Stands:
    """Where each ends whose rules are matched: claims go first, then questions, then the rules' owners."""
    desks = _Desks.of(floor)
    by, claimant = _claimed(columns, desks)
    first = np.where(fits.unsettled(config.ask_when_unknown), ASKED, fits.first)
    closed = columns[CLOSED].lookup(lambda value: value is not None, np.bool_)[columns[CLOSED].codes]
    plan = _Plan.of(config.rules, desks)
    # each record as the place of its way among: closed, asked, no rule, each rule
    way = np.where(closed | (by != NOBODY), 0, first - ASKED + 1)
    end, rule = plan.ends[way], plan.ruled[way]
    job = np.where(closed, NOBODY, np.where(by != NOBODY, claimant, plan.jobs[way]))
    claimed = ~closed & (by != NOBODY)
    end = np.where(claimed, ASSIGNED, end)
    rule = np.where(claimed, by + 1, rule)
    owner, loads = desks.seat(job)
    empty = (job != NOBODY) & (owner == NOBODY)
    end, rule = np.where(empty, ASKS_OPS, end), np.where(empty, 0, rule)
    ends = {
        END: Column(end.astype(np.uint32), plan.words),
        OWNER: Column((owner + 1).astype(np.uint32), (None, *desks.reps)),
        RULE: _named(rule, (None, *CLAIMS, *(one.name for one in config.rules))),
        GRADE: columns["grade"],
        SCORE: columns["score"],
    }
    return Stands(Columns(columns.size, ends), {**floor.loads, **loads}, {MATCHED: fits})


ASKED = NONE - 1
"""In the place of a rule: an attribute that isn't known is a question."""


def _named(codes: Places, names: tuple[str | None, ...]) -> Column:
    """The column of those names; one that is there twice has one code."""
    places: dict[Attribute, int] = {}
    once = np.array([places.setdefault(name, len(places)) for name in names], dtype=np.uint32)
    return Column(once[codes], tuple(places))


def _claimed(columns: Columns, desks: "_Desks") -> tuple[Places, Places]:
    """For each the claim that gives it to somebody who is there, and that somebody; NOBODY for neither."""
    by = np.full(columns.size, NOBODY, dtype=np.int32)
    claimant = by.copy()
    for at, name in enumerate(CLAIMS):
        column = columns[name]
        there = column.lookup(desks.there, np.int32)[column.codes]
        new = (by == NOBODY) & (there != NOBODY)
        by[new], claimant[new] = at, there[new]
    return by, claimant


@dataclass(frozen=True)
class _Plan:
    """What each way leads to: closed, asked, no rule, then each rule."""

    words: tuple[str, ...]
    # every end
    ends: Places
    # as its place in `words`
    ruled: Places
    # the rule that it is decided by, counted behind the claims; 0: none
    jobs: Places
    # what is done at the desks, as `_Desks.seat` has it; NOBODY: nothing

    @staticmethod
    def of(rules: Sequence[Rule], desks: "_Desks") -> "_Plan":
        words = list(ENDS)
        ways = [(SUPPRESSED, 0, NOBODY), (ASKS_AGENT, 0, NOBODY), (ASKS_OPS, 0, NOBODY)]
        for at, rule in enumerate(rules):
            kind, _, name = rule.owner.partition(":")
            job = desks.job(kind, name)
            if kind == "queue" and rule.owner != TRIAGE:
                words += [] if name in words[len(ENDS) :] else [name]
                ways.append((words.index(name, len(ENDS)), at + 1 + len(CLAIMS), NOBODY))
            elif job == NOBODY:
                ways.append((ASKS_OPS, 0, NOBODY))
            else:
                ways.append((ASSIGNED, at + 1 + len(CLAIMS), job))
        table = np.array(ways, dtype=np.int32)
        return _Plan(tuple(words), table[:, 0], table[:, 1], table[:, 2])


@dataclass(frozen=True)
class _Desks:
    """Everybody's desk as a number, and the pools as heaps of those who are there."""

    reps: tuple[str, ...]
    # by id: a rep's place is their rank
    places: Mapping[str, int]
    away: frozenset[str]
    loads: tuple[int, ...]
    capacity: tuple[int, ...]
    pools: Mapping[str, tuple[int, ...]]
    # pool → the reps there who could take something today
    chains: tuple[tuple[str, ...], ...]
    # each pool with its backups, in the order of the scenario

    @staticmethod
    def of(floor: Floor) -> "_Desks":
        reps = tuple(sorted(floor.roster))
        places = {rep: place for place, rep in enumerate(reps)}
        known = {pool.id: pool for pool in floor.scenario.pools}
        here = {rep: place for rep, place in places.items() if rep not in floor.away}
        chains = list[tuple[str, ...]]()
        for pool in known:
            chain, next_one = list[str](), known.get(pool)
            while next_one and next_one.id not in chain:
                chain.append(next_one.id)
                next_one = known.get(next_one.backup or "")
            chains.append(tuple(chain))
        return _Desks(
            reps,
            places,
            frozenset(floor.away),
            tuple(floor.loads.get(rep, 0) for rep in reps),
            tuple(floor.roster[rep].capacity for rep in reps),
            {id: tuple(sorted({here[m] for m in pool.members if m in here})) for id, pool in known.items()},
            tuple(chains),
        )

    def there(self, rep: Attribute) -> int:
        """The place of somebody who is there, however full their desk; else NOBODY."""
        return NOBODY if rep is None or rep in self.away else self.places.get(str(rep), NOBODY)

    def job(self, kind: str, name: str) -> int:
        """What a rule's owner has done at the desks: one of three ranges (claim, rep, pool); or NOBODY."""
        if kind == "pool":
            at = next((at for at, chain in enumerate(self.chains) if chain[0] == name), None)
            return NOBODY if at is None else 2 * len(self.reps) + at
        place = self.there(name) if kind == "rep" else NOBODY
        return NOBODY if place == NOBODY else len(self.reps) + place

    def seat(self, jobs: Places) -> tuple[Places, dict[str, int]]:
        """To whom each job gives its record, in their order (NOBODY: they are all full); and the loads then.

        Loads only ever grow here: a heap's entry that is out of date is too low, so that it comes up in time
        to be put right, and whoever is full stays full.
        """
        rows: Rows = np.flatnonzero(jobs != NOBODY)
        keys = [load << BITS | rank for rank, load in enumerate(self.loads)]
        brims = [most << BITS for most in self.capacity]
        people = len(keys)
        heaps = {id: sorted(keys[place] for place in members) for id, members in self.pools.items()}
        work: list[int] = jobs[rows].tolist()
        chains = [[heaps[id] for id in chain] for chain in self.chains]
        given = [
            _claim(keys, job) if job < people
            else _one(keys, brims, job - people) if job < 2 * people
            else _least(keys, brims, chains[job - 2 * people])
            for job in work
        ]  # fmt: skip
        owners = np.full(len(jobs), NOBODY, dtype=np.int32)
        owners[rows] = given
        return owners, {rep: key >> BITS for rep, key in zip(self.reps, keys, strict=True)}


def _claim(keys: list[int], place: int) -> int:
    keys[place] += ONE
    return place


def _one(keys: list[int], brims: list[int], place: int) -> int:
    if keys[place] >= brims[place]:
        return NOBODY
    keys[place] += ONE
    return place


def _least(keys: list[int], brims: list[int], chain: Sequence[list[int]]) -> int:
    """Who of the first pool where anybody can take one has the least to do."""
    for heap in chain:
        while heap:
            key = heap[0]
            place = key & RANK
            now = keys[place]
            if now >= brims[place]:
                heappop(heap)
            elif now == key:
                keys[place] = now = now + ONE
                heapreplace(heap, now)
                return place
            else:
                heapreplace(heap, now)
    return NOBODY


def told(row: Mapping[str, Attribute], before: RouteConfig, after: RouteConfig) -> str:
    """Why it ends otherwise: the rule that matches now, and what of it didn't before; or what became open."""
    was, now = first_match(before.rules, row), first_match(after.rules, row)
    asked = [name for name in now.unsettled if name in after.ask_when_unknown]
    if now.rule is None or asked:
        return f"Not known: {', '.join(asked)}." if asked else "No rule takes it."
    if was.rule and was.rule.name != now.rule.name:
        missed = {miss.rule: miss.words() for miss in (*was.misses, *now.misses)}
        why = missed.get(now.rule.name) or missed.get(was.rule.name)
        tail = f" ({why})" if why else ""
        return f"Rule {now.rule.name} takes it to {now.rule.owner} instead of {was.rule.name}{tail}."
    if was.rule and was.rule.owner != now.rule.owner:
        return f"Rule {now.rule.name} leads to {now.rule.owner} instead of {was.rule.owner}."
    return f"Rule {now.rule.name} matches as before, to {now.rule.owner}; what lies on the desks differs."


BULK = Bulk(
    names=(*sorted(ATTRIBUTES), CLOSED, *CLAIMS),
    facts=facts,
    stands=stands,
    renewed=renewed,
    told=told,
    follows=follows,
    takes=TAKEN,
)
__all__ = ["BULK", "facts", "rematched", "seated", "stands"]
