"""Calls that no server may accept, made from a seed and from what the tools say they take."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

Json = Any
DEEP = 3000
LONG = 70_000
"""Characters: more than the arguments of one call may have."""
STRANGE = (
    "\ud800", "\x00", "\u202e", "\ufeff", "e\u0301", "\U0001f9ff", "\u2028",
    "\ufb01", "\uff10", "\x1b[2J", "%00", "../",
)  # fmt: skip
LOOKALIKES = ("wh\u043eami", "whoami\u200b", "WHOAMI", " whoami", "whoami\n", "who\u00adami", "\uff57hoami")
UNFIT: dict[str, tuple[Json, ...]] = {
    "string": (7, True, ["a"], {"a": 1}, 1.5),
    "integer": ("seven", [1], {"a": 1}, 1.5, "NaN"),
    "number": ("much", [1], {"a": 1}),
    "boolean": ("perhaps", [True], {"a": 1}, 7),
    "array": (7, "a", {"a": 1}, True),
    "object": (7, "a", [1], True),
}
"""Of each type, what isn't it, however kindly it is read."""


@dataclass(frozen=True)
class Case:
    """One malformed message."""

    kind: str
    body: bytes
    method: str = "tools/call"
    name: str = ""


@dataclass(frozen=True)
class Maker:
    """What cases are made from."""

    dice: random.Random
    tools: dict[str, dict[str, Json]]
    # the input schema of each tool
    meta: dict[str, Json]
    # of each request, where the era wants it

    def call(self, kind: str, name: Json, arguments: Json) -> Case:
        """A call in the right envelope, with what is wrong in it."""
        return self.request(kind, "tools/call", {"name": name, "arguments": arguments})

    def request(self, kind: str, method: str, params: dict[str, Json]) -> Case:
        """A request in the right envelope."""
        said = {**params, "_meta": self.meta} if self.meta else params
        name = params.get("name", params.get("uri", ""))
        whole = {"jsonrpc": "2.0", "id": "case", "method": method, "params": said}
        return Case(kind, json.dumps(whole).encode(), method, name if isinstance(name, str) else "")

    def good(self) -> dict[str, Json]:
        """A message that would be accepted, to be spoilt."""
        return json.loads(self.request("", "tools/call", {"name": "whoami", "arguments": {}}).body)

    def tool(self, needs: str = "properties") -> str:
        """A tool's name; of those whose schema has such a part."""
        return self.dice.choice([name for name, schema in self.tools.items() if schema.get(needs)])

    def filled(self, name: str) -> dict[str, Json]:
        """Arguments with everything that the tool requires."""
        schema = self.tools[name]
        return {one: _fit(schema["properties"][one]) for one in schema.get("required", ())}


