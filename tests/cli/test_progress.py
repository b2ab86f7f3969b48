"""Somebody who waits hears that it works: on stderr alone, whether or not a single step takes long."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import click
import pytest
from click.testing import CliRunner

from cli import flow
from cli.door import Door
from cli.main import COMMANDS, cli
from tests.house import workspace

SOON, LONG = 0.001, 30.0


def watched(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> tuple[Door, Event, list[str]]:
    """A door; an event that comes with the first tick; what was written to stderr by ticks."""
    ticking, told, lines = flow.ticking, Event(), list[str]()
    monkeypatch.setattr(Door, "interactive", property(lambda _: terminal))

    def quick(tell: Callable[[float], object]) -> object:
        def both(seconds: float) -> None:
            tell(seconds)
            told.set()

        return ticking(both, SOON)

    def echo(text: str, *, err: bool = False) -> None:
        assert err
        lines.append(text)

    monkeypatch.setattr(flow, "ticking", quick)
    monkeypatch.setattr(click, "echo", echo)
    return Door(None, False), told, lines


def test_in_a_pipe_a_line_says_how_far_it_is_while_one_step_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door, told, lines = watched(monkeypatch, terminal=False)
    with flow.progress(door, 2500, "Rows taken on") as seen:
        seen(500)
        told.clear()
        assert told.wait(LONG)
    assert lines[-1] == "Rows taken on: 500 of 2,500 after 0 s"


def test_on_a_terminal_the_bar_tells_the_time_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    door, told, _ = watched(monkeypatch, terminal=True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with flow.progress(door, 10, "Rows taken on") as seen:
        seen(3)
        assert told.wait(LONG)
    assert "Rows taken on, 0 s" in capsys.readouterr().err


def test_it_ends_with_what_it_tells_of_even_where_that_fails() -> None:
    ticks: list[float] = []
    with pytest.raises(ValueError, match="broken"), flow.ticking(ticks.append, LONG):
        raise ValueError("broken")
    assert not ticks


def test_with_json_nothing_but_the_object_is_on_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking = flow.ticking

    def quick(tell: Callable[[float], object]) -> object:
        return ticking(tell, SOON)

    monkeypatch.setattr(flow, "ticking", quick)
    root = str(workspace(tmp_path))
    said = CliRunner().invoke(cli, ("run", "--sandbox-leads", "20", "--json", "-w", root))
    assert json.loads(said.stdout)["rows"] == 20
    assert "Rows taken on: 0 of 20 after " in said.stderr


def test_lists_of_commands_cut_no_summary_and_show_no_raw_format() -> None:
    for name in ("outcomes", "proposal", "leads", "runs", "config", "experiment"):
        page = CliRunner().invoke(cli, (name, "--help"), terminal_width=80).output
        assert name in COMMANDS and "..." not in page.split("Commands:")[1], page
    assert "%Y" not in CliRunner().invoke(cli, ("propose", "--help")).output
