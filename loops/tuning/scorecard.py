"""A score held against outcomes: how each value's points would have to differ, and what follows.

The model is a logistic regression on the present score and, for each value of each factor, a departure from
it that a ridge holds to nothing (Hoerl & Kennard 1970), found by Newton's method.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loops.columns import Columns, Rows
from loops.compiled import points
from loops.scoring import FULL, Factor

Floats = NDArray[np.float64]
STEPS, CLOSE = 50, 1e-9
"""Newton's steps at most, and how small the last one is."""
OTHERWISE, UNKNOWN = "(otherwise)", "(unknown)"
"""A factor's cells beside its values or bands."""


@dataclass(frozen=True)
class Cell:
    """A place in a factor that gives points: a value, a band, or what is left."""

    factor: str
    key: str
    # the value; a band's lower bound; OTHERWISE; UNKNOWN


@dataclass(frozen=True)
class Departure:
    """How one cell's leads do beside what the score makes one expect."""

    cell: Cell
    leads: int
    log_odds: float
    error: float
    # its standard error


@dataclass(frozen=True)
class Fitted:
    """The score and the cells' departures from it."""

    intercept: float
    slope: float
    # log odds a point
    departures: tuple[Departure, ...]
    # in the order of the config

    def of(self, cell: Cell) -> float:
        """A cell's departure; 0 where it has none."""
        return next((d.log_odds for d in self.departures if d.cell == cell), 0.0)


def cells(factor: Factor) -> tuple[Cell, ...]:
    """Every place in it that gives points, in the order of the config."""
    keys = (str(band.at_least) for band in factor.bands) if factor.bands else factor.values
    return tuple(Cell(factor.name, key) for key in (*keys, OTHERWISE, UNKNOWN))


def points_of(factor: Factor, key: str) -> int:
    """What a cell gives."""
    if key == UNKNOWN:
        return factor.unknown
    if key == OTHERWISE:
        return factor.otherwise
    if factor.bands:
        return next(band.points for band in factor.bands if str(band.at_least) == key)
    return factor.values[key]


def places(factor: Factor, columns: Columns) -> NDArray[np.int64]:
    """For each record its cell's place in `cells`."""
    keys = [cell.key for cell in cells(factor)]
    where = {key: at for at, key in enumerate(keys)}

    def place(value: str | int | None) -> int:
        if value is None:
            return where[UNKNOWN]
        if factor.bands:
            reached = [band for band in factor.bands if int(value) >= band.at_least]
            return where[str(reached[-1].at_least)] if reached else where[OTHERWISE]
        return where.get(str(value), where[OTHERWISE])

    column = columns[factor.attribute]
    return column.lookup(place, np.int64)[column.codes]


def members(factors: Sequence[Factor], columns: Columns) -> Iterator[tuple[Cell, NDArray[np.bool_]]]:
    """Each cell, and which records lie in it."""
    for factor in factors:
        here = places(factor, columns)
        yield from ((cell, here == at) for at, cell in enumerate(cells(factor)))


def fit(
    factors: Sequence[Factor], columns: Columns, converted: NDArray[np.bool_], ridge: float
) -> Fitted:
    """The departures of all cells at once, each beside all others.

    Args:
        factors: whose attributes `columns` has.
        columns: of settled leads.
        converted: whether each came to something.
        ridge: how hard departures are held to nothing.
    """
    told = [(cell, flags) for cell, flags in members(factors, columns) if flags.any()]
    score = points(factors, columns).astype(np.float64)
    matrix = np.column_stack([np.ones(columns.size), score / FULL, *(flags for _, flags in told)])
    penalty = np.array([0.0, 0.0, *([ridge] * len(told))])
    found, spread = logistic(matrix, converted, penalty)
    departures = tuple(
        Departure(cell, int(flags.sum()), float(found[at]), float(spread[at]))
        for at, (cell, flags) in enumerate(told, start=2)
    )
    return Fitted(float(found[0]), float(found[1]) / FULL, departures)


