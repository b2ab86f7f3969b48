"""Metrics against intent: too much in triage, or a rule that decides nothing."""

from loops.ledger import Metric
from loops.loop import Finding
from loops.route.config import RouteConfig


def findings(metrics: tuple[Metric, ...], config: RouteConfig) -> tuple[Finding, ...]:
    """A triage share above intent, and rules that never fired over a large enough sample."""
    by_name = {m.name: m for m in metrics}
    found: list[Finding] = []
    triaged = by_name.get("triaged")
    if triaged and triaged.sample >= config.intent.min_sample and triaged.value > config.intent.triage_share:
        most = f"at most {config.intent.triage_share:.0%}"
        text = f"{triaged.value:.0%} of {triaged.sample} leads went to triage; {most}."
        found.append(
            Finding("triaged", triaged.value, f"at most {config.intent.triage_share}", "rules", text)
        )
    runs = by_name.get("runs")
    if runs and runs.sample >= config.intent.min_sample:
        for rule in config.rules[:-1]:
            if f"rule {rule.name}" not in by_name:
                found.append(
                    Finding(
                        f"rule {rule.name}",
                        0,
                        "above 0",
                        "rules",
                        f"Rule {rule.name} decided none of {runs.sample} leads.",
                    )
                )
    return tuple(found)
