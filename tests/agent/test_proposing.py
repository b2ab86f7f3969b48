"""What the config author proposes on pasts with and without a drift, and that nobody can invent evidence."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.bootstrap import House, open_house
from agent.proposing.deciding import found, reject
from agent.proposing.propose import looked_at, propose
from agent.proposing.verify import verify
from loops.proposal import Proposal
from loops.records import PastLead
from loops.tuning.certain import Chosen
from tests.drifting import drifted
from tests.house import START, house
from tools.changes.opening import change_host
from tools.clock import FixedClock
from tools.evidence import making
from tools.git import git
from tools.store import tables as t
from tools.store.evidence import proposals

SEEDS = (7, 11, 13)


def kept(home: House) -> tuple[Proposal, ...]:
    with home.store.reading() as tx:
        return tuple(Proposal.model_validate_json(row[0]) for row in tx.all(select(proposals.c.doc)))


def one(home: House, loop: str) -> Proposal:
    found = propose(home, loop)
    assert found.outcome == "proposed", found.says
    return kept(home)[0]


@pytest.mark.feature("AN5", "GV1")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_source_whose_quality_fell_gets_fewer_points(tmp_path: Path, seed: int) -> None:
    home, planted = drifted(tmp_path, seed, "source_fell")
    found = one(home, "qualify")
    factors = home.workspace.configs["qualify"].model_dump(mode="json")["factors"]
    at = next(n for n, factor in enumerate(factors) if factor["name"] == "intent")
    assert [edit.path for edit in found.edits] == [("factors", at, "values", planted.source)]
    value = found.edits[0].value
    assert isinstance(value, int) and value < factors[at]["values"][planted.source]
    assert found.branch in git(home.workspace.root, "branch", "--list", "revloops/*")


@pytest.mark.feature("AN5")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_factor_that_stands_upside_down_is_turned(tmp_path: Path, seed: int) -> None:
    home, planted = drifted(tmp_path, seed, "wrong_weight")
    found = one(home, "qualify")
    factors = home.workspace.configs["qualify"].model_dump(mode="json")["factors"]
    at = next(n for n, factor in enumerate(factors) if factor["name"] == planted.factor)
    assert [edit.path for edit in found.edits] == [("factors", at)]
    told: Any = found.edits[0].value
    high, low = {"seniority": ("c_level", "individual"), "intent": ("referral", "list")}[planted.factor]
    assert told["values"][high] > told["values"][low]
    assert factors[at]["values"][high] < factors[at]["values"][low]


@pytest.mark.feature("RO9")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_segment_that_people_move_on_is_sent_where_it_ends(tmp_path: Path, seed: int) -> None:
    home, planted = drifted(tmp_path, seed, "wrong_pool")
    found = one(home, "route")
    (edit,) = found.edits
    rule: Any = edit.value
    assert edit.op == "insert" and rule["owner"] == "pool:emea-enterprise"
    assert rule["when"]["territory"] == [planted.territory]


@pytest.mark.parametrize("seed", (21, 22, 23))
def test_where_nothing_is_planted_nothing_is_proposed(tmp_path: Path, seed: int) -> None:
    home, _ = drifted(tmp_path, seed, "none")
    ended = [propose(home, loop).outcome for loop in ("qualify", "route")]
    assert set(ended) <= {"no_change_warranted", "not_confirmed"} and not kept(home)


@pytest.mark.feature("AN5")
def test_agents_choices_that_people_confirm_may_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = drifted(tmp_path, 21, "none")
    confirmed = tuple(Chosen(at, 0.7, None, asked=True, right=at % 60 != 0) for at in range(600))

    def some(*_: object, count: int = 600) -> tuple[Chosen, ...]:
        return confirmed[:count]

    monkeypatch.setattr(making, "chosen", some)
    found = one(home, "qualify")
    assert [(edit.path, edit.value) for edit in found.edits] == [(("matching", "fire"), 0.7)]
    assert found.kind == "bands" and found.promise.metric == "asked_people"
    assert verify(home, found).holds
    monkeypatch.setattr(making, "chosen", partial(some, count=599))
    assert not verify(home, found).holds


def test_too_few_leads_say_nothing(tmp_path: Path) -> None:
    found = propose(house(tmp_path), "qualify")
    assert found.outcome == "no_change_warranted" and "Too few" in found.says


# --- verifying ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Proposal]:
    home, _ = drifted(tmp_path_factory.mktemp("proposed"), 7, "source_fell")
    return home, one(home, "qualify")


def _first_figure(told: Proposal, **more: object) -> Proposal:
    changed = told.figures[1].model_copy(update=more)
    return told.model_copy(update={"figures": (told.figures[0], changed, *told.figures[2:])})


TAMPERED: dict[str, Callable[[Proposal], Proposal]] = {
    "held_out.auc.after": lambda p: _first_figure(p, value=0.99),
    "window.data": lambda p: p.model_copy(
        update={"window": p.window.model_copy(update={"data": "0" * 64})}
    ),
    "window.held": lambda p: p.model_copy(
        update={"window": p.window.model_copy(update={"held": p.window.held + 1})}
    ),
    "edits": lambda p: p.model_copy(
        update={"edits": (p.edits[0].model_copy(update={"value": 1_000}),)}
    ),
    "promise": lambda p: p.model_copy(
        update={"promise": p.promise.model_copy(update={"expected": 0.999})}
    ),
    "guardrails": lambda p: p.model_copy(update={"guardrails": p.guardrails[1:]}),
    "why": lambda p: p.model_copy(update={"why": "All customers asked for it."}),
    "base": lambda p: p.model_copy(update={"base": "0" * 64}),
    "held_out.auc.difference": lambda p: p.model_copy(
        update={"figures": tuple(
            f.model_copy(update={"low": 0.0}) if f.name == "held_out.auc.difference" else f for f in p.figures
        )}
    ),
    "held_out.auc.before": lambda p: p.model_copy(
        update={"figures": (p.figures[0].model_copy(update={"sample": 9_999}), *p.figures[1:])}
    ),
    "title": lambda p: p.model_copy(update={"title": "Take webinars off the list"}),
    "refused": lambda p: p.model_copy(update={"refused": ()}),
    "window.held_from": lambda p: p.model_copy(
        update={"window": p.window.model_copy(update={"held_from": p.window.fitted_from})}
    ),
    "candidate": lambda p: p.model_copy(update={"candidate": "0" * 64}),
}


@pytest.mark.feature("GV2")
def test_every_figure_of_a_proposal_comes_out_again(proposed: tuple[House, Proposal]) -> None:
    home, told = proposed
    found = verify(home, told)
    assert found.holds and found.figures == len(told.figures) > 3, found.mismatches
    assert all(figure.command.startswith("revloops propose qualify") for figure in told.figures)


@pytest.mark.feature("GV2")
@pytest.mark.parametrize("where", TAMPERED)
def test_what_was_tampered_with_is_named(proposed: tuple[House, Proposal], where: str) -> None:
    home, told = proposed
    wrong = verify(home, TAMPERED[where](told))
    assert where in {mismatch.figure for mismatch in wrong.mismatches}


def test_a_figure_left_out_or_invented_is_named(proposed: tuple[House, Proposal]) -> None:
    home, told = proposed
    short = told.model_copy(update={"figures": told.figures[1:]})
    assert [m.figure for m in verify(home, short).mismatches] == [told.figures[0].name]
    more = told.figures[0].model_copy(update={"name": "invented"})
    long = told.model_copy(update={"figures": (*told.figures, more)})
    assert [m.figure for m in verify(home, long).mismatches] == ["invented"]


def test_an_outcome_changed_in_the_store_is_found(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 7, "source_fell")
    told = one(home, "qualify")
    with home.store.transaction() as tx:
        some = select(t.past_leads.c.id).order_by(t.past_leads.c.created_at).limit(40)
        tx.run(t.past_leads.delete().where(t.past_leads.c.id.in_(some)))
    assert "window.data" in {mismatch.figure for mismatch in verify(home, told).mismatches}


def test_a_field_that_is_not_declared_known_is_refused_and_listed(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 7, "source_fell")
    path = home.workspace.root / "history.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  source: created\n", "  source: later\n"), encoding="utf-8")
    found = looked_at(home, "qualify")
    refused = dict(found.task.refused)
    assert "filled in later" in refused["source"] and "newer than the lead" in refused["funding_stage"]
    assert not [choice for choice in found.task.choices if "intent" in choice.id]
    path.write_text(text, encoding="utf-8")  # the control: declared, it is evidence
    assert [choice for choice in looked_at(home, "qualify").task.choices if "intent" in choice.id]


def test_looking_asks_nobody_and_opens_nothing(proposed: tuple[House, Proposal]) -> None:
    home, _ = proposed
    with home.store.reading() as tx:
        before = tx.first(select(func.count()).select_from(t.ledger))
    assert looked_at(home, "qualify").task.choices
    with home.store.reading() as tx:
        assert tx.first(select(func.count()).select_from(t.ledger)) == before


def test_each_further_day_of_looking_asks_for_more(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 21, "none")
    config = home.workspace.configs["qualify"]

    def before(at: datetime) -> int:
        with home.store.reading() as tx:
            return making.looks(tx, "qualify", config, at)

    now = home.runtime.at()
    tomorrow, later = now + timedelta(days=1), now + timedelta(days=2)
    propose(home, "qualify")
    propose(home, "qualify")  # the same day's leads: no further look
    assert (before(now.replace(hour=0)), before(tomorrow)) == (0, 1)
    home.store.close()
    again = open_house(home.workspace.root, clock=FixedClock(tomorrow))
    propose(again, "qualify")
    with again.store.reading() as tx:
        assert making.looks(tx, "qualify", config, later) == 2


def test_what_was_proposed_before_is_said_to_be(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 7, "wrong_weight")
    first, second = propose(home, "qualify"), propose(home, "qualify")
    assert first.state == "opened" and f"{first.proposal} waits for a decision" in second.says
    host = change_host(home.workspace.root, home.workspace.settings.changes)
    reject(home, host, found(home, host, first.proposal), "ops-lead", "not now")
    again = propose(home, "qualify")
    places = [{edit.path for edit in one.edits} for one in kept(home) if one.id != first.proposal]
    assert again.proposal != first.proposal
    assert all(("factors", 0) not in one for one in places), "what people rejected comes back"


def test_leads_of_a_few_days_are_no_trial(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 7, "wrong_weight")
    with home.store.transaction() as tx:
        rows = tx.all(select(t.past_leads.c.id, t.past_leads.c.doc))
        tx.run(t.past_leads.delete())
        for id, doc in rows:
            past = PastLead.model_validate_json(doc)
            day = START - timedelta(days=60, seconds=int(id[-4:], 16) % 80_000)
            lead = past.lead.model_copy(update={"created_at": day})
            moved = past.model_copy(update={"lead": lead})
            doc = moved.model_dump_json()
            tx.add(t.past_leads, id=id, owner=past.owner, created_at=day.isoformat(), doc=doc)
    for loop in ("qualify", "route"):
        assert "of the 7 days that are needed" in propose(home, loop).says


def test_what_becomes_known_later_is_told_from_figures_that_somebody_made_up(tmp_path: Path) -> None:
    home, _ = drifted(tmp_path, 7, "wrong_weight")
    found = one(home, "qualify")
    with home.store.transaction() as tx:
        row = tx.first(select(t.past_leads).order_by(t.past_leads.c.created_at))
        assert row is not None
        past = PastLead.model_validate_json(row.doc)
        end = None if past.converted_at else past.lead.created_at + timedelta(days=3)
        turned = {"converted_at": end, "won": None if end else False}
        doc = past.model_copy(update=turned).model_dump_json()
        tx.run(t.past_leads.update().where(t.past_leads.c.id == row.id).values(doc=doc))
    later = verify(home, found)
    assert not later.holds and later.stood
    made_up = found.model_copy(update={"promise": found.promise.model_copy(update={"expected": 0.99})})
    assert not verify(home, made_up).holds and not verify(home, made_up).stood
