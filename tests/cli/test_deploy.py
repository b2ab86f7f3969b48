"""`deploy` at the command line: plan, apply, status, documents; and one sentence for what can't be done."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.deploying import PLAN, changed, put_in, without
from tests.house import change, promote, workspace


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = workspace(tmp_path_factory.mktemp("deploy"))
    assert called(root, "apply").exit_code == 0
    yield root


def called(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["deploy", *words, "-w", str(root)])


def said(result: Result) -> dict[str, Any]:
    """The JSON object on the last line of what was printed."""
    return json.loads(result.stdout.splitlines()[-1])


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli, ["deploy", "--help"])
    assert result.exit_code == 0
    for name in ("plan", "apply", "status", "document", "accounts"):
        assert name in result.output


@pytest.mark.feature("DP2", "DP4", "DP5")
def test_plan_tells_the_changes_in_their_order_and_who_covers_open_seats(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    result = called(root, "plan", "--all")
    told = ("Territories", "Pools", "People", "Who sells where", "Quotas", "Open seats and who covers them")
    places = [result.output.index(f"\n{heading} (") for heading in told]
    assert places == sorted(places)
    assert "is to be filled on" in result.output and "covers it" in result.output
    assert "Nothing was written." in result.output
    lines = " ".join(result.output.split())
    manager = r"manager manager-\w+ \([^)]+\)"
    assert re.search(rf"\+ na-enterprise-01 \([^)]+\): role enterprise_ae; {manager}", lines)
    assert re.search(r"\+ na-enterprise-01@\S+ \([^)]+\)", lines)
    assert re.search(r"is open: nobody holds it; [^.]+\. \S+ \([^)]+\) covers it", lines)
    found = said(called(root, "plan", "--json"))
    assert found["counts"]["create"] == len(found["changes"]) > 100
    assert not found["settled"] and found["seats"]


@pytest.mark.feature("DP4")
def test_apply_makes_it_so_and_a_second_one_says_that_nothing_was_done(applied: Path) -> None:
    done = said(called(applied, "apply", "--json"))
    assert done == {
        "ok": True, "scenario": "fy27-base", "performed": 0, "failed": 0, "left": [], "waiting": {},
        "changed": False, "held": None,
    }  # fmt: skip
    assert "nothing was done" in called(applied, "apply").output
    settled = called(applied, "plan").output
    assert "nothing is to be done" in settled and len(settled.splitlines()) == 2
    assert re.search(r"\d seats are open; who covers each: `revloops deploy plan --all`", settled)
    assert "covers it, of the same role" in " ".join(called(applied, "plan", "--all").output.split())


@pytest.mark.feature("DP1")
def test_status_says_what_stands_when_and_by_which_scenario(applied: Path) -> None:
    found = said(called(applied, "status", "--json"))
    assert found["settled"] and found["left"] == {"create": 0, "change": 0, "remove": 0}
    assert [by["scenario"] for by in found["by"]] == ["fy27-base"]
    assert found["by"][0]["hash"] == found["hash"]
    assert all(part["count"] and part["last"] for part in found["parts"])
    assert found["documents"]
    told = called(applied, "status", "--documents").output
    assert "Everything stands as fy27-base" in told and "issued" in told


def test_status_before_anything_stands_says_so(tmp_path: Path) -> None:
    told = called(workspace(tmp_path), "status").output
    assert "Nothing stands yet." in told and "to create" in told


def test_a_changed_plan_shows_as_before_and_after(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    promote(root, PLAN)
    change(root, "loops/route.yaml", *_any_rule(root))
    called(root, "apply")
    promote(root, changed(PLAN, quotas=[{"role": "account_executive", "amount_minor": 240_000_00}]))
    told = called(root, "plan").output
    assert "Q1 FY27 30,000.00 USD → 60,000.00 USD" in told
    called(root, "apply")
    assert "Version 1; it was superseded." in called(root, "document", "ana", "--version", "1").output
    assert "60,000.00 USD" in called(root, "document", "ana").output


def _any_rule(root: Path) -> tuple[str, str]:
    """Route's rules, and one that fits any plan."""
    text = (root / "loops" / "route.yaml").read_text(encoding="utf-8")
    old = text[text.index("rules:") : text.index("# A rule that only misses")]
    return old, "rules:\n  - {name: all, owner: queue:triage}\n"


def test_a_document_is_shown_in_words(applied: Path) -> None:
    result = called(applied, "document", "na-enterprise-01", "--year", "2027")
    title = re.match(r"# Quota and compensation FY27: (.+) \(na-enterprise-01\)\n", result.output)
    assert title
    assert called(applied, "document", title[1].upper(), "--year", "2027").output == result.output
    found = said(called(applied, "document", "na-enterprise-01", "--json"))
    assert (found["version"], found["state"], found["scenario"]) == (1, "issued", "fy27-base")


