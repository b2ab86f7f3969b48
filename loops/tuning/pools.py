"""Rules that send a segment to a pool from which people then move it to another one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loops.columns import Columns
from loops.compiled import matched
from loops.history import History
from loops.intervals import Measured, share
from loops.proposal import Edit, Guardrail
from loops.rules import Condition, Rule
from loops.tuning.settings import Tuning
from loops.tuning.trial import guardrail, segments

ATTRIBUTES = ("territory", "country", "source", "industry", "seniority", "grade")
"""By which a segment is told."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rerouting:
    """A segment of a rule's leads that ends in another pool."""

    id: str
    title: str
    says: str
    edits: tuple[Edit, ...]
    rule: Rule
    # as it would be: the rule itself, or a new one before it
    at: int
    # the place of the rule that sends them now
    pool: str
    # where its leads end
    segment: tuple[tuple[str, str], ...]
    gain: float
    # leads that wouldn't have to be moved, less those that then would


@dataclass(frozen=True)
class RouteTrial:
    """How a rerouting does on later leads."""

    leads: int
    # of the segment, sent by the rule
    moved: Measured | None
    # share that people moved to another pool
    stays: Measured | None
    # share that ended where the new rule would send it
    refused: str
    guardrails: tuple[Guardrail, ...] = ()
    # shares that stay where they were sent, before and after

    @property
    def passes(self) -> bool:
        """Whether it may be proposed."""
        return not self.refused


def reroutings(
    rules: tuple[Rule, ...], pools: Mapping[str, tuple[str, ...]], history: History, tuning: Tuning
) -> tuple[Rerouting, ...]:
    """The segments of which more than half end in one other pool, the one that spares the most moves first.

    Args:
        rules: as they are configured.
        pools: pool → its members.
        history: leads of the earlier part, with whom they went to first and who had them in the end.
        tuning: the bounds.
    """
    first, sent = matched(rules, history.known).first, _sent(rules, pools, history)
    found: list[Rerouting] = []
    for at, rule in enumerate(rules):
        kind, _, pool = rule.owner.partition(":")
        of = sent & (first == at)
        if kind == "pool" and of.any():
            for target in sorted(set(pools) - {pool}):
                ended = _ended(history, pools[target]) & of
                found += _of_rule(rules, at, target, of, ended, history.known, tuning)
    return tuple(sorted(found, key=lambda one: (-one.gain, one.id)))


def _sent(rules: Sequence[Rule], pools: Mapping[str, tuple[str, ...]], history: History) -> Flags:
    """Whether a lead went first to the pool that its rule names."""
    first = matched(tuple(rules), history.known).first
    found = np.zeros(len(history), dtype=bool)
    for at, rule in enumerate(rules):
        kind, _, pool = rule.owner.partition(":")
        if kind == "pool":
            members = frozenset(pools.get(pool, ()))
            found |= (first == at) & _is_of(history, "first_owner", members)
    return found


def _ended(history: History, members: tuple[str, ...]) -> Flags:
    return _is_of(history, "owner", frozenset(members))


def _is_of(history: History, which: str, members: frozenset[str]) -> Flags:
    column = history.owner if which == "owner" else history.first_owner
    return column.lookup(lambda owner: owner in members, np.bool_)[column.codes]


def _of_rule(
    rules: tuple[Rule, ...],
    at: int,
    target: str,
    of: Flags,
    ended: Flags,
    known: Columns,
    tuning: Tuning,
) -> Iterator[Rerouting]:
    """The best segment of a rule that ends in `target`, where there is one."""
    best: tuple[int, int, tuple[tuple[str, str], ...], Flags] | None = None
    for segment, flags in _segments(of, known):
        leads, moved = int(flags.sum()), int((ended & flags).sum())
        spared = 2 * moved - leads
        if leads >= tuning.min_segment and spared > 0 and (best is None or (spared, leads) > best[:2]):
            best = (spared, leads, segment, flags)
    if best is None:
        return
    spared, leads, segment, flags = best
    moved = int((ended & flags).sum())
    rule = rules[at]
    named = " and ".join(f"{name} {value}" for name, value in segment) or "its leads"
    new, edits = _rule(rules, at, target, segment)
    yield Rerouting(
        id=f"reroute:{rule.name}:{named}:{target}".replace(" ", "_"),
        title=f"Send {named} of rule {rule.name} to pool {target}",
        says=f"People moved {moved} of {leads} such leads from {rule.owner} to pool:{target}.",
        edits=edits,
        rule=new,
        at=at,
        pool=target,
        segment=segment,
        gain=float(spared),
    )


