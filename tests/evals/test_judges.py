"""A judge is tried before it may gate: repeating, order, agreement with what is known."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent.embedded import POLICIES
from agent.spec import Payload, Policy, Reply, ToolResult
from evals import gate
from evals.data.pairs import pairs
from evals.data.world import TEST, TRAIN
from evals.figures import Measured, Row
from evals.judging import JUDGE, PREFERENCE, material_of
from evals.reliability import (
    FLAWED,
    PEOPLE,
    PLANTED,
    SOUND,
    Known,
    Reliability,
    faults,
    marks,
    measured,
    plain,
    read,
)
from evals.report import judges_table
from evals.verdicts import FILE, told
from loops.errors import RevloopsError
from tests import house
from tests.evals.benches import bench

Results = tuple[ToolResult, ...]


def tried(**policies: Policy) -> dict[str, Reliability]:
    return {one.judge: one for one in _tried(tuple(policies.items()))}


@lru_cache(maxsize=8)
def _tried(policies: tuple[tuple[str, Policy], ...]) -> tuple[Reliability, ...]:
    """Each policy is tried once, however many tests ask."""
    return asyncio.run(measured(bench(), TEST, policies=dict(policies)))


def coin(seed: int) -> Policy:
    """A judge that throws a coin each time it is asked."""
    draw = Random(seed)

    def policy(payload: Payload, results: Results) -> Reply:
        if "second" in payload:
            return Reply({"better": draw.choice(["first", "second"]), "reason": "heads"})
        return graded(payload, lambda: draw.choice([0, 100]))

    return policy


def graded(payload: Payload, points: Any) -> Reply:
    names = [criterion["name"] for criterion in payload["criteria"]]
    return Reply({"scores": [{"criterion": name, "points": points(), "reason": "so"} for name in names]})


def first_always(payload: Payload, results: Results) -> Reply:
    return Reply({"better": "first", "reason": "it comes first"})


def all_well(payload: Payload, results: Results) -> Reply:
    return graded(payload, lambda: 100)


def nothing(payload: Payload, results: Results) -> Reply:
    return Reply({"better": "neither"})


# --- the judges that come with it -----------------------------------------------------------------
@pytest.mark.feature("BR3")
def test_the_written_judges_repeat_themselves_ignore_order_and_see_planted_faults() -> None:
    for one in tried().values():
        assert not faults(one)
        assert one.same.value == 1.0 and one.model == "embedded" and one.against == PLANTED
        assert one.agreement.base_rate < 0.6, "far from a label so common that chance would agree"
    assert tried()[PREFERENCE].swap is not None and tried()[JUDGE].icc is not None


def test_each_repetition_is_an_exchange_of_its_own() -> None:
    asked = count()

    def counting(payload: Payload, results: Results) -> Reply:
        next(asked)
        return all_well(payload, results)

    tried(**{JUDGE: counting})
    assert next(asked) == 2 * marks().pairs * marks().times


# --- judges that may not --------------------------------------------------------------------------
@pytest.mark.parametrize("judge", [JUDGE, PREFERENCE])
def test_a_judge_that_throws_a_coin_may_not_gate(judge: str) -> None:
    wrong = faults(tried(**{judge: coin(5)})[judge])
    assert any("repeats" in why for why in wrong) and any("kappa" in why for why in wrong)


def test_a_judge_that_always_names_the_first_is_swayed_by_order_and_agrees_by_chance() -> None:
    found = tried(**{PREFERENCE: first_always})[PREFERENCE]
    assert found.same.value == 1.0, "repeating alone would let it through"
    assert found.swap is not None and found.swap.value == 1.0
    assert found.agreement.kappa is not None and found.agreement.kappa.value == pytest.approx(0.0)
    assert len(faults(found)) == 2


def test_a_judge_that_finds_everything_well_repeats_itself_and_still_may_not_gate() -> None:
    found = tried(**{JUDGE: all_well})[JUDGE]
    assert found.same.value == 1.0
    (why,) = faults(found)
    assert "kappa against planted faults is 0.00" in why


def test_a_judge_that_doesn_t_answer_in_form_may_not_gate() -> None:
    assert faults(tried(**{PREFERENCE: nothing})[PREFERENCE])


def test_few_samples_let_no_judge_through() -> None:
    held = marks().model_copy(update={"pairs": 4})
    few = asyncio.run(measured(bench(), TEST, held=held))
    assert all(one.same.value == 1.0 and faults(one) for one in few)


# --- the gate -------------------------------------------------------------------------------------
def run(judges: tuple[Reliability, ...], scores: list[float], judge: str = JUDGE) -> Measured:
    rows = tuple(Row(str(n), "f", True, score, {}, {}) for n, score in enumerate(scores))
    return Measured("outreach", "embedded", TEST, rows, judge=judge, judges=judges)


def verdict(one: Measured) -> gate.Verdict:
    (found,) = gate.judged([one], {"outreach": {str(n): 1.0 for n in range(60)}})
    return found


DROP = [1.0] * 30 + [0.0] * 30
NOISY = coin(6)


@pytest.mark.feature("BR3")
def test_a_judge_that_can_t_be_relied_on_neither_fails_nor_passes_the_gate() -> None:
    noisy = tuple(tried(**{JUDGE: NOISY}).values())
    for scores in (DROP, [1.0] * 60):
        found = verdict(run(noisy, scores))
        assert not found.dropped and "draft_judge can't be relied on: it repeats" in found.refused
    reliable = tuple(tried().values())
    assert verdict(run(reliable, DROP)).dropped, "the same drop, with a judge that may gate"
    assert verdict(run(reliable, DROP)).refused == ""


def test_only_the_samples_that_rest_on_the_judge_are_left_out() -> None:
    noisy, reliable = tuple(tried(**{JUDGE: NOISY}).values()), tuple(tried().values())
    for scores, dropped in (([0.0] * 3 + [1.0] * 57, False), ([1.0] * 30 + [0.0] * 30, True)):
        made = run(noisy, scores)
        mixed = replace(made, rows=tuple(replace(row, by_judge=n < 3) for n, row in enumerate(made.rows)))
        found = verdict(mixed)
        assert found.dropped is dropped and not found.refused
        assert found.left_out.startswith("3 of 60 samples are left out: draft_judge can't be relied on")
        assert found.difference.n == 57
        whole = verdict(replace(mixed, judges=reliable))
        assert whole.left_out == "" and whole.difference.n == 60


def test_a_judge_that_was_never_tried_gates_nothing_and_code_needs_no_judge() -> None:
    assert "hasn't been tried" in verdict(run((), DROP)).refused
    assert verdict(run((), DROP, judge="")).dropped


def test_what_is_known_of_a_judge_comes_back_from_a_log() -> None:
    found = tuple(tried(**{JUDGE: coin(7)}).values())
    assert read(plain(found)) == found
    assert judges_table(found)[0][-1].startswith("**no**: it repeats")
    with pytest.raises(RevloopsError, match="can't be read"):
        read([{"judge": "x"}])


# --- people ---------------------------------------------------------------------------------------
def people(n: int, label: Mapping[str, str]) -> tuple[Known, ...]:
    """As if people had judged each pair's drafts: planted label → what they said."""
    made: list[Known] = []
    for pair in pairs(TRAIN, n, bench().engage):
        judging = material_of(pair.task, bench().engage).judging
        drafts = {SOUND: pair.sound, FLAWED: pair.spoilt}
        made += [Known(f"{pair.id} {at}", judging(drafts[at]), label[at]) for at in drafts]
    return tuple(made)


