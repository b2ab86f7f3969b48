"""The embedded policy of the config author: the smallest change that gains nearly as much as the largest."""

from typing import Any

from agent.spec import Reply, ToolCall, ToolResult

NONE = "none"
SURE = 30.0
"""The gain from which its confidence is above nine in ten."""


def config_author(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """The suggested change with what was seen as its reason; `none` where nothing is suggested."""
    chosen = next((one for one in payload["choices"] if one["id"] == payload["suggested"]), None)
    if chosen is None:
        return Reply({"choice": NONE}, 0.5, "no change stands out")
    gain = float(chosen["gain"])
    return Reply({"choice": chosen["id"]}, round(gain / (gain + SURE / 9), 3), chosen["says"])
