"""What can't be meant is asked back: a person twice, a figure set twice, a territory moved into itself."""

from collections.abc import Sequence
from datetime import date

from agent.embedded.planning.book import Book
from agent.embedded.planning.ways import Unclear
from loops.design import changes as c

_SIZES = frozenset(
    {"factor", "to_minor", "by_minor", "to_share", "by_share", "to_months", "by_months", "to_value"}
)
_FIGURES = (
    c.ChangeRamp,
    c.ChangeAttrition,
    c.ChangeInvestment,
    c.ChangePrice,
    c.ChangeTarget,
    c.ChangeQuota,
    c.ChangeCompensation,
    c.ChangeRate,
    c.ChangeProductivity,
)


def sound(turns: Sequence[tuple[int, c.Change]], book: Book) -> None:
    """See that the changes, each with the message it came with, can be meant together.

    Raises:
        Unclear: they can't.
    """
    seen: list[tuple[int, c.Change]] = []
    for turn, change in turns:
        _alone(change, book)
        for before, other in seen:
            _beside(change, other, before == turn)
        seen.append((turn, change))


def _alone(change: c.Change, book: Book) -> None:
    days = [getattr(change, name, None) for name in ("starts_on", "leaves_on", "on", "after")]
    if any(isinstance(day, date) and day.isoformat() < str(book.told["quarter"]["start"]) for day in days):
        raise Unclear("That day is past: from which day do you mean?")
    if isinstance(change, c.MergeTerritories) and change.territory == change.into:
        raise Unclear("Into which other territory?")
    if isinstance(change, c.MovePeople) and change.source == change.territory:
        raise Unclear("From which territory, and to which?")
    if (
        isinstance(change, c.PersonMoves)
        and book.row("people", change.person).get("territory") == change.territory
    ):
        raise Unclear("That person is in that territory already: where do they go?")


def _beside(change: c.Change, other: c.Change, together: bool) -> None:
    """Two changes of which the second comes in the same message, or later."""
    if change == other and not isinstance(change, c.AddPeople | c.RemovePeople | c.MovePeople | c.ShiftHires):
        raise Unclear("That is told already: what should change besides?")
    if not together:
        return
    if isinstance(change, c.PersonLeaves | c.PersonMoves) and isinstance(
        other, c.PersonLeaves | c.PersonMoves
    ):
        if change.person == other.person:
            raise Unclear("Does that person leave or move, and when?")
    if isinstance(change, _FIGURES) and type(change) is type(other) and _scope(change) == _scope(other):
        raise Unclear("Which of the two figures is meant?")
    if isinstance(change, c.AddPeople) and isinstance(other, c.AddPeople) and change == other:
        raise Unclear("Are those the same people? Say once how many come where.")


def _scope(change: c.Change) -> dict[str, object]:
    """What a figure belongs to."""
    return {name: value for name, value in change if name not in _SIZES}
