"""Metrics against intent: too few partner leads that earn a credit."""

from loops.ledger import Metric
from loops.loop import Finding

from .config import PartnerConfig


def findings(metrics: tuple[Metric, ...], config: PartnerConfig) -> tuple[Finding, ...]:
    """A credited share below intent."""
    found = next((m for m in metrics if m.name == "credited"), None)
    if found is None or found.value >= config.credited_share:
        return ()
    text = f"{found.value:.0%} of {found.sample} partner leads earned a credit."
    return (Finding("credited", found.value, f"at least {config.credited_share}", "grades", text),)
