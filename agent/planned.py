"""The planner's answer: what was asked as structure, sentences, and the tool's own table under them."""

from typing import Any, cast

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from pydantic.json_schema import SkipJsonSchema

from agent.agreement import disagreements
from agent.chat import Said, filled, said_faults
from agent.numerals import PLACEHOLDER, is_error
from agent.planned_land import one_land
from agent.spec import Payload, ToolResult
from loops.design.changes import Change, Goal, Inquiry

TOOLS = {
    "what_if": "what_if",
    "reach": "what_if",
    "breaks_first": "what_if",
    "compare": "compare_scenarios",
    "now": "plan_now",
}
"""What is asked → the tool that answers it."""
_FIGURES = frozenset({"scenario", "currency", "today", "focus", "years", "quarters", "territories"})
"""What a person is shown of the plan as it stands."""
_CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])


class Planned(Said):
    """The planner's answer to a person."""

    inquiry: SkipJsonSchema[Inquiry | None] = None
    # what was computed, with the earlier changes of the thread: what the tool was called with, put
    # here by code; None: nothing was
    comparison: SkipJsonSchema[dict[str, JsonValue]] = Field(default_factory=dict)
    # the tool's result; put there by code, as are the assumptions; empty where nothing was computed
    assumptions: SkipJsonSchema[tuple[str, ...]] = ()


def read_said(data: dict[str, Any]) -> Said:
    """An answer as the state of a thread has it."""
    return Planned.model_validate(data) if "inquiry" in data else Said.model_validate(data)


def planned_faults(value: Any, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """What makes an answer invalid: what `said_faults` finds, changes not computed, a figure misnamed."""
    planned = cast("Planned", value)
    if planned.comparison or planned.assumptions:
        return ("comparison and assumptions are put there by code: leave them out",)
    found = [*said_faults(value, payload, results), *_uncomputed(planned, results)]
    for said in (planned.text, planned.needs, planned.refused):
        found += disagreements(said)
    return tuple(found)


def finished(value: Any, payload: Payload, results: tuple[ToolResult, ...]) -> Planned:
    """The answer with its figures filled in, and under it what the tool gave."""
    planned = cast("Planned", value)
    planned = planned.model_copy(update={"inquiry": planned.inquiry or _called(planned, results)})
    told = cast("Planned", filled(planned, payload, results))
    at = computed(planned.inquiry, results) if planned.inquiry and planned.text else None
    result = results[at].value if at is not None else {}
    whole = cast("dict[str, JsonValue]", result) if isinstance(result, dict) else {}
    table = {key: whole[key] for key in whole if "assumptions" in whole or key in _FIGURES}
    listed = table.pop("assumptions", None)
    assumptions = tuple(map(str, listed)) if isinstance(listed, list) else ()
    update: dict[str, Any] = {"comparison": table, "assumptions": assumptions}
    if planned.inquiry and planned.inquiry.ask == "what_if" and (line := one_land(planned.inquiry, table)):
        update["text"] = f"{told.text}\n{line}"
    return told.model_copy(update=update)


def _called(planned: Planned, results: tuple[ToolResult, ...]) -> Inquiry | None:
    """What the call asked that the text's figures are of; None where the text says nothing."""
    if not planned.text.strip() or not results:
        return None
    heads = [path.split(".")[0] for path in PLACEHOLDER.findall(planned.text)]
    head = next((head for head in heads if head.partition("@")[0] in _COMPUTING), "")
    name, _, nth = head.partition("@")
    calls = [result for result in results if result.name == name]
    at = int(nth or 1) - 1
    if at >= len(calls):
        return Inquiry(ask="now")
    args = calls[at].args
    if name == "compare_scenarios":
        return Inquiry(ask="compare", scenario=str(args["other"]))
    told = {key: args[key] for key in ("ask", "changes", "goal") if args.get(key) is not None}
    return Inquiry.model_validate(told)


def computed(inquiry: Inquiry, results: tuple[ToolResult, ...]) -> int | None:
    """The place of the last call that computed it; None where none did."""
    fits = (at for at, result in enumerate(results) if _is(inquiry, result) and not is_error(result.value))
    return max(fits, default=None)


def _is(inquiry: Inquiry, result: ToolResult) -> bool:
    args = result.args
    if result.name != TOOLS[inquiry.ask] or args.get("ask", inquiry.ask) != inquiry.ask:
        return False
    try:
        changes = _CHANGES.validate_python(args.get("changes") or ())
        goal = Goal.model_validate(args["goal"]) if args.get("goal") is not None else None
    except ValidationError:
        return False
    return changes == inquiry.changes and goal == inquiry.goal and args.get("other") == inquiry.scenario


def _uncomputed(planned: Planned, results: tuple[ToolResult, ...]) -> list[str]:
    """Where the inquiry isn't what the tool was called with, or a figure is another call's."""
    read = {result.name for result in results}
    if planned.inquiry is None:
        heads = {path.split(".")[0] for path in PLACEHOLDER.findall(planned.text)}
        calls = {head.removesuffix("@1") for head in heads if head.partition("@")[0] in _COMPUTING}
        return ["the text has figures of several calls: answer from one"] if len(calls) > 1 else []
    if planned.inquiry.ask == "now":
        return [] if read else ["nothing was read of the plan"]
    if not planned.text.strip():
        return []
    at = computed(planned.inquiry, results)
    if at is None:
        return [f"{TOOLS[planned.inquiry.ask]} wasn't called with the changes that the inquiry states"]
    name, nth = results[at].name, sum(r.name == results[at].name for r in results[: at + 1])
    return [
        f"{{fig:{path}}} isn't of the call that the inquiry states"
        for path in PLACEHOLDER.findall(planned.text)
        if (head := path.split(".")[0]).split("@")[0] in _COMPUTING
        and (head.split("@")[0], int(head.partition("@")[2] or 1)) != (name, nth)
    ]


_COMPUTING = frozenset(TOOLS.values()) - {"plan_now"}
