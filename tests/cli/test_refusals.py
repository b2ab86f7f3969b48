"""What the command line refuses before it could do harm, each in one sentence."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import open_house
from agent.review import waiting
from cli.main import cli
from tests.house import change, house, workspace
from tests.tools.lead_rows import accepted, raw
from tools.store import tables as t


def called(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


@pytest.mark.parametrize("who", ["x@", "*.com", "garbage", "jo@acme", ""])
def test_what_is_no_address_or_domain_is_not_suppressed(who: str, tmp_path: Path) -> None:
    root = workspace(tmp_path)
    result = called("suppress", who, "-w", str(root))
    assert result.exit_code == 1
    assert "is neither an address nor a domain" in result.stderr
    assert called("suppress", "acme.example", "-w", str(root)).exit_code == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("calendar.yaml", "America/New_York", "Europe/Ulm", "there is no zone Europe/Ulm"),
        ("calendar.yaml", 'opens: "09:00"', 'opens: "18:00"', "must open before it closes"),
        ("revloops.toml", "workers = 16", "workers = 0", "workers"),
    ],
)
def test_a_setting_that_cannot_hold_is_refused_when_it_is_read(
    file: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    root = workspace(tmp_path)
    change(root, file, old, new)
    result = called("doctor", "-w", str(root))
    assert result.exit_code == 1
    assert says in result.stderr
    assert file in result.stderr


@pytest.mark.parametrize(("verb", "flag"), [("revise", "--note"), ("reject", "--why")])
def test_an_empty_reason_changes_nothing(verb: str, flag: str, tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.reading() as tx:
        item = next(w for w in waiting(tx) if w.sequence)
    result = called("review", verb, item.run, flag, "  ", "-w", str(home.workspace.root))
    assert result.exit_code == 1
    assert flag in result.stderr
    with home.store.reading() as tx:
        assert item.step == next(w for w in waiting(tx) if w.run == item.run).step


def test_a_chart_for_a_folder_that_is_not_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    for name, says in ((tmp_path / "no" / "c.svg", f"there is no folder {tmp_path / 'no'} for the chart"),
                       (tmp_path / "c.gif", "a chart is written as")):  # fmt: skip
        asked = called("chat", "--once", "what if attrition doubles?", "--chart", str(name), "-w", str(root))
        assert asked.exit_code == 1 and says in asked.stderr and not asked.stdout
    home = open_house(root)
    with home.store.reading() as tx:
        assert not tx.all(t.threads.select())
    home.store.close()


def test_a_closed_descriptor_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "ours"
    assert called("init", str(root)).exit_code == 0
    monkeypatch.setenv("REVLOOPS_SENDER_SECRET", "a secret of the sender's own")
    taken = os.open(os.devnull, os.O_RDONLY)
    os.close(taken)
    result = called("approver", "enrol", "mara", "--passphrase-fd", str(taken), "-w", str(root))
    assert result.exit_code == 1
    assert f"file descriptor {taken} can't be read" in result.stderr


def test_real_mail_is_not_signed_from_a_workspace_that_holds_the_starter_s_examples(tmp_path: Path) -> None:
    root = tmp_path / "ops"
    assert called("init", str(root)).exit_code == 0
    leads = tmp_path / "leads.csv"
    leads.write_text(
        "Name,Email,Company,Country,State,Title,Lead Source,Message\n"
        "Ada Lane,ada@acme.example,Acme,United States,Ohio,VP Revenue Operations,demo request,"
        "We need lead routing before January\n",
        encoding="utf-8",
    )
    assert called("run", str(leads), "-w", str(root)).exit_code == 0
    result = called("review", "approve", "Ada Lane", "-w", str(root))
    assert result.exit_code == 1
    assert (
        "still holds the starter's people (scenarios/), company name (revloops.toml), playbook/"
        in result.stderr
    )


@pytest.mark.parametrize("text", ["-5", "−12", "many"])
def test_a_head_count_that_is_none_is_not_known(text: str) -> None:
    assert accepted(raw(employees=text)).employees is None
    assert accepted(raw(employees="1,200")).employees == 1200


def test_nobody_is_enrolled_in_a_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVLOOPS_SENDER_SECRET", "a secret of the sender's own")
    said = called("approver", "enrol", "ops-lead", "-w", str(workspace(tmp_path)))
    assert said.exit_code == 1 and "no passphrase opens" in said.stderr
