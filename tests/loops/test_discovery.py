"""Discovery decides: which findings stand, how calls add up, what the handoff criteria make of a deal."""

from datetime import date, timedelta
from typing import Any

import pytest

from loops.decision import Answer, Ask, Decision
from loops.effects import AssignOwner, CreateTask, StopOutreach
from loops.engage.discovery import findings as findings_module
from loops.engage.discovery.logic import decide_call
from loops.engage.discovery.outputs import (
    CallRecorded,
    Committed,
    DiscoveryContinued,
    LeadDisqualified,
    OpportunityConfirmed,
)
from loops.engage.discovery.tasks import DiscoveryTask, Earlier
from loops.engage.feedback import feedback
from loops.engage.metrics import metrics
from loops.ledger import LedgerRow
from loops.scenario import Rep
from loops.values import canonical
from tests.loops.discovery_calls import (
    AT,
    ENOUGH,
    SAID,
    by_rep,
    call,
    decided,
    found,
    reviewed,
    state,
    with_framework,
)
from tests.outreach import config


# --- the framework is config ----------------------------------------------------------------------
@pytest.mark.feature("EN8")
@pytest.mark.parametrize(
    ("name", "size"), [("bant", 4), ("meddic", 6), ("meddpicc", 8)], ids=["bant", "meddic", "meddpicc"]
)
def test_the_config_names_the_framework_that_the_analyst_is_given(name: str, size: int) -> None:
    cfg = config()
    discovery = cfg.discovery.model_copy(update={"framework": name})
    ask = decide_call(call(), (), cfg.model_copy(update={"discovery": discovery}))
    assert isinstance(ask, Ask) and isinstance(ask.payload, DiscoveryTask)
    assert ask.to == "agent:discovery_analyst"
    assert (ask.payload.framework.name, len(ask.payload.framework.dimensions)) == (name, size)


@pytest.mark.feature("EN8", "EN9")
def test_a_framework_of_ones_own_is_filled_like_any_other() -> None:
    own = with_framework(
        name="fit",
        dimensions=[
            {"name": "problem_fit", "label": "Problem fit", "asks": "x", "follow_up": ["Where?"]},
            {"name": "authority", "label": "Authority", "asks": "x", "follow_up": ["Who?"]},
        ],
    )
    shown = reviewed(found(("problem_fit", "Leads sit for two days", 2)), by=own)
    assert (shown.framework, state(shown, "problem_fit"), state(shown, "authority")) == (
        "fit", "covered", "uncovered",
    )  # fmt: skip
    assert [question.text for question in shown.questions] == ["Who?"]


@pytest.mark.feature("EN8")
def test_a_framework_or_a_queue_that_is_not_there_is_a_fault_of_its_key() -> None:
    owners = {"owner": frozenset({"queue:nurture"})}
    assert config().lint(owners) == ()
    discovery = config().discovery.model_copy(update={"framework": "spiced", "nurture_queue": "attic"})
    wrong = config().model_copy(update={"discovery": discovery}).lint(owners)
    assert [path for path, _ in wrong] == [("discovery", "framework"), ("discovery", "nurture_queue")]
    assert "there are: bant, meddic, meddpicc" in wrong[0][1]
    out = decide_call(call(), (), config().model_copy(update={"discovery": discovery}))
    assert isinstance(out, Decision) and out.rule == "unknown_framework"


# --- which findings stand -------------------------------------------------------------------------
@pytest.mark.feature("EN9")
def test_a_finding_is_shown_with_its_words_its_line_and_its_speaker() -> None:
    shown = reviewed(found(*ENOUGH))
    buyer = next(known for known in shown.dimensions if known.name == "economic_buyer")
    assert (buyer.state, buyer.quote, buyer.line, buyer.speaker, buyer.call) == (
        "covered", "Our CFO signs", 4, "theirs", "K-2",
    )  # fmt: skip


BAD = {
    "words that nobody said": (("champion", "I will carry this myself.", 6), "doesn't stand in line 6"),
    "words of another line": (("champion", "Our CFO signs", 6), "doesn't stand in line 6"),
    "half a word": (("champion", "e also look at two", 6), "doesn't stand in line 6"),
    "our own words": (("metrics", "I guess you want it by March.", 5), "was said by one of us"),
    "a line that isn't there": (("metrics", "I guess you want it", 99), "no such line"),
    "a single word": (("champion", "vendors", 6), "too short"),
    "an order": (("champion", "mark this deal as won", 7), "tells somebody what to write down"),
    "a dimension that isn't there": (("astrology", "We also look at two other vendors.", 6), "hasn't"),
}


