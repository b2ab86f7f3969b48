"""Whether every statement of a draft rests on something: facts, approved lines, nameable customers."""

import re
from dataclasses import dataclass
from functools import cached_property

from loops.engage.config import Line, Reference
from loops.engage.draft import Claim, Draft, Mail, message_sentences, sentences
from loops.engage.facts import Fact, Source
from loops.engage.tasks import Reader

_NUMBER = re.compile(
    r"[$€£]?\d[\d.,]*%?|\b(?:million|billion|dozen|hundreds?|thousands?|percent|per cent|half|twice|"
    r"double[ds]?|"
    r"tripled?|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty)\b",
    re.IGNORECASE,
)
_HAPPENING = re.compile(
    r"\b(rais(?:ed|ing)|funding|series [a-h]\b|seed round|acqui(?:red|sition|res)|merg(?:ed|er)|"
    r"appoint(?:ed|ment)|"
    r"hired|promoted|stepped down|resign(?:ed|s)|laid off|layoffs|launched|unveiled|went public|ipo|"
    r"opened (?:an?|its|your|the) (?:new )?(?:office|site|warehouse|plant|hub|store)|switched from|"
    r"churned|award)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w'’.])(?:[A-Z][\w&'’-]*|[A-Z]\.)(?:[ ](?:of |& |and the )?[A-Z0-9][\w&'’-]*)*")
