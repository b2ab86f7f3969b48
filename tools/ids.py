"""What a tool may be told in text: ids of records, and words to search with."""

from dataclasses import dataclass
from typing import Annotated

from loops.ids import (
    AccountId,
    CallId,
    CompanyId,
    Id,
    LeadId,
    LoopName,
    NameKey,
    OpportunityId,
    PoolId,
    RepId,
    RunId,
    ScenarioName,
    TerritoryId,
)


@dataclass(frozen=True)
class SearchWords:
    """Marks a string as words to search with: free text that only a reading tool may take."""


Words = Annotated[str, SearchWords()]

__all__ = [
    "AccountId",
    "CallId",
    "CompanyId",
    "Id",
    "LeadId",
    "LoopName",
    "NameKey",
    "OpportunityId",
    "PoolId",
    "RepId",
    "RunId",
    "ScenarioName",
    "SearchWords",
    "TerritoryId",
    "Words",
]
