"""Who may import whom."""

import ast
from collections.abc import Callable, Iterator

from tests.architecture.source import Source

LAYERS = {
    "loops": 0, "prompts": 0, "rubrics": 0, "engine": 1, "tools": 2, "agent": 3,
    "mcp_server": 4, "web": 4, "cli": 4, "evals": 4, "tests": 5,
}  # fmt: skip
PURE_PACKAGES = {"loops", "pydantic", "pydantic_core", "numpy"}
PURE_STDLIB = {
    "__future__", "abc", "base64", "bisect", "calendar", "collections", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq",
    "html", "itertools", "json", "math", "numbers", "operator", "re", "statistics", "string", "textwrap",
    "types", "typing", "typing_extensions", "unicodedata", "warnings", "zoneinfo",
}  # fmt: skip
REGISTRY_ONLY = {"importlib", "pkgutil", "inspect"}
"""The registry finds loops by entry point, so it alone may look at what is installed."""
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
CLOCK_CALLS = {"now", "utcnow", "today"}
SENDING = ("tools.connectors.smtp", "tools.connectors.mailbox", "smtplib", "aiosmtplib")
SIGNING = "tools.approvals.signing"


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported; `from a import b` counts as `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{_origin(source, node)}.{name.name}") for name in node.names)


def _origin(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.path.parent.parts
    above = package[: len(package) - node.level + 1]
    return ".".join((*above, node.module) if node.module else above)


def _is(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def layers(source: Source) -> Iterator[str]:
    """A package imports its own layer and the ones below it."""
    rank = LAYERS.get(source.package)
    for line, name in imported(source):
        other = LAYERS.get(name.partition(".")[0])
        if rank is not None and other is not None and other > rank:
            yield f"{source.path}:{line}: {source.package} may not import {name}"


def pure_loops(source: Source) -> Iterator[str]:
    """A loop imports nothing that reaches a file, clock, network or chance, and calls no such built-in."""
    if source.package != "loops":
        return
    extra = REGISTRY_ONLY if source.module == ("loops", "registry") else set[str]()
    for line, name in imported(source):
        top = name.partition(".")[0]
        if top not in PURE_PACKAGES | PURE_STDLIB | extra or _is(name, "numpy.random"):
            yield f"{source.path}:{line}: loops are pure and may not import {name}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (impure := _impure_call(node.func)):
            yield f"{source.path}:{node.lineno}: loops are pure and may not call {impure}"


def _impure_call(function: ast.expr) -> str | None:
    match function:
        case ast.Name(name) if name in IMPURE_CALLS:
            return name
        case ast.Attribute(attr=name) if name in CLOCK_CALLS:
            return f".{name}()"
        case ast.Attribute(value=ast.Attribute(attr="random")):
            return "numpy.random"
        case _:
            return None


def framework_knows_no_loop(source: Source, loops: frozenset[str]) -> Iterator[str]:
    """A module directly in loops/ imports no loop's package.

    Args:
        source: the file.
        loops: the names of the loops' packages.
    """
    if source.package != "loops" or len(source.path.parts) != len(("loops", "module.py")):
        return
    for line, name in imported(source):
        if name.startswith("loops.") and name.split(".")[1] in loops:
            yield f"{source.path}:{line}: the framework may not import the loop {name}"


def loop_reads_outputs_only(source: Source, loops: frozenset[str]) -> Iterator[str]:
    """Loop X reads loop Y only as X/inputs.py ← Y/outputs.py.

    Args:
        source: the file.
        loops: the names of the loops' packages.
    """
    own = source.module[1] if source.package == "loops" and len(source.module) > 1 else ""
    if own not in loops:
        return
    for line, name in imported(source):
        parts = name.split(".")
        if parts[0] != "loops" or len(parts) == 1 or parts[1] == own or parts[1] not in loops:
            continue
        reader = source.module[2:3] == ("inputs",)
        if not reader or parts[2:3] != ["outputs"]:
            yield f"{source.path}:{line}: {own} reads {parts[1]} only as inputs.py ← outputs.py, not {name}"


def signing_behind_doors(source: Source) -> Iterator[str]:
    """Only the people's doors import the signing half of approvals."""
    if source.package in {"web", "cli", "tests"} or source.module[:3] == ("tools", "approvals", "signing"):
        return
    for line, name in imported(source):
        if _is(name, SIGNING):
            yield f"{source.path}:{line}: only web and cli may sign, so not import {name}"


def sending_in_sender(source: Source) -> Iterator[str]:
    """Only the sender imports a connector that makes mail leave; only that connector speaks SMTP."""
    module = ".".join(source.module)
    if source.package == "tests" or _is(module, "tools.sender"):
        return
    for line, name in imported(source):
        sending = next((one for one in SENDING if _is(name, one)), None)
        if sending and not (module in SENDING and not sending.startswith("tools.")):
            yield f"{source.path}:{line}: only tools.sender may import {name}"


IMPORT_RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    layers, pure_loops, signing_behind_doors, sending_in_sender,
)  # fmt: skip
"""Rules on a Python file of any package."""

LOOP_RULES = (framework_knows_no_loop, loop_reads_outputs_only)
"""Rules that also need the names of the loops."""
