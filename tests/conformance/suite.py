"""The official conformance suite: its scenarios that any server must pass, whatever its tools are."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.conformance.judges import judged

SCENARIOS = (
    "server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list", "prompts-list",
    "completion-complete", "caching", "http-header-validation", "dns-rebinding-protection",
    "sep-2164-resource-not-found", "server-sse-multiple-streams", "server-stateless",
    "input-required-result-missing-input-response", "input-required-result-unsupported-methods",
    "input-required-result-ignore-extra-params", "input-required-result-validate-input",
)  # fmt: skip
"""The others call tools of the suite's own making (`test_simple_text` and its like)."""
UNTESTABLE = {
    "sep-2575-server-rejects-undeclared-capability": "calls the suite's own tool test_missing_capability",
    "sep-2575-missing-capability-http-400": "says itself: not testable without test_missing_capability",
}
"""Checks of server-stateless that fail on every server without the suite's tool, and why."""


def rows(url: str) -> list[tuple[str, bool, str]]:
    """Each scenario, whether it is green, and its counts."""
    return [(name, *_one(url, name)) for name in SCENARIOS]


def _one(url: str, name: str) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory() as folder:
        ran = judged("conformance", ["server", "--url", url, "--scenario", name, "-o", folder])
        found = sorted(Path(folder).rglob("checks.json"))
        if len(found) != 1:
            return False, f"no result: {ran.stderr.strip()[-200:]}"
        return verdict(json.loads(found[0].read_text(encoding="utf-8")))


def verdict(checks: list[dict[str, Any]]) -> tuple[bool, str]:
    """Whether no check failed but those that can't pass, and the counts in words.

    Args:
        checks: as the suite writes them.
    """
    of = {status: [one for one in checks if one["status"] == status] for status in _STATUSES}
    known = [one for one in of["FAILURE"] if one["id"] in UNTESTABLE]
    bad = [one for one in of["FAILURE"] if one["id"] not in UNTESTABLE]
    strange = [one for one in checks if one["status"] not in {*_STATUSES, "INFO", "SKIPPED"}]
    says = [f"{len(of['SUCCESS'])} passed", f"{len(bad)} failed"]
    says += [f"not testable here: {one['id']} ({UNTESTABLE[one['id']]})" for one in known]
    says += [f"warning: {one['id']}" for one in of["WARNING"]]
    says += [f"FAILED {one['id']}: {one.get('errorMessage', '')[:200]}" for one in bad]
    return bool(of["SUCCESS"] or of["WARNING"]) and not bad and not strange, "; ".join(says)


_STATUSES = ("SUCCESS", "FAILURE", "WARNING")
