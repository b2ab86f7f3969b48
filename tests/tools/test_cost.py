"""What models cost: what is known is added up, what isn't is never taken for nothing."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from agent.bootstrap import House
from agent.prompts import load as load_prompt
from tests.house import house, workspace
from tools.cost import EMBEDDED, LABEL, NO_REP, Books, By, Spending, amount, cost, plain
from tools.model_prices import FILE, Price, Prices, load_prices
from tools.store import Store, Tx, usage
from tools.store import tables as t
from tools.store.usage import Entry

PRICES = Prices((
    Price("small", date(2026, 1, 1), 250_000, 2_000_000),
    Price("small", date(2026, 11, 10), 500_000, 4_000_000),
))  # fmt: skip
ROW = {
    "step": 1, "loop": "engage", "specialist": "outreach_writer", "prompt": "ab" * 32, "day": "2026-11-20",
    "currency": "EUR", "ms": 900,
}  # fmt: skip
OUTREACH = (
    select(t.runs.c.id, t.runs.c.record, t.runs.c.subject, t.runs.c.at)
    .where(t.runs.c.loop == "engage")
    .order_by(t.runs.c.id)
)


def asked(
    tx: Tx, run: str, model: str, *, read: int = 1000, wrote: int = 100, settle: bool = True, **row: str
) -> None:
    """A call as the budget books it, priced by the list."""
    said = {**ROW, **row}
    price = PRICES.on(model, date.fromisoformat(str(said["day"])))
    money = price.cost_micros(read, wrote) if price else None
    at = datetime.fromisoformat(f"{said['day']}T12:00:00+00:00")
    entry: dict[str, Any] = {**said, "request": run, "run": run, "model": model, "at": at}
    held = Entry(**entry, input_tokens=read, output_tokens=wrote, cost_micros=money)
    id = usage.reserve(tx, held)
    if settle:
        usage.settle(
            tx, id, "done", input_tokens=read, output_tokens=wrote, estimated=False, cost_micros=money, ms=9
        )


def books(tx: Tx, prices: Prices = PRICES, since: date | None = None) -> Books:
    return Books(tx, prices, "EUR", "UTC", since)


def groups(store: Store, by: By, since: date | None = None) -> dict[str, Spending]:
    with store.reading() as tx:
        return {line.group: line for line in books(tx, since=since).spent(by)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store.db"))


def test_tokens_cost_what_the_list_says_of_their_day(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "small", day="2026-11-09")
        asked(tx, "b", "small", day="2026-11-10")
    found = groups(store, "model")["small"]
    assert (found.calls, found.input_tokens, found.output_tokens) == (2, 2000, 200)
    # 1000 × 0.25 + 100 × 2.00, then the price of the 10th: 1000 × 0.50 + 100 × 4.00, a million tokens each
    assert found.cost_micros == (250 + 200) + (500 + 400)
    assert groups(store, "model", date(2026, 11, 10))["small"].cost_micros == 900
    assert cost(found) == "0.00135 EUR"


def test_a_model_without_a_price_costs_an_unknown_amount_and_never_nothing(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "strange")
    found = groups(store, "loop")["engage"]
    assert found.cost_micros is None
    assert cost(found) == "unknown"
    assert (plain([found])[0]["cost_micros"], plain([found])[0]["unpriced"]) == (None, ["strange"])


def test_a_sum_with_an_unpriced_call_says_that_it_is_the_least(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "small")
        asked(tx, "a", "strange")
        asked(tx, "a", "strange")
    found = groups(store, "loop")["engage"]
    assert cost(found) == "at least 0.0009 EUR, 2 calls unpriced"
    assert found.cost_micros is None
    assert groups(store, "model")["small"].cost_micros == 900


def test_a_price_that_is_listed_later_holds_for_its_days(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "strange")
    listed = Prices((Price("strange", date(2026, 11, 1), 1_000_000, 0),))
    later = Prices((Price("strange", date(2026, 11, 21), 1_000_000, 0),))
    with store.reading() as tx:
        assert [line.cost_micros for line in books(tx, listed).total()] == [1000]
        assert [line.cost_micros for line in books(tx, later).total()] == [None]
        other = Books(tx, listed, "USD", "UTC").total()
    assert [line.cost_micros for line in other] == [None], "a list in another currency prices nothing"


def test_a_call_that_was_never_settled_counts_at_the_most_it_can_have_cost(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "small", settle=False)
    found = groups(store, "loop")["engage"]
    assert (found.calls, found.reserved, found.cost_micros) == (1, 1, 900)


def test_two_currencies_are_never_added_up(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "small")
        asked(tx, "a", "small", currency="USD")
    with store.reading() as tx:
        assert [line.currency for line in books(tx).total()] == ["EUR", "USD"]


def test_prompts_are_told_apart_by_version(store: Store) -> None:
    with store.transaction() as tx:
        asked(tx, "a", "small", prompt="ab" * 32)
        asked(tx, "a", "small", prompt="cd" * 32)
    assert set(groups(store, "prompt")) == {"outreach_writer@abababababab", "outreach_writer@cdcdcdcdcdcd"}


def test_an_empty_store_has_no_groups(store: Store) -> None:
    assert groups(store, "loop") == {}


@pytest.mark.parametrize(
    ("micros", "says"), [(0, "0.00 EUR"), (5, "0.000005 EUR"), (1_200_000_000, "1,200.00 EUR")]
)
def test_money_has_as_many_decimals_as_it_takes(micros: int, says: str) -> None:
    assert amount(micros, "EUR") == says


# --- runs, reps, sequences ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house whose leads were worked by embedded policies."""
    return house(tmp_path_factory.mktemp("cost"), lived_in=True)


