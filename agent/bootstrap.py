"""The one composition root: a workspace on disk becomes everything that runs on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.models.door import Door
from agent.models.fields import tasks_of
from agent.models.port import EMBEDDED, Models, NoModels, Unwired
from agent.models.privacy import Veil, Veiled
from agent.models.wiring import NotWired
from agent.perform import Performer
from agent.prompts import load as load_prompt
from agent.runtime import Runtime
from agent.spec import Specialist
from agent.specialists import CHAT, MEASURING, NAMES, ORCHESTRATOR, SPECS, Crew
from loops.engage.outputs import DeploySequence
from loops.engage.unknown import SettleMail
from loops.records import Enrichment, Lead
from loops.registry import Registry
from loops.registry import load as load_registry
from loops.tuning.task import OpenProposal
from tools import workspace as workspaces
from tools.approvals.deploy import deploy
from tools.clock import Clock, SandboxClock, SystemClock
from tools.connectors.ports import CompanyIndex, Enricher
from tools.model_prices import load_prices
from tools.outbox import PERFORMERS
from tools.sandbox.enricher import SandboxEnricher
from tools.sender import settle_unknown
from tools.store import Store, Tx
from tools.workspace import Workspace


@dataclass(frozen=True)
class House:
    """A workspace with everything that runs on it."""

    runtime: Runtime
    specialists: Mapping[str, Specialist]
    performers: Mapping[str, Performer]
    models: Models

    @property
    def store(self) -> Store:
        """The database."""
        return self.runtime.store

    @property
    def workspace(self) -> Workspace:
        """The config repository as it was loaded."""
        return self.runtime.workspace

    @property
    def registry(self) -> Registry:
        """Every loop."""
        return self.runtime.registry


class NoEnricher:
    """The enricher where none is connected: it finds nothing, and says that it looked nowhere."""

    def enrich(self, lead: Lead) -> Enrichment:
        """No candidate."""
        return Enrichment(provider="none", searched=())


def open_house(root: Path, *, registry: Registry | None = None, clock: Clock | None = None) -> House:
    """Open a workspace.

    Raises:
        ConfigError: one of its config files doesn't hold; every fault is named.
        LoopError: an installed loop lacks an element.
    """
    loops = registry or load_registry()
    workspace = workspaces.load(root, loops)
    workspace.data.mkdir(exist_ok=True)
    store = Store(str(workspace.store_path))
    return assemble(store, loops, workspace, clock or workspace_clock(workspace, store))


def assemble(store: Store, registry: Registry, workspace: Workspace, clock: Clock) -> House:
    """The parts put together."""
    runtime = Runtime(store, registry, workspace, clock, enricher(workspace))
    door = models(workspace, store)
    performers = {
        **PERFORMERS,
        "DeploySequence": _deploy,
        "SettleMail": _settle_mail,
        "OpenProposal": _opener(workspace),
    }
    return House(runtime, Crew(workspace, door), performers, door)


def models(workspace: Workspace, store: Store) -> Models:
    """The way to language models; to none where every specialist is on its embedded policy.

    Raises:
        ConfigError: a price or a withheld field is wrong, with file and line.
    """
    veil = Veil(workspace.settings.privacy.withhold, tasks_of((*SPECS, *CHAT, *MEASURING, ORCHESTRATOR)))
    try:
        door = Door(
            workspace.settings.models,
            store,
            lambda name: load_prompt(workspace, name).text,
            prices=load_prices(workspace.root),
            zone=workspace.calendar.zone,
            known=NAMES,
        )
    except NotWired as error:
        return Unwired(str(error), error.wiring.model_for)
    if all(door.model_for(name) == EMBEDDED for name in NAMES):
        return NoModels()
    return Veiled(door, veil) if veil else door


def enricher(workspace: Workspace) -> "EnricherFactory":
    """What looks companies up in this workspace."""
    box = workspace.settings.sandbox
    return EnricherFactory(box.seed if box else None)


@dataclass(frozen=True)
class EnricherFactory:
    """Makes the workspace's enricher over an index."""

    seed: int | None

    def __call__(self, index: CompanyIndex) -> Enricher:
        """The enricher."""
        return NoEnricher() if self.seed is None else SandboxEnricher(index, self.seed)


def workspace_clock(workspace: Workspace, store: Store) -> Clock:
    """The sandbox's own clock, or the machine's."""
    box = workspace.settings.sandbox
    return SandboxClock(store, datetime.fromisoformat(box.start).astimezone(UTC)) if box else SystemClock()


def with_workspace(house: House, workspace: Workspace) -> House:
    """The same house on a workspace that was read again."""
    return assemble(house.store, house.registry, workspace, house.runtime.clock)


def _deploy(tx: Tx, id: str, effect: DeploySequence, at: datetime) -> None:
    deploy(tx, id, effect.approval, effect.digest, at)


def _opener(workspace: Workspace) -> Performer:
    """Opens proposals where this workspace's changes are looked at."""

    def perform(tx: Tx, id: str, effect: OpenProposal, at: datetime) -> None:
        from agent.proposing.opening import open_proposal

        open_proposal(tx, effect, at, workspace.root, workspace.settings.changes)

    return perform


def _settle_mail(tx: Tx, id: str, effect: SettleMail, at: datetime) -> None:
    settle_unknown(tx, effect.approval, effect.n, effect.delivered, at)
