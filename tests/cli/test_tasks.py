"""`tasks`: what people are to do by hand is listed with its reason, and can be marked done."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from agent.bootstrap import House
from cli.flow import LABELS
from cli.main import COMMANDS, cli
from tests.house import house
from tools.store import tables as t


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    made = house(tmp_path, lived_in=True)
    yield made
    made.store.close()


def called(home: House, *words: str) -> Result:
    return CliRunner().invoke(cli, ("tasks", *words, "-w", str(home.workspace.root)))


def listed(home: House, *words: str) -> list[dict[str, str]]:
    return json.loads(called(home, *words, "--all", "--json").stdout.splitlines()[-1])["tasks"]


def test_every_open_task_is_listed_with_whom_it_is_about_and_why(home: House) -> None:
    with home.store.reading() as tx:
        kept = {row.text for row in tx.all(select(t.tasks.c.text))}
    found = listed(home)
    assert found and {task["text"] for task in found} == kept
    assert all(task["about"] and task["code"] and task["owner"] for task in found)
    first = found[0]
    shown = called(home).stdout
    assert f"{first['id']}  {first['owner']}: {first['about']}" in shown and "--done ID" in shown


def test_the_tasks_of_one_person_are_theirs_alone(home: House) -> None:
    owner = listed(home)[0]["owner"]
    theirs = listed(home, "--owner", owner)
    assert theirs == [task for task in listed(home) if task["owner"] == owner]
    assert "nobody called zed in the roster" in called(home, "--owner", "zed").stderr


def test_a_task_that_is_done_is_listed_no_more(home: House) -> None:
    before = listed(home)
    done = called(home, "--done", before[0]["id"])
    assert done.exit_code == 0 and done.stdout.startswith("Done: ")
    assert listed(home) == before[1:]
    assert "was done before" in called(home, "--done", before[0]["id"]).stdout
    refused = called(home, "--done", "ffffffff")
    assert refused.exit_code == 1 and "there is no task ffffffff" in refused.stderr


def test_what_run_says_of_leads_without_a_sequence_names_the_command(home: House) -> None:
    assert "tasks" in COMMANDS and "`revloops tasks`" in LABELS["assigned_without_sequence"]
