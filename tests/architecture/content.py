"""How long things are, what they are called and what they may hold."""

import ast
import re
from collections.abc import Callable, Iterator

from tests.architecture.source import Source

MODULE_LINES = 400
FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 12
LINE_WIDTH = 110
PROMPT_CHARACTERS = 600
PROMPT_SENTENCES = 3
SENTENCE_END = re.compile(r"[a-z)][.!?](?:\s|$)")
TO_A_MODEL = re.compile(r"\s*You are (?:an?|the) ")
PLAIN_NUMBERS = {0, 1, -1, 2, 100}
"""Numbers that are no threshold: none, one, last, a pair, a whole in per cent."""
ALLOWED_NUMBERS: dict[tuple[str, float], str] = {}
"""(path, number) → why that number in a loop's logic isn't a threshold."""
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc"}
OPEN_POINTS = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")
MACHINE_PATHS = re.compile(r"(?<![\w./$}])/(?:home|root|work|opt|tmp|Users)/\w")
WORKPLACE = re.compile(r"\bissue (?:no\. ?|number )?#?\d", re.IGNORECASE)
INDEX_SETTINGS = re.compile(r"^\s*--(?:(?:extra-)?index-url|find-links)|@ (?:file|https?)://", re.MULTILINE)



def functions(source: Source) -> Iterator[tuple[str, int, int]]:
    """Name, line and length in lines of every function, nested ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def short_modules(source: Source) -> Iterator[str]:
    """A module has at most 400 lines."""
    if (count := len(source.text.splitlines())) > MODULE_LINES:
        yield f"{source.path}: {count} lines, {MODULE_LINES} at the most"


def short_functions(source: Source) -> Iterator[str]:
    """A function has at most 60 lines."""
    for name, line, count in functions(source):
        if count > FUNCTION_LINES:
            yield f"{source.path}:{line}: {name} has {count} lines, {FUNCTION_LINES} at the most"


def short_lines(source: Source) -> Iterator[str]:
    """A line of Python has at most 110 columns."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if len(line) > LINE_WIDTH:
            yield f"{source.path}:{number}: {len(line)} columns, {LINE_WIDTH} at the most"


def no_prompts(source: Source) -> Iterator[str]:
    """No string outside docstrings is long prose or speaks to a model: prompts are Markdown files."""
    if source.package == "tests":
        return
    bare = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        if id(node) not in bare and isinstance(node, ast.Constant | ast.JoinedStr):
            text = _literal(node)
            prose = len(SENTENCE_END.findall(text)) >= PROMPT_SENTENCES
            if (len(text) > PROMPT_CHARACTERS and prose) or TO_A_MODEL.match(text):
                yield f"{source.path}:{node.lineno}: a prompt of {len(text)} characters belongs in prompts/"


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_literal, node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def no_thresholds(source: Source) -> Iterator[str]:
    """A loop's logic holds no number that could be a threshold: those come from config."""
    if source.package != "loops" or source.module[2:3] != ("logic",):
        return
    for line, number in _numbers(source.tree):
        if number not in PLAIN_NUMBERS and (str(source.path), number) not in ALLOWED_NUMBERS:
            yield f"{source.path}:{line}: {number} in logic belongs in config"


def _numbers(node: ast.AST) -> Iterator[tuple[int, float]]:
    """Line and value of each number, annotations and indices apart."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            yield node.lineno, number
        case _:
            pass
    apart = {id(getattr(node, name, None)) for name in ("annotation", "returns", "slice")}
    for child in ast.iter_child_nodes(node):
        if id(child) not in apart:
            yield from _numbers(child)


def telling_names(source: Source) -> Iterator[str]:
    """A module's or folder's name says what is in it."""
    for part in source.module:
        if VAGUE_NAMES & {part, part.rpartition("_")[2]}:
            yield f"{source.path}: {part} says nothing; name what is in it"


def no_open_points(source: Source) -> Iterator[str]:
    """Open points stand in docs/open.md."""
    yield from _found(source, OPEN_POINTS, "an open point belongs in docs/open.md")


def no_machine(source: Source) -> Iterator[str]:
    """No text names a path of one machine, a package index or a tracker's number."""
    yield from _found(source, MACHINE_PATHS, "a path of one machine")
    if source.path.suffix in {".py", ".md"}:
        yield from _found(source, WORKPLACE, "a tracker's number says nothing to a reader")
    yield from _found(source, INDEX_SETTINGS, "package indexes come from the environment")


def _found(source: Source, pattern: re.Pattern[str], why: str) -> Iterator[str]:
    for match in pattern.finditer(source.text):
        line = source.text.count("\n", 0, match.start()) + 1
        yield f"{source.path}:{line}: {match.group().strip()}: {why}"


CODE_RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    short_modules, short_functions, short_lines, no_prompts, no_thresholds, telling_names,
)  # fmt: skip
"""Rules on a Python file."""

TEXT_RULES: tuple[Callable[[Source], Iterator[str]], ...] = (no_open_points, no_machine)
"""Rules on any text file."""
