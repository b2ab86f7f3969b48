"""What models cost, by loop, specialist, prompt, model, rep or approved sequence.

A call costs what stands in its row; one whose model had no price then is priced by today's list, where that
has one for its day. What has none costs an unknown amount, never nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, String, and_, case, func, literal, select, true

from loops.values import content_hash
from tools.model_prices import MICROS, Prices
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

By = Literal["loop", "specialist", "prompt", "model", "rep", "sequence"]
BYS: tuple[By, ...] = get_args(By)
EMBEDDED = "embedded"
LABEL = "embedded policy (rules, not a language model)"
NO_REP = "no rep"
VERSION_CHARACTERS = 12
"""Hex digits of a prompt's hash that are shown: its version."""
CENTS = 2


@dataclass
class Spending:
    """What the calls of one group add up to."""

    group: str
    currency: str = ""
    calls: int = 0
    # HTTP requests, repeated ones included
    failed: int = 0
    reserved: int = 0
    # never settled, since the process ended: they count at the most they can have cost
    estimated: int = 0
    # calls whose tokens the endpoint didn't say
    input_tokens: int = 0
    output_tokens: int = 0
    known_micros: int = 0
    # millionths of the currency, of the calls with a price
    unpriced_calls: int = 0
    unpriced: set[str] = field(default_factory=set[str])
    # their models
    embedded: int = 0
    # answers of embedded policies, which cost nothing

    @property
    def cost_micros(self) -> int | None:
        """Millionths of the currency; None: some call has no price, so the sum isn't known."""
        return None if self.unpriced_calls else self.known_micros

    def each(self, number: int) -> "Spending":
        """The share of one in `number`, its money rounded up."""
        return Spending(
            self.group, self.currency, known_micros=-(-self.known_micros // number),
            unpriced_calls=self.unpriced_calls, unpriced=self.unpriced,
        )  # fmt: skip


@dataclass(frozen=True)
class Sequences:
    """What approved sequences cost, and everything beside them; one entry for each currency."""

    approved: int
    # sequences with an approval that stands
    spent: tuple[Spending, ...]
    # on the runs that led to one, and on those of the same lead before
    never: tuple[Spending, ...]
    # on leads without an approved sequence
    never_leads: int
    other: tuple[Spending, ...]
    # on what is about no lead, or came after the approval


@dataclass(frozen=True)
class _Call:
    """Calls that differ in nothing but their figures."""

    run: str
    loop: str
    specialist: str
    prompt: str
    model: str
    day: str
    currency: str
    state: str
    estimated: bool
    priced: bool
    calls: int
    input_tokens: int
    output_tokens: int
    cost_micros: int


class Books:
    """The calls since a day, with what they cost."""

    def __init__(
        self,
        tx: Tx,
        prices: Prices,
        currency: str,
        zone: str,
        since: date | None = None,
        runs: Collection[str] | None = None,
    ) -> None:
        """Read them.

        Args:
            tx: the transaction.
            prices: today's list.
            currency: its currency.
            zone: the workspace's, whose days they are.
            since: first day; None: from the beginning.
            runs: only theirs; None: all.
        """
        self._tx, self._prices, self._currency = tx, prices, currency
        self._since = since.isoformat() if since else ""
        start = datetime.combine(since, time(), ZoneInfo(zone)).astimezone(UTC) if since else None
        self._start = iso(start) if start else ""
        self._calls = tuple(_Call(*row) for row in tx.all(_calls(self._since, runs)))

    def spent(self, by: By) -> tuple[Spending, ...]:
        """One entry a group and currency, the costliest first; empty where nothing was asked."""
        if by == "rep":
            reps = self._reps()
            found = self._summed(lambda call: reps.get(call.run) or NO_REP)
        else:
            found = self._summed(_GROUPS[by])
        answers = self._embedded(by)
        for group, count in answers.items():
            lines = [line for line in found if line.group == group] or [Spending(group, self._currency)]
            lines[0].embedded = count
            found += [line for line in lines[:1] if line not in found]
        return tuple(sorted(found, key=lambda line: (-line.known_micros, -line.calls, line.group)))

    def total(self) -> tuple[Spending, ...]:
        """Everything, one entry a currency."""
        return tuple(self._summed(lambda call: "total"))

    def sequences(self) -> Sequences:
        """What each approved sequence cost."""
        leads = self._leads()
        approved = self._approved()
        last = {lead: at for lead, _, at in sorted(approved, key=lambda row: row[2])}

        def where(call: _Call) -> str:
            lead, at = leads.get(call.run, ("", ""))
            if lead not in last:
                return "never" if lead else "other"
            return "spent" if at <= last[lead] else "other"

        sums = self._summed(where)
        found = {name: tuple(s for s in sums if s.group == name) for name in ("spent", "never", "other")}
        # a lead whose runs asked models, and nothing of it was approved
        never = {leads[call.run][0] for call in self._calls if where(call) == "never"}
        return Sequences(len(approved), **found, never_leads=len(never))

    def by_run(self) -> dict[str, Spending]:
        """What each run cost."""
        return {line.group: line for line in self._summed(lambda call: call.run)}

    # --- the parts --------------------------------------------------------------------------------
    def _summed(self, group: Callable[[_Call], str]) -> list[Spending]:
        found: dict[tuple[str, str], Spending] = {}
        for call in self._calls:
            key = (group(call), call.currency)
            self._add(found.setdefault(key, Spending(*key)), call)
        return list(found.values())

    def _add(self, to: Spending, call: _Call) -> None:
        to.calls += call.calls
        to.failed += call.calls if call.state == "failed" else 0
        to.reserved += call.calls if call.state == "reserved" else 0
        to.estimated += call.calls if call.estimated else 0
        to.input_tokens += call.input_tokens
        to.output_tokens += call.output_tokens
        cost = call.cost_micros if call.priced else self._price(call)
        if cost is None:
            to.unpriced_calls += call.calls
            to.unpriced.add(call.model)
        else:
            to.known_micros += cost

    def _price(self, call: _Call) -> int | None:
        """What today's list makes of a call that had no price; None where it has none either."""
        price = self._prices.on(call.model, date.fromisoformat(call.day))
        if price is None or call.currency != self._currency:
            return None
        return price.cost_micros(call.input_tokens, call.output_tokens)

    def _reps(self) -> dict[str, str]:
        query = select(t.runs.c.id, func.coalesce(t.calls.c.rep, t.leads.c.owner, "")).select_from(_RUNS)
        return {run: rep for run, rep in self._tx.all(query)}

    def _leads(self) -> dict[str, tuple[str, str]]:
        """Run → the lead it is about, "" for none, and when it last went on."""
        lead = func.coalesce(t.leads.c.id, t.calls.c.lead, "")
        query = select(t.runs.c.id, lead, t.runs.c.at).select_from(_RUNS)
        return {run: (id, at) for run, id, at in self._tx.all(query)}

    def _approved(self) -> list[tuple[str, str, str]]:
        """Lead, run and when the run last went on, of each sequence with an approval that stands."""
        of = t.approvals.c
        query = select(of.lead, of.run, t.runs.c.at).join(t.runs, t.runs.c.id == of.run).distinct()
        query = query.where(of.revoked_at == "", of.at >= self._start)
        return [(lead, run, at) for lead, run, at in self._tx.all(query)]

    def _embedded(self, by: By) -> dict[str, int]:
        """Group → answers that embedded policies gave to asks."""
        if by == "sequence":
            return {}
        asked = (
            select(
                t.ledger.c.run, t.ledger.c.loop, t.ledger.c.at,
                func.replace(t.ledger.c.outcome, "agent:", "").label("specialist"),
                func.row_number().over(partition_by=t.ledger.c.run, order_by=t.ledger.c.seq).label("step"),
            ).where(t.ledger.c.kind == "asked").subquery()
        )  # fmt: skip
        of = t.exchanges.c
        joined = t.exchanges.join(asked, and_(asked.c.run == of.run, asked.c.step == of.step))
        groups = {"loop": asked.c.loop, "specialist": asked.c.specialist, "model": literal(LABEL, String),
                  "prompt": asked.c.specialist + "@" + of.prompt, "rep": of.run}
        group = groups[by]
        query = select(group, func.count()).select_from(joined).group_by(group)
        query = query.where(of.kind == "model", of.model == EMBEDDED, asked.c.at >= self._start)
        rows = {str(name): int(count) for name, count in self._tx.all(query)}
        if by == "prompt":
            return _regrouped(rows, {name: self._version(name) for name in rows})
        return _regrouped(rows, self._reps()) if by == "rep" else rows

    def _version(self, name: str) -> str:
        """A specialist's prompt by the hash of its text; the tape names it by that of its stored bytes."""
        specialist, _, stored = name.partition("@")
        version = content_hash(self._tx.get(stored)) if stored else "unknown"
        return f"{specialist}@{version[:VERSION_CHARACTERS]}"


_RUNS = t.runs.outerjoin(t.leads, t.leads.c.id == t.runs.c.record).outerjoin(
    t.calls, t.calls.c.id == t.runs.c.record)
_GROUPS: Mapping[str, Callable[[_Call], str]] = {
    "loop": lambda call: call.loop,
    "specialist": lambda call: call.specialist,
    "prompt": lambda call: f"{call.specialist}@{call.prompt[:VERSION_CHARACTERS]}",
    "model": lambda call: call.model,
}


def _calls(since: str, runs: Collection[str] | None) -> Executable:
    of = t.usage.c
    chosen = of.run.in_(runs) if runs is not None else true()
    keys = (of.run, of.loop, of.specialist, of.prompt, of.model, of.day, of.currency, of.state, of.estimated)
    priced = case((of.cost_micros.is_(None), False), else_=True)
    sums = (func.count(), func.sum(of.input_tokens), func.sum(of.output_tokens),
            func.coalesce(func.sum(of.cost_micros), 0))
    return select(*keys, priced, *sums).where(of.day >= since, chosen).group_by(*keys, priced)


def _regrouped(counts: Mapping[str, int], to: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in counts.items():
        group = to.get(name) or NO_REP
        found[group] = found.get(group, 0) + count
    return found


def amount(micros: int, currency: str) -> str:
    """Money in words: at least two decimals, as many as it takes."""
    whole, rest = divmod(micros, MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(CENTS, "0")
    return f"{whole:,}.{decimals} {currency}"


def cost(line: Spending) -> str:
    """What a group cost, in words: an amount, `unknown`, or what is known of it."""
    if not line.unpriced_calls:
        return amount(line.known_micros, line.currency) if line.calls or line.known_micros else "nothing"
    if not line.known_micros:
        return "unknown"
    return f"at least {amount(line.known_micros, line.currency)}, {line.unpriced_calls} calls unpriced"


def plain(lines: Iterable[Spending]) -> list[dict[str, object]]:
    """The groups as plain JSON; `cost_micros` is null where it isn't known."""
    return [
        {**{name: getattr(line, name) for name in Spending.__dataclass_fields__},
         "unpriced": sorted(line.unpriced), "cost_micros": line.cost_micros}
        for line in lines
    ]


__all__ = ["BYS", "LABEL", "Books", "By", "Sequences", "Spending", "amount", "cost", "plain"]
