"""What Engage's ledger rows say about it."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from loops.engage.flow import Without
from loops.ledger import LedgerRow, Metric


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """How often it ran, how it ended, how long it took."""
    own = [row for row in rows if row.loop == "engage"]
    decided = [row for row in own if row.kind == "decided"]
    ends, rules = Counter(row.outcome for row in decided), Counter(row.rule for row in decided)
    shown = {row.run for row in own if row.kind == "asked" and row.queue == "review"}
    triaged = {row.run for row in own if row.kind == "asked" and row.queue == "triage"}
    runs, without = len(decided), Counter(row.rule for row in decided if row.outcome == Without)
    return (
        Metric("runs", runs, "count", runs),
        _share("approved_share", ends["approved"], len(shown)),
        _share("rejected_share", ends["rejected"], len(shown)),
        _share("without_sequence_share", ends[Without], runs),
        _share("without_facts_share", without["too_few_facts"], runs),
        _share("below_mark_share", rules["draft_below_mark"], runs),
        _share("triage_share", len(triaged), len({row.run for row in own})),
        Metric("median_ms", median(row.duration_ms for row in decided) if decided else 0, "ms", runs),
    )


def _share(name: str, part: int, whole: int) -> Metric:
    return Metric(name, round(part / whole, 3) if whole else 0.0, "share", whole)
