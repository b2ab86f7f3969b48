"""How an endpoint wants to be asked: learned once for each model, remembered in the store."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, cast

from loops.values import short_id
from tools.store import Store

Structured = Literal["json_schema", "tools", "json"]
LADDER: tuple[Structured, ...] = ("json_schema", "tools", "json")
"""From the strictest to what any server can do."""
OPTIONAL = ("temperature", "seed", "tool_choice", "user")
"""Parameters that some models or servers refuse, and that a request can do without."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""Two names of one parameter; an endpoint may refuse either."""
PATIENCE = 2
"""Answers without the asked form, before a manner counts as not understood."""


@dataclass(frozen=True)
class Manner:
    """How a request is put."""

    structured: Structured
    # json_schema: enforced by the endpoint; tools: a function to reply with; json: asked for in words
    without: tuple[str, ...] = ()
    # parameters that the endpoint refuses, sorted


class Manners:
    """What is known of the endpoint's models; one memory a process, kept in the store's settings."""

    def __init__(self, store: Store, base_url: str, fixed: Structured | None) -> None:
        """Nothing is learned where the settings fix a manner; None: they don't."""
        self._store, self._base_url = store, base_url
        self._fixed: Structured | None = fixed
        self._manners: dict[tuple[str, str], Manner] = {}
        self._proven: set[tuple[str, str]] = set()
        self._strikes: dict[tuple[str, str], int] = {}

    def of(self, model: str, output: str) -> Manner:
        """How to ask this model for this output: as it was learned, else the strictest."""
        for key in ((model, output), (model, "")):
            known = self._manners.get(key) or self._load(key)
            if known:
                return known
        return Manner(self._fixed or LADDER[0])

    def is_proven(self, model: str, output: str) -> bool:
        """Whether the model is known to answer in this manner."""
        return (model, output if (model, output) in self._manners else "") in self._proven

    def proven(self, model: str, output: str, manner: Manner) -> None:
        """The model gave the asked form: from now on it is asked like that."""
        if self.is_proven(model, output) and self.of(model, output) == manner:
            return
        general = (model, "")
        own = general in self._proven and self._manners[general] != manner
        key = (model, output) if own else general
        self._manners[model, output] = manner
        self._manners[key] = manner
        self._proven |= {key, (model, output)}
        self._strikes.pop((model, output), None)
        with self._store.transaction() as tx:
            tx.set_setting(self._name(key), json.dumps([manner.structured, *manner.without]))

    def took(self, model: str, output: str, manner: Manner) -> None:
        """The model answered in this manner after it had refused another: it is asked like that for now."""
        self._manners[model, output] = manner
        self._manners.setdefault((model, ""), manner)

    def missed(self, model: str, output: str, manner: Manner) -> None:
        """The model answered without the asked form: twice, and it is asked in a simpler manner."""
        if self.is_proven(model, output) and self.of(model, output) == manner:
            return
        strikes = self._strikes.get((model, output), 0) + 1
        self._strikes[model, output] = strikes
        if strikes >= PATIENCE and (simpler := self.simpler(manner)):
            self._manners[model, output], self._strikes[model, output] = simpler, 0

    def simpler(self, manner: Manner) -> Manner | None:
        """The next manner down; None at the last, or where the settings fix one."""
        at = LADDER.index(manner.structured) + 1
        if self._fixed or at == len(LADDER):
            return None
        return replace(manner, structured=LADDER[at])

    def forget(self, model: str) -> None:
        """Learn the model anew."""
        for key in [key for key in self._manners if key[0] == model]:
            del self._manners[key]
        self._proven = {key for key in self._proven if key[0] != model}
        with self._store.transaction() as tx:
            tx.set_setting(self._name((model, "")), "")

    def _load(self, key: tuple[str, str]) -> Manner | None:
        with self._store.reading() as tx:
            kept = tx.setting(self._name(key))
        if not kept:
            return None
        structured, *without = cast("list[str]", json.loads(kept))
        if self._fixed not in {None, structured}:
            return None
        manner = Manner(cast(Structured, structured), tuple(without))
        self._manners[key] = manner
        self._proven.add(key)
        return manner

    def _name(self, key: tuple[str, str]) -> str:
        # a hash, since an address may hold a password
        return f"models.manner.{short_id(self._base_url, *key)}"


def without_refused(manner: Manner, sent: Collection[str], param: str, said: str) -> Manner | None:
    """The same manner without the parameter that the endpoint refuses; None where it refuses none.

    Args:
        manner: how it was asked.
        sent: the parameters that were sent.
        param: the one that the endpoint names, or "".
        said: its own words, where it names none.
    """
    for name in (*OPTIONAL, *LIMITS):
        # "user" stands in many messages that refuse something else
        named = param == name or (not param and name != "user" and re.search(rf"\b{name}\b", said))
        if named and name in sent:
            return replace(manner, without=tuple(sorted({*manner.without, name})))
    return None
