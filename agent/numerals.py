"""The numeral lock: every figure in an answer comes out of a tool's result, put there by code.

A model writes `{fig:tool.path}`; `fill` looks the path up and formats what stands there. Any other digit or
number word makes the answer invalid, quoted parts of the question, today's date and period labels apart.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import cast

from pydantic import JsonValue

from agent.number_words import number_words
from agent.spec import ToolResult
from loops.errors import RevloopsError
from loops.money import written

PLACEHOLDER = re.compile(r"\{fig:([^{}]*)\}")
LONGEST = 400
"""Characters of a text that a placeholder brings at most: it names something, it doesn't copy a document."""
LISTED = 12
"""Items of a list that are written out."""
_PATH = re.compile(r"(\w+)(?:@(\d+))?((?:\.(?:[A-Za-z_][\w-]*|\d+|#))*)")
_BEFORE = re.compile(r"(?:^|[\s(\[“\"'‘`«:])$")
_AFTER = re.compile(r"(?:$|\s|[.,;:!?)\]”\"'’`»]+(?:$|\s|[)\]”\"'’`»])|['’]s\b)")
_SCALED = re.compile(r"\s*(?:[kKmM]|mn|bn|mio|Mrd)\b")
_QUOTED = re.compile(r"“([^”]*)”|\"([^\"]*)\"|«([^»]*)»")
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:199\d|20\d\d|2100)"
_SHORT = r"(?:[/-]|-?['’])\d\d"
"""A year of two digits; after a blank it would be an amount."""
_PERIOD = re.compile(
    rf"\b(?:(?:Q[1-4]|H[12])(?:[ /-]?(?:FY(?:[ -]?{_YEAR}|{_SHORT}|\d\d)|{_YEAR})|{_SHORT})?"
    rf"|FY(?:[ -]?{_YEAR}|{_SHORT}|\d\d)|{_YEAR}-?(?:Q[1-4]|H[12])|{_MONTH} {_YEAR})"
    r"(?!\w|\s*[%‰]|[.,/-]\d)"
)
_MARK = " \N{END OF PROOF} "
"""What stands for a checked part while the rest is searched."""


class NumeralError(RevloopsError):
    """A figure that no tool gave, or a placeholder that leads nowhere; the text names it."""


def fill(text: str, results: Sequence[ToolResult], *, question: str = "", today: date | None = None) -> str:
    """The text with every placeholder replaced by its figure.

    Args:
        text: what the model wrote.
        results: what the tools gave back, in call order; `tool@2` in a path means its second call.
        question: the person's words; a quoted part of them may hold digits.
        today: a date that may be written out.

    Raises:
        NumeralError: a placeholder leads nowhere or is glued to something, or a figure has no source.
    """
    loose = next(unbacked(text, question, today), None)
    if loose is not None:
        raise NumeralError(f"{loose!r} comes from no tool: write a figure as a {{fig:…}} placeholder")
    for found in PLACEHOLDER.finditer(text):
        _stands_alone(text, found)
    return PLACEHOLDER.sub(lambda found: figure(found.group(1), results), text)


def unbacked(text: str, question: str = "", today: date | None = None) -> Iterator[str]:
    """Each digit or number word that stands outside placeholders and isn't allowed where it is."""
    rest = PLACEHOLDER.sub(_MARK, text)
    if "{fig" in rest:
        yield "{fig"
    said = _plain(question)
    rest = "".join(c for c in unicodedata.normalize("NFKC", rest) if unicodedata.category(c) != "Cf")
    rest = _QUOTED.sub(lambda q: _MARK if _says(said, _plain("".join(q.groups("")))) else q.group(), rest)
    for allowed in _dates(today) if today else ():
        rest = rest.replace(allowed, _MARK)
    rest = _PERIOD.sub(_MARK, rest)
    for word in rest.split():
        if any(unicodedata.numeric(c, None) is not None for c in word):
            yield word
    yield from number_words(rest)


def is_error(value: JsonValue) -> bool:
    """Whether it is a tool's error: its words may be the model's own, a name or an argument it made up."""
    return isinstance(value, dict) and value.keys() == {"error"}


