"""The embedded writer's drafts: as different as a person's, and nothing in them that nothing backs."""

import re
from collections import Counter
from functools import cache
from itertools import combinations
from statistics import quantiles

import pytest

from loops.engage.config import Play
from loops.engage.draft import Draft, Mail, message, sentences
from loops.engage.grading import Material, code_grades
from tests.outreach import config, material, written

MOST_SHARED = 0.40
MOST_REPEATED = 0.05
PLAYS = config().plays
READ_IN_A_MINUTE = 238
"""Words of English non-fiction that an adult reads silently in a minute: the mean of 190 studies in Brysbaert
(2019), "How many words do we read per minute?", Journal of Memory and Language 109."""
LEAST_READABLE = 0.75


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


def drafted(play: Play, number: int) -> tuple[Draft, Material]:
    """What the writer makes of lead `number` in that play, and of what; each is written once."""
    return _drafted(play.name, number)


@cache
def _drafted(name: str, number: int) -> tuple[Draft, Material]:
    made = material(number, next(play for play in PLAYS if play.name == name))
    return written(made), made


def firsts(play: Play) -> list[str]:
    """The masked first mails to 200 leads."""
    pairs = (drafted(play, number) for number in range(200))
    return [masked(draft.mails[0], made) for draft, made in pairs]


def to_read(draft: Draft) -> int:
    """How many words a rep reads who approves it: subjects and messages, nothing that is always the same."""
    return sum(len(f"{mail.subject} {' '.join(message(mail.body))}".split()) for mail in draft.mails)


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
    pairs = (drafted(PLAYS[number % len(PLAYS)], number) for number in range(200))
    texts = [masked(draft.mails[0], made) for draft, made in pairs]
    assert shared(texts) <= MOST_SHARED


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_first_mails_of_one_play_are_as_different_as_those_of_all(play: Play) -> None:
    texts = firsts(play)
    assert len(set(texts)) == len(texts)
    assert shared(texts) <= MOST_SHARED


def test_one_text_sent_to_everybody_is_found() -> None:
    made = [material(number, PLAYS[0]) for number in range(3)]
    text = "Hello NAME, I saw FACT and wondered who will cover what from here, as the map is older."
    assert shared([text.replace("FACT", f"FACT {place}") for place, _ in enumerate(made)]) > MOST_SHARED


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_no_sentence_without_a_fact_stands_in_more_than_a_twentieth_of_a_plays_drafts(play: Play) -> None:
    drafts = [drafted(play, number) for number in range(100)]
    sentence, share = repeated(drafts)
    assert share <= MOST_REPEATED, sentence


def test_a_sentence_that_every_draft_has_is_found() -> None:
    assert repeated([drafted(PLAYS[0], 0)] * 20)[1] > MOST_REPEATED


@pytest.mark.feature("EN3")
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_every_draft_passes_what_code_grades_and_says_nothing_that_nothing_backs(play: Play) -> None:
    for draft, made in (drafted(play, number) for number in range(60)):
        low = [
            score
            for score in code_grades(draft, made)
            if score.points < made.rubric.criterion(score.criterion).mark
        ]
        assert not low, draft
        assert not made.unbacked(draft), draft


@pytest.mark.feature("EN2")
def test_three_quarters_of_250_three_mail_sequences_can_be_read_in_a_minute() -> None:
    plays = [play for play in PLAYS if len(play.mails) == len(("first", "second", "third"))]
    sizes = [to_read(drafted(plays[number % len(plays)], number)[0]) for number in range(250)]
    readable = sum(size <= READ_IN_A_MINUTE for size in sizes) / len(sizes)
    lower, median, upper = (round(cut) for cut in quantiles(sizes, n=4))
    assert readable >= LEAST_READABLE, (
        f"{readable:.0%} of {len(sizes)} sequences have at most {READ_IN_A_MINUTE} words (quartiles {lower}, "
        f"{median} and {upper}, shortest {min(sizes)}, longest {max(sizes)})"
    )


def test_a_sequence_that_takes_longer_than_a_minute_is_counted_as_one() -> None:
    draft, _ = drafted(PLAYS[0], 0)
    longer = Draft(mails=(*draft.mails, *draft.mails))
    assert to_read(longer) == 2 * to_read(draft) > READ_IN_A_MINUTE