def made(seed: int, count: int, tools: dict[str, dict[str, Json]], meta: dict[str, Json]) -> Iterator[Case]:
    """So many cases, of every kind in turn; the same ones for the same seed."""
    maker = Maker(random.Random(seed), tools, meta)
    kinds = tuple(KINDS.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        yield make(maker, kind)


def _broken(it: Maker, kind: str) -> Case:
    body = json.dumps(it.good()).encode()
    cut = it.dice.randrange(1, len(body) - 1)
    noise = it.dice.randbytes(40).replace(b"\n", b"{").replace(b"\r", b"{")
    torn = cut if it.meta else 1  # over stdio the SDK reads what isn't UTF-8 within a string as U+FFFD
    odd = body[:torn] + b"\xff\xfe" + body[torn:]
    spoilt = (body[:cut], odd, noise, body + b"}", body.replace(b":", b"=", 1))
    return Case(kind, it.dice.choice(spoilt), name="whoami")


def _shape(it: Maker, kind: str) -> Case:
    good = it.good()
    without = {key: part for key, part in good.items() if key != "method"}
    wrong: tuple[Json, ...] = (
        [], [good], 7, "whoami", None, without, {**good, "method": 7}, {**good, "method": None},
        {**good, "jsonrpc": "1.0"}, {**good, "jsonrpc": 2}, {**good, "id": {"a": 1}}, {**good, "id": [1]},
        {**good, "params": [1]}, {**good, "params": "whoami"}, {**good, "params": 7},
    )  # fmt: skip
    return Case(kind, json.dumps(it.dice.choice(wrong)).encode(), name="whoami")


def _method(it: Maker, kind: str) -> Case:
    known = ("tools/call", "tools/list", "resources/read", "prompts/get")
    name = it.dice.choice(known)
    spoilt = (name.upper(), f"{name}/", f"x{name}", name.replace("/", "."), f"rpc.{name}", "", "__init__")
    return it.request(kind, it.dice.choice(spoilt), {"name": "whoami", "arguments": {}})


def _params(it: Maker, kind: str) -> Case:
    wrong: tuple[tuple[str, dict[str, Json]], ...] = (
        ("tools/call", {"arguments": {}}), ("tools/call", {"name": 7, "arguments": {}}),
        ("tools/call", {"name": ["whoami"]}), ("tools/call", {"name": "whoami", "arguments": [1]}),
        ("tools/call", {"name": "whoami", "arguments": "detailed"}), ("tools/call", {"name": None}),
        ("resources/read", {}), ("resources/read", {"uri": 7}), ("resources/read", {"uri": "loop://nothing"}),
        ("resources/read", {"uri": "file:///etc/passwd"}), ("resources/read", {"uri": "config://../../x@1"}),
        ("prompts/get", {"name": "nothing"}), ("prompts/get", {"name": 7}),
        ("prompts/get", {"name": "why_this_lead", "arguments": {"lead": 7}}),
        ("completion/complete", {"ref": 7, "argument": {}}), ("completion/complete", {}),
    )  # fmt: skip
    return it.request(kind, *it.dice.choice(wrong))


def _no_tool(it: Maker, kind: str) -> Case:
    name = it.tool()
    spoilt = (*LOOKALIKES, f"{name}_", name[:-1], name.replace("_", "-"), name + it.dice.choice(STRANGE), "")
    return it.call(kind, it.dice.choice(spoilt), {})


def _unknown(it: Maker, kind: str) -> Case:
    name = it.dice.choice((*it.tools,))
    wrong = ("force", "approve", "as_user", "desk", "self", "dry-run", "Limit", "__class__", "kwargs")
    key = it.dice.choice(wrong)
    return it.call(kind, name, {**it.filled(name), key: it.dice.choice((True, "ops-lead", None, 1, ""))})


def _unicode(it: Maker, kind: str) -> Case:
    name = it.dice.choice((*it.tools,))
    key = "".join(it.dice.choices(STRANGE, k=it.dice.randrange(1, 6)))
    return it.call(kind, name, {**it.filled(name), key: "".join(it.dice.choices(STRANGE, k=4))})


def _type(it: Maker, kind: str) -> Case:
    name = it.tool()
    key, schema = it.dice.choice([*it.tools[name]["properties"].items()])
    fits = _types(schema)
    each = [one for type in sorted(fits) for one in UNFIT[type]]
    unfit = [one for one in each if all(_same(one, UNFIT[type]) for type in fits)]
    return it.call(kind, name, {**it.filled(name), key: it.dice.choice(unfit)})


def _missing(it: Maker, kind: str) -> Case:
    name = it.tool("required")
    whole = it.filled(name)
    del whole[it.dice.choice([*whole])]
    return it.call(kind, name, whole)


def _oversize(it: Maker, kind: str) -> Case:
    name = it.tool()
    key = it.dice.choice([*it.tools[name]["properties"]])
    size = it.dice.choice((LONG, 5 * LONG))
    wide = {str(number): number for number in range(size // 8)}
    large: tuple[Json, ...] = ("x" * size, ["x"] * (size // 2), wide, 10**400)
    return it.call(kind, name, {**it.filled(name), key: it.dice.choice(large)})


def _deep(it: Maker, kind: str) -> Case:
    name = it.tool()
    key = it.dice.choice([*it.tools[name]["properties"], "deep"])
    left, right = it.dice.choice((("[", "]"), ('{"a":', "}")))
    body = it.call(kind, name, {**it.filled(name), key: "HERE"}).body
    nested = f"{left * DEEP}1{right * DEEP}".encode()
    return Case(kind, body.replace(b'"HERE"', nested), name=name)


KINDS: dict[str, Callable[[Maker, str], Case]] = {
    "broken JSON": _broken,
    "not JSON-RPC": _shape,
    "unknown method": _method,
    "wrong parameters": _params,
    "unknown tool": _no_tool,
    "unknown argument": _unknown,
    "strange letters": _unicode,
    "wrong type": _type,
    "missing argument": _missing,
    "oversize": _oversize,
    "deep nesting": _deep,
}


def _types(schema: dict[str, Json]) -> set[str]:
    each = cast("list[dict[str, Json]]", schema.get("anyOf", [schema]))
    named = {one["type"] for one in each if "type" in one}
    return {one for one in named if one != "null"} or {"string"}


def _same(value: Json, among: tuple[Json, ...]) -> bool:
    """Whether it is one of them, a truth being no number."""
    return any(type(one) is type(value) and one == value for one in among)


def _fit(schema: dict[str, Json]) -> Json:
    if schema.get("enum"):
        return schema["enum"][0]
    kind = sorted(_types(schema))[0]
    fits: dict[str, Json] = {"string": "acme", "integer": 1, "number": 1, "boolean": True, "object": {"a": 1}}
    return [_fit(schema.get("items", {"type": "string"}))] if kind == "array" else fits[kind]
