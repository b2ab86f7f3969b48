"""What people ask, done by a scripted client in at most three calls."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.bootstrap import House
from tests.mcp_server.served import Served, served

MOST_CALLS = 3


class Client:
    """Calls tools and counts them."""

    def __init__(self, it: Served) -> None:
        self._it, self.calls = it, 0

    async def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        self.calls += 1
        return await self._it.call(tool, **arguments)


Task = Callable[[Client], Awaitable[bool]]


async def why_did_shreya_get_the_tessaly_lead(call: Client) -> bool:
    (one,) = (await call("decisions_explain", leads=["Tessaly"]))["items"]
    return one["owner_name"] == "Shreya Bachmann" and one["rule"] == "north america commercial"


async def what_changed_since_yesterday(call: Client) -> bool:
    return "route assigned" in (await call("decisions_list", since="yesterday"))["says"]


async def simulate_a_at_88(call: Client) -> bool:
    found = await call("config_simulate", loop="qualify", set={"grades.A": 88})
    return found["items"][0]["from"] == "A" and found["items"][0]["to"] == "B"


async def draft_for_these_two(call: Client) -> bool:
    done = await call("sequences_draft", leads=["priya raman", "bruno sato"], dry_run=False)
    return len(done["approval_required"]) == 2


async def who_would_get_jonas_whitaker_s_lead(call: Client) -> bool:
    return bool((await call("leads_preview_routing", leads=["Jonas Whitaker"]))["items"][0]["owner_name"])


async def how_good_is_priya_raman(call: Client) -> bool:
    (one,) = (await call("leads_qualify", leads=["priya raman"], response_format="detailed"))["items"]
    return one["grade"] == "A" and bool(one["factors"])


async def what_if_we_hire_three_account_executives_in_march(call: Client) -> bool:
    said = await call("plans_what_if", question="what if we hire 3 account executives in March?")
    return "Add 3 account_executive, from 2027-03-01" in said["says"]


async def which_territories_are_short(call: Client) -> bool:
    lands = (await call("territories_plan"))["items"]
    return any((land["coverage_share"] or 1) < 1 for land in lands)


async def what_waits_for_operations_and_where_is_it_answered(call: Client) -> bool:
    found = await call("reviews_list", for_person="ops")
    return all(one["link"].startswith("revloops review show") for one in found["approval_required"])


async def should_we_change_the_grading(call: Client) -> bool:
    return "are needed" in (await call("config_propose", loop="qualify"))["says"]


TASKS: tuple[Task, ...] = (
    why_did_shreya_get_the_tessaly_lead, what_changed_since_yesterday, simulate_a_at_88, draft_for_these_two,
    who_would_get_jonas_whitaker_s_lead, how_good_is_priya_raman,
    what_if_we_hire_three_account_executives_in_march, which_territories_are_short,
    what_waits_for_operations_and_where_is_it_answered, should_we_change_the_grading,
)  # fmt: skip


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
async def test_a_task_is_done_in_three_calls(home: House, task: Task) -> None:
    async with served(home) as it:
        call = Client(it)
        assert await task(call) and call.calls <= MOST_CALLS
