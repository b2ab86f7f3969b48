"""What judges are tried on: one fault at a time, and nothing but the fault tells which draft has it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from agent.spec import Payload, Policy, Reply, ToolResult
from evals.bench import open_bench
from evals.data.pairs import Pair, pairs
from evals.data.world import TEST, TRAIN
from evals.judging import JUDGE, PREFERENCE
from evals.reliability import Reliability, faults, marks, measured
from loops.engage.draft import Draft, message_sentences
from tests.evals.benches import bench
from tests.model_server import ModelServer

Results = tuple[ToolResult, ...]


def size(draft: Draft) -> int:
    return sum(len(mail.body) for mail in draft.mails)


def written(plain: dict[str, Any]) -> int:
    return sum(len(mail["body"]) for mail in plain["mails"])


def said(pair: Pair) -> tuple[Counter[str], Counter[str]]:
    """Each sentence of the sound draft, and of the spoilt one."""
    sound, spoilt = (
        Counter(sentence for mail in draft.mails for sentence in message_sentences(mail))
        for draft in (pair.sound, pair.spoilt)
    )
    return sound, spoilt


def preferring(first: Callable[[int, int], bool]) -> Policy:
    """A judge that looks at how long both drafts are, and at nothing else."""

    def policy(payload: Payload, results: Results) -> Reply:
        better = "first" if first(written(payload["first"]), written(payload["second"])) else "second"
        return Reply({"better": better, "reason": "by its length"})

    return policy


def below(limit: int) -> Policy:
    """A judge that passes what is short enough."""

    def policy(payload: Payload, results: Results) -> Reply:
        points = 100 if written(payload["draft"]) < limit else 0
        names = [criterion["name"] for criterion in payload["criteria"]]
        return Reply({"scores": [{"criterion": n, "points": points, "reason": "its length"} for n in names]})

    return policy


def tried(judge: str, policy: Policy) -> Reliability:
    found = asyncio.run(measured(bench(), TEST, policies={judge: policy}))
    return next(one for one in found if one.judge == judge)


# --- the pairs ------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [TEST, TRAIN])
def test_a_spoilt_copy_has_one_sentence_more_or_one_other_in_one_mail(seed: int) -> None:
    for pair in pairs(seed, marks().pairs, bench().engage):
        changed = [one != other for one, other in zip(pair.sound.mails, pair.spoilt.mails, strict=True)]
        assert sum(changed) == 1, pair.id
        before, after = said(pair)
        assert (after - before).total() >= 1, pair.id
        assert (before - after).total() <= 1, (pair.id, before - after)


def test_every_claim_of_a_spoilt_copy_still_stands_in_its_mail() -> None:
    for pair in pairs(TEST, marks().pairs, bench().engage):
        for mail in pair.spoilt.mails:
            assert all(claim.span in mail.body for claim in mail.claims)


@pytest.mark.parametrize("seed", [TEST, TRAIN])
def test_half_of_the_spoilt_copies_are_longer_and_half_shorter(seed: int) -> None:
    found = pairs(seed, marks().pairs, bench().engage)
    longer = sum(size(pair.spoilt) > size(pair.sound) for pair in found)
    assert abs(2 * longer - len(found)) <= 4
    assert {pair.criterion for pair in found} == {"tone", "relevance"}


# --- judges that look at something else -----------------------------------------------------------
@pytest.mark.feature("BR3")
@pytest.mark.parametrize("first", [int.__lt__, int.__gt__], ids=["the shorter", "the longer"])
def test_a_judge_that_prefers_by_length_may_not_gate(first: Callable[[int, int], bool]) -> None:
    found = tried(PREFERENCE, preferring(first))
    assert found.same.value == 1.0 and found.swap is not None and found.swap.value == 0.0
    (why,) = faults(found)
    assert "kappa" in why, "it repeats itself and isn't swayed by order: only the truth gives it away"


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_judge_that_grades_by_length_may_not_gate_wherever_it_draws_the_line(share: float) -> None:
    found = pairs(TEST, marks().pairs, bench().engage)
    sizes = sorted(size(draft) for pair in found for draft in (pair.sound, pair.spoilt))
    assert any("kappa" in why for why in faults(tried(JUDGE, below(sizes[int(share * len(sizes))]))))


# --- a real model ---------------------------------------------------------------------------------
def test_a_model_is_really_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = marks().model_copy(update={"pairs": 2})
    with ModelServer() as server:
        monkeypatch.setenv("REVLOOPS_MODEL", "local")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)

        async def ask() -> tuple[Reliability, ...]:
            with open_bench(logged=False) as modelled:
                try:
                    return await measured(modelled, TEST, held=held)
                finally:
                    await modelled.models.close()

        found = asyncio.run(ask())
        asked = Counter(seen.role for seen in server.requests)
    assert {one.model for one in found} == {"local"}
    assert asked == {JUDGE: 2 * held.pairs * held.times, PREFERENCE: held.pairs * (held.times + 1)}
