"""What a researcher may read: documents about a company, and the lead's own row. Nothing here writes."""

from typing import Protocol

from pydantic import JsonValue

from loops.records import Document, Records
from tools.connectors.ports import ResearchIndex
from tools.errors import ToolRetry
from tools.ids import CompanyId, LeadId, NameKey

DOCUMENT_CHARACTERS = 12_000
"""Of a document's text: a long article; what is longer is a dump, and a fact stands near the top."""


class ResearchContext(Protocol):
    """What these tools need of the runtime."""

    @property
    def research(self) -> ResearchIndex:
        """Pages and news."""
        ...

    @property
    def records(self) -> Records:
        """The records of this transaction."""
        ...


def company_documents(ctx: ResearchContext, company: CompanyId) -> JsonValue:
    """The documents indexed under that company profile, newest first, undated last; may be empty.

    Args:
        ctx: the runtime's side.
        company: id of the company's profile.
    """
    return [_plain(document) for document in ctx.research.documents(company)]


def search_documents(ctx: ResearchContext, name_key: NameKey) -> JsonValue:
    """The documents that mention a company of that name, whoever they are indexed under.

    Args:
        ctx: the runtime's side.
        name_key: the normalised name, as in the task's `key`.
    """
    return [_plain(document) for document in ctx.research.search(name_key)]


def lead_row(ctx: ResearchContext, lead: LeadId) -> JsonValue:
    """What the lead's own row says beside their address: title, source, industry, message, date.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    found = ctx.records.lead(lead)
    if found is None:
        raise ToolRetry(f"there is no lead {lead}: use the id of the task")
    return {
        "title": found.title,
        "source": found.source,
        "industry": found.industry,
        "created_on": found.created_at.date().isoformat(),
        "message": found.message.text if found.message else None,
    }


def _plain(document: Document) -> JsonValue:
    plain = document.model_dump(mode="json")
    return {**plain, "text": document.text[:DOCUMENT_CHARACTERS]}
