"""`deploy`: what departs from the promoted plan, making it real, what stands, and everybody's documents."""

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from cli.deploying_accounts import accounts
from cli.door import WIDTH, Door, command, counted, shown, table
from cli.look import wrapped
from loops.errors import RevloopsError
from loops.money import written

if TYPE_CHECKING:
    from agent.deploying import Plan
    from loops.deploy.outputs import Change
    from tools.deploy.status import PlanDocument

SHOWN = 20
"""Changes of a part shown unless --all asks for the rest."""
DIGITS = 12
"""Digits of a hash that are shown."""
MARKS = {"create": "+", "change": "~", "remove": "-"}
PARTS = {
    "territory": "Territories",
    "pool": "Pools",
    "person": "People",
    "seat": "Open seats",
    "assignment": "Who sells where",
    "membership": "Who is in which pool",
    "coverage": "Who covers open seats",
    "quota": "Quotas",
    "comp_plan": "Quota and compensation documents",
}


@click.group()
def deploy() -> None:
    """The promoted plan made real: territories, people, pools, quotas, documents, accounts' places."""


@command()
@click.option("--all", "everything", is_flag=True, help=f"More than {SHOWN} changes of a kind.")
def plan(door: Door, everything: bool) -> None:
    """What would be made, changed and taken away, in its order, and who covers open seats. Writes nothing."""
    from agent.deploying import plan as planned

    found = planned(door.house)
    door.give(**_plain(found))
    name, count = found.input.scenario, len(found.changes)
    if not count:
        door.say(f"Everything stands as {name} has it: nothing is to be done.")
    else:
        door.say(f"{counted(count, 'change')} would make {name} real, in this order:")
    for heading, group in groupby(found.changes, key=_heading):
        _say_group(door, heading, tuple(group), everything)
    _say_seats(door, found)
    if count:
        door.say("\nNothing was written. `revloops deploy apply` makes it so.")


@command()
def apply(door: Door) -> None:
    """Make the promoted plan real: only what changed. After a crash the same command goes on."""
    from agent.deploying import apply as applied

    done = applied(door.house)
    name = door.house.workspace.scenario.name
    left = [f"{c.part}:{c.key}" for c in done.left]
    door.give(
        ok=not (done.left or done.failed), scenario=name, performed=done.performed, failed=done.failed,
        left=left, waiting=dict(done.waiting), changed=bool(done.performed),
    )  # fmt: skip
    if not done.performed and not left:
        door.say(f"Everything stands as {name} has it: nothing was done.")
        return
    door.say(f"{counted(done.performed, 'change')} made; {name} stands"
             f"{' but for what is named below' if left else ''}.")  # fmt: skip
    for one in left[:SHOWN]:
        door.say(f"  left: {one}")
    if len(left) > SHOWN:
        door.say(f"  and {len(left) - SHOWN} more: see `revloops deploy plan`")
    if done.failed:
        door.say(f"{counted(done.failed, 'change')} refused for good: see `revloops review list`.")


@command()
@click.option("--documents", is_flag=True, help="Every quota and compensation document that was issued.")
def status(door: Door, documents: bool) -> None:
    """What stands, when it last changed and by which plan, and what is left to be done."""
    from agent.deploying import plan as planned
    from loops.deploy.outputs import Materialize
    from tools.deploy import status as standing

    house = door.house
    with house.store.reading() as tx:
        parts, by = standing.parts(tx), standing.scenarios(tx)
        issued = standing.documents(tx)
        waiting = standing.open_effects(tx, Materialize.__name__)
    left = planned(house)
    door.give(
        scenario=left.input.scenario, hash=left.input.hash, parts=[vars(p) for p in parts],
        by=[vars(s) for s in by], left=left.counts, waiting=waiting, settled=not left.changes,
        documents=[d.row() for d in issued],
    )  # fmt: skip
    zone = house.workspace.calendar.zone
    if not parts:
        door.say("Nothing stands yet.")
    else:
        rows = [(PARTS[p.part], f"{p.count:,}", shown(p.last, zone)) for p in parts]
        door.say(table(rows, ("part", "stand", "last changed")))
    for one in by:
        door.say(f"By {one.scenario} ({one.hash[:DIGITS]}): {counted(one.count, 'thing')}, "
                 f"last {shown(one.last, zone)}.")  # fmt: skip
    _say_left(door, left, waiting)
    if documents:
        _say_documents(door, issued, zone)


