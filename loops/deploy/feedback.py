"""Metrics against intent: changes that the systems of work refuse say that the plan doesn't fit them."""

from loops.deploy.config import DeployConfig
from loops.ledger import Metric
from loops.loop import Finding


def findings(metrics: tuple[Metric, ...], config: DeployConfig) -> tuple[Finding, ...]:
    """A share of refused changes above intent, over a large enough sample; else empty."""
    most = config.intent.max_failed_share
    return tuple(
        Finding(
            metric.name,
            metric.value,
            f"at most {most}",
            "intent.max_failed_share",
            f"{metric.value:.0%} of {metric.sample} changes were refused by the systems of work.",
        )
        for metric in metrics
        if metric.name == "failed_share"
        and metric.sample >= config.intent.min_sample
        and metric.value > most
    )
