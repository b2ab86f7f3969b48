"""Scorecards fitted on real deals tell won from lost nearly as well as a logistic regression does."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from loops.columns import Columns, columns
from loops.compiled import points
from loops.intervals import auc
from loops.scoring import FULL, Factor
from loops.tuning.scorecard import fit, scorecard, shared_out
from loops.tuning.settings import Tuning

FILE = Path(__file__).parents[3] / "shared" / "data" / "salvirt_b2b.csv"
ROWS, DOUBLED, SPLITS, CLOSE = 448, 83, 20, 0.03
Floats = NDArray[np.float64]


def deals() -> tuple[Columns, NDArray[np.bool_], tuple[str, ...]]:
    """The deals without exact duplicates; all fields but the last were known at qualification."""
    with FILE.open(encoding="utf-8-sig", newline="") as handle:
        heading, *rows = csv.reader(handle, delimiter=";")
    assert len(rows) == ROWS
    each = list(dict.fromkeys(map(tuple, rows)))
    assert len(each) == ROWS - DOUBLED
    names = tuple(heading[:-1])
    known = columns([dict(zip(names, row[:-1], strict=True)) for row in each], names)
    return known, np.array([row[-1] == "Won" for row in each]), names


def blank(known: Columns, names: tuple[str, ...]) -> tuple[Factor, ...]:
    """Factors that give no points yet, of the values that the part has."""
    weights = shared_out(dict.fromkeys(names, 1.0), FULL)
    return tuple(
        Factor(
            name=name, attribute=name, weight=weights[name], otherwise=0, unknown=0,
            values={str(known[name].at(row)): 0 for row in range(known.size)},
        )
        for name in names
    )  # fmt: skip


def reference(train: Columns, won: NDArray[np.bool_], test: Columns, names: tuple[str, ...]) -> Floats:
    """Log odds by a logistic regression on all values, by reweighted least squares, ridge 1 on each."""
    seen = [(name, value) for name in names for value in sorted({str(v) for v in train[name].values})]

    def design(part: Columns) -> Floats:
        told = [[str(part[name].at(row)) == value for row in range(part.size)] for name, value in seen]
        return np.column_stack([np.ones(part.size), *told]).astype(np.float64)

    x, found = design(train), np.zeros(len(seen) + 1)
    ridge = np.diag([1e-9, *([1.0] * len(seen))])
    for _ in range(60):
        line = x @ found
        share = 1 / (1 + np.exp(-line))
        weight = np.maximum(share * (1 - share), 1e-9)
        working = line + (won - share) / weight
        found = np.linalg.solve((x.T * weight) @ x + ridge, (x.T * weight) @ working)
    return design(test) @ found


@pytest.mark.skipif(not FILE.is_file(), reason="the deals of salvirt_b2b.csv aren't here")
def test_fitted_weights_come_within_three_hundredths_of_a_logistic_regression() -> None:
    known, won, names = deals()
    draw, ours, theirs, blind = np.random.default_rng(7), [0.0] * 0, [0.0] * 0, [0.0] * 0
    for _ in range(SPLITS):
        order = draw.permutation(known.size)
        edge = int(0.7 * known.size)
        early, late = np.sort(order[:edge]), np.sort(order[edge:])
        start = blank(known.take(early), names)
        card = scorecard(start, fit(start, known.take(early), won[early], Tuning().ridge))
        assert sum(factor.weight for factor in card) == FULL
        later = known.take(late)
        logits = reference(known.take(early), won[early], later, names)
        for scores, into in ((points(card, later), ours), (logits, theirs), (points(start, later), blind)):
            measured = auc(scores, won[late])
            assert measured is not None
            into.append(measured.value)
    assert np.mean(ours) >= np.mean(theirs) - CLOSE
    assert np.mean(blind) == 0.5, "the control: points that weren't fitted tell nothing"
