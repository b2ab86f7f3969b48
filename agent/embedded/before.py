"""What was said before a question, as words to search with: the newest first."""

import re
from typing import Any

_ID = re.compile(r"[A-Z]-\w+|[a-z]+(?:-[a-z]+)*-\d\d")
_SHORT = 6
"""Words of a message that can be an answer to what was asked back."""


def asked_back(name: str, payload: dict[str, Any]) -> str:
    """The person's words that this specialist asked back about, joined; "" where it asked nothing."""
    asked: list[str] = []
    if len(str(payload["text"]["text"]).split()) > _SHORT:
        return ""
    for words, lines in reversed(_exchanges(payload.get("history", ()))):
        if not any(line.get("asks") and line.get("specialist") == name for line in lines):
            break
        asked.insert(0, words)
    return " ".join(asked)


def context(payload: dict[str, Any], most: int) -> list[str]:
    """Words that may name what a question is about: this message's, then earlier exchanges'."""
    asked, whole = str(payload["text"]["text"]), payload.get("message")
    found: list[str] = []
    if whole:
        before = str(whole["text"]).partition(asked)[0]
        cited = [id for answer in payload.get("earlier", ()) for id in answer.get("cited", ())]
        found.append(_words(cited, before))
    for words, lines in reversed(_exchanges(payload.get("history", ()))):
        found.append(_words([id for line in lines for id in line.get("about", ())], words))
    return list(dict.fromkeys(words for words in found if words))[:most]


def _exchanges(history: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(the person's words, what was answered), the oldest first."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for line in history:
        if line["who"] == "person":
            found.append((str(line["text"]["text"]), []))
        elif found:
            found[-1][1].append(line)
    return found


def _words(ids: list[str], text: str) -> str:
    return " ".join([*(id for id in ids if _ID.fullmatch(id)), text]).strip()
