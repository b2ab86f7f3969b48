"""The embedded policy of the prospect researcher: reads documents and the row, sentence by sentence."""

import re
from datetime import date
from typing import Any

from agent.embedded.identity import another
from agent.embedded.reading import read_sentence
from agent.spec import Reply, ToolCall, ToolResult
from loops.engage.draft import sentences
from loops.engage.facts import ORDER, Dismissed, Fact, FactKind, Research, ResearchTask, RowCell, Source
from loops.engage.naming import name_words
from loops.records import Document
from tools.results import items

_RUMOUR = re.compile(
    r"\b(rumou?r\w*|reportedly|allegedly|is said to|are said to|sources (?:say|said|close)|people "
    r"familiar|speculat\w+|"
    r"may (?:be|soon|raise|open|hire|launch|leave|replace)|might|could (?:soon|be|raise|open)|is "
    r"considering|are considering|"
    r"in talks|considers|weighs|weighing|hopes to|would like to|denie[sd]|deny|unconfirmed|has no plans|"
    r"no decision|"
    r"whisper\w*|gossip|it is unclear|not confirmed|hearsay)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?i:in|since|back in|during|of|until|by)\s(?:[A-Z][a-z]+ )?((?:19|20)\d\d)\b")
_LONG_AGO = re.compile(
    r"\b(years ago|last year|a decade ago|at the time|was founded|historically)\b", re.IGNORECASE
)
_IT = re.compile(
    r"^(?:The (?:company|firm|group|business|maker|retailer|provider|team|start-?up)|It|They|Its)\b"
)
_NEED = re.compile(
    r"\b(need(?:s|ed|ing)? (?:to|a|an|help)|looking for|want(?:s|ing)? to|replac\w+|struggl\w+|problem|"
    r"too slow|"
    r"painful|fix|no longer|switch\w*|outgrown|lacks?)\b",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"\b(compar\w+|evaluat\w+|short-?list\w*|vendors?|rfp|tender|pilot\w*|trial|shop\w* around)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:before|by|until|in|from)\s(?:the )?(?:renewal|January|February|March|April|May|June|July|August|"
    r"September|October|November|December|Q[1-4]|next (?:quarter|year|month)|year[- ]end|planning)\b"
)
_SOURCES: dict[str, FactKind] = {
    "demo_request": "request",
    "contact_form": "request",
    "referral": "request",
    "event": "event",
    "webinar": "event",
    "content_download": "content",
}
_RANK = (
    "funding",
    "executive_change",
    "competitor_churn",
    "expansion",
    "product_launch",
    "hiring",
    "need",
    "evaluation",
    "timing",
    "request",
    "event",
    "content",
)


def prospect_researcher(
    payload: dict[str, Any], results: tuple[ToolResult, ...]
) -> tuple[ToolCall, ...] | Reply:
    """The tools to call first; then the facts found, with what was read and passed over."""
    task = ResearchTask.model_validate(payload)
    calls = _calls(task)
    if calls and not results:
        return calls
    documents = _documents(results)
    reading = _Reading(task)
    for document in documents:
        reading.read(document)
    for cell in task.row:
        reading.cell(cell)
    return Reply(
        reading.research(len(documents)).model_dump(mode="json"),
        why=f"{len(documents)} documents and {len(task.row)} cells read by wording.",
    )


def _calls(task: ResearchTask) -> tuple[ToolCall, ...]:
    calls = [ToolCall("company_documents", {"company": task.company})] if task.company else []
    return (*calls, ToolCall("search_documents", {"name_key": task.key})) if task.key else tuple(calls)


def _documents(results: tuple[ToolResult, ...]) -> tuple[Document, ...]:
    """Every document the tools gave back, each once, in the order they came."""
    found: dict[str, Document] = {}
    for result in results:
        for item in items(result.value):
            document = Document.model_validate(item)
            found.setdefault(document.id, document)
    return tuple(found.values())