def look_up(path: str, results: Sequence[ToolResult]) -> JsonValue:
    """What stands at the path.

    Raises:
        NumeralError: nothing does.
    """
    return _walk(path, results)[0]


def figure(path: str, results: Sequence[ToolResult]) -> str:
    """What stands at the path, formatted for a person.

    Raises:
        NumeralError: nothing does, or nothing that can be written in a sentence.
    """
    value, key, parent = _walk(path, results)
    if is_error(parent):
        raise NumeralError(f"{{fig:{path}}}: that call gave an error, and an error backs no figure")
    return _written(value, key, parent, path)


def _walk(path: str, results: Sequence[ToolResult]) -> tuple[JsonValue, str, JsonValue]:
    """The value, the last key on the way to it, and what holds it."""
    found = _PATH.fullmatch(path.strip())
    if found is None:
        raise NumeralError(f"{{fig:{path}}} is no path: write tool.key.0.key")
    tool, nth, rest = found.groups()
    called = [r.value for r in results if r.name == tool]
    at = int(nth) - 1 if nth else 0
    if not 0 <= at < len(called):
        raise NumeralError(f"{{fig:{path}}}: {tool} wasn't called{' that often' if called else ''}")
    value, key, parent = called[at], "", cast("JsonValue", None)
    for key in filter(None, rest.split(".")):
        parent, value = value, _step(value, key, path)
    return value, key, parent


def _step(value: JsonValue, key: str, path: str) -> JsonValue:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, dict) and value.keys() == {"items", "more"} and key != "#":
        value = value[
            "items"
        ]  # a list that was cut short: its items keep their numbers, its length is unknown
    if isinstance(value, list):
        if key == "#":
            return len(value)
        if key.isdigit() and int(key) < len(value):
            return value[int(key)]
    raise NumeralError(f"{{fig:{path}}}: there is no {key} there")


def _written(value: JsonValue, key: str, parent: JsonValue, path: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, key, parent if isinstance(parent, dict) else {}, path)
        case str() if value.strip():
            return _text(value)
        case list() if value and all(isinstance(item, str | int) for item in value):
            more = len(value) - LISTED
            words = [_text(str(item)) for item in value[:LISTED]]
            sentences = any(" " in word for word in words)
            listed = "; ".join(word.rstrip(".") for word in words) if sentences else ", ".join(words)
            return f"{listed} and {more} more" if more > 0 else listed
        case _:
            raise NumeralError(f"{{fig:{path}}}: nothing stands there that can be written in a sentence")


def _number(value: float, key: str, parent: dict[str, JsonValue], path: str) -> str:
    if key.endswith("_minor"):
        currency = parent.get("currency")
        if not isinstance(currency, str) or not isinstance(value, int):
            raise NumeralError(f"{{fig:{path}}}: an amount of money needs its currency beside it")
        return written(value, currency)
    unit = parent.get("unit") if key == "value" else None
    if unit == "share" or key.endswith(("share", "rate", "confidence")):
        return f"{_short(value * 100, 1)} %"
    return f"{_short(value, 3)}{' ms' if unit == 'ms' else ''}"


def _short(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: str) -> str:
    text = " ".join(value.split())
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)", text):
        at = datetime.fromisoformat(text)
        return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _stands_alone(text: str, found: re.Match[str]) -> None:
    """Refuse what would change the figure: a sign, a suffix, a second figure glued to it."""
    after = text[found.end() :]
    if not _BEFORE.search(text[: found.start()]) or not _AFTER.match(after) or _SCALED.match(after):
        raise NumeralError(f"{found.group()} must stand by itself, with blanks around it")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _says(said: str, quote: str) -> bool:
    """Whether the quote stands in what was said, no word or figure of it cut in two."""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(quote)}(?!\w|[.,]\d)", said) is not None


def _dates(day: date) -> tuple[str, ...]:
    forms = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
    written = (day.strftime(form).lstrip("0").replace(" 0", " ") for form in forms)
    return (day.isoformat(), *written)


__all__ = ["LONGEST", "PLACEHOLDER", "NumeralError", "figure", "fill", "is_error", "look_up", "unbacked"]
