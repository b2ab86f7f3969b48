"""The worked example, as a new user sees it."""

import json
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def shown() -> str:
    """What `revloops demo` prints; it ends with 0 only if each of its figures held."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo"], capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.feature("CH6", "CH3", "CH7", "QU1", "EN5", "EN6")
def test_the_demo_proves_every_figure_it_prints(shown: str) -> None:
    last = re.search(r"(\d+) of (\d+) figures above were checked", shown)
    assert last is not None
    assert last.group(1) == last.group(2)
    assert int(last.group(2)) >= 20


def test_the_demo_fits_the_page_and_reads_plainly(shown: str) -> None:
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 112
    assert not [line for line in lines if re.match(r"(DEBUG|INFO|WARNING|ERROR)\b", line)]
    assert not re.search(r"[\U0001F300-\U0001FAFF\u2600-\u27BF]", shown)


@pytest.mark.feature("AN7")
def test_the_demo_labels_each_step_code_agent_or_human(shown: str) -> None:
    for label in ("[code] ", "[agent]", "[human]"):
        assert label in shown


def test_the_demo_names_what_the_seed_names(shown: str) -> None:
    for words in ("= 91: grade A", "Rule 1 doesn't match", "Rule 2 matches", "pool:na-commercial", "Series B",
                  "7 of 7 criteria passed", "differences", "attacks, 0 messages"):
        assert words in shown


def test_json_is_one_object_on_the_last_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["failed"] == []
    assert found["compute_seconds"] <= 10
    assert found["attention_seconds"] <= 60
