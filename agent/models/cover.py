"""One request under cover: withheld fields as tokens wherever their words stand, and the words back again."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel, JsonValue

from agent.models.exchange import Request, Turn
from agent.models.fields import ROW, Kind, has_fields, hints, is_cell, kind_of
from loops.engage.facts import ROW_KINDS
from loops.values import Quoted, Value, canonical

ROW_TOOL = "lead_row"
LEAST_CHARACTERS = 2
"""Shorter words are covered in their own field alone: a single letter stands everywhere."""
TOKEN = re.compile(r"«\s*([^«»\s]+)\s*»")


class Cover:
    """The tokens of one request."""

    def __init__(self, paths: frozenset[str], tasks: tuple[type[Value], ...], row: bool) -> None:
        """Begin without a token.

        Args:
            paths: what is withheld from its model.
            tasks: what its specialist can be sent.
            row: whether some of a lead's row is withheld from anyone: then facts that rest on a row are too.
        """
        self.paths, self._tasks, self._row = paths, tasks, row
        self.tokens: dict[str, JsonValue] = {}
        # token → what it stands for
        self._made: dict[tuple[str, str], str] = {}
        # path and words → token
        self._forms: dict[str, str] = {}
        # words as they may stand anywhere → the path they are withheld under

    @property
    def idle(self) -> bool:
        """Whether there is nothing to cover."""
        return not self.paths and not self._row

    def payload(self, payload: Mapping[str, JsonValue]) -> JsonValue:
        """The payload with its withheld fields as tokens."""
        plain = dict(payload)
        task = next((task for task in self._tasks if plain.keys() <= task.model_fields.keys()), None)
        if task is None or self.idle:
            return plain
        sources = cast("list[dict[str, Any]] | None", plain.get("sources"))
        rows = None if sources is None else {str(one["id"]) for one in sources if one["kind"] == ROW}
        return self._object(task, plain, "", False, rows)

    def row(self, result: JsonValue) -> JsonValue:
        """A lead's row as the tool gives it back, its withheld columns as tokens."""
        if not isinstance(result, dict):
            return result
        text, hidden = Kind(str), ROW in self.paths
        return {
            name: self._leaf(text, f"{ROW}.{name}", value, hidden or f"{ROW}.{name}" in self.paths)
            for name, value in result.items()
        }

    def text(self, text: str) -> str:
        """A message's text with every mention of withheld words as their token; JSON stays JSON."""
        try:
            return canonical(self.words(cast(JsonValue, json.loads(text)))).decode()
        except ValueError:
            return self._mentions(text)

    def words(self, value: JsonValue) -> JsonValue:
        """The value with every mention of withheld words as their token."""
        if isinstance(value, dict):
            return {name: self.words(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.words(inner) for inner in value]
        return self._mentions(value) if isinstance(value, str) else value

    # --- by path ----------------------------------------------------------------------------------
    def _object(
        self, model: type[BaseModel], value: dict[str, Any], path: str, hidden: bool, rows: set[str] | None
    ) -> JsonValue:
        """An object's fields; `rows` are the ids of sources that are rows, None where none are listed."""
        column = value.get("field") if is_cell(model) else None
        quoted = ("snippet", "details") if self._row and _of_a_row(value, rows) else ()
        found: dict[str, JsonValue] = {}
        for name in value:
            hint = hints(model).get(name, str)
            if column is None:
                at = f"{path}.{name}" if path else name
                found[name] = self._at(hint, value[name], at, hidden or name in quoted, rows)
            elif name == "field":
                found[name] = value[name]
            else:
                # a cell's words are named by their column
                at = f"{path}.{column}" if name == "words" else f"{path}.{name}"
                found[name] = self._at(hint, value[name], at, hidden or f"{path}.{name}" in self.paths, rows)
        return found

    def _at(self, hint: Any, value: Any, path: str, hidden: bool, rows: set[str] | None) -> JsonValue:
        kind, hidden = kind_of(hint), hidden or path in self.paths
        if isinstance(value, list):
            return [self._at(hint, item, path, hidden, rows) for item in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return self._leaf(kind, path, value, hidden)
        inner = cast("dict[str, Any]", value)
        if kind.inner is Quoted:
            return {"text": self._leaf(Kind(str), path, inner["text"], hidden)}
        if has_fields(kind.inner):
            return self._object(kind.inner, inner, path, hidden, rows)
        return {name: self._at(kind.inner, one, path, hidden, rows) for name, one in inner.items()}

    def _leaf(self, kind: Kind, path: str, value: JsonValue, hidden: bool) -> JsonValue:
        if not hidden or value is None:
            return value
        if kind.inner is not str and kind.nullable:
            return None
        if kind.inner is str and isinstance(value, str):
            self._look_for(value, path)
        return self._token(path, value)

    # --- by words ---------------------------------------------------------------------------------
    def _token(self, path: str, value: JsonValue) -> str:
        key = (path, canonical(value).decode())
        if key not in self._made:
            n = sum(at == path for at, _ in self._made) + 1
            self._made[key] = f"«{path}»" if n == 1 else f"«{path}~{n}»"
            self.tokens[self._made[key]] = value
        return self._made[key]

    def _look_for(self, text: str, path: str) -> None:
        """Find these words from now on, as they are and as people capitalise them."""
        if len(text.strip()) >= LEAST_CHARACTERS:
            for form in (text, text.strip(), text.upper(), text.title()):
                self._forms.setdefault(form, path)

    def _mentions(self, text: str) -> str:
        if not self._forms:
            return text
        forms, made = (_either(words) for words in (self._forms, self.tokens))
        return re.sub(rf"{made}|(?<!\w)(?:{forms})(?!\w)", self._covered, text)

    def _covered(self, found: re.Match[str]) -> str:
        words = found.group()
        path = self._forms.get(words)
        return words if path is None or words in self.tokens else self._token(path, words)


def _either(words: Iterable[str]) -> str:
    """A pattern for any of these, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _of_a_row(value: Mapping[str, Any], rows: set[str] | None) -> bool:
    """Whether it is a fact that the lead's own row told."""
    if "snippet" not in value:
        return False
    return value.get("kind") in ROW_KINDS or (rows is not None and value.get("source") in rows)


# --- and back -------------------------------------------------------------------------------------
def uncover(value: JsonValue, tokens: Mapping[str, JsonValue]) -> JsonValue:
    """The value with what each token stands for in its place."""
    if isinstance(value, dict):
        return {name: uncover(inner, tokens) for name, inner in value.items()}
    if isinstance(value, list):
        return [uncover(inner, tokens) for inner in value]
    if not isinstance(value, str):
        return value
    whole = TOKEN.fullmatch(value)
    if whole and (token := f"«{whole[1]}»") in tokens:
        return tokens[token]
    return TOKEN.sub(lambda m: str(tokens.get(f"«{m[1]}»", m[0])), value)


def covered(request: Request, cover: Cover) -> Request:
    """The request as its model may see it."""
    if cover.idle:
        return request
    turns: list[Turn] = []
    told = False
    for turn in request.turns:
        first, told = turn.role == "human" and not told, told or turn.role == "human"
        turns.append(_by_path(turn, cover, first))
    # once all is known that is withheld, it is looked for everywhere; the system's turn is ours
    shown = (turn if turn.role == "system" else _by_words(turn, cover) for turn in turns)
    return replace(request, turns=tuple(shown))


def _by_path(turn: Turn, cover: Cover, payload: bool) -> Turn:
    if not payload and not (turn.role == "tool" and turn.name == ROW_TOOL):
        return turn
    try:
        data = json.loads(turn.text)
    except ValueError:
        return turn
    return replace(turn, text=canonical(cover.payload(data) if payload else cover.row(data)).decode())


def _by_words(turn: Turn, cover: Cover) -> Turn:
    calls = tuple(
        replace(call, args=cast("dict[str, JsonValue]", cover.words(call.args))) for call in turn.calls
    )
    return replace(turn, text=cover.text(turn.text), calls=calls)
