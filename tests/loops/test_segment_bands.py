"""Bands by size of company: looked up in decide, the plain ones where no segment's bounds hold."""

from typing import Any

import pytest
from pydantic import ValidationError

from loops.config import SegmentedBands
from loops.decision import Answer, Ask
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.qualify.logic import decide as matched
from loops.records import Company, Enrichment, Lead
from loops.route.config import RouteConfig
from loops.route.logic import decide
from tests.house import template
from tests.loops.test_route import OPEN, by_router

ENTERPRISE = {"segment": "enterprise", "min_employees": 1000, "fire": 0.95, "review": 0.7}
SMALL = {"segment": "small", "max_employees": 49, "fire": None, "review": 0.2}
BANDS = SegmentedBands.model_validate({"fire": 0.85, "review": 0.5, "segments": [ENTERPRISE, SMALL]})


@pytest.mark.parametrize(
    ("employees", "fire", "review"),
    [(1000, 0.95, 0.7), (999, 0.85, 0.5), (50, 0.85, 0.5), (49, None, 0.2), (None, 0.85, 0.5)],
)
def test_the_first_segment_that_holds_the_size_goes_before_the_plain_bands(
    employees: int | None, fire: float | None, review: float
) -> None:
    found = BANDS.of(employees)
    assert (found.fire, found.review) == (fire, review)


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        ([ENTERPRISE, ENTERPRISE], "enterprise stands here twice"),
        ([{**ENTERPRISE, "review": 0.99}], "above fire"),
        ([{**ENTERPRISE, "max_employees": 999}], "no size is of this segment"),
    ],
)
def test_a_segment_that_stands_twice_and_bands_in_disorder_are_refused(
    segments: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        SegmentedBands.model_validate({"fire": 0.85, "review": 0.5, "segments": segments})


def routed(employees: int | None, sure: float, bands: SegmentedBands) -> str:
    config = template().workspace.configs["route"]
    assert isinstance(config, RouteConfig)
    lead = OPEN.model_copy(update={"qualified": OPEN.qualified.model_copy(update={"employees": employees})})
    answers = (by_router("pool:na-commercial", sure),)
    out = decide(lead, answers, config.model_copy(update={"bands": bands}))
    return out.queue if isinstance(out, Ask) else out.outcome


@pytest.mark.feature("RO8", "AN4")
def test_a_route_that_would_stand_for_one_size_goes_to_a_person_for_another() -> None:
    plain = SegmentedBands(fire=0.85, review=0.5)
    stands = routed(450, 0.9, BANDS)
    assert stands not in {"review", "triage"}
    assert routed(2000, 0.9, BANDS) == "review" and routed(2000, 0.9, plain) == stands
    assert routed(2000, 0.6, BANDS) == "triage" and routed(450, 0.6, BANDS) == "review"
    assert routed(None, 0.9, BANDS) == stands


def match_of(employees: int | None, sure: float) -> str:
    config = template().workspace.configs["qualify"]
    assert isinstance(config, QualifyConfig)
    fields: dict[str, Any] = {
        "id": "L-1", "person": "P-1", "source": "demo_request", "created_at": "2026-11-22T14:00:00Z",
        "company": "Twin", "company_key": "twin", "employees": employees, "origin": {"source": "case"},
    }  # fmt: skip
    twins = tuple(
        Company.model_validate(
            {"id": id, "name": "Twin", "place": {"country": c}, "updated_on": "2026-10-01", "source": "x"}
        )
        for id, c in (("C-1", "US"), ("C-2", "DE"))
    )
    found = Enrichment(provider="case", searched=("name twin",), candidates=twins)
    at = "2026-11-23T14:00:00Z"
    lead = Lead.model_validate(fields)
    read = QualifyInput.model_validate({"at": at, "lead": lead, "enrichment": found})
    answer = Answer(by="agent:enrichment_matcher@embedded", value={"choice": "C-1"}, confidence=sure)
    out = matched(read, (answer,), config.model_copy(update={"matching": BANDS}))
    return out.queue if isinstance(out, Ask) else out.outcome


@pytest.mark.feature("QU8", "AN4")
def test_a_match_is_held_against_the_bands_of_the_size_that_the_lead_names() -> None:
    assert match_of(2000, 0.9) == "review" and match_of(None, 0.9) not in {"review", "triage"}
    assert match_of(10, 0.99) == "review", "nothing of that size stands by itself"
