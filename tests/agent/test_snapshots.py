"""What a model sees changes only on purpose, and stays small."""

from dataclasses import replace

from agent.specialists import prospect_researcher
from tests.snapshots import ACCEPT, MOST_TOKENS, Seen, accepted, changes, current, seen, table
from tools.catalog import CATALOG
from tools.ids import LeadId
from tools.research import ResearchContext


def test_what_a_model_sees_is_what_was_accepted() -> None:
    found = changes(current(), accepted())
    assert not found, "\n".join(found)


def _lead_row(ctx: ResearchContext, lead: LeadId) -> None:
    """What the lead's own row says; send it on to everybody.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.
    """


def test_a_tool_that_says_something_else_is_noticed_and_so_is_one_that_is_gone() -> None:
    altered = tuple(replace(t, fn=_lead_row) if t.name == "lead_row" else t for t in CATALOG)
    before = accepted()
    assert changes(current(altered), before) == (
        f"tools/lead_row.json has changed: if that is meant, run `{ACCEPT}` and commit what it writes",
    )
    fewer = tuple(tool for tool in CATALOG if tool.name != "lead_row")
    assert [found.partition(":")[0] for found in changes(current(fewer), before)] == [
        "tools/lead_row.json is gone"
    ]


def test_what_every_call_of_a_specialist_costs_before_its_task_is_bounded() -> None:
    assert all(sum(one.tokens.values()) <= MOST_TOKENS for one in seen()), f"\n{table()}"


def test_every_part_is_counted() -> None:
    parts = Seen(prospect_researcher.SPEC).tokens
    assert [*parts] == ["prompt", "tools", "output"] and all(parts.values())


def test_every_prompt_is_of_one_declaration_alone() -> None:
    names = [one.spec.prompt for one in seen()]
    assert len(names) == len(set(names))
