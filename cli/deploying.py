"""`deploy`: what departs from the promoted plan, making it real, what stands, and everybody's documents."""

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from cli.deploying_accounts import accounts
from cli.deploying_document import document
from cli.deploying_names import named, telling
from cli.door import WIDTH, Door, command, counted, first, shown, table
from cli.look import wrapped
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
        door.say(_settled(found) or f"Everything stands as {name} has it: nothing is to be done.")
    else:
        door.say(f"{counted(count, 'change')} would make {name} real, in this order:")
    for heading, group in groupby(found.changes, key=_heading):
        _say_group(door, heading, tuple(group), everything)
    _say_seats(door, found, everything)
    if count and found.input.held:
        door.say(f"\n{_settled(found)}")
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
        left=left, waiting=dict(done.waiting), changed=bool(done.performed), held=done.held or None,
    )  # fmt: skip
    if done.held:
        door.say(done.held)
    if not done.performed and not left:
        everything = "" if done.held else f"Everything stands as {name} has it: "
        door.say(f"{everything}nothing was done." if everything else "Nothing was done.")
        return
    door.say(f"{counted(done.performed, 'change')} made; {name} stands"
             f"{' but for what is named below' if left else ''}.")  # fmt: skip
    told = first(left, SHOWN)
    for one in told:
        door.say(f"  left: {one}")
    if len(told) < len(left):
        door.say(f"  and {len(left) - len(told)} more: see `revloops deploy plan`")
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


# --- words ----------------------------------------------------------------------------------------
def _plain(found: "Plan") -> dict[str, Any]:
    return {
        "scenario": found.input.scenario,
        "hash": found.input.hash,
        "counts": found.counts,
        "held": list(found.input.held),
        "settled": not found.changes,
        "changes": [change.model_dump(mode="json") for change in found.changes],
        "seats": [seat.model_dump(mode="json") for seat in found.seats],
    }


def _settled(found: "Plan") -> str:
    """What is left standing although the plan, without a year, doesn't declare it; "" where nothing is."""
    from loops.deploy.logic import left_standing

    return " ".join(reason.text for reason in left_standing(found.input))


def _heading(change: "Change") -> str:
    ends = change.action == "remove"
    return f"{PARTS[change.part]}{' that go' if ends else ''}"


def _say_group(door: Door, heading: str, changes: tuple["Change", ...], everything: bool) -> None:
    door.say(f"\n{heading} ({len(changes)})")
    names, told = telling(door), first(changes, SHOWN, everything)
    for change in told:
        whole = f"{MARKS[change.action]} {_keyed(change, names)}{named(_said(change), names)}"
        for n, line in enumerate(wrapped(whole, WIDTH - 6)):
            door.say(f"  {'    ' if n else ''}{line}")
    if len(told) < len(changes):
        door.say(f"    and {len(changes) - len(told)} more (--all)")


def _keyed(change: "Change", names: Mapping[str, str]) -> str:
    """The thing's key, with the name of the person that it is about."""
    fields = change.before if change.action == "remove" else change.fields
    who = fields.get("person") or change.key
    return f"{change.key} ({names[who]})" if who in names else change.key


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


def _say_seats(door: Door, found: "Plan", everything: bool) -> None:
    """Each open seat's outcome; once everything stands how many, unless all is asked for."""
    if not found.seats:
        return
    if not (found.changes or everything):
        count = counted(len(found.seats), "seat is", "seats are")
        door.say(f"{count} open; who covers each: `revloops deploy plan --all`.")
        return
    names = telling(door)
    door.say(f"\nOpen seats and who covers them ({len(found.seats)})")
    for seat in found.seats:
        for n, line in enumerate(wrapped(named(seat.text, names), WIDTH - 6)):
            door.say(f"  {'    ' if n else ''}{line}")


def _say_left(door: Door, left: "Plan", waiting: dict[str, int]) -> None:
    if left.changes:
        counts = ", ".join(f"{count} to {action}" for action, count in left.counts.items() if count)
        door.say(f"Left to make {left.input.scenario} real: {counts}. See `revloops deploy plan`.")
    if left.input.held:
        door.say(_settled(left))
    elif not left.changes:
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
