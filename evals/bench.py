"""The bench that samples are worked at: the real specialists, over a store of its own that is thrown away."""

import tempfile
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from inspect_ai.log import transcript
from pydantic import JsonValue
from sqlalchemy import bindparam, select

from agent import bootstrap, prompts
from agent.graph import lines
from agent.models.port import EMBEDDED, Models, NoModels
from agent.prompts import Prompt
from agent.spec import Desk, Policy
from agent.specialist import Agent
from agent.specialists import CHAT, MEASURING, ORCHESTRATOR, SPECS, Crew
from agent.tape import Kind, Pin, Tape
from evals.case import Case, Outcome
from evals.data.planning import plan_reach
from evals.data.world import NOW, OWN_NAME
from loops.engage.config import EngageConfig
from loops.errors import RevloopsError
from loops.records import Document
from loops.registry import load
from loops.values import content_hash
from tools import init
from tools import workspace as workspaces
from tools.catalog import Tool
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.usage import spent_for
from tools.workspace import Settings, Workspace

DECLARED = {spec.name: spec for spec in (*CHAT, *SPECS, *MEASURING, ORCHESTRATOR)}
"""By name: those that asks go to, and the rest as people reach them."""
REPAIR = "repair"
"""The prompt that says what was wrong with a reply."""
RUN_CHARACTERS = 32
MILLISECONDS = 1000
_EXCHANGES = select(t.exchanges.c.kind, t.exchanges.c.response).where(t.exchanges.c.run == bindparam("run"))


class Shelf:
    """A sample's own documents, as a research index."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self._documents = sorted(documents, key=lambda d: (d.on is None, d.on and -d.on.toordinal(), d.id))

    def documents(self, company: str) -> tuple[Document, ...]:
        """What is indexed under that profile id, newest first, undated last."""
        return tuple(document for document in self._documents if document.company == company)

    def search(self, name_key: str) -> tuple[Document, ...]:
        """What mentions the name: a sample's documents are all there to be found."""
        return tuple(self._documents)


class Reach:
    """What a tool may reach: the sample's documents; a store without a single lead."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self.research, self.records = Shelf(documents), NoRecords()


class NoRecords:
    """Records without a lead: a sample brings its row in its payload."""

    def lead(self, lead: str) -> None:
        """None."""


class LoggedTape(Tape):
    """A tape that also writes each exchange, a step of the specialist's graph, to the sample's transcript."""

    async def exchange(
        self,
        kind: Kind,
        request: JsonValue,
        call: Callable[[], Awaitable[JsonValue]],
        pin: Pin | None = None,
    ) -> JsonValue:
        """The response, which stands in the transcript."""
        began = perf_counter()
        response = await super().exchange(kind, request, call, pin)
        took = round((perf_counter() - began) * MILLISECONDS, 1)
        # what a model was told is in the sample; what it was told besides are the tools' answers before it
        asked = request if kind == "tool" else None
        node = {"node": "model" if kind == "model" else "tools", "asked": asked}
        transcript().info({**node, "answered": response, "milliseconds": took}, source=kind)
        return response


class Bench:
    """Where cases are worked."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        models: Models,
        scratch: Path,
        logged: bool = True,
        wordings: Mapping[str, Prompt] | None = None,
    ) -> None:
        """Lay it out.

        Args:
            workspace: whose config, prompts and models are measured.
            store: thrown away afterwards.
            models: the way to language models.
            scratch: a folder that is thrown away afterwards.
            logged: whether exchanges go to Inspect's transcript.
            wordings: prompts by name, in place of the workspace's.
        """
        self.workspace, self.store, self.models, self.scratch = workspace, store, models, scratch
        self._tape = LoggedTape if logged else Tape
        self._wordings = wordings or {}
        self._agents: dict[tuple[str, Policy | None], Agent] = {}
        self._asked = 0

    @cached_property
    def _crews(self) -> tuple[Crew, Crew]:
        return Crew(self.workspace, self.models), Crew(self.workspace, NoModels())

    @property
    def engage(self) -> EngageConfig:
        """The workspace's outreach config: rubric, plays, approved lines, frameworks."""
        return cast("EngageConfig", self.workspace.configs["engage"])

    def model(self, specialist: str) -> str:
        """Which model works for it."""
        return self.models.model_for(specialist)

    def prompt(self, specialist: str) -> Prompt:
        """What its model is told before each task."""
        return self._agent(specialist, None).prompt

    @property
    def repair(self) -> Prompt:
        """What a model is told whose reply can't stand."""
        return self._agent(ORCHESTRATOR.name, None).repair

    async def work(self, case: Case, policy: Policy | None = None) -> Outcome:
        """What the case's specialist answers.

        Args:
            case: what is asked, and what the tools find.
            policy: a written policy in the specialist's place; no model is asked then.
        """
        payload: dict[str, Any] = dict(case.payload)
        for words in case.before:
            asked = {**payload, "text": {"text": words}}
            name = f"{case.id} {len(payload['history'])}"
            earlier = await self.ask(case.specialist, asked, case.documents, name, policy, case.plan)
            said = [{"specialist": case.specialist, "said": dict(earlier.value)}] if earlier.answered else []
            payload["history"] = [*payload["history"], *lines(words, said)]
        return await self.ask(case.specialist, payload, case.documents, case.id, policy, case.plan)

    async def ask(
        self,
        specialist: str,
        payload: Mapping[str, Any],
        documents: tuple[Mapping[str, Any], ...],
        name: str,
        policy: Policy | None = None,
        plan: str = "",
    ) -> Outcome:
        """What a specialist answers to a payload; `name` tells the runs of one bench apart."""
        self._asked += 1
        run = content_hash([specialist, name, self._asked])[:RUN_CHARACTERS]
        found = tuple(Document.model_validate(document) for document in documents)

        def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
            if not plan:
                return tool.call(Reach(found), args)
            with self.store.reading() as tx:
                return tool.call(plan_reach(self.workspace, tx, self.scratch, plan), args)

        desk = Desk(self._tape(self.store, run, 0, None), call, "evals", NOW, run)
        began = perf_counter()
        answer = await self._agent(specialist, policy)(dict(payload), desk)
        took = (perf_counter() - began) * MILLISECONDS
        value = answer.value if answer.actor != "nobody" else {}
        with self.store.reading() as tx:
            cost = _cost(tx, run, took)
        return Outcome(answer.by, cast("dict[str, Any]", value), answer.confidence, answer.why, {}, cost)

    def _agent(self, name: str, policy: Policy | None) -> Agent:
        if (name, policy) not in self._agents:
            agent = self._crews[policy is not None].agent(DECLARED[name])
            told = self._wordings.get(agent.spec.prompt, agent.prompt)
            repair = self._wordings.get(REPAIR, agent.repair)
            self._agents[name, policy] = replace(agent, policy=policy, prompt=told, repair=repair)
        return self._agents[name, policy]


