"""Facts about a prospect, where they stand, and the code that decides which of them may be used."""

import re
from datetime import date
from typing import Literal

from pydantic import Field

from loops.engage.naming import name_words
from loops.ids import CompanyId, LeadId, NameKey
from loops.values import Quoted, Value

FactKind = Literal[
    "funding",
    "executive_change",
    "competitor_churn",
    "expansion",
    "hiring",
    "product_launch",
    "request",
    "event",
    "content",
    "need",
    "evaluation",
    "timing",
]
ROW_KINDS: tuple[FactKind, ...] = ("request", "event", "content", "need", "evaluation", "timing")
"""Kinds that only the lead's own row can tell."""

ORDER = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,60}\b(instructions?|prompts?|rules?|previous|above|"
    r"guidelines)\b"
    r"|\b(you are|act as|behave as)\b.{0,20}\b(ai|assistant|agent|language model|bot)\b"
    r"|\b(system|developer) (prompt|message)\b"
    r"|\b(assign|route|escalate) (me|this|it|us|the (lead|account)|all leads) to\b"
    r"|\b(e-?mail|write to|message|contact) (everybody|everyone|all (your|our|the))\b"
    r"|\b(send|forward) (this|an? e-?mail|all|every|the)\b.{0,60}\bto\b"
    r"|\b(assistants?|agents?|models?|crawlers?|readers? of this page)\b.{0,30}\b(must|should|are to|"
    r"need to)\b"
    r"|\b(do not|don't) (tell|mention|reveal)\b|\bapprove (this|the) (sequence|draft|mail)\b",
    re.IGNORECASE,
)
"""Wording that gives the reader an order: such text is never a fact."""


class Source(Value):
    """Where a fact stands: a document, or one column of one row of the CRM's export."""

    id: str
    kind: Literal["document", "row"]
    title: str
    url: str
    # a document's address; for a row `<file> line <n>, column <heading>`
    on: date | None
    # publication or creation; None: undated, and then its facts can't be used
    company: str | None = None
    # profile id it is indexed under; None where the index doesn't know


class Fact(Value):
    """One dated thing about one company, with the sentence that says it."""

    id: str
    kind: FactKind
    snippet: str
    # verbatim from the source
    source: str
    # a Source's id
    company: str
    # normalised name (the lead's company key) of the company it is about
    details: dict[str, str] = {}
    # role in the sentence → words of the snippet, e.g. round, amount, investor, person, role, place


class Dismissed(Value):
    """Something the researcher read and did not use."""

    source: str
    why: str


class Research(Value):
    """What a researcher hands back."""

    facts: tuple[Fact, ...] = ()
    # the most telling first
    sources: tuple[Source, ...] = ()
    searched: tuple[str, ...] = ()
    # what was looked through, in plain words
    dismissed: tuple[Dismissed, ...] = ()


class RowCell(Value):
    """One cell of the lead's own row."""

    field: str
    where: str
    # `<file> line <n>, column <heading>`
    on: date
    # when the row was created
    words: Quoted


class ResearchTask(Value):
    """What the researcher is asked to look into."""

    lead: LeadId
    company: CompanyId | None
    # the profile's; None where no profile was matched
    name: str
    # the company's name without its legal form
    key: NameKey
    domain: str | None
    city: str | None
    region: str | None
    # ISO 3166-2
    country: str | None
    # ISO 3166-1 alpha-2
    today: date
    max_age_days: int = Field(ge=1)
    row: tuple[RowCell, ...]
    # cells that may say something worth citing; may be empty


def usable(research: Research, task: ResearchTask) -> tuple[tuple[Fact, ...], tuple[Dismissed, ...]]:
    """The facts that may be cited, in the researcher's order, and why each of the others may not."""
    sources = {source.id: source for source in research.sources}
    kept: list[Fact] = []
    refused: list[Dismissed] = []
    for fact in research.facts:
        why = _refusal(fact, sources.get(fact.source), task) or _repeats(fact, kept)
        if why:
            refused.append(Dismissed(source=fact.source, why=why))
        else:
            kept.append(fact)
    return tuple(kept), tuple(refused)


def _refusal(fact: Fact, source: Source | None, task: ResearchTask) -> str | None:
    if source is None:
        return f"{fact.id} names a source that the reply doesn't list"
    if not source.url or not fact.snippet.strip():
        return f"{fact.id} has no address or no quoted words"
    if ORDER.search(fact.snippet):
        return f"{source.id} gives orders to its reader"
    if any(part.casefold() not in fact.snippet.casefold() for part in fact.details.values()):
        return f"{fact.id} has a detail that its own words don't contain"
    return _date_refusal(source, task) or _entity_refusal(fact, source, task)


def _date_refusal(source: Source, task: ResearchTask) -> str | None:
    if source.on is None:
        return f"{source.id} has no date"
    age = (task.today - source.on).days
    if age < 0:
        return f"{source.id} is dated after today"
    return (
        f"{source.id} is {age} days old, more than {task.max_age_days}" if age > task.max_age_days else None
    )


def _entity_refusal(fact: Fact, source: Source, task: ResearchTask) -> str | None:
    if fact.company != task.key:
        return f"{source.id} is about {fact.company or 'no company'}, not {task.key}"
    if source.kind == "row":
        return _row_refusal(fact, source, task)
    if fact.kind in ROW_KINDS:
        return f"{fact.id} can only be said by the lead's own row"
    if source.company is not None and task.company is not None and source.company != task.company:
        return f"{source.id} belongs to another company's profile"
    words = f"{fact.snippet} {source.title}".casefold()
    named = all(word in words for word in name_words(task.name))
    return None if named else f"{source.id} doesn't name {task.name} where it says this"


def _row_refusal(fact: Fact, source: Source, task: ResearchTask) -> str | None:
    cell = next((cell for cell in task.row if cell.where == source.url), None)
    if cell is None or cell.on != source.on:
        return f"{source.id} isn't a cell of this lead's row"
    return None if fact.snippet in cell.words.text else f"{source.id} doesn't say this"


def _repeats(fact: Fact, kept: list[Fact]) -> str | None:
    for other in kept:
        same = set(fact.details.items()) & set(other.details.items())
        if fact.kind == other.kind and (same or fact.snippet == other.snippet):
            return f"{fact.source} repeats {other.source}"
    return None
