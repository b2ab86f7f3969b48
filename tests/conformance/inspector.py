"""The Inspector's command line: it lists and calls in both eras, over both transports, without a fault."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.judges import INSPECTOR, PLACE, ROOT, judged

LISTS = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")
KEYS = ("tools", "resources", "resourceTemplates", "prompts")
CALL = ("--method", "tools/call", "--tool-name", "whoami", "--tool-arg", "response_format=detailed")
_FAULTS = re.compile(r"^(?:Warning|Error): tool .*|^\d+ errors?, \d+ warnings? across .*", re.MULTILINE)


def rows(url: str, root: Path) -> Iterator[tuple[str, bool, str]]:
    """Each thing asked, whether it went without a fault, and what came.

    Args:
        url: of the server over HTTP.
        root: the sandbox, for a server over stdio.
    """
    given = PLACE / "inspected.json"
    words = ["-m", "cli.main", "mcp", "-w", str(root)]
    said = {"command": sys.executable, "args": words, "env": {"PYTHONPATH": str(ROOT)}}
    given.write_text(json.dumps({"mcpServers": {"revloops": said}}), encoding="utf-8")
    ways = {
        "http": ("--server-url", url, "--transport", "http"),
        "stdio": ("--config", str(given), "--server", "revloops"),
    }
    for way, target in ways.items():
        for era in ("legacy", "modern"):
            for asked in (*(("--method", name) for name in LISTS), CALL):
                strict = ("--strict",) if asked[1] == "tools/list" else ()
                words = ("--cli", *target, "--protocol-era", era, *asked, *strict, "--format", "json")
                ran = judged(INSPECTOR, words)
                yield f"{asked[1]} {' '.join(strict)} {way} {era}", *verdict(
                    asked[1], ran.returncode, ran.stdout, ran.stderr
                )


def verdict(method: str, code: int, out: str, err: str) -> tuple[bool, str]:
    """Whether it came without a fault, and what came.

    Args:
        method: what was asked.
        code: how the Inspector ended.
        out: its JSON.
        err: what it noted.
    """
    faults = _FAULTS.findall(err)
    if code or faults:
        return False, f"exit {code}; {'; '.join(faults) or err.strip()[-300:]}"
    whole = json.loads(out)
    result = whole.get("result", whole)
    if method == "tools/call":
        return not result.get("isError", False), result["structuredContent"]["says"][:80]
    (listed,) = (result[key] for key in KEYS if key in result)
    return bool(listed), f"{len(listed)} listed, 0 errors, 0 warnings"
