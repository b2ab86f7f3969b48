"""A million past leads decided side by side, beside the loop's own `decide` called for some of them."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeVar, cast

import numpy as np

from agent.simulate import decided
from loops.compiled import Matched, matched
from loops.qualify.compiled import BULK as QUALIFY
from loops.qualify.config import QualifyConfig
from loops.registry import load
from loops.route.compiled import BULK as ROUTE
from loops.route.compiled import seated
from loops.simulate import Bulk, Floor, Stand, Stands, moves, stands_of
from tests.bench.memory import peak_kilobytes
from tests.bench.past_leads import (
    CHUNK,
    Decided,
    floor,
    qualify_input,
    route_config,
    route_input,
    source,
    write,
)
from tests.house import template
from tools.store import Store
from tools.store.columns import Past, loaded

Drawn = TypeVar("Drawn")
SAMPLE = 1_000
ROUNDS = 3
KILOBYTES_A_MEGABYTE = 1024


def figures(folder: Path, leads: int, moved: int) -> dict[str, float]:
    """Every figure, measured in a process of its own over columns that lie in a store."""
    folder.mkdir()
    write(folder / "store.db", leads)
    command = [sys.executable, "-m", "tests.bench.bulk", str(folder / "store.db"), str(moved)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return cast("dict[str, float]", json.loads(done.stdout))


# --- what is measured -----------------------------------------------------------------------------
def _measured(path: Path, moved: int) -> dict[str, float]:
    store = Store(str(path))
    leads, loading = _loaded(store, "route", ROUTE)
    scored, more = _loaded(store, "qualify", QUALIFY)
    store.close()
    whole = _Whole(leads, scored)
    found = {"columns_load_1m_s": loading, "score_columns_load_1m_s": more}
    found |= {**_rerouted(whole, 50), **_rerouted(whole, 200)}
    found |= {**_one_rule(whole), **_scored(whole), **_moved(whole, moved)}
    found["bulk_peak_mb"] = peak_kilobytes() / KILOBYTES_A_MEGABYTE
    return {name: round(value, 4) for name, value in found.items()}


def _loaded(store: Store, loop: str, bulk: Bulk) -> tuple[Past, float]:
    """What the store keeps of a loop, and the seconds to read it."""
    began = perf_counter()
    with store.reading() as tx:
        found = loaded(tx, source(loop, bulk))
    return found, perf_counter() - began


@dataclass(frozen=True)
class _Whole:
    """The leads, our people, and the engine that decides them one by one."""

    leads: Past
    scored: Past

    @cached_property
    def floor(self) -> Floor:
        """Who there is."""
        return floor()


def _timed(make: Callable[[], Drawn]) -> tuple[Drawn, float]:
    """What it makes, and the median of its seconds."""
    seconds = list[float]()
    for _ in range(ROUNDS - 1):
        began = perf_counter()
        make()
        seconds.append(perf_counter() - began)
    began = perf_counter()
    made = make()
    return made, median([*seconds, perf_counter() - began])


def _rerouted(whole: _Whole, rules: int) -> dict[str, float]:
    config, columns = route_config(rules), whole.leads.columns

    def match() -> Matched:
        found = matched(config.rules, columns)
        found.unsettled(config.ask_when_unknown)
        return found

    fits, matching = _timed(match)
    ends, seating = _timed(lambda: seated(columns, config, whole.floor, fits))
    inputs = [route_input(columns.row(row)) for row in range(min(SAMPLE, columns.size))]
    alone, each = _one_by_one("route", ROUTE, inputs, config, whole.floor)
    _same(ends, alone, len(inputs))
    ratio = each * columns.size / (matching + seating)
    found = {f"reroute_1m_{rules}_rules_s": matching, f"reroute_1m_{rules}_rules_ratio": ratio}
    return found | ({"pool_assign_1m_s": seating} if rules == 50 else {})


def _one_rule(whole: _Whole) -> dict[str, float]:
    config = route_config(200)
    known = matched(config.rules, whole.leads.columns)
    at = len(config.rules) // 2
    edited = config.rules[at].model_copy(update={"when": config.rules[at + 3].when})
    changed, took = _timed(lambda: known.with_rule(at, edited))
    assert not np.array_equal(changed.first, known.first) or len(whole.leads) < CHUNK
    return {"reroute_one_rule_ms": 1000 * took}


def _scored(whole: _Whole) -> dict[str, float]:
    config = template().workspace.configs["qualify"]
    assert isinstance(config, QualifyConfig)
    columns = whole.scored.columns
    ends, took = _timed(lambda: QUALIFY.stands(columns, config, whole.floor, None))
    inputs = [qualify_input(columns.row(row)) for row in range(min(SAMPLE, columns.size))]
    alone, each = _one_by_one("qualify", QUALIFY, inputs, config, whole.floor)
    _same(ends, alone, len(inputs))
    return {"score_1m_s": took, "score_1m_ratio": each * columns.size / took}


def _moved(whole: _Whole, count: int) -> dict[str, float]:
    """The table of who moves and why, both decisions included, and the leads that it shows told."""
    config = route_config(50)
    at = 4
    edited = config.rules[at].model_copy(update={"owner": config.rules[at + 1].owner})
    changed = config.model_copy(update={"rules": (*config.rules[:at], edited, *config.rules[at + 1 :])})
    columns = whole.leads.columns.take(np.arange(min(count, len(whole.leads))))

    def both() -> int:
        before = ROUTE.stands(columns, config, whole.floor, None)
        found = moves(before, ROUTE.stands(columns, changed, whole.floor, before))
        told = [ROUTE.told(columns.row(r), config, changed) for group in found.groups for r in group.examples]
        return len(told)

    told, took = _timed(both)
    assert told or count < CHUNK
    inputs = [route_input(columns.row(row)) for row in range(min(SAMPLE, columns.size))]
    _, each = _one_by_one("route", ROUTE, inputs, config, whole.floor)
    return {"moves_table_100k_s": took, "moves_table_100k_ratio": 2 * each * columns.size / took}


def _one_by_one(
    loop: str, bulk: Bulk, inputs: Sequence[Decided], config: Any, floor: Floor
) -> tuple[Stands, float]:
    """Where each ends by the loop's own `decide`, and the seconds for one; nothing is read or decrypted."""
    trigger, mine, found = load().loops[loop].triggers[0], floor.anew(), list[Stand]()
    began = perf_counter()
    for input, answers in inputs:
        stand, _ = decided(trigger, bulk, input, answers, config, mine)
        if stand.owner:
            mine.take(stand.owner)
        found.append(stand)
    return stands_of(found, mine.loads), (perf_counter() - began) / max(1, len(inputs))


def _same(many: Stands, alone: Stands, count: int) -> None:
    """Refuse figures of an engine that answers otherwise."""
    wrong = next((row for row in range(count) if many.at(row) != alone.at(row)), None)
    assert wrong is None, (many.at(wrong or 0), alone.at(wrong or 0))


def main() -> None:
    """Measure over the columns in the named store; prints one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("moved", type=int)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(_measured(options.path, options.moved)) + "\n")


if __name__ == "__main__":
    main()
