"""Match samples: a lead whose own data doesn't settle which of several profiles is its company."""

from dataclasses import dataclass

from evals.case import Case
from evals.data.world import Market, lead
from loops.qualify.config import QualifyConfig
from loops.qualify.matching import compare, question, settle
from loops.records import Company, Lead, Place
from tools.sandbox.draw import Draw

NONE = "none"
TRIES = 40
"""Draws among which one leaves the data unsettled; the agent is only asked then."""


@dataclass(frozen=True)
class _Pair:
    true: Company
    other: Company
    # of the same name, elsewhere
    third: Company
    # what a stranger says of itself


def match_cases(seed: int, n: int, config: QualifyConfig) -> tuple[Case, ...]:
    """`n` leads to match; a quarter have no profile among the candidates, a quarter can't be told apart."""
    market = Market(seed)
    made: list[Case] = []
    for number, draw in market.draws("match", n):
        family = ("says enough", "says enough", "nothing tells them apart", "is none of them")[number % 4]
        made.append(_drawn(f"match-{seed}-{number}", market, draw, family, config))
    return tuple(made)


def _drawn(id: str, market: Market, draw: Draw, family: str, config: QualifyConfig) -> Case:
    for _ in range(TRIES):
        pair = _pair(market, draw)
        said = _said(id, draw, family, pair, config)
        if said is None:
            continue
        order = [pair.true, pair.other] if draw.chance(500) else [pair.other, pair.true]
        verdicts = tuple(compare(said, company, config) for company in order)
        if settle(verdicts) == "ambiguous":
            choice = pair.true.id if family == "says enough" else NONE
            payload = question(said, verdicts).model_dump(mode="json")
            return Case(id, family, "enrichment_matcher", payload, {"choice": choice})
    raise AssertionError(f"{TRIES} draws of {family!r} were all settled by the data")


def _pair(market: Market, draw: Draw) -> _Pair:
    p = market.twin(draw)
    assert p.twin is not None
    true, other = market.profiles.company(p.index), market.profiles.company(p.twin)
    return _Pair(true, other, market.profiles.company(market.company(draw).index))


def _said(id: str, draw: Draw, family: str, pair: _Pair, config: QualifyConfig) -> Lead | None:
    """What the lead says of itself; None where that isn't what the family wants."""
    name = pair.true.name.partition(" ")[0] if draw.chance(100) else pair.true.name
    if family == "nothing tells them apart":
        # a private address, and at most an industry that both have
        same = config.industry(pair.true.industry) == config.industry(pair.other.industry)
        return lead(id, name, None, Place(), pair.true.industry if same and draw.chance(600) else None)
    if family == "is none of them":
        return _stranger(id, draw, pair, name)
    return _its_own(id, draw, pair, name)


def _stranger(id: str, draw: Draw, pair: _Pair, name: str) -> Lead | None:
    place = pair.third.place
    if place.country in {pair.true.place.country, pair.other.place.country}:
        return None
    host = f"{draw.pick(('get', 'the', 'my'))}{pair.third.domain}" if draw.chance(300) else None
    return lead(id, name, host, place, pair.third.industry if draw.chance(500) else None)


def _its_own(id: str, draw: Draw, pair: _Pair, name: str) -> Lead | None:
    """Something that is true of it and false of the other, and something that blurs it."""
    place = pair.true.place
    city, country = place.city, place.country
    blur = draw.below(3)
    if blur == 0:
        # the head office's city, a form's country that is neither's
        return lead(id, name, None, Place(city=city, country=pair.third.place.country), None)
    if blur == 1:
        # no country, the city alone
        return lead(id, name, None, Place(city=city), pair.true.industry)
    # the right country, and an industry that people write otherwise
    return lead(id, name, None, Place(country=country), pair.third.industry)
