"""Cells of somebody's sheet: what isn't clear is refused, what formulas leave is read, names become ids."""

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from loops.calendar import Calendar
from loops.errors import RevloopsError
from loops.ids import is_plain, plain
from loops.money import minor_digits
from loops.scenario import Scenario
from tests.house import workspace
from tests.tools.test_scenario_sheets import ANA, PEOPLE, Messy
from tools.scenarios import cells
from tools.scenarios.checks import wrong
from tools.scenarios.exporting import export
from tools.scenarios.importing import taken


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def messy(tmp_path: Path) -> Messy:
    return Messy(tmp_path / "messy.xlsx")


# numbers


@pytest.mark.parametrize("raw", ["250.000", "1.250", "-12.500", "€250.000", "250.000 EUR"])
def test_what_is_a_quarter_of_a_million_to_some_and_250_to_others_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"could be two numbers: write .*0, or make it a number cell"):
        cells.minor(raw, "EUR")


@pytest.mark.parametrize(
    ("raw", "minor"),
    [("0.125", 125), ("250.00", 250_000), ("250.0000", 250_000), (250.125, 250_125), ("250000", 250_000_000)],
)
def test_a_number_that_can_only_be_one_is_read(raw: cells.Raw, minor: int) -> None:
    assert cells.minor(raw, "KWD") == minor


def test_a_share_with_three_decimals_is_a_share() -> None:
    assert float(cells.number("12.125%")) == 0.12125


@pytest.mark.parametrize(
    ("raw", "minor"),
    [(0.1 + 0.2, 30), (1.1 * 3, 330), (100 * 1.1, 11_000), (4.35 * 100, 43_500), (1e13 + 0.03, 10**15 + 3)],
)
def test_the_result_of_a_formula_is_the_amount_that_its_cell_shows(raw: float, minor: int) -> None:
    assert cells.minor(raw, "USD") == minor
    assert cells.whole(4.35 * 100) == 435


def test_an_amount_that_is_finer_than_its_currency_stays_refused() -> None:
    for raw in (0.125, 10.005, "10.0051"):
        with pytest.raises(ValueError, match="finer than USD goes"):
            cells.minor(raw, "USD")


@pytest.mark.parametrize(
    ("codes", "digits"),
    [
        ("JPY KRW VND CLP ISK XAF XOF XPF UGX PYG RWF KMF GNF DJF BIF VUV", 0),
        ("USD EUR GBP CHF TWD HUF IDR MGA", 2),
        ("BHD IQD JOD KWD LYD OMR TND", 3),
    ],
)
def test_minor_units_have_the_digits_of_iso_4217(codes: str, digits: int) -> None:
    assert {minor_digits(code) for code in codes.split()} == {digits}


# files


