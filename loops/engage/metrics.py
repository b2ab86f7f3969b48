"""What Engage's ledger rows say about it."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from loops.engage.inputs import Without
from loops.ledger import LedgerRow, Metric


def metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """How often it ran, how it ended, how long it took."""
    every = [row for row in rows if row.loop == "engage"]
    calls = [row for row in every if row.trigger == "CallRecorded"]
    own = [row for row in every if row.trigger != "CallRecorded"]
    decided = [row for row in own if row.kind == "decided"]
    ends, rules = Counter(row.outcome for row in decided), Counter(row.rule for row in decided)
    shown = {row.run for row in own if row.kind == "asked" and row.queue == "review"}
    triaged = {row.run for row in own if row.kind == "asked" and row.queue == "triage"}
    # a draft that waits for its rep has come as far as one that was decided
    runs = len({row.run for row in decided} | shown)
    without = Counter(row.rule for row in decided if row.outcome == Without)
    return (
        Metric("runs", runs, "count", runs),
        _share("approved_share", ends["approved"], len(shown)),
        _share("rejected_share", ends["rejected"], len(shown)),
        _share("without_sequence_share", ends[Without], runs),
        _share("without_facts_share", without["too_few_facts"], runs),
        _share("below_mark_share", rules["draft_below_mark"], runs),
        _share("triage_share", len(triaged), len({row.run for row in own})),
        Metric("median_ms", median(row.duration_ms for row in decided) if decided else 0, "ms", runs),
        *(_discovery(calls) if calls else ()),
    )


def _discovery(rows: list[LedgerRow]) -> tuple[Metric, ...]:
    """How the calls ended, how often below the criteria, how often the analysis was thrown away."""
    decided = [row for row in rows if row.kind == "decided"]
    ends = Counter(row.outcome for row in decided)
    shown = {row.run for row in rows if row.kind == "asked" and row.queue == "review"}
    triaged = {row.run for row in rows if row.kind == "asked" and row.queue == "triage"}
    anyway = sum(row.rule == "overridden" for row in decided)
    return (
        Metric("calls", len(decided), "count", len(decided)),
        _share("calls_confirmed_share", ends["opportunity_confirmed"], len(decided)),
        _share("calls_disqualified_share", ends["disqualified"], len(decided)),
        _share("calls_continued_share", ends["discovery_continued"], len(decided)),
        _share("analyses_rejected_share", ends["analysis_rejected"], len(shown)),
        _share("confirmed_anyway_share", anyway, ends["opportunity_confirmed"]),
        _share("calls_triage_share", len(triaged), len({row.run for row in rows})),
    )


def _share(name: str, part: int, whole: int) -> Metric:
    return Metric(name, round(part / whole, 3) if whole else 0.0, "share", whole)
