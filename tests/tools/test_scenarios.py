"""Scenario files: what is refused in one; new, promoted and retired with every other byte kept."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from loops.calendar import Calendar
from loops.design.outputs import ScenarioPromoted
from loops.errors import ConfigError, RevloopsError
from loops.plan import Hire, Target
from loops.registry import load
from loops.scenario import Absence, Scenario, Territory
from loops.values import content_hash
from tests.house import chain, change, rep, template, workspace
from tools import workspace as workspaces
from tools.init import create, scenario_text
from tools.scenarios import files
from tools.scenarios.checks import wrong
from tools.scenarios.differences import differences
from tools.scenarios.promotion import promote
from tools.store import Store
from tools.store import tables as t
from tools.workspace import Settings

BASE, STRETCH = "fy27-base", "fy27-stretch"
PLAN: dict[str, Any] = {
    "name": "plan",
    "year": 2027,
    "months": 12,
    "territories": [{"id": "east", "name": "East", "targets": [{"value": 100}]}],
    "segments": [{"id": "big", "name": "Big"}],
    "roster": [rep("ana", role="ae", territory="east", segment="big").model_dump()],
    "hires": [{"id": "seat", "role": "ae", "starts_on": "2026-06-01", "territory": "east", "segment": "big"}],
    "prices": [{"segment": "big", "amount_minor": 100}],
    "productivity": [{"role": "ae", "segment": "big", "deals_per_year": 12}],
    "ramps": [{"role": "ae", "shares": [0, 0.5]}],
    "attrition": [{"role": "ae", "yearly_share": 0.1}],
    "quotas": [{"role": "ae", "amount_minor": 100}],
    "compensation": [{"role": "ae", "base_minor": 100}],
    "investment": [{"segment": "big", "channel": "events", "amount_minor": 100}],
}
FISCAL = Calendar(fiscal_year_starts_month=2)


def plan(**changed: Any) -> Scenario:
    return Scenario.model_validate({**PLAN, **changed})


def store(root: Path) -> Store:
    return Store(str(root / ".revloops" / "store.db"))


def promoted(root: Path) -> list[ScenarioPromoted]:
    """Every promotion that the loops were told of."""
    kept = store(root)
    with kept.reading() as tx:
        told = select(t.events.c.body).where(t.events.c.kind == "ScenarioPromoted").order_by(t.events.c.seq)
        rows = tx.all(told)
    kept.close()
    return [ScenarioPromoted.model_validate_json(row[0]) for row in rows]


def promotes(root: Path, name: str) -> Any:
    kept = store(root)
    try:
        return promote(root, kept, chain(), name)
    finally:
        kept.close()


def bytes_of(root: Path) -> dict[str, bytes]:
    """Every file of the workspace, data and git's own aside."""
    found = (p for p in root.rglob("*") if p.is_file() and not {".git", ".revloops", ".truth"} & set(p.parts))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


# --- what can't be meant ----------------------------------------------------------------------------
def test_a_plan_that_holds_together_has_no_fault() -> None:
    assert wrong(plan(), FISCAL) == ()
    assert wrong(template().workspace.scenario, FISCAL) == ()


REP: dict[str, Any] = PLAN["roster"][0]
MADE: dict[str, Any] = PLAN["productivity"][0]
TWICE = "stands here twice"


