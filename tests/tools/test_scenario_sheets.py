"""Plans in workbooks: what is exported comes back equal; messy sheets are read or refused cell by cell."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from openpyxl import Workbook, load_workbook

from loops.errors import ConfigError, RevloopsError
from loops.plan import AccountList, Hire, Icp, Segment
from loops.scenario import Rep, Scenario, Territory
from tests.house import template, workspace
from tools.scenarios import cells, files
from tools.scenarios.exporting import export
from tools.scenarios.importing import taken
from tools.scenarios.sheets import PLAN_LINES, SHEETS, keys_of

SCENARIOS = 60
NASTY = (
    "=1+1", "+cmd|' /C calc'!A0", "-2", "@sum", "a; b", 'the "big" one', "x, y", "007", "1e5", "TRUE",
    "2027-02-01", "12%", "naïve café", "日本", "1,000", "Ünï", "null", "#N/A", "two\nlines", "'quoted",
    '"', ";",
)  # fmt: skip
MONEY = (0, 1, 99, 100, 123_456_789, 10**14 + 7, 10**15 + 1, 9 * 10**15 + 3)
CODES = (None, "USD", "EUR", "JPY", "KWD")


class Drawn:
    """Random plans that hold together, with what spreadsheets are bad at in every text."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def some(self, most: int = 4) -> range:
        return range(self.random.randint(0, most))

    def text(self) -> str:
        return self.random.choice((*NASTY, "plain", "Two words"))

    def texts(self) -> tuple[str, ...]:
        return tuple(self.text() for _ in self.some(3))

    def share(self) -> float:
        drawn = self.random.random()
        return self.random.choice((0.0, 0.1, 1.0, 0.3333, round(drawn, 6), drawn))

    def day(self) -> date:
        return date(2026, 2, 1) + timedelta(days=self.random.randint(0, 360))

    def money(self) -> dict[str, Any]:
        return {"amount_minor": self.random.choice(MONEY), "currency": self.random.choice(CODES)}

    def one(self, *given: Any) -> Any:
        return self.random.choice(given) if given else None

    def maybe(self, value: Any) -> Any:
        return self.random.choice((None, value))

    def scenario(self) -> Scenario:
        lands = tuple(f"land-{n}" for n in self.some())
        segments = tuple(f"segment_{n}" for n in self.some(3))
        roles = tuple(f"role.{n}" for n in range(3))
        people = [self.one(f"00{n}", f"rep-{n}", f"{n}e5") for n in range(3)]
        roster = [self.person(id, lands, segments, roles) for id in people]
        hires = [
            Hire(id=f"h:{n}", role=self.one(*roles), starts_on=self.day(),
                 territory=self.one(None, *lands), segment=self.one(None, *segments))
            for n in self.some()
        ]  # fmt: skip
        both = [{"role": role, "base_minor": 1} for role in roles]
        return Scenario.model_validate({
            "name": "drawn", "year": 2027, "months": self.one(12, 24, 36),
            "currency": self.one("USD", "JPY", "KWD"),
            "gross_margin": self.one(1, 0.8, 0.123), "as_of": self.maybe(self.day()),
            "territories": [self.land(name) for name in lands],
            "pools": [{"id": f"p{n}{self.text()}", "name": self.text(), "members": [r.id for r in roster[:n]]}
                      for n in self.some(3)],
            "queues": self.texts(), "roster": roster, "hires": hires,
            "icp": Icp(industries=self.texts(), technologies=self.texts(), min_employees=self.maybe(50)),
            "segments": [Segment(id=name, name=self.text(), personas=self.texts(),
                                 win_rate=self.maybe(self.share())) for name in segments],
            "account_lists": [AccountList(id=f"l{n}", name=self.text(), accounts=self.texts(),
                                          segment=self.one(None, *segments)) for n in self.some()],
            "investment": [{"segment": s, "channel": f"1{n}", **self.money(),
                            "pipeline_per_unit": self.share()} for n, s in enumerate(segments)],
            "prices": [{"segment": s, "territory": self.one(None, *lands), **self.money()} for s in segments],
            "productivity": [{"role": self.one(*roles), "segment": s, "deals_per_year": self.share() * 30,
                              "spread": self.share()} for s in segments],
            "ramps": [{"role": role, "shares": [self.share() for _ in self.some(9)]} for role in roles],
            "attrition": [{"role": role, "yearly_share": self.share()} for role in roles],
            "seasonality": self.one((), tuple(self.share() + 0.1 for _ in range(12))),
            "quotas": [{"role": role, **self.money()} for role in roles]
            + [{"person": roster[0].id, **self.money()}],
            "compensation": [{**line, "overhead_share": self.share(), "variable_minor": self.one(*MONEY)}
                             for line in both],
        })  # fmt: skip

    def person(
        self, id: str, lands: tuple[str, ...], segments: tuple[str, ...], roles: tuple[str, ...]
    ) -> Rep:
        start = self.day()
        away = [{"start": start, "end": start + timedelta(days=n)} for n in self.some(2)]
        return Rep.model_validate({
            "id": id, "name": self.text(), "email": "a@b.example", "role": self.one(*roles),
            "zone": "Asia/Tokyo", "capacity": self.random.randint(0, 500),
            "starts_on": self.one(None, start, date(1899, 5, 1)),
            "left_on": self.maybe(start + timedelta(days=9)), "absences": away,
            "territory": self.one(None, *lands), "segment": self.one(None, *segments),
        })  # fmt: skip

    def land(self, name: str) -> Territory:
        targets = [
            {"measure": measure, "value": self.one(*MONEY), "year": self.maybe(2027),
             "currency": None if measure == "new_logos" else self.one(*CODES)}
            for measure in ("new_acv", "new_logos", "pipeline")[: self.random.randint(0, 3)]
        ]  # fmt: skip
        return Territory.model_validate({
            "id": name, "name": self.text(), "countries": ["NO", "DE"][: self.random.randint(0, 2)],
            "regions": self.texts(), "targets": targets,
        })  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def messy(tmp_path: Path) -> Iterator["Messy"]:
    yield Messy(tmp_path / "messy.xlsx")


