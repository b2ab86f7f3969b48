"""What is known of where an account belongs: what the rules can't settle, and the evidence for it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from loops.book import Hints
from loops.deploy.account_outputs import Doubt
from loops.records import Account, Company, Place
from loops.scenario import Territory
from loops.territories import Atlas, Evidence, TerritoryOption, units
from loops.values import Quoted


@dataclass(frozen=True)
class Facts:
    """An account with what stands around it."""

    account: Account
    profile: Company | None
    parent: Account | None
    tenants: tuple[Account, ...]
    # the other accounts of its building
    kept: bool
    # whether its owner keeps it
    offices: Collection[str]
    # reps who haven't left


def doubts(facts: Facts, atlas: Atlas, asked: Collection[Doubt]) -> tuple[Doubt, ...]:
    """Why the rules alone don't settle it, the gravest first; empty where they do."""
    return tuple(doubt for doubt in _doubts(facts, atlas) if doubt == "uncovered" or doubt in asked)


def _doubts(facts: Facts, atlas: Atlas) -> Iterator[Doubt]:
    place = facts.account.place
    lands = atlas.of(place.country, place.region)
    if place.country is None and not place.conflict:
        yield "incomplete_billing"
    elif place.conflict or _elsewhere(facts.profile.place if facts.profile else None, place, atlas):
        yield "two_countries"
    elif lands is None:
        yield "uncovered"
    elif place.country and place.region is None and atlas.parted(place.country):
        yield "state_unknown"
    above = facts.parent.place if facts.parent else Place()
    if lands and atlas.of(above.country, above.region) not in (None, lands):
        yield "parent_elsewhere"
    if not facts.kept and len(holders(facts)) > 1:
        yield "shared_building"


def _elsewhere(seat: Place | None, billing: Place, atlas: Atlas) -> bool:
    """Whether the headquarters lie in another country and that country in another territory."""
    if seat is None or seat.country in (None, billing.country):
        return False
    return atlas.of(seat.country, seat.region) != atlas.of(billing.country, billing.region)


def holders(facts: Facts) -> tuple[str, ...]:
    """The reps in office who own other accounts of its building, sorted."""
    return tuple(sorted({a.owner for a in facts.tenants if a.owner and a.owner in facts.offices}))


# --- the evidence ---------------------------------------------------------------------------------
def evidence(facts: Facts, hints: Hints, most_tenants: int) -> tuple[Evidence, ...]:
    """Everything known about its place, each piece with its source."""
    return (*_billing(facts.account), *_around(facts, most_tenants), *_hinted(facts.account, hints))


def _billing(account: Account) -> Iterator[Evidence]:
    place, line = account.place, account.street
    written = ", ".join(filter(None, (line, place.city, place.region, place.country)))
    countries = place.conflict or ((place.country,) if place.country else ())
    for country in countries:
        source = f"billing address read as {country}" if place.conflict else "billing address"
        yield _said("billing", written, source, country, None if place.conflict else place.region)
    if not countries and written:
        yield _said("billing", written, "billing address", None, None)
    if own := units(line):
        yield _said("tenant", f"{account.name}: {', '.join(own)}", "billing address, the tenant's own line")


def _around(facts: Facts, most: int) -> Iterator[Evidence]:
    seat, above = facts.profile, facts.parent
    if seat and seat.place.country:
        where = _words(seat.place)
        yield _said("headquarters", where, f"profile {seat.id}", seat.place.country, seat.place.region)
    if above:
        told = f"{above.name}, {_words(above.place)}".rstrip(", ")
        yield _said("parent", told, f"account {above.id}", above.place.country, above.place.region)
    if facts.tenants:
        names = ", ".join(a.name for a in facts.tenants[:most])
        place = facts.tenants[0].place
        source = "accounts of the same building"
        yield _said("building", f"shared with {names}", source, place.country, place.region)


def _hinted(account: Account, hints: Hints) -> Iterator[Evidence]:
    if account.domain and hints.domain:
        yield _said("domain", account.domain, "web domain", hints.domain)
    if account.phone and hints.phone:
        yield _said("phone", account.phone, "phone", hints.phone)


def _said(
    kind: str, words: str, source: str, country: str | None = None, region: str | None = None
) -> Evidence:
    fields = {"kind": kind, "says": Quoted(text=words), "source": source}
    return Evidence.model_validate({**fields, "country": country, "region": region})


def _words(place: Place) -> str:
    return ", ".join(filter(None, (place.city, place.region, place.country)))


# --- the options ----------------------------------------------------------------------------------
def territory_options(atlas: Atlas, told: tuple[Evidence, ...]) -> tuple[TerritoryOption, ...]:
    """The territories that the evidence points to, in the plan's order; all where it points to one or none.

    A territory for the rest of a country isn't offered beside those that take its regions: whatever speaks
    for one of them would speak for the rest as well.
    """
    rest = [t for t in atlas.lands if _is_rest(t, atlas)]
    lands = tuple(t for t in atlas.lands if t not in rest)
    named = {t for e in told for t in _pointed(atlas, e)}
    near = tuple(t for t in lands if t.id in named)
    return tuple(
        TerritoryOption(id=t.id, name=t.name, countries=t.countries, regions=t.regions)
        for t in (near if len(near) > 1 else lands)
    )


def _pointed(atlas: Atlas, told: Evidence) -> Iterator[str]:
    if told.country and told.region is None:
        yield from (t.id for t in atlas.parted(told.country))
    found = atlas.of(told.country, told.region)
    if found:
        yield found


def _is_rest(land: Territory, atlas: Atlas) -> bool:
    whole = not land.countries or all(atlas.parted(country) for country in land.countries)
    return not land.regions and whole


def rep_options(facts: Facts, names: dict[str, str]) -> tuple[TerritoryOption, ...]:
    """The reps who own others of its building, each with the tenants and the floors they answer for.

    Args:
        facts: the account and its building.
        names: rep id → name.
    """
    return tuple(
        TerritoryOption(id=f"rep:{rep}", name=names.get(rep, rep), holds=_held(facts, rep))
        for rep in holders(facts)
    )


def _held(facts: Facts, rep: str) -> tuple[str, ...]:
    theirs = [a for a in facts.tenants if a.owner == rep]
    others = {unit for a in facts.tenants if a.owner != rep for unit in units(a.street)}
    own = [unit for a in theirs for unit in units(a.street) if unit not in others]
    above = facts.parent.name if facts.parent and facts.parent.owner == rep else None
    return tuple(dict.fromkeys(filter(None, (*(a.name for a in theirs), *own, above))))