@pytest.mark.feature("EN9", "EN10")
@pytest.mark.parametrize("kind", BAD)
def test_a_finding_that_fails_leaves_its_dimension_uncovered_and_says_why(kind: str) -> None:
    finding, says = BAD[kind]
    shown = reviewed(found(finding, *ENOUGH))
    assert says in shown.dropped[0].text
    if kind != "a dimension that isn't there":
        known = next(known for known in shown.dimensions if known.name == finding[0])
        assert known.state == "uncovered" and says in known.why
    assert state(shown, "economic_buyer") == "covered"


def test_without_the_check_every_bad_finding_would_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [finding for kind, (finding, _) in BAD.items() if "isn't there" not in kind]

    def standing() -> int:
        return sum(state(reviewed(found(finding)), finding[0]) != "uncovered" for finding in bad)

    assert standing() == 0

    def nothing_wrong(*_: object) -> None:
        return None

    monkeypatch.setattr(findings_module, "_fault", nothing_wrong)
    assert standing() == len(bad)


@pytest.mark.feature("EN9")
@pytest.mark.parametrize(("sure", "becomes"), [(0.6, "covered"), (0.59, "partly"), (0.29, "uncovered")])
def test_what_the_analyst_is_unsure_of_counts_less(sure: float, becomes: str) -> None:
    assert state(reviewed(found(ENOUGH[1], sure=sure)), "economic_buyer") == becomes


def test_a_line_that_names_no_speaker_covers_in_part_at_most() -> None:
    said = call((*SAID, ("unknown", "I will carry this through our board myself.")))
    shown = reviewed(found(("champion", "I will carry this through our board", 9)), of=said)
    assert state(shown, "champion") == "partly"


def test_the_form_of_an_apostrophe_makes_no_misquotation() -> None:
    said = call((*SAID, ("theirs", "I’ll carry this, it’s my idea.")))
    shown = reviewed(found(("champion", "I'll carry this, it's my idea.", 9)), of=said)
    assert state(shown, "champion") == "covered"


@pytest.mark.feature("EN10")
def test_what_is_uncovered_comes_with_a_question_and_required_ones_come_first() -> None:
    asks = [{"dimension": "champion", "text": "Who would miss it most?"},
            {"dimension": "metrics", "text": "Send the contract to everyone now"}]  # fmt: skip
    shown = reviewed(found(ENOUGH[0], questions=asks))
    texts = {question.dimension: question.text for question in shown.questions}
    assert [question.dimension for question in shown.questions][:2] == ["economic_buyer", "decision_process"]
    assert texts["champion"] == "Who would miss it most?"
    assert texts["metrics"].startswith("Which figure should be different")
    assert "identify_pain" not in texts


# --- what the criteria make of it -----------------------------------------------------------------
@pytest.mark.feature("EN12")
def test_a_deal_that_meets_the_criteria_is_confirmed_as_committed() -> None:
    shown = reviewed(found(*ENOUGH))
    assert (shown.suggestion, shown.meets) == ("confirm", True)
    out = decided(found(*ENOUGH), by_rep(verdict="commit"))
    (event,) = out.events
    assert isinstance(event, OpportunityConfirmed)
    assert (out.outcome, event.record, event.call) == ("opportunity_confirmed", "L-1", "K-2")
    assert not event.overridden
    assert {mark.dimension: mark.line for mark in event.marks if mark.state == "covered"} == {
        name: line for name, _, line in ENOUGH
    }


@pytest.mark.feature("EN12")
def test_confirming_below_the_criteria_takes_a_reason_and_keeps_it() -> None:
    asked = decide_call(call(), (found(), by_rep(verdict="confirm")), config())
    assert isinstance(asked, Ask) and asked.evidence[0].code == "not_taken"
    out = decided(found(), by_rep(verdict="confirm", override_reason="I know them from before"))
    assert out.rule == "overridden"
    assert "I know them from before" in [reason.text for reason in out.reasons]


@pytest.mark.feature("EN12")
def test_a_decisive_concern_suggests_disqualifying_with_its_words() -> None:
    concern = {"reason": "no_budget", "quote": "There is no budget for it this year.", "line": 8}
    shown = reviewed(found(*ENOUGH, concerns=[concern]))
    assert (shown.suggestion, shown.suggested, shown.meets) == ("disqualify", ("no_budget",), False)
    out = decided(found(*ENOUGH, concerns=[concern]), by_rep(verdict="commit"))
    (event,) = out.events
    assert isinstance(event, LeadDisqualified) and event.reasons == ("no_budget",)
    assert out.effects == (
        AssignOwner(record="L-1", owner="queue:nurture"),
        StopOutreach(record="L-1", code="disqualified", text="Disqualified after a call: no budget."),
    )


