"""The embedded policy that picks a company profile, or abstains."""

from typing import Any

from agent.spec import Reply, ToolCall, ToolResult

WEIGHT = {"domain": 6, "country": 3, "city": 2, "industry": 1}
"""How much a field that agrees speaks for a profile; one that differs speaks as much against it."""


def matcher(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """The profile that agrees most, as sure as it leads the next; `none` where nothing agrees."""
    ranked = sorted(
        ((_score(c), c["company"], c) for c in payload["candidates"]), key=lambda r: (-r[0], r[1])
    )
    best, second = ranked[0], ranked[1][0] if len(ranked) > 1 else 0
    if best[0] <= 0:
        return Reply({"choice": "none"}, 0.6, "no profile agrees with what the lead says")
    margin = best[0] - max(second, 0)
    sure = min(0.95, 0.4 + 0.1 * margin + (0.1 if not best[2]["differs"] else 0))
    if margin == 0:
        return Reply({"choice": best[1]}, 0.3, f"{len(ranked)} profiles agree equally well")
    why = f"{best[2]['name']} agrees on {', '.join(best[2]['agrees']) or 'nothing'}"
    against = f"; differs on {', '.join(best[2]['differs'])}" if best[2]["differs"] else ""
    return Reply({"choice": best[1]}, round(sure, 3), f"{why}{against}")


def _score(candidate: dict[str, Any]) -> int:
    return sum(WEIGHT[f] for f in candidate["agrees"]) - sum(WEIGHT[f] for f in candidate["differs"])
