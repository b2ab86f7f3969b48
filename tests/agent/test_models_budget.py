"""What models may cost: reserved before a request leaves, settled after it, counted after a crash."""

import asyncio
import multiprocessing
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from sqlalchemy import select

from agent.models import ModelDown, OverBudget
from agent.models.budget import Budget
from agent.models.messages import from_message
from loops.errors import ConfigError
from tests.agent.model_doors import AT, MODEL, POLICIES, Clock, door, request
from tests.model_server import ModelServer, Wrong
from tools.model_prices import Price, Prices, load_prices
from tools.model_settings import DayBudget, ModelSettings, RequestBudget
from tools.store import Store, usage
from tools.store import tables as t

PRICES = Prices((Price(MODEL, date(2026, 1, 1), 250_000, 2_000_000),))
"""A quarter of a dollar for a million tokens read, two for a million written."""


def limited(**limits: Any) -> ModelSettings:
    """Settings whose run may spend this."""
    return ModelSettings(model=MODEL, max_answer_tokens=1_000, request=RequestBudget(**limits))


def daily(**limits: Any) -> ModelSettings:
    """Settings whose day may spend this."""
    return ModelSettings(model=MODEL, max_answer_tokens=1_000, day=DayBudget(**limits))


def served(fault: Wrong = None) -> ModelServer:
    return ModelServer(lambda n, body: fault, policies=POLICIES)


def rows(folder: Path) -> list[Any]:
    """The usage, oldest first."""
    with Store(str(folder / "store.db")).reading() as tx:
        return list(tx.all(select(t.usage).order_by(t.usage.c.id)))


# --- the run's ------------------------------------------------------------------------------------
async def test_a_run_makes_no_more_calls_than_it_may_over_all_its_steps(tmp_path: Path) -> None:
    with served() as server:
        at = door(tmp_path, server, settings=limited(calls=3))
        for step in range(3):
            asked = request()
            await at.complete(replace(asked, who=replace(asked.who, step=step)))
        with pytest.raises(OverBudget, match="the run's budget of 3 calls is spent"):
            await at.complete(request())
        assert server.calls == 3
        assert (await at.complete(request(run="another"))).text


async def test_twenty_requests_at_once_send_no_more_than_ten(tmp_path: Path) -> None:
    async def sent(settings: ModelSettings, folder: Path) -> tuple[int, int]:
        folder.mkdir()
        with served() as server:
            at = door(folder, server, settings=settings)
            done = await asyncio.gather(
                *(at.complete(request(run="one")) for _ in range(20)), return_exceptions=True
            )
            return server.calls, sum(isinstance(said, OverBudget) for said in done)

    roomy: dict[str, Any] = {"tokens": 10**9, "seconds": 10**6}
    assert await sent(limited(calls=10, **roomy), tmp_path / "guarded") == (10, 10)
    assert await sent(limited(calls=10**6, **roomy), tmp_path / "unguarded") == (20, 0)


async def test_tokens_are_refused_before_they_are_spent(tmp_path: Path) -> None:
    with served() as server:
        with pytest.raises(OverBudget, match="the run's budget of 1200 tokens is spent"):
            await door(tmp_path, server, settings=limited(tokens=1_200)).complete(request())
        assert server.calls == 0
        assert (await door(tmp_path, server, settings=limited(tokens=2_500)).complete(request())).text


async def test_a_run_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    settings = limited(seconds=10)
    with ModelServer(
        lambda n, body: "rate_limited" if n == 0 else None, retry_after="9", policies=POLICIES
    ) as server:
        at = door(tmp_path, server, Clock(), settings=settings)
        assert (await at.complete(request())).ms == 9_000
        assert [row.ms for row in rows(tmp_path)] == [0, 9_000]
        budget = Budget(Store(str(tmp_path / "store.db")), settings, Prices(), "UTC")
        budget.used(budget.reserve(request().who, MODEL, 1, 1, 0.5), 1, 1, 1, ms=1_000)
        with pytest.raises(OverBudget, match="the run's budget of 10 s of waiting for models is spent"):
            await at.complete(request())
        assert server.calls == 2


async def test_a_retry_that_the_budget_refuses_is_the_endpoint_s_fault(tmp_path: Path) -> None:
    with served(503) as server:
        with pytest.raises(ModelDown, match=r"503, 2 tries\), and the run's budget of 2 calls is spent"):
            await door(tmp_path, server, Clock(), settings=limited(calls=2)).complete(request())
        assert server.calls == 2


async def test_money_is_refused_before_it_is_spent(tmp_path: Path) -> None:
    with served() as server:
        poor = door(tmp_path, server, settings=limited(money_micros=2_000), prices=PRICES)
        with pytest.raises(OverBudget, match=r"the run's budget of 0\.002 USD is spent"):
            await poor.complete(request())
        assert server.calls == 0
        rich = door(tmp_path, server, settings=limited(money_micros=4_000), prices=PRICES)
        assert (await rich.complete(request())).text


