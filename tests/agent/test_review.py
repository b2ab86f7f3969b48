"""Review: what waits for whom, how it is found, and what a person's edit may change."""

from pathlib import Path

import pytest

from agent.bootstrap import House
from agent.flow import settle
from agent.review import editable, edited, find, take, waiting
from loops.engage.draft import Draft
from loops.engage.tasks import ReviewItem
from loops.errors import RevloopsError
from tests.house import bring, by_person, decisions, house, leads, raw

ADDRESS = "priya.raman@tessaly.example"


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path, lived_in=True)


def drafted(home: House) -> ReviewItem:
    with home.store.reading() as tx:
        found = find(tx, ADDRESS).sequence
    assert found
    return found


@pytest.mark.feature("EN4", "GV5")
def test_a_draft_waits_for_the_lead_s_owner_and_triage_for_operations(home: House) -> None:
    owners = {id: stand.owner for id, stand in leads(home).items()}
    with home.store.reading() as tx:
        everything = waiting(tx)
        mine = next(w for w in everything if w.loop == "engage" and w.queue == "review")
        narrowed = waiting(tx, to=owners[mine.lead])
        triage = waiting(tx, "triage")
    assert len(everything) > 5
    assert all(w.to == f"person:{owners[w.lead]}" for w in everything if w.sequence)
    assert mine.run in {w.run for w in narrowed}
    assert {w.to for w in narrowed} == {f"person:{owners[mine.lead]}"}
    assert {w.queue for w in triage} == {"triage"}
    assert all(w.ask["evidence"] for w in triage)


def test_an_item_is_found_by_run_lead_name_and_address(home: House) -> None:
    with home.store.reading() as tx:
        item = find(tx, ADDRESS)
        found = [find(tx, what) for what in (item.short, item.lead, "priya raman", "Tessaly Systems")]
        assert {w.run for w in found} == {item.run}
        with pytest.raises(RevloopsError, match="nothing waits under 'nobody'"):
            find(tx, "nobody")


@pytest.mark.feature("RO8", "GV5")
def test_an_answer_is_taken_once(home: House) -> None:
    bring(home, raw("1", country="", email="ada@nowhere.example"))
    with home.store.reading() as tx:
        item = find(tx, "ada@nowhere.example")
    given = by_person({"choice": "pool:na-commercial"})
    with home.store.transaction() as tx:
        take(home.runtime, tx, item, given)
    settle(home)
    assert decisions(home, "route", item.lead)[-1]["outcome"] == "assigned"
    with (
        home.store.transaction() as tx,
        pytest.raises(RevloopsError, match="answered meanwhile: nothing was changed"),
    ):
        take(home.runtime, tx, item, given)


@pytest.mark.feature("EN5")
def test_what_the_editor_shows_reads_back_as_the_same_draft(home: House) -> None:
    draft = drafted(home).draft
    assert texts(edited(draft, editable(draft))) == texts(draft)


def texts(draft: Draft) -> list[tuple[str, str, int]]:
    return [(mail.subject, mail.body.strip(), mail.wait_days) for mail in draft.mails]


@pytest.mark.feature("EN5")
def test_an_edit_changes_the_words_and_keeps_only_claims_that_still_stand(home: House) -> None:
    draft = drafted(home).draft
    gone = draft.mails[0].claims[0].span
    changed = edited(draft, editable(draft).replace(gone, "Something else."))
    assert gone not in changed.mails[0].body
    assert gone not in [claim.span for claim in changed.mails[0].claims]
    assert [mail.wait_days for mail in changed.mails] == [mail.wait_days for mail in draft.mails]


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        ("=== mail 2", "mails are expected, each under its === mail line"),
        ("Subject:", "needs a line `Subject: …`"),
    ],
)
def test_a_text_that_lost_its_shape_is_refused(home: House, cut: str, says: str) -> None:
    draft = drafted(home).draft
    with pytest.raises(RevloopsError, match=says):
        edited(draft, editable(draft).replace(cut, "", 1))
