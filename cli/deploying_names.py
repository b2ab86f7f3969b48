"""Names beside the ids of people, where a plan is shown to a person."""

import re
from collections.abc import Mapping

from cli.door import Door


def names_of(door: Door) -> dict[str, str]:
    """Rep id → name."""
    return {rep.id: rep.name for rep in door.house.workspace.scenario.roster}


def telling(door: Door) -> dict[str, str]:
    """The same, of those whose name says more than their id, and whose id means nobody and nothing else."""
    plan = door.house.workspace.scenario
    others = {one.id for part in (plan.territories, plan.pools, plan.hires) for one in part}
    others |= {one.role for one in (*plan.roster, *plan.hires)}
    return {id: name for id, name in names_of(door).items() if id not in others and name and name != id}


def named(text: str, names: Mapping[str, str]) -> str:
    """The text with each person's name behind the first mention of their id."""
    seen: set[str] = set()

    def beside(found: re.Match[str]) -> str:
        id = found[0]
        if id in seen or id not in names:
            return id
        seen.add(id)
        return f"{id} ({names[id]})"

    return re.sub(r"[\w:-]+(?:\.[\w:-]+)*", beside, text)
