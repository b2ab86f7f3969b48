"""What people decided becomes samples and reviewed cases; the texts stay in the workspace."""

import json
from pathlib import Path

import pytest

from evals.bands import GRID, proposal
from evals.verdicts import export, reviewed
from loops.calibration import Case
from loops.config import Bands
from loops.errors import RevloopsError
from tests import house
from tests.house import answer, by_person, waiting_runs


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
    before = reviewed(home.store, "route")
    waiting = [(run, step) for run, step, _, _ in waiting_runs(home, "route")]
    for run, step in waiting:
        answer(home, run, step, by_person({"choice": "pool:na-commercial"}))
    after = reviewed(home.store, "route")
    assert not before and 0 < len(after) <= len(waiting)
    assert all(case.segment == "reviewed" and 0 <= case.confidence <= 1 for case in after)
    home.store.close()


def test_bands_are_proposed_where_they_can_be_certified_and_closed_where_not() -> None:
    current = Bands(fire=0.85, review=0.5)
    sure = [Case(confidence=0.9, correct=True, segment="all")] * 200
    found = proposal("route", sure, current, alpha=0.1, delta=0.1, grid=GRID)
    assert found.certified and found.bands.fire is not None and found.lines().startswith("bands: {fire: 0.")
    wrong = [Case(confidence=0.9, correct=n % 2 == 0, segment="all") for n in range(200)]
    none = proposal("match", wrong, current, alpha=0.1, delta=0.1, grid=GRID)
    assert not none.certified and none.lines() == "matching: {fire: null, review: 0.5}"
    with pytest.raises(RevloopsError, match="nothing to certify"):
        proposal("match", [], current, alpha=0.1, delta=0.1, grid=GRID)
