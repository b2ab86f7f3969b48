"""How much Deploy changes, and how much of it the systems of work refuse, from its ledger rows."""

from collections.abc import Iterable

from loops.deploy.outputs import Materialize
from loops.ledger import LedgerRow, Metric, run_metrics


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """Runs, then changes performed and the share of them that was refused for good."""
    mine = [row for row in rows if row.loop == "deploy"]
    tried = [row for row in mine if row.kind == "performed" and row.rule == Materialize.__name__]
    failed, done = (sum(row.outcome == end for row in tried) for end in ("failed", "done"))
    if not tried:
        return run_metrics(mine)
    return (
        *run_metrics(mine),
        Metric("materialized", float(done), "count", len(tried)),
        Metric("failed_share", failed / len(tried), "share", len(tried)),
    )
