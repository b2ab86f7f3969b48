"""What may be decided again over MCP, what follows from it, and what of it stays with a person."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from agent.flow import settle
from loops.decision import Event
from loops.design.outputs import MoveApproved
from loops.qualify.outputs import LeadQualified
from loops.route.inputs import ReassignAsked
from loops.route.outputs import LeadAssigned
from loops.workload import Holding
from mcp_server import running
from mcp_server.access import Caller
from mcp_server.desk import Desk
from mcp_server.running import again
from tests.house import height
from tests.mcp_server.served import as_person, served
from tools.scopes import Principal
from tools.store import Tx, projections
from tools.store import tables as t
from tools.store.records import StoreRecords

REP = "na-commercial-01"


def happens(home: House, id: str, event: Event) -> None:
    """The event, and all that follows; in a thread of its own, since agents bring a loop of their own."""
    with home.store.transaction() as tx:
        home.runtime.emit(tx, id, event)
    thread = threading.Thread(target=settle, args=(home,))
    thread.start()
    thread.join()


def owner(home: House, lead: str) -> str:
    with home.store.reading() as tx:
        return tx.first(select(t.leads.c.owner).where(t.leads.c.id == lead))[0]


def held(home: House, lead: str) -> Holding:
    with home.store.reading() as tx:
        found = home.runtime.records(tx).holding(lead)
    assert found is not None
    return found


def movable(home: House) -> tuple[str, str, str, LeadQualified]:
    """A lead that nobody touched, its rep, a colleague with room, and how it was graded."""
    reps = {rep.id: rep for rep in home.workspace.scenario.roster}
    graded = select(t.events.c.body).where(t.events.c.kind == "LeadQualified").order_by(t.events.c.seq)
    with home.store.reading() as tx:
        records = home.runtime.records(tx)
        events = {(e := LeadQualified.model_validate_json(row[0])).record: e for row in tx.all(graded)}
        for lead, event in sorted(events.items()):
            now = records.holding(lead)
            if now is None or now.owner not in reps or now.touched_at or now.in_sequence:
                continue
            for rep in reps.values():
                there = records.member(rep.id)
                role = rep.id != now.owner and rep.role == reps[now.owner].role
                if role and there and there.unavailable is None and there.load < rep.capacity - 3:
                    return lead, now.owner, rep.id, event
    raise AssertionError("the sandbox has no such lead")


def assigned_alone(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    """The owner is written, and nothing said of what waits."""
    assert isinstance(event, LeadAssigned)
    records.assign(event.record, event.owner, at)


def _any_move(desk: Desk, loop: str) -> list[str]:
    return ["MoveApproved"]


def _anybody_s(desk: Desk, tx: Tx, record: str) -> bool:
    return True


def drafts(home: House, lead: str) -> list[tuple[str, str, str]]:
    runs = t.runs.c
    query = select(runs.id, runs.state, runs.stale).where(runs.loop == "engage", runs.record == lead)
    with home.store.reading() as tx:
        found = tx.all(query)
    return [(row.id, row.state, row.stale) for row in found]


def waiting_lead(home: House) -> str:
    runs = t.runs.c
    where = (runs.loop == "engage", runs.queue == "review", runs.ask_to == f"person:{REP}")
    query = select(runs.record).where(*where, runs.state == "person", runs.trigger == "LeadAssigned")
    with home.store.reading() as tx:
        return tx.first(query.order_by(runs.id))[0]


@pytest.mark.feature("BR2")
@pytest.mark.parametrize("guarded", [True, False])
async def test_what_a_person_approved_once_doesn_t_happen_again(
    home: House, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    lead, first, second, graded = movable(home)
    person = "person:vp-sales"
    happens(home, "a", MoveApproved(record=lead, holding=held(home, lead), to=second, person=person))
    assert owner(home, lead) == second
    happens(home, "b", ReassignAsked(record=lead, qualified=graded, owner=second, back_to=first))
    assert owner(home, lead) == first
    if not guarded:
        monkeypatch.setattr(running, "again", _any_move)
    async with served(home) as it:
        given = {"loop": "design", "verb": "start", "input": {"record": lead}}
        if guarded:
            assert "a person's word alone" in await it.refused("loops_run", **given)
            assert "a person's word alone" in await it.refused("loops_run", **(given | {"verb": "decide"}))
        else:
            await it.call("loops_run", **given)
    assert owner(home, lead) == (first if guarded else second)


async def test_routing_again_takes_no_undo_for_the_lead_s_own_event(home: House) -> None:
    lead, first, second, graded = movable(home)
    happens(home, "a", ReassignAsked(record=lead, qualified=graded, owner=first, back_to=second))
    person = "person:vp-sales"
    happens(home, "b", MoveApproved(record=lead, holding=held(home, lead), to=first, person=person))
    assert owner(home, lead) == first
    async with served(home, as_person(home, "manager-na")) as it:
        (would,) = (await it.call("leads_route", leads=[lead], response_format="detailed"))["items"]
        (done,) = (await it.call("leads_route", leads=[lead], dry_run=False))["items"]
    assert would["rule"] != "undone" and would["owner"] == first and done["rule"] != "undone"


def test_no_loop_begins_again_what_only_a_person_or_a_command_says(home: House) -> None:
    desk = Desk(home, as_person(home, "ops-lead"))
    kinds = {kind for loop in home.registry.loops for kind in again(desk, loop)}
    assert kinds == {
        "LeadReceived", "LeadChanged", "LeadQualified", "LeadAssigned", "CallRecorded", "AccountDoubtful"
    }  # fmt: skip


async def test_grading_again_to_the_same_leaves_the_draft_that_is_being_read(home: House) -> None:
    lead = waiting_lead(home)
    before = drafts(home, lead)
    async with served(home) as it:
        done = await it.call("leads_qualify", leads=[lead], dry_run=False)
        await it.call("loops_run", loop="route", verb="start", input={"record": lead})
        again = await it.call("loops_run", loop="engage", verb="start", input={"record": lead})
    assert drafts(home, lead) == before and "1 of 1 were decided by qualify" in done["says"]
    assert again["dry_run"] is True and "nothing was written" in again["says"]


async def test_a_call_takes_the_scopes_of_all_that_follows_from_it(home: House) -> None:
    lead, before = waiting_lead(home), height(home)
    async with served(home, as_person(home, "manager-na", ["records", "leads:write"])) as it:
        for tool in ("leads_qualify", "leads_route"):
            said = await it.refused(tool, leads=[lead], dry_run=False)
            assert "insufficient_scope" in said and "drafts:write" in said
    only = ["loops", "records", "loops:write"]
    async with served(home, as_person(home, "ops-lead", only)) as it:
        said = await it.refused("loops_run", loop="qualify", verb="start", input={"record": lead})
        assert "insufficient_scope" in said
    assert height(home) == before


async def test_a_scope_for_loops_opens_no_lead(home: House) -> None:
    async with served(home, as_person(home, "ops-lead", ["loops"])) as it:
        given = {"record": waiting_lead(home)}
        assert "needs records" in await it.refused("loops_run", loop="route", verb="decide", input=given)
        assert "needs records" in await it.refused("config_simulate", loop="qualify", set={"grades.A": 88})
        assert (await it.call("loops_run", loop="route", verb="describe"))["items"]


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_lead_that_moved_takes_its_draft_off_the_old_desk(
    home: House, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(Desk, "may_answer", _anybody_s)
        monkeypatch.setitem(projections.PROJECTIONS, "LeadAssigned", assigned_alone)
    lead = waiting_lead(home)
    ((run, *_),) = drafts(home, lead)
    # a D gets no sequence, so that no newer draft takes its place
    at, to = held(home, lead).model_copy(update={"grade": "D", "score": 3}), "na-commercial-02"
    happens(home, "a", MoveApproved(record=lead, holding=at, to=to, person="person:x"))
    assert owner(home, lead) == to
    async with served(home, as_person(home, REP)) as it:
        listed = (await it.call("reviews_list"))["items"]
        assert (run[:8] in {one["id"] for one in listed}) is not guarded
        if guarded:
            assert "in your book" in await it.refused("reviews_list", review=run[:8])
    ((_, state, stale),) = [one for one in drafts(home, lead) if one[0] == run]
    assert state == "person" and (stale == f"the lead went to {to}") is guarded


async def test_a_draft_out_of_date_has_no_link_and_says_so(home: House) -> None:
    lead = waiting_lead(home)
    ((run, *_),) = drafts(home, lead)
    with home.store.transaction() as tx:
        tx.conn.execute(t.runs.update().where(t.runs.c.id == run).values(stale="a newer one took its place"))
    async with served(home) as it:
        found = await it.call("runs_get", run=run)
    assert "approval_required" not in found and found["items"][0]["state"] == "stale"
    assert "out of date (a newer one took its place)" in found["says"]


async def test_somebody_demoted_reads_no_more_of_an_old_job_than_they_may(home: House) -> None:
    lead = waiting_lead(home)
    async with served(home) as it:
        job = (await it.call("leads_qualify", leads=[lead], dry_run=False))["job"]
        assert (await it.call("runs_get", run=job))["items"][0]["record"] == lead
    scopes = as_person(home, "na-commercial-02").principal.scopes
    demoted = Caller(Principal("ops-lead", "account_executive", scopes), "na-commercial-02")
    async with served(home, demoted) as it:
        found = await it.call("runs_get", run=job)
    assert "items" not in found and "1 are about leads that aren't in your book" in found["says"]


