"""The store: all or nothing, bodies once, encrypted the same each time, changed bytes found."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from loops.errors import RevloopsError
from loops.ledger import GENESIS, LedgerRow
from tests.house import START, tamper
from tools.store import Erased, Store, Tx
from tools.store import tables as t


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store.db"))


def count(tx: Tx, table: str) -> int:
    row = tx.first(select(func.count()).select_from(t.meta.tables[table]))
    assert row
    return int(row[0])


def append(tx: Tx, n: int) -> LedgerRow:
    return tx.append(
        run=f"r{n}",
        kind="decided",
        loop="l",
        frame="f",
        trigger="t",
        caused_by="e",
        outcome="o",
        body=tx.put({"n": n}),
        at=START,
    )


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    def write(fail: bool) -> None:
        with store.transaction() as tx:
            append(tx, 1)
            tx.add(t.suppressions, hash="h", reason="r", at="")
            tx.flush()
            assert count(tx, "ledger") == 1
            if fail:
                raise KeyError("in the middle")

    with pytest.raises(KeyError):
        write(fail=True)
    with store.reading() as tx:
        assert [count(tx, name) for name in ("ledger", "blobs", "suppressions")] == [0, 0, 0]
    write(fail=False)
    with store.reading() as tx:
        assert [count(tx, name) for name in ("ledger", "blobs", "suppressions")] == [1, 1, 1]


def test_what_is_written_while_reading_is_thrown_away(store: Store) -> None:
    with store.reading() as tx:
        tx.put({"a": 1})
        tx.flush()
    with store.reading() as tx:
        assert count(tx, "blobs") == 0


def test_a_body_is_stored_once(store: Store) -> None:
    with store.transaction() as tx:
        first = tx.put({"a": 1, "b": 2})
    with store.transaction() as tx:
        assert tx.put({"b": 2, "a": 1}) == first
        other = tx.put({"a": 1})
        assert other != first
    with store.reading() as tx:
        assert count(tx, "blobs") == 2
        assert tx.json(first) == {"a": 1, "b": 2}


def test_a_person_s_body_is_encrypted_the_same_each_time_and_otherwise_for_another(store: Store) -> None:
    with store.transaction() as tx:
        ada = tx.put({"name": "Ada Lovelace"}, "P-ada")
        assert tx.put({"name": "Ada Lovelace"}, "P-ada") == ada
        bo, nobody = tx.put({"name": "Ada Lovelace"}, "P-bo"), tx.put({"name": "Ada Lovelace"})
        assert len({ada, bo, nobody}) == 3
    with store.transaction() as tx:
        assert tx.put({"name": "Ada Lovelace"}, "P-ada") == ada
        rows = {row.hash: row for row in tx.all(select(t.blobs))}
        assert tx.json(ada) == tx.json(nobody)
    assert b"Lovelace" not in rows[ada].bytes
    assert (rows[ada].subject, rows[nobody].subject) == ("P-ada", None)


def test_without_the_key_a_body_is_erased(store: Store) -> None:
    with store.transaction() as tx:
        hash = tx.put({"name": "Ada"}, "P-ada")
    tamper(store, "DELETE FROM keys")
    with store.reading() as tx, pytest.raises(Erased, match="P-ada was erased"):
        tx.get(hash)


@pytest.mark.parametrize("subject", [None, "P-ada"])
def test_changed_bytes_are_found_when_they_are_read(store: Store, subject: str | None) -> None:
    with store.transaction() as tx:
        hash = tx.put({"name": "Ada"}, subject)
    with store.reading() as tx:
        row = tx.first(select(t.blobs.c.bytes))
        assert row
    tamper(store, "UPDATE blobs SET bytes = ?", bytes([row[0][0] ^ 1]) + row[0][1:])
    with store.reading() as tx, pytest.raises(ValueError, match="changed"):
        tx.get(hash)


def test_a_missing_body_is_named(store: Store) -> None:
    with store.reading() as tx, pytest.raises(ValueError, match="body 000000000000 is missing"):
        tx.get("0" * 64)


def test_ledger_rows_follow_each_other_across_transactions(store: Store) -> None:
    for batch in ((1, 2), (3,)):
        with store.transaction() as tx:
            for n in batch:
                append(tx, n)
    with store.reading() as tx:
        rows = list(tx.rows())
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.prev for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]


def test_a_row_whose_key_is_there_already_is_left_as_it_is(store: Store) -> None:
    for reason in ("first", "second"):
        with store.transaction() as tx:
            tx.add(t.suppressions, hash="h", reason=reason, at="")
    with store.reading() as tx:
        assert [row.reason for row in tx.all(select(t.suppressions))] == ["first"]


def test_a_setting_is_replaced(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.setting("k") is None
        tx.set_setting("k", "1")
        tx.set_setting("k", "2")
    with store.reading() as tx:
        assert tx.setting("k") == "2"


def test_a_database_of_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "a.db"))
    with store.transaction() as tx:
        tx.set_setting("schema", "another")
    with pytest.raises(RevloopsError, match="another version of revloops"):
        Store(str(tmp_path / "a.db"))