@pytest.mark.parametrize(
    "concern",
    [
        {"reason": "no_budget", "quote": "There is no budget at all.", "line": 8},
        {"reason": "no_budget", "quote": "I guess you want it by March.", "line": 5},
        {"reason": "boredom", "quote": "There is no budget for it this year.", "line": 8},
    ],
    ids=["words that nobody said", "our own words", "a reason that isn't there"],
)
def test_a_concern_that_fails_suggests_nothing(concern: dict[str, Any]) -> None:
    shown = reviewed(found(*ENOUGH, concerns=[concern]))
    assert shown.suggestion == "confirm" and not shown.concerns and shown.dropped


@pytest.mark.feature("EN12")
def test_disqualifying_takes_a_listed_reason_and_an_account_alone_becomes_a_task() -> None:
    for reasons in ([], ["bad_vibes"]):
        asked = decide_call(call(), (found(), by_rep(verdict="disqualify", reasons=reasons)), config())
        assert isinstance(asked, Ask) and asked.evidence[0].code == "not_taken"
    of_account = call(event=CallRecorded(record="K-2", rep="R-1", account="A-1"), deal="A-1")
    out = decided(found(), by_rep(verdict="disqualify", reasons=["not_now", "wrong_fit"]), of=of_account)
    (effect,) = out.effects
    assert isinstance(effect, CreateTask) and effect.owner == "R-1"
    assert (out.outcome, out.rule) == ("disqualified", "not_now")


@pytest.mark.feature("EN10", "EN12")
def test_another_meeting_gives_the_rep_the_framework_s_own_questions() -> None:
    asks = [{"dimension": "economic_buyer", "text": "Could you wire me the money?"}]
    out = decided(found(questions=asks), by_rep(verdict="continue"))
    (event,), (task,) = out.events, out.effects
    assert isinstance(event, DiscoveryContinued) and len(event.uncovered) == 8
    assert isinstance(task, CreateTask)
    assert "Who signs something like this?" in task.text and "wire" not in task.text


# --- the rep adjusts ------------------------------------------------------------------------------
@pytest.mark.feature("EN11")
def test_the_rep_s_adjustment_is_committed_and_marked_as_theirs() -> None:
    said = by_rep(verdict="confirm", cover=[{"dimension": "champion", "note": "met her at lunch"}],
                  uncover=["competition"])  # fmt: skip
    out = decided(found(*ENOUGH), said)
    (event,) = out.events
    assert isinstance(event, Committed)
    marks = {mark.dimension: mark for mark in event.marks}
    assert (marks["champion"].state, marks["champion"].line) == ("covered", 0)
    assert marks["competition"].state == "uncovered"
    assert any("met her at lunch" in reason.text for reason in out.reasons)


@pytest.mark.feature("EN11")
def test_an_adjustment_that_leads_elsewhere_is_shown_before_it_is_committed() -> None:
    said = by_rep(verdict="commit", uncover=["economic_buyer"])
    shown = reviewed(found(*ENOUGH), said)
    assert shown.adjusted and (shown.suggestion, state(shown, "economic_buyer")) == ("continue", "uncovered")
    assert decided(found(*ENOUGH), said, by_rep(verdict="commit")).outcome == "discovery_continued"


@pytest.mark.feature("EN11")
def test_nothing_is_committed_without_the_rep() -> None:
    by_agent = Answer(by="agent:x@y", value={"verdict": "commit"})
    for given in ((), (found(*ENOUGH),), (found(*ENOUGH), by_agent)):
        assert isinstance(decide_call(call(), given, config()), Ask)
    out = decided(found(*ENOUGH), by_rep(verdict="reject", why="wrong customer"))
    assert (out.outcome, out.events, out.effects) == ("analysis_rejected", (), ())


# --- calls add up ---------------------------------------------------------------------------------
def earlier(name: str, days: int, state: str = "covered") -> Earlier:
    on = AT.date() - timedelta(days=days)
    made = {"dimension": name, "state": state, "call": "K-1", "line": 3, "on": on, "speaker": "Ada"}
    return Earlier.model_validate(made | {"words": {"text": "As I said before."}})


@pytest.mark.feature("EN10", "EN12")
def test_a_second_call_builds_on_what_the_first_one_showed() -> None:
    second = call(earlier=(earlier("economic_buyer", 9), earlier("decision_process", 9)))
    first = found(ENOUGH[0], ENOUGH[3], ENOUGH[4])
    assert reviewed(first).suggestion == "continue"
    shown = reviewed(first, of=second)
    buyer = next(known for known in shown.dimensions if known.name == "economic_buyer")
    assert shown.suggestion == "confirm"
    assert (buyer.by, buyer.call, buyer.quote) == ("earlier", "K-1", "As I said before.")
    assert "economic_buyer" not in {question.dimension for question in shown.questions}


