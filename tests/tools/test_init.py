"""Init: a workspace that operations own, ready to run, and a sandbox that is the same each time."""

import json
import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, select

from loops.errors import ConfigError, RevloopsError
from loops.registry import load
from tests.house import START, advance, house, workspace
from tools import init
from tools import workspace as workspaces
from tools.clock import duration
from tools.doctor import examine
from tools.store import Store, Tx
from tools.store import tables as t
from tools.workspace import SandboxSettings, Settings


@pytest.mark.feature("AN3", "AN6")
def test_a_new_workspace_is_a_git_repository_that_loads_without_a_fault(tmp_path: Path) -> None:
    root = tmp_path / "ops"
    init.create(root, load(), Settings())
    found = workspaces.load(root, load())
    assert found.configs.keys() == set(load().loops)
    assert len(found.revision) == 40
    for loop in found.configs:
        schema = json.loads((root / "schemas" / f"{loop}.json").read_text(encoding="utf-8"))
        assert schema["additionalProperties"] is False
    assert not (root / ".revloops").exists()
    ignored = subprocess.run(
        ["git", "-C", str(root), "check-ignore", ".revloops/store.db"], check=False, capture_output=True
    )
    assert ignored.returncode == 0


@pytest.mark.parametrize("list_of_people", ["leads.rejected.csv", "shadow-past/disagreements.csv"])
def test_lists_of_people_that_commands_write_stay_out_of_git(tmp_path: Path, list_of_people: str) -> None:
    root = tmp_path / "ops"
    init.create(root, load(), Settings())
    (root / list_of_people).parent.mkdir(exist_ok=True)
    (root / list_of_people).write_text("Ada Example", encoding="utf-8")
    asked = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=all"]
    assert not subprocess.run(asked, check=True, capture_output=True).stdout


def test_doctor_says_that_the_example_people_must_be_replaced(tmp_path: Path) -> None:
    init.create(tmp_path / "ops", load(), Settings())
    checks = {
        c.name: c for c in examine(workspaces.load(tmp_path / "ops", load()), Store(str(tmp_path / "s.db")))
    }
    assert not checks["yours"].ok
    for what in ("people", "company name", "playbook"):
        assert what in checks["yours"].text


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RevloopsError, match="isn't empty: name a folder that doesn't exist yet"):
        init.create(tmp_path, load(), Settings())
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def digest(root: Path) -> dict[str, str]:
    """Table → hash of its rows, and workspace file → hash."""
    store, found = Store(str(root / ".revloops" / "store.db")), dict[str, str]()
    with store.reading() as tx:
        for name, table in t.meta.tables.items():
            keys = list(table.primary_key.columns)
            rows = [tuple(row) for row in tx.all(select(table).order_by(*keys))]
            found[name] = sha256(repr(rows).encode()).hexdigest()
    store.close()
    files = (
        p for p in root.rglob("*") if p.is_file() and not {".git", ".revloops"} & {*p.relative_to(root).parts}
    )
    return found | {str(p.relative_to(root)): sha256(p.read_bytes()).hexdigest() for p in files}


def test_two_sandboxes_of_one_seed_hold_the_same(tmp_path: Path) -> None:
    made: list[dict[str, str]] = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        box = SandboxSettings(seed=seed, scale=0.02, start=START.isoformat())
        init.create(tmp_path / name, load(), Settings(company="Lumenpath", sandbox=box))
        made.append(digest(tmp_path / name))
    assert made[0] == made[1]
    assert made[0]["companies"] != made[2]["companies"]


def pairs(tx: Tx, query: Select[Any, Any]) -> dict[str, int]:
    return {name: number for name, number in tx.all(query)}


def test_the_sandbox_s_loads_are_its_open_deals(tmp_path: Path) -> None:
    home = house(tmp_path)
    with home.store.reading() as tx:
        deals = pairs(
            tx,
            select(t.opportunities.c.owner, func.count())
            .where(t.opportunities.c.closed_on == "")
            .group_by(t.opportunities.c.owner),
        )
        loads = pairs(tx, select(t.loads.c.rep, t.loads.c.opportunities))
    assert sum(loads.values()) > 10
    assert loads == {rep: deals.get(rep, 0) for rep in loads}


def test_settings_survive_being_written_and_read(tmp_path: Path) -> None:
    found = workspaces.load(workspace(tmp_path), load()).settings
    assert found.sandbox == SandboxSettings(seed=7, scale=0.05, start=START.isoformat())
    assert found.company == "Lumenpath"


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    with (root / "revloops.toml").open("a", encoding="utf-8") as file:
        file.write("speed = 9\n")
    with pytest.raises(ConfigError, match=r"^revloops\.toml: outreach\.speed: there is no such key here$"):
        workspaces.load(root, load())


def test_a_sandbox_s_clock_stands_still_and_only_moves_forward(tmp_path: Path) -> None:
    home = house(tmp_path)
    assert home.runtime.at() == home.runtime.at() == START
    advance(home, duration("1d12h"))
    assert home.runtime.at() == START + timedelta(hours=36)
    with pytest.raises(RevloopsError, match="only moves forward"):
        advance(home, timedelta(0))


@pytest.mark.parametrize("text", ["", "4", "d4", "4d 6h", "-1d", "1.5h", "4w"])
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    assert duration("90m") == timedelta(minutes=90)
    with pytest.raises(RevloopsError, match="is no time: write days, hours and minutes"):
        duration(text)
