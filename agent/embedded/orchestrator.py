"""The embedded policy of the orchestrator: whose word lists a message speaks to, part by part."""

import re
from collections.abc import Iterator
from typing import Any, cast

from agent.chat import MOST_PARTS, Part, Routing
from agent.embedded.cues import cue, first_of, lists, plain, points
from agent.embedded.examples import resembles
from agent.embedded.parts import Piece, ellipsis, names, pieces
from agent.spec import Reply, ToolCall, ToolResult

_POLITE = re.compile(
    r"^(?:(?:please|hey|hi|ok|now|and|just|then|can you|could you|would you|will you|go ahead and)[,!]? )+"
)
PLANNER = "planner"
_NEAR = ("territory_matcher", "coach")
"""Who is asked about the same things: territories and people."""
_SHORT = 6
"""Words of a message that can be an answer to what was asked back, or go on with what was said."""
_LONG = 3
"""Words from which a piece that nobody answers is a question of its own."""


def orchestrator(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """Who answers which part of a message, in its order, and what is said of the parts nobody answers."""
    return Desk(payload).reply()


class Desk:
    """A message on its way to those who can answer it."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.words = str(payload["text"]["text"])
        self.text = plain(self.words)
        self.offers = {str(offer["name"]): str(offer["says"]) for offer in payload["specialists"]}
        self.history: list[dict[str, Any]] = list(payload.get("history", ()))
        self.parts: list[Part] = []
        self.taken: list[Piece] = []
        # where each part stands in the message
        self.left: list[str] = []

    def reply(self) -> Reply:
        """The routing."""
        given = lists("orchestrator.yaml")
        if self.text.strip(" ?!.") in given["help"]:
            return self._routing("\n".join(f"{_spoken(name)}: {says}" for name, says in self.offers.items()))
        if name := self._answers_back():
            self.parts = [Part(specialist=name, question=self.words)]
            return self._routing()
        if self._of_plan():
            self.parts = [Part(specialist=PLANNER, question=self.words)]
            return self._routing()
        self._cut()
        if not self.parts and not self.left:
            self._whole()
        if self.parts or self.left:
            return self._routing(" ".join(dict.fromkeys(self.left)))
        small = _found("small_talk", self.text)
        return self._routing(small or str(given["fallback"]))

    def _of_plan(self) -> bool:
        """Whether the whole is a question about the plan: it hangs together, and can sound like an order."""
        if PLANNER not in self.offers or _found("small_talk", self.text):
            return False
        cues = lists("orchestrator.yaml")["cues"]
        told = {name: points(cues[name], self.text) for name in self.offers if name in cues}
        own = told.get(PLANNER, 0)
        rest = max((n for name, n in told.items() if name not in {PLANNER, *_NEAR}), default=0)
        before = self.history[-1] if self.history else {}
        onward = first_of(lists("orchestrator.yaml")["goes_on"], self.text) is not None
        goes_on = bool(before.get("inquiry")) and onward
        least = 0 if goes_on else lists("orchestrator.yaml")["enough"] + 1
        near = max((told.get(name, 0) for name in _NEAR), default=0)
        return own >= least and (rest * 2 < own or (goes_on and rest <= own)) and (own >= near or goes_on)

    # --- parts ------------------------------------------------------------------------------------
    def _cut(self) -> None:
        """Sort the message's pieces; one that says nothing of its own belongs to the part before it."""
        waits: Piece | None = None
        for piece in pieces(self.words):
            text = plain(piece.text)
            if said := _elsewhere(text):
                self.left.append(said)
            elif name := _best(text, self.offers):
                self._add(name, waits.to(piece) if waits else piece)
                waits = None
            elif not self.parts:
                waits = waits.to(piece) if waits else piece
            elif alike := ellipsis(self.parts[-1].question, piece.text):
                self._put(self.parts[-1].specialist, alike, piece)
            elif _asks(piece.text):
                self._unclear(piece)
            else:
                self._longer(piece)

    def _add(self, name: str, piece: Piece) -> None:
        last = self.parts[-1].specialist if self.parts else ""
        if last == name and not any(names(piece.text)):
            self._longer(piece)
        else:
            self._put(name, piece.text, piece)

    def _put(self, name: str, question: str, piece: Piece) -> None:
        if len(self.parts) == MOST_PARTS:
            self.left.append(str(lists("orchestrator.yaml")["too_many"]))
            return
        self.parts.append(Part(specialist=name, question=question))
        self.taken.append(piece)

    def _longer(self, piece: Piece) -> None:
        """The last part goes on to the end of this piece."""
        last, taken = self.parts[-1], self.taken[-1]
        whole = last.question == taken.text and not self.left
        question = taken.to(piece).text if whole else f"{last.question} {piece.text}"
        self.parts[-1] = Part(specialist=last.specialist, question=question)
        self.taken[-1] = taken.to(piece) if whole else taken

    def _unclear(self, piece: Piece) -> None:
        name, said = resembles(piece.text), piece.text.rstrip(" .?!")
        if name in self.offers:
            self._add(name, piece)
        elif not set('“”"«»') & set(said):
            self.left.append(str(lists("orchestrator.yaml")["unclear"]).replace("$PIECE", said))

    def _whole(self) -> None:
        """Where no piece speaks to anybody: the whole, what it goes on with, or the examples it resembles."""
        name = _best(self.text, self.offers)
        if not name and not _found("small_talk", self.text):
            short = len(self.text.split()) <= _SHORT
            alike = resembles(self.words)
            name = (self._last() if short else None) or (alike if alike in self.offers else self._last())
        if name:
            self.parts = [Part(specialist=name, question=self.words)]

    # --- what was said before ---------------------------------------------------------------------
    def _answers_back(self) -> str | None:
        """The specialist who asked which was meant, where the message reads like an answer."""
        before = self.history[-1] if self.history else {}
        asked = before.get("asks") and before.get("specialist") in self.offers
        if not asked or len(self.text.split()) > _SHORT or _found("small_talk", self.text):
            return None
        return None if _elsewhere(self.text) or _best(self.text, self.offers) else str(before["specialist"])

    def _last(self) -> str | None:
        """Who spoke last; of a thread that doesn't say, who would answer the person's last words."""
        spoke = [str(line.get("specialist")) for line in self.history if line["who"] == "assistant"]
        told = next((name for name in reversed(spoke) if name in self.offers), None)
        said = [str(line["text"]["text"]) for line in self.history if line["who"] == "person"]
        return told or (_best(plain(said[-1]), self.offers) if said else None)

    def _routing(self, unanswered: str = "") -> Reply:
        named = ", ".join(dict.fromkeys(_spoken(part.specialist).lower() for part in self.parts))
        why = f"its words speak to {named}" if named else "nobody's words are in it"
        routing = Routing(parts=tuple(self.parts), why=why, unanswered=unanswered)
        return Reply(routing.model_dump(mode="json"), why=why)


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _asks(piece: str) -> bool:
    """Whether the piece is a question by itself."""
    words = plain(piece).split()
    return len(words) >= _LONG and words[0] in lists("orchestrator.yaml")["begins"]


def _best(text: str, offered: "dict[str, str]") -> str | None:
    """The specialist with the most points, ties to the one whose cue stands first; None below enough."""
    given = lists("orchestrator.yaml")
    ranked = sorted(
        (-points(cues, text), _first(cues, text), name)
        for name, cues in given["cues"].items()
        if name in offered
    )
    return ranked[0][2] if ranked and -ranked[0][0] >= given["enough"] else None


def _first(cues: dict[Any, list[str]], text: str) -> int:
    found = (first_of(listed, text) for listed in cues.values())
    return min((at for at in found if at is not None), default=len(text))


def _elsewhere(text: str) -> str | None:
    """What to say of a piece that is answered by no specialist: an order, the world outside, a command's."""
    return next(_sayings(text), None)


def _sayings(text: str) -> Iterator[str]:
    none = lists("orchestrator.yaml")["none"]
    if _is_order(text):
        yield str(none["act"]["says"])
    for kind in ("outside", *(name for name in none if name not in {"act", "outside", "small_talk"})):
        if said := _found(kind, text):
            yield said


def _found(kind: str, text: str) -> str | None:
    known = cast("dict[str, Any]", lists("orchestrator.yaml")["none"][kind])
    return str(known["says"]) if first_of(known["cues"], text) is not None else None


def _is_order(piece: str) -> bool:
    """Whether the piece orders a change; `send me` and `show` order none."""
    bare = _POLITE.sub("", piece)
    act = lists("orchestrator.yaml")["none"]["act"]
    return any(hit.start() == 0 for order in act["orders"] if (hit := cue(order).search(bare)))
