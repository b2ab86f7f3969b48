"""Past leads as another system exported them: who really owned each, and what became of it."""

from collections.abc import Mapping

from loops.scenario import Scenario
from tools.normalise import fold

_YES = frozenset(
    (
        "1, yes, y, true, won, closed won, converted, customer, qualified, sql, opportunity, meeting, "
        "meeting booked, booked, demo held, accepted, success, sale, sold, gewonnen, gagné, ganado"
    ).split(", ")
)
_NO = frozenset(
    (
        "0, no, n, false, lost, closed lost, not converted, disqualified, unqualified, rejected, dead, spam, "
        "no response, unresponsive, bad fit, failed, recycled, nurture, verloren, perdu, perdido"
    ).split(", ")
)


def outcome_of(written: str) -> bool | None:
    """Whether it came to something; None where the word says neither."""
    word = fold(written).strip()
    return True if word in _YES else False if word in _NO else None


def owners_by_name(scenario: Scenario) -> Mapping[str, str]:
    """Every way in which people, pools and queues are written → `rep:<id>`, `pool:<id>` or `queue:<id>`.

    A name that two of them bear is left out.
    """
    table: dict[str, set[str]] = {}
    for rep in scenario.roster:
        for text in (rep.id, rep.name, rep.email, _turned(rep.name)):
            table.setdefault(fold(text).strip(), set()).add(f"rep:{rep.id}")
    for kind, ids in (("pool", [pool.id for pool in scenario.pools]), ("queue", scenario.queues)):
        for id in ids:
            for text in (id, f"{kind}:{id}", id.replace("-", " ").replace("_", " "), f"{id} {kind}"):
                table.setdefault(fold(text).strip(), set()).add(f"{kind}:{id}")
    return {name: next(iter(ids)) for name, ids in table.items() if name and len(ids) == 1}


def owner_of(written: str, known: Mapping[str, str]) -> str:
    """Whom the owner as written is; "" where nobody here is called so."""
    return known.get(fold(written).strip(), "")


def _turned(name: str) -> str:
    """`Last, First`, as many systems write it."""
    first, _, last = name.rpartition(" ")
    return f"{last}, {first}" if first else ""
