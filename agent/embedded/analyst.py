"""The embedded policy of the discovery analyst: pairs questions with answers and listens for wordings."""

from dataclasses import dataclass
from typing import Any

from agent.embedded.listening import (
    Topic,
    every_topic,
    joined,
    listed,
    lists,
    questions,
    sentences,
    topic_of,
)
from agent.spec import Reply, ToolCall, ToolResult
from loops.engage.discovery.contact import request
from loops.engage.discovery.findings import orders
from loops.engage.discovery.tasks import (
    Concern,
    Discovery,
    DiscoveryTask,
    Finding,
    Line,
    Question,
)

_WHOLE = 100


@dataclass(frozen=True)
class _Turn:
    """A customer's line with the question it follows."""

    line: Line
    asked: str
    # what was asked last; "" where nothing was
    place: int
    # how many customer's lines came between: 0 for the one that answers


@dataclass(frozen=True)
class _Heard:
    """What a turn says of a topic."""

    points: int
    # hundredths of confidence
    partly: bool
    quote: str
    line: int


def discovery_analyst(
    payload: dict[str, Any], results: tuple[ToolResult, ...]
) -> tuple[ToolCall, ...] | Reply:
    """The best words for each dimension, words against the deal, and a question for what is still open."""
    task = DiscoveryTask.model_validate(payload)
    topics = {dimension.name: topic_of(dimension) for dimension in task.framework.dimensions}
    turns = _turns(task.lines)
    heard = {name: _best(name, topics, turns) for name in topics}
    findings = tuple(
        Finding(
            dimension=name,
            state="partly" if found.partly else "covered",
            quote=found.quote,
            line=found.line,
            confidence=found.points / _WHOLE,
        )
        for name, found in heard.items()
        if found
    )
    reply = Discovery(
        findings=findings, concerns=_concerns(task, turns), questions=_questions(task, topics, findings)
    )
    return Reply(reply.model_dump(mode="json"), why=f"{len(turns)} of the customer's lines read by wording.")


def _turns(lines: tuple[Line, ...]) -> list[_Turn]:
    """The customer's lines, each with what was asked before it; lines that give orders left out."""
    turns: list[_Turn] = []
    asked, place, before = "", 0, "theirs"
    for line in lines:
        if line.side == "ours":
            text = questions(line.words.text)
            asked, place = (f"{asked} {text}" if before == "ours" else text), 0
        elif not orders(line.words.text):
            turns.append(_Turn(line, asked, place))
            place += 1
        before = line.side
    return turns


def _best(name: str, topics: dict[str, Topic], turns: list[_Turn]) -> _Heard | None:
    found = [heard for turn in turns if (heard := _heard(name, topics, turn))]
    return max(found, key=lambda heard: (heard.points, -heard.line), default=None)


def _heard(name: str, topics: dict[str, Topic], turn: _Turn) -> _Heard | None:
    """What one turn says of a topic; None where it says nothing."""
    text, topic = turn.line.words.text, topics[name]
    spans = [(s, e) for s, e in sentences(text) if not text[s:e].rstrip().endswith("?")]
    spans = [(s, e) for s, e in spans if not request(text[s:e])]
    asked = bool(topic.asked.search(turn.asked)) or (topic.opening and _opens(turn.asked))
    said = [span for span in spans if topic.said.search(text[span[0] : span[1]])]
    hinted = [span for span in _serious(text, spans) if topic.hints.search(text[span[0] : span[1]])]
    if said:
        points = _said_points(asked, turn)
    elif asked and (hinted or _substance(text, spans)):
        points = _asked_points(name, topics, turn, bool(hinted))
    else:
        return None
    quote = _quote(text, said or spans)
    return _doubted(points, quote, turn.line.n, bool(said))


def _opens(question: str) -> bool:
    """Whether it asks how things are: open, and about no topic of its own."""
    about = any(topic.asked.search(question) for topic in every_topic())
    return not about and bool(listed("open_question").search(question))


def _said_points(asked: bool, turn: _Turn) -> int:
    """Surest right after the question; unsure in an answer to a question about something else."""
    marks = lists()["marks"]
    if asked:
        return marks["said_by_another" if turn.place else "said_and_asked"]
    return marks["said" if turn.place or not turn.asked.endswith("?") else "said_elsewhere"]


def _asked_points(name: str, topics: dict[str, Topic], turn: _Turn, hinted: bool) -> int:
    marks = lists()["marks"]
    if turn.place:
        return marks["asked_of_another"]
    elsewhere = any(
        other.said.search(turn.line.words.text) and other.asked.search(turn.asked)
        for key, other in topics.items()
        if key != name
    )
    return marks["other_topic"] if elsewhere else marks["hint_and_asked"] if hinted else marks["asked"]


def _substance(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether it says enough to be an answer, and isn't small talk alone."""
    words = sum(len(text[start:end].split()) for start, end in _serious(text, spans))
    return words >= lists()["marks"]["spare_words"]


def _serious(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(start, end) for start, end in spans if not listed("small_talk").search(text[start:end])]


def _quote(text: str, spans: list[tuple[int, int]]) -> str:
    """The first sentence that counts, with those right behind it while it stays short."""
    start, end = spans[0]
    for _, later in spans[1:]:
        if len(text[start:later].split()) > lists()["marks"]["most_words"]:
            break
        end = later
    return text[start:end].strip()


def _doubted(points: int, quote: str, line: int, said: bool) -> _Heard | None:
    marks = lists()["marks"]
    if listed("unknown").search(quote):
        return None
    partly = False
    if listed("hedged").search(quote):
        points -= marks["hedged"]
    if not said and listed("negative").search(quote):
        points, partly = min(points, marks["negative"]), True
    return _Heard(points, partly, quote, line)


def _concerns(task: DiscoveryTask, turns: list[_Turn]) -> tuple[Concern, ...]:
    """The first words of the customer's for each reason to give up."""
    found: list[Concern] = []
    for reason in task.reasons:
        patterns = lists()["concerns"].get(reason.name)
        spans = _first(joined(patterns), turns) if patterns else None
        if spans:
            found.append(Concern(reason=reason.name, quote=spans[0], line=spans[1]))
    return tuple(found)


def _first(pattern: Any, turns: list[_Turn]) -> tuple[str, int] | None:
    for turn in turns:
        text = turn.line.words.text
        for start, end in sentences(text):
            if pattern.search(text[start:end]) and not text[start:end].endswith("?"):
                return text[start:end], turn.line.n
    return None


def _questions(
    task: DiscoveryTask, topics: dict[str, Topic], findings: tuple[Finding, ...]
) -> tuple[Question, ...]:
    """One for each open dimension: in the framework's words, in others where those were asked already."""
    covered = {f.dimension for f in findings if f.state == "covered"}
    covered |= {known.dimension for known in task.earlier if known.state == "covered"}
    asked = " ".join(questions(line.words.text) for line in task.lines if line.side == "ours")
    return tuple(
        Question(
            dimension=dimension.name,
            text=dimension.follow_up[-1 if topics[dimension.name].asked.search(asked) else 0],
        )
        for dimension in task.framework.dimensions
        if dimension.name not in covered
    )