@command()
@click.argument("person")
@click.option("--year", metavar="YEAR", type=int, help="Of that fiscal year, such as 2027 (the latest).")
@click.option("--version", metavar="N", type=int, help="That version of it (the newest).")
def document(door: Door, person: str, year: int | None, version: int | None) -> None:
    """A person's quota and compensation document."""
    from tools.deploy.status import documents

    with door.house.store.reading() as tx:
        found = documents(tx, person)
    if not found:
        raise RevloopsError(_nobody(door, person))
    fitting = [d for d in found if year is None or d.key.endswith(f"@{year}")]
    fitting = [d for d in fitting if version is None or d.version == version]
    if not fitting:
        there = ", ".join(f"{d.key.rpartition('@')[2]} version {d.version}" for d in found)
        raise RevloopsError(f"{person} has no such document; there is {there}")
    latest = max(fitting, key=lambda d: (d.key, d.version))
    door.give(**latest.row(), text=latest.text)
    door.say(latest.text)
    if latest.state != "issued":
        door.say(f"Version {latest.version}; it was {latest.state}.")


def _nobody(door: Door, person: str) -> str:
    plan = door.house.workspace.scenario
    if person in {rep.id for rep in plan.roster}:
        return (
            f"{person} has no document: {plan.name} says nothing of what their role is paid, or it isn't "
            "made real yet (`revloops deploy plan` says)"
        )
    return f"nobody is called {person} in {plan.name}: give an id of its roster"


# --- words ----------------------------------------------------------------------------------------
def _plain(found: "Plan") -> dict[str, Any]:
    return {
        "scenario": found.input.scenario,
        "hash": found.input.hash,
        "counts": found.counts,
        "settled": not found.changes,
        "changes": [change.model_dump(mode="json") for change in found.changes],
        "seats": [seat.model_dump(mode="json") for seat in found.seats],
    }


def _heading(change: "Change") -> str:
    ends = change.action == "remove"
    return f"{PARTS[change.part]}{' that go' if ends else ''}"


def _say_group(door: Door, heading: str, changes: tuple["Change", ...], everything: bool) -> None:
    door.say(f"\n{heading} ({len(changes)})")
    for change in changes if everything else changes[:SHOWN]:
        for n, line in enumerate(wrapped(f"{MARKS[change.action]} {change.key}{_said(change)}", WIDTH - 6)):
            door.say(f"  {'    ' if n else ''}{line}")
    if not everything and len(changes) > SHOWN:
        door.say(f"    and {len(changes) - SHOWN} more (--all)")


def _said(change: "Change") -> str:
    """What is said of a thing, or what changes in it."""
    if change.action == "remove":
        return ""
    old, new = change.before, change.fields
    if change.action == "create":
        told = "; ".join(f"{_label(name)} {_value(new, name)}" for name in new if _tells(change, name))
        return f": {told}" if told else ""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ": " + "; ".join(
        f"{_label(name)} {_value(old, name)} → {_value(new, name)}" for name in names
    )


def _label(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _value(fields: Mapping[str, str], name: str) -> str:
    """The value as a person reads it: amounts as money."""
    value = fields.get(name, "")
    if value and (name.endswith("_minor") or name.startswith("Q")):
        quota = name.startswith("Q") and "quota_currency" in fields
        return written(int(value), fields["quota_currency" if quota else "currency"])
    return value or "none"


def _tells(change: "Change", name: str) -> bool:
    """Whether the field says more than the key and the amounts do."""
    value = change.fields[name]
    known = change.key.replace("@", "/").split("/")
    return bool(value) and value not in known and not name.endswith("currency")


def _say_seats(door: Door, found: "Plan") -> None:
    if not found.seats:
        return
    door.say(f"\nOpen seats and who covers them ({len(found.seats)})")
    for seat in found.seats:
        for n, line in enumerate(wrapped(seat.text, WIDTH - 6)):
            door.say(f"  {'    ' if n else ''}{line}")


def _say_left(door: Door, left: "Plan", waiting: dict[str, int]) -> None:
    if left.changes:
        counts = ", ".join(f"{count} to {action}" for action, count in left.counts.items() if count)
        door.say(f"Left to make {left.input.scenario} real: {counts}. See `revloops deploy plan`.")
    else:
        door.say(f"Everything stands as {left.input.scenario} ({left.input.hash[:DIGITS]}) has it.")
    for state, count in waiting.items():
        door.say(f"{counted(count, 'change')} {state}.")


def _say_documents(door: Door, issued: tuple["PlanDocument", ...], zone: str) -> None:
    if not issued:
        door.say("\nNo document was issued yet.")
        return
    rows = [
        (d.key.rpartition("@")[0], d.key.rpartition("@")[2], str(d.version), d.state, d.scenario,
         shown(d.at, zone)) for d in issued
    ]  # fmt: skip
    door.say("\n" + table(rows, ("person", "year", "version", "is", "by", "when")))


for part in (plan, apply, status, document, accounts):
    deploy.add_command(part)
