"""`make browser-test`: the Inspector shows the review card of a draft in headless Chromium.

It checks what a person would read there, and that the card asks nothing of any other machine; the picture
goes into docs/images.
"""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from agent.bootstrap import open_house
from agent.review import find
from loops.engage.tasks import ReviewItem
from tests.conformance.judges import (
    INSPECTOR,
    NODE,
    PLACE,
    ROOT,
    command,
    env,
    install,
    sandbox,
    say,
    serving,
)

LEAD = "bruno sato"
SHOT = ROOT / "docs" / "images" / "review-card.png"
TALL = 1500
"""Pixels of the picture at most: the first mails, not the whole."""
PORTS = ("CLIENT_PORT", "MCP_SANDBOX_PORT", "MCP_APP_ORIGIN_PORT")
QUIET = {
    "MCP_AUTO_OPEN_ENABLED": "false", "DANGEROUSLY_OMIT_AUTH": "true", "MCP_INSPECTOR_SECRET_STORE": "memory",
}  # fmt: skip
"""Of the Inspector: no window of its own, and no token in front of a page that lives a minute on loopback."""


def main() -> int:
    """How many checks failed."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        say("Chromium is missing; install it (Debian: apt install chromium) and run make again.")
        return 1
    install()
    with sandbox() as root:
        home = open_house(root)
        with home.store.reading() as tx:
            item = find(tx, LEAD)
        home.store.close()
        with serving(root, "--open-to-read") as url, _inspector(url) as inspector:
            seen = _seen(browser, inspector, item.short)
    checks = _checks(seen, cast(ReviewItem, item.sequence), item.short)
    for says, good in checks.items():
        say(f"  {'ok  ' if good else 'BAD '} {says}")
    say(f"picture: {SHOT.relative_to(ROOT)} ({SHOT.stat().st_size:,} bytes)")
    return sum(not good for good in checks.values())


def _checks(seen: dict[str, Any], drafted: ReviewItem, short: str) -> dict[str, bool]:
    """Each thing that must be so, and whether it is."""
    shown = " ".join(seen["text"].split())
    bodies = [" ".join(mail.body.split()) for mail in drafted.draft.mails]
    away = [one for one in seen["requests"] if one["away"]]
    cards = [one for one in seen["requests"] if one["frame"] == "card"]
    others = sorted({one["url"] for one in away if one["frame"] != "card"})
    low = shown.lower()
    return {
        f"the text of all {len(bodies)} mails": all(one in shown for one in bodies),
        "their subjects": all(mail.subject in shown for mail in drafted.draft.mails),
        f"{len(drafted.grades)} criteria, each with its reason": len(drafted.grades) == 7
        and all(one.score.criterion.replace("_", " ") in low for one in drafted.grades)
        and all(" ".join(one.score.reason.split()) in shown for one in drafted.grades),
        "where each claim comes from": all(one.url in shown for one in drafted.sources),
        "the command with which a person signs": f"revloops review approve {short}" in shown,
        "nothing to click, send or load": seen["acts"] == 0,
        f"{len(cards)} requests of the card's frames, none beyond this machine": bool(cards)
        and not [one for one in away if one["frame"] == "card"],
        "a picture that the card is made to load isn't asked for; one of the page round it is seen": (
            seen["reached"] == 0 and seen["noticed"] == 1
        ),
        f"cut off, of the Inspector's own page: {', '.join(others) or 'nothing'}": True,
    }


def _seen(browser: str, inspector: str, review: str) -> dict[str, Any]:
    SHOT.parent.mkdir(exist_ok=True)
    playwright = PLACE / "node_modules" / "playwright-core" / "index.mjs"
    told = {
        "browser": browser, "playwright": playwright.as_uri(), "inspector": inspector, "review": review,
        "shot": str(SHOT), "height": TALL,
    }  # fmt: skip
    ran = subprocess.run(
        [NODE, ROOT / "tests" / "browser" / "card.mjs"], input=json.dumps(told), capture_output=True,
        text=True, env=env(), timeout=180,
    )  # fmt: skip
    if ran.returncode:
        raise SystemExit(f"the browser didn't get there: {ran.stderr[-2000:]}")
    return json.loads(ran.stdout)


@contextmanager
def _inspector(url: str) -> Generator[str]:
    """The address of an Inspector that looks at the server, until the block ends."""
    ports = {name: str(port) for name, port in zip(PORTS, _free(len(PORTS)), strict=True)}
    words = command(INSPECTOR, "--web", "--server-url", url, "--transport", "http")
    log = PLACE / "inspector.log"
    with log.open("w", encoding="utf-8") as to:
        run = subprocess.Popen(words, env=env({**QUIET, **ports}), cwd=PLACE, stdout=to, stderr=to)
    address = ("127.0.0.1", int(ports["CLIENT_PORT"]))
    try:
        for _ in range(600):
            with socket.socket() as tried:
                tried.settimeout(0.1)
                if tried.connect_ex(address) == 0:
                    break
            try:
                run.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise SystemExit(f"the Inspector ended: {log.read_text(encoding='utf-8')[-1000:]}")
        yield f"http://{address[0]}:{address[1]}"
    finally:
        run.terminate()
        run.wait(20)


def _free(count: int) -> list[int]:
    """Ports that nobody listens on."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
