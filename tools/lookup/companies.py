"""What we hold about a company: its profile as an enrichment provider has it."""

from pydantic import JsonValue

from tools.errors import ToolRetry
from tools.ids import CompanyId
from tools.lookup.context import LookupContext


def company_profile(ctx: LookupContext, company: CompanyId) -> JsonValue:
    """A company's profile: size, place, industry, funding, technologies, with its source and date.

    Args:
        ctx: the runtime's side.
        company: id of a company profile.

    Raises:
        ToolRetry: there is no such profile.
    """
    found = ctx.records.profile(company)
    if found is None:
        raise ToolRetry(f"there is no company profile {company}: find it with find_records")
    return found.model_dump(mode="json")
