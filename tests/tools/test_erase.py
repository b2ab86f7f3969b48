"""Erase: no name or address is left, the chain still verifies, and replay counts what is gone."""

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import JsonValue
from sqlalchemy import select

from agent.bootstrap import House
from agent.explain import explain
from agent.flow import run, settle
from agent.replay import replay, verify
from agent.tape import Tape
from cli.main import cli
from loops.errors import RevloopsError
from loops.records import Account
from tests.house import (
    answer,
    bring,
    by_person,
    deliver,
    house,
    leads,
    load_check,
    one_pool,
    only,
    raw,
    rep,
    scoring_house,
    tamper,
    waiting_runs,
    workspace,
    world,
)
from tools.calls import Meeting, record
from tools.importing import How, Report, take
from tools.store import Erased
from tools.store import tables as t
from tools.store.erase import ErasedPerson, erase

ADDRESS = "priya.raman@tessaly.example"
TRACES = (b"priya.raman", b"priya raman", b'"raman"')


def count(text: bytes, names: tuple[bytes, ...]) -> int:
    return sum(text.lower().count(trace) for trace in names)


def traces(home: House, names: tuple[bytes, ...] = TRACES) -> int:
    """How often the person's name or address stands in any file of the workspace's data."""
    files = [path for path in home.workspace.data.rglob("*") if path.is_file()]
    assert files
    return sum(count(path.read_bytes(), names) for path in files)


def readable(home: House, names: tuple[bytes, ...] = TRACES) -> int:
    """How often it stands in a body that can still be read, once that is decrypted and unpacked."""
    found = 0
    with home.store.reading() as tx:
        for (hash,) in tx.all(select(t.blobs.c.hash)):
            with suppress(Erased):
                found += count(tx.get(hash), names)
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
    assert gone(home) == ErasedPerson(leads=1, mails=0, files=1, items=1)
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


