"""Fiscal quarters: names, days, order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.quarter import BadFiscalStart, BadQuarter, FiscalYear, Quarter, month_of, quarters_between, week_of

FISCAL = st.builds(FiscalYear, st.integers(1, 12), st.integers(1, 28), st.sampled_from(["end", "start"]))
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("start", "named_by", "day", "name", "first", "last"),
    [
        ("01-01", "end", date(2026, 9, 30), "2026Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("04-01", "end", date(2026, 3, 31), "2026Q4", date(2026, 1, 1), date(2026, 3, 31)),
        ("04-01", "end", date(2026, 4, 1), "2027Q1", date(2026, 4, 1), date(2026, 6, 30)),
        ("04-01", "start", date(2026, 4, 1), "2026Q1", date(2026, 4, 1), date(2026, 6, 30)),
        ("02-15", "end", date(2026, 2, 14), "2026Q4", date(2025, 11, 15), date(2026, 2, 14)),
        ("10-01", "end", date(2025, 10, 1), "2026Q1", date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_a_quarter_has_the_days_of_its_fiscal_year(start, named_by, day, name, first, last):
    quarter = Quarter.of(day, FiscalYear.parse(start, named_by))
    assert (str(quarter), quarter.first_day, quarter.last_day) == (name, first, last)


@given(FISCAL, DAYS)
def test_every_day_lies_in_exactly_the_quarter_that_is_named_for_it(fiscal, day):
    quarter = Quarter.of(day, fiscal)
    assert day in quarter
    assert day not in quarter.next and day not in quarter.previous
    assert Quarter.parse(str(quarter), fiscal) == quarter
    assert quarter.next.first_day == quarter.last_day + timedelta(days=1)
    assert 89 <= quarter.days <= 93


@given(FISCAL, DAYS)
def test_a_fiscal_year_named_by_its_end_ends_in_the_year_of_its_name(fiscal, day):
    quarter = Quarter.of(day, fiscal)
    fourth = Quarter(quarter.year, 4, fiscal)
    first = Quarter(quarter.year, 1, fiscal)
    named = fourth.last_day.year if fiscal.named_by == "end" else first.first_day.year
    assert named == quarter.year


@given(DAYS, st.integers(-40, 40))
def test_shifting_is_counting(day, steps):
    quarter = Quarter.of(day)
    assert quarter.shifted(steps).ordinal - quarter.ordinal == steps
    assert quarter.shifted(steps).shifted(-steps) == quarter
    between = list(quarters_between(quarter, quarter.shifted(abs(steps))))
    assert len(between) == abs(steps) + 1 and between == sorted(between)


@pytest.mark.parametrize("text", ["2026", "2026Q5", "26Q1", "Q1 2026", "2026-07", "", "../2026Q1", "2026Q1\n2026Q2"])
def test_what_is_no_quarter_is_refused_with_an_example(text):
    with pytest.raises(BadQuarter, match="2026Q3"):
        Quarter.parse(text)


@pytest.mark.parametrize("text", ["13-01", "02-30", "1 April", "04/01", ""])
def test_what_is_no_first_day_of_a_year_is_refused(text):
    with pytest.raises(BadFiscalStart):
        FiscalYear.parse(text)


def test_months_and_iso_weeks_are_written_as_in_the_contract():
    assert month_of(date(2026, 7, 31)) == "2026-07"
    assert week_of(date(2026, 7, 31)) == "2026-W31"
    assert week_of(date(2027, 1, 1)) == "2026-W53"
