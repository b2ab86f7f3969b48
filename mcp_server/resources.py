"""What can be read by address, the prompts for common jobs, and completions of ids and names."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, cast

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST, Completion, CompletionArgument, CompletionContext, PromptReference
from mcp_types import ResourceTemplateReference as TemplateReference
from sqlalchemy import select

from agent.explain import explain
from loops.errors import RevloopsError
from mcp_server.desk import Desk
from mcp_server.generic import card, metrics
from tools import yaml_text
from tools.scenarios import files as scenarios
from tools.store import tables as t

if TYPE_CHECKING:
    from mcp_server.server import Server

JSON, MOST_COMPLETIONS = "application/json", 20
SHORTEST_ID = 8
"""Digits that a run is named by at least."""


_SCOPES = {"loop": "loops", "config": "loops", "decision": "records", "scenario": "plan"}


def scope_of(uri: str) -> str:
    """The scope that reading an address takes; "" where it takes none."""
    return _SCOPES.get(uri.partition("://")[0].casefold(), "")


def offer(server: "Server") -> None:
    """Add the resources, the prompts and their completions to a server."""
    @server.resource("loop://{name}", title="A loop: card, live config, metrics", mime_type=JSON)
    def loop(name: str) -> str:
        desk = server.desk
        found = _known(name, desk.house.registry.loops, "loop")
        return _json({**card(desk, found), "metrics": metrics(desk, desk.house.registry.loops[found])})

    @server.resource("config://{name}@{version}", title="A loop's config at a version", mime_type=JSON)
    def config(name: str, version: str) -> str:
        desk = server.desk
        return _json(_config(desk, _known(name, desk.house.registry.loops, "loop"), version))

    @server.resource("decision://{id}", title="A run: its steps and reasons", mime_type=JSON)
    def decision(id: str) -> str:
        desk = server.desk
        return _json(_decision(desk, id))

    @server.resource("scenario://{name}", title="A plan's scenario", mime_type=JSON)
    def scenario(name: str) -> str:
        desk = server.desk
        found = _known(name, scenarios.names(desk.house.workspace.root), "scenario")
        return scenarios.read(desk.house.workspace.root, found).model_dump_json()

    @server.resource("rubric://{name}", title="What a draft is held to", mime_type=JSON)
    def rubric(name: str) -> str:
        desk = server.desk
        own = desk.house.workspace.root / "rubrics" / f"{_known(name, _rubrics(), 'rubric')}.yaml"
        packaged = files("rubrics").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        text = own.read_text(encoding="utf-8") if own.is_file() else packaged
        return _json(yaml_text.read(text, f"rubrics/{name}.yaml")[0])

    _prompts(server)

    @server.completion()
    async def complete(
        ref: PromptReference | TemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        desk = server.desk
        if desk.caller.refused or server.fresh.fault:
            raise MCPError(INVALID_REQUEST, desk.caller.refused or server.fresh.fault)
        where = ref.uri if isinstance(ref, TemplateReference) else ref.name
        begun = argument.value.casefold()
        there = await anyio.to_thread.run_sync(lambda: [*_values(desk, where, argument.name)])
        found = [value for value in there if _fits(value.casefold(), begun)]
        return Completion(values=found[:MOST_COMPLETIONS], has_more=len(found) > MOST_COMPLETIONS)

    assert all((loop, config, decision, scenario, rubric, complete))


def _prompts(server: "Server") -> None:
    @server.prompt(title="Review the plan")
    def plan_review() -> str:
        """Where the plan falls short and from which month on, with two changes tried."""
        return _prompt("plan_review")

    @server.prompt(title="Review the pipeline")
    def pipeline_review(since: str = "yesterday") -> str:
        """What came in, how it was decided, and what waits for people, since a day."""
        return _prompt("pipeline_review").replace("{since}", since[:40])

    @server.prompt(title="Why did I get this lead?")
    def why_this_lead(lead: str) -> str:
        """Why a lead went to whom it did, in plain words."""
        return _prompt("why_this_lead").replace("{lead}", lead[:200])

    @server.prompt(title="Prepare a one-to-one with a rep")
    def rep_one_to_one(rep: str) -> str:
        """A rep's leads, load and waiting reviews, for a talk with them."""
        return _prompt("rep_one_to_one").replace("{rep}", rep[:80])

    assert all((plan_review, pipeline_review, why_this_lead, rep_one_to_one))