def test_words_of_a_person_about_an_erased_lead_go_with_it(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    one_pool(root, [rep("ana", capacity=0)])
    home = scoring_house(root)
    bring(home, raw("1", first_name="Quirina", last_name="Zauberwald"))
    names = (b"zauberwald",)
    ((id, step, _, _),) = waiting_runs(home, "route")
    assert answer(home, id, step, by_person({"choice": "pool:p"}))
    settle(home)
    with home.store.reading() as tx:
        ((pool, step),) = tx.all(select(t.runs.c.id, t.runs.c.step).where(t.runs.c.trigger == "PoolChosen"))
    why = "Quirina Zauberwald is a friend of mine"
    reject = by_person({"verdict": "reject"}).model_copy(update={"why": why})
    assert answer(home, pool, step, reject)
    settle(home)
    with home.store.reading() as tx:
        bodies = tx.all(select(t.ledger.c.body).where(t.ledger.c.run == pool))
        assert sum(count(tx.get(body), names) for (body,) in bodies) == 2
    erase(home.store, only(home).lead.person, home.workspace.data / "mailbox")
    assert readable(home, names) == traces(home, names) == 0


# --- whoever was erased comes in again ------------------------------------------------------------
def test_an_erased_person_who_comes_in_again_is_a_new_lead_and_replay_still_holds(home: House) -> None:
    old = {id for id, stand in leads(home).items() if stand.lead.email == ADDRESS}
    before = leads(home)
    people: list[str] = []
    for _ in range(2):
        gone(home)
        ran = run(home, world().worked_example()[:1], "sandbox")
        assert sum(ran.ended.values()) == 1 and not ran.ended["merged"]
        ((id, stand),) = [(id, s) for id, s in leads(home).items() if s.lead.email == ADDRESS]
        assert id not in old
        old.add(id)
        people.append(stand.lead.person)
        found = replay(home.runtime, home.specialists)
        assert found.differences == []
        assert found.erased > 3
        told = explain(home.runtime, ADDRESS)
        assert (told.lead, told.name) == (id, "Priya Raman")
        assert not any("was erased" in entry.text for entry in told.told)
        assert len({entry.loop for entry in told.told}) > 1
    assert people[0] != people[1]
    assert people[0] not in {stand.lead.person for stand in before.values()}
    assert run(home, world().worked_example()[:1], "sandbox").ledger_rows_written == 0


async def test_an_agent_at_work_on_an_erased_lead_leaves_nothing_behind(tmp_path: Path) -> None:
    home = house(tmp_path)
    take(home.store, world().worked_example()[:1], How(now=home.runtime.at(), batch="1"), Report())
    asked = deliver(home)[0]
    assert asked.subject
    tape = Tape(home.store, asked.run, asked.step, asked.subject)

    async def says(words: str) -> JsonValue:
        return {"said": words}

    assert await tape.exchange("model", {"n": 1}, lambda: says("before")) == {"said": "before"}
    erase(home.store, asked.subject, home.workspace.data / "mailbox")
    with pytest.raises(Erased, match="was erased"):
        await tape.exchange("model", {"n": 2}, lambda: says("Priya Raman"))
    assert not answer(home, asked.run, asked.step, by_person({"verdict": "approve"}))
    with home.store.reading() as tx:
        assert len(tx.all(select(t.exchanges).where(t.exchanges.c.run == asked.run))) == 1
        assert tx.all(select(t.keys).where(t.keys.c.subject == asked.subject)) == []


# --- another process reads ------------------------------------------------------------------------
def test_erase_says_that_a_reader_keeps_the_rows_in_the_file_and_finishes_when_it_is_run_again(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.store.store.PATIENCE_MS", 0)
    path = home.store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM leads").fetchone()[0] > 0
        with pytest.raises(RevloopsError, match=r"rows of P-\w+ are deleted, .* stop it and run") as said:
            gone(home)
        assert traces(home) > 0
    assert len(list((home.workspace.data / "mailbox").iterdir())) == 1
    person = str(said.value).split()[3]
    for word in (person, ADDRESS):
        again = CliRunner().invoke(cli, ["erase", word, "--json", "-w", str(home.workspace.root)])
        assert json.loads(again.stdout.splitlines()[-1])["person"] == person
        assert traces(home) == 0


# --- calls ----------------------------------------------------------------------------------------
SPOKEN = (
    ("Rep", "How are things?"),
    ("Priya Raman", "Leads sit for two days before anybody looks at them."),
    ("Rep", "Who signs?"),
    ("Priya Raman", "Our CFO signs anything above fifty thousand."),
)
WORDS = b"before anybody looks at them"


def filed(home: House, lead: str | None, account: str | None = None) -> str:
    """Keeps and analyses the call, of a lead or of an account alone."""
    found = leads(home)
    stand = found[lead] if lead else next(s for s in found.values() if s.lead.email == ADDRESS)
    with home.store.transaction() as tx:
        rep = home.runtime.records(tx).rep(stand.owner)
        assert rep
        meeting = Meeting(rep=rep, at=home.runtime.at(), lead=stand.lead if lead else None, account=account)
        id, _ = record(tx, SPOKEN, ("Rep",), meeting)
    settle(home)
    return id


def somebody_else(home: House) -> str:
    return next(
        id
        for id, s in leads(home).items()
        if s.lead.email != ADDRESS and s.owner.partition(":")[0] != "queue"
    )


def test_erase_counts_calls_and_open_questions_and_names_the_calls_that_still_hold_the_name(
    home: House,
) -> None:
    hers = next(id for id, stand in leads(home).items() if stand.lead.email == ADDRESS)
    filed(home, hers)
    other = filed(home, somebody_else(home))
    done = CliRunner().invoke(cli, ["erase", ADDRESS, "--yes", "--json", "-w", str(home.workspace.root)])
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["leads"], told["calls"], told["items"], told["still_named_in"]) == (1, 1, 2, [other])
    assert readable(home) > 0


def test_a_removed_call_leaves_no_word_and_the_chain_still_verifies(home: House) -> None:
    before = replay(home.runtime, home.specialists)
    id = filed(home, somebody_else(home))
    assert readable(home, (WORDS,)) > 2
    again = ["calls", "remove", id, "--yes", "-w", str(home.workspace.root)]
    done = CliRunner().invoke(cli, again)
    assert done.exit_code == 0 and f"Removed {id}" in done.output and "1 review item" in done.output
    assert readable(home, (WORDS,)) == traces(home, (WORDS,)) == 0
    assert not verify(home.store)
    after = replay(home.runtime, home.specialists)
    assert (after.differences, after.decisions) == ([], before.decisions)
    assert "there is no call" in CliRunner().invoke(cli, again).stderr


def test_a_body_that_is_emptied_without_a_removal_is_noticed(home: House) -> None:
    assert not verify(home.store)
    emptied = "UPDATE blobs SET bytes = x'', subject = 'call:K-0' WHERE hash = (SELECT min(hash) FROM blobs)"
    tamper(home.store, emptied)
    assert verify(home.store)


def test_what_they_said_on_a_call_of_their_account_goes_with_them(home: House) -> None:
    with home.store.transaction() as tx:
        lead = next(s.lead for s in leads(home).values() if s.lead.email == ADDRESS)
        account = "A-hers"
        said = Account(id=account, name=lead.company, key=lead.company_key, domain=lead.domain)
        tx.add(t.accounts, id=account, key=said.key, domain=said.domain, company=None, status=said.status,
               owner=None, doc=said.model_dump_json())  # fmt: skip
    filed(home, None, account)
    assert traces(home, (WORDS,)) + readable(home, (WORDS,)) > 2
    assert gone(home).calls == 1
    assert readable(home, (WORDS,)) == traces(home, (WORDS,)) == 0
    assert not verify(home.store) and replay(home.runtime, home.specialists).differences == []


def test_a_file_that_brings_an_erased_address_back_is_said_to(home: House) -> None:
    rows = world().worked_example()[:1]
    assert not any("erased" in note for note in run(home, rows, "sandbox").notes)
    gone(home)
    notes = run(home, rows, "sandbox").notes
    assert any("was erased before and comes in as a new lead" in note for note in notes)
    assert not any("erased" in note for note in run(home, rows, "sandbox").notes)


def test_erasing_without_a_terminal_says_so_in_one_sentence(home: House) -> None:
    refused = CliRunner().invoke(cli, ["erase", ADDRESS, "-w", str(home.workspace.root)])
    assert refused.exit_code == 1
    said = "erasing can't be undone and there is no terminal to ask at: give --yes"
    assert refused.stderr == f"revloops: {said}\n"