@pytest.mark.feature("DE6")
@pytest.mark.parametrize(
    ("section", "lines", "where", "says"),
    [
        ("productivity", [{**MADE, "role": "ea"}], "productivity.0.role", "role ea"),
        ("productivity", [{**MADE, "segment": "bgi"}], "productivity.0.segment", "bgi"),
        ("prices", [{"segment": "big", "territory": "est", "amount_minor": 1}], "prices.0.territory", "est"),
        ("prices", [PLAN["prices"][0]] * 2, "prices.1", TWICE),
        ("ramps", [{"role": "sdr"}], "ramps.0.role", "nobody has the role sdr"),
        ("ramps", [{"role": "ae", "shares": [0, 1.5]}], "ramps.0.shares.1", "0 to 1"),
        ("attrition", [PLAN["attrition"][0]] * 2, "attrition.1", TWICE),
        ("compensation", [{"role": "vp", "base_minor": 1}], "compensation.0.role", "nobody has the role vp"),
        ("compensation", [PLAN["compensation"][0]] * 2, "compensation.1", TWICE),
        ("quotas", [{"amount_minor": 1}], "quotas.0", "exactly one"),
        ("quotas", [{"role": "ae", "person": "ana", "amount_minor": 1}], "quotas.0", "exactly one"),
        ("quotas", [{"person": "bob", "amount_minor": 1}], "quotas.0.person", "nobody called bob"),
        ("quotas", [{**PLAN["quotas"][0], "currency": "usd"}], "quotas.0.currency", "three letters"),
        ("investment", [{"segment": "x", "channel": "a", "amount_minor": 1}], "investment.0.segment", "x"),
        ("segments", [PLAN["segments"][0]] * 2, "segments.1", TWICE),
        ("roster", [REP, REP], "roster.1.id", "another person's id"),
        ("roster", [{**REP, "id": "seat"}], "hires.0.id", "another person's id"),
        ("roster", [{**REP, "seat": "chair"}], "roster.0.seat", "no planned hire chair"),
        ("roster", [{**REP, "seat": "seat"}, {**REP, "id": "bob", "seat": "seat"}],
         "roster.1.seat", "ana holds"),
        ("roster", [{**REP, "starts_on": "2026-03-01", "left_on": "2026-03-01"}],
         "roster.0.left_on", "first day"),
        ("roster", [{**REP, "absences": [{"start": "2026-03-02", "end": "2026-03-01"}]}],
         "roster.0.absences.0.end", "before the first"),
        ("hires", [{**PLAN["hires"][0], "starts_on": "2027-02-01"}], "hires.0.starts_on", "plan's end"),
        ("territories", [{"id": "east", "name": "E", "targets": [{"value": 1}, {"value": 2}]}],
         "territories.0.targets.1", "another target"),
        ("territories", [{"id": "east", "name": "E", "targets": [{"value": 1, "year": 2028}]}],
         "territories.0.targets.0.year", "2028 lies outside"),
    ],
)  # fmt: skip
def test_what_a_plan_cannot_mean_is_found_where_it_stands(
    section: str, lines: list[dict[str, Any]], where: str, says: str
) -> None:
    found = wrong(plan(**{section: lines}), FISCAL)
    assert [text for path, text in found if ".".join(map(str, path)) == where and says in text], found


def test_a_role_that_two_sections_name_may_still_be_vacant() -> None:
    paid = [*PLAN["compensation"], {"role": "sdr", "base_minor": 1}]
    assert wrong(plan(compensation=paid, ramps=[{"role": "sdr"}]), FISCAL) == ()


def test_a_fault_in_a_scenario_names_file_and_line(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    path = root / "scenarios" / f"{STRETCH}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("quotas:\n- role: enterprise_ae", "quotas:\n- role: enterprise_ea"), "utf-8")
    line = path.read_text(encoding="utf-8").partition("enterprise_ea\n")[0].count("\n") + 1
    with pytest.raises(ConfigError) as refused:
        files.read(root, STRETCH)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line) == (f"scenarios/{STRETCH}.yaml", line)
    assert "nobody has the role enterprise_ea" in fault.expected


def test_a_scenario_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    change(root, f"scenarios/{STRETCH}.yaml", f"name: {STRETCH}", "name: other")
    with pytest.raises(ConfigError, match=f"the file is {STRETCH}.yaml"):
        files.read(root, STRETCH)


