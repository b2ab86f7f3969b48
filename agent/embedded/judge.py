"""The embedded policy of the draft judge: relevance and tone by what the words are about, not by taste."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from agent.spec import Reply, ToolCall, ToolResult
from loops.engage.criteria import phrases
from loops.engage.draft import Mail, message, message_sentences
from loops.engage.tasks import Grades, GradingTask, Score
from tools.yaml_text import read as parse

_FULL = 100
Fault = tuple[str, str, str]
"""Kind of fault, what is wrong, the words."""


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, Any]]:
    text = files("agent.embedded").joinpath("judging.yaml").read_text(encoding="utf-8")
    return cast(dict[str, dict[str, Any]], parse(text, "judging.yaml")[0])


def draft_judge(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """One score for each criterion asked about: the weakest mail's, with the words it is about."""
    task = GradingTask.model_validate(payload)
    scores = tuple(_weakest(criterion.name, task) for criterion in task.criteria)
    return Reply(Grades(scores=scores).model_dump(mode="json"), why="Graded by wording.")


def _weakest(criterion: str, task: GradingTask) -> Score:
    find = _tone if criterion == "tone" else _relevance
    good = (
        "Reads like one person writing to another."
        if criterion == "tone"
        else "Each mail starts from a fact of theirs and stays with what it means for their work."
    )
    each = [
        _score(criterion, index, find(mail, index, task), good) for index, mail in enumerate(task.draft.mails)
    ]
    return min(each, key=lambda score: score.points)


def _score(criterion: str, index: int, faults: list[Fault], good: str) -> Score:
    costs = cast(dict[str, int], _lists()[criterion]["marks"])
    said = f"E-mail {index + 1}: {'; '.join(text for _, text, _ in faults)}." if faults else good
    return Score(
        criterion=criterion,
        points=max(0, _FULL - sum(costs[kind] for kind, _, _ in faults)),
        reason=said,
        span=faults[0][2] if faults else "",
        mail=index,
    )


def _tone(mail: Mail, index: int, task: GradingTask) -> list[Fault]:
    text = f"{mail.subject}\n" + "\n".join(message(mail.body))
    faults: list[Fault] = []
    for kind in ("hype", "pressure", "flattery", "guilt", "slang", "condescension"):
        listed = tuple(cast(list[str], _lists()["tone"][kind]))
        faults.extend(
            (kind, f"its wording is {kind}", found.group()) for found in phrases(listed).finditer(text)
        )
    if "!" in text:
        faults.append(("exclamation", "it exclaims", "!"))
    return faults


def _relevance(mail: Mail, index: int, task: GradingTask) -> list[Fault]:
    """Faults: it doesn't start from its fact, offers nothing for it, or strays from the topic."""
    facts = {fact.id for fact in task.facts}
    found = message_sentences(mail)
    spans = [claim.span for claim in mail.claims]
    about = [claim.span for claim in mail.claims if claim.source in facts]
    faults: list[Fault] = []
    topics = phrases(tuple(cast(list[str], _lists()["relevance"]["topics"])))
    own = [claim.span for claim in mail.claims if claim.source not in facts]
    if own and about and mail.body.find(own[0]) < mail.body.find(about[0]):
        faults.append(("unrelated_fact", "it talks of us before it talks of them", own[0]))
    offered = [sentence for sentence in found if any(span in sentence for span in own)]
    if not offered:
        faults.append(
            ("no_link", "nothing in it says how we could help with that", found[0] if found else "")
        )
    known = [*spans, task.reader.company, *(part for fact in task.facts for part in fact.details.values())]
    for sentence in found[1:]:
        anchored = "?" in sentence or any(part in sentence for part in known)
        if not anchored and not topics.search(re.sub(r"\byour (team|role)\b", "", sentence)):
            faults.append(("off_topic", "a sentence has nothing to do with the reason to write", sentence))
    return faults
