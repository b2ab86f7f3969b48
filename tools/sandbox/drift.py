"""A past in which a config is right, and one in which it has drifted: what the config author is tried on.

In a past without drift a lead converts by the odds of the score that the given config gives it, and goes to
the pool that its rules name; whatever departs from that is planted. Who looks for drift sees leads and their
outcomes alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from loops.columns import Attribute
from loops.qualify.config import QualifyConfig
from loops.records import PastLead
from loops.rules import Rule, first_match
from loops.scenario import Scenario
from loops.scoring import score
from loops.territories import Atlas
from tools.sandbox.crm import odds
from tools.sandbox.draw import Draw
from tools.sandbox.world import World
from tools.sandbox.worth import pull, shown
from tools.store import Tx
from tools.store import tables as t

Plant = Literal["none", "source_fell", "source_dipped", "wrong_weight", "wrong_pool"]
PLANTS: tuple[Plant, ...] = ("source_fell", "wrong_weight", "wrong_pool")
"""What a change would mend; a source that dipped has come back since."""
ASTRAY = -1.2
"""Log odds that a wrong pool takes off."""
STRAY = 40
"""Of a thousand leads that go where they should, those that people move on."""
FELL, BACK = timedelta(days=122), timedelta(days=75)
"""How long ago a source fell, and one that dipped came back."""


@dataclass(frozen=True)
class Style:
    """Where a drift can be, and how strong it is."""

    sources: tuple[str, ...]
    # one of them falls
    lands: tuple[str, ...]
    # one of them goes to the wrong pool
    pool: str
    right_pool: str
    # where its leads go first, and where they belong
    factors: tuple[str, ...]
    # the points of one of them stand upside down in the workspace
    fallen: float
    # log odds that it takes off
    moved: int
    # of a thousand leads of the wrong pool, those that people move on


PLAIN = Style(
    sources=("webinar", "demo_request", "referral", "contact_form"),
    lands=("dach", "uki", "france-benelux"),
    pool="emea-commercial",
    right_pool="emea-enterprise",
    factors=("seniority", "intent"),
    fallen=-3.0,
    moved=750,
)
"""What the embedded author was written on."""
OTHER = Style(
    sources=("partner", "event", "paid"),
    lands=("ams-east", "ams-central", "ams-west"),
    pool="na-commercial",
    right_pool="na-enterprise",
    factors=("function", "industry"),
    fallen=-2.5,
    moved=650,
)
"""Drifts elsewhere, and weaker."""


@dataclass(frozen=True)
class Drift:
    """What departs, as the seed draws it; the empty word where nothing does."""

    plant: Plant
    source: str = ""
    territory: str = ""
    factor: str = ""
    # whose points stand upside down in the workspace
    style: Style = PLAIN


@dataclass(frozen=True)
class Truth:
    """What decides in such a past."""

    config: QualifyConfig
    # right of every past but that of a plant
    rules: tuple[Rule, ...]
    scenario: Scenario


def drift(world: World, plant: Plant, style: Style = PLAIN) -> Drift:
    """What the seed plants of that kind."""
    draw = world.setting.draw("drift", plant)
    source, land, factor = draw.pick(style.sources), draw.pick(style.lands), draw.pick(style.factors)
    return Drift(
        plant,
        source=source if plant in ("source_fell", "source_dipped") else "",
        territory=land if plant == "wrong_pool" else "",
        factor=factor if plant == "wrong_weight" else "",
        style=style,
    )


def reversed_factor(config: QualifyConfig, name: str) -> Mapping[str, int]:
    """The points of a factor's values upside down: what most gave gives least."""
    factor = next(factor for factor in config.factors if factor.name == name)
    down = sorted(factor.values, key=lambda value: -factor.values[value])
    return dict(zip(down, sorted(factor.values.values()), strict=True))


def replace_past(tx: Tx, world: World, truth: Truth, planted: Drift) -> int:
    """Put that past in the place of the sandbox's own; how many leads it has."""
    return keep(tx, past_leads(world, truth, planted))


def keep(tx: Tx, leads: Iterable[PastLead]) -> int:
    """Put those past leads in the place of all others; how many they are."""
    tx.run(t.past_leads.delete())
    count = 0
    for past in leads:
        created = past.lead.created_at.isoformat()
        doc = past.model_dump_json()
        tx.add(t.past_leads, id=past.lead.id, owner=past.owner, created_at=created, doc=doc)
        count += 1
    return count


def past_leads(world: World, truth: Truth, planted: Drift) -> Iterator[PastLead]:
    """The sandbox's past leads, with owners and ends that follow from config, rules and what is planted."""
    atlas = Atlas(truth.scenario)
    members = {pool.id: pool.members for pool in truth.scenario.pools}
    for number, past in enumerate(world.past_leads()):
        draw = world.setting.draw("drifting", number)
        known = _known(past, truth.config, atlas)
        first, last, astray = _owners(draw, known, truth, members, planted)
        speaks = pull(int(known["score"] or 0)) + (ASTRAY if astray else 0.0)
        if known["source"] == planted.source and _fell(past, planted, world.setting.now):
            speaks += planted.style.fallen
        yield _ended(draw, past, first, last, speaks, world.setting.now)


def _fell(past: PastLead, planted: Drift, now: datetime) -> bool:
    back = planted.plant == "source_dipped" and past.lead.created_at >= now - BACK
    return past.lead.created_at >= now - FELL and not back


def _known(past: PastLead, config: QualifyConfig, atlas: Atlas) -> dict[str, Attribute]:
    lead = past.lead
    found = shown(lead, config, lead.created_at)
    points = score(config.factors, found).points
    territory = atlas.of(lead.place.country, lead.place.region)
    more = {"territory": territory, "score": points, "grade": config.grades.grade(points)}
    return {**found, **more}


def _owners(
    draw: Draw,
    known: Mapping[str, Attribute],
    truth: Truth,
    members: Mapping[str, tuple[str, ...]],
    planted: Drift,
) -> tuple[str | None, str | None, bool]:
    """Who gets it first, who has it in the end, and whether it stayed where it doesn't belong."""
    matched = first_match(truth.rules, known)
    kind, _, pool = (matched.rule.owner if matched.rule else "").partition(":")
    if kind != "pool" or not members.get(pool):
        return None, None, False
    first = draw.pick(members[pool])
    style = planted.style
    wrong = bool(planted.territory) and known["territory"] == planted.territory and pool == style.pool
    if draw.chance(style.moved if wrong else STRAY):
        to = style.right_pool if wrong else draw.pick(sorted(set(members) - {pool}))
        return first, draw.pick(members[to]), False
    return first, first, wrong


def _ended(
    draw: Draw, past: PastLead, first: str | None, last: str | None, speaks: float, now: datetime
) -> PastLead:
    """The lead with its end: converted, given up, or open still."""
    created = past.lead.created_at
    converts, after = draw.share() < odds(speaks), timedelta(days=draw.between(1, 30))
    settled = created + after < now
    return past.model_copy(
        update={
            "first_owner": first,
            "owner": last,
            "assigned_at": created if first else None,
            "touched_at": None,
            "converted_at": created + after if converts and settled else None,
            "won": False if not converts and settled else None,
            "amount_minor": None,
        }
    )
