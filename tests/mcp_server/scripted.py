"""A client that does written tasks: arguments come from the words, the tools' list and earlier results."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from mcp_types import TextResourceContents

from agent.bootstrap import House
from tests.mcp_server import facts
from tests.mcp_server.served import Served

WORDS = {"two": 2, "three": 3, "eight": 8}
_STEP = re.compile(r"\[(\w+)\]|\{(\w+)=(\w+)\}|\(([\w ]+)\)|([^.\[\]{}()]+)")


class Invented(AssertionError):
    """An argument that comes from nowhere."""


def at(path: str, results: list[Any]) -> Any:
    """What stands at a path of the results.

    A step is a key, an index, `*`, `[field]` (where it is true), `{field=value}`, or `(field field)`: their
    texts side by side.
    """
    found: Any = results
    for n, (true, field, value, beside, key) in enumerate(_STEP.findall(path)):
        items = cast("list[Any]", found) if isinstance(found, list) else []
        if true:
            found = [one for one in items if one.get(true)]
        elif field:
            found = [one for one in items if one.get(field) == value]
        elif beside:
            found = [" ".join(str(one.get(name)) for name in beside.split()) for one in items]
        elif key == "*":
            found = items
        elif isinstance(found, list) and not key.isdecimal():
            found = [one[key] for one in items]
        else:
            found = cast("Any", found)[int(key) if isinstance(found, list) else key]
        assert found is not None, (path, n)
    return found


def parts(value: Any) -> Iterator[str | int]:
    """Every text and number of an argument, the keys of objects too."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from parts(key)
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from parts(inner)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield value


def check(given: Any, words: str, tools: str, results: list[Any]) -> None:
    """Refuse an argument that stands neither in the words nor in the tools' list nor in an earlier result.

    Raises:
        Invented: it does.
    """
    seen = " ".join((words, tools, json.dumps(results, ensure_ascii=False))).casefold()
    numbers = {int(n) for n in re.findall(r"\d+", words)} | {n for word, n in WORDS.items() if word in words}
    for part in parts(given):
        known = part in numbers if isinstance(part, int) else part.casefold() in seen
        if not known:
            raise Invented(f"{part!r} comes from nowhere")


async def done(it: Served, task: dict[str, Any]) -> list[Any]:
    """The results of a task's calls."""
    listed = (await it.client.list_tools()).tools
    tools = json.dumps([tool.model_dump(mode="json", exclude_none=True) for tool in listed])
    results: list[Any] = []
    for call in task["calls"]:
        if "read" in call:
            uri = re.sub(r"\{([^}]+)\}", lambda found: str(at(found[1], results)), call["read"])
            (content,) = (await it.client.read_resource(uri)).contents
            results.append(json.loads(cast(TextResourceContents, content).text))
            continue
        given = filled(call["give"], task["words"], results)
        check(given, task["words"], tools, results)
        results.append(await it.call(call["tool"], **given))
    return results


def filled(value: Any, words: str, results: list[Any]) -> Any:
    """The arguments, with what stands for words and earlier results put in."""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return {key: filled(inner, words, results) for key, inner in given.items()}
    if isinstance(value, list):
        return [filled(inner, words, results) for inner in cast("list[Any]", value)]
    if isinstance(value, str) and value.startswith("$"):
        return words if value == "$words" else at(value[1:], results)
    return value


def faults(home: House, task: dict[str, Any], results: list[Any]) -> list[str]:
    """What the answers don't hold of the facts."""
    wrong: list[str] = []
    for held in task["holds"]:
        arguments = filled(held["of"], task["words"], results)
        fact, found = getattr(facts, held["fact"])(home, *arguments), at(held["at"], results)
        if held.get("within"):
            text = found if isinstance(found, str) else str(found)
            wanted = cast("list[Any]", fact) if isinstance(fact, list) else [fact]
            missing = [str(one) for one in wanted if str(one) not in text]
            wrong += [f"{held['at']} doesn't hold {one!r}: {text[:300]}" for one in missing]
            if fact == []:
                wrong.append(f"{held['fact']} is empty: it shows nothing")
        elif plain(found) != plain(fact) or plain(fact) == []:
            wrong.append(f"{held['at']} is {found!r}, the fact is {fact!r}")
    return wrong


def plain(value: Any) -> Any:
    """The value; a list in its order of texts, since no order is promised of facts."""
    return sorted(map(str, cast("list[Any]", value))) if isinstance(value, list) else value
