"""Outcomes from a file: taken once, added to, refused with a reason, erased with their lead."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from tests.house import house
from tools.errors import UnreadableFile
from tools.outcomes import known_outcomes
from tools.outcomes.reading import (
    How,
    Read,
    _minor,  # pyright: ignore[reportPrivateUsage]
    take_outcomes,
)
from tools.store import tables as t
from tools.store.erase import erase
from tools.store.evidence import outcomes


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path / "home", lived_in=True)


def owned(home: House) -> tuple[str, str, str]:
    """A lead that a rep owns and nobody touched: id, address, owner."""
    with home.store.reading() as tx:
        query = select(t.leads.c.id, t.leads.c.email, t.leads.c.owner).where(
            t.leads.c.owner.not_like("queue:%"), t.leads.c.owner != "", t.leads.c.touched_at == "",
            t.leads.c.email != "",
        )  # fmt: skip
        return tuple(tx.all(query.order_by(t.leads.c.id))[0])


def load(home: House, rep: str) -> int:
    with home.store.reading() as tx:
        return tx.all(select(t.loads.c.leads).where(t.loads.c.rep == rep))[0][0]


def take(home: House, path: Path, text: str) -> Read:
    path.write_text(text, encoding="utf-8")
    ws = home.workspace
    return take_outcomes(home.store, path, How(home.runtime.at(), ws.calendar.zone, ws.scenario))


def test_a_conversion_is_known_frees_the_desk_and_the_same_file_changes_nothing(
    home: House, tmp_path: Path
) -> None:
    lead, email, owner = owned(home)
    before = load(home, owner)
    text = f"Email,First Touch,Converted Date,Amount\n{email.upper()},2026-11-23,2026-11-25,\"$12,500.00\"\n"
    assert take(home, tmp_path / "o.csv", text).new == 1
    with home.store.reading() as tx:
        known = known_outcomes(tx, [lead])[lead]
        row = tx.all(select(t.leads.c.touched_at, t.leads.c.closed_at).where(t.leads.c.id == lead))[0]
    assert known.amount_minor == 1_250_000 and known.converted_at is not None
    assert row[0] and row[1]
    assert load(home, owner) == before - 1
    again = take(home, tmp_path / "o.csv", text)
    assert (again.new, again.same) == (0, 1) and load(home, owner) == before - 1


def test_a_later_file_adds_to_what_is_known(home: House, tmp_path: Path) -> None:
    lead, email, _ = owned(home)
    take(home, tmp_path / "a.csv", f"Email,First Touch\n{email},2026-11-23\n")
    take(home, tmp_path / "b.csv", f"Lead,Status,Closed\n{lead},Closed Won,2026-12-20\n")
    with home.store.reading() as tx:
        known = known_outcomes(tx)[lead]
    assert known.touched_at is not None and known.won is True and known.converted_at is not None


def test_a_status_without_a_date_never_moves_a_day_that_is_known(home: House, tmp_path: Path) -> None:
    lead, email, _ = owned(home)
    text = f"Email,Status\n{email},Closed Won\n"
    assert take(home, tmp_path / "a.csv", text).new == 1
    with home.store.reading() as tx:
        first = known_outcomes(tx)[lead].converted_at
    later = How(home.runtime.at() + timedelta(days=1), "UTC", home.workspace.scenario)
    assert take_outcomes(home.store, tmp_path / "a.csv", later).new == 0
    dated = f"Email,Status,Converted Date\n{email},Closed Won,2026-11-02\n"
    take(home, tmp_path / "b.csv", dated)
    with home.store.reading() as tx:
        known = known_outcomes(tx)[lead].converted_at
    assert first is not None and known is not None and known < first


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("$12,500.00", 1_250_000), ("€ 1.200", 120_000), ("1200 EUR", 120_000), ("12,5", 1_250), ("7", 700),
        ("1.2M", None), ("5k", None), ("-500", None), ("lots", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_whole_or_not_at_all(text: str, minor: int | None) -> None:
    assert _minor(text) == minor


def test_rows_that_cannot_be_taken_are_listed_with_line_and_reason(home: House, tmp_path: Path) -> None:
    _, email, _ = owned(home)
    found = take(
        home, tmp_path / "o.csv",
        f"Email,Close Date,Amount\nnobody@else.example,2026-12-01,\n{email},soon,\n{email},2026-12-01,lots\n",
    )  # fmt: skip
    assert [line for line, _ in found.rejected] == [2, 3, 4]
    assert "there is no lead nobody@else.example" in found.rejected[0][1]
    assert "is no date" in found.rejected[1][1] and "is no amount" in found.rejected[2][1]
    assert found.new == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [("Name,Status\nx,Won\n", "which lead"), ("Email,Colour\na@b.example,red\n", "what became")],
)
def test_a_file_that_says_too_little_is_refused_in_one_sentence(
    home: House, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(UnreadableFile, match=says):
        take(home, tmp_path / "o.csv", text)


def test_what_is_known_goes_with_the_person(home: House, tmp_path: Path) -> None:
    lead, email, _ = owned(home)
    take(home, tmp_path / "o.csv", f"Email,Status\n{email},Lost\n")
    with home.store.reading() as tx:
        person = tx.all(select(t.leads.c.person).where(t.leads.c.id == lead))[0][0]
        assert tx.all(select(outcomes).where(outcomes.c.lead == lead))
    erase(home.store, person, home.workspace.data / "mailbox")
    with home.store.reading() as tx:
        assert tx.all(select(outcomes).where(outcomes.c.lead == lead)) == []
