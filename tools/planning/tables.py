"""Figures of plans as plain data: every amount with its currency beside it, every share named as one."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from pydantic import JsonValue

from loops.design.compare import Comparison, Row
from loops.design.figures import Capacity
from loops.design.goal import Short
from tools.planning.draws import Band

Plain = dict[str, JsonValue]


def share(part: Fraction | None) -> float | None:
    """A share, rounded to three decimals; None stays None."""
    return None if part is None else round(float(part), 3)


def coverage(made: int, aimed: int) -> float | None:
    """Capacity as a share of the target; None without a target."""
    return share(Fraction(made, aimed)) if aimed else None


def totals(plan: Capacity, period: str) -> Plain:
    """A plan's figures in a period."""
    supported, payback = plan.supported(period), plan.payback_months(period)
    return {
        "label": period,
        "currency": plan.currency,
        "new_acv_minor": plan.new_acv(period),
        "target_minor": plan.target(period),
        "coverage_share": share(plan.coverage(period)),
        "quota_minor": plan.quota(period),
        "quota_over_target_share": share(plan.over_assignment(period)),
        "cost_minor": plan.cost(period),
        "payback_months": None if payback is None else round(float(payback), 1),
        "pipeline_supports_minor": supported,
        "new_logos": round(float(plan.new_logos(period)), 1),
        "headcount": plan.headcount(period),
    }


def lines(rows: Iterable[Row], currency: str, names: Mapping[str, str] | None = None) -> list[JsonValue]:
    """Rows of a comparison; those with nothing in them on either side are left out."""
    kept = (
        row
        for row in rows
        if any((row.before.new_acv, row.after.new_acv, row.before.target, row.after.target))
    )
    return [_line(row, currency, (names or {}).get(row.label, row.label)) for row in kept]


def _line(row: Row, currency: str, name: str) -> Plain:
    before, after = row.before, row.after
    return {
        "label": name or "no territory",
        "id": row.label,
        "currency": currency,
        "before_minor": before.new_acv,
        "after_minor": after.new_acv,
        "difference_minor": after.new_acv - before.new_acv,
        "target_before_minor": before.target,
        "target_after_minor": after.target,
        "coverage_before_share": coverage(before.new_acv, before.target),
        "coverage_after_share": coverage(after.new_acv, after.target),
        "cost_difference_minor": after.cost - before.cost,
    }


def compared(found: Comparison, focus: str, names: Mapping[str, str]) -> Plain:
    """Two plans side by side: all years and quarters; territories, roles and causes in the year of focus."""
    currency = found.before.currency
    before, after = totals(found.before, focus), totals(found.after, focus)
    return {
        "focus": focus,
        "before": before,
        "after": after,
        "difference": _difference(before, after),
        "years": lines(found.by_year(), currency),
        "quarters": lines(found.by_quarter(), currency),
        "territories": lines(found.by_territory(focus), currency, names),
        "roles": lines(found.by_role(focus), currency),
        "causes": [
            {
                "words": c.words,
                "currency": currency,
                "new_acv_minor": c.new_acv,
                "cost_minor": c.cost,
                "target_minor": c.target,
            }
            for c in found.causes
        ],
    }


def _difference(before: Plain, after: Plain) -> Plain:
    """After minus before, of each figure that both have."""
    found: Plain = {"label": before["label"], "currency": before["currency"]}
    for key, new in after.items():
        old = before[key]
        if isinstance(new, int | float) and isinstance(old, int | float):
            found[key] = new - old if isinstance(new, int) and isinstance(old, int) else round(new - old, 3)
    return found


def bands(found: Iterable[Band], currency: str) -> list[JsonValue]:
    """Bands as plain data."""
    return [
        {
            "label": one.label,
            "currency": currency,
            "low_minor": one.low,
            "middle_minor": one.middle,
            "high_minor": one.high,
            "above_target_share": one.above_target,
        }
        for one in found
    ]


def short(one: Short, currency: str, names: Mapping[str, str], quarter: str | None) -> Plain:
    """When a territory falls short first."""
    return {
        "id": one.territory,
        "name": names.get(one.territory, one.territory),
        "month": one.month.label if one.month else None,
        "quarter": quarter,
        "currency": currency,
        "capacity_minor": one.capacity,
        "target_minor": one.target,
        "short_minor": max(0, one.target - one.capacity),
        "coverage_share": coverage(one.capacity, one.target),
    }
