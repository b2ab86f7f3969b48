"""From which confidence agents' choices may stand, by what people made of them."""

from collections.abc import Iterator

import numpy as np
import pytest

from loops.config import SegmentBands, SegmentedBands
from loops.tuning.certain import Chosen, Lowering, lowerings, tried
from loops.tuning.settings import Tuning

BANDS = SegmentedBands(fire=0.85, review=0.5)
LARGE = SegmentedBands(
    fire=0.85, review=0.5, segments=(SegmentBands(fire=0.9, review=0.5, segment="large", min_employees=1000),)
)
TUNING = Tuning(min_segment=20)


def choices(count: int, seed: int, *, wrong_below: float, employees: int | None = None) -> Iterator[Chosen]:
    """Choices of all confidences, of which people change those below a bound half of the time."""
    draw = np.random.default_rng(seed)
    for at in range(count):
        sure = round(float(draw.uniform(0.3, 1.0)), 3)
        asked = not LARGE.of(employees).stands(sure)
        right = bool(sure >= wrong_below or draw.uniform() < 0.5) if asked else None
        yield Chosen(at, sure, employees, asked, right)


def only(found: tuple[Lowering, ...]) -> Lowering:
    (one,) = found
    return one


@pytest.mark.feature("AN5")
def test_choices_that_people_always_confirm_may_stand() -> None:
    early, late = (list(choices(600, seed, wrong_below=0.6)) for seed in (1, 2))
    found = only(lowerings(BANDS, "matching", early, TUNING))
    assert [(edit.path, edit.value) for edit in found.edits] == [(("matching", "fire"), found.bands.fire)]
    assert found.bands.fire is not None and 0.55 <= found.bands.fire <= 0.65
    trial = tried(BANDS, found, late, TUNING)
    assert trial is not None and not trial.refused
    assert trial.wrong.value <= TUNING.wrong and trial.after.value < trial.before.value - 0.2


def test_choices_that_people_often_change_go_on_being_asked_about() -> None:
    assert lowerings(BANDS, "matching", list(choices(600, 1, wrong_below=1.0)), TUNING) == ()


def test_what_doesnt_hold_later_is_refused() -> None:
    found = only(lowerings(BANDS, "matching", list(choices(600, 1, wrong_below=0.6)), TUNING))
    trial = tried(BANDS, found, list(choices(600, 2, wrong_below=1.0)), TUNING)
    assert trial is not None and trial.refused.startswith("people changed")


def test_few_later_choices_say_so() -> None:
    found = only(lowerings(BANDS, "matching", list(choices(600, 1, wrong_below=0.6)), TUNING))
    trial = tried(BANDS, found, list(choices(20, 2, wrong_below=0.6)), TUNING)
    assert trial is not None and "20 are needed" in trial.refused
    assert tried(BANDS, found, [], TUNING) is None


def test_a_segment_is_lowered_by_its_own_choices_alone() -> None:
    small = list(choices(600, 1, wrong_below=1.0, employees=20))
    large = list(choices(600, 3, wrong_below=0.6, employees=5000))
    found = only(lowerings(LARGE, "bands", [*small, *large], TUNING))
    assert found.edits[0].path == ("bands", "segments", 0, "fire")
    assert found.bands.fire == LARGE.fire and found.bands.of(5000).fire == found.edits[0].value


def test_a_loop_where_nothing_stands_may_begin_to_let_some_stand() -> None:
    never = SegmentedBands(fire=None, review=0.3)
    early = [Chosen(at, 0.9, None, True, True) for at in range(200)]
    found = only(lowerings(never, "bands", early, TUNING))
    assert found.bands.fire == 0.9 and "not never" in found.title


def test_a_bound_that_isnt_so_low_is_rarely_certified() -> None:
    """Where people change a tenth, a promise of a twentieth is made in few of 200 worlds."""
    made = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        early = [Chosen(at, 0.7, None, True, bool(draw.uniform() >= 0.1)) for at in range(300)]
        made += bool(lowerings(BANDS, "bands", early, TUNING))
    lenient = Tuning(min_segment=20, wrong=0.2)
    draw = np.random.default_rng(0)
    early = [Chosen(at, 0.7, None, True, bool(draw.uniform() >= 0.1)) for at in range(300)]
    assert made <= 20 and lowerings(BANDS, "bands", early, lenient)
