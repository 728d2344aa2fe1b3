"""Files as clients send them: delimiters, encodings, ragged rows, open quotes, workbooks, Parquet."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit import intake
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake import csv_text
from kpi_toolkit.intake.grid import named
from tests.intake.client import ORDERS, codes, frame, read, written

AMOUNTS = [100.5, 200.0, 300.0, 400.0]


def refused(tmp_path, files, sources=None, **keys) -> str:
    with pytest.raises(KpiError) as error:
        read(tmp_path, files, sources, **keys)
    text = str(error.value)
    assert len(text.splitlines()) == 1 and len(text) < 1200, text
    return text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_byte_order_mark_are_found(tmp_path, delimiter, encoding):
    tables = read(tmp_path, {"orders.csv": ORDERS.replace(",", delimiter).encode(encoding)})
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS


def test_line_ends_of_any_system_are_read(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS.replace("\n", "\r\n"), "people.csv": "person_id\rP1\rP2\rP3\r"})
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS
    assert frame(tables.people)["person_id"].tolist() == ["P1", "P2", "P3"]


def test_a_declared_delimiter_holds(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS.replace(",", "~")}, {"orders": {"file": "orders.csv", "delimiter": "~"}})
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS


def test_a_wrong_delimiter_is_one_clear_message(tmp_path):
    text = refused(tmp_path, {}, {"orders": {"file": "orders.csv", "delimiter": ";"}})
    assert text.startswith("K119") and "orders.csv" in text and "delimiter" in text
    assert refused(tmp_path, {"orders.csv": ORDERS.replace(",", "~")}).startswith("K119")


def test_an_old_encoding_is_asked_for_by_the_clients_language_and_then_read(tmp_path):
    raw = _cp1258("person_id,name\nP1,Trần Thị Hà\nP2,Lê\nP3,Võ\n")
    text = refused(tmp_path, {"people.csv": raw}, language="vi")
    assert text.startswith("K113") and "cp1258" in text and "people.csv" in text and "encoding" in text
    tables = read(tmp_path, {"people.csv": raw}, {"people": {"file": "people.csv", "encoding": "cp1258"}})
    assert frame(tables.people)["name"].tolist() == ["Trần Thị Hà", "Lê", "Võ"], "composed again"
    for wrong in ("ascii", "klingon"):
        source = {"people": {"file": "people.csv", "encoding": wrong}}
        assert refused(tmp_path, {"people.csv": raw}, source).startswith("K114")


def _cp1258(text: str) -> bytes:
    """Each letter whole where the code page has it, else its base with the tone mark behind."""
    out = bytearray()
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            apart = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in apart[1:] if mark in "\u0300\u0301\u0303\u0309\u0323")
            out += (unicodedata.normalize("NFC", apart.replace(tone, "")) + tone).encode("cp1258")
    return bytes(out)


def test_an_empty_file_is_one_clear_message(tmp_path):
    for nothing in ("", "\n\n", "\ufeff"):
        assert refused(tmp_path, {"orders.csv": nothing}).startswith("K112")


def test_a_file_of_names_alone_has_no_rows_and_says_so(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS.splitlines()[0]})
    assert frame(tables.orders).empty and "no_rows" in set(tables.findings["code"])
    assert tables.intake.set_index("table").loc["orders", "rows_in"] == 0


def test_a_missing_file_names_the_nearest(tmp_path):
    text = refused(tmp_path, {}, {"orders": {"file": "order.csv"}})
    assert text.startswith("K132") and "Nearest: orders.csv" in text and "sources.orders" in text
    assert refused(tmp_path, {}, {"orders": {"file": "raw/*.csv"}}).startswith("K132")


def test_a_missing_column_names_the_nearest_and_how_to_mend(tmp_path):
    text = refused(tmp_path, {}, {"orders": {"file": "orders.csv", "columns": {"amount": "amuont"}}})
    assert text.startswith("K102") and "'amuont'" in text and "orders.amount" in text and "Nearest: amount" in text
    text = refused(tmp_path, {"orders.csv": ORDERS.replace("amount", "SalesAmount")})
    assert text.startswith("K102") and "SalesAmount" in text and "sources.orders.columns" in text


def test_a_row_of_another_width_goes_to_quarantine_whole(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS + "A9,2026-01-05,P1,C1,1,234,56\n"})
    assert codes(tables) == ["fields"] and tables.faults["row"].tolist() == [6]
    kept = list(csv.reader((tmp_path / "quarantine" / "orders.csv").open(encoding="utf-8-sig", newline="")))
    assert kept[1][:5] == ["orders.csv", "", "6", "", "fields"] and kept[1][-1] == "1 | 234 | 56"
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS


def test_empty_cells_beyond_the_last_column_and_empty_rows_are_nothing(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS.replace("100.5", "100.5,,") + "\n ,,,, \n,,,,\n"})
    assert tables.faults.empty and tables.intake.set_index("table").loc["orders", "rows_in"] == 4


@pytest.mark.parametrize("quote", ['"C1', '"C1" x'])
def test_an_open_quote_spoils_its_own_row_only(tmp_path, quote):
    lines = ORDERS.splitlines()
    lines[1] = lines[1].replace("C1", quote)
    tables = read(tmp_path, {"orders.csv": "\n".join(lines) + "\n"})
    assert codes(tables) == ["quote"] and tables.faults["row"].tolist() == [2]
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS[1:]
    assert quote in (tmp_path / "quarantine" / "orders.csv").read_text(encoding="utf-8-sig").replace('""', '"')


def test_a_quoted_break_is_part_of_its_cell_and_rows_keep_their_line(tmp_path):
    people = 'person_id,name\nP1,"Lan\nAnh"\nP2,"a ""b"" c"\nP3,x\nP4,y,z,w\n'
    tables = read(tmp_path, {"people.csv": people})
    assert frame(tables.people)["name"].tolist() == ["Lan\nAnh", 'a "b" c', "x"]
    assert tables.faults["row"].tolist() == [6], "the line of the file"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]))
def test_what_pythons_writer_wrote_is_read_cell_by_cell(rows, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["a", "b", "c"], *rows])
    records = csv_text._records(_lines(out.getvalue()), delimiter, 1)
    assert [record.cells for record in records][1:] == rows


def _lines(text: str):
    return iter(io.StringIO(text, newline=""))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.text('ab,"\n', max_size=12), min_size=1, max_size=10))
def test_no_line_is_lost_whatever_the_quotes(lines):
    text = "x,y\n" + "\n".join(lines) + "\n"
    letters = sorted(letter for letter in text if letter in "abxy")
    kept = "".join("".join(record.cells) for record in csv_text._records(_lines(text), ",", 1))
    assert sorted(letter for letter in kept if letter in "abxy") == letters


def test_names_of_columns_are_trimmed_and_told_apart():
    assert named(["a ", " a", "", "b\n c", "a", "", ""]) == ["a", "a #2", "", "b c", "a #3"]


def test_a_preamble_is_skipped_by_header(tmp_path):
    tables = read(tmp_path, {"orders.csv": "Report of May\n;;\n" + ORDERS}, {"orders": {"file": "orders.csv", "header": 3}})
    assert frame(tables.orders)["amount"].tolist() == AMOUNTS


def test_a_pattern_reads_its_files_by_name_and_columns_may_stand_elsewhere(tmp_path):
    first = "order_id,ordered_on,person_id,customer_id,amount\nA1,2026-01-05,P1,C1,1\n"
    second = "amount,customer_id,person_id,ordered_on,order_id,product\n2,C2,P2,2026-01-06,A2,X\n"
    engagement = written(tmp_path, {"raw/b.csv": second, "raw/a.csv": first}, {"orders": {"file": "raw/*.csv"}})
    tables = intake.read(engagement)
    rows = frame(tables.orders)
    assert rows["amount"].tolist() == [1.0, 2.0] and rows["row_id"].tolist() == [1, 2]
    assert rows["product"].isna().tolist() == [True, False]
    assert tables.intake["file"].tolist() == ["people.csv", "raw/a.csv", "raw/b.csv"]
    digests = intake.sources_digest(engagement)
    assert digests["raw/b.csv"] == hashlib.sha256(second.encode()).hexdigest() and set(digests) == {
        "people.csv",
        "raw/a.csv",
        "raw/b.csv",
    }


def workbook(path, sheets: dict[str, list[list[object]]]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


HEAD = ["order_id", "ordered_on", "person_id", "customer_id", "amount"]


def test_a_workbooks_dates_numbers_and_identifiers_are_what_excel_shows(tmp_path):
    rows = [HEAD, [43659, datetime(2026, 7, 31), "P1", "007", 1.234], [43660, datetime(2026, 8, 1), "P2", 12, 2], [None] * 5]
    workbook(tmp_path / "o.xlsx", {"Q3": rows})
    tables = read(tmp_path, {}, {"orders": {"file": "o.xlsx", "sheet": "Q3"}})
    got = frame(tables.orders)
    assert got["order_id"].tolist() == ["43659", "43660"] and got["customer_id"].tolist() == ["007", "12"]
    assert got["amount"].tolist() == [1.234, 2.0]
    assert pd.to_datetime(got["ordered_on"]).dt.strftime("%Y-%m-%d").tolist() == ["2026-07-31", "2026-08-01"]


def test_a_missing_sheet_or_a_file_that_is_no_workbook_is_one_clear_message(tmp_path):
    workbook(tmp_path / "o.xlsx", {"Orders": [HEAD], "Returns": [["x"]], "Empty": []})
    text = refused(tmp_path, {}, {"orders": {"file": "o.xlsx", "sheet": "Order"}})
    assert text.startswith("K116") and "Nearest: Orders" in text and "Returns" in text
    assert refused(tmp_path, {}, {"orders": {"file": "o.xlsx", "sheet": "Empty"}}).startswith("K112")
    assert refused(tmp_path, {"bad.xlsx": "no workbook"}, {"orders": {"file": "bad.xlsx"}}).startswith("K115")
    assert refused(tmp_path, {"bad.xls": "no workbook"}, {"orders": {"file": "bad.xls"}}).startswith("K115")


def test_a_far_away_cell_does_not_fill_the_memory(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active["A1"] = "order_id"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")
    text = refused(tmp_path, {}, {"orders": {"file": "far.xlsx"}})
    assert text.startswith("K115") and "far" in text


def test_parquet_is_read_by_its_types(tmp_path):
    pd.DataFrame(
        {
            "order_id": [1, 2],
            "ordered_on": pd.to_datetime(["2026-07-31", "2026-08-01"]),
            "person_id": ["P1", "P2"],
            "customer_id": [7.0, float("nan")],
            "amount": [1.234, 5.0],
        }
    ).to_parquet(tmp_path / "o.parquet")
    tables = read(tmp_path, {}, {"orders": {"file": "o.parquet"}})
    got = frame(tables.orders)
    assert got["customer_id"].tolist() == ["7"] and got["amount"].tolist() == [1.234] and codes(tables) == ["empty"]
    assert refused(tmp_path, {"x.parquet": "nothing"}, {"orders": {"file": "x.parquet"}}).startswith("K117")


def test_a_database_says_that_it_cannot_be_read_yet(tmp_path):
    text = refused(tmp_path, {}, {"orders": {"table": "sales.orders", "url": "postgres://x"}})
    assert text.startswith("K126") and "sales.orders" in text


def test_another_engine_says_that_it_cannot_be_used_yet(tmp_path):
    assert refused(tmp_path, {}, engine="pyspark").startswith("K131")
