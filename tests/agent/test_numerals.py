"""The numeral lock: a figure comes out of a tool's result, or the answer fails."""

from datetime import date

import pytest
from pydantic import JsonValue

from agent.numerals import NumeralError, fill, look_up, unbacked
from agent.spec import ToolResult

TODAY = date(2026, 11, 23)
DEALS: dict[str, JsonValue] = {
    "won": 12,
    "win_rate": 0.375,
    "amounts": [{"won_minor": 1234550, "currency": "EUR"}, {"won_minor": 90000, "currency": "JPY"}],
    "loose_minor": 5,
    "owner": "na-commercial-02",
    "company": "3M",
    "at": "2026-10-08T12:00:00Z",
    "metrics": [
        {"name": "median", "value": 41.5, "unit": "ms"},
        {"name": "triaged", "value": 0.05, "unit": "share"},
    ],
    "reasons": ["It is grade A.", "It has 450 people."],
    "names": ["Ada", "Bo"],
    "unknown": None,
    "many": list(range(20)),
    "away": False,
}
RESULTS = (
    ToolResult("deals", {}, DEALS),
    ToolResult("deals", {}, {"won": 7}),
    ToolResult("listed", {}, {"items": [{"id": "D-1"}], "more": 4}),
)


def filled(text: str, question: str = "") -> str:
    return fill(text, RESULTS, question=question, today=TODAY)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("deals.won", "12"),
        ("deals@2.won", "7"),
        ("deals.win_rate", "37.5 %"),
        ("deals.amounts.0.won_minor", "12,345.50 EUR"),
        ("deals.amounts.1.won_minor", "90,000 JPY"),
        ("deals.amounts.#", "2"),
        ("deals.owner", "na-commercial-02"),
        ("deals.company", "3M"),
        ("deals.at", "2026-10-08 12:00 UTC"),
        ("deals.metrics.0.value", "41.5 ms"),
        ("deals.metrics.1.value", "5 %"),
        ("deals.names", "Ada, Bo"),
        ("deals.reasons", "It is grade A; It has 450 people"),
        ("deals.many", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more"),
        ("deals.away", "no"),
        ("listed.0.id", "D-1"),
        ("listed.more", "4"),
    ],
)
def test_a_placeholder_is_filled_with_what_the_tool_gave(path: str, shown: str) -> None:
    assert filled(f"It says {{fig:{path}}}.") == f"It says {shown}."


@pytest.mark.parametrize(
    "path",
    [
        "deals.lost",
        "deals.unknown",
        "deals.amounts",
        "deals.amounts.2.won_minor",
        "deals.loose_minor",
        "deals@3.won",
        "weather.today",
        "",
        "deals.won + 1",
        "listed.#",
    ],
)
def test_a_path_that_leads_to_no_figure_fails_the_answer(path: str) -> None:
    with pytest.raises(NumeralError, match="fig"):
        filled(f"It says {{fig:{path}}}.")


@pytest.mark.parametrize(
    "text",
    [
        "They won 12 deals.",
        "They won twelve deals.",
        "They won Seventy-five of them.",
        "About fortytwo.",
        "Half of them were won.",
        "Two-thirds were won.",
        "It doubled since spring.",
        "a dozen, twice as many",
        "one deal is open",
        "the fourth in a row",
        "three million",
        "They won \uff11\uff12 deals.",
        "They won ٣ deals.",
        "They won 三 deals.",
        "½ of them",
        "They won tw\u200belve deals.",
        "the owner is na-commercial-02",
        "on 24 November 2026",
        "in 2031",
        "“a quote of 40 percent”",
        "see {fig:deals.won",
        "In Q4 57 deals were won.",
        "In FY 57 deals were won.",
        "In Q4 9000 deals were won.",
        "They won H3 and Q5.",
        "Q4-26 % of them",
        "2026 deals were won",
        "“how man” and “1 deal”",
        "up tenfold",
        "Thirds of them, in their fifties.",
        "by a quarter",
        "a quarter more",
        "They won IV of them.",
        "They won Ⅳ of them.",
        "phase ii",
        "the twentieth",
        "quadrupled",
        "Sie gewannen zwölf davon.",
        "Es sind fünfundzwanzig.",
        "Sie haben dreißig, also zweihundert.",
        "Ils ont gagné quinze affaires.",
        "Ils ont gagné seize affaires.",
        "Ganaron veintiséis.",
        "Los reps ganaron once.",
    ],
)
def test_a_figure_that_no_tool_gave_fails_the_answer(text: str) -> None:
    assert list(unbacked(text, "how many deals?", TODAY))
    with pytest.raises(NumeralError):
        filled(text, "how many deals?")


