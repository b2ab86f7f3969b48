"""The review card: a page without network that shows what waits for a person, and can decide nothing."""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Any

from mcp.server.apps import Apps, ResourceCsp

URI = "ui://revloops/review"
META: dict[str, Any] = {"ui": {"resourceUri": URI}}
"""What a tool says whose result the card shows."""
MOST_BYTES = 12 * 1024
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def apps() -> Apps:
    """The extension that serves the card; its tool is listed with `META`."""
    found = Apps()
    found.add_html_resource(
        URI,
        page(),
        name="review",
        title="Review card",
        description="Shows what waits for a person; they decide elsewhere.",
        csp=ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[]),
        prefers_border=True,
    )
    return found


def page() -> str:
    """The card's HTML, its one script allowed by its hash."""
    text = files("mcp_server").joinpath("card.html").read_text(encoding="utf-8")
    script = _SCRIPT.search(text)
    assert script is not None
    hashed = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    return text.replace("SCRIPT-HASH", f"sha256-{hashed}")
