"""A customer who asks not to be contacted is heard by code, and going on takes a reason."""

import pytest

from loops.decision import Answer, Ask
from loops.effects import AssignOwner, CreateTask, StopOutreach, Suppress
from loops.engage.config import EngageConfig
from loops.engage.discovery import logic
from loops.engage.discovery.contact import request
from loops.engage.discovery.logic import decide_call
from loops.engage.discovery.outputs import CallRecorded
from tests.loops.discovery_calls import ENOUGH, SAID, by_rep, call, decided, found, reviewed, state
from tests.outreach import config

ASKED = call((*SAID, ("theirs", "Look, please don\u2019t contact me again. Bye.")))
SHORT = call((("ours", "Hello, how are you?"), ("theirs", "Take me off your list.")))
TIRED = Answer(by="nobody:timeout")

REQUESTS = """
Please do not contact me again.
Don't call me any more.
Stop sending.
Please stop sending us emails.
I want you to stop emailing me.
Take me off your list.
Could you take us off that mailing list of yours.
Please remove my name from your database.
don't call
We don't want any more calls.
I'd rather not be contacted again.
Leave me alone.
I want to unsubscribe.
No more emails, please.
Look, I don't want to hear from you.
I asked you to stop calling.
We're not interested, so please don't reach out again.
""".strip().splitlines()
OTHERS = """
Don't call me before nine.
Don't call it a pilot.
Our reps stop calling after two tries.
We must stop sending leads to the wrong people.
Can you take me off mute?
They don't call back.
We want to stop calling the same lead twice.
We never call leads on Fridays.
Customers do not want to be contacted twice a day by different reps.
Customers can opt out in the portal.
If it breaks, please don't hesitate to call me.
Should we stop contacting you?
Please don't call me until the board has met.
It stops sending mails when the server is down.
""".strip().splitlines()


@pytest.mark.feature("EN12")
@pytest.mark.parametrize("said", REQUESTS)
def test_a_request_not_to_be_contacted_is_heard(said: str) -> None:
    assert request(said) == said


@pytest.mark.parametrize("said", OTHERS)
def test_talk_of_calls_and_mails_is_no_such_request(said: str) -> None:
    assert request(said) is None


@pytest.mark.feature("EN12")
def test_it_stands_in_front_whatever_the_analyst_found() -> None:
    shown = reviewed(found(*ENOUGH), of=ASKED)
    asked = shown.no_contact
    assert asked and (asked.reason, asked.line) == ("do_not_contact", 9)
    assert asked.quote == "Look, please don\u2019t contact me again."
    assert shown.concerns[0] == asked
    assert (shown.suggestion, shown.suggested) == ("disqualify", ("do_not_contact",))
    assert reviewed(found(*ENOUGH)).no_contact is None


def test_what_we_say_ourselves_is_no_request_of_theirs() -> None:
    ours = call((*SAID, ("ours", "I can stop calling. Please don't call me again, as they say.")))
    assert reviewed(found(*ENOUGH), of=ours).no_contact is None


def test_the_words_of_the_request_show_nothing_of_the_deal() -> None:
    finding = ("champion", "please don't contact me again", 9)
    shown = reviewed(found(*ENOUGH, finding), of=ASKED)
    assert state(shown, "champion") == "uncovered"
    assert "asks us not to contact them" in shown.dropped[0].text


@pytest.mark.feature("EN12")
def test_disqualifying_for_it_stops_the_mail_and_suppresses_the_address() -> None:
    out = decided(found(*ENOUGH), by_rep(verdict="commit"), of=ASKED)
    assert [type(effect) for effect in out.effects] == [AssignOwner, StopOutreach, Suppress]
    other = decided(found(*ENOUGH), by_rep(verdict="disqualify", reasons=["not_now"]))
    assert [type(effect) for effect in other.effects] == [AssignOwner, StopOutreach]


@pytest.mark.feature("EN12")
@pytest.mark.parametrize(
    "verdict",
    [{"verdict": "confirm"}, {"verdict": "continue"}, {"verdict": "disqualify", "reasons": ["not_now"]}],
    ids=["confirm", "continue", "another reason"],
)
def test_going_against_it_takes_a_reason_and_keeps_it(verdict: dict[str, object]) -> None:
    again = decide_call(ASKED, (found(*ENOUGH), by_rep(**verdict)), config())
    assert isinstance(again, Ask)
    assert "disqualify it for do_not_contact, or give a reason" in again.evidence[0].text
    out = decided(found(*ENOUGH), by_rep(**verdict, override_reason="he was joking"), of=ASKED)
    assert ("override", "he was joking") in [(reason.code, reason.text) for reason in out.reasons]
    without = decided(found(*ENOUGH), by_rep(**verdict, override_reason="a reason"))
    assert (verdict["verdict"] == "confirm") or without.outcome in ("discovery_continued", "disqualified")


@pytest.mark.feature("EN12")
def test_a_call_too_short_to_analyse_asks_the_rep_where_it_holds_such_words() -> None:
    shown = reviewed(of=SHORT)
    assert shown.no_contact and shown.suggestion == "disqualify"
    assert shown.unread.startswith("Lines of the customer's: 1")
    out = decided(by_rep(verdict="commit"), of=SHORT)
    assert Suppress in [type(effect) for effect in out.effects]
    silent = decided(of=call((("ours", "Hello?"), ("theirs", "Take me off mute."))))
    assert (silent.outcome, silent.rule) == ("discovery_by_hand", "too_short")


def test_an_analyst_that_never_answers_loses_no_request() -> None:
    drop = by_rep(verdict="drop")
    assert reviewed(TIRED, drop, of=ASKED).no_contact
    assert decided(TIRED, drop).outcome == "dropped"


def test_a_config_from_before_hears_it_too() -> None:
    cfg = config()
    old = tuple(reason for reason in cfg.discovery.disqualify if not reason.suppress)
    before: EngageConfig = cfg.model_copy(
        update={"discovery": cfg.discovery.model_copy(update={"disqualify": old})}
    )
    assert reviewed(found(*ENOUGH), of=ASKED, by=before).suggested == ("do_not_contact",)


@pytest.mark.feature("EN12")
def test_a_confirmed_opportunity_gets_no_more_cold_mail() -> None:
    out = decided(found(*ENOUGH), by_rep(verdict="commit"))
    assert [(type(effect), effect.record) for effect in out.effects] == [(StopOutreach, "L-1")]


def test_where_only_the_account_is_known_a_task_says_to_suppress_by_hand() -> None:
    event = CallRecorded(record="K-2", rep="R-1", account="A-1")
    out = decided(by_rep(verdict="commit"), of=SHORT.model_copy(update={"event": event, "deal": "A-1"}))
    (task,) = out.effects
    assert isinstance(task, CreateTask) and "suppress their address" in task.text


def test_without_the_check_nothing_would_be_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(given: object, *_: object) -> object:
        return given

    monkeypatch.setattr(logic, "heeding", deaf)
    assert reviewed(found(*ENOUGH), of=ASKED).no_contact is None
