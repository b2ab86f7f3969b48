"""`models`, `agents`: which models work for whom, and how well one does."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cli.door import Door, command, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.models.check import Report
    from agent.models.wiring import Wiring
    from agent.spec import AgentSpec

MANNERS = {
    "json_schema": "a strict JSON schema, enforced by the endpoint",
    "tools": "a function to reply with",
    "json": "JSON asked for in words",
}


@click.group()
def models() -> None:
    """Which model each specialist asks, and how well one does the work.

    Models are named by REVLOOPS_MODEL or in revloops.toml; without one the embedded policies work.
    """


@command(name="show")
def show(door: Door) -> None:
    """Which model works for whom, who says so, what may be spent and what was spent today."""
    from agent.models.wiring import wired
    from agent.specialists import NAMES
    from tools.store import usage

    settings = door.house.workspace.settings.models
    wiring = wired(settings, os.environ, NAMES)
    roles = [(name, wiring.model_for(name), _source(door, name)) for name in NAMES]
    day = door.house.runtime.at().astimezone(ZoneInfo(door.house.workspace.calendar.zone)).date().isoformat()
    with door.house.store.reading() as tx:
        spent = usage.spent_on(tx, day)
    embedded = all(model == "embedded" for _, model, _ in roles)
    door.give(
        roles=[{"specialist": name, "model": model, "from": source} for name, model, source in roles],
        endpoint=None if embedded else wiring.host,
        key_set=bool(wiring.key),
        day=day,
        spent_today={"calls": spent.calls, "tokens": spent.tokens, "money_micros": spent.money_micros},
        budgets={"request": settings.request.model_dump(), "day": settings.day.model_dump()},
        breaker=settings.breaker.model_dump(),
        when_down=settings.when_down,
        currency=settings.currency,
        withheld=list(door.house.workspace.settings.privacy.withhold),
    )
    door.say(table([(n, _shown(m), s) for n, m, s in roles], ("specialist", "model", "from")))
    door.say()
    if embedded:
        door.say("No language model is asked: set REVLOOPS_MODEL to one (docs/models.md says how).")
        return
    _say_endpoint(door, wiring)
    daily, each = _limits(settings.day, settings.currency), _limits(settings.request, settings.currency)
    door.say(f"Today ({day}): {spent.calls:,} calls, {spent.tokens:,} tokens{daily}.")
    door.say(f"A chain of runs has a budget{each}, and {settings.request.seconds:g} s of waiting.")
    door.say(
        f"After {settings.breaker.failures} failures in a row a process leaves the model alone for"
        f" {settings.breaker.cooldown_seconds:g} s."
    )


def _say_endpoint(door: Door, wiring: "Wiring") -> None:
    """Where the models are, and what happens while they can't be asked."""
    settings = door.house.workspace.settings
    key = "a key is set" if wiring.key else "no key is set"
    door.say(f"Endpoint: {wiring.host}; {key}.")
    down = {"fallback": "the embedded policy works in its place, and says so", "queue": "its asks wait"}
    door.say(f"When a model can't be asked, {down[settings.models.when_down]}.")
    if settings.privacy.withhold:
        door.say(f"Withheld from models: {', '.join(settings.privacy.withhold)}.")


def _source(door: Door, name: str) -> str:
    """Who says which model the specialist asks."""
    from agent.models.wiring import MODEL

    settings, own = door.house.workspace.settings.models, f"{MODEL}_{name.upper()}"
    if os.environ.get(own):
        return own
    if name in settings.roles:
        return "revloops.toml [models.roles]"
    if os.environ.get(MODEL):
        return MODEL
    return "revloops.toml [models]" if "model" in settings.model_fields_set else "default"


def _shown(model: str) -> str:
    from tools.cost import LABEL

    return LABEL if model == "embedded" else model


def _limits(budget: Any, currency: str) -> str:
    from tools.model_prices import MICROS

    capped = [
        (budget.calls, "calls", 1), (budget.tokens, "tokens", 1), (budget.money_micros, currency, MICROS)
    ]  # fmt: skip
    said = [f"{limit / unit:,g} {what}" for limit, what, unit in capped if limit is not None]
    return f" of at most {', '.join(said)}" if said else ", without a cap"


# --- check ----------------------------------------------------------------------------------------
@command(name="check")
@click.option("--model", metavar="NAME", help="The model to check (default: the one configured).")
@click.option("--base-url", metavar="URL", help="Its endpoint (default: OPENAI_BASE_URL).")
def check(door: Door, model: str | None, base_url: str | None) -> None:
    """Give a model a dozen samples of the specialists' work, and score what comes back by code.

    What it costs is counted against the day's budget like any other work.
    """
    import asyncio

    from agent.models.check import check as work
    from agent.models.door import Door as ModelDoor
    from agent.models.samples import samples
    from agent.models.wiring import BASE_URL, MODEL
    from agent.prompts import load
    from cli.flow import progress
    from tools.model_prices import load_prices

    workspace, store = door.house.workspace, door.house.store
    name = model or _configured(door)
    kept = {key: text for key, text in os.environ.items() if not key.startswith(f"{MODEL}_")}
    asked = {**kept, MODEL: name, **({BASE_URL: base_url} if base_url else {})}
    way = ModelDoor(
        workspace.settings.models.model_copy(update={"roles": {}}),
        store,
        lambda prompt: load(workspace, prompt).text,
        prices=load_prices(workspace.root),
        zone=workspace.calendar.zone,
        environment=asked,
    )
    way.manners.forget(name)
    with progress(door, len(samples()), "Checking") as seen:
        at = door.house.runtime.at()
        report = asyncio.run(work(workspace, way, store, load_prices(workspace.root), at, seen))
    _report(door, report)
    if report.stopped and not report.scored:
        raise RevloopsError(report.stopped)


