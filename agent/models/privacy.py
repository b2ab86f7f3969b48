"""What is kept from a model: withheld fields leave as tokens, and come back as what they stand for.

A token names the field, so that a model can still greet «reader.first_name». Wherever the same words stand
elsewhere in the request they are covered too: a switch that one mention gets around would be none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, cast

from pydantic import JsonValue

from agent.models.cover import TOKEN, Cover, covered, uncover
from agent.models.errors import BadAnswer
from agent.models.exchange import Completion, Request
from agent.models.fields import ROW, Tasks, named
from agent.models.port import Models
from agent.models.schema import read_json
from loops.errors import ConfigError, Fault
from loops.values import Value, canonical
from tools.workspace import MARKER


class Veil:
    """The withheld fields of a workspace; false where there are none."""

    def __init__(self, withhold: Iterable[str], tasks: Tasks) -> None:
        """Check the paths.

        Args:
            withhold: `reader.first_name`, for every specialist that has it, or one's with its name before it.
            tasks: what each specialist can be sent.

        Raises:
            ConfigError: one names no field; the text names those that there are.
        """
        self._tasks, self._known = tasks, {name: _named(types) for name, types in tasks.items()}
        self._paths: dict[str, set[str]] = {name: set() for name in tasks}
        unknown = [path for path in withhold if not self._take(path)]
        if unknown:
            raise ConfigError(*(Fault(MARKER, 0, "privacy.withhold", self._no(path)) for path in unknown))
        self._row = any(path.split(".")[0] == ROW for paths in self._paths.values() for path in paths)

    def __bool__(self) -> bool:
        """Whether anything is withheld."""
        return any(self._paths.values())

    def withheld(self, specialist: str) -> tuple[str, ...]:
        """The paths that are kept from its model, sorted."""
        return tuple(sorted(self._paths.get(specialist, ())))

    def over(self, specialist: str) -> "Cover":
        """A cover for one request to that specialist's model; `_chat` behind its name changes nothing."""
        name = specialist.removesuffix("_chat")
        return Cover(frozenset(self._paths.get(name, ())), self._tasks.get(name, ()), self._row)

    def _take(self, path: str) -> bool:
        first, _, rest = path.partition(".")
        wanted = {first: rest} if first in self._tasks else dict.fromkeys(self._tasks, path)
        fitting = [name for name in wanted if wanted[name] in self._known[name]]
        for name in fitting:
            self._paths[name].add(wanted[name])
        return bool(fitting)

    def _no(self, path: str) -> str:
        """What is wrong with a path, and the names that fit where it goes wrong."""
        first, _, rest = path.partition(".")
        own = first in self._tasks
        known = self._known[first] if own else {one for paths in self._known.values() for one in paths}
        at = rest if own else path
        while at and not any(one.startswith(f"{at}.") for one in known):
            at = at.rpartition(".")[0]
        depth = at.count(".") + 1 if at else 0
        there = [one for one in known if one.count(".") == depth and one.startswith(f"{at}." if at else "")]
        alone = "" if own or at else f"; one specialist's begin with {', '.join(sorted(self._tasks))}"
        return f"no field is called {path}; there are {', '.join(sorted(there))}{alone}"


def _named(types: Iterable[type[Value]]) -> frozenset[str]:
    return frozenset(path for task in types for path in named(task))


class Veiled:
    """Models behind a veil: what is withheld doesn't leave, and what comes back has it again."""

    def __init__(self, models: Models, veil: Veil) -> None:
        self._models, self.veil = models, veil

    @property
    def when_down(self) -> Literal["fallback", "queue"]:
        """What a specialist does when its model can't be asked."""
        return self._models.when_down

    def model_for(self, role: str) -> str:
        """The model of a specialist, as configured."""
        return self._models.model_for(role)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._models.close()

    async def complete(self, request: Request) -> Completion:
        """What the role's model gave back, with what its tokens stand for.

        Raises:
            ModelDown: it can't be asked.
            OverBudget: the run has spent what it may.
            BadAnswer: it answered with something that can't be read, or with a token that stands for nothing.
        """
        cover = self.veil.over(request.role)
        said = await self._models.complete(covered(request, cover))
        return _uncovered(said, cover.tokens) if cover.tokens else said


def _uncovered(said: Completion, tokens: Mapping[str, JsonValue]) -> Completion:
    data = read_json(said.text)
    text = str(uncover(said.text, tokens)) if data is None else canonical(uncover(data, tokens)).decode()
    names = {token.strip("«»").partition("~")[0] for token in tokens}
    strange = [m[0] for m in TOKEN.finditer(text) if m[1].partition("~")[0] in names]
    if strange:
        raise BadAnswer(f"{said.model}'s answer has {strange[0]}, which stands for nothing")
    calls = tuple(
        replace(call, args=cast("dict[str, JsonValue]", uncover(call.args, tokens))) for call in said.calls
    )
    return replace(said, text=text, calls=calls, refusal=str(uncover(said.refusal, tokens)))
