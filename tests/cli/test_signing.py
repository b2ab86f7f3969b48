"""What is made ready for a person to sign, and who may sign it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from agent.bootstrap import House, with_workspace
from agent.review import Waiting, waiting
from cli.door import Door
from cli.signing import deputies, prepare, signer_for
from loops.errors import RevloopsError
from tests import house as houses
from tools.approvals.signing import approve
from tools.store import tables as t


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return houses.house(tmp_path_factory.mktemp("signing"), lived_in=True)


def drafted(home: House) -> Waiting:
    """A draft that waits for somebody who has a manager."""
    with home.store.reading() as tx:
        return next(w for w in waiting(tx, "review") if w.sequence and deputies(home, w))


def test_the_signed_config_is_the_one_that_the_draft_was_made_under(home: House) -> None:
    item = drafted(home)
    assert item.sequence
    was = home.workspace.configs["engage"]
    other = home.workspace.configs["qualify"]
    assert was.version != other.version
    edited = with_workspace(
        home, replace(home.workspace, configs={**home.workspace.configs, "engage": other})
    )
    document = prepare(edited, item, item.sequence, item.to.partition(":")[2])
    with home.store.reading() as tx:
        frame = select(t.runs.c.frame).where(t.runs.c.id == item.run).scalar_subquery()
        row = tx.first(select(t.frames.c.config).where(t.frames.c.hash == frame))
    assert row and document.config == row.config != other.version


def test_the_owners_manager_can_approve_and_a_stranger_cant(home: House) -> None:
    item = drafted(home)
    assert item.sequence
    (manager,) = deputies(home, item)
    owner = item.to.partition(":")[2]
    stranger = next(r.id for r in home.workspace.scenario.roster if r.id not in (owner, manager))
    with pytest.raises(RevloopsError, match="only they or their manager"):
        prepare(home, item, item.sequence, stranger)
    document = prepare(home, item, item.sequence, manager)
    assert document.approver == manager
    signer = signer_for(Door(str(home.workspace.root), True), home, manager, None)
    with home.store.transaction() as tx:
        now = home.runtime.at()
        assert approve(tx, item.run, document, signer, now, deputies=deputies(home, item))


def test_where_a_role_is_asked_nobody_is_its_deputy(home: House) -> None:
    assert deputies(home, replace(drafted(home), to="role:manager")) == ()
