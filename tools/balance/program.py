"""The fewest moves as an integer program, solved to proven bounds by HiGHS, one aim after the other.

Leads of a group are alike, so a plan is how many of each group leave a desk and how many come to it: a few
hundred variables for hundreds of people, whatever the number of leads. Aims, each held while the next is
pursued: as little as possible outside the bounds; the fewest moves; the fewest to backup pools; the fullest
desk that is given something as empty as possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

import numpy as np

from loops.workload import Desk, Flow, Group, Imbalance, Plan

if TYPE_CHECKING:
    from highspy import Highs

SECONDS = 2.0
"""What each aim may take; what isn't proven by then shows as a bound below the figure."""
GAP = 0.5
"""Figures are whole: a bound less than one away, rounded up, is the figure."""
EVENNESS_GAP = 0.01
"""How far from the best the last aim may stay: it only chooses among equally short plans."""
SURE = 1e-6
FEASIBLE = 2
"""HiGHS's code of a solution that holds every row."""
MISSING = 'finding the fewest moves needs an extra: pip install "revloops[plan]"'
LATE = "no plan was found in the time there is for one: look again, or raise the bounds"
What = Literal["gives", "takes", "spills", "over", "under"]
"""A variable: leads of a group that leave a desk, that come to it, that come to it as a backup; outside."""
Key = tuple[What, str, str]
"""(what, rep, group); no group for `over` and `under`."""


def balanced(problem: Imbalance, seconds: float = SECONDS) -> Plan:
    """The fewest moves that bring desks between their bounds as far as any plan can.

    Args:
        problem: desks and groups; a rep without a desk neither gives nor takes.
        seconds: what each of the four aims may take.
    """
    try:
        from highspy import Highs
    except ImportError:
        return Plan(by="", trouble=MISSING)
    highs = Highs()
    by = f"HiGHS {highs.version()}"
    columns = dict(_columns(problem))
    outside = sum(_beyond(desk) for desk in problem.desks)
    if not any(what == "gives" for what, _, _ in columns):
        return Plan(by=by, short=outside, short_bound=outside)
    program = _Program(highs, tuple(columns), seconds)
    for key, most in columns.items():
        program.add(most, whole=key[0] not in ("over", "under"))
    for row in _rows(problem, frozenset(columns)):
        program.hold(*row)
    return _solved(program, problem, by)


def _solved(program: _Program, problem: Imbalance, by: str) -> Plan:
    """The aims in their order; each result is held before the next is pursued."""
    short = program.least({"over": 1, "under": 1})
    moves = program.least({"gives": 1})
    program.least({"spills": 1})
    program.level(problem)
    if short is None or moves is None:
        return Plan(by=by, trouble=LATE)
    flows = tuple(_flows(problem, program.found))
    count, left = sum(flow.count for flow in flows), _short(problem, flows)
    return Plan(
        by=by, flows=flows, moves=count, bound=min(count, moves), short=left, short_bound=min(left, short)
    )


def _beyond(desk: Desk, change: int = 0, spilled: int = 0) -> int:
    """Leads by which a desk lies outside its bounds; overflow that came to it makes it no less idle."""
    load = desk.load + change
    return max(0, load + spilled - desk.high, desk.low - load)


def _short(problem: Imbalance, flows: Iterable[Flow]) -> int:
    """The same for all desks together once the flows are done."""
    change, spilled = Counter[str](), Counter[str]()
    for flow in flows:
        change[flow.source] -= flow.count
        (spilled if flow.overflow else change)[flow.target] += flow.count
    return sum(_beyond(desk, change[desk.rep], spilled[desk.rep]) for desk in problem.desks)


# --- the model ------------------------------------------------------------------------------------
def _columns(problem: Imbalance) -> Iterator[tuple[Key, int]]:
    """Every variable with the most it may be; the least is 0."""
    desks = {desk.rep: desk for desk in problem.desks}
    for group in problem.groups:
        leads = sum(group.movable.values())
        for rep, most in group.movable.items():
            if rep in desks:
                yield ("gives", rep, group.name), most
        there = [desk.rep for desk in problem.desks if desk.takes]
        for rep in there:
            if rep in group.members:
                yield ("takes", rep, group.name), leads
            elif rep in group.backup:
                yield ("spills", rep, group.name), leads
    for desk in problem.desks:
        # nobody ends further outside their bounds than they are
        yield ("over", desk.rep, ""), max(0, desk.load - desk.high)
        yield ("under", desk.rep, ""), max(0, desk.low - desk.load)


def _rows(
    problem: Imbalance, known: frozenset[Key]
) -> Iterator[tuple[dict[Key, float], float, float]]:
    """(coefficients, least, most): what leaves a group's desks comes to some, and each desk's bounds."""
    changes: dict[str, dict[Key, float]] = {desk.rep: {} for desk in problem.desks}
    flows: dict[str, dict[Key, float]] = {group.name: {} for group in problem.groups}
    for key in known:
        what, rep, group = key
        if group:
            flows[group][key] = changes[rep][key] = -1 if what == "gives" else 1
    for row in flows.values():
        yield row, 0, 0
    for desk in problem.desks:
        change = changes[desk.rep]
        yield {**change, ("over", desk.rep, ""): -1}, -np.inf, desk.high - desk.load
        # overflow relieves a full pool; it isn't there to fill the desks of its backup
        own = {key: value for key, value in change.items() if key[0] != "spills"}
        yield {**own, ("under", desk.rep, ""): 1}, desk.low - desk.load, np.inf


