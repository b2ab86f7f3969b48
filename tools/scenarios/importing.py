"""A workbook as a scenario: every fault with sheet and cell, all at once; what isn't known is said."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from pydantic import ValidationError

from loops.config import faults
from loops.errors import ConfigError, Fault, RevloopsError
from loops.scenario import Scenario
from tools import workspace as workspaces
from tools.scenarios import files
from tools.scenarios.naming import plain_ids
from tools.scenarios.pages import Book, Page
from tools.scenarios.rows import Reading
from tools.scenarios.sheets import NoSheets

TRIES = 3
"""How often what is left is looked at again, once faulty values are taken out."""


@dataclass(frozen=True)
class Taken:
    """What a workbook says."""

    scenario: Scenario
    notes: tuple[str, ...]
    # what was left aside, a sentence each


def taken(root: Path, path: Path, name: str | None = None) -> Taken:
    """The scenario in a workbook, checked as a file of the workspace would be; nothing is written.

    Args:
        root: the workspace.
        path: an .xlsx file.
        name: what to call the scenario; None: as the workbook says, else as the file is called.

    Raises:
        RevloopsError: the extra isn't installed, or the file is no workbook.
        ConfigError: every fault, each with sheet and cell.
    """
    reading = Reading(_book(path))
    data = reading.data
    empty = not any(data.values())
    data["name"] = name or data.get("name") or path.stem
    if not files.NAME.fullmatch(str(data["name"])):
        reading.fault(("name",), f"{data['name']!r} is no name for a scenario: use letters, digits, - and _")
        data["name"] = "imported"
    reading.notes += plain_ids(data)
    scenario = _Checked(root, reading).scenario()
    found = reading.faults
    if found or scenario is None:
        raise ConfigError(*(Fault(path.name, 0, where, said) for where, said in found))
    if empty:
        raise RevloopsError(
            f"{path.name} holds no plan, so nothing was made: none of the sheets Plan, People, Hires and so "
            "on has a row that is known; `revloops scenario export` writes a workbook with all of them"
        )
    return Taken(scenario, (*reading.notes, *_unpaid(scenario)))


def _unpaid(scenario: Scenario) -> Iterator[str]:
    """A note naming the roles of people of whom no figure can be made."""
    if scenario.year is None:
        return
    known = {line.role for line in (*scenario.compensation, *scenario.productivity)}
    roles = dict.fromkeys(p.role for p in (*scenario.roster, *scenario.hires) if p.role not in known)
    if roles:
        many = "roles" if len(roles) > 1 else "role"
        yield (
            f"{many} {', '.join(roles)}: neither Compensation nor Productivity says anything, so these "
            "people cost nothing and close nothing in the plan"
        )


@dataclass
class _Checked:
    """What was read, held to the schema and to what the schema can't see."""

    root: Path
    reading: Reading

    def scenario(self) -> Scenario | None:
        """The scenario; where it has faults, what is left without them, or None."""
        for _ in range(TRIES):
            try:
                scenario = Scenario.model_validate(self.reading.data)
            except ValidationError as error:
                for path, said in faults(error):
                    self.reading.fault(path, said)
                    self.reading.take_out(path)
                continue
            for path, said in workspaces.scenario_faults(self.root, scenario):
                self.reading.fault(path, said)
            return scenario
        return None


def _book(path: Path) -> Book:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise NoSheets from error
    try:
        with warnings.catch_warnings():
            # what openpyxl drops of a file (validations, pictures) holds nothing of a plan
            warnings.simplefilter("ignore")
            shown, written = (load_workbook(path, data_only=values) for values in (True, False))
    except FileNotFoundError as error:
        raise RevloopsError(f"there is no file {path}") from error
    except (InvalidFileException, BadZipFile, OSError, KeyError, ValueError, SyntaxError) as error:
        # a damaged part inside a good archive is a SyntaxError of the XML reader
        raise RevloopsError(f"{path.name} is no workbook that can be read: save it as .xlsx") from error
    return Book(tuple(Page.of(page, written[page.title]) for page in shown.worksheets))
