"""The criteria that code checks, pure functions of one mail; bounds and word lists are the rubric's."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from loops.engage.config import Criterion
from loops.engage.draft import Mail, message, message_sentences, paragraphs, words
from loops.engage.facts import Fact
from loops.engage.naming import name_words
from loops.engage.tasks import Reader, Score

Full = 100


@dataclass(frozen=True)
class Context:
    """Who a mail is for and what may be said in it."""

    reader: Reader
    sender: str
    facts: tuple[Fact, ...]


Check = Callable[[Mail, int, Context, Criterion], Score]


@lru_cache(maxsize=256)
def phrases(listed: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any phrase as whole words in any case; `*` stands for letters."""
    inner = "|".join(re.escape(phrase).replace(r"\*", r"\w*").replace("'", "['’]") for phrase in listed)
    return re.compile(rf"(?<!\w)(?:{inner})(?!\w)" if inner else r"(?!)", re.IGNORECASE)


def _score(criterion: Criterion, index: int, faults: list[tuple[str, str, str]], good: str) -> Score:
    """Full points less each fault's; a fault is (key of its cost in the rubric, what is wrong, the words)."""
    cost = sum(criterion.numbers[key] for key, _, _ in faults)
    reason = "; ".join(text for _, text, _ in faults)
    said = f"E-mail {index + 1}: {reason}." if faults else good
    span = faults[0][2] if faults else ""
    return Score(criterion=criterion.name, points=max(0, Full - cost), reason=said, span=span, mail=index)


def personalization(mail: Mail, index: int, context: Context, criterion: Criterion) -> Score:
    """Whether it greets this person by name, names their company and speaks to their job."""
    parts, reader, faults = paragraphs(mail.body), context.reader, list[tuple[str, str, str]]()
    greeting = parts[0] if parts else ""
    if reader.first_name and reader.first_name.casefold() not in greeting.casefold():
        faults.append(("no_name", "it doesn't greet them by name", greeting))
    text = "\n".join(message(mail.body)).casefold()
    if not all(word in text for word in name_words(reader.company)):
        faults.append(("no_company", f"it never names {reader.company}", ""))
    if index == 0 and not _speaks_to_job(text, reader.title, criterion):
        faults.append(("no_role", "nothing in it is about their job", ""))
    return _score(criterion, index, faults, "Greets them by name, names their company, speaks to their job.")


def _speaks_to_job(text: str, title: str, criterion: Criterion) -> bool:
    own = (
        [word for word in name_words(title) if word not in criterion.words["empty_title_words"]]
        if title
        else []
    )
    return any(word in text for word in own) or bool(phrases(criterion.words["job_words"]).search(text))


def specificity(mail: Mail, index: int, context: Context, criterion: Criterion) -> Score:
    """Whether it says something about this company that a reader could check, and no empty words."""
    known = {fact.id for fact in context.facts}
    cited = [claim for claim in mail.claims if claim.source in known and claim.span in mail.body]
    faults: list[tuple[str, str, str]] = []
    if not cited:
        faults.append(("no_fact", "it names nothing about them that could be checked", ""))
    text = "\n".join(message(mail.body))
    for found in phrases(criterion.words["vague"]).finditer(text):
        faults.append(("vague", "it uses empty words", found.group()))
    return _score(criterion, index, faults, "Rests on checkable facts about the company.")


def calls_to_action(mail: Mail, index: int, context: Context, criterion: Criterion) -> Score:
    """Whether it asks for exactly one thing, clearly, at its end."""
    found = message_sentences(mail)
    asks = [place for place, sentence in enumerate(found) if _asks(sentence, criterion)]
    faults: list[tuple[str, str, str]] = []
    if not asks:
        faults.append(("none", "it asks for nothing", found[-1] if found else ""))
    if len(asks) > 1:
        faults.append(("several", f"it asks for {len(asks)} things", found[asks[-1]]))
    if asks and len(found) - 1 - asks[-1] > criterion.numbers["sentences_after"]:
        faults.append(("early", "its request isn't at the end", found[asks[-1]]))
    return _score(criterion, index, faults, "One clear request, at the end.")


