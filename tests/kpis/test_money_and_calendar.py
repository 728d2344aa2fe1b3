"""Rates of days, working days of countries."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.intake.calendar import weekdays_after, working_days
from kpi_toolkit.intake.money import MissingRate, RateBook
from kpi_toolkit.quarter import FiscalYear

ROWS = pd.DataFrame(
    [
        ("EUR", None, pd.Timestamp("2025-01-10"), 1.04),
        ("EUR", None, pd.Timestamp("2025-03-01"), 1.08),
        ("VND", "2025Q1", None, 0.00004),
        ("VND", "2025Q3", None, 0.000039),
    ],
    columns=["currency", "quarter", "date", "rate"],
)
BOOK = RateBook.of(ROWS, "USD", FiscalYear())


def test_a_dated_rate_holds_from_its_day_until_the_next() -> None:
    days = [date(2025, 1, 10), date(2025, 2, 28), date(2025, 3, 1), date(2031, 1, 1)]
    assert [BOOK.rate("EUR", day) for day in days] == [1.04, 1.04, 1.08, 1.08]


def test_a_quarterly_rate_holds_for_that_quarter_alone() -> None:
    assert BOOK.rate("VND", date(2025, 3, 31)) == 0.00004
    assert BOOK.find("VND", date(2025, 4, 1)) is None


def test_a_quarter_is_one_of_the_clients_year() -> None:
    rows = pd.DataFrame([("VND", "2026Q1", None, 5.0)], columns=["currency", "quarter", "date", "rate"])
    assert RateBook.of(rows, "USD", FiscalYear.parse("04-01")).rate("VND", date(2025, 4, 1)) == 5.0


def test_the_reporting_currency_is_worth_one_and_a_currency_is_worth_itself_without_any_rate() -> None:
    assert BOOK.rate("USD", date(1999, 1, 1)) == 1.0
    assert BOOK.exchange("THB", "THB", date(1999, 1, 1)) == 1.0


def test_a_missing_rate_is_one_message_that_names_currency_day_and_remedy() -> None:
    with pytest.raises(MissingRate, match=r"K150.*EUR.*2025-01-09.*sources\.rates.*2025Q1"):
        BOOK.exchange("EUR", "VND", date(2025, 1, 9))


@given(day=st.dates(date(2025, 1, 10), date(2025, 3, 31)), one=st.sampled_from(["USD", "EUR", "VND"]))
def test_there_and_back_is_the_same_amount(day: date, one: str) -> None:
    for other in ("USD", "EUR", "VND"):
        assert BOOK.exchange(one, other, day) * BOOK.exchange(other, one, day) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("iso", "free"),
    [
        ("VN", ["2025-01-28", "2025-01-29", "2025-04-30", "2025-05-01", "2025-09-02"]),  # Tết, 30/4, 1/5, 2/9
        ("TR", ["2025-04-23", "2025-05-19", "2025-07-15", "2025-10-29"]),
        ("TH", ["2025-04-14", "2025-04-15", "2025-05-01"]),  # Songkran
        ("DE", ["2025-04-18", "2025-04-21", "2025-05-01", "2025-10-03"]),  # Karfreitag, Ostermontag
    ],
)
def test_public_holidays_of_a_country_are_no_working_days(iso: str, free: list[str]) -> None:
    for text in free:
        day = date.fromisoformat(text)
        assert not working_days(iso, day, day)[0], text


@pytest.mark.parametrize("iso", [None, "", "ZZ"])
def test_monday_to_friday_where_the_country_is_unknown(iso: str | None) -> None:
    assert working_days(iso, date(2025, 12, 22), date(2025, 12, 28)).tolist() == [True] * 5 + [False] * 2


def test_the_weekend_is_the_countrys_own() -> None:
    assert working_days("IL", date(2025, 11, 7), date(2025, 11, 9)).tolist() == [False, False, True]  # Friday, Saturday, Sunday


def test_weekdays_after_a_day_count_to_the_last_one() -> None:
    assert weekdays_after(date(2020, 5, 31), date(2020, 6, 30)) == 22
    assert weekdays_after(date(2020, 6, 30), date(2020, 6, 30)) == 0
