"""What a person asks in their own words, where it is sent, and how a specialist answers."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, cast

from pydantic import Field, JsonValue

from agent.numerals import NumeralError, fill, is_error, unbacked
from agent.spec import AgentSpec, Payload, ToolResult
from loops.design.changes import Inquiry
from loops.values import Quoted, Value

MOST_PARTS = 4
"""Parts of one message that are answered: a bound on cost, and on what a person reads."""


class Line(Value):
    """Something said earlier in the conversation."""

    who: Literal["person", "assistant"]
    text: Quoted
    specialist: str = ""
    # who said it; "" for a person
    about: tuple[str, ...] = ()
    # ids and sources that it rested on
    asks: bool = False
    # whether it asked the person which of several is meant
    inquiry: Inquiry | None = None
    # what the planner computed with these words; None: nothing


class Offer(Value):
    """A specialist that a message may be sent to, and what it can be asked."""

    name: str
    says: str


class ToRoute(Value):
    """A person's message, for the orchestrator."""

    text: Quoted
    today: date
    history: tuple[Line, ...] = ()
    # the oldest first; may be empty
    specialists: tuple[Offer, ...] = ()


class Earlier(Value):
    """What a specialist before this one answered in the same turn."""

    specialist: str
    text: str
    # its figures filled in
    cited: tuple[str, ...] = ()


class Question(Value):
    """A person's message, for one specialist."""

    text: Quoted
    # their words, or the part of them that this specialist is to answer
    today: date
    message: Quoted | None = None
    # the whole message; None where `text` is all of it
    history: tuple[Line, ...] = ()
    # the oldest first; may be empty
    earlier: tuple[Earlier, ...] = ()
    # in the order they answered; empty for the first


class Part(Value):
    """One thing that a message asks for, and who answers it."""

    specialist: str
    question: str
    # words of the message, in its order


class Routing(Value):
    """Who answers which part of a message."""

    parts: tuple[Part, ...] = Field(default=(), max_length=MOST_PARTS)
    # in the order they are answered; one specialist may answer several; empty: nobody can
    why: str = ""
    unanswered: str = ""
    # said to the person: what nobody can answer, and what to do instead; "" where all is answered

    @property
    def specialists(self) -> tuple[str, ...]:
        """Who answers, each once, in turn."""
        return tuple(dict.fromkeys(part.specialist for part in self.parts))


class Said(Value):
    """A specialist's answer to a person; each figure in it is a `{fig:path}` until code fills it in."""

    text: str = ""
    cited: tuple[str, ...] = ()
    # ids and sources that it rests on, each out of a tool's result
    needs: str = ""
    # the question asked back, where more than one thing can be meant
    refused: str = ""
    # what can't be answered, and why or what to do instead


def filled(said: Said, question: Payload, results: tuple[ToolResult, ...]) -> Said:
    """The answer with its figures in place of the placeholders.

    Raises:
        NumeralError: a figure has no source.
    """
    asked, today = str(question["text"]["text"]), date.fromisoformat(str(question["today"]))
    parts = {
        name: fill(getattr(said, name), results, question=asked, today=today)
        for name in ("text", "needs", "refused")
    }
    return said.model_copy(update=parts)


def said_faults(value: Any, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """What makes an answer invalid: it says nothing, cites what wasn't read, or makes up a figure."""
    said = cast("Said", value)
    if not (said.text.strip() or said.needs.strip() or said.refused.strip()):
        return ("the answer says nothing: give text, needs or refused",)
    read = {text for result in results if not is_error(result.value) for text in _strings(result.value)}
    read |= {text for earlier in payload.get("earlier", ()) for text in earlier.get("cited", ())}
    strange = [f"{text!r} is cited, but no tool gave it" for text in said.cited if text not in read]
    try:
        filled(said, payload, results)
    except NumeralError as error:
        strange.append(str(error))
    return tuple(strange)


def routing_faults(value: Any, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """What makes a routing invalid: a name nobody has, a part that nobody said, silence, a figure."""
    routing = cast("Routing", value)
    known = {str(offer["name"]) for offer in payload["specialists"]}
    wrong = [f"there is no specialist {name}" for name in routing.specialists if name not in known]
    asked, today = str(payload["text"]["text"]), date.fromisoformat(str(payload["today"]))
    wrong += [
        f"the question for {part.specialist} isn't made of the message's words, in their order"
        for part in routing.parts
        if not _said_in(part.question, asked)
    ]
    if len(set(routing.parts)) < len(routing.parts):
        wrong.append("a part stands there twice")
    if not routing.parts and not routing.unanswered.strip():
        wrong.append("nobody is named: say why in unanswered")
    loose = unbacked(routing.unanswered, asked, today)
    wrong += [f"{word!r} in unanswered: no figure can be backed here" for word in loose]
    return tuple(wrong)


def _said_in(question: str, message: str) -> bool:
    """Whether the question's words stand in the message in that order; others may stand between."""
    left = iter(_words(message))
    words = _words(question)
    return bool(words) and all(word in left for word in words)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’@.&-]*\w", text.casefold())


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _strings(item)


def answers_people(name: str, says: str, *tools: str) -> AgentSpec:
    """The declaration of a specialist as people reach it.

    Args:
        name: the specialist's, the same as for asks.
        says: what people may ask it, in one sentence; the orchestrator routes by it.
        tools: granted by name; they read alone.
    """
    return AgentSpec(
        name=name,
        says=says,
        prompt=f"{name}_chat",
        tools=tools,
        task=Question,
        output=Said,
        faults=said_faults,
        finish=filled,
    )