class _Reading:
    """What was found so far."""

    def __init__(self, task: ResearchTask) -> None:
        self.task = task
        self.facts: list[Fact] = []
        self.sources: list[Source] = []
        self.dismissed: list[Dismissed] = []

    def read(self, document: Document) -> None:
        """Take the document's facts, or say why it has none to give."""
        why = self._unfit(document)
        if why:
            self.dismissed.append(Dismissed(source=document.id, why=f"“{document.title}” {why}"))
            return
        before = len(self.facts)
        for sentence in sentences(document.text):
            self._sentence(sentence, document)
        if len(self.facts) > before:
            self.sources.append(
                Source(
                    id=document.id,
                    kind="document",
                    title=document.title,
                    url=document.url,
                    on=document.on,
                    company=document.company,
                )
            )

    def _unfit(self, document: Document) -> str | None:
        task, text = self.task, f"{document.title}\n{document.text}"
        if ORDER.search(text):
            return "gives orders to its reader"
        if not all(word in text.casefold() for word in name_words(task.name)):
            return f"doesn't name {task.name}"
        if why := another(
            text, document.url, document.kind, task.domain, task.city, task.region, task.country
        ):
            return why
        if document.company != task.company and not (task.domain and task.domain in f"{text} {document.url}"):
            return "may be about another company of that name"
        return self._unfit_date(document.on)

    def _unfit_date(self, on: date | None) -> str | None:
        if on is None:
            return "has no date"
        age = (self.task.today - on).days
        if age < 0:
            return "is dated after today"
        return f"is {age} days old" if age > self.task.max_age_days else None

    def _sentence(self, sentence: str, document: Document) -> None:
        task = self.task
        named = all(word in sentence.casefold() for word in name_words(task.name))
        titled = all(word in document.title.casefold() for word in name_words(task.name))
        if not named and not (titled and _IT.match(sentence)):
            return
        read = read_sentence(sentence, task.name)
        if read is None:
            return
        if why := self._doubt(sentence, document):
            self.dismissed.append(Dismissed(source=document.id, why=f"“{document.title}” {why}"))
            return
        self._add(read[0], sentence, document.id, read[1])

    def _doubt(self, sentence: str, document: Document) -> str | None:
        if _RUMOUR.search(sentence):
            return "reports a rumour"
        years = [int(year) for year in _PAST.findall(sentence)]
        published = document.on.year if document.on else self.task.today.year
        if (years and max(years) < published - 1) or _LONG_AGO.search(sentence):
            return "tells of something long past"
        return None

    def _add(self, kind: FactKind, snippet: str, source: str, details: dict[str, str]) -> None:
        if any(fact.kind == kind and set(fact.details.items()) & set(details.items()) for fact in self.facts):
            return
        self.facts.append(
            Fact(
                id=f"F{len(self.facts) + 1}",
                kind=kind,
                snippet=snippet,
                source=source,
                company=self.task.key,
                details=details,
            )
        )

    def cell(self, cell: RowCell) -> None:
        """Take what a cell of the row says about what they want, or why it says nothing to write about."""
        text, kind = cell.words.text.strip(), self._kind_of(cell)
        if ORDER.search(text):
            self.dismissed.append(
                Dismissed(source=cell.where, why="the lead's message gives orders; it isn't a fact")
            )
        elif kind is None or (self.task.today - cell.on).days > self.task.max_age_days:
            self.dismissed.append(
                Dismissed(source=cell.where, why=f"“{text}” says nothing that a mail could rest on")
            )
        else:
            source = Source(
                id=f"R-{cell.field}",
                kind="row",
                title=f"their own row, {cell.field}",
                url=cell.where,
                on=cell.on,
            )
            self.sources.append(source)
            self._add(kind, text, source.id, {"words": text})

    def _kind_of(self, cell: RowCell) -> FactKind | None:
        if cell.field == "source":
            return _SOURCES.get(cell.words.text)
        if cell.field != "message":
            return None
        text = cell.words.text
        if _COMPARE.search(text):
            return "evaluation"
        return "need" if _NEED.search(text) else "timing" if _WHEN.search(text) else None

    def research(self, documents: int) -> Research:
        """Everything found, the most telling first."""
        task = self.task
        searched = (
            [f"{documents} documents under the profile {task.company} and the name {task.key}"]
            if task.company
            else [f"{documents} documents under the name {task.key}"]
            if task.key
            else []
        )
        columns = ", ".join(cell.where.rpartition("column ")[2] for cell in task.row)
        row = (
            [f"the lead's own row ({columns})"]
            if columns
            else ["the lead's own row, which says nothing more"]
        )
        found = sorted(self.facts, key=lambda fact: _RANK.index(fact.kind))
        renamed = tuple(fact.model_copy(update={"id": f"F{place + 1}"}) for place, fact in enumerate(found))
        return Research(
            facts=renamed,
            sources=tuple(self.sources),
            searched=(*searched, *row),
            dismissed=tuple(self.dismissed),
        )
