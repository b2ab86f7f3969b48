"""Passages of the workspace's own texts: playbook, plays, references, battle cards."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from loops.errors import ConfigError, Fault
from loops.values import content_hash
from tools import yaml_text
from tools.knowledge.ports import Passage, passage
from tools.yaml_text import Lines

FILES = ("playbook/*.yaml", "plays/*.yaml", "references.yaml", "battlecards/*.md")
FENCE = "---"
Row = dict[str, JsonValue]


def texts(root: Path, longest: int) -> Iterator[Passage]:
    """Every passage of the workspace's texts, file by file.

    Args:
        root: the workspace.
        longest: characters after which a passage is cut.

    Raises:
        ConfigError: a file that can't be read; with file and line.
    """
    for path in _files(root, "playbook/*.yaml"):
        for row, at in _rows(path, root, "lines"):
            said = f"{row.get('text', '')} {'; '.join(_strings(row, 'wordings'))}"
            yield passage("playbook", str(row.get("id", "")), cut(said, longest), at)
    for path in _files(root, "plays/*.yaml"):
        yield _play(path, root, longest)
    for path in _files(root, "references.yaml"):
        for row, at in _rows(path, root, "customers"):
            said = "; ".join(_strings(row, "wordings"))
            yield passage("reference", str(row.get("name", "")), cut(said, longest), at)
    for path in _files(root, "battlecards/*.md"):
        yield from battlecard(path, root, longest)


def fingerprint(root: Path) -> str:
    """A hash of the texts as they stand: whether they changed since they were indexed."""
    files = [path for pattern in FILES for path in _files(root, pattern)]
    hashes = {path.relative_to(root).as_posix(): content_hash(path.read_bytes()) for path in files}
    return content_hash(dict[str, JsonValue](hashes))


def battlecard(path: Path, root: Path, longest: int) -> Iterator[Passage]:
    """A card's passages, one per `## ` heading; its front matter names the competitor.

    Raises:
        ConfigError: it has no front matter, or that names no competitor.
    """
    name = path.relative_to(root).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    end = lines.index(FENCE, 1) if lines[:1] == [FENCE] and FENCE in lines[1:] else 0
    data, _ = yaml_text.read("\n".join(lines[1:end]), name)
    rival = data.get("competitor") if isinstance(data, dict) else None
    if not isinstance(rival, str):
        expected = "a card starts with front matter that names it, e.g. competitor: Acme"
        raise ConfigError(Fault(name, 1, "competitor", expected))
    starts = [at for at, line in enumerate(lines) if at > end and line.startswith("## ")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = " ".join(line.strip() for line in lines[start + 1 : stop] if line.strip())
        title = f"{rival}: {lines[start].removeprefix('## ').strip()}"
        yield passage("battlecard", title, cut(body, longest), f"{name}:{start + 1}")


def cut(text: str, longest: int) -> str:
    """The text, without its end where it is too long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rsplit(" ", 1)[0] + "…"


def _play(path: Path, root: Path, longest: int) -> Passage:
    data, _ = yaml_text.read_file(path, root)
    play = data if isinstance(data, dict) else Row()
    mails = play.get("mails")
    mails = mails if isinstance(mails, list) else []
    goals = [mail.get("goal", "") for mail in mails if isinstance(mail, dict)]
    said = " ".join([str(play.get("angle", "")), *(f"{goal}." for goal in goals)])
    name = path.relative_to(root).as_posix()
    title = f"Play {play.get('name', path.stem)}".replace("_", " ")
    return passage("play", title, cut(said, longest), f"{name}:1")


def _rows(path: Path, root: Path, key: str) -> Iterator[tuple[Row, str]]:
    """Each item of the file's list, with the file and line it stands on."""
    data, lines = yaml_text.read_file(path, root)
    name = path.relative_to(root).as_posix()
    items = data.get(key) if isinstance(data, dict) else None
    for at, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield item, f"{name}:{_line(lines, key, at)}"


def _line(lines: Lines, key: str, at: int) -> int:
    return lines.get((key, at), 1)


def _strings(row: Row, key: str) -> list[str]:
    value = row.get(key)
    return [str(item) for item in cast("list[JsonValue]", value)] if isinstance(value, list) else []


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(path for path in root.glob(pattern) if path.is_file())
