"""How facts, jobs and customers are named in a sentence."""

import re
from typing import cast

from agent.embedded.writing.grammar import Voice, cited, table
from loops.engage.draft import sentences
from loops.engage.facts import Fact
from loops.engage.naming import with_article
from loops.engage.tasks import Reader

_FUNCTIONS = (
    ("revenue_operations", r"rev(enue)? ?op|sales op|business op|revops|operations"),
    ("procurement", r"procure|purchas|sourcing|buyer"),
    ("finance", r"\bcfo\b|financ|controller|account(ing|ant)|treasur"),
    ("it", r"\bit\b|\bcio\b|\bcto\b|information|technolog|systems|data|engineer|crm"),
    ("marketing", r"market|demand|growth|brand|\bcmo\b|campaign|digital"),
    ("sales", r"sales|revenue|\bcro\b|account exec|commercial|business develop|customer|enablement"),
)
_ANYBODY = frozenset(
    ("positions", "vacancies", "openings", "jobs", "roles", "people", "posts", "staff", "hires")
)
_POST = re.compile(r"\b(positions|vacancies|openings|jobs|roles|posts)$", re.IGNORECASE)
_QUOTED = ("need", "evaluation", "timing")
_CLAUSE = re.compile(r"[,;:]|\s(?:and|but|because|which|since|while|so|as)\s")
_LEAST_QUOTED, _MOST_QUOTED = 4, 13  # words of a lead's own line that fit into a sentence of ours


def function_of(title: str) -> str:
    """The part of the company that a job title belongs to; `general` where it doesn't say."""
    lowered = "marketing" if re.search(r"marketing op", title.lower()) else title.lower()
    return next((name for name, pattern in _FUNCTIONS if re.search(pattern, lowered)), "general")


def kind_of(fact: Fact) -> str:
    """The phrase list that suits the fact: its kind, or `words` for what the lead wrote."""
    return "words" if fact.kind in _QUOTED else fact.kind


def naming(fact: Fact, reader: Reader, voice: Voice) -> str:
    """A noun phrase for the fact, marked as a claim that rests on it; "" where it can't be named."""
    slots = slots_of(fact)
    forms = _forms(fact, reader, slots)
    spoken = voice.say(forms, {}, slots)
    return cited(fact.id, spoken) if spoken else ""


def _forms(fact: Fact, reader: Reader, slots: dict[str, str]) -> list[str]:
    known = table("facts")
    named = known.get(f"{fact.kind}.{slots.get('words', '')}") or known.get(kind_of(fact)) or known["words"]
    forms = cast(dict[str, list[str]], named)
    oneself = slots.get("person", "").casefold() == reader.full_name.casefold() and "self" in forms
    if oneself or ("plain" in forms and not slots.get("words")):
        return forms["self" if oneself else "plain"]
    return forms["full"]


def slots_of(fact: Fact) -> dict[str, str]:
    """The fact's details as they fit into a phrase, amounts before and after their noun among them."""
    slots = dict(fact.details)
    if amount := slots.get("amount"):
        plural = re.search(r"(dollars|euros|pounds|francs|kronor|crowns)$", amount)
        singular = re.search(r"(dollar|euro|pound|franc)$", amount)
        slots |= {} if plural else {"amount_before": amount}
        slots |= {} if singular else {"amount_after": amount}
    if (stage := slots.get("round")) and re.fullmatch(r"(pre-)?seed", stage, re.IGNORECASE):
        slots["round"] = f"{stage} round"
    if roles := slots.get("roles"):
        if roles.casefold() in _ANYBODY and slots.get("team"):
            del slots["roles"]
        else:
            slots["posts" if _POST.search(roles) else "people"] = roles
    if (words := slots.get("words")) and kind_of(fact) == "words":
        slots["words"] = _quotable(words)
    return slots


def _quotable(words: str) -> str:
    """As much of their first sentence as can be quoted and still makes sense; "" where nothing can."""
    first = next(iter(sentences(words)), "").rstrip(" .!")
    if len(first.split()) <= _MOST_QUOTED:
        return first
    ends = [found.start() for found in _CLAUSE.finditer(first)]
    fitting = [end for end in ends if _LEAST_QUOTED <= len(first[:end].split()) <= _MOST_QUOTED]
    return first[: fitting[-1]].rstrip(" ,;") if fitting else ""


def job_slots(reader: Reader) -> dict[str, str]:
    """The reader's title with and without its article; without a title, a role that fits anyone."""
    title = reader.title.strip() or "somebody in your seat"
    return {"title": title, "a_title": with_article(title) if reader.title.strip() else title}
