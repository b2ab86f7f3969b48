"""Makes the search of a workspace, as its settings say."""

from tools.knowledge.endpoint import Endpoint
from tools.knowledge.index import StoreKnowledge
from tools.knowledge.minilm import MiniLm
from tools.knowledge.ports import Embedder
from tools.knowledge.settings import MINILM, OPENAI, KnowledgeSettings
from tools.store import Store
from tools.workspace import Workspace


def open_knowledge(workspace: Workspace, store: Store) -> StoreKnowledge:
    """The workspace's search; nothing is loaded until it is used."""
    settings = workspace.settings.knowledge
    return StoreKnowledge(store, workspace.root, workspace.data, settings, embedder(settings))


def embedder(settings: KnowledgeSettings) -> Embedder | None:
    """What turns words into vectors; None: nothing does."""
    if settings.embedder == MINILM:
        return MiniLm()
    if settings.embedder.startswith(OPENAI):
        return Endpoint(settings.embedder.removeprefix(OPENAI), settings.timeout_seconds)
    return None