class Messy:
    """A workbook as somebody typed it."""

    def __init__(self, path: Path) -> None:
        self.path, self.book = path, Workbook()
        self.book.remove(self.book.worksheets[0])
        self.sheet("Plan", ("Name", "messy"), ("Fiscal year", 2027), ("Currency", "usd"))

    def sheet(self, name: str, *rows: tuple[Any, ...]) -> None:
        page = self.book.create_sheet(name)
        for row in rows:
            page.append(row)

    def read(self, root: Path) -> Scenario:
        self.book.save(self.path)
        return taken(root, self.path).scenario

    def notes(self, root: Path) -> tuple[str, ...]:
        self.book.save(self.path)
        return taken(root, self.path).notes

    def wrong(self, root: Path) -> dict[str, str]:
        self.book.save(self.path)
        with pytest.raises(ConfigError) as refused:
            taken(root, self.path)
        assert all(fault.file == "messy.xlsx" and not fault.line for fault in refused.value.faults)
        return {fault.key: fault.expected for fault in refused.value.faults}


PEOPLE = ("ID", "Name", "Email", "Role")
ANA = ("ana", "Ana", "ana@ours.example", "ae")


# --- there and back ---------------------------------------------------------------------------------
@pytest.mark.feature("DE6")
@pytest.mark.feature("DE1")
@pytest.mark.feature("DE6")
def test_every_plan_comes_back_from_a_workbook_as_it_went(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    for seed in range(SCENARIOS):
        went = Drawn(seed).scenario()
        export(went, path)
        came = taken(root, path)
        assert came.scenario == went, f"seed {seed}"
        assert came.notes == ()


def test_the_sandbox_s_plans_come_back_as_they_went(root: Path, tmp_path: Path) -> None:
    for name in ("fy27-base", "fy27-stretch"):
        went = files.read(root, name)
        export(went, tmp_path / "plan.xlsx")
        written = files.written(root, taken(root, tmp_path / "plan.xlsx", "again").scenario, replace=True)
        assert files.read(root, "again") == went.model_copy(update={"name": "again"})
        written.unlink()


def test_no_field_of_a_plan_is_without_a_place_in_the_workbook() -> None:
    placed = {line.field.partition(".")[0] for line in PLAN_LINES} | {sheet.section for sheet in SHEETS}
    assert placed == set(Scenario.model_fields)
    narrowed = {line.field.removeprefix("icp.") for line in PLAN_LINES if "." in line.field}
    assert narrowed == set(Icp.model_fields)
    for section in {sheet.section for sheet in SHEETS}:
        (item, _) = cast("Any", Scenario.model_fields[section].annotation).__args__
        own = [s for s in SHEETS if s.section == section and not s.inside]
        inside = {s.inside for s in SHEETS if s.section == section and s.inside}
        fields = {column.field for sheet in own for column in sheet.columns} | {s.series for s in own}
        assert (fields | inside) - {""} == set(item.model_fields), section
    for sheet in SHEETS:
        names = [name for column in sheet.columns for name in keys_of(column)]
        assert len(names) == len(set(names)), f"two columns of {sheet.name} share a heading"


def test_a_text_that_begins_like_a_formula_is_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    sneaky = template().workspace.scenario.model_copy(
        update={"segments": tuple(Segment(id=f"s{n}", name=text) for n, text in enumerate(NASTY))}
    )
    export(sneaky, path)
    book = load_workbook(path)
    kinds = {cell.data_type for page in book.worksheets for row in page.iter_rows() for cell in row}
    assert "f" not in kinds and "s" in kinds
    unguarded = Workbook()
    unguarded.worksheets[0].append(("=1+1",))
    assert unguarded.worksheets[0]["A1"].data_type == "f"


def test_a_text_that_no_cell_can_hold_is_refused_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"old")
    for text, says in (("a\x00b", "can't hold this text"), ("x" * 40_000, "a cell takes 32,767")):
        plan = Scenario(name="x", segments=(Segment(id="s", name=text),))
        with pytest.raises(RevloopsError, match=f"Segments!B2 .*{says}"):
            export(plan, path)
    assert path.read_bytes() == b"old"


