"""How many leads an experiment needs: against published figures, and against simulation."""

import numpy as np
import pytest

from loops.power import detectable, needed, power_of, reach, weeks_needed


def test_samples_and_power_are_those_that_are_published() -> None:
    # R's documentation of power.prop.test: (0.50, 0.75) at 90 % needs 76.7; 50 each give a power of 0.740
    assert needed(0.5, 0.75, power=0.9) == 77
    assert power_of(0.5, 0.75, 50) == pytest.approx(0.740, abs=0.0005)
    # power.prop.test(p1 = .5, p2 = .6, power = .8): n = 387.3
    assert needed(0.5, 0.6) == 388


@pytest.mark.parametrize(("before", "after"), [(0.1, 0.15), (0.3, 0.4), (0.5, 0.42)])
def test_the_effect_is_found_as_often_as_it_says_in_a_simulation(before: float, after: float) -> None:
    each = needed(before, after)
    assert each
    assert found(before, after, each) == pytest.approx(0.8, abs=0.02)
    assert found(before, before, each) == pytest.approx(0.05, abs=0.012)
    assert found(before, after, each // 4) < 0.4


def found(before: float, after: float, each: int, times: int = 20_000) -> float:
    """How often a two-sided test at 5 % with a pooled variance tells them apart."""
    draw = np.random.default_rng(11)
    one, other = draw.binomial(each, before, times) / each, draw.binomial(each, after, times) / each
    middle = (one + other) / 2
    z = np.abs(one - other) / np.sqrt(np.maximum(2 * middle * (1 - middle), 1e-12) / each)
    return float((z > 1.959963984540054).mean())


def test_the_smallest_effect_found_is_the_one_for_which_so_many_are_needed() -> None:
    rise = detectable(0.2, 500)
    assert rise is not None and needed(0.2, 0.2 + rise) == pytest.approx(500, abs=1)
    assert (detectable(0.2, 1000) or 1) < rise


def test_too_few_records_show_nothing_at_all() -> None:
    assert detectable(0.9, 3) is None and detectable(0.2, 0) is None and detectable(1.0, 100) is None


def test_weeks_are_what_the_weekly_number_comes_to() -> None:
    assert weeks_needed(0.5, 0.6, 100) == 4
    assert weeks_needed(0.5, 0.5, 100) is None and weeks_needed(0.5, 0.6, 0) is None
    assert reach(0.5, 97, 4).detectable == pytest.approx(0.1, abs=0.0005)


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(0.5, 1.2)
