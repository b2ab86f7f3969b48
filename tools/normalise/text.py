"""Text as people paste it, made plain: invisible characters out, one space between words, accents folded."""

import re
import unicodedata
from functools import lru_cache

# Control characters, zero-width characters and the marks that turn the reading direction round. They hide or
# reorder what a reader sees. The joiners U+200C and U+200D stay: Persian and emoji are written with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]"
)
_OTHER_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th", "ð": "d"}
)


def cleaned(text: str, limit: int = 300) -> str:
    """The text on one line without invisible characters, cut to `limit` characters."""
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text[: 4 * limit].split())[:limit].rstrip()


def cleaned_lines(text: str, limit: int = 20_000) -> str:
    """The text without invisible characters, its line breaks kept, cut to `limit` characters."""
    lines = _INVISIBLE.sub("", text[: 4 * limit]).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip()[:limit]


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """Lower case, Latin letters without accents; other scripts keep their marks, which tell letters apart."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(_folded(char) for char in unicodedata.normalize("NFKC", text).translate(_OTHER_LETTERS))


def _folded(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    return parts[0] if parts[0].isascii() else char
