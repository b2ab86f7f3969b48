"""`calls` and `review commit` at the command line, and what an intake makes of a transcript."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import House
from agent.review import Waiting, waiting
from cli.main import cli
from tests.house import bring, decisions, house, leads, raw
from tools.calls import read_turns
from tools.errors import UnreadableFile

ADA = "ada@co-1.example"
PLAIN = """\
Sam: What goes wrong today?
Ada Name1: Leads sit for two days before anybody looks at them.
They go cold: nobody rings back.
Sam: Who signs something like this?
Ada Name1: Our CFO signs anything above fifty thousand.
"""
TURNS = [
    ("Sam", "What goes wrong today?"),
    ("Ada Name1", "Leads sit for two days before anybody looks at them. They go cold: nobody rings back."),
    ("Sam", "Who signs something like this?"),
    ("Ada Name1", "Our CFO signs anything above fifty thousand."),
]
VTT = """\
WEBVTT

NOTE made by a recorder

1
00:00:01.000 --> 00:00:03.000
<v Sam>What goes wrong today?</v>

00:00:03.500 --> 00:00:06.000 align:start
<v Ada Name1>Leads sit for two days</v>

00:00:06.000 --> 00:00:09.000
<v Ada Name1>before anybody looks at them. They go cold: nobody rings back.</v>

00:00:09.000 --> 00:00:11.000
Sam: Who signs something like this?

00:00:11.000 --> 00:00:14.000
Ada Name1: <i>Our CFO</i> signs anything above fifty thousand.
"""
SRT = """\
1
00:00:01,000 --> 00:00:03,000
Sam: What goes wrong today?

2
00:00:03,500 --> 00:00:09,000
Ada Name1: Leads sit for two days before anybody looks at them.
They go cold: nobody rings back.

3
00:00:09,000 --> 00:00:11,000
Sam: Who signs something like this?

4
00:00:11,000 --> 00:00:14,000
Ada Name1: Our CFO signs anything above fifty thousand.
"""
STAMPED = """\
[00:00:01] Sam: What goes wrong today?

