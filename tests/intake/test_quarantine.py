"""Bad rows: none is lost, none stops a run alone, too many stop it with one clear message, and nothing in them can do harm."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit import intake
from kpi_toolkit.intake import quarantine
from kpi_toolkit.language import Language
from tests.intake.client import ORDERS, codes, frame, read, written
from tests.intake.test_files import refused

HEAD = ORDERS.splitlines()[0]
HOSTILE = [
    '=cmd|"/c calc"!A1', "<script>alert(1)</script>", "../../etc/passwd", "x" * 10_000, "'; DROP TABLE people; --", "{file}",
    "@SUM(1)", "+1+cmd", "-2+3+cmd", "\u202eevil", "a\\b", "\x00nul", '=HYPERLINK("http://x")', "{{7*7}}", "\ue000", "%s%n",
]  # fmt: skip


def kept(folder: Path, table: str = "orders") -> list[dict[str, str]]:
    path = folder / "quarantine" / f"{table}.csv"
    return list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))


def test_a_bad_row_is_kept_as_it_came_with_its_place_and_reason(tmp_path):
    tables = read(tmp_path, {"orders.csv": ORDERS + "A9, 2026-01-05 ,P1,C1,abc\n"})
    assert kept(tmp_path) == [
        {"file": "orders.csv", "sheet": "", "row": "6", "column": "amount", "reason": "not_a_number", "order_id": "A9",
         "ordered_on": " 2026-01-05 ", "person_id": "P1", "customer_id": "C1", "amount": "abc"}
    ]  # fmt: skip
    assert list(tables.faults.columns) == ["table", "file", "sheet", "row", "column", "value", "code"]
    row = tables.intake.set_index("table").loc["orders"]
    assert (row.rows_in, row.used, row.left_out, row.quarantined) == (5, 4, 0, 1)


def test_one_bad_row_never_stops_a_run_and_two_of_few_do(tmp_path):
    assert codes(read(tmp_path, {"orders.csv": ORDERS + "A9,2026-01-05,P1,C1,abc\n"})) == ["not_a_number"]
    text = refused(tmp_path, {"orders.csv": ORDERS + "A8,2026-01-05,P1,C1,abc\nA9,2026-01-05,P1,C1,def\n"})
    for words in (
        "K130",
        "orders.csv",
        "row 6",
        "'amount'",
        "'abc'",
        "a number",
        "2 of 6 rows",
        "sources.orders",
        "max_bad_rows",
        "quarantine",
    ):
        assert words in text
    assert len(kept(tmp_path)) == 2, "what stops a run can be looked at"


def test_the_client_says_how_many_bad_rows_are_borne(tmp_path):
    bad = ORDERS + "A8,2026-01-05,P1,C1,abc\nA9,2026-01-05,P1,C1,def\n"
    assert len(codes(read(tmp_path, {"orders.csv": bad}, policy={"max_bad_rows": 0.34}))) == 2


def test_an_earlier_quarantine_is_taken_away(tmp_path):
    read(tmp_path, {"orders.csv": ORDERS + "A9,2026-01-05,P1,C1,abc\n"})
    read(tmp_path, {})
    assert not list((tmp_path / "quarantine").glob("*.csv"))


def test_the_message_is_said_in_the_readers_language():
    error = quarantine.TooManyBadRows(
        file="f", sheet="–", row=2, column="c", value="v", bad=2, rows=3, table="orders", share=0.02,
        expected=quarantine.REASONS["empty"][0], mend=quarantine.REASONS["empty"][1], folder="", where="",
    )  # fmt: skip
    assert "một giá trị" in error.worded(Language("vi", {"a value": "một giá trị"}))


def test_every_fault_has_words(tmp_path):
    from kpi_toolkit.intake import checks, grid, staging

    source = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (checks, staging))
    said = set(re.findall(r"fault\(\s*(?:table|\"\w+\"),\s*\"(\w+)\"", source)) | set(re.findall(r"'(not_\w+|empty)'", source))
    said |= set(re.findall(r'"(not_a_\w+)"', source)) | {"repeated_key"} | set(grid.SPOILT)
    assert said == set(quarantine.REASONS)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_data(tmp_path, text):
    quoted = '"' + text.replace('"', '""') + '"'
    people = f"person_id,name,country\nP1,{quoted},{quoted}\nP2,,\nP3,,\n"
    bad = f"{quoted},2026-01-05,P1,C1,{quoted}\n"
    tables = read(tmp_path, {"people.csv": people, "orders.csv": ORDERS + f"{quoted},2026-01-05,P1,{quoted},7\n" + bad})
    assert frame(tables.orders)["order_id"].tolist()[-1] == text.replace("\ue000", "\ufffd"), "our own mark is not the client's"
    assert frame(tables.people)["person_id"].tolist() == ["P1", "P2", "P3"]
    for row in kept(tmp_path):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t")), cell[:20]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.parent not in (tmp_path, tmp_path / "quarantine")]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_message_shows_a_hostile_value_short_and_on_one_line(tmp_path, text):
    quoted = '"' + text.replace('"', '""') + '"'
    bad = "".join(f"A{i},2026-01-05,P1,C1,{quoted}\n" for i in range(5, 9))
    message = refused(tmp_path, {"orders.csv": ORDERS + bad})
    assert message.startswith("K130") and "x" * 70 not in message


def test_numbers_in_quarantine_stay_numbers():
    assert [quarantine.harmless(cell) for cell in ("-5", "+1.5", "-1.234,50", "-12%", "=1", "-a", " =1", "＝1", "")] == [
        "-5", "+1.5", "-1.234,50", "-12%", "'=1", "'-a", "' =1", "'＝1", "",
    ]  # fmt: skip


CELLS = {
    "order_id": st.sampled_from(["A1", "A2", "A3", "", " "]),
    "ordered_on": st.sampled_from(["2026-01-05", "2026-01-31", "2026-02-30", "31/01/2026", "2062-01-01", "", "x"]),
    "person_id": st.sampled_from(["P1", "P2", "P3", "P9", ""]),
    "customer_id": st.sampled_from(["C1", "C2", "", "=x"]),
    "amount": st.sampled_from(["1", "2.50", "-3", "abc", "", "1e999", "1,5"]),
    "Type": st.sampled_from(["Invoice", "invoice ", "Quote", ""]),
    "status": st.sampled_from(["", "void", "Returned"]),
}
ROWS = st.lists(
    st.fixed_dictionaries(CELLS) | st.sampled_from(["", '"open', "a,b", ",,,,,,", "1,2,3,4,5,6,7,8,9"]), min_size=3, max_size=40
)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(ROWS)
def test_rows_in_are_used_left_out_or_quarantined(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    lines = [row if isinstance(row, str) else ",".join(row.values()) for row in rows]
    orders = ",".join(CELLS) + "\n" + "".join(line + "\n" for line in lines)
    source = {"orders": {"file": "orders.csv", "where": {"Type": ["Invoice"]}, "decimal": "."}}
    tables = read(folder, {"orders.csv": orders}, source, policy={"max_bad_rows": 1})
    row = tables.intake.set_index("table").loc["orders"]
    assert row.rows_in == sum(1 for line in lines if line.replace(",", "").strip()), "a wholly empty row is not a row"
    assert row.rows_in == row.used + row.left_out + row.quarantined
    used = frame(tables.orders)
    assert row.used == len(used) and row.quarantined == len(tables.faults)
    assert row.quarantined == (len(kept(folder)) if (folder / "quarantine" / "orders.csv").exists() else 0)
    assert used["row_id"].is_monotonic_increasing and used["row_id"].is_unique
    assert (
        used[["order_id", "ordered_on", "person_id", "customer_id", "amount", "currency", "credit", "counts"]]
        .notna()
        .all(axis=None)
    )
    assert set(used["person_id"]) <= {"P1", "P2", "P3"}


def test_the_same_files_give_the_same_tables(tmp_path):
    lines = "".join(f"A{i // 3},2026-01-{1 + i % 28:02d},P{1 + i % 3},C{i % 50},{i}.25\n" for i in range(5000))
    engagement = written(tmp_path, {"orders.csv": HEAD + "\n" + lines + "A1,x,P1,C1,2\n"})
    first, second = intake.read(engagement), intake.read(engagement)
    for name in ("people", "orders"):
        pd.testing.assert_frame_equal(frame(first.table(name)), frame(second.table(name)))
    for name in ("intake", "findings", "faults"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert frame(first.orders)["amount"].tolist() == [i + 0.25 for i in range(5000)]
