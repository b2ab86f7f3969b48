"""The embedded writer's drafts: as different as a person's, and nothing in them that nothing backs."""

import re
from collections import Counter
from itertools import combinations

import pytest

from loops.engage.config import Play
from loops.engage.draft import Draft, Mail, message, sentences
from loops.engage.grading import Material, code_grades
from tests.outreach import config, material, written

MOST_SHARED = 0.40
MOST_REPEATED = 0.05
PLAYS = config().plays


def masked(mail: Mail, made: Material) -> str:
    """The mail's body with names, companies and facts replaced, its signature left out."""
    text = mail.body
    facts = {fact.id for fact in made.facts}
    for claim in sorted(mail.claims, key=lambda claim: -len(claim.span)):
        if claim.source in facts:
            text = text.replace(claim.span, "FACT")
    reader = made.reader
    for name, mask in (
        (reader.company, "COMPANY"),
        (reader.full_name, "NAME"),
        (reader.first_name, "NAME"),
        (made.sender, "SENDER"),
        (made.sender_company, "VENDOR"),
        (reader.title, "TITLE"),
    ):
        text = text.replace(name, mask)
    for months in re.findall(
        r" in (?:January|February|March|April|May|June|July|August|September|October)\b", text
    ):
        text = text.replace(months, "")
    return text


def runs(text: str) -> frozenset[tuple[str, ...]]:
    """The text's runs of five words."""
    words = re.findall(r"[\w'’]+", text.lower())
    return frozenset(tuple(words[at : at + 5]) for at in range(len(words) - 4))


def shared(texts: list[str]) -> float:
    """The largest share of its five-word runs that a text has in common with another."""
    each = [runs(text) for text in texts]
    return max(len(a & b) / min(len(a), len(b)) for a, b in combinations(each, 2))


def repeated(drafts: list[tuple[Draft, Material]]) -> tuple[str, float]:
    """The sentence without a fact of the lead's that stands in most drafts, and the share that has it."""
    counts: Counter[str] = Counter()
    for draft, made in drafts:
        found = {
            sentence
            for mail in draft.mails
            for part in message(masked(mail, made))
            for sentence in sentences(part)
        }
        counts.update(sentence for sentence in found if "FACT" not in sentence)
    sentence, count = counts.most_common(1)[0]
    return sentence, count / len(drafts)


@pytest.mark.feature("EN2")
def test_no_two_of_200_first_mails_share_more_than_two_fifths_of_their_five_word_runs() -> None:
    texts = [masked(written(made).mails[0], made) for made in map(material, range(200))]
    assert shared(texts) <= MOST_SHARED


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_first_mails_of_one_play_are_as_different_as_those_of_all(play: Play) -> None:
    texts = [
        masked(written(made).mails[0], made) for made in (material(number, play) for number in range(200))
    ]
    assert shared(texts) <= MOST_SHARED


def test_one_text_sent_to_everybody_is_found() -> None:
    made = [material(number, PLAYS[0]) for number in range(3)]
    text = "Hello NAME, I saw FACT and wondered who will cover what from here, as the map is older."
    assert shared([text.replace("FACT", f"FACT {place}") for place, _ in enumerate(made)]) > MOST_SHARED


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_no_sentence_without_a_fact_stands_in_more_than_a_twentieth_of_a_plays_drafts(play: Play) -> None:
    drafts = [(written(made), made) for made in (material(number, play) for number in range(100))]
    sentence, share = repeated(drafts)
    assert share <= MOST_REPEATED, sentence


def test_a_sentence_that_every_draft_has_is_found() -> None:
    made = material(0, PLAYS[0])
    draft = written(made)
    assert repeated([(draft, made)] * 20)[1] > MOST_REPEATED


@pytest.mark.feature("EN3")
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_every_draft_passes_what_code_grades_and_says_nothing_that_nothing_backs(play: Play) -> None:
    for made in (material(number, play) for number in range(60)):
        draft = written(made)
        low = [
            score
            for score in code_grades(draft, made)
            if score.points < made.rubric.criterion(score.criterion).mark
        ]
        assert not low, draft
        assert not made.unbacked(draft), draft
