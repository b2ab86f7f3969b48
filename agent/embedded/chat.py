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
from agent.embedded.before import asked_back, context
from agent.embedded.cues import first_of, lists, plain
from agent.embedded.parts import names
from agent.numerals import PLACEHOLDER, NumeralError, figure, look_up
from agent.spec import Policy, Reply, ToolCall, ToolResult

FIND, PLACE = "find_records", "territory_of_place"
_WORDS = 200
"""Characters that a search takes."""
_PLACES = 4
"""Phrases that are tried as places."""
_BEFORE = 3
"""Earlier exchanges that are searched for what a question without a name is about."""
_GRADE = re.compile(r"\b[Gg]rades? ([A-D])\b|\b([A-D])[ -](?:grade|lead)")
_QUEUE = re.compile(r"\b(nurture|triage|nobody)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"\b(?:in|of|from|cover|covers|covering|is|does|after|would|into)\s+(?:the\s+)?((?:[\w.'-]+\s?){1,3})",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b[A-Z][\w.'-]*(?:,? (?:of |and )?[A-Z][\w.'-]*)*")


def _of_text(words: str) -> dict[str, JsonValue]:
    """A grade and a queue that the words name; None for what they don't."""
    grade, queue = _GRADE.search(words), _QUEUE.search(words)
    return {
        "$GRADE": next(filter(None, grade.groups())) if grade else None,
        "$QUEUE": queue.group(1).lower() if queue else None,
    }


class Talk:
    """One specialist's turn with a person's question, as far as it has come."""

    def __init__(self, name: str, payload: dict[str, Any], results: tuple[ToolResult, ...]) -> None:
        self.results = results
        self.words = str(payload["text"]["text"])
        self.asked = asked_back(name, payload)
        self.text = plain(f"{self.asked} {self.words}")
        self.before = context(payload, _BEFORE)
        self.named = any(not word.isupper() for word in names(self.words))
        self.table: dict[str, Any] = self._mode(lists("chat.yaml")[name])
        self.subjects: list[str] = self.table["subjects"]

    def _mode(self, table: dict[str, Any]) -> dict[str, Any]:
        """The table, with what it says for questions of a certain kind in the place of the rest."""
        modes: list[dict[str, Any]] = table.get("modes", ())
        found = next((mode for mode in modes if first_of(mode["cues"], self.text) is not None), None)
        return {**table, **found} if found else table

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
        for nth in self._order or (0,):
            for kind in self.subjects:
                if kind == "places" and self.place:
                    return kind, self.place
                if found := self._found(kind, nth):
                    return kind, found[0]
        return "", ""

    @property
    def _order(self) -> tuple[int, ...]:
        """The searches, what names the subject best first: with an answer to what was asked back, both."""
        many = self.count(FIND)
        both = [self._found(kind, 2) for kind in self.kinds] if self.asked and many > 1 else []
        narrowed = next(filter(None, both), ())
        return (2, 1, *range(3, many + 1)) if len(narrowed) == 1 else tuple(range(1, many + 1))

    @property
    def several(self) -> tuple[str, ...]:
        """The paths of the records that fit, where more than one of the kind does."""
        kind, path = self.subject
        if kind in {"", "places", "loops"}:
            return ()
        found = self._found(kind, int(path.partition("@")[2].partition(".")[0]))
        return tuple(found) if len(found) > 1 else ()

    def _found(self, kind: str, nth: int) -> list[str]:
        """The paths of what that search found of the kind."""
        path = f"{FIND}@{nth}.{kind}"
        listed = self.value(path)
        return [f"{path}.{at}" for at in range(len(listed))] if isinstance(listed, list) else []

    @cached_property
    def place(self) -> str:
        """The path of the first look-up that found a place; "" where none did."""
        tried = sum(result.name == PLACE for result in self.results)
        paths = [f"{PLACE}@{nth}" for nth in range(1, tried + 1)]
        if self.either:
            told = [r for r in self.results if r.name == PLACE]
            return next(
                (p for p, r in zip(paths, told, strict=True) if "," in str(r.args["words"])), self.either
            )
        sure = (path for path in paths if self.value(f"{path}.territory"))
        return next(sure, next((path for path in paths if self.value(f"{path}.country")), ""))

    @cached_property
    def _loop(self) -> str:
        cues: dict[str, list[str]] = lists("chat.yaml")["loop_cues"]
        for text in (self.text, *map(plain, self.before)):
            found = {name: at for name, listed in cues.items() if (at := first_of(listed, text)) is not None}
            named = [name for name in found if re.search(rf"\b{name}\b", text)]
            if found:
                return named[0] if named else min(found, key=lambda name: found[name])
        return ""

    # --- calls ------------------------------------------------------------------------------------
    def calls(self) -> tuple[ToolCall, ...]:
        """What it wants called next; empty when it has all it can get."""
        if (self.kinds or "places" in self.subjects) and not self.results:
            both = self._finds(f"{self.asked} {self.words}") if self.asked else ()
            return (*self._finds(self.words), *both, *self._places())
        if settled := self._settled():
            return settled
        again = (
            self.kinds and not self.named and not self.subject[0] and self.count(FIND) <= 1 + bool(self.asked)
        )
        if again and self.before:
            return tuple(call for words in self.before for call in self._finds(words))
        kind, _ = self.subject
        if self.several or self._strange:
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
        words = f"{self.asked}. {self.words}" if self.asked else self.words
        after = [hit.group(1).strip(" .?!,") for hit in _AFTER.finditer(words)]
        phrases = [*(hit.group().rstrip(" .,") for hit in _NAMED.finditer(words)), *after]
        phrases += [word for phrase in after for word in phrase.split()[:1]]
        tried = list(dict.fromkeys(phrase for phrase in phrases if phrase))[: 2 * _PLACES]
        return tuple(ToolCall(PLACE, {"words": phrase[:_WORDS]}) for phrase in tried[:_PLACES])

    def _settled(self) -> tuple[ToolCall, ...]:
        """The place again, with its country, where the words say which of two it is; else empty."""
        name, tried = self.value(f"{self.either}.asked") if self.either else None, self.count(PLACE)
        if not isinstance(name, str) or any(
            "," in str(r.args["words"]) for r in self.results if r.name == PLACE
        ):
            return ()
        hints = cast("dict[str, list[str]]", lists("chat.yaml")["either"]["hints"])
        told = next((what for what, cues in hints.items() if first_of(cues, self.text) is not None), None)
        where = {"state": "United States", "country": name}
        return (ToolCall(PLACE, {"words": f"{name}, {where[told]}"}),) if told and tried else ()

    @property
    def either(self) -> str:
        """The path of a look-up whose name is both a country's and a region's; "" where there is none."""
        paths = [f"{PLACE}@{nth}" for nth in range(1, self.count(PLACE) + 1)]
        return next((path for path in paths if self.value(f"{path}.either.0")), "")

    @property
    def _strange(self) -> bool:
        """Whether the words name somebody whom nobody knows: then what holds for all is no answer."""
        loose = self.table.get("free") or not self.kinds
        return not loose and self.named and not self.subject[0]

    def _planned(self, plan: dict[str, Any]) -> ToolCall | None:
        """The call; None while what it needs isn't there, or its cues aren't in the question."""
        if "cues" in plan and first_of(plan["cues"], self.text) is None:
            return None
        args: dict[str, JsonValue] = {}
        for name, said in plan["args"].items():
            path = self._at(str(said))
            given: dict[str, JsonValue] = {"$S": path, "$Q": self.words[:_WORDS], **_of_text(self.words)}
            fixed = said[1:] if str(said).startswith("=") else None
            value = fixed or (given[said] if said in given else self.value(path))
            if isinstance(value, str):
                args[name] = value
            elif said not in given:
                return None
        return ToolCall(str(plan["tool"]), args)

    # --- words ------------------------------------------------------------------------------------
    def reply(self) -> Reply:
        """Its answer."""
        if self.value(f"{FIND}.not_there") and "leads" in self.subjects:
            listed = "; ".join(f"{{fig:{path}.label}}" for path in self._found("elsewhere", 1))
            there = str(lists("chat.yaml")["not_there"]).replace("$LIST", listed)
            return _reply(Said(refused=there), 0.7)
        if self.either and self.place in {"", self.either}:
            return _reply(
                Said(needs=str(lists("chat.yaml")["either"]["asks"]).replace("$E", self.either)), 0.5
            )
        if several := self.several:
            listed = "; ".join(f"{{fig:{path}.label}}" for path in several)
            needs = str(lists("chat.yaml")["several"]).replace("$LIST", listed)
            return _reply(Said(needs=needs), 0.5)
        text = "\n".join(dict.fromkeys(self._sentences(self.table["says"])))
        if not text or self._strange or not (self.subject[0] or "otherwise" in self.table):
            return _reply(self._lost(), 0.3)
        cited = (self.value(self._at(path)) for path in self.table["cites"])
        sources = dict.fromkeys(value for value in cited if isinstance(value, str))
        return _reply(Said(text=text, cited=tuple(sources)), 0.9)

    def _lost(self) -> Said:
        if self._holds("{fig:find_records.similar}"):
            return Said(needs=str(lists("chat.yaml")["similar"]))
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
        kept = self._kept(cast("list[JsonValue]", listed), said) if isinstance(listed, list) else []
        for at in kept[: int(said["most"])]:
            forms = cast("list[str]", said["say"] if isinstance(said["say"], list) else [said["say"]])
            shown = (form.replace("$I", f"{path}.{at}") for form in forms)
            yield from [form for form in shown if self._holds(form)][:1]

    def _kept(self, listed: list[JsonValue], said: dict[str, Any]) -> list[int]:
        """Where those stand that the words name; all where they name none, or the table asks for all."""
        fields: list[str] = said.get("about", ())
        words = set(re.findall(r"\w+", self.text))
        told = [
            [plain(str(item.get(f))) for f in fields] if isinstance(item, dict) else [] for item in listed
        ]
        hits = [at for at, ones in enumerate(told) if any(set(re.findall(r"\w+", x)) <= words for x in ones)]
        return hits or ([] if said.get("only") else list(range(len(listed))))

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