def test_a_year_deleted_from_the_promoted_plan_withdraws_nothing_and_is_said(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    promote(root, PLAN)
    change(root, "loops/route.yaml", *_any_rule(root))
    called(root, "apply")
    issued = said(called(root, "status", "--json"))["documents"]
    promote(root, changed(without(PLAN, "ben"), year=None))
    plan = said(called(root, "plan", "--json"))
    assert {c["key"] for c in plan["changes"] if c["part"] in ("quota", "comp_plan")} == {"ben@2027"}
    told = "plan has no year, so 3 quotas and pay documents are left standing as they are: add a line such as"
    for command in ("plan", "apply", "apply", "status", "plan"):
        assert f"{told} `year: 2027`" in " ".join(called(root, command).output.split())
    found = said(called(root, "status", "--json"))
    states = {document["key"]: document["state"] for document in found["documents"]}
    assert states == {**{d["key"]: "issued" for d in issued}, "ben@2027": "withdrawn"}
    promote(root, changed(PLAN, year=2027, quotas=(), compensation=()))
    assert said(called(root, "plan", "--json"))["counts"]["remove"] >= 3


def test_a_name_that_two_people_have_names_both(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    promote(root, put_in(put_in(PLAN, "ana", name="Ana Sato"), "ben", name="Ana Sato"))
    change(root, "loops/route.yaml", *_any_rule(root))
    called(root, "apply")
    assert "ana and of ben: give the id" in called(root, "document", "ana sato").stderr
    title = "# Quota and compensation FY27: Ana Sato (ben)"
    assert called(root, "document", "ben").output.startswith(title)


def test_a_plan_without_a_year_deploys_its_structure_and_no_figures(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    promote(root, changed(PLAN, year=None, quotas=(), compensation=()))
    change(root, "loops/route.yaml", *_any_rule(root))
    assert said(called(root, "apply", "--json"))["ok"]
    found = {part["part"] for part in said(called(root, "status", "--json"))["parts"]}
    assert "territory" in found and not found & {"quota", "comp_plan"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("document", "nobody"), "nobody is called nobody in fy27-base: give an id or a whole name"),
        (("document", "ops-lead"), "ops-lead has no document"),
        (("document", "hire-1"), "hire-1 is planned and hasn't started: it has no document yet"),
        (("document", "na-enterprise-01", "--year", "2031"), "there is 2027 version 1"),
    ],
)
def test_an_error_is_one_sentence_that_says_what_to_do(
    applied: Path, words: tuple[str, ...], says: str
) -> None:
    result = called(applied, *words)
    assert result.exit_code == 1
    assert says in result.stderr and "Traceback" not in result.output
    assert says in said(called(applied, *words, "--json"))["error"]


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
def test_a_scenario_that_is_not_there_is_said_and_nothing_is_lost(tmp_path: Path, command: str) -> None:
    root = workspace(tmp_path)
    change(root, "active.yaml", "fy27-base", "fy99")
    result = called(root, command)
    assert result.exit_code == 1
    assert "fy99" in result.stderr and "Traceback" not in result.output


def test_a_quota_in_a_currency_without_a_rate_is_one_sentence(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    quota = {"role": "account_executive", "amount_minor": 100, "currency": "JPY"}
    promote(root, changed(PLAN, quotas=(quota,)))
    change(root, "loops/route.yaml", *_any_rule(root))
    for command in ("plan", "apply", "status"):
        result = called(root, command)
        assert result.exit_code == 1
        assert "there is no rate for JPY" in result.stderr


def test_a_queue_that_the_plan_does_not_have_is_refused_with_its_line(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    line = change(root, "loops/deploy.yaml", "  queue: triage", "  queue: nowhere")
    result = called(root, "plan")
    assert f"loops/deploy.yaml:{line}" in result.stderr
    assert "has no queue nowhere" in result.stderr


def test_the_list_of_what_waits_shows_whose_territory_is_asked_for_and_says_how_many_more(
    applied: Path,
) -> None:
    asked = said(called(applied, "accounts", "--json"))
    count = asked["to_review"] + asked["to_triage"]
    assert count > 3
    listing = ["review", "list", "-w", str(applied)]
    items = said(CliRunner().invoke(cli, [*listing, "--json", "--limit", "1"]))["items"]
    of_accounts = [item for item in items if item["loop"] == "deploy"]
    assert len(of_accounts) == count
    page = CliRunner().invoke(cli, [*listing, "--limit", "200"]).stdout
    rows = [line for line in page.splitlines() if "which territory?" in line]
    assert len(rows) == count and max(map(len, page.splitlines())) <= 100
    for item in of_accounts:
        assert any(line.startswith(item["id"]) and item["company"][:36] in line[:75] for line in rows)
    cut = CliRunner().invoke(cli, [*listing, "--limit", "2"]).stdout
    assert f"{len(items) - 2} more: --limit {len(items)} shows them all." in cut
    assert cut.count("which ") == 2