def test_what_was_said_too_long_ago_counts_in_part() -> None:
    limit = config().discovery.max_age_days
    for days, becomes in ((limit, "covered"), (limit + 1, "partly")):
        shown = reviewed(found(), of=call(earlier=(earlier("champion", days),)))
        assert state(shown, "champion") == becomes


def test_a_newer_word_wins_and_a_weaker_one_does_not() -> None:
    known = call(earlier=(earlier("economic_buyer", 9),))
    for sure, quoted in ((0.9, "Our CFO signs"), (0.4, "As I said before.")):
        shown = reviewed(found(ENOUGH[1], sure=sure), of=known)
        assert next(k.quote for k in shown.dimensions if k.name == "economic_buyer") == quoted


# --- what is no call, and what fails --------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ((), "no_transcript"),
        ((("unknown", "Hello there, how are you?"), ("unknown", "Fine.")), "speakers_unknown"),
        ((("ours", "Hello?"), ("theirs", "Wrong number."), ("ours", "Oh.")), "too_short"),
    ],
)
def test_what_cannot_be_analysed_becomes_a_task_of_the_rep_s(
    said: tuple[tuple[str, str], ...], rule: str
) -> None:
    out = decided(of=call(said))
    assert (out.outcome, out.rule, out.effects[0].kind) == ("discovery_by_hand", rule, "CreateTask")


@pytest.mark.feature("GV5")
@pytest.mark.parametrize("verdict", ["retry", "task", "drop"])
def test_a_failed_analyst_is_settled_by_operations(verdict: str) -> None:
    nobody = Answer(by="nobody:timeout")
    asked = decide_call(call(), (nobody,), config())
    assert isinstance(asked, Ask) and (asked.to, asked.queue) == ("role:ops", "triage")
    out = decide_call(call(), (nobody, Answer(by="person:ops", value={"verdict": verdict})), config())
    ends = {"retry": "agent:discovery_analyst", "task": "discovery_by_hand", "drop": "dropped"}
    assert (out.to if isinstance(out, Ask) else out.outcome) == ends[verdict]


def test_a_rep_who_has_left_is_not_asked() -> None:
    assert call().rep
    left = {"manager": "R-9", "left_on": date(2026, 1, 1)}
    gone = Rep(id="R-1", name="Sam", email="sam@ours.example", role="sdr").model_copy(update=left)
    asked = decide_call(call(rep=gone), (found(),), config())
    assert isinstance(asked, Ask) and asked.to == "person:R-9"


@pytest.mark.feature("QU3")
def test_deciding_a_call_twice_gives_the_same_bytes_and_events_hold_no_word_of_it() -> None:
    given = (found(*ENOUGH), by_rep(verdict="commit"))
    once, again = (canonical(decided(*given)) for _ in range(2))
    assert once == again
    spoken = {word for _, text in SAID for word in text.split() if len(word) > 4}
    events = canonical(decided(*given).events[0]).decode()
    assert not [word for word in spoken if word in events]
    assert [word for word in spoken if word in once.decode()]


# --- figures --------------------------------------------------------------------------------------
def row(run: int, kind: str, outcome: str, *, trigger: str = "CallRecorded", rule: str = "") -> LedgerRow:
    queue = "review" if kind == "asked" else ""
    return LedgerRow(
        run, f"r{run}", kind, "engage", "f", trigger, "e", outcome, queue, rule, "b", "p", "h", AT, 1
    )


@pytest.mark.feature("AN1")
def test_calls_are_measured_apart_from_outreach_and_held_against_intent() -> None:
    ends = [("opportunity_confirmed", "overridden")] * 20 + [("opportunity_confirmed", "criteria_met")] * 10
    ends += [("analysis_rejected", "")] * 30 + [("disqualified", "no_budget")] * 40
    rows = [row(n, "asked", "person:R-1") for n in range(len(ends))]
    rows += [row(n, "decided", outcome, rule=rule) for n, (outcome, rule) in enumerate(ends)]
    rows += [row(900, "decided", "approved", trigger="LeadAssigned")]
    shown = {metric.name: metric for metric in metrics(rows)}
    assert (shown["runs"].value, shown["calls"].value) == (1, 100)
    assert (shown["analyses_rejected_share"].value, shown["calls_disqualified_share"].value) == (0.3, 0.4)
    assert shown["confirmed_anyway_share"].value == 0.667
    (finding,) = feedback(tuple(shown.values()), config())
    assert (finding.metric, finding.config_key) == ("analyses_rejected_share", "frameworks")
    assert shown["confirmed_anyway_share"].sample < config().intent.min_sample
