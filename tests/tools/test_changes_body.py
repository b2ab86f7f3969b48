"""A proposal as people read it: what, why, with which figures, and how to take it back."""

import pytest

from loops.proposal import Figure, Guardrail, Proposal
from tests.agent.proposals_made import COMMAND, points
from tests.house import template
from tools.changes.body import body, figure_words

HEADINGS = (
    "On leads it wasn't fitted on", "Segments", "What is promised", "What would show that it is wrong",
    "Not used as evidence", "How to take it back",
)  # fmt: skip
DIFF = "-  webinar: 12\n+  webinar: 2\n"


def made(**changes: object) -> Proposal:
    return points(template()).model_copy(update=changes)


def figure(name: str, value: float, unit: str = "share") -> Figure:
    told = {"name": name, "value": value, "unit": unit, "sample": 1165, "command": COMMAND}
    return Figure.model_validate(told)


def test_it_says_everything_in_order_and_every_figure_with_its_command() -> None:
    text = body(made(), DIFF)
    places = [text.index(f"### {heading}\n") for heading in ("Who moves", *HEADINGS)]
    assert places == sorted(places) and text.index(DIFF) < places[0]
    for one in made().figures:
        assert f"| {figure_words(one)} | {one.sample:,} | `{COMMAND}` |" in text
    assert len(text.split()) < 450 and f"`revloops simulate qualify --config {made().branch}` lists" in text


def test_it_says_how_many_get_another_grade() -> None:
    names = {"held_out.regraded": 0.238, "held_out.graded_A.before": 0.015, "held_out.graded_A.after": 0.032}
    text = body(made(figures=tuple(figure(name, value) for name, value in names.items())), DIFF)
    assert "Of 1,165 later leads 23.8 % would get another grade; 1.5 % are an A now, 3.2 % would be." in text
    assert "| get another grade | 23.8 % | 1,165 |" in text


def test_what_there_is_nothing_of_isn_t_headed() -> None:
    text = body(made(refused=(), guardrails=(), figures=()), DIFF)
    assert "### Not used" not in text
    assert "No segment has enough leads" in text and "Nothing was measured" in text


def test_nothing_is_written_as_less_than_zero() -> None:
    assert figure_words(figure("x", -0.0001, "auc")) == "0.000"
    assert figure_words(figure("x", -0.01, "auc")) == "-0.010"


def test_a_segment_that_gets_worse_is_said_to_break() -> None:
    worse = Guardrail(segment="territory = eu", leads=40, before=0.7, after=0.6, holds=False, says="too much")
    text = body(made(guardrails=(worse,)), DIFF)
    assert "| territory = eu | 40 | 0.700 | 0.600 | breaks: too much |" in text


@pytest.mark.parametrize(
    ("unit", "value", "low", "high", "told"),
    (
        ("share", 0.041, 0.028, 0.06, "4.1 % [2.8 %, 6.0 %]"),
        ("share_points", -0.077, None, None, "-7.7 points"),
        ("auc", 0.72949, 0.7, 0.75, "0.729 [0.700, 0.750]"),
        ("count", 4120, None, None, "4,120"),
        ("hours", 3.25, None, None, "3.2"),
        ("date", "2026-11-23", None, None, "2026-11-23"),
    ),
)
def test_figures_are_written_rounded_with_their_unit(
    unit: str, value: float | str, low: float | None, high: float | None, told: str
) -> None:
    one = Figure.model_validate(
        {"name": "x", "value": value, "unit": unit, "low": low, "high": high, "command": COMMAND}
    )
    assert figure_words(one) == told