def logistic(
    matrix: NDArray[np.generic], converted: NDArray[np.bool_], penalty: Floats
) -> tuple[Floats, Floats]:
    """Coefficients and standard errors of a logistic regression with a ridge, a penalty a coefficient."""
    x, y = matrix.astype(np.float64), converted.astype(np.float64)
    held = penalty + 1e-6  # a column that is constant or doubled mustn't make it singular
    found = np.zeros(x.shape[1])
    hessian = np.eye(x.shape[1])
    for _ in range(STEPS):
        share = expected(x @ found)
        hessian = (x.T * (share * (1 - share))) @ x + np.diag(held)
        step = np.linalg.solve(hessian, x.T @ (y - share) - held * found)
        found = found + step
        if float(np.abs(step).max()) < CLOSE:
            break
    return found, np.sqrt(np.diag(np.linalg.inv(hessian)))


def expected(log_odds: Floats) -> Floats:
    """The share that log odds stand for."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))


# --- points ---------------------------------------------------------------------------------------
def with_points(factor: Factor, new: Mapping[str, int], weight: int | None = None) -> Factor:
    """The factor with other points in some cells; they stay within 0 and its weight."""
    top = factor.weight if weight is None else weight
    given = {cell.key: new.get(cell.key, points_of(factor, cell.key)) for cell in cells(factor)}
    told = {key: min(max(points, 0), top) for key, points in given.items()}
    return factor.model_copy(
        update={
            "weight": top,
            "values": {key: told[key] for key in factor.values},
            "bands": tuple(
                band.model_copy(update={"points": told[str(band.at_least)]}) for band in factor.bands
            ),
            "otherwise": told[OTHERWISE],
            "unknown": told[UNKNOWN],
        }
    )


def scorecard(factors: Sequence[Factor], fitted: Fitted) -> tuple[Factor, ...]:
    """The factors with the points that the fit makes: the least of each gives 0, all weights make 100."""
    worth = {
        factor.name: {
            cell.key: max(fitted.slope, 0.0) * points_of(factor, cell.key) + fitted.of(cell)
            for cell in cells(factor)
        }
        for factor in factors
    }
    low = {name: min(values.values()) for name, values in worth.items()}
    spread = {name: max(values.values()) - low[name] for name, values in worth.items()}
    weights = shared_out(spread, FULL)
    return tuple(
        with_points(
            factor,
            {
                key: round((value - low[factor.name]) / spread[factor.name] * weights[factor.name])
                for key, value in worth[factor.name].items()
            }
            if spread[factor.name] > 0
            else {},
            weights[factor.name],
        )
        for factor in factors
    )


def shared_out(parts: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers of at least 1 in proportion to the parts that make `total` (largest remainders)."""
    whole = sum(parts.values()) or 1.0
    exact = {name: max(1.0, part / whole * total) for name, part in parts.items()}
    scale = total / sum(exact.values())
    floor = {name: max(1, int(value * scale)) for name, value in exact.items()}
    rest = sorted(exact, key=lambda name: (floor[name] - exact[name] * scale, name))
    for name in rest[: max(0, total - sum(floor.values()))]:
        floor[name] += 1
    while sum(floor.values()) > total:
        floor[max(floor, key=lambda name: (floor[name], name))] -= 1
    return floor


def halves(at: Sequence[int] | NDArray[np.int64], share: float) -> tuple[Rows, Rows]:
    """The places of the earlier part and of the later one; a moment lies in one part alone."""
    stamps = np.asarray(at)
    if not len(stamps):
        return np.array([], dtype=np.intp), np.array([], dtype=np.intp)
    edge = stamps[min(int(len(stamps) * share), len(stamps) - 1)]
    return np.flatnonzero(stamps < edge), np.flatnonzero(stamps >= edge)
