"""No word of an agent's reaches an event or an effect: a marker in every free text of its answers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loops.decision import Answer, Ask, Decision
from loops.engage.logic import decide
from loops.values import canonical
from tests.house import template
from tests.loops.cases import Case, cases_of
from tests.loops.test_engage import FACTS, answered, given
from tests.outreach import config

MARK = "zqx marker zqx"
Json = dict[str, Any]
Poison = Callable[[Json], Json]


def research(value: Json) -> Json:
    """Facts still usable, with the marker beside them in every text that may say anything."""
    sources = [{**source, "title": f"{source['title']} {MARK}"} for source in value["sources"]]
    facts = [
        {
            **fact,
            "snippet": f"{fact['snippet']} {MARK}",
            "details": {**fact.get("details", {}), f"role {MARK}": MARK},
        }
        for fact in value["facts"]
    ]
    dismissed = [{"source": f"D-{MARK}", "why": MARK}]
    return {"facts": facts, "sources": sources, "searched": [MARK], "dismissed": dismissed}


def one_fact(value: Json) -> Json:
    return {**research(value), "facts": research(value)["facts"][:1]}


def no_fact(value: Json) -> Json:
    facts = [{**fact, "id": MARK, "source": MARK, "company": MARK} for fact in research(value)["facts"]]
    sources = [{**source, "id": MARK, "url": MARK} for source in research(value)["sources"]]
    return {**research(value), "facts": facts, "sources": sources}


def draft(value: Json) -> Json:
    mails = [
        {
            **mail,
            "subject": f"{mail['subject']} {MARK}",
            "body": mail["body"].replace("\n\n", f"\n\n{MARK} is here. ", 1),
            "claims": [*mail["claims"], {"span": MARK, "source": MARK}],
        }
        for mail in value["mails"]
    ]
    return {"mails": mails}


def one_mail(value: Json) -> Json:
    return {"mails": draft(value)["mails"][:1]}


def grades(value: Json) -> Json:
    return {"scores": [{**score, "reason": MARK, "span": ""} for score in value["scores"]]}


def low_grades(value: Json) -> Json:
    return {"scores": [{**score, "points": 0} for score in grades(value)["scores"]]}


def other_criteria(value: Json) -> Json:
    return {"scores": [{**score, "criterion": MARK} for score in value["scores"]]}


def other_words(value: Json) -> Json:
    return {"scores": [{**score, "span": MARK} for score in value["scores"]]}


def another_key(value: Json) -> Json:
    return {**value, MARK: MARK}


def wrong_types(value: Json) -> Json:
    return {key: MARK for key in value}


def wrong_detail(value: Json) -> Json:
    return {**value, "facts": [{**value["facts"][0], "details": {MARK: 7}}]}


POISONS: list[tuple[str, Poison]] = [
    *(("prospect_researcher", p) for p in (research, one_fact, no_fact, another_key, wrong_types)),
    ("prospect_researcher", wrong_detail),
    *(("outreach_writer", p) for p in (draft, one_mail, another_key, wrong_types)),
    *(("draft_judge", p) for p in (grades, low_grades, other_criteria, other_words, another_key)),
    ("draft_judge", wrong_types),
]
REVIEWED: list[Json] = [
    {"verdict": "approve", "approval": "AP-1", "digest": "d" * 64, "override_reason": "she asked for it"},
    {"verdict": "reject", "why": "not now"},
    {"verdict": "reassign", "to": "R-2"},
]
SETTLED: list[Json] = [{"verdict": "task"}, {"verdict": "drop"}]


def said(ask: Ask, agent: str, poison: Poison) -> Answer:
    name = ask.to.partition(":")[2]
    plain = Answer(by="agent:x@test", value=FACTS) if name == "prospect_researcher" else answered(ask)
    value = poison(dict(plain.value)) if name == agent else plain.value
    return Answer.model_validate({"by": f"agent:{name}@test", "value": value, "why": MARK})


def ends(agent: str, poison: Poison, answers: tuple[Answer, ...] = ()) -> Iterator[Decision]:
    """Every way the run ends, whatever people answer."""
    step = decide(given(), answers, config())
    if isinstance(step, Decision):
        yield step
    elif step.queue == "agent":
        yield from ends(agent, poison, (*answers, said(step, agent, poison)))
    else:
        for value in SETTLED if step.queue == "triage" else REVIEWED:
            yield from ends(agent, poison, (*answers, Answer(by="person:R-1", value=value)))


def emitted(end: Decision) -> str:
    return "".join(canonical(part).decode() for part in (*end.events, *end.effects))


@pytest.mark.parametrize(("agent", "poison"), POISONS, ids=[f"{a}, {p.__name__}" for a, p in POISONS])
def test_no_event_or_effect_of_outreach_holds_a_word_of_an_agent_s(agent: str, poison: Poison) -> None:
    found = list(ends(agent, poison))
    assert found and any(end.effects for end in found)
    assert not [end for end in found if MARK in emitted(end)]


def test_the_marker_does_come_as_far_as_the_reasons() -> None:
    reasons = [r.text for agent, poison in POISONS for end in ends(agent, poison) for r in end.reasons]
    assert len([text for text in reasons if MARK in text]) > len(POISONS) // 2


def questions(loop: str) -> list[Case]:
    return [case for case in cases_of(template().registry.loops[loop]) if case.answers]


@pytest.mark.parametrize("loop", ["qualify", "route"])
def test_no_event_or_effect_of_the_other_loops_does_either(loop: str) -> None:
    settings, seen = template().workspace.configs[loop], 0
    for case in questions(loop):
        *before, last = case.answers
        for value in (last.value, {**last.value, MARK: MARK}, {"choice": MARK}):
            poisoned = last.model_copy(update={"why": MARK, "value": value})
            out = case.trigger.decide(case.input, (*before, poisoned), settings)
            told = out.reasons if isinstance(out, Decision) else out.evidence
            seen += MARK in "".join(reason.text for reason in told)
            assert not isinstance(out, Decision) or MARK not in emitted(out)
    assert seen
