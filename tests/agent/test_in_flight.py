"""A question asked under another config than today's says so, and is answered under its own."""

from pathlib import Path

from agent.bootstrap import open_house
from agent.explain import explain
from agent.review import since_revised, waiting
from tests.house import change, workspace


def test_an_open_question_says_that_its_loop_is_configured_otherwise_now(tmp_path: Path) -> None:
    root = workspace(tmp_path, lived_in=True)
    home = open_house(root)
    with home.store.reading() as tx:
        items = [item for item in waiting(tx) if item.loop == "route"]
        assert items and not any(since_revised(home.runtime, tx, i.loop, i.frame) for i in items)
    before = home.workspace.configs["route"].version
    home.store.close()
    change(root, "loops/route.yaml", "every_minutes: 30", "every_minutes: 31")
    again = open_house(root)
    now = again.workspace.configs["route"].version
    with again.store.reading() as tx:
        told = since_revised(again.runtime, tx, "route", items[0].frame)
    assert told == f"Asked under route {before[:10]}; configured otherwise since: {now[:10]}."
    assert told in explain(again.runtime, items[0].lead).in_flight