# --- the day's ------------------------------------------------------------------------------------
async def test_a_day_s_budget_stops_every_run_and_says_so(tmp_path: Path) -> None:
    with served() as server:
        at = door(tmp_path, server, settings=daily(calls=2))
        for run in "ab":
            await at.complete(request(run=run))
        with pytest.raises(ModelDown, match="any more today: the day's budget of 2 calls is spent"):
            await at.complete(request(run="c"))
        assert server.calls == 2
        assert (await at.complete(request(run="d", at=AT + timedelta(days=1)))).text


async def test_a_day_is_the_workspace_s(tmp_path: Path) -> None:
    late = AT.replace(hour=23)
    with served() as server:
        at = door(tmp_path, server, settings=daily(calls=1), zone="Europe/Amsterdam")
        await at.complete(request(run="a"))
        assert (await at.complete(request(run="b", at=late))).text
    assert [row.day for row in rows(tmp_path)] == ["2026-11-23", "2026-11-24"]


async def test_a_day_s_tokens_and_money_hold_too(tmp_path: Path) -> None:
    with served() as server:
        for settings in (daily(tokens=1_200), daily(money_micros=2_000)):
            with pytest.raises(ModelDown, match="the day's budget of"):
                await door(tmp_path, server, settings=settings, prices=PRICES).complete(request())
        assert server.calls == 0


# --- what is written down -------------------------------------------------------------------------
async def test_an_answer_is_settled_at_what_it_used_and_names_nobody(tmp_path: Path) -> None:
    with served() as server:
        said = await door(tmp_path, server, prices=PRICES).complete(request())
    (row,) = rows(tmp_path)
    assert (row.state, row.fault, row.estimated) == ("done", "", False)
    assert (row.input_tokens, row.output_tokens) == (said.input_tokens, said.output_tokens)
    assert said.input_tokens is not None and said.output_tokens is not None
    assert row.cost_micros == -(-(said.input_tokens * 250_000 + said.output_tokens * 2_000_000) // 10**6)
    assert (row.run, row.step, row.loop, row.specialist) == ("run", 1, "engage", "prospect_researcher")
    assert (row.model, row.prompt, row.currency) == (MODEL, "p" * 64, "USD")


async def test_usage_that_an_endpoint_keeps_to_itself_is_estimated_and_marked(tmp_path: Path) -> None:
    with served("no_usage") as server:
        said = await door(tmp_path, server, prices=PRICES).complete(request())
    (row,) = rows(tmp_path)
    assert said.input_tokens is None and said.output_tokens is None
    assert row.estimated and row.input_tokens > 100 and row.output_tokens == -(-len(said.text) // 4)
    assert row.cost_micros > 0


async def test_usage_that_is_no_count_is_estimated_and_the_day_is_no_longer_for_it(tmp_path: Path) -> None:
    with served("odd_usage") as server:
        said = await door(tmp_path, server, prices=PRICES).complete(request())
    (row,) = rows(tmp_path)
    assert said.input_tokens is None and said.output_tokens is None
    assert row.estimated and row.input_tokens > 100 and row.output_tokens == -(-len(said.text) // 4)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((12_000, 4_000), (12_000, 4_000)),
        ((12_001, 4_001), (100, 10)),
        ((10**30, 7), (100, 7)),
        ((5, -1), (5, 10)),
        ((None, 7), (100, 7)),
    ],
)
def test_a_count_that_can_t_be_is_not_believed(
    tmp_path: Path, said: tuple[int | None, int | None], kept: tuple[int, int]
) -> None:
    budget = Budget(Store(str(tmp_path / "store.db")), ModelSettings(), Prices(), "UTC")
    held = budget.reserve(request().who, MODEL, 100, 1_000, 5)
    budget.used(held, *said, 40, 1)
    (row,) = rows(tmp_path)
    assert (row.input_tokens, row.output_tokens) == kept
    assert row.estimated is (kept != said)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 0}, (3, 0)),
        ({"prompt_tokens": None, "completion_tokens": 5}, (None, 5)),
        ({"prompt_tokens": True, "completion_tokens": 1.0}, (None, None)),
        ({"prompt_tokens": "3", "completion_tokens": -1}, (None, None)),
        (None, (None, None)),
    ],
)
def test_only_a_whole_number_from_zero_up_is_a_count(
    usage: dict[str, Any] | None, counts: tuple[int | None, int | None]
) -> None:
    said = from_message(AIMessage("x", response_metadata={"token_usage": usage}), MODEL)
    assert (said.input_tokens, said.output_tokens) == counts


async def test_a_refused_request_costs_nothing_and_a_lost_one_what_was_reserved(tmp_path: Path) -> None:
    faults: list[Wrong] = [503, "cut", None]
    with ModelServer(lambda n, body: faults[n], policies=POLICIES) as server:
        await door(tmp_path, server, Clock(), prices=PRICES).complete(request())
    refused, lost, done = rows(tmp_path)
    assert (refused.state, refused.fault, refused.cost_micros) == ("failed", "status 503", 0)
    assert (lost.state, lost.fault, lost.output_tokens, lost.estimated) == (
        "failed", "the connection failed", 8_000, True,
    )  # fmt: skip
    assert lost.cost_micros > done.cost_micros > 0


