"""What every command shares: its workspace, its two forms of output, and one sentence for an error."""

import functools
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.bootstrap import House

P = ParamSpec("P")
T = TypeVar("T")
WIDTH = 112


class Door:
    """A command's view of its surroundings."""

    def __init__(self, workspace: str | None, as_json: bool) -> None:
        self._named, self.as_json = workspace, as_json
        self.result: dict[str, Any] = {}

    @functools.cached_property
    def root(self) -> Path:
        """The workspace's folder: the one named, or the one the current folder lies in."""
        from tools.workspace import find

        named = self._named or os.environ.get("REVLOOPS_WORKSPACE")
        return find(Path(named) if named else Path.cwd())

    @functools.cached_property
    def house(self) -> "House":
        """The workspace with everything that runs on it."""
        from agent.bootstrap import open_house

        return open_house(self.root)

    def say(self, text: str = "") -> None:
        """A line for a person; nothing in JSON."""
        if not self.as_json:
            click.echo(text)

    def give(self, **values: Any) -> None:
        """Values for the JSON object."""
        self.result.update(values)

    @property
    def interactive(self) -> bool:
        """Whether somebody sits at a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def ask(self, text: str, flag: str, *, hide: bool = False) -> str:
        """What a person types; without a terminal an error that names the flag.

        Raises:
            RevloopsError: nobody can be asked.
        """
        if not self.interactive:
            raise RevloopsError(f"{text} is needed and there is no terminal to ask at: give {flag}")
        return click.prompt(text, hide_input=hide, err=True)


def command(**settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """Makes a function a command: `--json`, `--workspace`, errors as one sentence with exit code 1."""

    def wrap(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def call(*args: Any, workspace: str | None, as_json: bool, **options: Any) -> None:
            logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
            door = Door(workspace, as_json)
            try:
                function(door, *args, **options)
            except RevloopsError as error:
                _end(door, str(error))
            except BrokenPipeError:  # whoever read the output has had enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            except (click.ClickException, click.exceptions.Exit, click.Abort):
                raise
            except Exception:
                _end(door, f"something failed that shouldn't have: please report it with {_logged()}")
            except KeyboardInterrupt:
                _end(door, "stopped; what was done is kept, and the same command goes on from there")
            if as_json:
                click.echo(json.dumps(door.result, ensure_ascii=False, default=str))
            if door.result.get("ok") is False:
                sys.exit(1)

        settings.setdefault("short_help", summary(function))
        call = click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")(call)
        call = click.option(
            "--workspace", "-w", metavar="DIR", help="The workspace (default: here or above)."
        )(call)
        return click.command(**settings)(call)

    return wrap


def summary(function: Callable[..., object]) -> str:
    """What a list of commands says of it: the first sentence of its docstring, whole."""
    return " ".join((function.__doc__ or "").split("\n\n")[0].split())


def _end(door: Door, text: str) -> None:
    click.echo(f"revloops: {text}", err=True)
    if door.as_json:
        click.echo(json.dumps({"error": text}, ensure_ascii=False))
    sys.exit(1)


def _logged() -> str:
    """The file that the present exception's trace was written to."""
    path = Path(tempfile.gettempdir()) / "revloops-error.log"
    with path.open("a", encoding="utf-8") as log:
        traceback.print_exc(file=log)
    return str(path)


def shown(at: datetime | str, zone: str) -> str:
    """An instant for a person: local day and minute with its zone."""
    from zoneinfo import ZoneInfo

    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M %Z")


def counted(count: int, one: str, many: str = "") -> str:
    """The count with its noun, in the singular for one."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def first(items: Sequence[T], most: int, everything: bool = False) -> Sequence[T]:
    """The first of them; all of them where asked for, or where no more than one would be left out."""
    return items if everything or len(items) <= most + 1 else items[:most]


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Rows as aligned text, cut to the width of the page."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, tuple("-" * w for w in widths), *rows)
    ]
    return "\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in lines)
