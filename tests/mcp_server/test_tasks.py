"""What people ask, done by a scripted client in at most three calls, and held against facts of the store."""

import asyncio
import copy
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from agent.bootstrap import House
from tests.house import height
from tests.mcp_server import facts
from tests.mcp_server.scripted import Invented, check, done, faults
from tests.mcp_server.served import served

MOST_CALLS, WRITTEN = 3, 25
TASKS = cast(
    "list[dict[str, Any]]", yaml.safe_load((Path(__file__).parent / "tasks.yaml").read_text(encoding="utf-8"))
)


def name(task: dict[str, Any]) -> str:
    return "_".join(task["words"].split()[:8])


async def prepared(home: House, task: dict[str, Any]) -> House:
    return await asyncio.to_thread(getattr(facts, task["before"]), home) if "before" in task else home


@pytest.mark.feature("BR2")
@pytest.mark.parametrize("task", TASKS, ids=name)
async def test_a_task_is_done_in_three_calls_and_its_answer_holds_the_facts(
    home: House, task: dict[str, Any]
) -> None:
    home = await prepared(home, task)
    before = height(home)
    async with served(home) as it:
        results = await done(it, task)
    assert len(task["calls"]) <= MOST_CALLS
    assert not faults(home, task, results)
    assert (height(home) > before) == task.get("writes", False)


def test_there_are_twenty_five_tasks_and_each_is_held_to_a_fact() -> None:
    assert len(TASKS) == WRITTEN == len({task["words"] for task in TASKS})
    assert all(any(held["fact"] != "itself" for held in task["holds"]) for task in TASKS)


async def test_a_wrong_answer_is_found_by_its_facts(home: House) -> None:
    task = TASKS[0]
    async with served(home) as it:
        results = await done(it, task)
    assert not faults(home, task, results)
    for key in ("owner", "rule", "owner_name"):
        wrong = copy.deepcopy(results)
        wrong[0]["items"][0][key] = "somebody else"
        assert len(faults(home, task, wrong)) == 1


def test_an_argument_from_nowhere_is_refused() -> None:
    words, tools, results = "Simulate A at 88 for webinar leads.", "grades.A, qualify", [{"run": "077468e9"}]
    tools = f"{tools} set source run"
    check({"set": {"grades.A": 88}, "source": "webinar", "run": "077468e9"}, words, tools, results)
    for invented in ({"run": "1234abcd"}, {"set": {"grades.A": 87}}, ["L-eda79d336766"]):
        with pytest.raises(Invented):
            check(invented, words, tools, results)
