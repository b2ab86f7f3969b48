"""Every loop there is: our own and those of other packages; one that lacks an element is refused by name."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable

from loops.decision import Effect, Event
from loops.effects import (
    CreateTask,
    EffectFailed,
    EffectRetried,
    FailedInput,
    Notify,
    decide_failed,
    gather_failed,
)
from loops.errors import LoopError
from loops.loop import Loop, ScheduleDue, Trigger
from loops.revision import TRIGGERS as REVISION
from loops.tuning.task import TRIGGER as TUNING
from loops.tuning.task import OpenProposal

GROUP = "revloops.loops"
BUILT_IN = ("loops.qualify", "loops.route", "loops.engage", "loops.design", "loops.deploy")
EVERY_LOOP = (
    Trigger(on=EffectFailed, input=FailedInput, gather=gather_failed, decide=decide_failed),
    *REVISION,
    TUNING,
)
"""What every loop hears that is about itself, beside its own triggers; such an event names its loop."""
ELEMENTS = {
    "config": ("config.py", "config.yaml"),
    "logic": ("logic.py",),
    "inputs": ("inputs.py",),
    "outputs": ("outputs.py",),
    "metrics": ("metrics.py",),
    "feedback": ("feedback.py",),
    "card": ("README.md",),
    "cases": ("cases.yaml",),
}
"""The six elements, the card that describes them and the cases that try them, with their file names."""


def discover() -> tuple[str, ...]:
    """Import names of every loop's package: our own, then those that other packages declare."""
    found = (
        point.value.partition(":")[0] for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)
    )
    return tuple(dict.fromkeys((*BUILT_IN, *found)))


def load(packages: Iterable[str] | None = None) -> "Registry":
    """The registry of the given loop packages, or of all that are installed.

    Raises:
        LoopError: a loop lacks one of its elements, or two loops share a name.
    """
    loops: dict[str, Loop] = {}
    for package in discover() if packages is None else packages:
        loop = load_loop(package)
        if loop.name in loops:
            raise LoopError(f"two loops are named {loop.name}: {loops[loop.name].package} and {package}")
        loops[loop.name] = loop
    return Registry(loops)


def load_loop(package: str) -> Loop:
    """The loop in a package, with all its elements.

    Raises:
        LoopError: it lacks one; the text names the loop and the element.
    """
    try:
        folder = files(package)
    except ModuleNotFoundError as error:
        raise LoopError(f"loop {package} can't be found: {error}") from error
    for element, names in ELEMENTS.items():
        for name in names:
            if not folder.joinpath(name).is_file():
                raise LoopError(
                    f"loop {package.rpartition('.')[2]} lacks its {element}: add {name} to {package}"
                )
    loop = getattr(import_module(package), "LOOP", None)
    if not isinstance(loop, Loop):
        raise LoopError(f"loop {package} has no LOOP of type Loop in its __init__.py")
    if loop.package != package:
        raise LoopError(f"loop {loop.name} says it lies in {loop.package}, and it lies in {package}")
    return loop


@dataclass(frozen=True)
class Registry:
    """The loops by name, and what starts them."""

    loops: dict[str, Loop]
    _code: dict[str, str] = field(default_factory=dict[str, str])

    def triggers(self, loop: Loop) -> tuple[Trigger, ...]:
        """The loop's own triggers, and those that every loop has."""
        return (*loop.triggers, *EVERY_LOOP)

    @cached_property
    def _by_event(self) -> dict[str, tuple[tuple[Loop, Trigger], ...]]:
        table: dict[str, list[tuple[Loop, Trigger]]] = {}
        for loop in self.loops.values():
            for trigger in self.triggers(loop):
                table.setdefault(trigger.on.__name__, []).append((loop, trigger))
        return {kind: tuple(pairs) for kind, pairs in table.items()}

    def subscribers(self, event: Event) -> tuple[tuple[Loop, Trigger], ...]:
        """Who starts a run on this event."""
        pairs = self._by_event.get(event.kind, ())
        if isinstance(event, ScheduleDue):
            return tuple((p, t) for p, t in pairs if p.name == event.loop and t.schedule == event.schedule)
        if any(trigger.on is type(event) for trigger in EVERY_LOOP):
            return tuple((p, t) for p, t in pairs if p.name == getattr(event, "loop", ""))
        return pairs

    def trigger(self, loop: str, on: str, schedule: str = "") -> Trigger:
        """The trigger a run was started by."""
        found = [t for p, t in self._by_event.get(on, ()) if p.name == loop]
        return next(t for t in found if not schedule or t.schedule == schedule)

    @cached_property
    def events(self) -> dict[str, type[Event]]:
        """Every event class by its kind."""
        ours = [
            event for loop in self.loops.values() for event in (*loop.events, *(t.on for t in loop.triggers))
        ]
        generic = (trigger.on for trigger in EVERY_LOOP)
        return {cls.__name__: cls for cls in (ScheduleDue, EffectRetried, *generic, *ours)}

    @cached_property
    def effects(self) -> dict[str, type[Effect]]:
        """Every effect class by its kind."""
        ours = [effect for loop in self.loops.values() for effect in loop.effects]
        generic = (CreateTask, Notify, OpenProposal)
        return {cls.__name__: cls for cls in (*generic, *ours) if issubclass(cls, Effect)}

    def code(self, loop: str) -> str:
        """The hash of the loop's and the framework's code, 64 hex digits."""
        if loop not in self._code:
            digest = hashlib.sha256()
            for entry in (*_modules(files("loops")), *_modules(files(self.loops[loop].package), nested=True)):
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())
            self._code[loop] = digest.hexdigest()
        return self._code[loop]


def _modules(folder: Traversable, *, nested: bool = False) -> Iterator[Traversable]:
    """The modules in a package by name, and with `nested` those of the packages in it."""
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".py"):
            yield entry
        elif nested and entry.is_dir():
            yield from _modules(entry, nested=True)
