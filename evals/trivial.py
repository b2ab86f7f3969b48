"""Answers that take no understanding: what a score has to beat, and what a cheat would hand in.

Each is a written policy, so that it goes through the same specialist, checks and scorers as any other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, cast

from agent.spec import Payload, Policy, Reply, ToolResult
from evals.case import Case
from evals.grading import CHOOSERS
from loops.engage.draft import Claim, Draft, Mail
from loops.engage.tasks import WritingTask
from loops.values import canonical
from tools.results import items

KINDS = ("funding", "expansion", "hiring", "executive_change", "product_launch", "competitor_churn")
CONSTANTS = ("says nothing", "first answer", "second answer", "third answer", "fourth answer")
"""Answers by their place among those there are to choose from, whatever is asked."""
Value = dict[str, Any]
Results = tuple[ToolResult, ...]
Space = Callable[[Payload, Results], list[Value]]
"""The answers one could give without reading: the first says nothing, or leaves it to a person."""


# --- answers there are to choose from -------------------------------------------------------------
def _owners(payload: Payload, results: Results) -> list[Value]:
    ids = [owner["owner"] for owner in payload["owners"] if owner["owner"] != "queue:triage"]
    return [{"choice": id, "cited": []} for id in ("queue:triage", *ids)]


def _profiles(payload: Payload, results: Results) -> list[Value]:
    return [{"choice": id} for id in ("none", *(c["company"] for c in payload["candidates"]))]


def _changes(payload: Payload, results: Results) -> list[Value]:
    return [{"choice": id} for id in ("none", *(choice["id"] for choice in payload["choices"]))]


def _territories(payload: Payload, results: Results) -> list[Value]:
    return [{"choice": id, "cited": []} for id in ("none", *(o["id"] for o in payload["options"]))]


def _documents(results: Results) -> list[dict[str, Any]]:
    found = [cast("dict[str, Any]", item) for result in results for item in items(result.value)]
    return list({document["id"]: document for document in found}.values())


def _facts(payload: Payload, results: Results) -> list[Value]:
    """Nothing, then for each kind: the first sentence of every document."""
    return [{}, *(_quoting(payload, _documents(results), kind, first_sentence) for kind in KINDS)]


def first_sentence(text: str) -> str:
    """The text up to its first full stop."""
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _quoting(
    payload: Payload, documents: list[dict[str, Any]], kind: str, part: Callable[[str], str]
) -> Value:
    sources = [
        {"id": d["id"], "kind": "document", **{k: d[k] for k in ("title", "url", "on", "company")}}
        for d in documents
    ]
    same = {"kind": kind, "company": payload["key"]}
    facts = [
        {"id": f"F{n}", "snippet": part(d["text"]), "source": d["id"], **same}
        for n, d in enumerate(documents)
    ]
    return {"facts": facts, "sources": sources}


def _findings(payload: Payload, results: Results) -> list[Value]:
    """Nothing, then for each of the customer's lines: every dimension, shown by that line."""
    names = [dimension["name"] for dimension in payload["framework"]["dimensions"]]
    theirs = [line for line in payload["lines"] if line["side"] != "ours"]
    return [{}, *({"findings": [_finding(name, line) for name in names]} for line in theirs)]


def _finding(name: str, line: Mapping[str, Any]) -> Value:
    said = {"state": "covered", "quote": line["words"]["text"], "line": line["n"], "confidence": 1.0}
    return {"dimension": name, **said}


def _specialists(payload: Payload, results: Results) -> list[Value]:
    offered = [_to([offer["name"]], payload) for offer in payload["specialists"]]
    return [{"parts": [], "unanswered": "Nobody here can say."}, *offered]


def _to(names: Iterable[str], payload: Payload) -> Value:
    """The whole message to each of them."""
    return {"parts": [{"specialist": name, "question": payload["text"]["text"]} for name in names]}


def _routes(names: tuple[str, ...], payload: Payload, results: Results) -> Reply:
    value = _to(names, payload) if names else _specialists(payload, results)[0]
    return Reply(value, 1.0, "the commonest answer")


def template_draft(task: WritingTask) -> Draft:
    """The sequence anybody could write: the same mail each time, with the company's name and one line."""
    line = task.lines[0] if task.lines else None
    offer = f"{task.sender_company} {line.wordings[0]}." if line else ""
    body = (
        f"Hello {task.reader.first_name},\n\nI hope this finds you well. {offer} Companies like "
        f"{task.reader.company} save a lot of time with us.\n\nDo you have time for a call?\n\n"
        "Kind regards,\n"
        f"{task.sender}\n{task.sender_company}\n\nWrite stop and I won't write again."
    )
    claims = (Claim(span=line.wordings[0], source=line.id),) if line else ()
    waits = [plan.wait_days for plan in task.play.mails]
    subject = f"{task.reader.company} and {task.sender_company}"
    return Draft(mails=tuple(Mail(subject=subject, body=body, wait_days=w, claims=claims) for w in waits))