def test_embedded_policies_cost_nothing_and_their_answers_are_counted(home: House) -> None:
    with home.store.reading() as tx:
        taped = tx.all(select(t.exchanges.c.run).where(t.exchanges.c.model == EMBEDDED))
        of = t.ledger.c
        asks = tx.all(select(of.seq).where(of.kind == "answered", of.outcome.like("agent:%")))
    assert len(taped) >= len(asks) > 20
    for by in ("loop", "specialist", "prompt", "model", "rep"):
        found = groups(home.store, by)
        assert sum(line.embedded for line in found.values()) == len(taped), by
        assert all(cost(line) == "nothing" for line in found.values())
    assert groups(home.store, "model")[LABEL].embedded == len(taped)
    writer = load_prompt(home.workspace, "outreach_writer").hash[:12]
    assert groups(home.store, "prompt")[f"outreach_writer@{writer}"].embedded > 0
    assert groups(home.store, "loop", date(2026, 11, 24)) == {}, "all of it was on the 23rd"


def test_a_call_is_its_lead_s_rep_s(home: House) -> None:
    query = select(t.runs.c.id, t.leads.c.owner).join(t.leads, t.leads.c.id == t.runs.c.record)
    with home.store.transaction() as tx:
        run, owner = tx.all(query.where(t.leads.c.owner != "", t.runs.c.loop == "engage"))[0]
        before = {line.group: line.known_micros for line in books(tx).spent("rep")}
        asked(tx, run, "small")
        asked(tx, "a question of nobody's lead", "small")
        after = {line.group: line.known_micros for line in books(tx).spent("rep")}
        assert after[owner] - before[owner] == 900
        assert after[NO_REP] == 900
        tx.conn.exec_driver_sql("DELETE FROM usage")


def test_an_approved_sequence_bears_what_its_lead_cost_before_it(tmp_path: Path) -> None:
    """Two leads, one approved: its runs count for the sequence, the other's are told beside it."""
    home = house(tmp_path, lived_in=True)
    with home.store.transaction() as tx:
        (run, lead, person, at), (other, _, _, _) = tx.all(OUTREACH)[:2]
        (earlier,) = tx.first(select(t.runs.c.id).where(t.runs.c.record == lead, t.runs.c.loop == "qualify"))
        for one in (run, run, earlier, other, "a question"):
            asked(tx, one, "small")
        assert books(tx).sequences().approved == 0
        assert [line.known_micros for line in books(tx).sequences().never] == [4 * 900]
        approve(tx, run, lead, person, at)
        found = books(tx).sequences()
    assert found.approved == 1
    assert [line.known_micros for line in found.spent] == [3 * 900]
    assert [line.each(found.approved).known_micros for line in found.spent] == [2700]
    assert ([line.known_micros for line in found.never], found.never_leads) == ([900], 1)
    assert [line.known_micros for line in found.other] == [900]


def test_a_revoked_approval_is_none(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.transaction() as tx:
        run, lead, person, at = tx.all(OUTREACH)[0]
        approve(tx, run, lead, person, at)
        assert books(tx).sequences().approved == 1
        tx.conn.exec_driver_sql("UPDATE approvals SET revoked_at = ?", (at,))
        assert books(tx).sequences().approved == 0


def approve(tx: Tx, run: str, lead: str, person: str, at: str) -> None:
    tx.flush()
    signed = {"approver": "rep", "role": "rep", "key_id": "k", "signature": b"s", "expires_at": at, "at": at}
    what = {"id": f"A-{run}", "run": run, "lead": lead, "subject": person}
    row = {**what, **signed, "digest": "0" * 64, "document": "0" * 64}
    tx.conn.execute(insert(t.approvals).values(**row))


def test_half_a_millionth_is_rounded_up() -> None:
    assert Spending("g", "EUR", known_micros=5).each(2).known_micros == 3


def test_a_new_workspace_comes_with_no_price_and_an_example_that_holds(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert load_prices(root) == Prices()
    text = (root / FILE).read_text(encoding="utf-8")
    lines = (line.removeprefix("# ") for line in text.splitlines() if line.startswith(("# - ", "#   ")))
    (root / FILE).write_text("\n".join(lines), encoding="utf-8")
    (price,) = load_prices(root).listed
    assert (price.start, price.input_micros) == (date(2026, 1, 31), 1_250_000)
