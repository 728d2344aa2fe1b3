"""Numbers and days in texts, decided for a whole column by evidence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake import backend, dates, numbers, staging
from tests.intake.client import codes, frame, read
from tests.intake.test_files import HEAD, refused, workbook


def orders(amounts: list[str] | None = None, days: list[str] | None = None) -> str:
    n = len(amounts or days or [])
    rows = zip(amounts or ["1"] * n, days or ["2026-01-05"] * n, strict=True)
    lines = [f'A{i};{day};P1;C1;"{amount}"' for i, (amount, day) in enumerate(rows)]
    return "order_id;ordered_on;person_id;customer_id;amount\n" + "\n".join(lines) + "\n"


def amounts_of(tmp_path, texts: list[str], **source) -> list[float]:
    tables = read(tmp_path, {"orders.csv": orders(texts)}, {"orders": {"file": "orders.csv", **source}})
    return frame(tables.orders)["amount"].tolist()


def days_of(tmp_path, texts: list[str], **source) -> list[date]:
    tables = read(tmp_path, {"orders.csv": orders(days=texts)}, {"orders": {"file": "orders.csv", **source}})
    return [pd.Timestamp(day).date() for day in frame(tables.orders)["ordered_on"]]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,234.50", "1,000", "-3", "(12.5)", "7-"], [1234.5, 1000, -3, -12.5, -7]),
        (["1.234,50", "1.000", "2", "−3,5"], [1234.5, 1000, 2, -3.5]),
        (["1.234.567 ₫", "500.000 ₫"], [1234567, 500000]),
        (["1 234,50 €", "12\u00a0345,00", "1'234,5"], [1234.5, 12345, 1234.5]),
        (["USD 12.50", "$1,000.25", "1e3"], [12.5, 1000.25, 1000]),
        (["0.125", "1.250"], [0.125, 1.25]),
    ],
)
def test_the_decimal_sign_is_found_in_the_column(tmp_path, texts, expected):
    assert amounts_of(tmp_path, texts) == pytest.approx(expected, abs=0)


def test_thousands_or_decimals_that_no_row_tells_are_asked_for(tmp_path):
    text = refused(tmp_path, {"orders.csv": orders(["500.000", "750.000"])})
    assert text.startswith("K127") and "'500.000'" in text and "row 2" in text and "decimal" in text
    assert amounts_of(tmp_path, ["500.000", "750.000"], decimal=",") == [500000, 750000]
    assert amounts_of(tmp_path, ["500.000", "750.000"], decimal=".") == [500, 750]


def test_points_and_commas_in_one_column_are_asked_for_unless_they_are_rare(tmp_path):
    text = refused(tmp_path, {"orders.csv": orders(["1.50", "2,50"])})
    assert text.startswith("K121") and "'1.50'" in text and "'2,50'" in text
    tables = read(tmp_path, {"orders.csv": orders(["1.25"] * 99 + ["2,5"])})
    assert codes(tables) == ["not_a_number"] and tables.faults["value"].tolist() == ["2,5"]


@pytest.mark.parametrize("text", ["abc", "1.2.3", "=1+1", "nan", "inf", "1_000", "1e400", "0x10", "--5", "5 apples", "12,34,5"])
def test_text_in_an_amount_is_a_bad_row(tmp_path, text):
    tables = read(tmp_path, {"orders.csv": orders(["1.5", text])})
    assert codes(tables) == ["not_a_number"] and tables.faults["value"].tolist() == [text]
    assert tables.faults[["file", "row", "column"]].iloc[0].tolist() == ["orders.csv", 3, "amount"]
    assert frame(tables.orders)["amount"].tolist() == [1.5]


@pytest.fixture(scope="module")
def engine():
    connection = backend.connect().con
    staging.prepare(connection)
    return connection


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 2)))
def test_a_number_written_in_any_house_style_is_read_back(engine, value):
    with_point = f"{value:,.2f}"
    with_comma = with_point.translate(str.maketrans(",.", ".,"))
    got = engine.execute(
        "SELECT number_of($1, false), number_of($2, true), number_of($3, false)", [with_point, with_comma, repr(value)]
    )
    assert got.fetchall() == [(value, value, value)]


ISO = [
    "2026-07-01",
    "2026-7-1",
    "2026/07/01",
    "20260701",
    "2026-07-01T10:00:00Z",
    "2026-07-01 10:00:00.000",
    "1 Jul 2026",
    "July 1, 2026",
]


def test_iso_and_named_months_need_no_evidence(tmp_path):
    assert days_of(tmp_path, ISO) == [date(2026, 7, 1)] * len(ISO)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.dates(date(2020, 1, 1), date(2029, 12, 31)), min_size=1, max_size=20),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%y", "%m/%d/%y"]),
    st.booleans(),
)
def test_day_or_month_first_is_decided_by_a_day_above_twelve(engine, days, pattern, with_time):
    telling = [*days, date(2026, 12, 31)]
    texts = [day.strftime(pattern) + (" 09:30" if with_time else "") for day in telling]
    engine.execute("CREATE OR REPLACE TABLE dated (_seq INT, _file TEXT, _sheet TEXT, _row INT, _taken BOOL, t TEXT)")
    engine.executemany("INSERT INTO dated VALUES (?, 'f', '', ?, true, ?)", [[i, i, text] for i, text in enumerate(texts)])
    from kpi_toolkit.intake.evidence import Column

    expression = dates.day(engine, Column("dated", "t", "t", "orders"), None, 0.02)
    read_back = [row[0] for row in engine.execute(f"SELECT {expression} FROM dated ORDER BY _seq").fetchall()]
    assert read_back == telling


def test_days_that_may_be_months_are_asked_for(tmp_path):
    text = refused(tmp_path, {"orders.csv": orders(days=["01/02/2026", "03/04/2026"])})
    assert text.startswith("K122") and "'01/02/2026'" in text and "dates:" in text and "ordered_on" in text
    assert days_of(tmp_path, ["01/02/2026"], dates="%d/%m/%Y") == [date(2026, 2, 1)]
    assert days_of(tmp_path, ["01/02/2026"], dates="%m/%d/%Y") == [date(2026, 1, 2)]
    assert days_of(tmp_path, ["05/05/2026"]) == [date(2026, 5, 5)], "either way the same day"


def test_both_orders_in_one_column_stop_unless_one_is_rare(tmp_path):
    text = refused(tmp_path, {"orders.csv": orders(days=["31/01/2026", "01/31/2026"])})
    assert text.startswith("K123") and "'31/01/2026'" in text and "'01/31/2026'" in text
    tables = read(tmp_path, {"orders.csv": orders(days=["31/01/2026"] * 99 + ["01/31/2026"])})
    assert codes(tables) == ["not_a_day"]


@pytest.mark.parametrize("text", ["2026-02-30", "29/02/2025", "soon", "0202-01-01", "12026-01-01", "infinity", "99999999"])
def test_what_is_no_day_is_a_bad_row(tmp_path, text):
    tables = read(tmp_path, {"orders.csv": orders(days=["31/01/2026", text])})
    assert codes(tables) == ["not_a_day"] and tables.faults["value"].tolist() == [text]


def test_a_wrong_format_is_one_clear_message(tmp_path):
    for wrong in ("dd.mm.yyyy", "%Q"):
        assert refused(tmp_path, {}, {"orders": {"file": "orders.csv", "dates": wrong}}).startswith("K125")


def swapped_workbook(path) -> list[date]:
    """Days typed day first into a spreadsheet set to month first: up to the 12th they become cells, day and month changed."""
    true = [date(2026, 1, 1) + timedelta(days=7 * i) for i in range(40)]
    rows: list[list[object]] = [HEAD]
    for i, day in enumerate(true):
        cell = datetime(day.year, day.day, day.month) if day.day <= 12 else day.strftime("%d/%m/%Y")
        rows.append([f"A{i}", cell, "P1", "C1", i])
    workbook(path, {"Orders": rows})
    return true


def test_real_dates_beside_texts_of_the_other_order_stop_until_dates_says_which_holds(tmp_path):
    true = swapped_workbook(tmp_path / "o.xlsx")
    text = refused(tmp_path, {}, {"orders": {"file": "o.xlsx"}})
    assert text.startswith("K124") and "swapped" in text and "ordered_on" in text
    tables = read(tmp_path, {}, {"orders": {"file": "o.xlsx", "dates": "swapped"}})
    assert [pd.Timestamp(day).date() for day in frame(tables.orders)["ordered_on"]] == true
    tables = read(tmp_path, {}, {"orders": {"file": "o.xlsx", "dates": "%d/%m/%Y"}})
    as_they_stand = [pd.Timestamp(day).date() for day in frame(tables.orders)["ordered_on"]]
    assert as_they_stand == [date(d.year, d.day, d.month) if d.day <= 12 else d for d in true]


def test_genuine_date_cells_beside_texts_are_read(tmp_path):
    rows = [HEAD, ["A1", datetime(2026, 1, 31), "P1", "C1", 1], ["A2", "28/02/2026", "P1", "C1", 1]]
    workbook(tmp_path / "o.xlsx", {"Orders": rows})
    tables = read(tmp_path, {}, {"orders": {"file": "o.xlsx"}})
    assert [pd.Timestamp(day).date() for day in frame(tables.orders)["ordered_on"]] == [date(2026, 1, 31), date(2026, 2, 28)]


def test_the_messages_are_errors_of_the_toolkit():
    for error in (numbers.UnclearNumbers, numbers.MixedNumbers, dates.UnclearDates, dates.MixedDates, dates.CellsAndTexts):
        assert issubclass(error, KpiError)
