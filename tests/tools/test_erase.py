"""Erase: no name or address is left, the chain still verifies, and replay counts what is gone."""

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from agent.explain import explain
from agent.replay import replay, verify
from tests.house import house, leads, load_check
from tools.store import Erased
from tools.store import tables as t
from tools.store.erase import ErasedPerson, erase

ADDRESS = "priya.raman@tessaly.example"
TRACES = (b"priya.raman", b"priya raman", b'"raman"')


def count(text: bytes) -> int:
    return sum(text.lower().count(trace) for trace in TRACES)


def traces(home: House) -> int:
    """How often the person's name or address stands in any file of the workspace's data."""
    files = [path for path in home.workspace.data.rglob("*") if path.is_file()]
    assert files
    return sum(count(path.read_bytes()) for path in files)


def readable(home: House) -> int:
    """How often it stands in a body that can still be read, once that is decrypted and unpacked."""
    found = 0
    with home.store.reading() as tx:
        for (hash,) in tx.all(select(t.blobs.c.hash)):
            with suppress(Erased):
                found += count(tx.get(hash))
    return found


@pytest.fixture
def home(tmp_path: Path) -> House:
    home = house(tmp_path, lived_in=True)
    mailbox = home.workspace.data / "mailbox"
    mailbox.mkdir()
    (mailbox / "1.eml").write_text(f"To: Priya Raman <{ADDRESS}>\n\nHello Priya\n", encoding="utf-8")
    (mailbox / "2.eml").write_text("To: Bo <bo@else.example>\n\nHello Bo\n", encoding="utf-8")
    return home


def gone(home: House) -> ErasedPerson:
    """Erases her."""
    person = next(s.lead.person for s in leads(home).values() if s.lead.email == ADDRESS)
    return erase(home.store, person, home.workspace.data / "mailbox")


def test_nothing_of_an_erased_person_is_left_in_any_file(home: House) -> None:
    assert traces(home) > 3
    assert readable(home) > 3
    assert gone(home) == ErasedPerson(leads=1, mails=0, files=1)
    assert traces(home) == 0
    assert readable(home) == 0
    assert [p.name for p in (home.workspace.data / "mailbox").iterdir()] == ["2.eml"]


@pytest.mark.feature("AN10")
def test_the_chain_still_verifies_and_replay_counts_what_was_erased(home: House) -> None:
    before = replay(home.runtime, home.specialists)
    assert (before.differences, before.erased) == ([], 0)
    gone(home)
    assert not verify(home.store)
    after = replay(home.runtime, home.specialists)
    assert not after.differences
    assert after.erased > 3
    assert after.decisions < before.decisions


def test_the_owner_s_load_and_the_open_asks_go_with_the_lead(home: House) -> None:
    waiting = select(t.runs.c.id).join(t.leads, t.leads.c.id == t.runs.c.record, isouter=True)
    orphans = waiting.where(t.runs.c.state == "person", t.leads.c.id.is_(None), t.runs.c.record.like("L-%"))
    gone(home)
    assert load_check(home)
    with home.store.reading() as tx:
        assert tx.all(orphans) == []


def test_what_was_decided_about_an_erased_lead_can_still_be_told_without_its_words(home: House) -> None:
    lead = next(id for id, s in leads(home).items() if s.lead.email == ADDRESS)
    assert "Priya Raman" in explain(home.runtime, lead).name
    gone(home)
    told = explain(home.runtime, lead)
    assert told.name == "(erased)"
    assert any("was erased" in entry.text for entry in told.told)


def test_others_are_left_as_they_were(home: House) -> None:
    before = leads(home)
    gone(home)
    after = leads(home)
    assert len(after) == len(before) - 1
    assert all(before[id] == stand for id, stand in after.items())
