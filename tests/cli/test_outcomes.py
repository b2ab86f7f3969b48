"""`outcomes` as somebody types it."""

import json
from pathlib import Path

from click.testing import CliRunner

from agent.bootstrap import open_house
from cli.main import cli
from loops.history import Outcome
from tests.house import START, leads, workspace
from tools.outcomes import record


def test_conversions_of_which_nobody_said_whether_they_were_won_are_told_apart(tmp_path: Path) -> None:
    root = workspace(tmp_path, lived_in=True)
    house = open_house(root)
    first, second, third, *_ = sorted(leads(house))
    with house.store.transaction() as tx:
        for lead, won in ((first, None), (second, True)):
            record(tx, Outcome(lead=lead, converted_at=START, won=won))
        record(tx, Outcome(lead=third, closed_at=START, won=False))
    house.store.close()
    page = CliRunner().invoke(cli, ("outcomes", "show", "-w", str(root))).output
    assert "Of 1 of the converted it isn't said (yet) whether they were won." in page
    said = CliRunner().invoke(cli, ("outcomes", "show", "--json", "-w", str(root))).output
    told = json.loads(said.splitlines()[-1])
    assert (told["converted"], told["won"], told["converted_won_unknown"]) == (2, 1, 1)
