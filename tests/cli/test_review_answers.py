"""`review` at the command line: each kind of question takes its own answers, and says so when it doesn't."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import JsonValue
from sqlalchemy import select

from agent.bootstrap import House
from agent.flow import settle
from agent.review import Waiting, waiting
from cli.main import cli
from loops.decision import Answer
from loops.engage.mail_events import MailUnknown
from tests.house import answer, bring, decisions, house, outbox, raw
from tools.errors import ToolFailed
from tools.store import tables as t


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    home = house(tmp_path, lived_in=True)
    yield home
    home.store.close()


def called(home: House, *words: str) -> Result:
    return CliRunner().invoke(cli, ("review", *words, "-w", str(home.workspace.root)))


def open_items(home: House) -> list[Waiting]:
    with home.store.reading() as tx:
        return waiting(tx)


def item_of(home: House, run: str) -> Waiting | None:
    return next((w for w in open_items(home) if w.run == run), None)


def failed_step(home: House) -> Waiting:
    """A draft whose review was answered with something unreadable, which operations have to settle."""
    drafted = next(w for w in open_items(home) if w.sequence)
    assert answer(home, drafted.run, drafted.step, Answer(by="person:ops-lead", value={"verdict": "yes"}))
    found = item_of(home, drafted.run)
    assert found and found.options == ("retry", "task", "drop")
    return found


def failed_effect(home: House) -> Waiting:
    def refuse(*_: Any) -> None:
        raise ToolFailed("the CRM refuses it")

    bring(replace(home, performers={**home.performers, "WriteScore": refuse}), raw("1"))
    found = next(w for w in open_items(home) if w.trigger == "EffectFailed")
    assert found.options == ("retry", "drop")
    return found


def unknown_mail(home: House) -> Waiting:
    drafted = next(w for w in open_items(home) if w.sequence)
    with home.store.transaction() as tx:
        home.runtime.emit(tx, "unknown-1", MailUnknown(record=drafted.lead, approval="AP-none", n=0))
    settle(home)
    found = next(w for w in open_items(home) if w.trigger == "MailUnknown")
    assert found.options == ("delivered", "not_delivered")
    return found


def owner_asked(home: House) -> Waiting:
    bring(home, raw("1", country="", email="ada@nowhere.example"))
    return next(w for w in open_items(home) if w.loop == "route" and w.name == "Ada Name1")


@pytest.mark.feature("GV5", "AN9")
@pytest.mark.parametrize("choice", ["retry", "task", "drop"])
def test_a_failed_step_takes_each_of_its_verdicts(home: House, choice: str) -> None:
    item = failed_step(home)
    shown = called(home, "show", item.short)
    assert f"review answer {item.short} --choice retry|task|drop" in shown.stdout
    done = called(home, "answer", item.short, "--choice", choice, "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    now = item_of(home, item.run)
    if choice == "retry":
        assert now and now.sequence
    else:
        assert now is None
        outcome = {"task": "assigned_without_sequence", "drop": "dropped"}[choice]
        assert decisions(home, "engage", item.lead)[-1]["outcome"] == outcome


@pytest.mark.feature("GV5")
def test_a_failed_effect_is_retried_or_dropped(home: House) -> None:
    item, before = failed_effect(home), outbox(home, "WriteScore")
    refused = called(home, "answer", item.short, "--choice", "task", "--as", "ops-lead")
    assert refused.exit_code == 1
    assert "none of the options: retry, drop" in refused.stderr
    done = called(home, "answer", item.short, "--choice", "retry", "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    assert outbox(home, "WriteScore") == before + 1
    assert item_of(home, item.run) is None


def test_rejecting_a_failed_effect_drops_it(home: House) -> None:
    item = failed_effect(home)
    done = called(home, "reject", item.short, "--why", "no longer needed", "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    assert item_of(home, item.run) is None


@pytest.mark.parametrize("choice", ["delivered", "not_delivered"])
def test_an_unknown_mail_has_no_default_and_takes_what_a_person_found(home: House, choice: str) -> None:
    item = unknown_mail(home)
    for words in (("approve",), ("reject", "--why", "x"), ("reassign", "--to", "delivered")):
        refused = called(home, words[0], item.short, *words[1:])
        assert refused.exit_code == 1
        assert f"review answer {item.short} --choice" in refused.stderr
        assert "delivered, not_delivered" in refused.stderr
    assert item_of(home, item.run) == item
    done = called(home, "answer", item.short, "--choice", choice)
    assert done.exit_code == 0, done.output
    assert item_of(home, item.run) is None
    assert decisions(home, "engage", item.lead)[-1]["outcome"] == choice


@pytest.mark.feature("RO8")
@pytest.mark.parametrize("choice", ["na-commercial-01", "rep:na-commercial-01", "pool:na-commercial"])
def test_an_owner_question_takes_any_known_owner_and_no_other(home: House, choice: str) -> None:
    item = owner_asked(home)
    refused = called(home, "answer", item.short, "--choice", "rep:nobody", "--as", "ops-lead")
    assert refused.exit_code == 1
    assert "rep:nobody is none of the options" in refused.stderr
    assert item_of(home, item.run) == item
    done = called(home, "answer", item.short, "--choice", choice, "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    assert item_of(home, item.run) is None
    assert decisions(home, "route", item.lead)[-1]["outcome"] == "assigned"


@pytest.mark.feature("RO8")
def test_who_has_left_is_not_taken_and_that_is_said(home: House) -> None:
    item = owner_asked(home)
    done = called(home, "answer", item.short, "--choice", "na-commercial-departed", "--as", "ops-lead")
    assert done.exit_code == 1
    assert "the answer wasn't taken" in done.stderr
    assert "named rep:na-commercial-departed" in done.stderr
    assert item_of(home, item.run)


def test_approving_takes_a_suggested_match_and_nothing_that_was_not_suggested(home: House) -> None:
    suggested = next(w for w in open_items(home) if w.suggestion)
    assert f"takes {suggested.suggestion}" in called(home, "show", suggested.short).stdout
    done = called(home, "approve", suggested.short, "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    assert f"Took {suggested.suggestion}." in done.stdout
    assert item_of(home, suggested.run) is None
    unsuggested = failed_step(home)
    refused = called(home, "approve", unsuggested.short, "--as", "ops-lead")
    assert refused.exit_code == 1
    assert "nothing is suggested here" in refused.stderr
    assert "retry, task, drop" in refused.stderr


@pytest.mark.feature("EN4", "AN9")
def test_a_draft_given_to_a_colleague_is_theirs_in_the_crm_too(home: House) -> None:
    drafted = next(w for w in open_items(home) if w.sequence)
    refused = called(home, "answer", drafted.short, "--choice", "approve")
    assert "this is a draft" in refused.stderr
    to = next(
        rep.id
        for rep in home.workspace.scenario.roster
        if rep.role == "account_executive" and not rep.left_on and f"person:{rep.id}" != drafted.to
    )
    done = called(home, "reassign", drafted.short, "--to", to)
    assert done.exit_code == 0, done.output
    with home.store.reading() as tx:
        row = tx.first(select(t.leads.c.owner).where(t.leads.c.id == drafted.lead))
        mine = (t.crm_fields.c.record == drafted.lead, t.crm_fields.c.field == "owner")
        crm = tx.first(select(t.crm_fields.c.value).where(*mine))
    assert row and row.owner == to
    assert crm and crm.value == to


def test_whose_work_it_is_stands_above_the_mails_where_rules_stood_in(home: House) -> None:
    drafted = next(w for w in open_items(home) if w.sequence)
    assert "NOTE:" not in called(home, "show", drafted.run[:8]).stdout
    with home.store.transaction() as tx:
        writer = "outreach_writer@embedded answered in place of local: HTTP 503"
        ask: dict[str, JsonValue] = {**drafted.ask, "evidence": [{"code": "stood_in", "text": writer}]}
        body = tx.put(ask, drafted.subject)
        tx.run(t.runs.update().where(t.runs.c.id == drafted.run).values(ask=body))
    shown = " ".join(called(home, "show", drafted.run[:8]).stdout.split())
    said = "of the outreach writer answered in place of local: HTTP 503"
    assert said in shown and shown.index(said) < shown.index("--- Mail 1")


def test_a_match_that_is_taken_is_said_by_the_company_s_name(home: House) -> None:
    item = next(w for w in open_items(home) if w.loop == "qualify" and w.ask["payload"].get("candidates"))
    one = item.ask["payload"]["candidates"][0]
    done = called(home, "answer", item.run[:8], "--choice", one["company"], "--as", "ops-lead")
    assert done.exit_code == 0, done.output
    assert f"Took {one['name']} ({one['company']})." in done.stdout
