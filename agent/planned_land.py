"""The sentence that a what-if about one territory ends with: that territory's own target and gap."""

from typing import Any, cast

from pydantic import JsonValue

from loops.design.changes import Inquiry
from loops.money import written

MOVING = frozenset({"person_moves", "move_people", "move_regions", "split_territory", "merge_territories"})
"""Kinds of change that concern another territory than the one they name, too."""


def one_land(inquiry: Inquiry, table: dict[str, JsonValue]) -> str:
    """New ACV, target and gap of the one territory that the changes concern; "" where they concern more.

    Args:
        inquiry: what was asked.
        table: what the tool gave for it.
    """
    listed = table.get("territories")
    rows = cast("list[dict[str, Any]]", listed) if isinstance(listed, list) else []
    moved = {row["id"] for row in rows if row["difference_minor"] or _targets(row)[0] != _targets(row)[1]}
    # where the changes name one place, the ones that it lies in move with it
    named = {getattr(change, "territory", None) for change in inquiry.changes}
    stays = not any(change.kind in MOVING for change in inquiry.changes)
    concerned = named if len(named) == 1 and None not in named and stays else moved
    row = next((row for row in rows if concerned == {row["id"]}), None)
    if not row or not row["id"]:
        return ""
    currency, (before, after) = str(row["currency"]), _targets(row)
    made = written(row["after_minor"], currency)
    if not after:
        return f"{row['label']} in {table['focus']}: {made} new ACV; it has no target of its own."
    then = _gap(row["before_minor"], before, currency) if before else "without a target"
    now = _gap(row["after_minor"], after, currency)
    aimed = written(after, currency)
    changed = "as before" if now == then else f"before, {then}"
    return f"{row['label']} in {table['focus']}: {made} new ACV for a target of {aimed}, {now}; {changed}."


def _targets(row: dict[str, Any]) -> tuple[int, int]:
    return int(row["target_before_minor"]), int(row["target_after_minor"])


def _gap(made: int, aimed: int, currency: str) -> str:
    if made == aimed:
        return "exactly met"
    return f"{written(abs(aimed - made), currency)} {'short of' if made < aimed else 'above'} it"