# --- sheets as people write them ----------------------------------------------------------------------
@pytest.mark.feature("DE6")
def test_a_messy_sheet_is_read_as_it_is_meant(root: Path, messy: Messy) -> None:
    messy.sheet("people ", ("Our team, as of May",), (),
                ("E-Mail", " ROLE ", "Full name", "id", "Start Date"),
                (" ana@ours.example", "ae\u00a0", "  Ana ", 7.0, date(2026, 3, 1)), (None, "", "  "),
                ("bo@ours.example", "ae", "Bo", "8", "2026-04-01"))  # fmt: skip
    messy.sheet("SEGMENTS", ("ID", "Name", "Win rate", "Personas"), ("big", "Big", "22.5 %", "CRO, VP Sales"))
    messy.sheet("Quotas", ("Role", "Amount", "Currency"), ("ae", "$1,250,000.50", None))
    messy.sheet("Prices", ("segment", "PRICE", "currency"), ("big", "1 250 000", "jpy"))
    messy.sheet("Attrition", ("Role", "Yearly attrition"), ("ae", "12%"))
    messy.sheet("Ramps", ("Role", "Month 1", "Month 2", "Month 3"), ("ae", "0%", 0.5))
    plan = messy.read(root)
    assert [(p.id, p.name, p.email, p.role, p.starts_on) for p in plan.roster] == [
        ("7", "Ana", "ana@ours.example", "ae", date(2026, 3, 1)),
        ("8", "Bo", "bo@ours.example", "ae", date(2026, 4, 1)),
    ]
    assert plan.segments[0].win_rate == 0.225 and plan.segments[0].personas == ("CRO", "VP Sales")
    assert plan.quotas[0].amount_minor == 125_000_050 and plan.quotas[0].currency is None
    assert (plan.prices[0].amount_minor, plan.prices[0].currency) == (1_250_000, "JPY")
    assert plan.attrition[0].yearly_share == 0.12 and plan.ramps[0].shares == (0, 0.5)


@pytest.mark.feature("DE6")
def test_every_fault_is_named_at_once_with_sheet_and_cell(root: Path, messy: Messy) -> None:
    messy.sheet("People", (*PEOPLE, "Starts on", "Manager"), ANA, ("bo", None, "bo at ours", "ae", "1/2/26"),
                ("cy", "Cy", "cy@ours.example", "ae", None, "zed"))  # fmt: skip
    messy.sheet("Segments", ("id", "name", "win rate"), ("big", "Big", 22))
    messy.sheet("Quotas", ("Role", "Person", "Amount", "Currency"), ("ae", "ana", 1, None),
                ("sdr", None, 10, "EUR"), (None, "cy", "10.0051", None), (None, "ana", "€5", "USD"),
                (None, "bo", "about 5", None))  # fmt: skip
    messy.sheet("Targets", ("Territory", "Value"), ("atlantis", 5))
    messy.sheet("Ramps", ("Role", "Month 1", "Month 2"), ("ae", None, 0.5))
    found = messy.wrong(root)
    expected = {
        "People!B3": "Name is needed",
        "People!C3": "is no e-mail address",
        "People!E3": "1/2/26 is no day that is clear",
        "People!F4": "nobody called zed",
        "Segments!C2": "less than or equal to 1",
        "Quotas!A2": "exactly one of the two",
        "Quotas!A3": "nobody has the role sdr",
        "Quotas!C4": "finer than USD goes",
        "Quotas!C5": "isn't in USD",
        "Quotas!C6": "about 5 is no number",
        "Targets!A2": "there is no territory atlantis",
        "Ramps!B2": "month 1 is empty and a later one isn't",
    }
    assert set(found) == set(expected)
    for where, says in expected.items():
        assert says in found[where]