# --- new and retired --------------------------------------------------------------------------------
@pytest.mark.feature("DE6")
def test_a_new_scenario_is_a_copy_with_every_comment_and_another_name(tmp_path: Path) -> None:
    root = tmp_path / "w"
    create(root, load(), Settings())
    made = files.made(root, "fy28", "starter").read_bytes()
    source = (root / "scenarios" / "starter.yaml").read_bytes()
    assert source.count(b"#") > 10
    assert made == source.replace(b"name: starter\n", b"name: fy28\n", 1)
    assert files.read(root, "fy28").name == "fy28"
    with pytest.raises(RevloopsError, match="a scenario fy28 already"):
        files.made(root, "fy28", "starter")


@pytest.mark.parametrize("name", ["no", "1e3", "2027", "null", "on", "0x1F"])
def test_a_name_that_yaml_would_take_for_something_else_stays_a_name(name: str) -> None:
    text = "# first\r\nname:  'old'   # why\r\nyear: 2027\r\n"
    after = files.renamed(text, "name", name, "x.yaml")
    assert after.startswith("# first\r\nname:  ") and after.endswith("   # why\r\nyear: 2027\r\n")
    from tools.yaml_text import read

    assert read(after, "x.yaml")[0] == {"name": name, "year": 2027}


@pytest.mark.parametrize("text", ["{name: old, year: 2027}\n", "year: 2027\n", "name: |\n  old\n"])
def test_a_name_that_has_no_line_of_its_own_is_left_to_its_owner(text: str) -> None:
    with pytest.raises(RevloopsError, match="needs a line `name: new`"):
        files.renamed(text, "name", "new", "x.yaml")


@pytest.mark.parametrize("name", ["../active", "a/b", "", ".hidden", "a b", "x" * 81])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RevloopsError, match="is no name for a scenario"):
        files.path_of(tmp_path, name)


