"""A loop's `cases.yaml`: examples that are decided under a config, and what each is expected to end in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from loops.decision import Answer, Ask, Decision
from loops.errors import LoopError
from loops.loop import Loop, Trigger
from tools import yaml_text

EXPECTATIONS = {"outcome", "event", "effect", "score", "owner", "rule", "reason", "ask", "queue"}


@dataclass(frozen=True)
class Case:
    """One example of a loop."""

    loop: str
    name: str
    trigger: Trigger
    input: Any
    answers: tuple[Answer, ...]
    expect: Mapping[str, Any]

    @property
    def fires(self) -> bool:
        """Whether it ends in something happening: an event or an effect."""
        return bool({"event", "effect", "owner", "score"} & set(self.expect))

    def decided(self, config: object) -> Decision | Ask:
        """What the loop makes of it."""
        return self.trigger.decide(self.input, self.answers, config)


def cases_of(loop: Loop) -> tuple[Case, ...]:
    """The loop's examples, in the order of the file.

    Raises:
        LoopError: an example expects nothing, or something that can't be expected.
    """
    text = files(loop.package).joinpath("cases.yaml").read_text(encoding="utf-8")
    data = cast("dict[str, Any]", yaml_text.read(text, f"{loop.package}/cases.yaml")[0])
    return tuple(case for group in (data, *data.get("more", ())) for case in _group(loop, group))


def _group(loop: Loop, group: dict[str, Any]) -> Iterator[Case]:
    """The examples of one trigger, which share a base."""
    trigger = next(t for t in loop.triggers if t.on.__name__ == group["trigger"])
    yield from (_case(loop.name, trigger, group["base"], case) for case in group["cases"])


def _case(loop: str, trigger: Trigger, base: Any, case: dict[str, Any]) -> Case:
    unknown = {*case["expect"]} - EXPECTATIONS
    if unknown or not case["expect"]:
        told = f"nothing can be expected of {', '.join(unknown)}" if unknown else "it expects nothing"
        raise LoopError(f"{loop}: case {case['name']}: {told}")
    return Case(
        loop,
        case["name"],
        trigger,
        trigger.input.model_validate(deep_merged(base, case.get("input", {}))),
        tuple(Answer.model_validate(answer) for answer in case.get("answers", ())),
        case["expect"],
    )


def deep_merged(base: Any, change: Any) -> Any:
    """`base` changed by `change`: mappings key by key, everything else replaced."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    old, new = cast("dict[str, Any]", base), cast("dict[str, Any]", change)
    return {**old, **{name: deep_merged(old.get(name), value) for name, value in new.items()}}


def found_in(out: Decision | Ask) -> dict[str, set[Any]]:
    """What a result offers for each expectation."""
    if isinstance(out, Ask):
        return {"ask": {out.to}, "queue": {out.queue}, "reason": {r.code for r in out.evidence}}
    return {
        "outcome": {out.outcome},
        "rule": {out.rule},
        "reason": {r.code for r in out.reasons},
        "event": {e.kind for e in out.events},
        "effect": {e.kind for e in out.effects},
        "score": {getattr(e, "score", None) for e in out.events},
        "owner": {getattr(e, "owner", None) for e in out.events},
    }


def departures(case: Case, out: Decision | Ask) -> list[str]:
    """Where the result isn't what the case expects; empty where it is."""
    found = found_in(out)
    return [
        f"{name}: expected {wanted}, had {sorted(map(str, found.get(name, ())))}"
        for name, wanted in case.expect.items()
        if wanted not in found.get(name, ())
    ]
