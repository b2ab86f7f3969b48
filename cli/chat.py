"""`chat`: ask in your own words; the orchestrator sends them to the specialists that can answer."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from cli.door import Door, command
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.graph import Progress, Turn
    from agent.threads import Thread

YOU = "you> "
EMBEDDED = "embedded policy (rules, not a language model)"


@command()
@click.option("--once", "words", metavar="TEXT", help="Ask this, answer, and end.")
@click.option("--thread", metavar="ID", help="Go on with a conversation; its id is said at the end of each.")
@click.option("--as", "who", default="local", show_default=True, help="Who is asking; threads are their own.")
def chat(door: Door, words: str | None, thread: str | None, who: str) -> None:
    """Ask about leads, reps, territories, calls, loops and the plan; nothing is written or sent.

    Every figure in an answer was looked up by code; under it stands what it rests on.
    """
    from agent.threads import open_thread
    from tools.catalog import CATALOG
    from tools.scopes import Principal

    if words is not None and not words.strip():
        raise RevloopsError('the question is empty: write --once "who owns the Acme lead?"')
    if words is None and not door.interactive:
        raise RevloopsError('there is no terminal to talk at: ask one question with --once "…"')
    principal = Principal(who, "ops", frozenset(tool.scope for tool in CATALOG))
    found = open_thread(door.house, thread, principal)
    if words is not None:
        _ask(door, found, principal.scopes, words)
    else:
        door.say("Ask in your own words; an empty line ends it.")
        while said := click.prompt(YOU, prompt_suffix="", default="", show_default=False).strip():
            found = _ask(door, found, principal.scopes, said)
    door.give(thread=found.id)
    door.say(f"(thread {found.id}: go on with --thread {found.id})")


def _ask(door: Door, thread: "Thread", scopes: frozenset[str], words: str) -> "Thread":
    """The thread with that question in it, asked and answered."""
    from dataclasses import replace

    turns = asyncio.run(_turns(door, thread, scopes, words))
    for turn in turns:
        _show(door, turn)
    if turns:
        door.say(f"Answered by: {_models(turns)}.")
    answers = [
        {
            "specialist": turn.specialist,
            "by": turn.by,
            "instead_of": turn.instead_of,
            **turn.said.model_dump(),
        }
        for turn in turns
    ]
    door.give(question=words, answers=answers)
    return replace(thread, turns=thread.turns + 1)


async def _turns(door: Door, thread: "Thread", scopes: frozenset[str], words: str) -> "tuple[Turn, ...]":
    from agent.threads import converse
    from tools.scopes import Principal

    principal = Principal(thread.principal, "ops", scopes)
    turns: tuple[Turn, ...] = ()
    try:
        async for part in converse(door.house, thread, principal, words):
            if isinstance(part, tuple):
                turns = part
            else:
                _progress(door, part)
    finally:
        await door.house.models.close()
    return turns


def _progress(door: Door, part: "Progress") -> None:
    if door.interactive and part.tools:
        click.echo(f"  {part.agent.replace('_', ' ')}: {', '.join(part.tools)}", err=True)
        sys.stderr.flush()


def _show(door: Door, turn: "Turn") -> None:
    name = turn.specialist.replace("_", " ").capitalize()
    door.say()
    door.say(f"{name}:")
    for text in (turn.said.text, turn.said.needs, turn.said.refused):
        if text:
            door.say(text)
    if turn.said.cited:
        door.say(f"Rests on: {', '.join(turn.said.cited)}")
    if turn.instead_of:
        door.say(f"In place of {turn.instead_of}")


def _models(turns: "tuple[Turn, ...]") -> str:
    """Which models answered, each once."""
    said = (turn.by.partition("@")[2] for turn in turns)
    return ", ".join(
        dict.fromkeys(EMBEDDED if model == "embedded" else model or "no answer" for model in said)
    )