@pytest.mark.feature("DE7")
def test_the_promoted_scenario_is_not_retired_and_another_one_is(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    with pytest.raises(RevloopsError, match="promote another one first"):
        files.retire(root, BASE)
    was = (root / "scenarios" / f"{STRETCH}.yaml").read_bytes()
    assert files.retire(root, STRETCH).read_bytes() == was
    assert files.names(root) == (BASE,) and files.retired(root) == (STRETCH,)
    with pytest.raises(RevloopsError, match="is retired"):
        promotes(root, STRETCH)
    with pytest.raises(RevloopsError, match="retired scenario is called"):
        files.made(root, STRETCH, BASE)


# --- promoted ---------------------------------------------------------------------------------------
@pytest.mark.feature("DE7", "AR4")
def test_a_promotion_changes_one_line_of_active_yaml_and_no_other_byte(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "active.yaml").write_bytes(b"# why this one\r\nscenario: fy27-base   # until June\r\n# the end")
    before = bytes_of(root)
    done = promotes(root, STRETCH)
    after = bytes_of(root)
    assert after.pop("active.yaml") == b"# why this one\r\nscenario: fy27-stretch   # until June\r\n# the end"
    before.pop("active.yaml")
    assert after == before
    assert (done.before, done.scenario.name) == (BASE, STRETCH)
    assert workspaces.load(root, chain()).scenario == files.read(root, STRETCH)


@pytest.mark.feature("DE7")
def test_the_loops_hear_of_each_promotion_once_with_the_hash_of_the_plan(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    for name in (STRETCH, STRETCH, BASE, STRETCH):
        promotes(root, name)
    hashes = {name: content_hash(files.read(root, name)) for name in (BASE, STRETCH)}
    assert [(e.record, e.scenario, e.hash, e.before) for e in promoted(root)] == [
        (STRETCH, STRETCH, hashes[STRETCH], BASE),
        (BASE, BASE, hashes[BASE], STRETCH),
        (STRETCH, STRETCH, hashes[STRETCH], BASE),
    ]


def test_promoting_it_again_tells_the_loops_that_its_file_changed(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    promotes(root, STRETCH)
    change(root, f"scenarios/{STRETCH}.yaml", "gross_margin: 0.8", "gross_margin: 0.7")
    assert promotes(root, STRETCH).told
    assert [e.hash for e in promoted(root)][-1] == content_hash(files.read(root, STRETCH))
    assert not promotes(root, STRETCH).told


def test_no_loop_hears_of_a_promotion_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(tmp_path)

    def full(root: Path, name: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(files, "point_at", full)
        with pytest.raises(OSError, match="No space"):
            promotes(root, STRETCH)
    assert promoted(root) == [] and files.active(root) == BASE
    promotes(root, STRETCH)
    assert len(promoted(root)) == 1


@pytest.mark.feature("DE7")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pools": ()}, "no pool na-enterprise"),
        ({"quotas": ({"role": "nobody_s", "amount_minor": 1},)}, r"scenarios/bad\.yaml:\d+: quotas\.0\.role"),
        ({"currency": "CHF"}, "can't be promoted: there is no rate for"),
        ({"year": None}, r"has no year, .*add a line such as `year: 2027` to scenarios/bad\.yaml"),
    ],
)
def test_a_scenario_that_nothing_could_go_by_is_not_promoted(
    tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    root = workspace(tmp_path)
    base = json.loads(files.read(root, BASE).model_dump_json())
    bad = Scenario.model_validate({**base, "name": "bad", **changed})
    (root / "scenarios" / "bad.yaml").write_text(scenario_text(bad), encoding="utf-8")
    before = bytes_of(root)
    with pytest.raises(RevloopsError, match=says):
        promotes(root, "bad")
    assert bytes_of(root) == before and promoted(root) == []


# --- differences ------------------------------------------------------------------------------------
@pytest.mark.feature("DE6")
def test_what_changed_is_said_of_people_territories_targets_and_figures() -> None:
    bob = rep("bob", role="ae")
    before = plan(roster=[rep("ana", role="ae", territory="east"), bob])
    after = before.model_copy(
        update={
            "roster": (before.roster[0].model_copy(update={"territory": "west"}), rep("cleo")),
            "hires": (),
            "territories": (
                Territory(id="west", name="West"),
                before.territories[0].model_copy(update={"targets": (Target(value=250_050),)}),
            ),
            "gross_margin": 0.5,
        }
    )
    assert differences(before, after) == (
        "new in the roster: cleo",
        "no longer in the roster: bob",
        "another territory: ana (east to west)",
        "no longer planned: seat",
        "new territories: west",
        "another target: east new acv (1 USD to 2,500.50 USD)",
        "other figures under: gross margin",
    )
    assert differences(before, before) == ()


def test_any_difference_between_two_plans_is_said() -> None:
    base = plan(pools=[{"id": "p", "name": "P", "members": ["ana"]}])
    others: dict[str, Any] = {
        "year": 2028, "months": 24, "currency": "EUR", "gross_margin": 0.9, "as_of": date(2026, 5, 1),
        "territories": (), "pools": (), "queues": ("triage",), "roster": (), "hires": (),
        "icp": {"industries": ("x",)}, "segments": (),
        "account_lists": ({"id": "l", "name": "L", "accounts": ()},),
        "investment": (), "prices": (), "productivity": (), "ramps": (), "attrition": (),
        "seasonality": (2.0,) * 12, "quotas": (), "compensation": (),
    }  # fmt: skip
    assert set(others) == set(Scenario.model_fields) - {"name"}
    for field, other in others.items():
        changed = Scenario.model_validate({**base.model_dump(), field: other})
        assert differences(base, changed), field
    gone = Absence(start=date(2026, 3, 1), end=date(2026, 3, 2))
    away = base.roster[0].model_copy(update={"absences": (gone,)})
    assert differences(base, base.model_copy(update={"roster": (away,)})) == ("otherwise changed: ana",)
    later = Hire.model_validate({**PLAN["hires"][0], "starts_on": "2026-07-01"})
    assert differences(base, base.model_copy(update={"hires": (later,)})) == ("planned otherwise: seat",)