def _prompt(name: str) -> str:
    return files("mcp_server").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8").strip()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _known(name: str, there: object, kind: str) -> str:
    """The name itself, where it is there."""
    names = list(cast("list[str]", there))
    if name not in names:
        raise ResourceNotFoundError(f"there is no {kind} {name[:60]}; there are {', '.join(names)}")
    return name


def _rubrics() -> list[str]:
    names = (file.name for file in files("rubrics").iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _config(desk: Desk, loop: str, version: str) -> object:
    """The config of that version: today's, or one that something was decided under."""
    today = desk.house.workspace.configs[loop]
    if version == "live" or today.version.startswith(version):
        return {"loop": loop, "version": today.version, "config": today.model_dump(mode="json")}
    with desk.house.store.reading() as tx:
        frames = tx.all(select(t.frames.c.hash).where(t.frames.c.loop == loop))
        for row in frames:
            found = desk.house.runtime.config(tx, row[0])
            if found.version.startswith(version):
                return {"loop": loop, "version": found.version, "config": found.model_dump(mode="json")}
    raise ResourceNotFoundError(f"{loop} was never decided under {version[:64]}; `live` is today's")


def _decision(desk: Desk, id: str) -> object:
    with desk.house.store.reading() as tx:
        begun = t.runs.c.id.startswith(id, autoescape=True)
        row = tx.first(select(t.runs.c.id, t.runs.c.record).where(begun))
        seen = row is not None and len(id) >= SHORTEST_ID and desk.sees(tx, row.record)
    if row is None or not seen:
        raise ResourceNotFoundError(f"there is no run {id[:40]} that you may see: decisions_list gives ids")
    try:
        told = explain(desk.house.runtime, str(row.record)).told
    except RevloopsError as error:
        raise ResourceError(str(error)) from None
    steps = [
        {"at": one.at, "loop": one.loop, "by": one.by, "text": one.text, "why": one.details}
        for one in told if one.run == row.id
    ]  # fmt: skip
    return {"run": row.id, "record": row.record, "steps": steps}


def _fits(value: str, begun: str) -> bool:
    """Whether it begins so, or one of its words does."""
    return value.startswith(begun) or any(word.startswith(begun) for word in value.split())


def _values(desk: Desk, where: str, argument: str) -> Iterator[str]:
    """What may be said for an argument of a resource's address or of a prompt."""
    house = desk.house
    if where.startswith(("loop://", "config://")) and desk.caller.may("loops"):
        yield from ["live"] if argument == "version" else house.registry.loops
    elif where.startswith("scenario://") and desk.caller.may("plan"):
        yield from scenarios.names(house.workspace.root)
    elif where.startswith("rubric://"):
        yield from _rubrics()
    elif where == "rep_one_to_one":
        book = desk.caller.book
        roster = house.workspace.scenario.roster if desk.caller.may("records") else ()
        yield from (rep.name for rep in roster if book in (None, rep.id))
    elif argument in ("lead", "id") and desk.caller.may("records"):
        yield from _ids(desk, argument)
    elif argument == "since":
        yield from ("yesterday", "today", "this week", "7d")


def _ids(desk: Desk, argument: str) -> Iterator[str]:
    """Leads' names, or ids of runs, of the caller's book."""
    leads = select(t.leads.c.id, t.leads.c.name).order_by(t.leads.c.name)
    leads = leads.where(t.leads.c.owner == desk.caller.book) if desk.caller.book else leads
    with desk.house.store.reading() as tx:
        rows = tx.all(leads)
        if argument == "lead":
            yield from (row[1].title() for row in rows if row[1])
            return
        own = {row[0] for row in rows}
        for row in tx.all(select(t.runs.c.id, t.runs.c.record).order_by(t.runs.c.at.desc(), t.runs.c.id)):
            if desk.caller.book is None or row.record in own:
                yield row[0]
