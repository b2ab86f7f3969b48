"""How many partner leads earn a credit, from ledger rows."""

from collections.abc import Iterable

from loops.ledger import LedgerRow, Metric, run_metrics


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """What every loop measures, and the share of credited leads."""
    mine = [row for row in rows if row.loop == "partner"]
    ends = [row.outcome for row in mine if row.kind == "decided"]
    share = (Metric("credited", ends.count("credited") / len(ends), "share", len(ends)),) if ends else ()
    return (*run_metrics(mine), *share)
