"""Metrics against intent: grade drift, with both ways to read it."""

from loops.ledger import Metric
from loops.loop import Finding
from loops.qualify.config import QualifyConfig


def findings(metrics: tuple[Metric, ...], config: QualifyConfig) -> tuple[Finding, ...]:
    """The share of A grades outside what the config calls normal."""
    share = next((m for m in metrics if m.name == "share_A"), None)
    if share is None or share.sample < config.drift.min_sample:
        return ()
    low, high = config.drift.a_share_low, config.drift.a_share_high
    if low <= share.value <= high:
        return ()
    reading = (
        "leads fit better than they did, or the score no longer tells them apart"
        if share.value > high
        else "leads fit worse than they did, or the score has become too strict"
    )
    text = (
        f"{share.value:.0%} of {share.sample} leads are graded A, outside {low:.0%} to {high:.0%}: {reading}."
    )
    return (Finding("share_A", share.value, f"{low:.2f} to {high:.2f}", "grades.A", text),)
