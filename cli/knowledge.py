"""`knowledge`: index what the workspace knows, search it, see how it stands."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast, get_args

import click

from cli.door import Door, command, table

if TYPE_CHECKING:
    from tools.knowledge.index import StoreKnowledge
    from tools.knowledge.ports import Kind

SHOWN = 90
"""Characters of a passage shown in a line; all of it is in --json."""


@click.group()
def knowledge() -> None:
    """Search playbooks, plays, references, battle cards, past decisions and calls.

    By meaning with `pip install "revloops[knowledge]"`, else by keyword; every answer says which.
    """


@contextmanager
def _opened(door: Door) -> "Generator[StoreKnowledge]":
    # only what a search needs: no specialist is built for it
    from loops.registry import load as load_registry
    from tools import workspace as workspaces
    from tools.knowledge.opening import open_knowledge
    from tools.store import Store

    workspace = workspaces.load(door.root, load_registry())
    workspace.data.mkdir(exist_ok=True)
    store = Store(str(workspace.store_path))
    found = open_knowledge(workspace, store)
    try:
        yield found
    finally:
        found.close()
        store.close()


@command(name="build")
def build(door: Door) -> None:
    """Index the workspace as it stands now; run again, it does only what is missing."""
    with _opened(door) as opened:
        made = opened.build(lambda done, of: _progress(door, done, of))
    door.give(
        passages=made.passages,
        added=made.added,
        dropped=made.dropped,
        vectors=made.vectors,
        embedded=made.embedded,
        how=made.how,
        why=made.why,
    )
    door.say(f"{made.passages:,} passages: {made.added:,} new, {made.dropped:,} gone.")
    if made.how == "meaning":
        door.say(f"{made.vectors:,} have a vector, {made.embedded:,} of them made now by {made.why}.")
    else:
        door.say(f"Searched by keyword match: {made.why}.")


@command(name="search")
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind; may be given again.")
@click.option("--limit", type=click.IntRange(1, 100), default=8, show_default=True, help="At most so many.")
def search(door: Door, words: tuple[str, ...], kinds: tuple[str, ...], limit: int) -> None:
    """The passages nearest to WORDS."""
    with _opened(door) as opened:
        found = opened.search(" ".join(words), _kinds(kinds), limit)
    door.give(how=found.how, why=found.why, passages=[p.model_dump() for p in found.passages])
    rows = [(f"{p.score:.2f}", p.kind, p.source, _short(f"{p.title}. {p.text}")) for p in found.passages]
    door.say(table(rows, ("score", "kind", "source", "text")) if rows else "Nothing was found.")
    door.say(f"\nFound by {found.how}: {found.why}.")


@command(name="status")
def status(door: Door) -> None:
    """What is indexed, how it is searched and what was asked of an embedder."""
    with _opened(door) as opened:
        now = opened.status()
    door.give(
        passages=now.passages, vectors=now.vectors, how=now.how, why=now.why, embeddings=now.embeddings
    )
    door.say(table([(kind, f"{n:,}") for kind, n in now.passages.items()], ("kind", "passages")))
    door.say(f"\n{now.vectors:,} vectors. Searched by {now.how}: {now.why}.")
    for made in now.embeddings:
        counted = "" if made["tokens"] is None else f", {made['tokens']:,} tokens"
        said = f"{made['calls']} requests, {made['texts']} texts{counted}"
        door.say(f"{made['day']} {made['embedder']}: {said}.")


def _kinds(named: tuple[str, ...]) -> "tuple[Kind, ...]":
    from loops.errors import RevloopsError
    from tools.knowledge.ports import KINDS, Kind

    unknown = [kind for kind in named if kind not in get_args(Kind)]
    if unknown:
        raise RevloopsError(f"there is no kind {unknown[0]}: use one of {', '.join(KINDS)}")
    return cast("tuple[Kind, ...]", named)


def _progress(door: Door, done: int, of: int) -> None:
    if door.interactive:
        click.echo(f"\r{done:,} of {of:,} vectors", err=True, nl=done == of)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


for one in (build, search, status):
    knowledge.add_command(one)
