"""Accounts to territories: the rules place whole pages of them, and what they leave open is asked."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

from sqlalchemy import Select, func, select

from agent.bootstrap import House
from agent.flow import settle
from agent.perform import perform
from loops.deploy.account_config import HasAccounts
from loops.deploy.account_inputs import PageInput, gather_page
from loops.deploy.account_outputs import AccountDoubtful, AccountsDue, AccountsPlaced
from loops.deploy.accounts import decide_page
from loops.errors import RevloopsError
from loops.values import short_id
from tools.store import Tx
from tools.store import tables as t
from tools.store.lease import Busy, Lease

LOOP = "deploy"
_COUNTER = "account pages"


@dataclass
class Matched:
    """Where the accounts of a workspace stand after they were held against the territories."""

    accounts: int = 0
    left_out: int = 0
    # our own, competitors: whatever the config leaves alone
    unchanged: int = 0
    by_rule: int = 0
    doubtful: int = 0
    # what the rules didn't settle and nobody had been asked before
    doubts: Counter[str] = field(default_factory=Counter[str])
    asked: int = 0
    # questions that agents answered
    by_agent: int = 0
    to_review: int = 0
    to_triage: int = 0
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    # specialist → why its asks stay open
    rules_seconds: float = 0
    agents_seconds: float = 0

    @property
    def changed(self) -> bool:
        """Whether anything was, or is to be, done."""
        return bool(self.by_rule or self.doubtful)


def match_accounts(house: House, *, dry_run: bool = False) -> Matched:
    """Place every account, and let agents answer what the rules leave open.

    What is unchanged under unchanged territories leaves no trace. A run that was stopped goes on where it
    was: what is decided already is performed first.

    Args:
        house: the workspace.
        dry_run: whether to count only; nothing is written and nobody is asked.

    Raises:
        RevloopsError: the workspace has no such loop, or another process is at work on it.
    """
    config = _config(house)
    matched, started = Matched(), perf_counter()
    if dry_run:
        for _ in _pages(house, config, matched):
            pass
        matched.rules_seconds = perf_counter() - started
        return matched
    before = _height(house)
    lease = Lease(house.store, "drainer")
    try:
        lease.take()
    except Busy:
        raise RevloopsError("another process is at work here: try again when it is done") from None
    try:
        _settle_rules(house)
        for after in _pages(house, config, matched):
            _emit(house, after)
            _settle_rules(house)
            with house.store.transaction() as tx:
                lease.beat(tx)
    finally:
        lease.release()
    matched.rules_seconds = perf_counter() - started
    started = perf_counter()
    settle(house, matched.waiting)
    matched.agents_seconds = perf_counter() - started
    with house.store.reading() as tx:
        _tell(tx, before, matched)
    return matched


def _config(house: House) -> HasAccounts:
    if LOOP not in house.workspace.configs:
        raise RevloopsError(f"this workspace has no loops/{LOOP}.yaml: make one with revloops init")
    return cast("HasAccounts", house.workspace.configs[LOOP])


def _pages(house: House, config: HasAccounts, matched: Matched) -> Iterator[str]:
    """The last id before each page that has anything to be done; counts all of them."""
    after, size = "", config.accounts.page
    while True:
        with house.store.reading() as tx:
            records = house.runtime.records(tx)
            page = gather_page(AccountsDue(record=f"accounts@{after}", after=after), records, config)
        decision = decide_page(page, (), config)
        _count(page, decision.events, config, matched)
        if decision.events:
            yield after
        if len(page.rows) < size:
            return
        after = page.rows[-1].account


def _count(page: PageInput, events: tuple[object, ...], config: HasAccounts, matched: Matched) -> None:
    placed = sum(len(event.placings) for event in events if isinstance(event, AccountsPlaced))
    asked = [event for event in events if isinstance(event, AccountDoubtful)]
    left = sum(row.status in config.accounts.leave for row in page.rows)
    matched.accounts += len(page.rows)
    matched.left_out += left
    matched.by_rule += placed
    matched.doubtful += len(asked)
    matched.doubts.update(doubt for event in asked for doubt in event.doubts)
    matched.unchanged += len(page.rows) - left - placed - len(asked)


def _emit(house: House, after: str) -> None:
    with house.store.transaction() as tx:
        # each look at a page is an event of its own, however often the same page changes back and forth
        number = str(int(tx.setting(_COUNTER) or 0) + 1)
        tx.set_setting(_COUNTER, number)
        event = AccountsDue(record=f"accounts@{after}", after=after)
        house.runtime.emit(tx, short_id("accounts", number, after), event)


def _settle_rules(house: House) -> None:
    while house.runtime.drain() or perform(house.runtime, house.performers):
        pass


def _height(house: House) -> int:
    with house.store.reading() as tx:
        return tx.head()[0]


def _tell(tx: Tx, before: int, matched: Matched) -> None:
    """Adds how the questions asked since then ended."""
    kind, of, runs = AccountDoubtful.__name__, t.ledger.c, t.runs.c
    since = (of.seq > before, of.loop == LOOP, of.trigger == kind)
    answered = select(func.count()).where(*since, of.kind == "answered", of.queue == "agent")
    matched.asked = _number(tx, answered)
    placed = select(func.count()).where(*since, of.kind == "decided", of.rule == "agent")
    matched.by_agent = _number(tx, placed)
    asked = select(of.run).where(*since, of.kind == "asked")
    open_runs = select(func.count()).select_from(t.runs).where(runs.id.in_(asked), runs.state == "person")
    matched.to_review = _number(tx, open_runs.where(runs.queue == "review"))
    matched.to_triage = _number(tx, open_runs.where(runs.queue == "triage"))


def _number(tx: Tx, query: Select[int]) -> int:
    found = tx.first(query)
    return int(found[0]) if found else 0