def _asks(sentence: str, criterion: Criterion) -> bool:
    asks = sentence.rstrip('"”!').endswith("?")
    return asks or bool(phrases(criterion.words["requests"]).search(sentence))


def length(mail: Mail, index: int, context: Context, criterion: Criterion) -> Score:
    """Whether message, subject and sentences can be read on a telephone, and say enough."""
    numbers, faults = criterion.numbers, list[tuple[str, str, str]]()
    size = sum(len(words(part)) for part in message(mail.body))
    if size < numbers["min_words" if index == 0 else "min_words_later"]:
        faults.append(("too_short", f"its message has {size} words", ""))
    if size > numbers["max_words"]:
        faults.append(("too_long", f"its message has {size} words, more than {numbers['max_words']}", ""))
    if not 0 < len(mail.subject) <= numbers["max_subject"]:
        faults.append(("subject", f"its subject has {len(mail.subject)} characters", mail.subject))
    if long := [
        found for found in message_sentences(mail) if len(words(found)) > numbers["max_sentence_words"]
    ]:
        faults.append(("long_sentence", f"a sentence runs to {len(words(long[0]))} words", long[0]))
    return _score(criterion, index, faults, "Short enough to read on a telephone.")


_MARKUP = re.compile(r"\*\*|__|```|^\s*#+ |^\s*[-*•] |<\/?[a-z][^>]*>|\]\(http", re.MULTILINE | re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[{}]|\[[A-Za-z_ ]+\]|<<|>>|%\w+%|\bXX+\b")
_SHOUT = re.compile(r"\b[A-Z]{4,}(?:\s+[A-Z]{4,})+\b")
_EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿️]")
_SPACES = re.compile(r"[^\S\n]{2,}|\s+[,.;?](?:\s|$)|\n{3,}|\t")
_FAKE = re.compile(r"^\s*(re|fwd?|aw)\s*:", re.IGNORECASE)


def formatting(mail: Mail, index: int, context: Context, criterion: Criterion) -> Score:
    """Whether it is clean plain text: greeting, paragraphs, signature, a way out, and no left-over markup."""
    faults = [
        (key, text, found.group())
        for key, text, pattern in (
            ("markup", "it has markup", _MARKUP),
            ("placeholder", "it has an unfilled placeholder", _PLACEHOLDER),
            ("shouting", "it shouts in capitals", _SHOUT),
            ("emoji", "it has an emoji", _EMOJI),
            ("spaces", "its spacing is broken", _SPACES),
        )
        if (found := pattern.search(f"{mail.subject}\n{mail.body}"))
    ]
    if found := _FAKE.search(mail.subject):
        faults.append(("fake_reply", "its subject pretends to be a reply", found.group()))
    faults.extend(_layout(mail, context, criterion))
    return _score(criterion, index, faults, "Clean plain text with signature and a way out.")


def _layout(mail: Mail, context: Context, criterion: Criterion) -> list[tuple[str, str, str]]:
    parts, faults = paragraphs(mail.body), list[tuple[str, str, str]]()
    if not parts or parts[0][-1] not in ",:–-—":
        faults.append(("no_greeting", "it has no greeting line", parts[0] if parts else ""))
    if context.sender and not any(
        part.startswith(context.sender.split()[0]) or f"\n{context.sender}" in part for part in parts[1:]
    ):
        faults.append(("no_signature", "it isn't signed", ""))
    if not phrases(criterion.words["opt_out"]).search(parts[-1] if parts else ""):
        faults.append(("no_opt_out", "it offers no way out in its last line", ""))
    for part in message(mail.body):
        if len(words(part)) > criterion.numbers["max_paragraph_words"]:
            faults.append(("block", "a paragraph is a wall of text", part))
    return faults


CHECKERS: dict[str, Check] = {
    "personalization": personalization,
    "specificity": specificity,
    "calls_to_action": calls_to_action,
    "length": length,
    "formatting": formatting,
}
"""The code checkers by the criterion's name."""
