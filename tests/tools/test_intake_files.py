"""Real exports: recognised, mapped and read row by row."""

import csv
import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from tests.tools.lead_rows import accepted, read, turned_away, written
from tools.errors import UnreadableFile
from tools.intake import (
    FIELDS,
    content_hash_of,
    read_rows,
)

pytestmark = pytest.mark.feature("QU1")


def as_csv(rows: Iterable[Iterable[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


# --- columns


@pytest.mark.parametrize(
    ("crm", "headings"),
    [
        (
            "Salesforce",
            (
                "Lead ID,First Name,Last Name,Title,Company / Account,Email,Phone,Billing State/Province,"
                "Country,Lead Source,Create Date,No. of Employees"
            ),
        ),
        (
            "HubSpot",
            "Record ID,First Name,Last Name,Job Title,Company Name,Email,Phone Number,State/Region,"
            "Country/Region,Original Traffic Source,Create Date,Number of Employees",
        ),
        (
            "Pipedrive",
            (
                "Lead - ID,Person - First name,Person - Last name,Person - Job title,Organization - Name,"
                "Person - Email - Work,Person - Phone - Work,Organization - State/County,"
                "Organization - Country,Lead - Source,Lead - Lead created time,"
                "Organization - Number of employees"
            ),
        ),
        (
            "Dynamics",
            "(Do Not Modify) Lead,First Name,Last Name,Job Title,Company Name,Email,Business Phone,"
            "Address 1: State/Province,Address 1: Country/Region,Lead Source,Created On,No. of Employees",
        ),
        (
            "German",
            (
                "ID,Vorname,Nachname,Funktion,Firma,E-Mail-Adresse,Telefon,Bundesland,Land,Herkunft,"
                "Erstellt am,Mitarbeiter"
            ),
        ),
        (
            "French",
            (
                "ID,Prénom,Nom,Fonction,Société,Adresse e-mail,Téléphone,Département,Pays,Origine,"
                "Date de création,Effectif"
            ),
        ),
        (
            "Spanish",
            "ID,Nombre,Apellidos,Cargo,Empresa,Correo electrónico,Teléfono,Provincia,País,Origen,"
            "Fecha de creación,Empleados",
        ),
        (
            "shouting, underscored",
            (
                "id,FIRST_NAME,LAST_NAME,JOB_TITLE,COMPANY,E-MAIL,PHONE,STATE,COUNTRY,LEAD_SOURCE,CREATED_AT,"
                "EMPLOYEES"
            ),
        ),
    ],
)
def test_the_columns_of_an_export_are_recognised(tmp_path: Path, crm: str, headings: str) -> None:
    row = "7,Priya,Larsen,CFO,3M LLC,p@3m.example,+14155552671,CA,US,webinar,2026-11-01,200"
    mapping, rows = read(written(tmp_path, f"{headings}\n{row}\n"))
    wanted = (
        "external_id first_name last_name title company email phone region country source created_at "
        "employees"
    )
    assert set(mapping.headings) == set(wanted.split()), crm
    assert [rows[0].fields[name] for name in wanted.split()] == row.split(",")
    assert mapping.unmapped == ()


def test_headings_in_another_order_give_the_same_rows(tmp_path: Path) -> None:
    _, one = read(written(tmp_path, "Email,Company,First Name\np@3m.example,3M,Priya\n", "a.csv"))
    _, two = read(written(tmp_path, "first name,EMAIL,company\nPriya,p@3m.example,3M\n", "b.csv"))
    assert (one[0].fields, one[0].key) == (two[0].fields, two[0].key)


def test_a_near_spelling_is_guessed_and_said_and_a_county_is_no_country(tmp_path: Path) -> None:
    mapping, _ = read(
        written(tmp_path, "Emial Address,Company,County,Fist Name\np@3m.example,3M,Kerry,Priya\n")
    )
    assert {c.field: c.how for c in mapping.columns} == {
        "email": "guessed",
        "company": "known",
        "first_name": "guessed",
    }
    assert mapping.unmapped == ("County",)
    assert "(guessed)" in mapping.shown() and "County" in mapping.shown()


def test_a_column_full_of_addresses_is_the_address_whatever_it_is_called(tmp_path: Path) -> None:
    mapping, _ = read(written(tmp_path, "Firma,Erreichbar\n3M,p@3m.example\nAdobe,r@adobe.example\n"))
    assert mapping.headings["email"] == "Erreichbar"


def test_a_title_column_of_salutations_is_no_job_title(tmp_path: Path) -> None:
    mapping, _ = read(written(tmp_path, "Title,Email,Company\nMr.,p@3m.example,3M\nFrau,r@x.example,X\n"))
    assert "title" not in mapping.headings
    mapping, _ = read(written(tmp_path, "Title,Email,Company\nCFO,p@3m.example,3M\nCEO,r@x.example,X\n"))
    assert mapping.headings["title"] == "Title"


def test_of_two_columns_of_one_name_the_filled_one_is_read(tmp_path: Path) -> None:
    mapping, rows = read(written(tmp_path, "Email,Company,Email\n,3M,p@3m.example\n"))
    assert rows[0].fields["email"] == "p@3m.example"
    assert mapping.unmapped == ("Email (column 1)",)


def test_the_user_may_correct_the_mapping(tmp_path: Path) -> None:
    path = written(tmp_path, "Email,E-Mail Addr,Company,Title\nold@x.example,new@x.example,X,CFO\n")
    mapping, rows = read(path, {"email": "e-mail addr", "title": ""})
    assert rows[0].fields == {"email": "new@x.example", "company": "X"}
    assert "as you said" in mapping.shown()


@pytest.mark.parametrize(
    ("override", "says"),
    [({"emial": "Email"}, "There is no field `emial`"), ({"email": "Adresse"}, "has no column `Adresse`")],
)
def test_a_wrong_correction_is_refused_with_what_there_is(
    tmp_path: Path, override: dict[str, str], says: str
) -> None:
    with pytest.raises(UnreadableFile, match=says):
        read(written(tmp_path, "Email,Company\np@3m.example,3M\n"), override)


def test_every_field_has_a_heading_of_its_own_name(tmp_path: Path) -> None:
    names = [name for name in FIELDS if name not in {"full_name"}]
    mapping, _ = read(written(tmp_path, ",".join(names) + "\n" + ",".join("x" for _ in names) + "\n"))
    assert mapping.headings == {name: name for name in names}


# --- files


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04" + b"\x00" * 100, "Excel workbook"),
        (bytes(range(32)) * 40, "no text file"),
        (b"Product,Seller,Status\nA,B,Won\n", "has no column for an e-mail address"),
        (b"Company,Sector\n3M,Industrials\n", "both a person's name and a company"),
        (b"Priya,p@3m.example,3M\nRavi,r@adobe.example,Adobe\n", "no line of headings"),
    ],
)
def test_a_file_that_is_no_list_of_leads_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(UnreadableFile, match=says) as refusal:
        read(written(tmp_path, content))
    assert "\n" not in str(refusal.value) and str(refusal.value).endswith(".")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = as_csv(
        [["Vorname", "E-Mail", "Firma"], ["Jürgen", "j@mueller.example", "Müller, Söhne; Co"]], delimiter
    )
    mapping, rows = read(written(tmp_path, text.encode(encoding)))
    assert mapping.delimiter == delimiter
    assert rows[0].fields == {
        "first_name": "Jürgen",
        "email": "j@mueller.example",
        "company": "Müller, Söhne; Co",
    }


def test_a_file_of_mixed_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    lines = [b"Email,Company\n", "a@x.example,Müller\n".encode(), "b@x.example,Söhne\n".encode("cp1252")]
    _, rows = read(written(tmp_path, b"".join(lines)))
    assert [row.fields["company"] for row in rows] == ["Müller", "Söhne"]


def test_excels_separator_line_and_blank_lines_before_the_headings_are_passed_over(tmp_path: Path) -> None:
    mapping, rows = read(written(tmp_path, "sep=;\r\n\r\nEmail;Company\r\np@3m.example;3M\r\n"))
    assert mapping.delimiter == ";"
    assert [(row.line, row.fields["company"]) for row in rows] == [(4, "3M")]


def test_a_line_number_is_the_physical_line_on_which_the_record_starts(tmp_path: Path) -> None:
    text = 'Email,Company,Message\na@x.example,X,"one\ntwo\n\nthree"\n\nb@y.example,Y,\n'
    _, rows = read(written(tmp_path, text))
    assert [row.line for row in rows] == [2, 6, 7]
    assert rows[0].fields["message"] == "one\ntwo\n\nthree"
    assert turned_away(rows[1]) == "the row is empty"


def test_ragged_rows_pad_on_the_right_and_are_refused_when_values_may_have_slipped(tmp_path: Path) -> None:
    text = "Email,First Name,Company\na@x.example\nb@y.example,Bo,Y,,\nc@z.example,Cy,Z,London\n"
    _, rows = read(written(tmp_path, text))
    assert accepted(rows[0]).company == ""
    assert accepted(rows[1]).company == "Y"
    assert turned_away(rows[2]) == "it has 4 cells under 3 headings, so its values may have slipped"


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_quote_that_never_closes_costs_its_own_row_only(tmp_path: Path, where: str) -> None:
    rows = [[f"p{n}@x{n}.example", f"Ann{n}", f"X{n}"] for n in range(1, 1201)]
    stray = {"first": 0, "middle": 599, "last": 1199}[where]
    lines = ["Email,First Name,Company", *(",".join(row) for row in rows)]
    lines[stray + 1] = lines[stray + 1].replace("Ann", '"Ann')
    lines[1000] = lines[1000].replace(",X", ',"X, Inc') + '"'
    _, found = read(written(tmp_path, "\n".join(lines) + "\n"))
    assert [row.line for row in found] == list(range(2, 1202))
    assert [row.line for row in found if row.fault] == [stray + 2]
    assert "quotation mark" in turned_away(found[stray])


def test_a_quote_inside_a_cell_is_just_a_character(tmp_path: Path) -> None:
    _, rows = read(written(tmp_path, 'Email,Company\na@x.example,5" Pipes\nb@y.example,"Say ""hi"""\n'))
    assert [row.fields["company"] for row in rows] == ['5" Pipes', 'Say "hi"']


def test_a_cell_of_a_megabyte_is_read_and_cut(tmp_path: Path) -> None:
    text = as_csv([["Email", "Company", "Message"], ["a@x.example", "X" * 1_000_000, "m " * 500_000]])
    lead = accepted(read(written(tmp_path, text))[1][0])
    assert len(lead.company) == 300 and lead.message and len(lead.message.text) <= 20_000


def test_nul_bytes_vanish(tmp_path: Path) -> None:
    _, rows = read(
        written(tmp_path, b"Email,Company\na\x00@x.example,X\x00 Corp\n" + b"b@y.example,Y\n" * 30)
    )
    lead = accepted(rows[0])
    assert (lead.email, lead.company) == ("a@x.example", "X Corp")


def test_a_large_file_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Email,Company,Message\n")
        file.writelines(f"p{n}@x{n}.example,X{n},{'word ' * 40}\n" for n in range(50_000))
    import tracemalloc

    tracemalloc.start()
    _, rows = read_rows(path)
    assert sum(1 for _ in islice(rows, 5_000)) == 5_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size, "the whole file lies in memory"


def test_rows_have_stable_keys_and_a_repeated_one_a_number(tmp_path: Path) -> None:
    text = "Email,Company,City\na@x.example,X,Rome\nA@X.example,X Inc,Oslo\n,,\n,,\na@x.example,Y,\n"
    _, rows = read(written(tmp_path, text))
    assert [row.key for row in rows[:2]] == ["a@x.example|x", "a@x.example|x#2"]
    assert len({row.key for row in rows}) == 5
    _, again = read(written(tmp_path, text, "another name.csv"))
    assert [row.key for row in again] == [row.key for row in rows]
    _, own = read(written(tmp_path, "Lead ID,Email,Company\n00Q5,a@x.example,X\n"))
    assert own[0].key == "00Q5"


def test_only_what_a_row_says_changes_its_hash(tmp_path: Path) -> None:
    head = "Email,Company,City\n"
    _, (row,) = read(written(tmp_path, head + "a@x.example,X,Rome\n"))
    _, (moved,) = read(written(tmp_path, head + "\n\n a@x.example , X,Rome \n".lstrip("\n"), "b.csv"))
    _, (changed,) = read(written(tmp_path, head + "a@x.example,X,Oslo\n"))
    assert content_hash_of(row) == content_hash_of(moved) != content_hash_of(changed)
    assert row.key == changed.key