def _cost(tx: Tx, run: str, took: float) -> dict[str, JsonValue]:
    rows: list[tuple[str, JsonValue]] = [(row[0], tx.json(row[1])) for row in tx.all(_EXCHANGES, run=run)]
    tools = [response for kind, response in rows if kind == "tool"]
    paid = spent_for(tx, run)
    return {
        "calls": len(rows) - len(tools),
        "tool_calls": len(tools),
        "tool_errors": sum(isinstance(response, dict) and "error" in response for response in tools),
        "tokens": paid.tokens,
        "money_micros": paid.money_micros,
        "milliseconds": round(took, 1),
    }


def wordings_in(folder: Path | None) -> dict[str, Prompt]:
    """Name → prompt, of each Markdown file in a folder; empty where no folder is named.

    Raises:
        RevloopsError: there is no prompt in it, or a file is named like no specialist's prompt.
    """
    if folder is None:
        return {}
    files = sorted(folder.glob("*.md"))
    if not files:
        raise RevloopsError(f"there is no prompt in {folder}: put one there, such as lead_router.md")
    known = sorted({spec.prompt for spec in DECLARED.values()} | {REPAIR})
    if strange := [file.stem for file in files if file.stem not in known]:
        raise RevloopsError(f"{strange[0]}.md is nobody's prompt: there are {', '.join(known)}")
    return {file.stem: prompts.read(file.read_text(encoding="utf-8")) for file in files}


@contextmanager
def open_bench(
    root: Path | None = None,
    *,
    embedded: bool = False,
    logged: bool = True,
    prompts_from: Path | None = None,
) -> Generator[Bench]:
    """A bench on a workspace's prompts, config and models, or on the starter's.

    Args:
        root: the workspace; None: a new one, as `revloops init` makes it.
        embedded: whether no model is asked, whatever the environment names.
        logged: whether exchanges go to Inspect's transcript.
        prompts_from: a folder of prompts that go before the workspace's; None: its own.

    Raises:
        ConfigError: a file of the workspace doesn't hold.
        RevloopsError: the folder of prompts holds none, or one of nobody's.
    """
    with tempfile.TemporaryDirectory(prefix="revloops-evals-") as folder:
        registry = load()
        if root is None:
            root = Path(folder) / "workspace"
            init.create(root, registry, Settings(company=OWN_NAME))
        workspace = workspaces.load(root, registry)
        store = Store(str(Path(folder) / "evals.db"))
        models = NoModels() if embedded else bootstrap.models(workspace, store)
        try:
            yield Bench(workspace, store, models, Path(folder), logged, wordings_in(prompts_from))
        finally:
            store.close()


__all__ = ["DECLARED", "EMBEDDED", "Bench", "open_bench"]
