"""`review next` at the command line: a batch is opened in turn, and each is decided by itself."""

import pytest
from click.testing import CliRunner, Result

from agent.bootstrap import House
from agent.review import Waiting, waiting
from cli.door import Door
from cli.main import cli
from tests.house import house


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("next"), lived_in=True)


def called(home: House, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ("review", *words, "-w", str(home.workspace.root)), input=typed)


def drafts(home: House) -> list[Waiting]:
    with home.store.reading() as tx:
        return [one for one in waiting(tx) if one.sequence and not one.sequence.needs_override]


def test_without_a_terminal_the_first_is_shown_and_the_way_to_the_rest(home: House) -> None:
    first, second, third, *_ = drafts(home)
    done = called(home, "next", first.short, second.short, third.short)
    assert done.exit_code == 0 and f"revloops review approve {first.short}" in done.output
    assert f"revloops review next {second.short} {third.short}" in done.output


def test_at_a_terminal_each_is_approved_or_skipped(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Door, "interactive", property(lambda _: True))
    first, second, third, *_ = drafts(home)
    typed = "approve\nskip\nquit\n"
    done = called(home, "next", first.short, second.short, third.short, typed=typed)
    assert done.exit_code == 0, done.output
    left = {one.run for one in drafts(home)}
    assert first.run not in left and {second.run, third.run} <= left


def test_what_is_decided_already_is_passed_over(home: House) -> None:
    first, second, *_ = drafts(home)
    assert called(home, "approve", first.short).exit_code == 0
    done = called(home, "next", first.short, second.short)
    assert f"revloops review approve {second.short}" in done.output and "1 of 1 item" in done.output
    assert "Nothing of it waits" in called(home, "next", first.short).output
