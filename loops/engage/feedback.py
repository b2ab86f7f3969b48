"""Where the metrics depart from what was intended, and which config could answer for it."""

from loops.engage.config import EngageConfig
from loops.ledger import Metric
from loops.loop import Finding

_ANSWERS = (
    (
        "rejected_share",
        "max_rejected_share",
        "plays",
        "reps reject more sequences than intended: look at the plays and lines they reject most",
    ),
    (
        "without_facts_share",
        "max_without_facts_share",
        "max_age_days",
        "too many leads have too few facts: widen the age that is still used, or add sources",
    ),
    (
        "below_mark_share",
        "max_below_mark_share",
        "rubric",
        "too many drafts stay below the mark: look at the criterion that fails most and its plays' lines",
    ),
    (
        "analyses_rejected_share",
        "max_analyses_rejected_share",
        "frameworks",
        "reps throw more analyses away than intended: look at what the framework's dimensions ask",
    ),
    (
        "confirmed_anyway_share",
        "max_confirmed_anyway_share",
        "discovery",
        "too many deals are confirmed below the handoff criteria: look at the required dimensions and the "
        "share it takes",
    ),
)


def feedback(metrics: tuple[Metric, ...], config: EngageConfig) -> tuple[Finding, ...]:
    """The departures, in a fixed order; empty where all is as intended or too little was seen."""
    seen = {metric.name: metric for metric in metrics}
    intent = config.intent.model_dump()
    return tuple(
        Finding(name, seen[name].value, f"at most {intent[bound]}", key, text)
        for name, bound, key, text in _ANSWERS
        if name in seen and seen[name].sample >= config.intent.min_sample and seen[name].value > intent[bound]
    )
