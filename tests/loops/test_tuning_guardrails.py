"""A change that is good on the whole, and bad for a part of the leads, isn't proposed."""

import numpy as np
import pytest

from loops.columns import column, columns
from loops.history import History
from loops.rules import Rule
from loops.tuning.pools import Rerouting, RouteTrial, reroutings, tried
from loops.tuning.settings import Tuning
from loops.tuning.trial import segments

TUNING = Tuning()
POOLS = {"small": ("ana", "ben"), "large": ("zoe", "yan")}
RULES = (Rule(name="all", when={}, owner="pool:small"),)
Sent = tuple[str, str, str]
"""(source, who had it in the end, where it comes from)"""


def history(leads: list[Sent]) -> History:
    n = len(leads)
    return History(
        tuple(map(str, range(n))),
        np.arange(n, dtype=np.int64),
        columns([{"source": source} for source, _, _ in leads], ["source"]),
        column([origin for _, _, origin in leads]),
        column([owner for _, owner, _ in leads]),
        column(["ana"] * n),
        np.zeros(n, dtype=np.int8),
        np.full(n, np.nan),
    )


def trial(leads: list[Sent], late: list[Sent] | None = None) -> tuple[Rerouting, RouteTrial]:
    change = reroutings(RULES, POOLS, history(leads), TUNING)[0]
    return change, tried(RULES, POOLS, change, history(late or leads), TUNING)


def leads(source: str, moved: int, kept: int, origin: str = "crm") -> list[Sent]:
    return [*((source, "zoe", origin),) * moved, *((source, "ana", origin),) * kept]


@pytest.mark.feature("AN5")
def test_a_reroute_that_every_segment_bears_holds() -> None:
    change, found = trial([*leads("webinar", 160, 10), *leads("partner", 90, 10)])
    assert change.segment == () and not found.refused
    assert {g.segment for g in found.guardrails} == {"source = webinar", "source = partner"}
    assert all(g.holds for g in found.guardrails)


@pytest.mark.feature("AN5")
def test_a_reroute_that_takes_a_segment_away_from_where_it_stays_is_refused() -> None:
    early, late = leads("webinar", 160, 10), [*leads("webinar", 160, 10), *leads("partner", 5, 60)]
    change, found = trial(early, late)
    assert change.segment == ()
    assert found.refused == "leads with source = partner would stay where they are sent less often"
    broken = next(g for g in found.guardrails if not g.holds)
    assert (broken.leads, broken.before, broken.after) == (65, round(60 / 65, 6), round(5 / 65, 6))


def test_leads_of_two_origins_are_looked_at_apart() -> None:
    both = history([*leads("webinar", 40, 0, "crm"), *leads("webinar", 0, 40, "ledger")])
    assert {named for named, _ in segments(both)} == {"origin = crm", "origin = ledger", "source = webinar"}
    one = history(leads("webinar", 40, 40))
    assert {named for named, _ in segments(one)} == {"source = webinar"}
