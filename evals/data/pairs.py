"""Pairs whose better half is known by construction: a draft, and the same draft with one planted fault."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from agent.embedded import POLICIES
from agent.spec import Reply
from evals.data.outreach import outreach_cases
from loops.engage.config import EngageConfig
from loops.engage.draft import Draft, Mail, message_sentences
from loops.engage.tasks import WritingTask
from tools.yaml_text import read as parse

CLOSING = 3
"""Paragraphs at a mail's end that stay there: the request, the signature, the way out."""


@dataclass(frozen=True)
class Pair:
    """A draft and its spoilt copy, for one reader."""

    id: str
    task: WritingTask
    sound: Draft
    spoilt: Draft
    criterion: str
    # which of the judge's criteria the fault is of


@lru_cache(maxsize=1)
def _defects() -> list[dict[str, str]]:
    text = files("evals.data").joinpath("defects.yaml").read_text(encoding="utf-8")
    return cast("list[dict[str, str]]", parse(text, "defects.yaml")[0])


def pairs(seed: int, n: int, config: EngageConfig) -> tuple[Pair, ...]:
    """`n` pairs: the embedded writer's drafts, the same whatever model is measured; faults in turn."""
    defects = _defects()
    return tuple(
        _pair(case.id, case.payload, defects[number % len(defects)], number)
        for number, case in enumerate(outreach_cases(seed, n, config))
    )


def _pair(id: str, payload: dict[str, Any], defect: dict[str, str], number: int) -> Pair:
    reply = POLICIES["outreach_writer"](payload, ())
    assert isinstance(reply, Reply)
    sound = Draft.model_validate(reply.value)
    place = 0 if defect.get("at") == "opening" else number % len(sound.mails)
    task = WritingTask.model_validate(payload)
    lines = {line.id for line in task.lines}
    mails = [_spoilt(mail, defect, lines) if at == place else mail for at, mail in enumerate(sound.mails)]
    return Pair(id, task, sound, Draft(mails=tuple(mails)), defect["criterion"])


def _spoilt(mail: Mail, defect: dict[str, str], lines: set[str]) -> Mail:
    """The mail with the fault in a sentence's place, or as a paragraph of its own before the request."""
    old = _sentence(mail, defect.get("at", ""), lines)
    if old:
        body = mail.body.replace(old, defect["text"], 1)
    else:
        parts = mail.body.split("\n\n")
        body = "\n\n".join([*parts[:-CLOSING], defect["text"], *parts[-CLOSING:]])
    kept = tuple(claim for claim in mail.claims if claim.span in body)
    return mail.model_copy(update={"body": body, "claims": kept})


def _sentence(mail: Mail, at: str, lines: set[str]) -> str:
    """The sentence that opens the mail, offers something, or asks; "" where it has none, or none is meant."""
    found = message_sentences(mail)
    if at == "opening":
        return found[0]
    if at == "request":
        return found[-1]
    offered = [claim.span for claim in mail.claims if claim.source in lines] if at == "offer" else []
    return next((sentence for sentence in found if any(span in sentence for span in offered)), "")
