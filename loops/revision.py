"""What happens to a loop's config, as events of its own: it changed, by whom; a promise was measured."""

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from loops.config import LoopConfig
from loops.decision import Answer, Decision, Event, Reason
from loops.ids import LoopName
from loops.loop import Trigger
from loops.records import Records
from loops.values import Value

Level = Literal["person", "proposal"]
"""Who closed the loop: a person edited its config, or an agent proposed the change and a person merged it."""


class ConfigRevised(Event):
    """A loop is configured otherwise from now on."""

    kind: Literal["ConfigRevised"] = "ConfigRevised"
    loop: LoopName
    before: str
    after: str
    # versions, content hashes
    commit: str
    # of the workspace, `+edited` behind it where the change isn't committed
    by: Level
    proposal: str = ""
    # the proposal's branch; "" where a person edited it
    keys: tuple[str, ...] = ()
    # what says something else, dotted, in the config's order


class PromiseJudged(Event):
    """What a merged change promised was held against what came."""

    kind: Literal["PromiseJudged"] = "PromiseJudged"
    loop: LoopName
    proposal: str
    verdict: Literal["kept", "broken", "unclear"]
    # unclear: there are leads enough, and the interval holds both the promise and no effect
    metric: str
    promised: float
    measured: float
    low: float
    high: float
    leads: int


class RevisedInput(Value):
    """The event, as it is."""

    revised: ConfigRevised


class JudgedInput(Value):
    """The event, as it is."""

    judged: PromiseJudged


def gather_revised(event: ConfigRevised, records: Records, config: LoopConfig) -> RevisedInput:
    """The event."""
    return RevisedInput(revised=event)


def gather_judged(event: PromiseJudged, records: Records, config: LoopConfig) -> JudgedInput:
    """The event."""
    return JudgedInput(judged=event)


def decide_revised(input: RevisedInput, answers: tuple[Answer, ...], config: LoopConfig) -> Decision:
    """Write down who changed what."""
    told = input.revised
    who = f"the proposal {told.proposal}, merged by a person" if told.by == "proposal" else "a person's edit"
    keys = ", ".join(told.keys) or "nothing that has an effect"
    text = f"Version {told.before[:12]} became {told.after[:12]} by {who}, at {told.commit[:12]}: {keys}."
    return Decision(outcome=f"config_by_{told.by}", reasons=(Reason(code="config_revised", text=text),))


def decide_judged(input: JudgedInput, answers: tuple[Answer, ...], config: LoopConfig) -> Decision:
    """Write down how it came out."""
    told = input.judged
    text = (
        f"{told.proposal} promised {told.metric} of {told.promised:.3f}; over {told.leads} leads it is "
        f"{told.measured:.3f}, 95 % between {told.low:.3f} and {told.high:.3f}: {told.verdict}."
    )
    return Decision(outcome=f"promise_{told.verdict}", reasons=(Reason(code="promise", text=text),))


TRIGGERS = (
    Trigger(on=ConfigRevised, input=RevisedInput, gather=gather_revised, decide=decide_revised),
    Trigger(on=PromiseJudged, input=JudgedInput, gather=gather_judged, decide=decide_judged),
)
"""What every loop hears of itself."""


def changed_keys(before: JsonValue, after: JsonValue, path: str = "") -> tuple[str, ...]:
    """Where two configs say something else, dotted; items of a list with names by their names."""
    if isinstance(before, dict) and isinstance(after, dict):
        return _of(before, after, path)
    if isinstance(before, list) and isinstance(after, list):
        mine, theirs = _named(before), _named(after)
        if mine is not None and theirs is not None:
            found = _of(mine, theirs, path)
            same = [name for name in mine if name in theirs]
            moved = same != [name for name in theirs if name in mine]
            return (*found, *((f"{path} (order)",) if moved else ()))
    return () if before == after else (path or "everything",)


def _of(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue], path: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in dict.fromkeys((*before, *after)):
        here = f"{path}.{name}" if path else name
        if name in before and name in after:
            found += changed_keys(before[name], after[name], here)
        else:
            found.append(here)
    return tuple(found)


def _named(items: list[JsonValue]) -> dict[str, JsonValue] | None:
    """The items by their `name`; None where they have none, or two have the same."""
    names = [item.get("name") for item in items if isinstance(item, dict)]
    if len(names) != len(items) or None in names or len(set(map(str, names))) != len(items):
        return None
    return {str(name): item for name, item in zip(names, items, strict=True)}
