"""How often, how well and how fast Route runs, from its ledger rows."""

from collections.abc import Iterable

from loops.ledger import LedgerRow, Metric, run_metrics


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """Runs, success, duration, and the share that each rule decided."""
    mine = [row for row in rows if row.loop == "route" and row.trigger != "ScheduleDue"]
    rules = [row.rule for row in mine if row.kind == "decided" and row.rule]
    shares = tuple(
        Metric(f"rule {name}", rules.count(name) / len(rules), "share", len(rules))
        for name in sorted(set(rules))
    )
    return (*run_metrics(mine), *shares)
