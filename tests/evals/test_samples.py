"""The samples: of their specialists' types, unseen ones among them, the same from the same seed."""

import json

import pytest

from evals.bench import DECLARED
from evals.case import Case
from evals.data.world import TEST, TRAIN
from evals.data.written import written_cases
from evals.job import Job
from evals.tasks import JOBS
from loops.errors import RevloopsError
from loops.records import Document
from tests.evals.benches import bench

ALL = list(JOBS.values())


def name_of(job: Job) -> str:
    return job.name


@pytest.mark.parametrize("job", ALL, ids=name_of)
def test_every_payload_is_of_its_specialist_s_type(job: Job) -> None:
    for case in job.cases(bench(), TEST):
        DECLARED[case.specialist].task.model_validate_json(json.dumps(case.payload))
        for document in case.documents:
            Document.model_validate_json(json.dumps(document))


@pytest.mark.parametrize("job", ALL, ids=name_of)
def test_at_least_a_third_of_the_samples_are_of_unseen_families(job: Job) -> None:
    cases = job.cases(bench(), TEST)
    assert sum(not case.seen for case in cases) * 3 >= len(cases)
    assert len({case.id for case in cases}) == len(cases)


@pytest.mark.parametrize("job", ALL, ids=name_of)
def test_a_seed_gives_the_same_samples_again_and_another_gives_others(job: Job) -> None:
    def drawn(seed: int) -> list[object]:
        return [case.plain() for case in job.generated(seed, 6, bench())]

    assert drawn(TEST) == drawn(TEST)
    shared = [one for one in drawn(TEST) if one in drawn(TRAIN)]
    assert not shared


def test_the_first_few_samples_are_of_both_kinds() -> None:
    assert {case.seen for case in JOBS["route"].cases(bench(), TEST, 2)} == {True, False}


def test_a_written_case_of_the_wrong_type_is_refused_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[dict[str, object]] = [
        {"id": "rt-x", "family": "f", "payload": {"lead": "L-1"}, "target": {"choice": "none"}}
    ]

    def rows(task: str) -> list[dict[str, object]]:
        return wrong

    monkeypatch.setattr("evals.data.written._rows", rows)
    with pytest.raises(RevloopsError, match="rt-x isn't what lead_router is asked"):
        written_cases("route", bench().engage)


def test_a_case_comes_back_from_its_json() -> None:
    case = JOBS["research"].cases(bench(), TEST, 1)[0]
    assert Case.read(case.id, json.loads(json.dumps(case.plain()))) == case
