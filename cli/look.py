"""`explain`, `replay`, `seal`, `loops`, `config`, `doctor`: look at what is and what was."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.checking import check as check_config
from cli.door import WIDTH, Door, command, shown, table
from cli.revisions import history
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.explain import Explained, Told
    from agent.on_record import OnRecord

KINDS = {"account": "an account", "person": "of our people", "seat": "an open or taken seat of the plan"}
LABEL = {"code": "[code] ", "agent": "[agent]", "human": "[human]"}


@command()
@click.argument("what", metavar="ID|NAME|EMAIL")
def explain(door: Door, what: str) -> None:
    """Why a lead is where it is: every decision with its reasons, and the nearest change that would differ.

    Of an account, or of one of our people, what is on record: place, owner, and by what or whom.
    """
    from agent.explain import NoLead
    from agent.explain import explain as find
    from agent.on_record import on_record

    runtime = door.house.runtime
    record = on_record(runtime, what, by_id=True)
    if record is None:
        try:
            _say_lead(door, find(runtime, what))
            return
        except NoLead as none:
            record = on_record(runtime, what)
            if record is None:
                raise RevloopsError(
                    f"no lead is called {what!r}, and no account or person of the plan either: give a lead's "
                    "id, name, e-mail address or company, an account's id, name or domain, or a rep's id or "
                    "name"
                ) from none
    _say_record(door, record)


def _say_record(door: Door, record: "OnRecord") -> None:
    from dataclasses import asdict

    door.give(**asdict(record))
    called = record.id if record.name == record.id else f"{record.name} ({record.id})"
    door.say(f"{called}, {KINDS[record.kind]}")
    for line in record.lines:
        for n, part in enumerate(wrapped(line, WIDTH - 4)):
            door.say(f"  {'  ' if n else ''}{part}")
    _say_told(door, record.told)


def _say_told(door: Door, rows: "tuple[Told, ...]") -> None:
    """The ledger's rows in words, run by run."""
    zone, run = door.house.workspace.calendar.zone, ""
    for told in rows:
        if told.run != run:
            run = told.run
            door.say()
            door.say(
                f"{told.loop.title()}, {shown(told.at, zone)}: config {told.config},"
                f" revision {told.revision}, scenario {told.scenario}"
            )
        for n, part in enumerate(wrapped(told.text, WIDTH - 12)):
            door.say(f"  {LABEL[told.by] if n == 0 else ' ' * 7} {part}")
        for line in told.details:
            for part in wrapped(line, WIDTH - 12):
                door.say(f"            {part}")


def _say_lead(door: Door, found: "Explained") -> None:
    from dataclasses import asdict

    door.give(**asdict(found))
    owner = found.owner or "nobody yet"
    door.say(f"{found.name}, {found.company or 'no company'} ({found.lead}); owner: {owner}")
    _say_told(door, found.told)
    for line in found.in_flight:
        door.say(f"\nStill open. {line}")
    if found.nearest:
        door.say()
        door.say("What would have led elsewhere")
        for line in found.nearest:
            for part in wrapped(line, WIDTH - 2):
                door.say(f"  {part}")


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most that width."""
    import textwrap

    lines = text.splitlines() or [""]
    return [p for line in lines for p in textwrap.wrap(line, width, break_on_hyphens=False) or [""]]


@command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--all", "everything", is_flag=True, help="Everything: decisions, agents, chain, bodies, tape.")
def replay(door: Door, run: str | None, everything: bool) -> None:
    """Decide again from what was written down, with the network off; compare byte by byte."""
    from agent.replay import broken_seals
    from agent.replay import replay as again
    from cli.flow import progress

    if bool(run) == everything:
        raise RevloopsError("name a run, or everything with --all")
    house = door.house
    id = _run_id(door, run) if run else None
    with progress(door, _count_runs(door) if everything else 1, "Replaying") as seen:
        found = again(house.runtime, house.specialists, id, seen)
    found.differences += broken_seals(house.store, door.root) if everything else []
    door.give(
        runs=found.runs,
        decisions=found.decisions,
        differences=len(found.differences),
        answers=found.answers,
        erased=found.erased,
        not_replayed=found.not_replayed,
        other_code=found.other_code,
        other_code_differences=len(found.other_code_differences),
        found=found.differences[:50],
        found_of_other_code=found.other_code_differences[:50],
        ok=not found.differences,
    )
    door.say(
        f"{found.decisions:,} decisions and {found.answers:,} agents' answers made again: "
        f"{len(found.differences)} differences."
    )
    for text, count in (
        ("rows belong to erased people", found.erased),
        ("answers were no reply of an agent and weren't made again", found.not_replayed),
        ("rows were made by other code than today's", found.other_code),
        ("of those come out otherwise with today's code", len(found.other_code_differences)),
    ):
        if count:
            door.say(f"  {count:,} {text}.")
    for line in found.differences[:20]:
        door.say(f"  {line}")


def _count_runs(door: Door) -> int:
    from sqlalchemy import func, select

    from tools.store import tables as t

    with door.house.store.reading() as tx:
        row = tx.first(select(func.count()).select_from(t.runs))
    return int(row[0]) if row else 0


def _run_id(door: Door, text: str) -> str:
    from sqlalchemy import select

    from tools.store import tables as t

    with door.house.store.reading() as tx:
        found = [r[0] for r in tx.all(select(t.runs.c.id).where(t.runs.c.id.like(f"{text}%")).limit(2))]
    if len(found) != 1:
        raise RevloopsError(
            f"{'more than one' if found else 'no'} run starts with {text!r}: `revloops explain` lists them"
        )
    return found[0]


@command()
def seal(door: Door) -> None:
    """Commit the ledger's head to the workspace, so that rows cut off its end later are found."""
    from agent.replay import seal as commit

    seq, head = commit(door.house.store, door.root)
    door.give(row=seq, hash=head)
    door.say(f"Sealed at row {seq:,}: {head[:16]}…")


