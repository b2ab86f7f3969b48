"""A person's words about the plan become typed changes, a question back, or a reason why not."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from agent.bootstrap import House
from agent.embedded.planning.book import Book
from agent.embedded.planning.inquiry import Reading, understand
from loops.design.changes import Inquiry
from tests.planner_house import planner_house
from tools.knowledge.ports import ANYBODY
from tools.planning import plan_now
from tools.yaml_text import read as parse


def rows(part: str) -> list[dict[str, Any]]:
    path = Path(__file__).with_name("planning.yaml")
    data = cast("dict[str, list[dict[str, Any]]]", parse(path.read_text(encoding="utf-8"), path.name)[0])
    return data[part]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return planner_house(tmp_path_factory.mktemp("planning"))


@pytest.fixture(scope="module")
def books(home: House) -> dict[str, Book]:
    from agent.work import context

    with home.store.reading() as tx:
        reach = context(home.runtime, tx, ANYBODY)
        found: dict[str, Book] = {}
        for name, month in (("january", 1), ("february", 2)):
            calendar = home.workspace.calendar.model_copy(update={"fiscal_year_starts_month": month})
            at = replace(reach, workspace=replace(home.workspace, calendar=calendar))
            found[name] = Book(cast("dict[str, Any]", plan_now(at)))
    return found


def heard(books: dict[str, Book], row: dict[str, Any]) -> Reading:
    return understand(row["text"], tuple(row.get("before", ())), books[row.get("year", "january")])


@pytest.mark.feature("CH2")
@pytest.mark.parametrize("row", rows("asked"), ids=lambda row: str(row["text"])[:60])
def test_words_become_the_change_they_mean(books: dict[str, Book], row: dict[str, Any]) -> None:
    reading = heard(books, row)
    assert reading.inquiry == Inquiry.model_validate(row["inquiry"]), reading


@pytest.mark.parametrize("row", rows("follow"), ids=lambda row: str(row["text"])[:60])
def test_a_follow_up_builds_on_what_was_asked_before(books: dict[str, Book], row: dict[str, Any]) -> None:
    reading = heard(books, row)
    assert reading.inquiry == Inquiry.model_validate(row["inquiry"]), reading


@pytest.mark.parametrize("row", rows("needs"), ids=lambda row: str(row["text"])[:60])
def test_what_can_mean_several_things_is_asked_back(books: dict[str, Book], row: dict[str, Any]) -> None:
    reading = heard(books, row)
    assert reading.inquiry is None and reading.needs and not reading.refused


@pytest.mark.parametrize("row", rows("refused"), ids=lambda row: str(row["text"])[:60])
def test_what_the_plan_does_not_know_is_refused_with_a_reason(
    books: dict[str, Book], row: dict[str, Any]
) -> None:
    reading = heard(books, row)
    assert reading.inquiry is None and len(reading.refused) > 30 and not reading.needs