@pytest.mark.parametrize(("swapped", "agrees"), [(False, True), (True, False)])
def test_people_s_verdicts_count_in_the_place_of_planted_faults_where_there_are_enough(
    swapped: bool, agrees: bool
) -> None:
    label = {SOUND: FLAWED, FLAWED: SOUND} if swapped else {SOUND: SOUND, FLAWED: FLAWED}
    enough = people(marks().people_least // 2, label)
    found = asyncio.run(measured(bench(), TEST, people=enough))[0]
    assert found.against == PEOPLE and (not faults(found)) is agrees
    few = asyncio.run(measured(bench(), TEST, people=enough[:-1]))[0]
    assert few.against == PLANTED and not faults(few)


def test_exported_verdicts_on_wording_are_read_and_rejections_are_left_out(tmp_path: Path) -> None:
    from evals.verdicts import export
    from tests.house import answer, by_person, waiting_runs

    home = house.house(tmp_path, lived_in=True)
    assert told(home.workspace) == ()
    drafts = [(run, step) for run, step, queue, _ in waiting_runs(home, "engage") if queue == "review"]
    said = {"verdict": "revise", "note": "Shorter, please."}, {"verdict": "reject", "why": "They left."}
    for (which, step), value in zip(drafts, said, strict=False):
        assert answer(home, which, step, by_person(dict(value)))
    export(home.workspace, home.store)
    assert (home.workspace.data / FILE).read_text(encoding="utf-8").count("\n") == min(2, len(drafts))
    (known,) = told(home.workspace)
    assert known.label == FLAWED and POLICIES[JUDGE](known.task.model_dump(mode="json"), ())
    assert replace(known, label=SOUND) != known
    home.store.close()