@pytest.mark.parametrize(
    "text",
    [
        "{fig:deals.won}0 deals",
        "1{fig:deals.won} deals",
        "-{fig:deals.won} deals",
        "−{fig:deals.won}",
        "{fig:deals.won}k deals",
        "{fig:deals.won} k",
        "{fig:deals.won} M EUR",
        "{fig:deals.won} bn",
        "{fig:deals.won}% of them",
        "{fig:deals.won}.{fig:deals@2.won}",
        "{fig:deals.won}{fig:deals@2.won}",
        "{fig:deals.won}/{fig:deals@2.won}",
        "{fig:deals.won} million",
    ],
)
def test_nothing_glued_to_a_figure_changes_it(text: str) -> None:
    with pytest.raises(NumeralError):
        filled(text)
    assert filled("They won {fig:deals.won} (of {fig:deals@2.won}), no less.")


@pytest.mark.parametrize(
    "text",
    [
        "You asked about “the 12 deals of 3M”.",
        'You asked about "12 deals".',
        "As of 2026-11-23.",
        "As of 23 November 2026.",
        "As of November 23, 2026.",
        "In Q3, in Q4 2026, in FY27, in FY2026 and in H1.",
        "In November 2026.",
        "No one owns it; which one do you mean? One of the leads?",
        "At first glance nobody does, {fig:deals.owner} apart.",
        "In Q4/26, Q4-26, Q4'26, Q4 FY27, FY'27, FY 2027, 2026-Q4 and H2 2026.",
        "I know this quarter's owner; they unfold it once, seize the chance, in Washington, DC.",
    ],
)
def test_the_question_s_words_today_and_periods_may_be_written(text: str) -> None:
    assert not list(unbacked(text, "What of the 12  deals of 3M?", TODAY))


def test_what_is_quoted_must_be_the_question_s_own_words() -> None:
    assert list(unbacked("You asked about “12 deals”.", "How many deals?", TODAY))


@pytest.mark.parametrize(("quote", "asked"), [("26", "in 2026"), ("12", "12.5 deals"), ("5", "12.5 deals")])
def test_a_quote_cuts_no_word_of_the_question_in_two(quote: str, asked: str) -> None:
    assert list(unbacked(f"The team won “{quote}” deals.", asked, TODAY))
    assert not list(unbacked(f"The team won “{quote}” deals.", f"was it {quote}, then?", TODAY))


def test_an_error_backs_no_figure_since_its_words_may_be_the_model_s_own() -> None:
    made_up = ToolResult("won_57_deals", {}, {"error": "there is no tool won_57_deals"})
    with pytest.raises(NumeralError, match="an error backs no figure"):
        fill("They won {fig:won_57_deals.error}", (made_up,))
    shown = fill("It says {fig:page.error}", (ToolResult("page", {}, {"error": "late", "n": 1}),))
    assert shown == "It says late"


def test_a_long_text_is_cut_short() -> None:
    long = (ToolResult("page", {}, {"text": "word " * 400}),)
    assert len(fill("{fig:page.text}", long)) < 410


def test_a_path_gives_the_value_itself_too() -> None:
    assert look_up("deals.names", RESULTS) == ["Ada", "Bo"]