def _segments(of: Flags, known: Columns) -> Iterator[tuple[tuple[tuple[str, str], ...], Flags]]:
    yield (), of
    for name in ATTRIBUTES:
        column = known.columns.get(name)
        for code, value in enumerate(column.values) if column is not None else ():
            if value is not None and column is not None:
                yield ((name, str(value)),), of & (column.codes == code)


def _rule(
    rules: tuple[Rule, ...], at: int, target: str, segment: tuple[tuple[str, str], ...]
) -> tuple[Rule, tuple[Edit, ...]]:
    """The rule as it would be, and the edits that make it so."""
    rule, owner = rules[at], f"pool:{target}"
    if not segment:
        return rule.model_copy(update={"owner": owner}), (Edit(path=("rules", at, "owner"), value=owner),)
    when = {**rule.when, **{name: Condition(any_of=(value,)) for name, value in segment}}
    name = f"{rule.name}, {' '.join(value for _, value in segment)}"
    taken = {one.name for one in rules}
    while name in taken:
        name += " again"
    new = Rule(name=name, when=when, owner=owner)
    told = {key: condition.model_dump(exclude_defaults=True, mode="json") for key, condition in when.items()}
    short = {key: value["any_of"] if set(value) == {"any_of"} else value for key, value in told.items()}
    return new, (
        Edit(op="insert", path=("rules", at), value={"name": name, "when": short, "owner": owner}),
    )


def tried(
    rules: tuple[Rule, ...],
    pools: Mapping[str, tuple[str, ...]],
    change: Rerouting,
    late: History,
    tuning: Tuning,
) -> RouteTrial:
    """The segment's later leads: where they went first, and where they ended."""
    first = matched(rules, late.known).first
    column = late.known.columns
    of = _sent(rules, pools, late) & (first == change.at)
    for name, value in change.segment:
        of &= column[name].lookup(lambda one, value=value: str(one) == value, np.bool_)[column[name].codes]
    leads = int(of.sum())
    here = frozenset(pools[rules[change.at].owner.partition(":")[2]])
    left, ended = ~_is_of(late, "owner", here), _ended(late, pools[change.pool])
    moved, stays = share(int((of & left).sum()), leads), share(int((of & ended).sum()), leads)
    guards = tuple(_guardrails(of, left, ended, late, tuning))
    broken = next((guard for guard in guards if not guard.holds), None)
    refused = ""
    if stays is None or leads < tuning.min_segment:
        refused = f"only {leads} later leads are of it, {tuning.min_segment} are needed"
    elif stays.low <= 0.5:  # else it would only turn the moves around
        refused = f"of {leads} later leads {stays.value:.0%} end there, not surely more than half"
    elif broken:
        refused = f"leads with {broken.segment} would stay where they are sent less often"
    return RouteTrial(leads, moved, stays, refused, guards)


def _guardrails(of: Flags, left: Flags, ended: Flags, late: History, tuning: Tuning) -> Iterator[Guardrail]:
    """The rerouted leads by segment: which share stays where it is sent, before and after."""
    for named, flags in segments(late):
        here = of & flags
        leads = int(here.sum())
        before, after = share(int((here & ~left).sum()), leads), share(int((here & ended).sum()), leads)
        if leads < tuning.min_segment or before is None or after is None:
            continue
        fails = after.value < before.value - tuning.guardrail and after.high < before.low
        yield guardrail(named, before, after, tuning, fails=fails)
