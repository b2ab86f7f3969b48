"""How often something is proposed where nothing is planted: `python -m tests.plant_free [FIRST LAST PAST]`.

The pasts are a sandbox's as it comes (`stock`), or those of `tools.sandbox.drift`. Seeds 1001 to 1050 are
kept for this count; nothing was tuned on them.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Literal, cast

from agent.bootstrap import House
from agent.embedded.author import config_author
from agent.proposing.propose import TUNED, looked_at
from agent.spec import Reply
from tests.drifting import truth_of
from tests.house import START, house
from tools.sandbox import World
from tools.sandbox.drift import Plant, drift, keep, replace_past


def counted(first: int, last: int, plant: Plant | Literal["stock"] = "stock") -> dict[str, list[str]]:
    """Seed → the changes that would be opened; seeds without one are left out."""
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = house(Path(folder))
        for seed in range(first, last + 1):
            world = World(seed, 1.0, now=START)
            with home.store.transaction() as tx:
                if plant == "stock":
                    keep(tx, world.past_leads())
                else:
                    replace_past(tx, world, truth_of(home), drift(world, plant))
            if opened := [title for loop in TUNED if (title := would_open(home, loop))]:
                found[str(seed)] = opened
    return found


def would_open(home: House, loop: str) -> str:
    """The title of the change that the embedded author would have opened; "" where it would open none."""
    found = looked_at(home, loop)
    reply = config_author(found.task.model_dump(mode="json"), ())
    assert isinstance(reply, Reply)
    pairs = zip(found.task.choices, found.trials, strict=True)
    return next((c.title for c, t in pairs if c.id == reply.value["choice"] and not t.refused), "")


if __name__ == "__main__":
    said = sys.argv[1:] or ["1001", "1050"]
    start, end = int(said[0]), int(said[1])
    kind = cast("Plant", said[2]) if said[2:] else "stock"
    made = counted(start, end, kind)
    told = {"past": kind, "seeds": end - start + 1, "proposing": len(made), "what": made}
    print(json.dumps(told))  # noqa: T201
