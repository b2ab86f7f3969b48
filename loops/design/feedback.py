"""Metrics against intent: people who reject the moves proposed say that the bounds aren't theirs."""

from loops.design.config import DesignConfig
from loops.ledger import Metric
from loops.loop import Finding


def feedback(metrics: tuple[Metric, ...], config: DesignConfig) -> tuple[Finding, ...]:
    """A share of rejected proposals above intent, over a large enough sample; else empty."""
    most = config.intent.max_rejected_share
    return tuple(
        Finding(
            metric.name,
            metric.value,
            f"at most {most}",
            "balance",
            f"{metric.value:.0%} of {metric.sample} proposals to even out workload were rejected: look at "
            "the bounds and at what may move.",
        )
        for metric in metrics
        if metric.name == "rejected_share"
        and metric.sample >= config.intent.min_sample
        and metric.value > most
    )
