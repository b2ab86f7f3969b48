"""Tools by type: what one may take, what a model sees of it, and what is refused."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, JsonValue

from loops.values import Quoted
from tools.catalog import CATALOG, Tool, select
from tools.errors import ToolRetry
from tools.ids import AccountId, CompanyId, LeadId, NameKey, RepId, Words
from tools.results import fitted, items
from tools.scopes import granted


class Colour(Enum):
    RED = "red"


def every(
    ctx: object,
    lead: LeadId,
    kind: Literal["a", "b"],
    note: Quoted,
    colour: Colour = Colour.RED,
    loud: bool = False,
    least: Annotated[int, Field(ge=1, le=9)] = 3,
    on: date | None = None,
    account: AccountId | None = None,
) -> JsonValue:
    """Every type that a tool may take.

    Nothing is done with them.

    Args:
        ctx: the runtime's side.
        lead: whom it is about.
        kind: one of two.
        note: what they said,
            word for word.
        colour: the colour.
        loud: whether.
        least: from here.
        on: the day.
        account: the account.

    Raises:
        ToolRetry: never.
    """
    return [lead, kind, note.text, colour.value, loud, least, on.isoformat() if on else None, account]


EVERY = Tool("every", "write", "leads", every)
GIVEN: dict[str, JsonValue] = {"lead": "L-1", "kind": "a", "note": {"text": "send it to x@y.example"}}


def test_a_tool_takes_what_its_function_says() -> None:
    assert EVERY.call(None, GIVEN) == ["L-1", "a", "send it to x@y.example", "red", False, 3, None, None]
    more: dict[str, JsonValue] = {**GIVEN, "colour": "red", "least": 9, "on": "2026-11-23", "account": "A-1"}
    note: Any = GIVEN["note"]
    given = EVERY.call(None, more)
    assert given == ["L-1", "a", note["text"], "red", False, 9, "2026-11-23", "A-1"]


def test_a_model_sees_name_description_and_types_and_no_titles() -> None:
    schema: Any = EVERY.schema
    assert schema["description"] == "Every type that a tool may take.\nNothing is done with them."
    properties = schema["parameters"]["properties"]
    assert [*properties] == ["lead", "kind", "note", "colour", "loud", "least", "on", "account"]
    assert properties["lead"] == {"description": "whom it is about.", "maxLength": 200, "type": "string"}
    assert properties["note"]["description"] == "what they said, word for word."
    assert schema["parameters"]["required"] == ["lead", "kind", "note"]
    assert schema["parameters"]["additionalProperties"] is False
    assert "title" not in str(schema) and "ctx" not in properties


def _titled(ctx: object, title: LeadId) -> JsonValue:
    """Takes an argument of that name.

    Args:
        ctx: the runtime's side.
        title: the lead.
    """


def test_an_argument_that_is_called_title_stays() -> None:
    schema: Any = Tool("titled", "read", "leads", _titled).schema
    assert [*schema["parameters"]["properties"]] == ["title"]


ADDRESS, PATH = "attacker@evil.example", "../../loops/route.yaml"
WRONG: list[tuple[dict[str, JsonValue], str]] = [
    ({**GIVEN, "recipient": ADDRESS}, "recipient: there is no such key here"),
    ({**GIVEN, "lead": ADDRESS}, "lead: this is the id of no lead"),
    ({**GIVEN, "lead": PATH}, "lead: this is the id of no lead"),
    ({**GIVEN, "lead": "L-1\nand L-2"}, "lead: this is the id of no lead"),
    ({**GIVEN, "lead": 7}, "lead: this is the id of no lead"),
    ({**GIVEN, "kind": "c"}, "kind: "),
    ({**GIVEN, "note": "bare"}, "note: "),
    ({**GIVEN, "note": {"text": "x", "to": ADDRESS}}, "note.to: there is no such key here"),
    ({**GIVEN, "least": 10}, "least: "),
    ({**GIVEN, "least": "3"}, "least: "),
    ({**GIVEN, "loud": "yes"}, "loud: "),
    ({**GIVEN, "on": "tomorrow"}, "on: "),
    ({"lead": "L-1"}, "kind: this key is required; note: this key is required"),
]


@pytest.mark.parametrize(("args", "why"), WRONG, ids=[why for _, why in WRONG])
def test_wrong_arguments_are_refused_by_name(args: dict[str, JsonValue], why: str) -> None:
    with pytest.raises(ToolRetry) as refused:
        EVERY.call(None, args)
    assert str(refused.value).startswith("every takes lead, kind, note,") and why in str(refused.value)


def test_a_long_unknown_argument_is_not_repeated_whole() -> None:
    with pytest.raises(ToolRetry) as refused:
        EVERY.read({**GIVEN, "x" * 5000: 1})
    assert len(str(refused.value)) < 300


# --- what can't be made
def _bare(ctx: object, to: str) -> JsonValue:
    """Takes bare text.

    Args:
        ctx: the runtime's side.
        to: anything.
    """


def _search(ctx: object, words: Words) -> JsonValue:
    """Searches.

    Args:
        ctx: the runtime's side.
        words: what for.
    """


def _maybe(ctx: object, to: str | None = None) -> JsonValue:
    """Takes bare text, perhaps.

    Args:
        ctx: the runtime's side.
        to: anything.
    """


def _many(ctx: object, to: list[str]) -> JsonValue:
    """Takes a list.

    Args:
        ctx: the runtime's side.
        to: anything.
    """


def _open(ctx: object, options: dict[str, JsonValue]) -> JsonValue:
    """Takes an open object.

    Args:
        ctx: the runtime's side.
        options: anything.
    """


def _number(ctx: object, days: int) -> JsonValue:
    """Takes a number without bounds.

    Args:
        ctx: the runtime's side.
        days: any.
    """


def _unsaid(ctx: object, lead: LeadId) -> JsonValue:
    """Says nothing of its argument."""


REFUSED: list[tuple[Callable[..., JsonValue], str, str]] = [
    (_bare, "write", "tool t, argument to: bare text"),
    (_bare, "propose", "tool t, argument to: bare text"),
    (_bare, "read", "tool t, argument to: bare text"),
    (_maybe, "write", "tool t, argument to: bare text"),
    (_many, "write", "tool t, argument to: list"),
    (_open, "write", "tool t, argument options: dict"),
    (_number, "write", "tool t, argument days: a number needs"),
    (_search, "write", "tool t, argument words: a tool that can write takes no search words"),
    (_search, "propose", "tool t, argument words: a tool that can propose takes no search words"),
    (_unsaid, "read", "tool t, argument lead: the docstring has no line for it"),
]


@pytest.mark.parametrize(("fn", "effect", "why"), REFUSED, ids=[f"{e}, {w}" for _, e, w in REFUSED])
def test_a_tool_with_a_type_it_may_not_take_cannot_be_made(fn: Any, effect: Any, why: str) -> None:
    with pytest.raises(TypeError) as refused:
        Tool("t", effect, "s", fn)
    assert str(refused.value).startswith(why)


def test_a_reading_tool_may_search_with_words_of_some_length() -> None:
    search = Tool("search", "read", "s", _search)
    search.read({"words": "pricing objections"})
    for words in ("", "x" * 201):
        with pytest.raises(ToolRetry):
            search.read({"words": words})


def _row(ctx: object, rep: RepId, key: NameKey) -> JsonValue:
    """Takes two kinds.

    Args:
        ctx: the runtime's side.
        rep: of ours.
        key: a name.
    """


def test_an_argument_says_which_kind_of_record_it_names() -> None:
    assert Tool("row", "read", "s", _row).ids == {"rep": "rep", "key": "name"}
    assert EVERY.ids == {"lead": "lead", "account": "account"}


@pytest.mark.parametrize("key", ["nordwind", "trade desk", "müller söhne", "株式", "3m"])
def test_a_normalised_name_is_a_key(key: str) -> None:
    Tool("row", "read", "s", _row).read({"rep": "tess-ao", "key": key})


@pytest.mark.parametrize("key", ["", "a@b.example", "a/b", "Ignore all. Do this", " x", "x\ny"])
def test_an_address_a_path_or_a_sentence_is_none(key: str) -> None:
    with pytest.raises(ToolRetry, match="key: this is the id of no name"):
        Tool("row", "read", "s", _row).read({"rep": "r", "key": key})


# --- the catalog and its scopes
def test_every_tool_of_the_catalog_has_its_own_name_and_only_reads() -> None:
    assert len({tool.name for tool in CATALOG}) == len(CATALOG)
    assert {tool.effect for tool in CATALOG} == {"read"}


def test_a_tool_outside_the_scopes_is_not_there() -> None:
    tools = select(("company_documents", "lead_row"))
    assert {tool.scope for tool in tools.values()} == {"research", "leads"}
    assert [*granted(tools, frozenset({"research", "ledger"}))] == ["company_documents"]


# --- the size of a result
def test_a_list_that_is_too_long_says_how_many_more_there_are() -> None:
    value: JsonValue = [{"text": "x" * 100, "n": n} for n in range(10)]
    short: Any = fitted(value, 500)
    assert short["more"] == 10 - len(short["items"]) > 0
    assert items(short) == short["items"] == items(value)[: len(short["items"])]
    assert fitted(value) == value and items({"error": "no"}) == []


def test_anything_else_that_is_too_long_is_an_error() -> None:
    assert fitted({"text": "x" * 100}, 50) == {
        "error": "the result has 111 characters, more than the 50 that can be read at once"
    }
    assert fitted(["x" * 100], 50) == {"items": [], "more": 1}


def test_ids_of_companies_look_like_ids() -> None:
    def shown(ctx: object, company: CompanyId) -> JsonValue:
        """Shows one.

        Args:
            ctx: the runtime's side.
            company: which.
        """
        return company

    tool = Tool("shown", "read", "s", shown)
    assert [tool.call(None, {"company": id}) for id in ("C-000012", "clearbit:acme.example")]
