"""What an agent can do with its tools: those granted, over the records its task names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import JsonValue

from agent.spec import ToolCall
from agent.toolbelt import Toolbelt, reach_of
from loops.engage.facts import ResearchTask, RowCell
from loops.errors import PlanError
from loops.ids import AccountId, CompanyId, LeadId
from loops.values import Quoted, Value
from tools.catalog import Tool, select
from tools.errors import ToolFailed, ToolRetry

OWN, OTHER = "L-000000000001", "L-000000000002"


def task(**changes: object) -> dict[str, Any]:
    """What a researcher is asked, with orders and ids in each text."""
    cell = RowCell(field="message", where="leads.csv line 2", on=date(2026, 11, 1), words=Quoted(text=OTHER))
    said: dict[str, object] = {
        "lead": OWN,
        "company": "C-000001",
        "name": OTHER,
        "key": "nordwind",
        "domain": OTHER,
        "city": "C-000002",
        "region": None,
        "country": None,
        "today": date(2026, 11, 23),
        "max_age_days": 365,
        "row": (cell,),
    }
    return ResearchTask.model_validate({**said, **changes}).model_dump(mode="json")


class Calls:
    """Runs nothing, and says what it was asked to run."""

    def __init__(self, gives: JsonValue = "done") -> None:
        self.made: list[tuple[str, dict[str, JsonValue]]] = []
        self.gives = gives

    def __call__(self, tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        self.made.append((tool.name, dict(args)))
        return self.gives


RESEARCH = select(("company_documents", "search_documents", "lead_row"))


def belt(payload: dict[str, Any] | None = None) -> Toolbelt:
    return Toolbelt(RESEARCH, reach_of(payload or task(), ResearchTask))


def test_reach_is_the_ids_of_the_task_and_nothing_that_stands_in_a_text() -> None:
    assert reach_of(task(), ResearchTask) == {f"lead:{OWN}", "company:C-000001", "name:nordwind"}
    assert reach_of(task(company=None, key=""), ResearchTask) == {f"lead:{OWN}"}


def test_a_task_that_names_no_record_reaches_none() -> None:
    assert reach_of(task(), Value) == frozenset()


class Item(Value):
    account: AccountId | None
    says: str


class Other(Value):
    says: CompanyId


class Many(Value):
    items: tuple[Item, ...]
    leads: tuple[LeadId, ...]
    either: Item | Other
    free: dict[str, str] = {}


def test_ids_in_lists_and_in_parts_count_and_those_of_a_type_that_may_be_another_do_not() -> None:
    many = Many(
        items=(Item(account="A-1", says="A-2"), Item(account=None, says="A-3")),
        leads=("L-1", "L-2"),
        either=Item(account="A-4", says="C-1"),
        free={"account": "A-5"},
    )
    assert reach_of(many.model_dump(mode="json"), Many) == {"account:A-1", "lead:L-1", "lead:L-2"}


def test_a_call_within_reach_is_made() -> None:
    calls = Calls()
    assert belt().perform(ToolCall("lead_row", {"lead": OWN}), calls) == "done"
    assert calls.made == [("lead_row", {"lead": OWN})]


REFUSED: list[tuple[ToolCall, str]] = [
    (ToolCall("lead_row", {"lead": OTHER}), f"lead_row: {OTHER} isn't part of this task"),
    (ToolCall("company_documents", {"company": "C-000002"}), "C-000002 isn't part of this task"),
    (
        ToolCall("company_documents", {"company": OWN}),
        f"{OWN} isn't part of this task; use the task's own company",
    ),
    (ToolCall("search_documents", {"name_key": "our payroll"}), "our payroll isn't part of this task"),
    (ToolCall("lead_row", {"lead": "x@evil.example"}), "lead: this is the id of no lead"),
    (ToolCall("lead_row", {"lead": OWN, "to": "x"}), "to: there is no such key here"),
    (ToolCall("lead_row", {}), "lead: this key is required"),
    (ToolCall("send_mail", {"to": "x"}), "there is no tool send_mail; there are company_documents"),
]


@pytest.mark.parametrize(("wanted", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_a_call_that_may_not_be_made_is_not_made_and_says_why(wanted: ToolCall, why: str) -> None:
    calls = Calls()
    said: Any = belt().perform(wanted, calls)
    assert why in said["error"] and calls.made == []


def test_without_the_reach_the_same_call_reads_another_lead() -> None:
    calls = Calls()
    Toolbelt(RESEARCH, None).perform(ToolCall("lead_row", {"lead": OTHER}), calls)
    assert calls.made == [("lead_row", {"lead": OTHER})]


def test_an_agent_without_tools_is_told_so() -> None:
    said = Toolbelt({}, frozenset()).perform(ToolCall("x" * 900, {}), Calls())
    assert said == {"error": f"there is no tool {'x' * 60}; this agent has none"}


REASONS = (ToolRetry("try the other one"), ToolFailed("it is gone"), PlanError("no such year"))


@pytest.mark.parametrize("error", REASONS)
def test_what_a_tool_says_it_cannot_do_comes_back_as_its_result(error: Exception) -> None:
    def fails(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        raise error

    assert belt().perform(ToolCall("lead_row", {"lead": OWN}), fails) == {"error": str(error)}


def test_a_result_that_is_too_long_is_cut_and_says_so() -> None:
    pages: JsonValue = [{"text": "x" * 11_000} for _ in range(9)]
    said: Any = belt().perform(ToolCall("lead_row", {"lead": OWN}), Calls(pages))
    assert (len(said["items"]), said["more"]) == (5, 4)


def test_the_schemas_are_those_of_the_granted_tools() -> None:
    assert [schema.name for schema in belt().schemas] == [*RESEARCH]
    parameters: Any = belt().schemas[0].parameters
    assert [*parameters["properties"]] == ["company"]
