"""Which of the analyst's findings stand: each needs its words in its line, by somebody who may say so."""

import re
from dataclasses import dataclass, replace

from loops.decision import Reason
from loops.engage.discovery.contact import request, request_in
from loops.engage.discovery.framework import DiscoveryConfig
from loops.engage.discovery.tasks import Concern, Discovery, DiscoveryTask, Finding, Line, Question
from loops.engage.facts import ORDER

TO_A_MACHINE = re.compile(
    r"\b(bots?|robots?|assistants?|ai|note-?takers?|transcripts?|crm|system|software|tools?)\b.{0,40}"
    r"\b(to )?(mark|set|flag|log|record|score|qualify|approve|confirm|move)\b.{0,40}"
    r"\b(won|lost|qualified|disqualified|covered|confirmed|closed|approved|opportunity|stage)\b"
    r"|\b(mark|set|flag|log|record|score|move|confirm|qualify) "
    r"(this|us|it|me|the (deal|lead|call|account|opportunity)|everything|all)\b.{0,30}"
    r"\b(won|lost|qualified|disqualified|covered|confirmed|closed|approved|hot|as)\b",
    re.IGNORECASE,
)
"""Wording that tells whoever keeps the record what to write: it is nothing the customer knows or wants."""

_MARKS = str.maketrans("‘’“”", "''\"\"")


@dataclass(frozen=True)
class Checked:
    """What is left of the analyst's reply, and why the rest isn't used."""

    findings: dict[str, Finding]
    # by dimension, the best of each
    concerns: tuple[Concern, ...]
    questions: dict[str, str]
    # by dimension
    dropped: tuple[Reason, ...]
    # the code is the dimension or reason it was about
    unread: str = ""
    # why the analyst didn't read the call; "" where it did


def plain(text: str) -> str:
    """The text with single spaces and typewriter's quotation marks: models and recorders differ in both."""
    return " ".join(text.translate(_MARKS).split())


def orders(text: str) -> bool:
    """Whether a text tells its reader, or who keeps the record, what to do."""
    return bool(ORDER.search(text) or TO_A_MACHINE.search(text))


def checked(reply: Discovery, task: DiscoveryTask, config: DiscoveryConfig) -> Checked:
    """The findings, concerns and questions that stand."""
    lines = {line.n: line for line in task.lines}
    kept: dict[str, Finding] = {}
    dropped: list[Reason] = []
    for finding in reply.findings:
        if why := _fault(finding, lines.get(finding.line), task, config):
            dropped.append(Reason(code=finding.dimension, text=f"“{finding.quote}” {why}."))
            continue
        sure = _by_sureness(finding, lines[finding.line].side == "unknown", config)
        best = kept.get(finding.dimension)
        if sure and (best is None or _rank(sure) > _rank(best)):
            kept[finding.dimension] = sure
    concerns: list[Concern] = []
    for concern in reply.concerns:
        why = _concern_fault(concern, lines.get(concern.line), task, config)
        if why:
            dropped.append(Reason(code=concern.reason, text=f"“{concern.quote}” {why}."))
        else:
            concerns.append(concern)
    return Checked(kept, tuple(concerns), _questions(reply.questions, task), tuple(dropped))


def heeding(found: Checked, task: DiscoveryTask, config: DiscoveryConfig) -> Checked:
    """The same with a request not to be contacted in front, whether or not the analyst pointed it out."""
    said = request_in(task.lines)
    if said is None:
        return found
    quote, line = said
    request = Concern(reason=config.no_contact.name, quote=quote, line=line)
    rest = tuple(concern for concern in found.concerns if concern.reason != request.reason)
    return replace(found, concerns=(request, *rest))


def _rank(finding: Finding) -> tuple[bool, float]:
    return finding.state == "covered", finding.confidence


def _by_sureness(finding: Finding, nobody_s: bool, config: DiscoveryConfig) -> Finding | None:
    if finding.confidence < config.sure.partly:
        return None
    partly = nobody_s or finding.confidence < config.sure.covered
    return finding.model_copy(update={"state": "partly"}) if partly else finding


def _fault(finding: Finding, line: Line | None, task: DiscoveryTask, config: DiscoveryConfig) -> str | None:
    dimension = task.framework.dimension(finding.dimension)
    if dimension is None:
        return f"is about {finding.dimension}, which {task.framework.name} hasn't"
    if dimension.theirs and line is not None and line.side == "ours":
        return "was said by one of us; only the customer's words show it"
    if request(finding.quote):
        return "asks us not to contact them; it shows nothing of the deal"
    return _words_fault(finding.quote, finding.line, line, config)


def _concern_fault(
    concern: Concern, line: Line | None, task: DiscoveryTask, config: DiscoveryConfig
) -> str | None:
    if concern.reason not in {reason.name for reason in task.reasons}:
        return f"is about {concern.reason}, which is no reason here"
    if line is not None and line.side == "ours":
        return "was said by one of us"
    return _words_fault(concern.quote, concern.line, line, config)


def _words_fault(quote: str, n: int, line: Line | None, config: DiscoveryConfig) -> str | None:
    if line is None:
        return f"is said to stand in line {n}, and the call has no such line"
    if not _stands(quote, line.words.text):
        return f"doesn't stand in line {n}"
    if len(quote.split()) < min(config.min_quote_words, len(line.words.text.split())):
        return "is too short to show anything"
    return "tells somebody what to write down; it is no statement" if orders(line.words.text) else None


def _stands(quote: str, words: str) -> bool:
    """Whether the quotation stands there word for word; spaces and the form of quotation marks apart."""
    said, whole = plain(quote), plain(words)
    return bool(said) and bool(re.search(rf"(?<!\w){re.escape(said)}(?!\w)", whole))


def _questions(asked: tuple[Question, ...], task: DiscoveryTask) -> dict[str, str]:
    """The analyst's first usable question for each dimension."""
    usable: dict[str, str] = {}
    for question in asked:
        text = " ".join(question.text.split())
        if task.framework.dimension(question.dimension) and text.endswith("?") and not orders(text):
            usable.setdefault(question.dimension, text)
    return usable
