"""The agents' door to the search."""

from typing import Protocol

from pydantic import JsonValue

from tools.ids import Words
from tools.knowledge.ports import NOBODY, Kind, Knowledge

LIMIT = 6


class KnowledgeContext(Protocol):
    """What this tool needs of the runtime."""

    @property
    def knowledge(self) -> Knowledge:
        """The search."""
        ...

    @property
    def subject(self) -> str | None:
        """The person the agent's task is about; None: nobody."""
        ...


def search_knowledge(ctx: KnowledgeContext, words: Words, kind: Kind | None = None) -> JsonValue:
    """What our playbook, battle cards, past decisions and calls say about the words, the nearest first.

    Passages that name a person are found only where the task is about that person: what an agent reads is
    kept under its task's person, and must be erased with them.

    Args:
        ctx: the runtime's side.
        words: what to look for, in plain words.
        kind: only passages of this kind; null: of every kind.
    """
    found = ctx.knowledge.search(words, (kind,) if kind else (), LIMIT, about=ctx.subject or NOBODY)
    told: list[JsonValue] = [
        {"kind": p.kind, "title": p.title, "text": p.text, "source": p.source, "score": p.score}
        for p in found.passages
    ]
    return {"how": found.how, "why": found.why, "passages": told}
