"""How often something is proposed where nothing is planted: `python -m tests.plant_free [FIRST LAST]`.

Seeds 1001 to 1050 are kept for this count; nothing was tuned on them.
"""

import json
import sys
import tempfile
from pathlib import Path

from agent.bootstrap import House
from agent.embedded.author import config_author
from agent.proposing.propose import TUNED, looked_at
from agent.spec import Reply
from tests.drifting import truth_of
from tests.house import START, house
from tools.sandbox import World
from tools.sandbox.drift import Plant, drift, replace_past


def counted(first: int, last: int, plant: Plant = "none") -> dict[str, list[str]]:
    """Seed → the changes that would be opened; seeds without one are left out."""
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = house(Path(folder))
        for seed in range(first, last + 1):
            world = World(seed, 1.0, now=START)
            with home.store.transaction() as tx:
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
    start, end = (int(word) for word in (sys.argv[1:] or ("1001", "1050")))
    made = counted(start, end)
    print(json.dumps({"seeds": end - start + 1, "proposing": len(made), "what": made}))  # noqa: T201
