"""The embedded policy of every specialist that answers people: find the record, call, and fill in sentences.

What it calls and says stands in chat.yaml. A sentence whose figures aren't there is left out, so that one
table serves whatever the tools gave back.
"""

import re
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any, cast

from pydantic import JsonValue

from agent.chat import Said
from agent.embedded.cues import first_of, lists, plain
from agent.numerals import PLACEHOLDER, NumeralError, figure, look_up
from agent.spec import Policy, Reply, ToolCall, ToolResult

FIND, PLACE = "find_records", "territory_of_place"
_WORDS = 200
"""Characters that a search takes."""
_PLACES = 4
"""Phrases that are tried as places."""
_AFTER = re.compile(
    r"\b(?:in|of|from|cover|covers|covering|is|does|after|would|into)\s+(?:the\s+)?((?:[\w.'-]+\s?){1,3})",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b[A-Z][\w.'-]*(?:,? (?:of |and )?[A-Z][\w.'-]*)*")


class Talk:
    """One specialist's turn with a person's question, as far as it has come."""

    def __init__(self, name: str, payload: dict[str, Any], results: tuple[ToolResult, ...]) -> None:
        self.table: dict[str, Any] = lists("chat.yaml")[name]
        self.results = results
        self.words = str(payload["text"]["text"])
        self.text = plain(self.words)
        said = [line["text"]["text"] for line in payload.get("history", ()) if line["who"] == "person"]
        self.before = str(said[-1]) if said else ""
        self.subjects: list[str] = self.table["subjects"]

    # --- what it is about -------------------------------------------------------------------------
    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of record that a search gives."""
        return [kind for kind in self.subjects if kind not in {"places", "loops"}]

    @cached_property
    def subject(self) -> tuple[str, str]:
        """(kind, path) of what the question is about; ("", "") where nothing was found."""
        if "loops" in self.subjects:
            return ("loops", loop) if (loop := self._loop) else ("", "")
        for kind in self.subjects:
            if kind == "places" and self.place:
                return kind, self.place
            for path in self._found(kind):
                return kind, path
        return "", ""

    @property
    def several(self) -> tuple[str, ...]:
        """The paths of the records that fit, where more than one of the kind does."""
        kind, _ = self.subject
        found = () if kind in {"", "places", "loops"} else tuple(self._found(kind))
        return found if len(found) > 1 else ()

    def _found(self, kind: str) -> Iterator[str]:
        finds = sum(result.name == FIND for result in self.results)
        for nth in range(1, finds + 1):
            path = f"{FIND}@{nth}.{kind}"
            listed = self.value(path)
            if isinstance(listed, list) and listed:
                yield from (f"{path}.{at}" for at in range(len(listed)))
                return

    @cached_property
    def place(self) -> str:
        """The path of the first look-up that found a place; "" where none did."""
        tried = sum(result.name == PLACE for result in self.results)
        paths = [f"{PLACE}@{nth}" for nth in range(1, tried + 1)]
        sure = (path for path in paths if self.value(f"{path}.territory"))
        return next(sure, next((path for path in paths if self.value(f"{path}.country")), ""))

    @cached_property
    def _loop(self) -> str:
        cues: dict[str, list[str]] = lists("chat.yaml")["loop_cues"]
        for text in (self.text, plain(self.before)):
            found = {name: at for name, listed in cues.items() if (at := first_of(listed, text)) is not None}
            named = [name for name in found if re.search(rf"\b{name}\b", text)]
            if found:
                return named[0] if named else min(found, key=lambda name: found[name])
        return ""

    # --- calls ------------------------------------------------------------------------------------
    def calls(self) -> tuple[ToolCall, ...]:
        """What it wants called next; empty when it has all it can get."""
        if (self.kinds or "places" in self.subjects) and not self.results:
            return (*self._finds(self.words), *self._places())
        again = self.kinds and self.before and not self.subject[0] and self.count(FIND) == 1
        if again:
            return self._finds(self.before)
        kind, _ = self.subject
        if self.several:
            return ()
        planned = self.table.get("calls", {}).get(kind, ()) if kind else self.table.get("otherwise", ())
        made = {(result.name, str(result.args)) for result in self.results}
        wanted = [call for plan in planned if (call := self._planned(plan))]
        return tuple(call for call in wanted if (call.name, str(call.args)) not in made)

    def _finds(self, words: str) -> tuple[ToolCall, ...]:
        return (ToolCall(FIND, {"words": words[:_WORDS]}),) if self.kinds else ()

    def _places(self) -> tuple[ToolCall, ...]:
        if "places" not in self.subjects:
            return ()
        after = [hit.group(1).strip(" .?!,") for hit in _AFTER.finditer(self.words)]
        phrases = [*(hit.group().rstrip(" .,") for hit in _NAMED.finditer(self.words)), *after]
        phrases += [word for phrase in after for word in phrase.split()[:1]]
        tried = list(dict.fromkeys(phrase for phrase in phrases if phrase))[: 2 * _PLACES]
        return tuple(ToolCall(PLACE, {"words": phrase[:_WORDS]}) for phrase in tried[:_PLACES])

    def _planned(self, plan: dict[str, Any]) -> ToolCall | None:
        """The call; None while what it needs isn't there, or its cues aren't in the question."""
        if "cues" in plan and first_of(plan["cues"], self.text) is None:
            return None
        args: dict[str, JsonValue] = {}
        for name, said in plan["args"].items():
            path = self._at(str(said))
            given = {"$S": path, "$Q": self.words[:_WORDS]}
            value = given[said] if said in given else self.value(path)
            if not isinstance(value, str):
                return None
            args[name] = value
        return ToolCall(str(plan["tool"]), args)

    # --- words ------------------------------------------------------------------------------------
    def reply(self) -> Reply:
        """Its answer."""
        if several := self.several:
            listed = "; ".join(f"{{fig:{path}.label}}" for path in several)
            needs = str(lists("chat.yaml")["several"]).replace("$LIST", listed)
            return _reply(Said(needs=needs), 0.5)
        text = "\n".join(self._sentences(self.table["says"]))
        if not text or not (self.subject[0] or "otherwise" in self.table):
            return _reply(self._lost(), 0.3)
        cited = (self.value(self._at(path)) for path in self.table["cites"])
        sources = dict.fromkeys(value for value in cited if isinstance(value, str))
        return _reply(Said(text=text, cited=tuple(sources)), 0.9)

    def _lost(self) -> Said:
        if "needs" in self.table:
            return Said(needs=str(self.table["needs"]))
        return Said(refused=str(self.table.get("lost") or lists("chat.yaml")["lost"]))

    def _sentences(self, says: list[Any]) -> Iterator[str]:
        for said in says:
            if isinstance(said, list):
                yield from list(self._sentences(cast("list[Any]", said)))[:1]
            elif isinstance(said, dict):
                yield from self._listed(cast("dict[str, Any]", said))
            elif self._holds(sentence := self._at(str(said))):
                yield sentence

    def _listed(self, said: dict[str, Any]) -> Iterator[str]:
        if "cues" in said and first_of(said["cues"], self.text) is None:
            return
        if "with" in said and self.value(self._at(str(said["with"]))) is None:
            return
        if "unless" in said and self.value(self._at(str(said["unless"]))) is not None:
            return
        if "each" not in said:
            yield from self._sentences([said["say"]])
            return
        path = self._at(str(said["each"]))
        listed = self.value(path)
        for at in range(min(len(listed), int(said["most"])) if isinstance(listed, list) else 0):
            forms = cast("list[str]", said["say"] if isinstance(said["say"], list) else [said["say"]])
            shown = (form.replace("$I", f"{path}.{at}") for form in forms)
            yield from [form for form in shown if self._holds(form)][:1]

    def _at(self, text: str) -> str:
        return text.replace("$S", self.subject[1]).replace("$P", self.place)

    def _holds(self, sentence: str) -> bool:
        try:
            for found in PLACEHOLDER.finditer(sentence):
                figure(found.group(1), self.results)
        except NumeralError:
            return False
        return True

    # --- results ----------------------------------------------------------------------------------
    def value(self, path: str) -> JsonValue:
        """What stands at the path; None where nothing does."""
        try:
            return look_up(path, self.results)
        except NumeralError:
            return None

    def count(self, tool: str) -> int:
        """How often the tool was called."""
        return sum(result.name == tool for result in self.results)


def _reply(said: Said, confidence: float) -> Reply:
    return Reply(said.model_dump(mode="json"), confidence, "from the tools' results, by written rules")


def _answer(
    name: str, payload: dict[str, Any], results: tuple[ToolResult, ...]
) -> tuple[ToolCall, ...] | Reply:
    """The next calls, or the answer in sentences."""
    talk = Talk(name, payload, results)
    return talk.calls() or talk.reply()


NAMES = (
    "prospect_researcher",
    "outreach_writer",
    "enrichment_matcher",
    "lead_router",
    "territory_matcher",
    "discovery_analyst",
    "coach",
    "config_author",
    "planner",
)
CHAT: dict[str, Policy] = {f"{name}_chat": partial(_answer, name) for name in NAMES}
"""Prompt name → its policy."""
