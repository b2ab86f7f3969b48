"""Whether a judge may be believed: does it repeat itself, does order sway it, does it see what is there."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import Field, TypeAdapter

from agent.spec import Policy
from agent.specialists.draft_preference import PreferenceTask
from evals.bench import Bench
from evals.data.pairs import Pair, pairs
from evals.judging import JUDGE, PREFERENCE, compare, graded, material_of, preferred
from evals.statistics import Agreement, Interval, kappa, position_swap, retest
from loops.engage.tasks import Grades, GradingTask
from loops.errors import RevloopsError
from loops.values import Value
from tools.yaml_text import read as parse

PLANTED, PEOPLE = "planted faults", "people's verdicts"
SOUND, FLAWED, SILENT = "sound", "flawed", "no answer"
AT_ONCE = 16
T = TypeVar("T")


class Marks(Value):
    """What a judge must reach before it may gate."""

    pairs: int = Field(ge=2)
    times: int = Field(ge=2)
    same_least: float = Field(ge=0, le=1)
    swap_most: float = Field(ge=0, le=1)
    kappa_least: float = Field(ge=-1, le=1)
    people_least: int = Field(ge=2)


@dataclass(frozen=True)
class Reliability:
    """What is known of one judge."""

    judge: str
    model: str
    same: Interval
    # share of samples with one verdict each time
    sd: float | None
    # of a sample's points around their mean, 0-100; None for a judge that gives none
    icc: Interval | None
    # of a single score; None where it gives no points, or where samples don't differ
    swap: Interval | None
    # share of verdicts that change with the order; None for a judge that reads one draft
    agreement: Agreement
    against: str
    # what its verdicts were held against


@dataclass(frozen=True)
class Known:
    """A draft whose verdict is known."""

    id: str
    task: GradingTask
    label: str
    # sound or flawed


@lru_cache(maxsize=1)
def marks() -> Marks:
    """The marks of evals/judges.yaml."""
    text = files("evals").joinpath("judges.yaml").read_text(encoding="utf-8")
    return Marks.model_validate(parse(text, "judges.yaml")[0])


async def measured(
    bench: Bench,
    seed: int,
    *,
    held: Marks | None = None,
    policies: Mapping[str, Policy] | None = None,
    people: Sequence[Known] = (),
) -> tuple[Reliability, ...]:
    """Both judges of drafts, each asked the same several times.

    Args:
        bench: where they are asked; each question is an exchange of its own.
        seed: of the drafts.
        held: how many, how often; None: as in evals/judges.yaml.
        policies: judge → a written policy in its place.
        people: drafts that people judged; taken in the place of planted faults where there are enough.
    """
    held, given = held or marks(), policies or {}
    found = pairs(seed, held.pairs, bench.engage)
    enough = len(people) >= held.people_least and {known.label for known in people} == {SOUND, FLAWED}
    known = tuple(people) if enough else _planted(bench, found)
    against = PEOPLE if enough else PLANTED
    one = await _of_judge(bench, known, held, against, given.get(JUDGE))
    return one, await _of_preference(bench, found, held, given.get(PREFERENCE))


def _planted(bench: Bench, found: Iterable[Pair]) -> tuple[Known, ...]:
    made: list[Known] = []
    for pair in found:
        judging = material_of(pair.task, bench.engage).judging
        made += [
            Known(f"{pair.id} sound", judging(pair.sound), SOUND),
            Known(f"{pair.id} spoilt", judging(pair.spoilt), FLAWED),
        ]
    return tuple(made)


# --- the judge that reads one draft ---------------------------------------------------------------
async def _of_judge(
    bench: Bench, known: tuple[Known, ...], held: Marks, against: str, policy: Policy | None
) -> Reliability:
    asks = [
        [graded(bench, one.task, f"{one.id} {time}", policy) for time in range(held.times)] for one in known
    ]
    replies = await _all(asks)
    verdicts = [
        [_verdict(grades, one.task) for grades in row] for one, row in zip(known, replies, strict=True)
    ]
    points = [row for one, given in zip(known, replies, strict=True) for row in _points(one.task, given)]
    spread = retest(points) if len(points) > 1 else None
    return Reliability(
        judge=JUDGE,
        model=bench.model(JUDGE),
        same=_same(verdicts),
        sd=spread.sd if spread else None,
        icc=spread.icc if spread else None,
        swap=None,
        agreement=kappa([row[0] for row in verdicts], [one.label for one in known]),
        against=against,
    )


def _verdict(grades: Grades | None, task: GradingTask) -> str:
    if grades is None:
        return SILENT
    scores = {score.criterion: score.points for score in grades.scores}
    if scores.keys() != {criterion.name for criterion in task.criteria}:
        return SILENT
    return SOUND if all(scores[c.name] >= c.mark for c in task.criteria) else FLAWED


def _points(task: GradingTask, given: Sequence[Grades | None]) -> list[list[float]]:
    """For each criterion that was graded every time, its points each time."""
    tables = [{s.criterion: float(s.points) for s in grades.scores} if grades else {} for grades in given]
    names = [criterion.name for criterion in task.criteria]
    return [[table[name] for table in tables] for name in names if all(name in table for table in tables)]


# --- the judge that reads two ---------------------------------------------------------------------
async def _of_preference(
    bench: Bench, found: tuple[Pair, ...], held: Marks, policy: Policy | None
) -> Reliability:
    ask = partial(preferred, bench, policy=policy)
    orders = [_ordered(pair, number) for number, pair in enumerate(found)]
    asks: list[list[Awaitable[str]]] = []
    for pair, names in zip(found, orders, strict=True):
        task, swapped = _task(bench, pair, names), _task(bench, pair, names[::-1])
        asked = [task] * held.times + [swapped]
        asks.append([ask(one, f"{pair.id} {n}") for n, one in enumerate(asked)])
    replies = await _all(asks)
    first = [row[0] or SILENT for row in replies]
    return Reliability(
        judge=PREFERENCE,
        model=bench.model(PREFERENCE),
        same=_same([row[: held.times] for row in replies]),
        sd=None,
        icc=None,
        swap=position_swap(
            [_winner(row[0], names) for row, names in zip(replies, orders, strict=True)],
            [_winner(row[-1], names[::-1]) for row, names in zip(replies, orders, strict=True)],
        ),
        agreement=kappa(first, [("first", "second")[names.index(SOUND)] for names in orders]),
        against=PLANTED,
    )


Names = tuple[str, ...]
"""Which of a pair's drafts comes first, which second."""


