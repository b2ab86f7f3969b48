"""Research samples: a company's documents, namesakes' news among them, with what may be taken from each."""

from typing import Any

from pydantic import JsonValue

from evals.case import Case
from evals.data.world import NOW, Market
from loops.engage.facts import ResearchTask
from loops.engage.naming import short_name
from tools.normalise.names import company_key
from tools.sandbox.documents import Told
from tools.sandbox.profiles import Profile

MAX_AGE_DAYS = 365
TWINS_PER_THOUSAND = 350
"""In the world one company in fifty has a namesake; among samples many do, for that is what is hard."""


def research_cases(seed: int, n: int) -> tuple[Case, ...]:
    """`n` companies to look into."""
    market = Market(seed)
    made: list[Case] = []
    for number, draw in market.draws("research", n):
        twin = draw.chance(TWINS_PER_THOUSAND)
        p = market.twin(draw) if twin else market.company(draw)
        made.append(_case(f"research-{seed}-{number}", market, p))
    return tuple(made)


def _case(id: str, market: Market, p: Profile) -> Case:
    told = list(market.shelf.told(p.index))
    if p.twin is not None:
        # the name finds the other company's own documents too
        told += market.shelf.told(p.twin)
    target = {"facts": _facts(told, p.id), "none_from": [t.document.id for t in told if not _counts(t, p.id)]}
    documents = tuple(t.document.model_dump(mode="json") for t in told)
    family = "sandbox, with a namesake" if p.twin is not None else "sandbox"
    return Case(id, family, "prospect_researcher", task_of(id, p), target, documents)


def task_of(id: str, p: Profile) -> dict[str, Any]:
    """What the researcher is asked about a company."""
    return ResearchTask(
        lead=f"L-{id}",
        company=p.id,
        name=short_name(p.legal),
        key=company_key(p.legal),
        domain=p.domain,
        city=p.city.name,
        region=p.city.region,
        country=p.city.country,
        today=NOW.date(),
        max_age_days=MAX_AGE_DAYS,
        row=(),
    ).model_dump(mode="json")


def _counts(told: Told, company: str) -> bool:
    """Whether something of it may be used: it is dated, recent, about this company, and tells a fact."""
    on = told.document.on
    return (
        told.about == company
        and not told.trait
        and bool(told.facts)
        and on is not None
        and (NOW.date() - on).days <= MAX_AGE_DAYS
    )


def _facts(told: list[Told], company: str) -> list[JsonValue]:
    """Each fact once, with every document that tells it and the sentence of the first."""
    found: dict[tuple[str, str], dict[str, JsonValue]] = {}
    for one in told:
        if not _counts(one, company):
            continue
        for fact in one.facts:
            key = (fact.kind, fact.on.isoformat())
            known = found.setdefault(key, {"kind": fact.kind, "documents": [], "sentence": _sentence(one)})
            places = known["documents"]
            assert isinstance(places, list)
            places.append(one.document.id)
    return list(found.values())


def _sentence(told: Told) -> str:
    """The sentence behind the place, the date and the paper: the one that tells the fact."""
    text = told.document.text.partition("). ")[2]
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]