Ada Name1 (00:03): Leads sit for two days before anybody looks at them. They go cold: nobody rings back.
0:09 - Sam: Who signs something like this?
Ada Name1  0:11
Our CFO signs anything
above fifty thousand.
"""


def written(folder: Path, text: str | bytes, name: str = "call.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# --- reading --------------------------------------------------------------------------------------
@pytest.mark.feature("EN9")
@pytest.mark.parametrize(
    ("text", "name"),
    [(PLAIN, "a.txt"), (VTT, "a.vtt"), (SRT, "a.srt"), (STAMPED, "a.txt"), ("\ufeff" + PLAIN, "a.md"),
     (PLAIN.replace("\n", "\r\n"), "a.txt")],
    ids=["plain", "vtt", "srt", "stamps", "mark of byte order", "windows"],
)  # fmt: skip
def test_the_same_call_reads_alike_in_every_form(tmp_path: Path, text: str, name: str) -> None:
    assert list(read_turns(written(tmp_path, text, name))) == TURNS


def test_a_text_of_another_encoding_is_read_where_it_says_so(tmp_path: Path) -> None:
    assert list(read_turns(written(tmp_path, PLAIN.encode("utf-16")))) == TURNS


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (b"", "a.txt", "holds no words"),
        (b"we talked about this and that\n", "a.txt", "doesn't say who speaks"),
        (b"\xff\x00\xfe\x01binary", "a.txt", "is no UTF-8 text"),
        (b"Sam: a\0b", "a.txt", "is no text"),
        (b"Sam: hello", "a.docx", "is no transcript"),
        (b"Sam: " + b"x" * 2_000_001, "a.txt", "more than any call"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nno name here\n", "a.vtt", "doesn't say who speaks"),
    ],
)
def test_what_is_no_transcript_is_refused_in_one_sentence(
    tmp_path: Path, text: bytes, name: str, says: str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_turns(written(tmp_path, text, name))
    assert says in str(refused.value) and "\n" not in str(refused.value)


# --- the commands ---------------------------------------------------------------------------------
@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    made = house(tmp_path)
    bring(made, raw("1"))
    yield made
    made.store.close()


def called(home: House, *words: str) -> Result:
    return CliRunner().invoke(cli, (*words, "-w", str(home.workspace.root)))


def item(home: House) -> Waiting:
    with home.store.reading() as tx:
        return next(w for w in waiting(tx) if w.call)


def added(home: House, tmp_path: Path, text: str = PLAIN) -> Waiting:
    done = called(home, "calls", "add", str(written(tmp_path, text)), "--lead", ADA, "--ours", "sam")
    assert done.exit_code == 0, done.output
    return item(home)


@pytest.mark.feature("EN9", "EN10")
def test_an_added_call_is_shown_so_that_a_rep_can_decide(home: House, tmp_path: Path) -> None:
    waits = added(home, tmp_path)
    shown = called(home, "review", "show", waits.short).stdout
    assert "Ada Name1, Company 1" in shown
    assert "[x] Economic buyer*" in shown and "“Our CFO signs anything above fifty thousand.”" in shown
    assert "[ ] Champion" in shown and "Who of yours would push this" in shown
    assert "Suggested: continue." in shown and f"review commit {waits.short}" in shown
    assert "call, meddpicc: continue?" in called(home, "review", "list").stdout
    assert "waits for a person" in called(home, "calls", "list").stdout


def test_the_same_file_again_changes_nothing(home: House, tmp_path: Path) -> None:
    before = added(home, tmp_path)
    again = called(home, "calls", "add", str(tmp_path / "call.txt"), "--lead", ADA, "--ours", "Sam")
    assert again.exit_code == 0 and "known already" in again.stdout
    assert item(home) == before


@pytest.mark.feature("EN11", "EN12")
def test_a_rep_adjusts_and_commits_at_the_command_line(home: House, tmp_path: Path) -> None:
    waits = added(home, tmp_path)
    covers = ("metrics", "decision_process=two demos", "champion", "competition")
    words = [word for cover in covers for word in ("--cover", cover)]
    again = called(home, "review", "commit", waits.short, *words)
    assert again.exit_code == 0 and "Suggested: confirm." in again.stdout
    done = called(home, "review", "commit", waits.short, "--json")
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "opportunity_confirmed"
    reasons = [reason["text"] for reason in decisions(home, "engage", waits.call)[-1]["reasons"]]
    assert "Decision process: covered. two demos" in reasons
    explained = called(home, "explain", "ada@co-1.example").stdout
    assert "decided: opportunity confirmed" in explained


@pytest.mark.feature("EN11", "EN12")
@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (("--continue",), "discovery continued"),
        (("--confirm", "--why", "they asked for a contract"), "opportunity confirmed"),
        (("--disqualify", "not_now", "--disqualify", "wrong_fit"), "disqualified"),
    ],
)
def test_each_outcome_has_its_flag(home: House, tmp_path: Path, words: tuple[str, ...], outcome: str) -> None:
    done = called(home, "review", "commit", added(home, tmp_path).short, *words)
    assert done.exit_code == 0 and f"Committed: {outcome}." in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("commit", "--confirm"), "confirming it takes a reason"),
        (("commit", "--disqualify", "boredom"), "boredom is no reason here"),
        (("commit", "--cover", "astrology"), "has no dimension astrology"),
        (("commit", "--confirm", "--disqualify", "not_now"), "not both"),
        (("commit", "--confirm", "--continue", "--why", "x"), "say one of --confirm, --continue, not both"),
        (("commit", "--uncover", "Identified agony"), "has no dimension Identified agony"),
        (("answer", "--choice", "commit"), "review commit"),
        (("edit", "--file", "-"), "no draft here"),
    ],
)
def test_what_a_qualification_does_not_take_is_said_and_loses_nothing(
    home: House, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    waits = added(home, tmp_path)
    refused = called(home, "review", words[0], waits.short, *words[1:])
    assert refused.exit_code == 1 and says in refused.stderr
    now = item(home)
    assert (now.run, now.ask["payload"]) == (waits.run, waits.ask["payload"])


def test_a_rejected_analysis_is_thrown_away(home: House, tmp_path: Path) -> None:
    waits = added(home, tmp_path)
    done = called(home, "review", "reject", waits.short, "--why", "wrong customer")
    assert done.exit_code == 0 and "Rejected." in done.stdout
    assert decisions(home, "engage", waits.call)[-1]["outcome"] == "analysis_rejected"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("{file}",), "say whose call it is"),
        ((), "name one source"),
        (("{file}", "--lead", "nobody@else.example"), "no lead is called"),
        (("{file}", "--account", "Nowhere Inc"), "no account is called"),
        (("{file}", "--lead", ADA), "nothing tells who of Sam, Ada Name1 is ours"),
        (("{file}", "--lead", ADA, "--ours", "Bob"), "nobody called bob speaks in it"),
        (("{file}", "--lead", ADA, "--ours", "Sam", "--ours", "Ada Name1"), "no customer speaks"),
        (("{file}", "--lead", ADA, "--rep", "zed"), "nobody called zed in the roster"),
        (("{file}", "--lead", ADA, "--at", "soon"), "soon is no instant"),
        (("{file}", "--lead", ADA, "--at", "2031-01-01"), "lies ahead"),
        (("missing.txt", "--lead", ADA), "There is no file"),
    ],
)
def test_a_call_that_cannot_be_placed_is_refused_in_one_sentence(
    home: House, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    file = str(written(tmp_path, PLAIN))
    refused = called(home, "calls", "add", *(word.format(file=file) for word in words))
    assert refused.exit_code == 1 and says in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "No call was analysed yet" in called(home, "calls", "list").stdout


def test_the_rep_s_own_name_tells_who_is_ours(home: House, tmp_path: Path) -> None:
    (stand,) = leads(home).values()
    rep = next(rep for rep in home.workspace.scenario.roster if rep.id == stand.owner)
    for name in (rep.name, rep.name.split()[0], "Rep", f"Somebody ({home.workspace.settings.company})"):
        file = written(tmp_path, PLAIN.replace("Sam", name))
        done = called(home, "calls", "add", str(file), "--lead", ADA)
        assert done.exit_code == 0 and f"Ours: {name}." in done.stdout


@pytest.mark.feature("EN9")
def test_the_sandbox_s_calls_wait_for_their_reps(home: House) -> None:
    done = called(home, "calls", "add", "--sandbox", "3", "--json")
    first = json.loads(done.stdout.splitlines()[-1])
    assert (len(first["calls"]), len(first["items"])) == (3, 3)
    second = json.loads(called(home, "calls", "add", "--sandbox", "2", "--json").stdout.splitlines()[-1])
    assert len(second["calls"]) == 2 and not set(first["calls"]) & set(second["calls"])


def test_an_account_s_call_belongs_to_its_open_deal(home: House, tmp_path: Path) -> None:
    with home.store.reading() as tx:
        deal, account = tx.conn.exec_driver_sql(
            "select max(id), account from opportunities where closed_on = '' group by account"
            " having count(*) = 1 limit 1"
        ).one()
    file = str(written(tmp_path, PLAIN.replace("Sam", "Rep")))
    done = called(home, "calls", "add", file, "--account", account, "--rep", "na-commercial-01")
    assert done.exit_code == 0, done.output
    shown = item(home).discovery
    assert shown and (shown.deal, shown.lead, shown.person) == (deal, None, "")


@pytest.mark.feature("EN11")
def test_labels_name_dimensions_and_reasons_as_keys_do(home: House, tmp_path: Path) -> None:
    waits = added(home, tmp_path)
    words = ("--cover", "decision CRITERIA=she listed them", "--uncover", "Identified pain",
             "--disqualify", "Not now")  # fmt: skip
    done = called(home, "review", "commit", waits.short, *words)
    assert done.exit_code == 0, done.output
    out = decisions(home, "engage", waits.call)[-1]
    texts = [reason["text"] for reason in out["reasons"]]
    assert out["rule"] == "not_now" and "Decision criteria: covered. she listed them" in texts
    assert "Identified pain: uncovered. The rep took it back." in texts


@pytest.mark.feature("EN12")
def test_a_request_not_to_be_contacted_is_shown_on_top_and_heeded(home: House, tmp_path: Path) -> None:
    waits = added(home, tmp_path, PLAIN + "Ada Name1: And please take me off your list.\n")
    shown = called(home, "review", "show", waits.short).stdout
    assert "THEY ASK NOT TO BE CONTACTED (line 5): “And please take me off your list.”" in shown
    assert shown.index("THEY ASK") < shown.index("Metrics")
    refused = called(home, "review", "commit", waits.short, "--continue")
    assert refused.exit_code == 1 and "disqualify it for do_not_contact, or give a reason" in refused.stderr
    done = called(home, "review", "commit", waits.short)
    assert "No more cold mail" in done.stdout and "on the suppression list" in done.stdout


def test_the_same_words_for_another_customer_are_filed_only_on_demand(home: House, tmp_path: Path) -> None:
    first = added(home, tmp_path)
    bring(home, raw("2"))
    words = ("calls", "add", str(tmp_path / "call.txt"), "--lead", "ada@co-2.example", "--ours", "Sam")
    refused = called(home, *words)
    assert refused.exit_code == 1
    assert f"known already as {first.call} for Ada Name1, Company 1; --again" in refused.stderr
    done = called(home, *words, "--again")
    assert done.exit_code == 0 and "1 call kept" in done.stdout
    assert "Ada Name2, Company 2" in called(home, "calls", "list").stdout


def test_a_call_in_which_the_lead_does_not_speak_is_taken_with_a_warning(home: House, tmp_path: Path) -> None:
    for n, (name, warned) in enumerate((("Bo Other", True), ("Customer", False), ("Ada", False))):
        text = f"Sam: What goes wrong, {n}?\n{name}: Leads sit for days.\n{name}: They go cold.\n"
        file = str(written(tmp_path, text))
        done = called(home, "calls", "add", file, "--lead", ADA, "--ours", "Sam")
        assert done.exit_code == 0 and ("nobody in it is called Ada Name1" in done.stdout) == warned
