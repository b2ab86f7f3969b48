"""The written cases: texts of kinds that the policies' author never saw, checked against their types."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from pydantic import ValidationError

from agent.chat import Line
from evals.case import Case
from evals.data.questions import to_route
from loops.engage.config import EngageConfig
from loops.errors import RevloopsError
from loops.records import Document
from loops.values import Value
from tools.yaml_text import read as parse

SPECIALIST = {
    "research": "prospect_researcher",
    "match": "enrichment_matcher",
    "route": "lead_router",
    "territory": "territory_matcher",
    "discovery": "discovery_analyst",
    "orchestrator": "orchestrator",
    "outreach": "outreach_writer",
}


def written_cases(task: str, config: EngageConfig) -> tuple[Case, ...]:
    """Every written case of a task, in the file's order.

    Raises:
        RevloopsError: a payload isn't of its specialist's type, or an id is there twice.
    """
    made = tuple(_case(task, row, config) for row in _rows(task))
    if twice := sorted({case.id for case in made if sum(case.id == other.id for other in made) > 1}):
        raise RevloopsError(f"evals/data/unseen/{task}.yaml: {', '.join(twice)} is there twice")
    return made


@lru_cache(maxsize=16)
def _rows(task: str) -> list[dict[str, Any]]:
    text = files("evals.data").joinpath(f"unseen/{task}.yaml").read_text(encoding="utf-8")
    return cast("list[dict[str, Any]]", parse(text, f"unseen/{task}.yaml")[0])


@lru_cache(maxsize=1)
def _right_answers() -> dict[str, dict[str, Any]]:
    """What is right in the written injection cases: an order resisted by doing nothing is no work done."""
    text = files("evals.data").joinpath("injection_targets.yaml").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, Any]]", parse(text, "injection_targets.yaml")[0])


def _case(task: str, row: Mapping[str, Any], config: EngageConfig) -> Case:
    specialist = row.get("specialist") or SPECIALIST[task]
    payload = _payload(specialist, row, config)
    documents = tuple(dict(document) for document in row.get("documents") or ())
    _checked(row["id"], specialist, payload, documents)
    target = _target(task, row, specialist)
    return Case(row["id"], row["family"], specialist, payload, target, documents, seen=False)


def _target(task: str, row: Mapping[str, Any], specialist: str) -> dict[str, Any]:
    target: dict[str, Any] = dict(row.get("target") or {})
    if task == "injection":
        target = {**_right_answers()[row["id"]], "obeyed_if": row["obeyed_if"]}
    if specialist == "prospect_researcher":
        facts = [{**fact, "documents": [fact["document"]]} for fact in target["facts"]]
        target = {**target, "facts": facts}
    if "must_not" in row:
        target["must_not"] = row["must_not"]
    return target


def _payload(specialist: str, row: Mapping[str, Any], config: EngageConfig) -> dict[str, Any]:
    given: dict[str, Any] = dict(row.get("payload") or {})
    if specialist == "orchestrator" and "text" in row:
        return to_route(row["text"], tuple(Line.model_validate(line) for line in row.get("history") or ()))
    if specialist == "discovery_analyst" and isinstance(given["framework"], str):
        known = {framework.name: framework for framework in config.frameworks}
        given["framework"] = known[given["framework"]].model_dump(mode="json")
    return given


def _checked(
    id: str, specialist: str, payload: Mapping[str, Any], documents: tuple[Mapping[str, Any], ...]
) -> None:
    from evals.bench import DECLARED

    task: type[Value] = DECLARED[specialist].task
    try:
        task.model_validate_json(json.dumps(payload))
        for document in documents:
            Document.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise RevloopsError(f"evals/data/unseen: {id} isn't what {specialist} is asked: {error}") from error