def _configured(door: Door) -> str:
    """The one model that is configured.

    Raises:
        RevloopsError: there is none, or more than one.
    """
    from agent.models.wiring import wired
    from agent.specialists import NAMES

    wiring = wired(door.house.workspace.settings.models, os.environ, NAMES)
    named = sorted({wiring.model_for(name) for name in NAMES} - {"embedded"})
    if not named:
        raise RevloopsError("no model is configured: set REVLOOPS_MODEL, or name one with --model NAME")
    if len(named) > 1:
        raise RevloopsError(f"several models are configured ({', '.join(named)}): name one with --model NAME")
    return named[0]


def _report(door: Door, report: "Report") -> None:
    from tools.cost import cost as priced
    from tools.cost import plain

    spent = list(report.spent)
    each = [line.each(max(1, len(report.scored))) for line in spent]
    door.give(
        model=report.model, endpoint=report.host, right=report.right, of=len(report.scored),
        embedded_right=report.embedded_right, structured=report.structured, tools=report.tools,
        usage_reported=report.usage, p50_ms=report.wait_ms(50), p95_ms=report.wait_ms(95),
        spent=plain(spent), sequence_micros=report.sequence.cost_micros if report.sequence else None,
        samples=[{"name": one.sample.name, "shows": one.sample.shows, "trap": one.sample.trap,
                  "wrong": one.wrong, "embedded_wrong": one.embedded_wrong} for one in report.scored],
        stopped=report.stopped, judgement=report.judgement,
    )  # fmt: skip
    if not report.scored:
        return
    rows = [
        ("right" if not one.wrong else "WRONG", "right" if not one.embedded_wrong else "WRONG",
         f"{one.sample.shows}{' (a trap)' if one.sample.trap else ''}{_because(one.wrong)}")
        for one in report.scored
    ]  # fmt: skip
    door.say(table(rows, ("model", "embedded", "sample")))
    door.say()
    of = len(report.scored)
    score = f"{report.right}/{of}; embedded policy: {report.embedded_right}/{of}"
    door.say(f"{report.model} at {report.host}: {score}.")
    door.say(f"Replies in form: {MANNERS.get(report.structured or '', 'never')}. Tool calls: {report.tools}.")
    door.say(f"Tokens reported: {'yes' if report.usage else 'no, they are estimated'}.")
    door.say(f"A question takes {report.wait_ms(50)} ms (p50), {report.wait_ms(95)} ms (p95).")
    for line, one in zip(spent, each, strict=True):
        door.say(
            f"{line.calls} calls, {line.input_tokens:,} tokens read, {line.output_tokens:,} written:"
            f" {priced(line)}; a sample: {priced(one)}."
        )
    if report.sequence:
        door.say(f"A sequence (research, draft, judgement, nothing twice): {priced(report.sequence)}.")
    door.say()
    door.say(report.judgement)


def _because(wrong: str) -> str:
    return f": {wrong}" if wrong else ""


# --- agents ---------------------------------------------------------------------------------------
@command(name="agents")
def agents(door: Door) -> None:
    """The specialists: what each can be asked, its tools, its prompt's version and its model."""
    from agent.specialists import CHAT, MEASURING, ORCHESTRATOR, SPECS

    found = [
        *(_agent(door, spec, "asks") for spec in SPECS),
        *(_agent(door, spec, "people") for spec in (*CHAT, ORCHESTRATOR)),
        *(_agent(door, spec, "evals") for spec in MEASURING),
    ]
    door.give(agents=found)
    for one in found:
        tools = ", ".join(f"{t['name']} ({t['effect']}, scope {t['scope']})" for t in one["tools"])
        prompt = f"{one['prompt']} ({one['prompt_from']}, version {one['version']})"
        door.say(f"{one['name']} (for {one['for']}): {one['says']}")
        door.say(f"    {_shown(one['model'])}")
        door.say(f"    {prompt}; about {one['tokens']:,} tokens with its schemas")
        door.say(f"    {tools or 'no tools'}")


def _agent(door: Door, spec: "AgentSpec", whose: str) -> Mapping[str, Any]:
    from agent import prompts
    from agent.models.budget import estimated_tokens
    from agent.models.schema import strict
    from agent.specialist import envelope
    from loops.values import canonical
    from tools.catalog import select
    from tools.cost import VERSION_CHARACTERS

    workspace = door.house.workspace
    prompt, tools = prompts.load(workspace, spec.prompt), select(spec.tools)
    schemas = [canonical(strict(envelope(spec.output))), *(canonical(tool.schema) for tool in tools.values())]
    own = workspace.root / "prompts" / f"{spec.prompt}.md"
    return {
        "name": spec.name,
        "for": whose,
        "says": spec.says,
        "tools": [{"name": t.name, "effect": t.effect, "scope": t.scope} for t in tools.values()],
        "prompt": f"prompts/{spec.prompt}.md",
        "prompt_from": "workspace" if own.is_file() else "packaged",
        "version": prompt.hash[:VERSION_CHARACTERS],
        "tokens": estimated_tokens(len(prompt.text) + sum(map(len, schemas))),
        "model": door.house.models.model_for(spec.name),
    }


for one in (show, check):
    models.add_command(one)
