"""`chat`: ask in your own words; the orchestrator sends them to the specialists that can answer."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.graph import Progress, Turn
    from agent.threads import Thread

YOU = "you> "
SIDES = ("before", "after", "difference")
EMBEDDED = "embedded policy (rules, not a language model)"


@command()
@click.option("--once", "words", metavar="TEXT", help="Ask this, answer, and end.")
@click.option("--thread", metavar="ID", help="Go on with a conversation; its id is said at the end of each.")
@click.option("--as", "who", default="local", show_default=True, help="Who is asking; threads are their own.")
@click.option("--chart", metavar="FILE", help="Draw the plan's figures of an answer: .svg, .png or .json.")
def chat(door: Door, words: str | None, thread: str | None, who: str, chart: str | None) -> None:
    """Ask about leads, reps, territories, calls, loops and the plan; nothing is written or sent.

    Every figure in an answer was looked up by code; under it stands what it rests on.
    """
    from agent.threads import open_thread
    from tools.catalog import CATALOG
    from tools.scopes import Principal

    if words is not None and not words.strip():
        raise RevloopsError('the question is empty: write --once "who owns the Acme lead?"')
    _drawable(words, chart)
    if words is None and not door.interactive:
        raise RevloopsError('there is no terminal to talk at: ask one question with --once "…"')
    principal = Principal(who, "ops", frozenset(tool.scope for tool in CATALOG))
    found = open_thread(door.house, thread, principal)
    if words is not None:
        found = _ask(door, found, principal.scopes, words, chart)
    else:
        door.say("Ask in your own words; an empty line ends it.")
        while said := click.prompt(YOU, prompt_suffix="", default="", show_default=False).strip():
            found = _ask(door, found, principal.scopes, said)
    door.give(thread=found.id)
    door.say(f"(thread {found.id}: go on with --thread {found.id})")


def _drawable(words: str | None, chart: str | None) -> None:
    """Refuse a chart that couldn't be written, before anything is asked."""
    from agent.planning_chart import FORMATS

    if chart and words is None:
        raise RevloopsError('--chart draws one answer: ask with --once "…"')
    if chart and Path(chart).suffix not in FORMATS:
        raise RevloopsError(f"a chart is written as {', '.join(FORMATS)}: name the file so")
    if chart and not Path(chart).parent.is_dir():
        folder = Path(chart).parent
        said = f"there is no folder {folder} for the chart: make it, or name another"
        raise RevloopsError(f"{said}; nothing was asked")


def _ask(
    door: Door, thread: "Thread", scopes: frozenset[str], words: str, chart: str | None = None
) -> "Thread":
    """The thread with that question in it, asked and answered."""
    from dataclasses import replace

    turns = asyncio.run(_turns(door, thread, scopes, words))
    for turn in turns:
        _show(door, turn, words)
    if turns:
        door.say(f"Answered by: {_models(turns)}.")
    answers = [
        {
            "specialist": turn.specialist,
            "by": turn.by,
            "instead_of": turn.instead_of,
            **turn.said.model_dump(mode="json"),
        }
        for turn in turns
    ]
    door.give(question=words, answers=answers, **_planned(turns))
    if chart:
        _draw(door, turns, words, chart)
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


def _planned(turns: "tuple[Turn, ...]") -> dict[str, Any]:
    """The planner's answer by itself: its changes, table, words, assumptions, and what it asks back."""
    from agent.planned import Planned

    said = next((turn.said for turn in turns if isinstance(turn.said, Planned)), None)
    if said is None:
        return {}
    told = said.model_dump(mode="json", exclude={"cited"})
    return {"changes": told["inquiry"]["changes"] if told["inquiry"] else [], **told}


def _draw(door: Door, turns: "tuple[Turn, ...]", words: str, chart: str) -> None:
    from agent import planning_chart
    from agent.planned import Planned

    planned = (turn.said for turn in turns if isinstance(turn.said, Planned))
    said = next((one for one in planned if one.comparison), None)
    if said is None:
        door.give(chart=None)
        door.say("No chart: this answer has no figures of the plan to draw.")
        return
    by = planning_chart.shown_by(words)
    made = planning_chart.artefact(said.comparison, by, said.cited)
    planning_chart.write(Path(chart), made)
    door.give(chart={"file": chart, "alt": made["alt"], "sources": made["sources"]})
    door.say(f"Chart: {chart}")


def _table(said: Any, words: str) -> str:
    """The answer's figures as a table, by what the words ask for; "" where it has none."""
    from agent.planning_chart import shown_by
    from loops.money import written

    by = shown_by(words)
    lines = [line for line in said.comparison.get(by, ()) if "before_minor" in line]
    first = next((at for at, line in enumerate(lines) if line["difference_minor"]), None)
    if first is None:
        return ""
    if by == "quarters":  # those before the first that changes say nothing
        lines = lines[first:]
    rows = [
        (str(line["label"]), *(written(line[f"{side}_minor"], line["currency"]) for side in SIDES))
        for line in lines
    ]
    return table(rows, (by, *SIDES)) if rows else ""


def _show(door: Door, turn: "Turn", words: str) -> None:
    from agent.planned import Planned

    name = turn.specialist.replace("_", " ").capitalize()
    door.say()
    door.say(f"{name}:")
    for text in (turn.said.text, turn.said.needs, turn.said.refused):
        if text:
            door.say(text)
    if isinstance(turn.said, Planned):
        if shown := _table(turn.said, words):
            door.say(shown)
        for text in turn.said.assumptions:
            door.say(f"- {text}")
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
