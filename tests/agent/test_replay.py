"""Replay: nothing differs, here or elsewhere; whatever was changed behind our back is found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import House, open_house
from agent.replay import Replayed, broken_seals, replay, seal, verify
from agent.tape import Tape, TapeMiss
from loops.decision import Decision, Reason
from loops.ledger import row_hash
from loops.loop import Trigger
from loops.registry import Registry
from tests.house import LEADS, bring, change, house, raw, run_leads, tamper, workspace
from tools.store import tables as t

ROOT = Path(__file__).parents[2]
MANY = 300
WHY = Reason(code="why", text="Because.")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with that many sandbox leads in it; tests read it and leave it as it is."""
    home = house(tmp_path_factory.mktemp("many"))
    run_leads(home, MANY)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A house that was lived in, to be tampered with."""
    yield house(tmp_path, lived_in=True)


def again(home: House, run: str | None = None) -> Replayed:
    return replay(home.runtime, home.specialists, run)


@pytest.mark.feature("AN10", "QU3", "RO9")
def test_nothing_differs_after_many_leads(many: House) -> None:
    found = again(many)
    assert found.differences == []
    assert (found.erased, found.other_code) == (0, 0)
    assert found.decisions > 3 * MANY
    assert found.answers > MANY / 2


@pytest.mark.feature("AN10")
def test_nothing_differs_in_a_new_process_on_a_copied_workspace(many: House, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(many.workspace.root, copied)
    here = again(many)
    code = "import sys; sys.argv[0] = 'revloops'; from cli.main import main; main()"
    where = os.pathsep.join((os.environ["PYTHONPATH"], str(ROOT)))
    child = subprocess.run(
        [sys.executable, "-c", code, "replay", "--all", "--json", "-w", str(copied)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": where},
        cwd=tmp_path,
    )
    assert child.returncode == 0, child.stderr
    said = json.loads(child.stdout.splitlines()[-1])
    assert (said["differences"], said["decisions"], said["answers"]) == (0, here.decisions, here.answers)


@pytest.mark.feature("AN10")
def test_one_run_can_be_replayed_alone(many: House) -> None:
    with many.store.reading() as tx:
        row = tx.first(select(t.runs.c.id).where(t.runs.c.loop == "engage").limit(1))
        assert row
    found = again(many, row[0])
    assert (found.runs, found.differences) == (1, [])


def flip(home: House, table: str, column: str, where: str) -> None:
    """Change the first character (or byte) of one field."""
    with home.store.reading() as tx:
        row = tx.conn.exec_driver_sql(f"SELECT {column} FROM {table} WHERE {where} LIMIT 1").first()
        assert row, where
    value = row[0]
    if isinstance(value, bytes):
        changed: object = bytes([value[0] ^ 1]) + value[1:]
    else:
        changed = value + 1 if isinstance(value, int) else ("0" if value[:1] != "0" else "1") + value[1:]
    tamper(home.store, f"UPDATE {table} SET {column} = ? WHERE {where} AND {column} = ?", changed, value)


def found_by_anything(home: House) -> bool:
    """Whether the proof of what was written, or deciding it all again, finds something."""
    return bool(verify(home.store) or again(home).differences)


LEDGER = [c for c in t.ledger.columns.keys() if c not in ("seq", "at", "duration_ms")]


@pytest.mark.feature("AN10")
@pytest.mark.parametrize("column", LEDGER)
def test_a_changed_field_of_the_ledger_is_found(home: House, column: str) -> None:
    assert not verify(home.store)
    flip(home, "ledger", column, "seq = 20")
    assert any("ledger row 20 " in text for text in verify(home.store))


@pytest.mark.feature("AN10")
@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("blobs", "bytes", "subject IS NOT NULL"),
        ("blobs", "bytes", "subject IS NULL"),
        ("exchanges", "request", "kind = 'model'"),
        ("exchanges", "response", "kind = 'tool'"),
        ("exchanges", "request", "kind = 'tool'"),
        ("frames", "config", "loop = 'route'"),
        ("frames", "scenario", "loop = 'route'"),
        ("frames", "revision", "loop = 'engage'"),
        ("runs", "input", "loop = 'route'"),
        ("runs", "frame", "loop = 'qualify'"),
    ],
)
def test_a_flipped_byte_is_found(home: House, table: str, column: str, where: str) -> None:
    flip(home, table, column, where)
    assert found_by_anything(home)


@pytest.mark.feature("AN10")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM blobs WHERE hash = (SELECT body FROM ledger WHERE seq = 30)",
        "DELETE FROM ledger WHERE seq = 30",
        "DELETE FROM exchanges WHERE kind = 'model' AND n = 0",
        "DELETE FROM runs WHERE loop = 'engage'",
        "DELETE FROM frames WHERE loop = 'engage'",
    ],
)
def test_a_lost_row_is_found(home: House, statement: str) -> None:
    tamper(home.store, statement)
    assert found_by_anything(home)


@pytest.mark.feature("AN10")
def test_a_tail_cut_off_after_the_seal_is_found(home: House) -> None:
    seq, _ = seal(home.store, home.workspace.root)
    assert broken_seals(home.store, home.workspace.root) == []
    bring(home, raw("later"))
    assert broken_seals(home.store, home.workspace.root) == []
    seal(home.store, home.workspace.root)
    tamper(home.store, "DELETE FROM ledger WHERE seq > ?", seq)
    assert len(broken_seals(home.store, home.workspace.root)) == 1
    tamper(home.store, "DELETE FROM ledger WHERE seq > ?", seq - 3)
    assert len(broken_seals(home.store, home.workspace.root)) == 2


def test_without_a_seal_a_cut_tail_leaves_a_chain_that_holds(home: House) -> None:
    tamper(home.store, "DELETE FROM ledger WHERE seq > 100")
    assert not [text for text in verify(home.store) if "ledger row" in text]


@pytest.mark.feature("AN5", "AN10")
def test_decisions_made_under_an_older_config_replay_under_it(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    home = open_house(root)
    bring(home, raw("1"))
    change(root, "loops/qualify.yaml", "grades: {A: 80, B: 65, C: 48}", "grades: {A: 99, B: 98, C: 97}")
    home = open_house(root)
    bring(home, raw("2"))
    found = again(home)
    assert (found.differences, found.other_code) == ([], 0)


@pytest.mark.feature("AN10")
@pytest.mark.parametrize(
    ("statement", "body"),
    [
        ("UPDATE frames SET scenario = ? WHERE loop = 'route'", "scenario"),
        ("UPDATE runs SET ask = ? WHERE state = 'person'", "ask"),
        (
            "INSERT INTO approvals (id, run, lead, subject, digest, document, approver, role, key_id,"
            " signature, expires_at, revoked_at, at) SELECT 'i', id, record, subject, 'd', ?,"
            " 'a', 'r', 'k', '', '', '', '' FROM runs WHERE subject IS NOT NULL LIMIT 1",
            "document",
        ),
    ],
)
def test_whatever_names_a_body_that_is_gone_is_found(home: House, statement: str, body: str) -> None:
    lost = (body * 64)[:64]
    assert not verify(home.store)
    tamper(home.store, statement, lost)
    assert f"body {lost[:12]} is missing" in verify(home.store)


def test_what_other_code_decided_otherwise_is_told_apart(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, code = Registry.trigger, Registry.code

    def otherwise(*_: object) -> Decision:
        return Decision(outcome="otherwise", reasons=(WHY,))

    def trigger(registry: Registry, loop: str, on: str, schedule: str = "") -> Trigger:
        found = real(registry, loop, on, schedule)
        return replace(found, decide=otherwise) if loop == "qualify" else found

    monkeypatch.setattr(Registry, "trigger", trigger)
    same_code = again(home)
    assert len(same_code.differences) > LEADS
    assert same_code.other_code_differences == []

    def other(registry: Registry, loop: str) -> str:
        return "0" * 64 if loop == "qualify" else code(registry, loop)

    monkeypatch.setattr(Registry, "code", other)
    apart = again(home)
    assert apart.differences == []
    assert apart.other_code_differences == same_code.differences
    assert apart.other_code >= len(apart.other_code_differences)
    body = "(SELECT body FROM ledger WHERE loop = 'qualify' LIMIT 1)"
    tamper(home.store, f"DELETE FROM blobs WHERE hash = {body}")
    assert any("is missing" in text for text in again(home).differences)


def test_an_answer_that_no_agent_gave_is_counted_and_not_made_again(tmp_path: Path) -> None:
    home = replace(house(tmp_path), specialists={})
    run_leads(home, 20)
    found = again(home)
    assert found.differences == []
    assert found.not_replayed > 0


def test_text_that_moves_over_a_field_s_border_changes_the_row_s_hash() -> None:
    assert row_hash(["a\nb", "c"]) != row_hash(["a", "b\nc"])
    assert row_hash([1, "a"]) != row_hash(["1", "a"])


async def nothing() -> None:
    """No response."""


async def test_a_replayed_agent_that_asks_for_something_else_misses_the_tape(home: House) -> None:
    with home.store.reading() as tx:
        row = tx.first(select(t.exchanges.c.run, t.exchanges.c.step).where(t.exchanges.c.kind == "model"))
        assert row
    tape = Tape(home.store, row[0], row[1], None, replay=True)
    with pytest.raises(TapeMiss, match="another request stands there"):
        await tape.exchange("model", {"another": "request"}, nothing)
    empty = Tape(home.store, "no such run", 1, None, replay=True)
    with pytest.raises(TapeMiss, match="isn't on the tape"):
        await empty.exchange("model", {}, nothing)


def test_a_replay_opens_no_socket(home: House) -> None:
    import socket

    from agent.replay import no_network

    with no_network(), pytest.raises(TapeMiss, match="reached for the network"):
        socket.socket()
    socket.socket().close()
