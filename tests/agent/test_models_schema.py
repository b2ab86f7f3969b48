"""Reply schemas in the strict form, their data in our own form again, and JSON found in a text."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from pydantic import JsonValue

from agent.models.schema import own_form, read_json, restored, strict
from agent.specialists.enrichment_matcher import Match
from agent.specialists.lead_router import Choice
from loops.engage.draft import Claim, Draft, Mail
from loops.engage.facts import Dismissed, Fact, Research, Source
from loops.engage.tasks import Grades, Score
from loops.values import Value
from tests.agent.model_doors import ENVELOPE

RESEARCH = Research(
    facts=(
        Fact(
            id="F-1", kind="funding", snippet="raised", source="D-1", company="nordwind",
            details={"round": "Series B", "amount": "$34 million"},
        ),
    ),
    sources=(Source(id="D-1", kind="document", title="Round", url="https://n.example/1", on=None),),
    searched=("news",),
    dismissed=(Dismissed(source="D-2", why="another company"),),
)  # fmt: skip
DRAFT = Draft(
    mails=(
        Mail(subject="s", body="b", wait_days=0, claims=(Claim(span="b", source="F-1"),)),
        Mail(subject="t", body="c", wait_days=3),
    )
)
VALUES: tuple[Value, ...] = (
    RESEARCH,
    Research(),
    DRAFT,
    Grades(scores=(Score(criterion="tone", points=80, reason="fine"),)),
    Match(choice="none"),
    Choice(choice="rep:1", cited=("headquarters: Berlin",)),
)


class Loose(Value):
    """What a strict schema can't say directly."""

    anything: dict[str, JsonValue]
    scores: dict[str, Score] = {}
    pair: tuple[int, str] = (1, "a")
    either: Match | Choice | None = None


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a schema."""
    if isinstance(schema, dict):
        node = cast("dict[str, Any]", schema)
        if node.keys() & {"type", "anyOf", "$ref", "enum"}:
            yield node
        for part in node.values():
            yield from nodes(part)
    elif isinstance(schema, list):
        for part in cast("list[Any]", schema):
            yield from nodes(part)


def in_strict_form(schema: dict[str, Any], data: Any, parts: dict[str, Any]) -> Any:
    """The data as an endpoint would send it that enforces our own schema's strict form."""
    if "$ref" in schema:
        return in_strict_form(parts[schema["$ref"].removeprefix("#/$defs/")], data, parts)
    if "anyOf" in schema:
        fitting = [b for b in schema["anyOf"] if (b.get("type") == "null") == (data is None)]
        return in_strict_form(fitting[0], data, parts)
    if schema.get("type") == "object":
        given = cast("dict[str, Any]", data)
        fields = cast("dict[str, Any]", schema["properties"])
        return {name: in_strict_form(part, given.get(name), parts) for name, part in fields.items()}
    if schema.get("type") == "array" and isinstance(data, dict):
        pairs = cast("dict[str, Any]", data).items()
        return [{"name": name, "value": value} for name, value in pairs]
    if schema.get("type") == "array":
        return [in_strict_form(schema["items"], item, parts) for item in cast("list[Any]", data)]
    return data


TYPES = (*dict.fromkeys(type(value) for value in VALUES), Loose)


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.__name__)
def test_the_strict_form_closes_every_object_and_knows_few_words(cls: type[Value]) -> None:
    made = strict(cls.model_json_schema())
    known = {"type", "description", "enum", "$ref", "anyOf", "items", "properties", "required", "$defs",
             "additionalProperties"}  # fmt: skip
    found = list(nodes(made))
    assert found
    for node in found:
        assert not node.keys() - known
        if node.get("type") == "object":
            assert node["additionalProperties"] is False and node["required"] == list(node["properties"])
        if "$ref" in node:
            parts: Any = made["$defs"]
            assert node.keys() == {"$ref"} and node["$ref"].removeprefix("#/$defs/") in parts


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_reply_in_the_strict_form_is_the_same_value_again(value: Value) -> None:
    schema = type(value).model_json_schema()
    made = strict(schema)
    parts = cast("dict[str, Any]", made.get("$defs") or {})
    sent = in_strict_form(made, value.model_dump(mode="json"), parts)
    assert type(value).model_validate(restored(schema, sent)) == value
    # what comes in our own form stays as it is
    own = value.model_dump(mode="json")
    assert type(value).model_validate(restored(schema, own)) == value


def test_what_may_be_left_out_may_be_null() -> None:
    sent: JsonValue = {
        "scores": [{"criterion": "tone", "points": 1, "reason": "r", "span": None, "mail": None}]
    }
    assert Grades.model_validate(restored(Grades.model_json_schema(), sent)).scores[0].span == ""


def test_free_mappings_and_choices_between_forms_come_back() -> None:
    score: JsonValue = {"criterion": "tone", "points": 1, "reason": "r", "span": None, "mail": 2}
    sent: JsonValue = {
        "anything": [{"name": "n", "value": "[1, 2]"}, {"name": "t", "value": "two words"}],
        "scores": [{"name": "tone", "value": score}],
        "pair": None,
        "either": {"choice": "rep:1", "cited": ["x"]},
    }
    loose = Loose.model_validate(restored(Loose.model_json_schema(), sent))
    assert loose.anything == {"n": [1, 2], "t": "two words"}
    assert loose.scores["tone"].mail == 2 and loose.pair == (1, "a")
    assert loose.either == Choice(choice="rep:1", cited=("x",))


@pytest.mark.parametrize("data", [None, 7, "x", [], {"facts": 3}, {"facts": [{"details": [1]}]}, {"why": {}}])
def test_what_fits_no_form_is_left_as_it_is(data: JsonValue) -> None:
    assert restored(Research.model_json_schema(), data) == data


def test_a_reply_without_its_envelope_is_read_all_the_same() -> None:
    bare = '{"facts": [], "searched": ["x"], "dismissed": null}'
    assert own_form(ENVELOPE, bare) == '{"facts":[],"searched":["x"]}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Sure:\n```json\n{"a": {"b": "}"}}\n```\nDone.', {"a": {"b": "}"}}),
        ('As {you} asked: {"a": "{"} {"b": 2}', {"a": "{"}),
        ('{} {"a": 1}', {"a": 1}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ("", None),
        ("no object", None),
        ("[1, 2]", None),
        ('{"a": 1,}', None),
        ('{"a": NaN}', None),
        ('{"value": {"choice": "x"}, "confidence": 0.', None),
        ('{"value": {"choice": "x"}, oops}', None),
        ("{" * 100_000, None),
        ('{"a":' * 20_000, None),
        ("{x}" * 60_000, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_first_whole_object_in_a_text_is_found(text: str, found: dict[str, JsonValue] | None) -> None:
    assert read_json(text) == found
