"""What every tool gives back: a sentence, items, what is left out, what waits for a person, the cost."""

from collections.abc import Sequence

from mcp_types import Annotations, TextContent
from pydantic import Field, JsonValue

from loops.errors import RevloopsError
from loops.values import Value, canonical

PAGE = 20
"""Items of one result unless fewer are asked for."""
MOST_IDS = 50
NOTHING = "nothing: no model was asked"


class Approval(Value):
    """Something that only a person can let through."""

    id: str
    digest: str
    # SHA-256 of what was shown
    link: str
    # where that person looks at it and decides; of a batch: where all of it is opened in turn
    holds: int = 1
    # items; more than one: a batch


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
    job: str = ""
    # id of work that may outlast its call; runs_get knows it
    approval_required: tuple[Approval, ...] = Field(default=())
    cost: str = NOTHING
    # what models cost
    reading: str = Field(default="", exclude=True)
    # the same for a person whose client shows no card; "" where the result is short enough to read

    @property
    def whole(self) -> dict[str, JsonValue]:
        """The structured result: no field that is empty, and always the cost."""
        return {**self.model_dump(mode="json", exclude_defaults=True), "cost": self.cost}

    @property
    def content(self) -> list[TextContent]:
        """The same as text; a second text, for people, where there is something to read."""
        said = [TextContent(type="text", text=canonical(self.whole).decode())]
        if self.reading:
            people = Annotations(audience=["user"])
            said.append(TextContent(type="text", text=self.reading, annotations=people))
        return said


def page(
    items: Sequence[dict[str, JsonValue]], cursor: str, limit: int, narrow: str
) -> tuple[tuple[dict[str, JsonValue], ...], str, str]:
    """The items from a cursor on, what is said of the rest, and the cursor for it.

    Raises:
        RevloopsError: the cursor is of no page.
    """
    start = start_of(cursor, len(items))
    end = start + min(limit, PAGE)
    left = len(items) - end
    shown = tuple(items[start:end])
    return (shown, f"{left} more, narrow by {narrow}", str(end)) if left > 0 else (shown, "", "")


def start_of(cursor: str, count: int) -> int:
    """Where a page of a list begins, from 0.

    Raises:
        RevloopsError: the cursor is of no page.
    """
    if cursor and not (cursor.isdecimal() and int(cursor) < max(1, count)):
        raise RevloopsError(f"{cursor[:20]!r} is no cursor of this list: leave it out to begin at the top")
    return int(cursor or "0")