@dataclass
class _Program:
    """A model in HiGHS by the names of its variables."""

    highs: Highs
    names: tuple[Key, ...]
    seconds: float

    def __post_init__(self) -> None:
        self.at = {name: n for n, name in enumerate(self.names)}
        self.found: dict[Key, int] = {}
        # the newest solution
        options = {"output_flag": False, "threads": 1, "time_limit": self.seconds, "mip_rel_gap": 0.0}
        for name, value in {**options, "mip_abs_gap": GAP}.items():
            self.highs.setOptionValue(name, value)

    def add(self, most: float, *, whole: bool) -> None:
        """The next variable."""
        from highspy import HighsVarType

        self.highs.addVar(0, most)
        if whole:
            self.highs.changeColIntegrality(self.highs.getNumCol() - 1, HighsVarType.kInteger)

    def hold(self, row: Mapping[Key, float], least: float, most: float) -> None:
        """A row: least ≤ Σ coefficient × variable ≤ most."""
        pairs = sorted((self.at[name], value) for name, value in row.items())
        columns = np.array([n for n, _ in pairs], dtype=np.int32)
        self.highs.addRow(least, most, len(pairs), columns, np.array([v for _, v in pairs], dtype=np.float64))

    def least(self, aim: Mapping[What, float]) -> int | None:
        """A proven lower bound on the aim, which is held at the best found; None where nothing was found."""
        row = {name: aim[name[0]] for name in self.names if name[0] in aim}
        best = self._run({self.at[name]: cost for name, cost in row.items()})
        if best is None:
            return None
        bound = self.highs.getInfo().mip_dual_bound  # read first: a new row clears it
        self.hold(row, -np.inf, round(best))
        return max(0, ceil(bound - SURE)) if np.isfinite(bound) else 0

    def level(self, problem: Imbalance) -> None:
        """Among equally short plans one whose fullest taker is as empty as possible."""
        takers = {name[1] for name in self.names if name[0] in ("takes", "spills")}
        self.highs.addVar(0, np.inf)
        fullest = self.highs.getNumCol() - 1
        for desk in problem.desks:
            if desk.rep in takers and desk.load < desk.high:
                own = [name for name in self.names if name[1] == desk.rep and name[2]]
                pairs = sorted((self.at[name], -1.0 if name[0] == "gives" else 1.0) for name in own)
                columns = np.array([*(n for n, _ in pairs), fullest], dtype=np.int32)
                values = np.array([*(v for _, v in pairs), -desk.capacity], dtype=np.float64)
                self.highs.addRow(-np.inf, -desk.load, len(columns), columns, values)
        self.highs.setOptionValue("mip_rel_gap", EVENNESS_GAP)
        self._run({fullest: 1.0})

    def _run(self, costs: Mapping[int, float]) -> float | None:
        """The least cost found, whose variables are kept; None, keeping the earlier ones, where none was."""
        count = self.highs.getNumCol()
        every = np.zeros(count, dtype=np.float64)
        every[list(costs)] = list(costs.values())
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), every)
        self.highs.run()
        info = self.highs.getInfo()
        if info.primal_solution_status != FEASIBLE or not np.isfinite(info.objective_function_value):
            return None
        values = self.highs.getSolution().col_value
        self.found = {name: round(values[n]) for name, n in self.at.items()}
        return info.objective_function_value


# --- from totals to flows -------------------------------------------------------------------------
def _flows(problem: Imbalance, found: Mapping[Key, int]) -> Iterator[Flow]:
    """Who gives how many to whom: within a group every pairing is as good, so in the order of names."""
    for group in problem.groups:
        yield from _paired(group, found)


def _paired(group: Group, found: Mapping[Key, int]) -> Iterator[Flow]:
    given = {rep: found.get(("gives", rep, group.name), 0) for rep in sorted(group.movable)}
    taken = [(rep, False, found.get(("takes", rep, group.name), 0)) for rep in sorted(group.members)]
    taken += [(rep, True, found.get(("spills", rep, group.name), 0)) for rep in sorted(group.backup)]
    left: list[tuple[str, bool, int]] = []
    for rep, overflow, count in taken:
        own = min(count, given.get(rep, 0))  # to themselves: no move
        given[rep] = given.get(rep, 0) - own
        left.append((rep, overflow, count - own))
    waiting = iter((rep, count) for rep, count in given.items() if count)
    source, stock = next(waiting, ("", 0))
    for rep, overflow, count in left:
        while count and stock:
            moved = min(count, stock)
            yield Flow(source=source, target=rep, group=group.name, count=moved, overflow=overflow)
            count, stock = count - moved, stock - moved
            if not stock:
                source, stock = next(waiting, ("", 0))