def _drafts(payload: Payload, results: Results) -> list[Value]:
    task = WritingTask.model_validate(payload)
    plain = template_draft(task)
    first = Mail(subject=plain.mails[0].subject, body=plain.mails[0].body, wait_days=0)
    same = [Draft(mails=(first,) * n) for n in range(1, 1 + len(plain.mails))]
    return [draft.model_dump(mode="json") for draft in (plain, *same)]


def _points(payload: Payload, results: Results) -> list[Value]:
    names = [criterion["name"] for criterion in payload["criteria"]]
    return [
        {"scores": [{"criterion": name, "points": points, "reason": "as it is"} for name in names]}
        for points in (100, 50, 0)
    ]


def _asks_back(payload: Payload, results: Results) -> list[Value]:
    """Refusing, and asking back: what can be said of a plan without reading the question."""
    return [{"refused": "The plan can't say."}, {"needs": "Which one do you mean?"}]


SPACES: dict[str, Space] = {
    "prospect_researcher": _facts,
    "outreach_writer": _drafts,
    "draft_judge": _points,
    "enrichment_matcher": _profiles,
    "lead_router": _owners,
    "territory_matcher": _territories,
    "discovery_analyst": _findings,
    "orchestrator": _specialists,
    "planner": _asks_back,
    "config_author": _changes,
}


# --- policies -------------------------------------------------------------------------------------
def _nth(specialist: str, n: int, payload: Payload, results: Results) -> Reply:
    answers = SPACES[specialist](payload, results)
    return Reply(answers[min(n, len(answers) - 1)], 1.0, "always the same")


def _by_length(specialist: str, payload: Payload, results: Results) -> Reply:
    answers = SPACES[specialist](payload, results)
    return Reply(answers[len(canonical(payload)) % len(answers)], 1.0, "by the length alone")


def _always(specialist: str, value: Value, payload: Payload, results: Results) -> Reply:
    answers = SPACES[specialist](payload, results)
    return Reply(value if value in answers else answers[0], 1.0, "the commonest answer")


def _copied(specialist: str, payload: Payload, results: Results) -> Reply:
    """What stands in the prompt, handed back: whole documents, every line, the person's own words."""
    words = canonical(payload).decode()
    if specialist in CHOOSERS:
        value: Value = {"choice": words}
    elif specialist == "prospect_researcher":
        value = _quoting(payload, _documents(results), KINDS[0], str)
    elif specialist == "discovery_analyst":
        value = {"findings": [f for one in SPACES[specialist](payload, ()) for f in one.get("findings", ())]}
    elif specialist == "orchestrator":
        value = {**_to([offer["name"] for offer in payload["specialists"]][:3], payload), "why": words}
    elif specialist == "config_author":
        value = {"choice": words}
    elif specialist == "outreach_writer":
        mails = [{"subject": p["goal"], "body": words, "wait_days": p["wait_days"]}
                 for p in payload["play"]["mails"]]  # fmt: skip
        value = {"mails": mails}
    elif specialist == "planner":
        value = {"text": payload["text"]["text"]}
    else:
        value = {"scores": [{"criterion": words, "points": 100, "reason": words}]}
    return Reply(value, 1.0, "copied")


def policy_of(make: Callable[..., Reply], specialists: Iterable[str], *given: Any) -> dict[str, Policy]:
    """Specialist → the policy."""
    return {name: cast("Policy", partial(make, name, *given)) for name in specialists}


def commonest(cases: Iterable[Case]) -> dict[str, Policy]:
    """Specialist → the policy that always gives the answer that is most often right in these cases."""
    answers: dict[str, Counter[tuple[str, ...]]] = {}
    for case in cases:
        target = case.target
        names = target.get("specialists", (target["choice"],) if "choice" in target else ())
        answers.setdefault(case.specialist, Counter())[tuple(names)] += 1
    return {name: _commonest(name, counts.most_common(1)[0][0]) for name, counts in answers.items()}


def _commonest(specialist: str, answer: tuple[str, ...]) -> Policy:
    if specialist == "orchestrator":
        return cast("Policy", partial(_routes, answer))
    if specialist in CHOOSERS:
        value: Value = {"choice": answer[0]} | ({} if specialist == "enrichment_matcher" else {"cited": []})
    else:
        return cast("Policy", partial(_nth, specialist, 0))
    return cast("Policy", partial(_always, specialist, value))


def floors(train: Iterable[Case]) -> dict[str, dict[str, Policy]]:
    """Name → the trivial policies a score has to beat; the best of them is a task's floor.

    Args:
        train: cases of other seeds, on which the commonest answer is counted.
    """
    constants = {name: policy_of(_nth, SPACES, n) for n, name in enumerate(CONSTANTS)}
    return {"commonest answer": {**policy_of(_nth, SPACES, 0), **commonest(train)}, **constants}


def cheats() -> dict[str, dict[str, Policy]]:
    """Name → solvers that understand nothing and hope that the scorer doesn't either."""
    return {
        "constant answer": policy_of(_nth, SPACES, len(CONSTANTS)),
        "length only": policy_of(_by_length, SPACES),
        "copies the prompt": policy_of(_copied, SPACES),
    }
