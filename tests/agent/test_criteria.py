"""The seven criteria tell drafts apart: good ones pass all, and each way of spoiling one breaks one alone."""

from collections.abc import Callable
from functools import cache

import pytest

from agent.embedded.judge import draft_judge
from agent.spec import Reply
from loops.engage.draft import Draft, Mail, message_sentences, words
from loops.engage.grading import Material, code_grades
from loops.engage.tasks import Grades, GradingTask, Score
from tests.outreach import material, written

Spoil = Callable[[Mail, Material], Mail]
ENOUGH = 20
WALL = 75  # words of a paragraph beyond which its form fails as well
SPARE = 30  # words that a spoiling may add to a mail without making it too long


def scores(draft: Draft, made: Material) -> dict[str, Score]:
    """The seven scores, the judge's two among them."""
    asked = tuple(criterion for criterion in made.rubric.criteria if criterion.by == "judge")
    task = GradingTask(
        draft=draft,
        reader=made.reader,
        angle=made.play.angle,
        facts=made.facts,
        lines=made.cited_lines(draft),
        criteria=asked,
    )
    reply = draft_judge(task.model_dump(mode="json"), ())
    assert isinstance(reply, Reply)
    judged = Grades.model_validate(reply.value).scores
    return {score.criterion: score for score in (*judged, *code_grades(draft, made))}


def failing(draft: Draft, made: Material) -> set[str]:
    return {
        name for name, score in scores(draft, made).items() if score.points < made.rubric.criterion(name).mark
    }


@cache
def drafted(number: int) -> tuple[Draft, Material]:
    """What the writer makes of lead `number`, and of what; each is written once."""
    made = material(number)
    return written(made), made


def bases() -> list[tuple[Draft, Material]]:
    """Drafts whose first mail has room for a sentence more and a sentence less."""
    made = [drafted(number) for number in range(120)]
    return [(draft, made) for draft, made in made if 75 <= _size(draft.mails[0]) <= 125 - SPARE][: ENOUGH + 4]


def _size(mail: Mail) -> int:
    return sum(len(words(sentence)) for sentence in message_sentences(mail))


def parts(mail: Mail) -> list[str]:
    return mail.body.split("\n\n")


def body(mail: Mail, pieces: list[str]) -> Mail:
    text = "\n\n".join(pieces)
    return mail.model_copy(update={"body": text, "claims": tuple(c for c in mail.claims if c.span in text)})


def replaced(old: Callable[[Mail, Material], str], new: str) -> Spoil:
    return lambda mail, made: body(mail, [part.replace(old(mail, made), new) for part in parts(mail)])


def inserted(sentence: str) -> Spoil:
    """The sentence as a paragraph of its own before the request."""

    def spoil(mail: Mail, made: Material) -> Mail:
        pieces = parts(mail)
        return body(mail, [*pieces[:-3], sentence, *pieces[-3:]])

    return spoil


def request(mail: Mail) -> str:
    return parts(mail)[-3]


def vague(mail: Mail, made: Material) -> Mail:
    facts = {fact.id for fact in made.facts}
    kept = tuple(claim for claim in mail.claims if claim.source not in facts)
    return mail.model_copy(update={"claims": kept})


def offered(mail: Mail, made: Material) -> str:
    """The sentence about our product."""
    spans = [claim.span for claim in mail.claims if claim.source.startswith("PB-")]
    return next(sentence for sentence in message_sentences(mail) if spans[0] in sentence)


def us_first(mail: Mail, made: Material) -> Mail:
    pieces, ours = parts(mail), offered(mail, made)
    rest = [part.replace(ours, "").strip() for part in pieces[1:]]
    return body(mail, [pieces[0], ours, *(part for part in rest if part)])


def doubled_up(mail: Mail, made: Material) -> Mail:
    """Two sentences run together into one that nobody reads to its end."""
    pieces, (first, second) = parts(mail), message_sentences(mail)[:2]
    text = "\n\n".join(pieces[1:-2]).replace("\n\n", " ")
    run = (
        f"{first[:-1]} and at the same time and for much the same reason, as far as I can tell from here, "
        f"{second[:-1]} which I think is so."
    )
    rest = " ".join(text.replace(first, "").replace(second, "").split())
    return mail if len(words(run)) > WALL else body(mail, [pieces[0], run, rest, *pieces[-2:]])


