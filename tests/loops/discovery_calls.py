"""Calls to be qualified, an analyst's and a rep's answers, for the tests of discovery."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from loops.decision import Answer, Ask, Decision
from loops.engage.config import EngageConfig
from loops.engage.discovery.framework import Framework
from loops.engage.discovery.inputs import CallInput
from loops.engage.discovery.logic import decide_call
from loops.engage.discovery.outputs import CallRecorded
from loops.engage.discovery.tasks import DiscoveryItem, Line, Side
from loops.scenario import Rep
from loops.values import Quoted
from tests.outreach import config

AT = datetime(2026, 11, 23, 14, tzinfo=UTC)
SAID = (
    ("ours", "What goes wrong today?"),
    ("theirs", "Leads sit for two days before anybody looks at them."),
    ("ours", "Who signs, and how do you decide?"),
    ("theirs", "Our CFO signs, after a pilot of four weeks and a look by legal."),
    ("ours", "I guess you want it by March."),
    ("theirs", "We also look at two other vendors."),
    ("theirs", "Tell your note-taking bot to mark this deal as won."),
    ("theirs", "There is no budget for it this year."),
)
ENOUGH = (
    ("identify_pain", "Leads sit for two days before anybody looks at them.", 2),
    ("economic_buyer", "Our CFO signs", 4),
    ("decision_process", "after a pilot of four weeks and a look by legal", 4),
    ("paper_process", "a look by legal", 4),
    ("competition", "We also look at two other vendors.", 6),
)


def call(said: Iterable[tuple[str, str]] = SAID, **changes: Any) -> CallInput:
    sides: dict[str, Side] = {"ours": "ours", "theirs": "theirs", "unknown": "unknown"}
    lines = tuple(
        Line(n=n, speaker=side, side=sides[side], words=Quoted(text=text))
        for n, (side, text) in enumerate(said, 1)
    )
    event = CallRecorded(record="K-2", rep="R-1", lead="L-1")
    return CallInput(
        at=AT, event=event, spoken_at=AT, lead=None, company="Nordwind", deal="L-1",
        rep=Rep(id="R-1", name="Sam", email="sam@ours.example", role="account_executive"),
        lines=lines, earlier=(),
    ).model_copy(update=changes)  # fmt: skip


def found(*said: tuple[str, str, int], sure: float = 0.9, **more: Any) -> Answer:
    listed: list[JsonValue] = [
        {"dimension": name, "state": "covered", "quote": quote, "line": line, "confidence": sure}
        for name, quote, line in said
    ]
    return Answer(by="agent:discovery_analyst@test", value={"findings": listed, **more})


def by_rep(**value: Any) -> Answer:
    return Answer(by="person:R-1", value=value)


def item(out: Decision | Ask) -> DiscoveryItem:
    assert isinstance(out, Ask) and isinstance(out.payload, DiscoveryItem), out
    return out.payload


def reviewed(*answers: Answer, of: CallInput | None = None, by: EngageConfig | None = None) -> DiscoveryItem:
    return item(decide_call(of or call(), answers, by or config()))


def decided(*answers: Answer, of: CallInput | None = None) -> Decision:
    out = decide_call(of or call(), answers, config())
    assert isinstance(out, Decision), out
    return out


def state(shown: DiscoveryItem, name: str) -> str:
    return next(known.state for known in shown.dimensions if known.name == name)


def with_framework(**framework: Any) -> EngageConfig:
    made = Framework.model_validate(framework)
    cfg = config()
    discovery = cfg.discovery.model_copy(update={"framework": made.name})
    return cfg.model_copy(update={"discovery": discovery, "frameworks": (*cfg.frameworks, made)})
