"""What people decided becomes samples and reviewed cases; the texts stay in the workspace."""

import json
from pathlib import Path

import pytest

from evals.bands import GRID, OTHER, cases_of, proposal
from evals.figures import Measured, Row
from evals.verdicts import export, reviewed
from loops.calibration import Case
from loops.config import SegmentBands, SegmentedBands
from loops.errors import RevloopsError
from tests import house
from tests.house import answer, by_person, waiting_runs

LARGE = SegmentBands(segment="enterprise", min_employees=1000, fire=0.85, review=0.5)
BANDS = SegmentedBands(fire=0.85, review=0.5, segments=(LARGE,))


@pytest.mark.feature("BR3")
def test_a_rejected_draft_is_exported_with_its_reason_into_data_that_git_ignores(tmp_path: Path) -> None:
    home = house.house(tmp_path, lived_in=True)
    open_drafts = [(run, step) for run, step, queue, _ in waiting_runs(home, "engage") if queue == "review"]
    run, step = open_drafts[0]
    assert answer(home, run, step, by_person({"verdict": "reject", "why": "They left last week."}))
    done = export(home.workspace, home.store)
    assert done.path.is_relative_to(home.workspace.data) and dict(done.verdicts) == {"reject": 1}
    (sample,) = [json.loads(line) for line in done.path.read_text(encoding="utf-8").splitlines()]
    assert sample["reason"] == "They left last week." and sample["kept_share"] == 1.0
    assert sample["item"]["draft"]["mails"]
    home.store.close()


def test_a_person_s_choice_after_an_agent_s_is_a_reviewed_case(tmp_path: Path) -> None:
    home = house.house(tmp_path, lived_in=True)
    before = reviewed(home.store, "route", BANDS)
    waiting = [(run, step) for run, step, _, _ in waiting_runs(home, "route")]
    for run, step in waiting:
        answer(home, run, step, by_person({"choice": "pool:na-commercial"}))
    after = reviewed(home.store, "route", BANDS)
    assert not before and 0 < len(after) <= len(waiting)
    assert all(case.segment in {"enterprise", OTHER} and 0 <= case.confidence <= 1 for case in after)
    home.store.close()


def test_bands_are_proposed_where_they_can_be_certified_and_closed_where_not() -> None:
    current = SegmentedBands(fire=0.85, review=0.5)
    sure = [Case(confidence=0.9, correct=True, segment="all")] * 200
    found = proposal("route", sure, current, alpha=0.1, delta=0.1, grid=GRID)
    assert found.certified and found.bands.fire is not None and found.lines().startswith("bands: {fire: 0.")
    wrong = [Case(confidence=0.9, correct=n % 2 == 0, segment="all") for n in range(200)]
    none = proposal("match", wrong, current, alpha=0.1, delta=0.1, grid=GRID)
    assert not none.certified and none.lines() == "matching: {fire: null, review: 0.5}"
    with pytest.raises(RevloopsError, match="nothing to certify"):
        proposal("match", [], current, alpha=0.1, delta=0.1, grid=GRID)


def choices(size: int | None, right: int, wrong: int) -> tuple[Row, ...]:
    """Choices about companies of one size, all at the same confidence."""
    figures = [{"confidence": 0.9, "correct": float(n < right)} for n in range(right + wrong)]
    return tuple(
        Row(f"{size}-{n}", "f", True, one["correct"], one, {}, employees=size)
        for n, one in enumerate(figures)
    )


def test_each_segment_gets_bands_of_its_own_and_one_with_too_few_cases_stays_closed() -> None:
    def told(*rows: Row) -> tuple[str, dict[str, int | None]]:
        run = Measured("route", "embedded", 23, rows)
        cases = cases_of(run, "segment", BANDS)
        found = proposal("route", cases, BANDS, alpha=0.1, delta=0.1, grid=GRID, by="segment")
        return found.lines(), {one.segment: one.needed for one in found.segments}

    sure, few, bad = choices(2000, 200, 0), choices(None, 5, 0), choices(40, 100, 100)
    lines, needed = told(*sure, *few)
    own = "segments: [{segment: enterprise, min_employees: 1000, fire: 0.05, review: 0.05}]"
    assert lines == f"bands: {{fire: null, review: 0.5, {own}}}"
    assert needed["enterprise"] is None and (needed[OTHER] or 0) > 0
    lines, needed = told(*sure, *bad)
    assert lines.startswith("bands: {fire: null,") and "fire: 0.05" in lines, "each for itself"
    assert needed[OTHER] is None, "no number of cases like these would do"
    by_text = cases_of(Measured("route", "embedded", 23, (*sure, *bad)), "text", BANDS)
    assert {case.segment for case in by_text} == {"seen"}
