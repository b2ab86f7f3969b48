"""How often workload is out of balance, and what people make of the moves proposed, from ledger rows."""

from collections import Counter
from collections.abc import Iterable

from loops.ledger import LedgerRow, Metric, run_metrics


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """Runs, then the shares of looks that found balance, of proposals rejected, of moves that were made."""
    mine = [row for row in rows if row.loop == "design"]
    ended = Counter(row.outcome for row in mine if row.kind == "decided")
    looks = ended["balanced"] + ended["skewed"] + ended["approved"] + ended["rejected"]
    answered = ended["approved"] + ended["rejected"]
    moves = ended["moved"] + ended["stayed"]
    shares = (
        ("balanced_share", ended["balanced"], looks),
        ("rejected_share", ended["rejected"], answered),
        ("moved_share", ended["moved"], moves),
    )
    return (
        *run_metrics(mine),
        *(Metric(name, count / sample, "share", sample) for name, count, sample in shares if sample),
    )
