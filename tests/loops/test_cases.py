"""Every loop's examples hold, and its decisions are pure."""

from dataclasses import replace
from functools import lru_cache

import pytest

from loops.decision import Ask, Decision
from loops.values import canonical
from tests.house import template
from tests.loops.cases import Case, cases_of, deep_merged, departures


@lru_cache(maxsize=1)
def every() -> tuple[Case, ...]:
    return tuple(case for loop in template().registry.loops.values() for case in cases_of(loop))


def decided(case: Case) -> Decision | Ask:
    return case.decided(template().workspace.configs[case.loop])


def named(case: Case) -> str:
    return f"{case.loop}: {case.name}"


@pytest.mark.feature("AN1", "AN4", "IF1")
@pytest.mark.parametrize("case", every(), ids=named)
def test_a_loop_s_example_ends_as_it_says(case: Case) -> None:
    assert not departures(case, decided(case))


@pytest.mark.parametrize("case", every(), ids=named)
def test_a_changed_expectation_fails(case: Case) -> None:
    wrong = replace(case, expect={name: "something else" for name in case.expect})
    assert len(departures(wrong, decided(case))) == len(case.expect)


@pytest.mark.feature("QU3")
def test_deciding_twice_gives_the_same_bytes() -> None:
    assert [canonical(decided(case)) for case in every()] == [canonical(decided(case)) for case in every()]


@pytest.mark.parametrize("loop", template().registry.loops.values(), ids=lambda loop: loop.name)
def test_a_loop_has_an_example_that_fires_and_one_that_does_not(loop: object) -> None:
    fires = {case.fires for case in every() if case.loop == getattr(loop, "name")}  # noqa: B009
    assert fires == {True, False}


@pytest.mark.feature("AN8", "AN9", "IF1")
def test_every_example_emits_only_what_its_loop_declares() -> None:
    for case in every():
        out, loop = decided(case), template().registry.loops[case.loop]
        if isinstance(out, Decision):
            assert {type(e) for e in out.events} <= set(loop.events), case.name
            assert {type(e) for e in out.effects} <= set(loop.effects), case.name


def test_a_deep_merge_replaces_lists_and_keeps_siblings() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 4}
    assert deep_merged(base, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}, "d": 4}
    assert deep_merged(base, {"a": None})["a"] is None
