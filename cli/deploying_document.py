"""`deploy document`: a person's quota and compensation document, by their id or their name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from cli.deploying_names import names_of
from cli.door import Door, command
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from tools.deploy.status import PlanDocument


@command()
@click.argument("person", metavar="ID|NAME")
@click.option("--year", metavar="YEAR", type=int, help="Of that fiscal year, such as 2027 (the latest).")
@click.option("--version", metavar="N", type=int, help="That version of it (the newest).")
def document(door: Door, person: str, year: int | None, version: int | None) -> None:
    """A person's quota and compensation document."""
    from tools.deploy.status import documents

    with door.house.store.reading() as tx:
        issued = documents(tx)
    names = names_of(door)
    person = _meant(person, names, {_whose(d) for d in issued})
    found = [d for d in issued if _whose(d) == person]
    if not found:
        raise RevloopsError(_nobody(door, person))
    fitting = [d for d in found if year is None or d.key.endswith(f"@{year}")]
    fitting = [d for d in fitting if version is None or d.version == version]
    if not fitting:
        there = ", ".join(f"{d.key.rpartition('@')[2]} version {d.version}" for d in found)
        raise RevloopsError(f"{person} has no such document; there is {there}")
    latest = max(fitting, key=lambda d: (d.key, d.version))
    door.give(**latest.row(), text=latest.text, name=names.get(person))
    door.say(_titled(latest.text, person, names.get(person)))
    if latest.state != "issued":
        door.say(f"Version {latest.version}; it was {latest.state}.")


def _whose(issued: "PlanDocument") -> str:
    return issued.key.rpartition("@")[0]


def _meant(said: str, names: Mapping[str, str], known: set[str]) -> str:
    """The id of the person meant by an id, or by a name that one person alone has; else what was said.

    Args:
        said: id or name.
        names: of the plan's people, by id.
        known: ids that have a document; some may have left the plan.
    """
    if said in names or said in known:
        return said
    same = [id for id, name in names.items() if name.casefold() == " ".join(said.split()).casefold()]
    if len(same) > 1:
        raise RevloopsError(f"{said} is the name of {' and of '.join(same)}: give the id of the one you mean")
    return same[0] if same else said


def _titled(text: str, person: str, name: str | None) -> str:
    """The document with the person's name in its title; it is issued, and hashed, by their id alone."""
    title, rest = text.split("\n", 1)
    if name and name != person and title.endswith(f": {person}"):
        title = f"{title.removesuffix(person)}{name} ({person})"
    return f"{title}\n{rest}"


def _nobody(door: Door, person: str) -> str:
    plan = door.house.workspace.scenario
    hire = next((hire for hire in plan.hires if hire.id == person), None)
    holder = next((rep for rep in plan.roster if hire and rep.seat == hire.id), None)
    if hire and holder:
        return f"{person} is a seat that {holder.name} ({holder.id}) has taken: ask for {holder.id}"
    if hire:
        return f"{person} is planned and hasn't started: it has no document yet"
    if person in {rep.id for rep in plan.roster}:
        return (
            f"{person} has no document: {plan.name} says nothing of what their role is paid, or it isn't "
            "made real yet (`revloops deploy plan` says)"
        )
    return f"nobody is called {person} in {plan.name}: give an id or a whole name of its roster"
