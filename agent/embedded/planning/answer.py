"""The planner's embedded policy: read the plan, understand the words, call the tool, fill in sentences."""

import re
from collections.abc import Iterator
from typing import Any, cast

from pydantic import JsonValue

from agent.embedded.chat import Talk
from agent.embedded.cues import first_of, lists, plain
from agent.embedded.planning.book import Book
from agent.embedded.planning.inquiry import Reading, understand
from agent.embedded.planning.vocabulary import section
from agent.numerals import PLACEHOLDER, NumeralError, figure, is_error, look_up, unbacked
from agent.planned import TOOLS, Planned, computed
from agent.spec import Payload, Reply, ToolCall, ToolResult
from loops.design.changes import Inquiry

PLAN = "plan_now"
MOST = 6
"""Sentences of an answer."""
_ASKS = re.compile(
    r"(?:and |so |hi |hey |please )*(?:is|are|was|who|who's|whose|when|which|what|does|do|where|has)\b"
)
Results = tuple[ToolResult, ...]


def planner(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
    """The next calls, or the answer in sentences."""
    read = next((result.value for result in results if result.name == PLAN), None)
    if read is None:
        return (ToolCall(PLAN, {}),)
    words = str(payload["text"]["text"])
    if is_error(read) or not isinstance(read, dict):
        return _reply(Planned(refused=str(section("answers", "no_plan"))), 0.3)
    reading = understand(words, _before(payload), Book(read))
    if _of_people(words, reading):
        rest = tuple(result for result in results if result.name != PLAN)
        talk = Talk("planner", payload, rest)
        return talk.calls() or _of_talk(talk.reply())
    if reading.inquiry is None:
        return _reply(Planned(needs=reading.needs, refused=reading.refused), 0.5)
    return _answer(reading.inquiry, words, results)


def _of_people(words: str, reading: Reading) -> bool:
    """Whether it is about somebody's manager, absence or pool, which the records say."""
    computes = reading.inquiry is not None and reading.inquiry.ask != "now"
    text = plain(words)
    modes = cast("list[dict[str, Any]]", lists("chat.yaml")["planner"]["modes"])
    cues = [*(mode["cues"] for mode in modes), section("answers", "records")]
    asks = _ASKS.match(text) is not None and "if" not in text.split()
    if asks and any(first_of(mode["cues"], text) is not None for mode in modes):
        return True
    return not computes and not reading.refused and any(first_of(listed, text) is not None for listed in cues)


def _of_talk(reply: Reply) -> Reply:
    said = Planned.model_validate(
        {**reply.value, "inquiry": Inquiry(ask="now") if reply.value.get("text") else None}
    )
    return Reply(said.model_dump(mode="json"), reply.confidence, reply.why)


def _before(payload: Payload) -> list[str]:
    """The person's earlier messages that the planner answered, the oldest first."""
    found: list[str] = []
    history = [*payload.get("history", ())]
    for at, line in enumerate(history):
        if line["who"] != "person":
            continue
        answers: list[str] = []
        for later in history[at + 1 :]:
            if later["who"] == "person":
                break
            answers.append(str(later.get("specialist")))
        if not answers or "planner" in answers:
            found.append(str(line["text"]["text"]))
    return found


def _answer(inquiry: Inquiry, words: str, results: Results) -> tuple[ToolCall, ...] | Reply:
    at = computed(inquiry, results)
    if at is None:
        failed = [
            result for result in results if result.name == TOOLS[inquiry.ask] and is_error(result.value)
        ]
        return _reply(_unfit(failed[-1]), 0.6) if failed else (_call(inquiry),)
    nth = sum(result.name == results[at].name for result in results[: at + 1])
    told = Sentences(results, f"{results[at].name}@{nth}" if nth > 1 else results[at].name, plain(words))
    text = "\n".join([*told.of(inquiry)][:MOST])
    cited = (str(look_up(f"{PLAN}.scenario", results)),)
    return _reply(Planned(text=text, cited=cited, inquiry=inquiry), 0.9)


def _call(inquiry: Inquiry) -> ToolCall:
    told = inquiry.model_dump(mode="json", exclude_none=True)
    args: dict[str, JsonValue] = {name: told[name] for name in ("ask", "changes", "goal") if name in told}
    if inquiry.ask in {"now", "compare"}:
        args = {"other": str(inquiry.scenario)} if inquiry.scenario else {}
    return ToolCall(TOOLS[inquiry.ask], args)


def _unfit(failed: ToolResult) -> Planned:
    """What is said where a change doesn't fit: the tool's sentence, if it says no figure."""
    value = cast("dict[str, JsonValue]", failed.value)
    said = str(value["error"])
    plain_ = not any(unbacked(said)) and "{" not in said
    return Planned(refused=said if plain_ else str(section("answers", "unfit")))


def _reply(said: Planned, confidence: float) -> Reply:
    return Reply(said.model_dump(mode="json"), confidence, "from the plan's tools, by written rules")


class Sentences:
    """Sentences about what a tool gave; those whose figures aren't there are left out."""

    def __init__(self, results: Results, call: str, words: str) -> None:
        self.results, self.call, self.words = results, call, words

    def of(self, inquiry: Inquiry) -> Iterator[str]:
        """The sentences that answer the inquiry, the most important first."""
        if inquiry.ask == "now":
            yield from self._now()
            return
        if inquiry.changes:
            yield from self._said("Changes: {fig:$C.changes}.")
        if inquiry.ask == "reach":
            yield from self._reach()
        elif inquiry.ask == "breaks_first":
            yield from self._first(bool(inquiry.changes))
        else:
            yield from self._compared()

    # --- kinds ------------------------------------------------------------------------------------
    def _compared(self) -> Iterator[str]:
        lines = cast("dict[str, str]", section("answers", "compared"))
        yield from self._said(lines["sides"])
        yield from self._said(lines["new_acv"])
        yield from self._said(lines["coverage"])
        for name in ("quota", "headcount"):
            if any(word in self.words for word in section("answers", "about")[name]):
                yield from self._said(lines[name])
        if self._changed("target_minor"):
            yield from self._said(lines["target"])
        yield from self._said(lines["cost"])
        yield from self._said(lines["payback"])
        yield from self._biggest(lines["cause"])
        yield from self._newly(lines["short"])
        yield from self._said(lines["band"])

    def _changed(self, key: str) -> bool:
        return bool(self.value(f"{self.call}.difference.{key}"))

    def _biggest(self, line: str) -> Iterator[str]:
        """The cause that moves new ACV most, where there are several."""
        causes = self.value(f"{self.call}.causes")
        rows = cast("list[dict[str, int]]", causes) if isinstance(causes, list) else []
        if len(rows) > 1:
            most = max(range(len(rows)), key=lambda at: abs(rows[at]["new_acv_minor"]))
            yield from self._said(line.replace("$I", f"{self.call}.causes.{most}"))

    def _newly(self, line: str) -> Iterator[str]:
        """The first territory that falls short with the changes, and didn't without."""
        listed = self.value(f"{self.call}.falls_short")
        rows = cast("list[dict[str, Any]]", listed) if isinstance(listed, list) else []
        new = [at for at, row in enumerate(rows) if row.get("month") and not row.get("month_before")]
        if new:
            yield from self._said(line.replace("$I", f"{self.call}.falls_short.{new[0]}"))

    def _reach(self) -> Iterator[str]:
        lines = cast("dict[str, Any]", section("answers", "reach"))
        reached = self.value(f"{self.call}.reach.reached")
        yield from self._first_that_holds(lines["goal"])
        yield from self._first_that_holds(lines["there"] if reached else lines["gap"])
        ways = self.value(f"{self.call}.reach.ways")
        for at, row in enumerate(cast("list[dict[str, Any]]", ways) if isinstance(ways, list) else []):
            form = lines["way"] if row.get("enough", True) else lines["short_way"]
            yield from self._first_that_holds(
                [one.replace("$I", f"{self.call}.reach.ways.{at}") for one in form]
            )

    def _first(self, changed: bool) -> Iterator[str]:
        lines = cast("dict[str, str]", section("answers", "first"))
        listed = self.value(f"{self.call}.falls_short")
        rows = cast("list[dict[str, Any]]", listed) if isinstance(listed, list) else []
        broken = [at for at, row in enumerate(rows) if row.get("month")]
        if not broken:
            yield from self._said(lines["none"])
            yield from self._said(lines["nearest"].replace("$I", f"{self.call}.falls_short.0"))
        for nth, at in enumerate(broken[:3]):
            line = lines["next"] if nth else lines["first"]
            yield from self._said(line.replace("$I", f"{self.call}.falls_short.{at}"))
        if broken and changed:
            yield from self._said(lines["before"].replace("$I", f"{self.call}.falls_short.{broken[0]}"))

    def _now(self) -> Iterator[str]:
        """What the plan has of what the words ask about."""
        if self._names_any("people"):
            yield str(section("answers", "person"))
            return
        found: list[str] = []
        for part in cast("list[dict[str, Any]]", section("answers", "now")):
            apart = "unless" in part and self._names_any(part["unless"])
            named = not part.get("named") or self._names_any(part["each"])
            if named and not apart and first_of(part["cues"], self.words) is not None:
                found += self._rows(part)
        yield from found or [line for line in self._rows(section("answers", "standing"))]

    def _names_any(self, each: str) -> bool:
        """Whether the words name one of those rows of the plan."""
        listed = self.value(f"{PLAN}.{each}")
        return any(map(self._named, cast("list[Any]", listed) if isinstance(listed, list) else []))

    def _rows(self, part: dict[str, Any]) -> list[str]:
        """A line for each row that the words name; for the first few where they name none."""
        path = f"{PLAN}.{part['each']}"
        listed = self.value(path)
        rows = cast("list[Any]", listed) if isinstance(listed, list) else []
        named = [at for at, row in enumerate(rows) if self._named(row)]
        lines: list[str] = []
        for at in (named or list(range(len(rows))))[: int(part.get("most", MOST))]:
            forms = [str(form).replace("$I", f"{path}.{at}") for form in part["say"]]
            lines += list(self._first_that_holds(forms))
        return lines

    def _named(self, row: Any) -> bool:
        if not isinstance(row, dict):
            return False
        told = cast("dict[str, Any]", row)
        names = [
            str(told[key]).lower() for key in ("name", "label", "id", "role", "currency") if told.get(key)
        ]
        names += [name.replace("_", " ") for name in names]
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.words) for name in names)

    # --- sentences --------------------------------------------------------------------------------
    def _said(self, line: str) -> Iterator[str]:
        sentence = line.replace("$C", self.call)
        if self._holds(sentence):
            yield sentence

    def _first_that_holds(self, forms: list[str]) -> Iterator[str]:
        for form in forms:
            if found := list(self._said(form)):
                yield from found
                return

    def _holds(self, sentence: str) -> bool:
        try:
            for found in PLACEHOLDER.finditer(sentence):
                figure(found.group(1), self.results)
        except NumeralError:
            return False
        return True

    def value(self, path: str) -> JsonValue:
        """What stands at the path; None where nothing does."""
        try:
            return look_up(path, self.results)
        except NumeralError:
            return None
