"""How often, how well and how fast Qualify runs, from its ledger rows."""

from collections.abc import Iterable

from loops.ledger import LedgerRow, Metric, run_metrics


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """Runs, success, duration, and the share of each grade."""
    mine = [row for row in rows if row.loop == "qualify"]
    grades = [row.outcome.removeprefix("graded_") for row in mine if row.outcome.startswith("graded_")]
    shares = tuple(
        Metric(f"share_{grade}", grades.count(grade) / len(grades), "share", len(grades))
        for grade in "ABCD"
        if grades
    )
    return (*run_metrics(mine), *shares)