@command()
@click.option(
    "--questions", "asked", is_flag=True,
    help="Of each loop that is built: versionable, reconstructable, chained, open to agents, with feedback?",
)  # fmt: skip
def loops(door: Door, asked: bool) -> None:
    """The ten loops with chain, version and owning team; which are built, and other packages' loops."""
    if asked:
        _questions(door)
        return
    from loops.loop import MAP
    from loops.registry import load

    registry = load()
    found: list[dict[str, Any]] = []
    for name in (*MAP, *(n for n in registry.loops if n not in MAP)):
        loop = registry.loops.get(name)
        found.append(
            {
                "loop": name,
                "chain": str(loop.chain if loop else MAP[name]),
                "version": loop.version if loop else None,
                "owner": loop.owner if loop else None,
                "archetypes": [str(a) for a in loop.archetypes] if loop else [],
                "steps": [f"{s.name} ({s.by})" for s in loop.steps] if loop else [],
            }
        )
    door.give(loops=found)
    rows = [
        (
            str(f["loop"]),
            str(f["chain"]),
            str(f["version"] or "not built yet"),
            str(f["owner"] or ""),
            ", ".join(f["archetypes"]),
        )
        for f in found
    ]
    door.say(table(rows, ("loop", "chain", "version", "owner", "archetypes")))


def _questions(door: Door) -> None:
    """The five questions, each answered by a look: a line a question, how many hold a loop."""
    from agent.questions import scored

    found = dict(scored(door.house))
    door.give(loops={name: [vars(one) for one in five] for name, five in found.items()})
    word = {True: "yes", False: "NO", None: "not yet"}
    for name, five in found.items():
        door.say(f"{name}: {sum(one.holds is True for one in five)} of {len(five)}")
        for one in five:
            door.say(f"  {word[one.holds]:<8} {one.name}: {one.shows}")


@click.group()
def config() -> None:
    """What the loops are now configured to do."""


@command(name="show")
@click.argument("loop", required=False)
def show(door: Door, loop: str | None) -> None:
    """What a loop (or every loop) is configured to do, its version, and the files that say so."""
    workspace = door.house.workspace
    if loop is not None and loop not in workspace.configs:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(workspace.configs)}")
    shows: dict[str, object] = {}
    for name, found in workspace.configs.items():
        if loop in (None, name):
            files = [f"loops/{name}.yaml", *(_which(door, part) for part in found.PARTS.values())]
            shows[name] = {"version": found.version, "files": files, "config": found.model_dump(mode="json")}
            door.say(f"{name}: version {found.version[:12]}, from {', '.join(files)}")
            if loop:
                from tools.yaml_text import write

                door.say(write(found.model_dump(mode="json", exclude_defaults=True)))
    from agent.specialists import MEASURING, SPECS

    for spec in (*SPECS, *MEASURING) if loop is None else ():
        door.say(f"agent {spec.name}: {_which(door, f'prompts/{spec.prompt}.md')}")
    door.say(f"scenario {workspace.scenario.name}; revision {workspace.revision[:12] or 'not in git'}")
    door.give(loops=shows, scenario=workspace.scenario.name, revision=workspace.revision)


def _which(door: Door, part: str) -> str:
    """The part's file, and whether it is the packaged one."""
    here = "*" in part or (door.root / part).is_file()
    return part if here else f"{part} (packaged; a file of that name here overrides it)"


config.add_command(show)
config.add_command(history)
config.add_command(check_config)


def _models(door: Door) -> tuple[str, str | None]:
    """Which models the agents ask; and why they can't, where that is known without asking."""
    from agent.models.port import EMBEDDED, Unwired
    from agent.specialists import NAMES

    models = door.house.models
    named: dict[str, list[str]] = {}
    for name in NAMES:
        named.setdefault(models.model_for(name), []).append(name)
    said = [
        f"{'embedded policy (rules, not a language model)' if model == EMBEDDED else model}: "
        f"{'everyone' if len(who) == len(NAMES) else ', '.join(who)}"
        for model, who in named.items()
    ]
    asked = "" if set(named) == {EMBEDDED} else " (`revloops models check` asks them)"
    return "; ".join(said) + asked, models.why if isinstance(models, Unwired) else None


@command()
@click.option("--retry", "again", is_flag=True, help="Deliver events that broke a loop again.")
def doctor(door: Door, again: bool) -> None:
    """Check the workspace, the store and what is connected; one line each, with what to do."""
    from tools.doctor import examine, retry

    if again:
        from agent.flow import settle

        count = retry(door.house.store)
        settle(door.house)
        door.say(f"{count} events delivered again.")

    checks = [
        check if check.name != "agents" else replace(check, ok=why is None, text=why or text)
        for text, why in (_models(door),)
        for check in examine(door.house.workspace, door.house.store)
    ]
    door.give(
        checks=[{"check": c.name, "ok": c.ok, "text": c.text} for c in checks], ok=all(c.ok for c in checks)
    )
    for check in checks:
        door.say(f"{'ok  ' if check.ok else 'LOOK'}  {check.name}: {check.text}")
    if not door.as_json and not all(c.ok for c in checks):
        sys.exit(1)
