"""Finds dated facts about a lead's company."""

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolCall, ToolResult
from loops.engage.facts import Fact, Research, ResearchTask, Source
from loops.records import Document
from tools.results import items


def looked_up(payload: Payload) -> tuple[ToolCall, ...]:
    """What is always read: the documents under the company's profile, and those that mention its name."""
    calls = [ToolCall("company_documents", {"company": payload["company"]})] if payload.get("company") else []
    named = payload.get("key")
    return (*calls, ToolCall("search_documents", {"name_key": named})) if named else tuple(calls)


def unsupported(reply: Research, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """The facts whose words stand in no document that a tool gave back.

    Facts from the lead's row are checked by the loop, which has the row.
    """
    read: dict[str, Document] = {}
    for result in results:
        for item in items(result.value):
            document = Document.model_validate(item)
            read[document.id] = document
    sources = {source.id: source for source in reply.sources if source.kind == "document"}
    return tuple(
        f"the snippet of {fact.id} stands in no document that was read"
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
    says="Finds dated facts about a lead's company.",
    prompt="prospect_researcher",
    tools=("company_documents", "search_documents", "lead_row"),
    task=ResearchTask,
    output=Research,
    first=looked_up,
    faults=unsupported,
)
CHAT = answers_people(
    "prospect_researcher",
    "What we know of a company: its size, place, funding, tools, and news with date and source.",
    "find_records",
    "company_profile",
    "company_documents",
    "lead_match",
)
