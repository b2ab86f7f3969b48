"""How long leads take with a model, in a process that is up: waiting for the model, and our own work."""

from pathlib import Path

import pytest

from tests.bench.models import (
    ROLES,
    Reviewed,
    Timed,
    create_agent,
    least_cpu_ms,
    model_server,
    reviewed,
    specialists,
    whole,
)
from tests.model_server import ModelServer

DELAY_SECONDS = 1.0
ONE_SECONDS = 4.0
TOGETHER, TIMES_ONE = 20, 3
CPU_LEADS, CPU_MS = 51, 60.0


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reviewed, ...]:
    return reviewed(tmp_path_factory.mktemp("found"), 2 + CPU_LEADS)


def timed(folder: Path, *groups: tuple[Reviewed, ...]) -> tuple[list[Timed], ModelServer]:
    """What each group took, after one lead that nobody waits for: with it the house comes up."""
    server = ModelServer()

    def slow(n: int, body: object) -> None:
        server.delay_seconds = 0.0 if n < len(ROLES) else DELAY_SECONDS

    server.fault = slow
    with server:
        return whole(folder, server.base_url, groups)[1:], server


def test_a_lead_s_way_to_review_is_three_calls_one_after_the_other_and_hardly_more_time(
    tmp_path: Path, leads: tuple[Reviewed, ...]
) -> None:
    (one,), server = timed(tmp_path, leads[:1], leads[1:2])
    assert [seen.role for seen in server.requests[len(ROLES) :]] == list(ROLES)
    assert server.most_at_once == 1
    assert len(ROLES) * DELAY_SECONDS <= one.seconds <= ONE_SECONDS


def test_twenty_leads_at_once_take_at_most_three_times_as_long_as_one(
    tmp_path: Path, leads: tuple[Reviewed, ...]
) -> None:
    (one, many), server = timed(tmp_path, leads[:1], leads[1:2], leads[2 : 2 + TOGETHER])
    assert many.spent.calls == TOGETHER * len(ROLES)
    assert many.seconds <= TIMES_ONE * one.seconds
    assert server.most_at_once > 1


def test_our_own_work_on_a_lead_takes_little_of_the_processor(
    tmp_path: Path, leads: tuple[Reviewed, ...]
) -> None:
    with model_server(delay_seconds=0) as elsewhere:
        took = least_cpu_ms(whole, tmp_path, elsewhere, leads[:1], leads[2:])
    assert len(leads[2:]) == CPU_LEADS
    assert 0 < took <= CPU_MS


def test_the_plain_agents_that_the_benchmark_compares_with_do_the_same_work(
    tmp_path: Path, leads: tuple[Reviewed, ...]
) -> None:
    with ModelServer() as ours:
        (mine,) = specialists(tmp_path / "ours", ours.base_url, (leads[:3],))
    with ModelServer() as theirs:
        (plain,) = create_agent(tmp_path / "theirs", theirs.base_url, (leads[:3],))
    assert (mine.spent.calls, plain.spent.calls) == (ours.calls, theirs.calls)
    assert mine.replies == plain.replies and len(mine.replies) == 3 * len(ROLES)
