"""What a model sees, as it was last accepted: a file for each tool and for each specialist."""

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pydantic import JsonValue

from agent import prompts, specialists
from agent.spec import AgentSpec
from agent.specialist import envelope
from loops.values import canonical
from tests.house import template
from tools.catalog import CATALOG, Tool, select

HERE = Path(__file__).parent
CHARACTERS_PER_TOKEN = 4
MOST_TOKENS = 3_000
"""Prompt and schemas of one specialist: what each of its calls costs before a word of the task."""
ACCEPT = "python -m tests.snapshots"


@dataclass(frozen=True)
class Seen:
    """What a specialist's model is sent with every call."""

    spec: AgentSpec

    @property
    def prompt(self) -> prompts.Prompt:
        return prompts.load(template().workspace, self.spec.prompt)

    @property
    def output(self) -> dict[str, JsonValue]:
        return envelope(self.spec.output)

    @property
    def tokens(self) -> dict[str, int]:
        """Estimated tokens of each part, a quarter of the characters."""
        schemas = [tool.schema for tool in select(self.spec.tools).values()]
        return {
            "prompt": tokens(self.prompt.text),
            "tools": sum(tokens(canonical(schema).decode()) for schema in schemas),
            "output": tokens(canonical(self.output).decode()),
        }

    def shown(self) -> JsonValue:
        """The snapshot."""
        return {
            "prompt": {"name": self.spec.prompt, "hash": self.prompt.hash},
            "tools": list(self.spec.tools),
            "tokens": dict[str, JsonValue](self.tokens),
            "output": self.output,
        }


def tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def declared() -> tuple[AgentSpec, ...]:
    """Every declaration in agent/specialists, for asks and for people's words, ordered by prompt."""
    modules = (
        import_module(f"agent.specialists.{found.name}") for found in iter_modules(specialists.__path__)
    )
    found = {
        id(one): one for module in modules for one in vars(module).values() if isinstance(one, AgentSpec)
    }
    return tuple(sorted(found.values(), key=lambda spec: spec.prompt))


def seen() -> tuple[Seen, ...]:
    return tuple(Seen(spec) for spec in declared())


def current(catalog: tuple[Tool, ...] = CATALOG) -> dict[str, str]:
    """File → what it should hold."""
    shown: dict[str, JsonValue] = {f"tools/{tool.name}.json": tool.schema for tool in catalog}
    shown |= {f"specialists/{one.spec.prompt}.json": one.shown() for one in seen()}
    return {name: f"{json.dumps(value, indent=1, ensure_ascii=False)}\n" for name, value in shown.items()}


def accepted() -> dict[str, str]:
    """File → what was last accepted."""
    files = (*HERE.glob("tools/*.json"), *HERE.glob("specialists/*.json"))
    return {file.relative_to(HERE).as_posix(): file.read_text(encoding="utf-8") for file in files}


def changes(now: dict[str, str], before: dict[str, str]) -> tuple[str, ...]:
    """One sentence for each file that differs; empty where none does."""
    return tuple(
        f"{name} {'is new' if name not in before else 'is gone' if name not in now else 'has changed'}: "
        f"if that is meant, run `{ACCEPT}` and commit what it writes"
        for name in sorted({*now, *before})
        if now.get(name) != before.get(name)
    )


def table() -> str:
    """Estimated tokens a specialist, part by part."""
    rows: list[tuple[str, ...]] = [("specialist", "prompt", "tools", "output", "total")]
    for one in seen():
        parts = one.tokens.values()
        rows.append((one.spec.prompt, *map(str, parts), str(sum(parts))))
    return "\n".join(f"{name:26}" + "".join(f"{cell:>8}" for cell in cells) for name, *cells in rows)
