"""Rows and files of leads, for the tests of intake."""

from datetime import UTC, datetime
from pathlib import Path

from loops.records import Lead
from tools.intake import (
    Mapping,
    RawLead,
    Rejected,
    lead_from,
    read_rows,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def raw(**fields: str) -> RawLead:
    sound = {
        "first_name": "Priya",
        "last_name": "Larsen",
        "email": "priya.larsen@3m.example",
        "company": "3M LLC",
    }
    return RawLead(
        "file", "k", sound | fields, 2, {"email": "Email", "first_name": "First Name"}, "leads.csv"
    )


def accepted(record: RawLead, **how: str | bool) -> Lead:
    found = lead_from(record, NOW, **how)  # type: ignore[arg-type]
    assert isinstance(found, Lead), found
    return found


def turned_away(record: RawLead) -> str:
    found = lead_from(record, NOW)
    assert isinstance(found, Rejected), found
    return found.reason


def written(folder: Path, content: str | bytes, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, override: dict[str, str] | None = None) -> tuple[Mapping, list[RawLead]]:
    mapping, rows = read_rows(path, override)
    return mapping, list(rows)
