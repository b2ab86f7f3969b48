"""Outreach samples: a reader, a play, and facts that research found in the sandbox's documents."""

from typing import Any

from agent.embedded import POLICIES
from agent.spec import Reply, ToolResult
from evals.case import Case
from evals.data.research import task_of
from evals.data.world import NOW, Market, person
from loops.engage.config import EngageConfig, Play
from loops.engage.facts import Fact, Research, ResearchTask, usable
from loops.engage.naming import short_name
from loops.engage.selection import lines_of, ranked
from loops.engage.tasks import Reader, WritingTask
from tools.sandbox.draw import Draw
from tools.sandbox.profiles import Profile


def outreach_cases(seed: int, n: int, config: EngageConfig) -> tuple[Case, ...]:
    """`n` sequences to write, each about a company with facts enough."""
    market = Market(seed)
    made: list[Case] = []
    for number, draw in market.draws("outreach", 20 * n):
        case = _case(f"outreach-{seed}-{number}", market, draw, config)
        if case:
            made.append(case)
        if len(made) == n:
            break
    return tuple(made)


def _case(id: str, market: Market, draw: Draw, config: EngageConfig) -> Case | None:
    p = market.company(draw)
    facts, research = _found(id, market, p)
    play = _play(facts, config)
    if play is None or len(facts) < config.min_facts:
        return None
    chosen = ranked(play, facts, config.max_facts)
    cited = {fact.source for fact in chosen}
    first, last, title = person(draw)
    sender = person(draw)
    task = WritingTask(
        reader=Reader(
            lead=f"L-{id}",
            first_name=first,
            full_name=f"{first} {last}",
            title=title,
            company=short_name(p.legal),
            industry=p.industry,
        ),
        sender=f"{sender[0]} {sender[1]}",
        sender_company=config.sender_company,
        play=play,
        facts=chosen,
        sources=tuple(source for source in research.sources if source.id in cited),
        lines=lines_of(play, config),
        references=config.references.customers,
        today=NOW.date(),
    )
    payload = task.model_dump(mode="json")
    return Case(id, f"sandbox, {play.name}", "outreach_writer", payload, {"must_not": []})


def _found(id: str, market: Market, p: Profile) -> tuple[tuple[Fact, ...], Research]:
    """What the written policy's research comes to: the writer is measured on what it would be handed."""
    payload = task_of(id, p)
    documents: list[Any] = [told.document.model_dump(mode="json") for told in market.shelf.told(p.index)]
    results = (
        ToolResult("company_documents", {"company": p.id}, documents),
        ToolResult("search_documents", {"name_key": payload["key"]}, documents),
    )
    reply = POLICIES["prospect_researcher"](payload, results)
    assert isinstance(reply, Reply)
    research = Research.model_validate(reply.value)
    return usable(research, ResearchTask.model_validate(payload))[0], research


def _play(facts: tuple[Fact, ...], config: EngageConfig) -> Play | None:
    """The first play that is about one of the facts."""
    plays = {play.name: play for play in config.plays}
    kinds = {fact.kind for fact in facts}
    return next((plays[name] for name in config.play_order if kinds & set(plays[name].facts)), None)
