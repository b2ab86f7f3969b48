"""What every tool gives back: a sentence, items, what is left out, what waits for a person, the cost."""

from collections.abc import Sequence

from pydantic import Field, JsonValue

from loops.errors import RevloopsError
from loops.values import Value

PAGE = 20
"""Items of one result unless fewer are asked for."""
MOST_IDS = 50


class Approval(Value):
    """Something that only a person can let through."""

    id: str
    digest: str
    # SHA-256 of what was shown
    link: str
    # where that person looks at it and decides


class Answer(Value):
    """A tool's result; empty fields are left out."""

    says: str
    items: tuple[dict[str, JsonValue], ...] = ()
    more: str = ""
    # how many are left out, and what would narrow it
    cursor: str = ""
    # give it back for the next page
    dry_run: bool | None = None
    # True: nothing was written
    approval_required: tuple[Approval, ...] = Field(default=())
    cost: str = ""
    # what models cost


def page(
    items: Sequence[dict[str, JsonValue]], cursor: str, limit: int, narrow: str
) -> tuple[tuple[dict[str, JsonValue], ...], str, str]:
    """The items from a cursor on, what is said of the rest, and the cursor for it.

    Raises:
        RevloopsError: the cursor is of no page.
    """
    if cursor and not (cursor.isdecimal() and int(cursor) < max(1, len(items))):
        raise RevloopsError(f"{cursor[:20]!r} is no cursor of this list: leave it out to begin at the top")
    start = int(cursor or "0")
    end = start + min(limit, PAGE)
    left = len(items) - end
    shown = tuple(items[start:end])
    return (shown, f"{left} more, narrow by {narrow}", str(end)) if left > 0 else (shown, "", "")