@pytest.mark.parametrize(
    ("rows", "where", "says"),
    [
        ((("ID", "Name", "Emial", "Role"), ANA), "People!C1", "is it Email?"),
        ((("ID", "Name", "Role"), ("a", "A", "ae")), "People!A1", "there is no column Email"),
        (((*PEOPLE, "role"), ANA), "People!E1", "another column Role"),
    ],
)
def test_a_heading_that_is_a_slip_is_refused(
    root: Path, messy: Messy, rows: tuple[tuple[str, ...], ...], where: str, says: str
) -> None:
    messy.sheet("People", *rows)
    assert says in messy.wrong(root)[where]


def test_what_is_not_known_is_left_aside_with_a_sentence(root: Path, messy: Messy) -> None:
    messy.sheet("People", (*PEOPLE, "Favourite colour"), (*ANA, "blue"))
    messy.sheet("Scratch pad", ("anything",))
    messy.sheet("Empty")
    assert messy.notes(root) == (
        "Scratch pad!A1: sheet Scratch pad isn't known and was left aside",
        "People!E1: column Favourite colour isn't known and was left aside",
        "role ae: neither Compensation nor Productivity says anything, so these people cost nothing and "
        "close nothing in the plan",
    )


def test_a_sheet_whose_name_is_a_slip_is_refused(root: Path, messy: Messy) -> None:
    messy.sheet("Teritories", ("ID", "Name"), ("east", "East"))
    assert "is it Territories?" in messy.wrong(root)["Teritories!A1"]


def test_a_formula_without_a_result_and_an_error_are_refused(root: Path, messy: Messy) -> None:
    messy.sheet("People", PEOPLE, ANA)
    messy.sheet("Quotas", ("Role", "Amount"), ("ae", "=1+1"))
    messy.sheet("Attrition", ("Role", "Yearly share"), ("ae", "#N/A"))
    found = messy.wrong(root)
    assert "the formula has no result" in found["Quotas!B2"]
    assert "the formula's result is #N/A" in found["Attrition!B2"]


def test_a_sheet_that_reaches_to_the_end_of_the_world_is_refused_and_an_unknown_one_left(
    root: Path, messy: Messy
) -> None:
    messy.sheet("People", PEOPLE, ANA)
    messy.book["People"]["ZZ1048576"] = " "
    messy.sheet("Dump", ("anything",))
    messy.book["Dump"]["ZZ1048576"] = "x"
    assert messy.wrong(root) == {
        "People!A1": "the sheet reaches to row 1,048,576: delete the rows and columns behind the plan"
    }


def test_without_the_extra_a_sentence_names_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.xlsx"
    export(Scenario(name="x"), path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for attempt in (lambda: export(Scenario(name="x"), path), lambda: taken(root, path)):
        with pytest.raises(RevloopsError, match=r'pip install "revloops\[plan\]"'):
            attempt()


def test_a_file_that_is_no_workbook_is_refused_with_a_sentence(root: Path, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_text("id,name\n", encoding="utf-8")
    with pytest.raises(RevloopsError, match=r"x\.xlsx is no workbook"):
        taken(root, tmp_path / "x.xlsx")
    with pytest.raises(RevloopsError, match="there is no file"):
        taken(root, tmp_path / "y.xlsx")


@pytest.mark.parametrize(
    ("raw", "says"),
    [("1,5", "1.5"), ("", "no number"), ("(100)", "no number"), (True, "no number"), ("5 %", "a share")],
)
def test_an_amount_that_is_not_clear_is_refused(raw: cells.Raw, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cells.minor(raw, "USD")


@pytest.mark.parametrize(
    ("raw", "minor"),
    [("1.250.000,50", 125_000_050), ("1'250'000", 125_000_000), ("USD 12", 1_200), ("12 $", 1_200), (0.1, 10),
     ("1.250.000", 125_000_000), (1e6, 100_000_000), (12345678.91, 1_234_567_891)],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(raw: cells.Raw, minor: int) -> None:
    assert cells.minor(raw, "USD") == minor
