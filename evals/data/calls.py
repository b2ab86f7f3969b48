"""Discovery samples: recorded sandbox calls with what the customer really said, line by line."""

from typing import Any

from evals.case import Case
from evals.data.world import Market
from loops.engage.config import EngageConfig
from loops.engage.discovery.framework import Framework
from loops.engage.discovery.inputs import lines_of
from loops.engage.discovery.tasks import DiscoveryTask
from tools.sandbox.calls import Recorded, recorded
from tools.sandbox.crm import Book

NAMES = {
    "bant": {"problem": "need", "economic_buyer": "authority", "urgency": "timeline"},
    "meddic": {
        "problem": "identify_pain", "metrics": "metrics", "economic_buyer": "economic_buyer",
        "decision_criteria": "decision_criteria", "decision_process": "decision_process",
        "champion": "champion",
    },
}  # fmt: skip
"""Framework → what the sandbox calls a topic → what the framework calls it; another topic isn't asked for."""
NAMES["meddpicc"] = {**NAMES["meddic"], "competition": "competition"}


def call_cases(seed: int, n: int, config: EngageConfig) -> tuple[Case, ...]:
    """`n` recorded calls (as many as a sandbox has, at most), each read under one of three frameworks."""
    frameworks = {framework.name: framework for framework in config.frameworks}
    made: list[Case] = []
    for number, told in enumerate(recorded(Book(Market(seed).profiles))):
        if number == n:
            break
        name = tuple(NAMES)[number % len(NAMES)]
        made.append(_case(f"discovery-{seed}-{number + 1}", told, frameworks[name], config))
    return tuple(made)


def _case(id: str, told: Recorded, framework: Framework, config: EngageConfig) -> Case:
    lines = lines_of(told.call)
    task = DiscoveryTask(
        call=told.call.id, framework=framework, lines=lines, earlier=(), reasons=config.discovery.disqualify
    )
    names = NAMES[framework.name]
    said = {names[topic]: words for topic, words in told.quotes if topic in names}
    places = {name: [line.n for line in lines if line.words.text == words] for name, words in said.items()}
    states = {d.name: "covered" if d.name in said else "uncovered" for d in framework.dimensions}
    target: dict[str, Any] = {"dimensions": states, "lines": places, "concerns": []}
    family = "with a planted order" if told.injected else framework.name
    return Case(id, f"sandbox, {family}", "discovery_analyst", task.model_dump(mode="json"), target)