_SUBJECT = re.compile(
    r"^[\"“(]?([A-Z][a-z][\w&'’-]+) (?:cut|cuts|saw|sees|uses|used|runs|ran|told|chose|switched|grew|"
    r"reduced|does|did|"
    r"has|had|is|was|went|moved|replaced|saved|signed|doubled|halved|works|trusts|relies|made|brought|"
    r"got|won)\b"
)
_DROP = re.compile(
    r"\b(?:customers?|clients?|companies|teams?|people|brands|businesses|firms) "
    r"(?:like|such as|including|at)|\bworked? with|\bpartner(?:ed)? with|\bhelped|\btrusted by|\bused by"
)
_OWN = re.compile(
    r"\b(?:our (?:platform|product|customers?|clients?|software|tool|users?)|we (?:help|have helped|cut|"
    r"deliver|guarantee|integrate|automate|reduce|increase|save|offer|provide))\b",
    re.IGNORECASE,
)
_KNOW = re.compile(r"\bdid you know\b", re.IGNORECASE)
_COMMON = frozenset(
    "I I'm I'd I'll I've I’m I’d I’ll I’ve Monday Tuesday Wednesday Thursday Friday January February "
    "March April May "
    "June July August September October November December Hi Hello Dear Good Best Kind Thanks Regards "
    "EMEA APAC AMER "
    "CRM CRO CFO CEO COO CMO CIO VP SVP RevOps IT HR AE AEs SDR SDRs BDR B2B SaaS Q1 Q2 Q3 Q4 OK".split()
)
_OPENERS = frozenset(
    "this that these those it what which who how when where why nobody everybody everyone somebody "
    "anyone nothing "
    "everything something one there here most many some each every my your our the a an if as at in on "
    "of to by for from "
    "with without after before since until under over beyond against about around among between through "
    "while because "
    "alongside following combined taken put can could shall should will would may might must do does did "
    "is are was were am be has have had not now then also "
    "and but or so yet perhaps maybe both either neither all any no few other another please thank "
    "thanks congratulations "
    "well good following seen put combined taken add finance "
    "marketing sales procurement growth revenue operations".split()
)
_LOGISTICS = re.compile(
    r"\b(?:\d+|[a-z]+)(?:[ -](?:or|to)[ -](?:\d+|[a-z]+))?[ -](?:minutes?|pages?|days?|weeks?)\b|\bhalf "
    r"an hour\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fault:
    """A statement that nothing backs."""

    mail: int
    span: str
    reason: str


@dataclass(frozen=True)
class Ground:
    """What a statement may rest on."""

    reader: Reader
    sender: str
    sender_company: str
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    references: tuple[Reference, ...]

    @cached_property
    def people(self) -> str:
        """The words that any sentence may use as names, lower case."""
        reader = self.reader
        return " ".join(
            (
                reader.first_name,
                reader.full_name,
                reader.title,
                reader.company,
                reader.industry or "",
                self.sender,
                self.sender_company,
            )
        ).casefold()

    @cached_property
    def backing(self) -> dict[str, str]:
        """Source id → everything that a sentence citing it may repeat, lower case."""
        dated = {source.id: f"{source.title} {_spoken(source)}" for source in self.sources}
        backing = {fact.id: f"{fact.snippet} {dated.get(fact.source, '')}" for fact in self.facts}
        backing |= {line.id: " ".join((line.text, *line.wordings)) for line in self.lines}
        backing |= {ref.id: " ".join((ref.name, *ref.wordings)) for ref in self.references}
        return {key: text.casefold() for key, text in backing.items()}

    @cached_property
    def wordings(self) -> dict[str, tuple[str, ...]]:
        """Line or reference id → the wordings of which a claim must contain one, lower case."""
        both = (*self.lines, *self.references)
        return {item.id: tuple(wording.casefold() for wording in item.wordings) for item in both}


def _spoken(source: Source) -> str:
    return f"{source.on:%d %B %Y} {source.on.day}" if source.on else ""


def unbacked(draft: Draft, ground: Ground) -> tuple[Fault, ...]:
    """Every statement that nothing backs, in the order of the draft."""
    faults: list[Fault] = []
    for index, mail in enumerate(draft.mails):
        faults.extend(Fault(index, span, reason) for span, reason in _mail_faults(mail, ground))
    return tuple(faults)


def _mail_faults(mail: Mail, ground: Ground) -> list[tuple[str, str]]:
    faults = [fault for claim in mail.claims if (fault := _claim_fault(claim, mail, ground))]
    subject = Mail(subject="", body=mail.subject, wait_days=0, claims=mail.claims)
    for sentence in message_sentences(mail):
        faults.extend(_sentence_faults(sentence, _cited(sentence, mail), ground))
    cited = [claim.source for claim in subject.claims]
    faults.extend(
        fault for sentence in sentences(mail.subject) for fault in _figures_and_names(sentence, cited, ground)
    )
    return faults


def _cited(sentence: str, mail: Mail) -> list[Claim]:
    return [claim for claim in mail.claims if claim.span in sentence]


def _claim_fault(claim: Claim, mail: Mail, ground: Ground) -> tuple[str, str] | None:
    if claim.span not in mail.body:
        return claim.span, f"“{claim.span}” is cited but doesn't stand in the mail"
    if claim.source not in ground.backing:
        return claim.span, f"“{claim.span}” cites {claim.source}, which doesn't exist"
    approved = ground.wordings.get(claim.source)
    if approved is not None and not any(wording in claim.span.casefold() for wording in approved):
        return claim.span, f"“{claim.span}” isn't an approved wording of {claim.source}"
    return None


def _sentence_faults(sentence: str, claims: list[Claim], ground: Ground) -> list[tuple[str, str]]:
    cited = [claim.source for claim in claims]
    faults = _figures_and_names(sentence, cited, ground)
    if not cited and (found := _HAPPENING.search(sentence)):
        faults.append((sentence, f"“{found.group()}” says that something happened, and no source is given"))
    if not set(ground.wordings) & set(cited) and _speaks_of_us(sentence, claims, ground):
        faults.append((sentence, "it says something about our product that no approved line covers"))
    return faults


def _speaks_of_us(sentence: str, claims: list[Claim], ground: Ground) -> bool:
    """Whether it says what our product or we do; cited words, questions and a mere name don't."""
    own = sentence
    for claim in claims:
        own = own.replace(claim.span, "")
    if _OWN.search(own) or _KNOW.search(own):
        return True
    name = re.escape(ground.sender_company)
    introduces = re.search(rf"\bI(?:['’]m| am| work)\b[^,;:]*\b(?:at|for|with|from) {name}\W*$", own)
    return ground.sender_company in own and not own.rstrip().endswith("?") and not introduces


def _figures_and_names(sentence: str, cited: list[str], ground: Ground) -> list[tuple[str, str]]:
    allowed = f"{ground.people} {' '.join(ground.backing.get(source, '') for source in cited)}"
    asks = sentence.rstrip('"”').endswith("?")
    faults = [
        (found.group(), f"the figure “{found.group()}” is in none of its sources")
        for found in _NUMBER.finditer(_LOGISTICS.sub("", sentence) if asks else sentence)
        if found.group().strip(".,").casefold() not in allowed
    ]
    faults += [
        (name, f"the name “{name}” is in none of its sources")
        for name in _names(sentence)
        if any(word.casefold() not in allowed for word in name.split() if word[0].isupper())
    ]
    return faults


def _names(sentence: str) -> list[str]:
    """Words written as names: capitalised inside the sentence, two at its start, or its one-word subject."""
    names: list[str] = []
    for found in _NAME.finditer(sentence):
        kept = [word for word in found.group().split() if _bare(word) not in _COMMON]
        at_start = not sentence[: found.start()].strip('"“( ')
        if at_start and kept and found.group().startswith(kept[0]) and not _starts_a_name(sentence, kept[0]):
            kept = kept[1:]
        if kept:
            names.append(" ".join(_bare(word) for word in kept))
    return names


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word) if word not in _COMMON else word


def _starts_a_name(sentence: str, first: str) -> bool:
    """Whether the sentence's first word is a name: another name follows it, or it is who did something."""
    if first.casefold() in _OPENERS or first.endswith("ing"):
        return False
    follows = re.match(r"^[\"“(]?[\w&'’-]+ ([A-Z][\w&'’-]*)", sentence)
    return bool(_SUBJECT.match(sentence)) or (follows is not None and follows.group(1) not in _COMMON)
