"""Finds dated facts about a lead's company."""

from agent.spec import AgentSpec, ToolResult
from loops.engage.facts import Fact, Research, Source
from loops.records import Document


def unsupported(reply: Research, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """Ids of the facts whose words stand in no document that a tool gave back.

    Facts from the lead's row are checked by the loop, which has the row.
    """
    read: dict[str, Document] = {}
    for result in results:
        for item in result.value if isinstance(result.value, list) else ():
            document = Document.model_validate(item)
            read[document.id] = document
    sources = {source.id: source for source in reply.sources if source.kind == "document"}
    return tuple(
        fact.id
        for fact in reply.facts
        if (source := sources.get(fact.source)) and not _stands(fact, source, read.get(source.id))
    )


def _stands(fact: Fact, source: Source, document: Document | None) -> bool:
    if document is None:
        return False
    same = (source.url, source.on, source.company) == (document.url, document.on, document.company)
    return same and " ".join(fact.snippet.split()) in " ".join(document.text.split())


SPEC = AgentSpec(
    name="prospect_researcher",
    prompt="prospect_researcher",
    tools=("company_documents", "search_documents", "lead_row"),
    output=Research,
    invented=unsupported,
)
