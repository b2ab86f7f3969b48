"""Types of ids: which fields and which arguments name a record, and a record of which kind."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated

_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$"
_NAME = r"^\w+( \w+)*$"


def is_plain(id: str) -> bool:
    """Whether an id has the form in which commands, tools and questions may name it."""
    return re.fullmatch(_PLAIN, id) is not None


def plain(name: str) -> str:
    """The name as an id, e.g. account_executive for "Account Executive"; "" where nothing of it is left."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_.:-]+", "_", letters).strip("_.:-")[:80]


@dataclass(frozen=True)
class Id:
    """Marks a string as an id; neither an address nor a path nor a sentence has its form."""

    kind: str
    # what it names: lead, company, account …
    pattern: str = _PLAIN


LeadId = Annotated[str, Id("lead")]
CompanyId = Annotated[str, Id("company")]
"""Of a company profile, as the enrichment provider has it."""
AccountId = Annotated[str, Id("account")]
OpportunityId = Annotated[str, Id("opportunity")]
RepId = Annotated[str, Id("rep")]
CallId = Annotated[str, Id("call")]
RunId = Annotated[str, Id("run")]
LoopName = Annotated[str, Id("loop")]
TerritoryId = Annotated[str, Id("territory")]
PoolId = Annotated[str, Id("pool")]
RoleId = Annotated[str, Id("role")]
SegmentId = Annotated[str, Id("segment")]
ChannelId = Annotated[str, Id("channel")]
HireId = Annotated[str, Id("hire")]
"""Of a planned person."""
ScenarioName = Annotated[str, Id("scenario")]
CountryOrRegion = Annotated[str, Id("place", r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""ISO 3166-1 alpha-2, or ISO 3166-2."""
CurrencyCode = Annotated[str, Id("currency", r"^[A-Z]{3}$")]
"""ISO 4217."""
NameKey = Annotated[str, Id("name", _NAME)]
"""A company's normalised name: what "the same company" is looked up by."""
