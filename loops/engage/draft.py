"""A sequence of e-mails as a value, and its parts as a reader sees them: greeting, sentences, signature."""

import re
from functools import lru_cache

from pydantic import Field

from loops.values import Value

_END = re.compile(r"(?<=[.?!…])[\"”’]?\s+(?=[\"“A-Z0-9])")
_ABBREVIATION = re.compile(
    r"((?<!Series )(?<!Class )(?<!Grade )(?<!Phase )(?<!Round )(?<!Plan )(?<!\ban )(?<!\ba )\b[A-Z]"
    r"|\b(?:Inc|Corp|Co|Ltd|Mr|Ms|Dr|St|vs|e\.g|i\.e|No))\.$"
)
_WAY_OUT = re.compile(
    r"\b(no thanks|stop|unsubscribe|not for me|not interested|write again|my list|hear (?:from me|of it)|"
    r"leave (?:it|you))\b",
    re.IGNORECASE,
)


class Claim(Value):
    """Words of a mail and what they rest on."""

    span: str
    # verbatim in the mail's body
    source: str
    # id of a fact, a playbook line or a reference


class Mail(Value):
    """One plain-text e-mail of a sequence."""

    subject: str
    body: str
    # greeting, paragraphs, signature and opt-out, parted by blank lines
    wait_days: int = Field(ge=0)
    # days after the mail before it; 0 for the first
    claims: tuple[Claim, ...] = ()


class Draft(Value):
    """The mails in the order they leave."""

    mails: tuple[Mail, ...] = Field(min_length=1)


@lru_cache(maxsize=512)
def paragraphs(body: str) -> tuple[str, ...]:
    """The body's paragraphs in order, the greeting first; may be empty."""
    return tuple(part.strip() for part in re.split(r"\n\s*\n", body) if part.strip())


@lru_cache(maxsize=512)
def message(body: str) -> tuple[str, ...]:
    """The paragraphs that carry the message: no greeting, no signature, no opt-out."""
    parts = list(paragraphs(body))
    if (
        parts
        and len(parts[0].split()) <= len(("Hello", "first", "middle", "last"))
        and parts[0][-1] in ",:–-—"
    ):
        parts.pop(0)
    for index, part in enumerate(parts):
        signed = "\n" in part and part.splitlines()[0].endswith(",")
        if index and (signed or part[-1] not in '.?!"”'):
            return tuple(parts[:index])
    unsigned = len(parts) > 1 and "?" not in parts[-1] and _WAY_OUT.search(parts[-1])
    return tuple(parts[:-1] if unsigned else parts)


@lru_cache(maxsize=2048)
def sentences(text: str) -> tuple[str, ...]:
    """The text's sentences in order; abbreviations and initials end none."""
    found: list[str] = []
    for piece in (piece for line in text.splitlines() for piece in _END.split(line)):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        elif piece.strip():
            found.append(piece.strip())
    return tuple(found)


def message_sentences(mail: Mail) -> tuple[str, ...]:
    """The sentences of the mail's message, in order."""
    return tuple(sentence for part in message(mail.body) for sentence in sentences(part))


def words(text: str) -> tuple[str, ...]:
    """The text's words in order, as written."""
    return tuple(re.findall(r"[\w$€£%][\w$€£%.,'’&/-]*", text))


def still_true(draft: Draft) -> Draft:
    """The draft without the claims whose words no longer stand in their mail: what an edit leaves behind."""
    return Draft(
        mails=tuple(
            mail.model_copy(
                update={"claims": tuple(claim for claim in mail.claims if claim.span in mail.body)}
            )
            for mail in draft.mails
        )
    )
