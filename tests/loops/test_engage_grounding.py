"""What a draft says must rest on a fact, an approved line or a nameable customer."""

import pytest

from loops.engage.draft import Draft, Mail, sentences
from loops.engage.grading import Material
from loops.engage.naming import short_name, with_article
from tests.outreach import config, material, written


def with_sentence(made: Material, sentence: str) -> Draft:
    """A backed draft with one more sentence before the first mail's request."""
    draft = written(made)
    first = draft.mails[0]
    pieces = first.body.split("\n\n")
    body = "\n\n".join([*pieces[:-3], sentence, *pieces[-3:]])
    return Draft(mails=(first.model_copy(update={"body": body}), *draft.mails[1:]))


INVENTED = [
    "Brightwater Foods uses it for the same reason.",
    "Companies like Siemens and Bosch do it that way.",
    "We have helped Penhale Insurance with that.",
    "Halvorsen cut its response time with us.",
    "Your competitor Zephyr Freight did the same.",
    "You raised a round last spring.",
    "You have 300 reps.",
    "Last year you opened an office abroad.",
    "It saves forty percent of the time.",
    "Lumenpath writes your forecast for you.",
    "Our platform doubles your pipeline.",
    "We guarantee a result within a quarter.",
    "Did you know that Lumenpath answers every e-mail by itself?",
    "Dana Whitfield told me about your plan.",
    "Your new Chief Happiness Officer was appointed in May.",
]


@pytest.mark.parametrize("sentence", INVENTED)
def test_a_statement_without_a_source_is_found(sentence: str) -> None:
    made = material(5)
    assert not made.unbacked(written(made))
    assert made.unbacked(with_sentence(made, sentence))


PLAIN = [
    "My guess is that the rules are older than the plan.",
    "I work at Lumenpath.",
    "Does your team use Lumenpath today?",
    "Your team will know better than I do on Monday.",
    "Would twenty minutes on Tuesday be possible?",
]


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_guess_a_greeting_or_a_question_needs_no_source(sentence: str) -> None:
    made = material(5)
    assert not made.unbacked(with_sentence(made, sentence))


@pytest.mark.parametrize("reference", config().references.customers, ids=lambda reference: reference.name)
def test_a_nameable_customer_may_be_named_with_an_approved_wording_alone(reference: object) -> None:
    known = next(ref for ref in config().references.customers if ref == reference)
    made = material(5)
    approved = made.settled(with_sentence(made, f"{known.name} {known.wordings[0]}."))
    invented = made.settled(with_sentence(made, f"{known.name} tripled its revenue."))
    assert not made.unbacked(approved)
    assert made.unbacked(invented)


def test_a_product_claim_that_departs_from_its_approved_wording_is_found() -> None:
    made = material(5)
    draft = written(made)
    claim = next(claim for claim in draft.mails[0].claims if claim.source.startswith("PB-"))
    first = draft.mails[0]
    changed = claim.model_copy(update={"span": claim.span.replace(" ", " always ", 1)})
    body = first.body.replace(claim.span, changed.span)
    claims = tuple(changed if other == claim else other for other in first.claims)
    loose = Mail(subject=first.subject, body=body, wait_days=0, claims=claims)
    assert made.unbacked(Draft(mails=(loose, *draft.mails[1:])))


def test_a_claim_that_cites_nothing_known_is_found() -> None:
    made = material(5)
    draft = written(made)
    first = draft.mails[0]
    claims = (first.claims[0].model_copy(update={"source": "F99"}), *first.claims[1:])
    assert made.unbacked(Draft(mails=(first.model_copy(update={"claims": claims}), *draft.mails[1:])))


def test_an_edit_keeps_the_claims_that_still_stand_and_gains_those_it_plainly_makes() -> None:
    made = material(5)
    draft = written(made)
    line = made.lines[0]
    edited = made.settled(with_sentence(made, f"Lumenpath {line.wordings[0]}."))
    assert line.id in {claim.source for claim in edited.mails[0].claims}
    assert len(edited.mails[0].claims) >= len(draft.mails[0].claims)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("Alphabet Inc. (Class A)", "Alphabet"),
        ("3M LLC", "3M"),
        ("Nelelvia Finance GmbH & Co. KG", "Nelelvia Finance"),
        ("A. O. Smith", "A. O. Smith"),
        ("Trade Desk (The)", "Trade Desk"),
        ("Inc.", "Inc."),
    ],
)
def test_a_company_is_called_as_a_rep_would_call_it(full: str, short: str) -> None:
    assert short_name(full) == short


def test_articles_follow_the_sound() -> None:
    titles = ("IT Director", "CFO", "Head of Growth", "SVP Sales", "Analyst", "VP Sales")
    assert [with_article(title).split()[0] for title in titles] == ["an", "a", "a", "an", "an", "a"]


def test_sentences_end_at_stops_and_not_at_initials() -> None:
    text = "I met J. Smith of A. O. Smith. It is a Series B. He liked it."
    assert sentences(text) == ("I met J. Smith of A. O. Smith.", "It is a Series B.", "He liked it.")