def test_a_workbook_with_a_damaged_part_is_refused_with_a_sentence(root: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    export(Scenario(name="x"), good)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data[: len(data) // 2] if name.endswith("workbook.xml") else data)
    assert taken(root, good).scenario.name == "x"
    with pytest.raises(RevloopsError, match=r"bad\.xlsx is no workbook that can be read"):
        taken(root, bad)


# ids


def test_names_that_people_write_become_ids_and_are_said(root: Path, messy: Messy) -> None:
    role = "Account Executive"
    messy.sheet("People", (*PEOPLE, "Manager"), ("Ana B", "Ana", "ana@ours.example", role, None),
                ("bo", "Bo", "bo@ours.example", role, "Ana B"))  # fmt: skip
    messy.sheet("Pools", ("ID", "Name", "Members"), ("all", "All", "Ana B; bo"))
    messy.sheet("Segments", ("ID", "Name"), ("Größere", "Bigger"))
    messy.sheet("Productivity", ("Role", "Segment", "Deals per year"), (role, "Größere", 12))
    messy.sheet("Quotas", ("Role", "Person", "Amount"), (None, "Ana B", 5))
    plan = messy.read(root)
    assert [(r.id, r.role, r.manager) for r in plan.roster] == [
        ("ana_b", "account_executive", None), ("bo", "account_executive", "ana_b"),
    ]  # fmt: skip
    assert plan.pools[0].members == ("ana_b", "bo") and plan.quotas[0].person == "ana_b"
    assert (plan.productivity[0].role, plan.productivity[0].segment) == ("account_executive", "grossere")
    assert messy.notes(root)[-3:] == (
        "person Ana B is called ana_b in the plan",
        "role Account Executive is called account_executive in the plan",
        "segment Größere is called grossere in the plan",
    )


def test_a_name_whose_id_is_taken_is_refused_where_it_stands(root: Path, messy: Messy) -> None:
    messy.sheet("People", PEOPLE, ANA, ("An a", "An", "an@ours.example", "A E"),
                ("an_a", "B", "b@ours.example", "a_e"))  # fmt: skip
    found = messy.wrong(root)
    assert found.keys() == {"People!A3", "People!D3"}
    assert "'A E' can't be asked about: use letters, digits, - and _, such as a_e" in found["People!D3"]


@pytest.mark.feature("DE6")
def test_an_id_that_no_question_could_name_is_refused_once() -> None:
    rep = {"name": "Ana", "email": "ana@ours.example", "role": "Account Executive"}
    plan = Scenario.model_validate({
        "name": "x", "roster": [{**rep, "id": "ana"}, {**rep, "id": "ana b"}],
        "territories": [{"id": "日本", "name": "Japan"}], "segments": [{"id": "s/1", "name": "S"}],
        "investment": [{"segment": "s/1", "channel": "Paid search", "amount_minor": 1}],
    })  # fmt: skip
    found = {".".join(map(str, path)): said for path, said in wrong(plan, Calendar())}
    assert found.keys() == {
        "roster.0.role", "roster.1.id", "territories.0.id", "segments.0.id", "investment.0.channel",
    }  # fmt: skip
    assert "such as account_executive" in found["roster.0.role"]
    assert found["territories.0.id"].endswith("digits, - and _")


@pytest.mark.parametrize(
    ("name", "id"),
    [("Account Executive", "account_executive"), (" SDR (inbound)", "sdr_inbound"), ("日本", ""),
     ("a" * 90, "a" * 80)],
)  # fmt: skip
def test_a_name_becomes_an_id_by_its_letters_and_digits(name: str, id: str) -> None:
    assert plain(name) == id and is_plain(id) is bool(id)


def test_a_role_that_is_paid_or_sells_is_not_noted(root: Path, messy: Messy) -> None:
    messy.sheet("People", PEOPLE, ANA, ("bo", "Bo", "bo@ours.example", "vp"),
                ("cy", "Cy", "cy@ours.example", "ops"))  # fmt: skip
    messy.sheet("Segments", ("ID", "Name"), ("big", "Big"))
    messy.sheet("Compensation", ("Role", "Base"), ("vp", 200_000))
    messy.sheet("Productivity", ("Role", "Segment", "Deals per year"), ("ae", "big", 10))
    assert [note.partition(":")[0] for note in messy.notes(root)] == ["role ops"]


def test_without_a_sheet_of_people_that_is_said_once_and_first(root: Path, messy: Messy) -> None:
    messy.sheet("Absences", ("Person", "Start", "End"), ("ana", "2027-03-01", "2027-03-02"))
    messy.sheet("Pools", ("ID", "Name", "Members"), ("p", "P", "ana; bo"))
    messy.sheet("Compensation", ("Role", "Base"), ("vp", 200_000))
    messy.sheet("Segments", ("id", "name", "win rate"), ("big", "Big", 22))
    found = messy.wrong(root)
    assert list(found) == ["People", "Segments!C2"]
    assert "there is no sheet People with anybody on it" in found["People"] and "4 times" in found["People"]


def test_a_workbook_without_any_line_of_a_plan_is_refused(root: Path, messy: Messy, tmp_path: Path) -> None:
    messy.book.remove(messy.book.worksheets[0])
    messy.sheet("People", PEOPLE)
    messy.sheet("Notes", ("anything",))
    Workbook().save(tmp_path / "blank.xlsx")
    messy.book.save(messy.path)
    for path in (tmp_path / "blank.xlsx", messy.path):
        with pytest.raises(RevloopsError, match=f"{path.name} holds no plan, so nothing was made"):
            taken(root, path)
    messy.sheet("Segments", ("id", "name"), ("big", "Big"))
    assert messy.read(root).segments