async def test_an_endpoint_that_was_never_reached_costs_nothing(tmp_path: Path) -> None:
    with served() as server:
        gone = server.base_url
    with pytest.raises(ModelDown):
        await door(tmp_path, gone, Clock(), prices=PRICES).complete(request())
    kept = [(row.state, row.output_tokens, row.cost_micros) for row in rows(tmp_path)]
    assert kept == [("failed", 0, 0)] * 3


def _crash(folder: str) -> None:
    settings = limited(calls=1)
    Budget(Store(folder), settings, Prices(), "UTC").reserve(request().who, MODEL, 10, 1_000, 5)
    os._exit(9)


async def test_a_reservation_survives_a_crash_and_counts(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_crash, args=(str(tmp_path / "store.db"),))
    child.start()
    child.join()
    assert child.exitcode == 9
    (row,) = rows(tmp_path)
    assert (row.state, row.input_tokens, row.output_tokens, row.ms) == ("reserved", 10, 1_000, 5_000)
    with served() as server:
        with pytest.raises(OverBudget, match="budget of 1 calls is spent"):
            await door(tmp_path, server, settings=limited(calls=1)).complete(request())
        assert server.calls == 0


async def test_a_request_that_is_broken_off_is_settled(tmp_path: Path) -> None:
    with served("hang") as server:
        asking = asyncio.create_task(door(tmp_path, server).complete(request()))
        while not server.calls:
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    (row,) = rows(tmp_path)
    assert (row.state, row.fault, row.estimated) == ("failed", "CancelledError", True)


# --- prices ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("settings", [limited(money_micros=10**9), daily(money_micros=10**9)])
async def test_a_cap_on_money_refuses_a_model_without_a_price(
    tmp_path: Path, settings: ModelSettings
) -> None:
    with served() as server:
        with pytest.raises(ModelDown, match=r"has no price .* add it to prices\.yaml or drop the cap"):
            await door(tmp_path, server, settings=settings).complete(request())
        assert server.calls == 0


async def test_a_sum_with_an_unpriced_call_in_it_is_unknown_and_not_zero(tmp_path: Path) -> None:
    with served() as server:
        await door(tmp_path, server, prices=PRICES).complete(request(run="a"))
        await door(tmp_path, server).complete(request(run="b"))
    with Store(str(tmp_path / "store.db")).reading() as tx:
        by_run = {total.group: total.cost_micros for total in usage.totals(tx, "run")}
        (whole,) = usage.totals(tx)
        assert usage.totals(tx, since="2027-01-01") == ()
    assert by_run["b",] is None and (by_run["a",] or 0) > 0
    assert (whole.calls, whole.failed, whole.cost_micros) == (2, 0, None)


def test_the_price_is_the_latest_of_that_day() -> None:
    prices = Prices((Price("m", date(2026, 6, 1), 2, 2), Price("m", date(2026, 1, 1), 1, 1)))
    days = (date(2025, 12, 31), date(2026, 5, 31), date(2026, 6, 1))
    found = [prices.on("m", day) for day in days]
    assert [price and price.input_micros for price in found] == [None, 1, 2]
    assert prices.on("other", date(2026, 7, 1)) is None


def test_prices_are_read_exactly(tmp_path: Path) -> None:
    assert load_prices(tmp_path) == Prices()
    (tmp_path / "prices.yaml").write_text(
        '- {model: gpt-5-mini, from: 2026-01-01, input_per_million: "0.25", output_per_million: "2"}\n'
        "- {model: small, from: 2026-01-01, input_per_million: 0.000001, output_per_million: 0}\n",
        encoding="utf-8",
    )
    mini, small = load_prices(tmp_path).listed
    assert (mini.input_micros, mini.output_micros, small.input_micros, small.output_micros) == (
        250_000, 2_000_000, 1, 0,
    )  # fmt: skip
    assert mini.cost_micros(1, 0) == 1 and mini.cost_micros(4, 1) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: x\n", "prices.yaml:1: a list of prices"),
        ("- {model: x}\n", "prices.yaml:1: 0: model, from, input_per_million"),
        ("- model: x\n  from: soon\n  input_per_million: 1\n  output_per_million: 1\n", ".yaml:2: from"),
        (
            "- model: x\n  from: 2026-01-01\n  input_per_million: -1\n  output_per_million: 0.0000001\n",
            "prices.yaml:3: input_per_million",
        ),
        ("- model: 7\n  from: 2026-01-01\n  input_per_million: NaN\n  output_per_million: a\n", "yaml:1"),
    ],
)
def test_a_price_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "prices.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_prices(tmp_path)
    assert says in str(refused.value)