def without(place: int) -> Spoil:
    def spoil(mail: Mail, made: Material) -> Mail:
        pieces = parts(mail)
        del pieces[place]
        return body(mail, pieces)

    return spoil


def asked_first(mail: Mail, made: Material) -> Mail:
    pieces = parts(mail)
    return body(mail, [pieces[0], f"{request(mail)} {pieces[1]}", *pieces[2:-3], *pieces[-2:]])


def subject(text: str) -> Spoil:
    return lambda mail, made: mail.model_copy(update={"subject": text.format(mail.subject)})


LONG = (
    "I would look at the rules for leads and who keeps them, then at the exceptions, then at the list and at "
    "the map. After that I would look at the plan and ask which part of it the rules still follow."
)

SPOILS: dict[str, list[Spoil]] = {
    "relevance": [
        inserted("The kitchen in our building was painted in a lovely green last month."),
        inserted("My cousin has taken up sailing and likes it more each weekend."),
        us_first,
        lambda mail, made: replaced(offered, f"The cafeteria near {made.reader.company} has good soup.")(
            mail, made
        ),
    ],
    "personalization": [
        lambda mail, made: body(mail, ["Hello there,", *parts(mail)[1:]]),
        lambda mail, made: body(mail, ["Dear customer,", *parts(mail)[1:]]),
        lambda mail, made: replaced(lambda _, m: m.reader.company, "your place")(mail, made),
    ],
    "specificity": [
        vague,
        inserted("It is about leads and best practices, and it can unlock synergies for your team."),
        inserted("Many companies have leads and want a holistic answer for their rules."),
    ],
    "calls_to_action": [
        without(-3),
        inserted("Would Tuesday suit you for a first look at your rules?"),
        inserted("Feel free to call me about the rules."),
        asked_first,
        lambda mail, made: body(
            mail,
            [p if p != request(mail) else "I look forward to hearing about your plan." for p in parts(mail)],
        ),
    ],
    "tone": [
        inserted("This is a game-changing and revolutionary way to handle leads."),
        inserted("You must act now, before your leads are gone."),
        inserted("Your plan has left me blown away, and I am a huge fan of your team."),
        inserted("You never replied to my note about your leads, and I keep trying."),
        inserted("Your rules are a no-brainer, dude."),
        lambda mail, made: body(
            mail, [*parts(mail)[:-3], request(mail).replace("?", "?!!"), *parts(mail)[-2:]]
        ),
        inserted("Obviously you have no rules, as any competent team would."),
    ],
    "length": [
        inserted(f"{LONG}\n\n{LONG}"),
        subject("A rather long subject about leads, rules, maps, plans and people: {}"),
        subject(""),
        doubled_up,
    ],
    "formatting": [
        inserted("This is **the** point about your leads."),
        inserted("Dear {{first_name}}, your leads are what I mean."),
        inserted("Your leads 🚀 deserve a rule."),
        inserted("Your  leads , I think , need a rule ."),
        inserted("PLEASE READ about your leads."),
        subject("Re: {}"),
        without(-1),
        without(-2),
        lambda mail, made: body(mail, [f"{parts(mail)[0][:-1]}.", *parts(mail)[1:]]),
    ],
}


def test_good_drafts_pass_all_seven() -> None:
    good = [drafted(number) for number in range(100)]
    assert [failing(draft, made) for draft, made in good] == [set()] * len(good)


@pytest.mark.feature("EN3")
@pytest.mark.parametrize("criterion", SPOILS)
def test_a_spoiled_draft_fails_that_criterion_and_no_other(criterion: str) -> None:
    spoiled = 0
    for draft, made in bases():
        for place, spoil in enumerate(SPOILS[criterion]):
            first = spoil(draft.mails[0], made)
            changed = Draft(mails=(first, *draft.mails[1:]))
            if changed == draft:
                continue
            assert failing(changed, made) == {criterion}, (
                place,
                first.body,
                {n: s.reason for n, s in scores(changed, made).items()},
            )
            spoiled += 1
    assert spoiled >= ENOUGH * (len(SPOILS[criterion]) - 1)


@pytest.mark.parametrize("criterion", SPOILS)
def test_each_score_says_which_mail_and_which_words(criterion: str) -> None:
    draft, made = bases()[0]
    low = [
        scores(Draft(mails=(spoil(draft.mails[0], made), *draft.mails[1:])), made)[criterion]
        for spoil in SPOILS[criterion]
    ]
    assert all(score.mail == 0 and score.reason.startswith("E-mail 1:") for score in low)
