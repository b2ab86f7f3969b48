"""What the embedded analyst makes of figures in words, of steps, of rivals and of contracts with them."""

import pytest

from loops.engage.discovery.framework import DisqualifyReason
from tests.agent.test_discovery import TOPICS, analysed, found_in, framework, task


@pytest.mark.feature("EN9")
@pytest.mark.parametrize(
    ("asked", "said", "topic", "never"),
    [
        ("What goes wrong?", "It takes us nine hours to call back.", "metrics", "budget"),
        ("What does it cost you?", "We lose two hundred thousand dollars a year.", "metrics", "budget"),
        ("Is there a budget?", "Two hundred thousand dollars are set aside.", "budget", "metrics"),
        ("What comes next?", "A security review, then legal, then signature.", "decision_process",
         "decision_criteria"),
        ("What matters?", "Security first, then price, then support.", "decision_criteria", "paper_process"),
        ("Who else is in the race?", "We look at two vendors, Corvane and you.", "competition", "champion"),
        ("And the rest?", "We just signed with Corvane for three years.", "competition", "budget"),
    ],
)  # fmt: skip
def test_figures_in_words_steps_and_rivals_are_heard_as_what_they_are(
    asked: str, said: str, topic: str, never: str
) -> None:
    found = found_in(f"Rep: {asked}\nAda: {said}\n", ("Rep",), framework(TOPICS))
    assert topic in found and never not in found


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("We just signed with Corvane for three years.", True),
        ("To be honest, we went with Corvane in March.", True),
        ("We are locked in for another two years.", True),
        ("Our CFO signed the last contract with a pen.", False),
        ("We signed with great hopes.", False),
    ],
)
def test_a_contract_with_somebody_else_speaks_for_giving_up(said: str, heard: bool) -> None:
    reasons = (DisqualifyReason(name="competitor_chosen", label="-", asks="-"),)
    asked = task(f"Rep: How are things?\nAda: {said}\n", ("Rep",), framework(TOPICS))
    found = analysed(asked.model_copy(update={"reasons": reasons})).concerns
    assert [concern.reason for concern in found] == ["competitor_chosen"] * heard