def _ordered(pair: Pair, number: int) -> Names:
    """The sound draft first in every other pair: one that always names the first is right half the time."""
    return (FLAWED, SOUND) if number % 2 else (SOUND, FLAWED)


def _task(bench: Bench, pair: Pair, names: Names) -> PreferenceTask:
    drafts = {SOUND: pair.sound, FLAWED: pair.spoilt}
    return compare(material_of(pair.task, bench.engage), drafts[names[0]], drafts[names[1]])


def _winner(better: str, names: Names) -> str:
    return {"first": names[0], "second": names[1]}.get(better, better or SILENT)


# --- both -----------------------------------------------------------------------------------------
async def _all(rows: Sequence[Sequence[Awaitable[T]]]) -> list[list[T]]:
    """Every answer, in the rows' order; a few are asked at once."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(asked: Awaitable[T]) -> T:
        async with places:
            return await asked

    flat = await asyncio.gather(*(one(asked) for row in rows for asked in row))
    answers = iter(flat)
    return [[next(answers) for _ in row] for row in rows]


def _same(verdicts: Sequence[Sequence[str]]) -> Interval:
    labels = sorted({label for row in verdicts for label in row})
    return retest([[float(labels.index(label)) for label in row] for row in verdicts]).same


def faults(found: Reliability, held: Marks | None = None) -> tuple[str, ...]:
    """Why a judge may not gate, one sentence part each; empty where it may."""
    held = held or marks()
    wrong: list[str] = []
    if found.same.low < held.same_least:
        wrong.append(f"it repeats {_of(found.same)}, not surely {held.same_least:.0%} or more")
    if found.swap and found.swap.high > held.swap_most:
        wrong.append(f"the order changes {_of(found.swap)}, not surely {held.swap_most:.0%} or less")
    seen = found.agreement.kappa
    if seen is None or seen.low < held.kappa_least:
        told = f"is {seen.value:z.2f} [{seen.low:z.2f}, {seen.high:z.2f}]" if seen else "isn't defined"
        wrong.append(f"its kappa against {found.against} {told}, not surely {held.kappa_least:g} or more")
    return tuple(wrong)


def _of(share: Interval) -> str:
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"


_ADAPTER = TypeAdapter(tuple[Reliability, ...])


def plain(found: tuple[Reliability, ...]) -> list[dict[str, Any]]:
    """As JSON, for a log."""
    return _ADAPTER.dump_python(found, mode="json")


def read(data: object) -> tuple[Reliability, ...]:
    """What `plain` gave.

    Raises:
        RevloopsError: it is something else.
    """
    try:
        return _ADAPTER.validate_python(data)
    except ValueError as error:
        raise RevloopsError(f"a log's figures of its judges can't be read: {error}") from error
