"""When a quarter is incomplete (contract, section 1)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.kpis.coverage import coverage_of, is_complete
from kpi_toolkit.quarter import Quarter
from tests.kpis.client import days

QUARTER = Quarter.parse("2025Q2")
END = QUARTER.last_day


def on(*texts: str) -> np.ndarray:
    return np.array(sorted(texts), dtype="datetime64[D]")


def every_weekday(until: str) -> np.ndarray:
    return np.array([day for day in np.arange("2025-01-01", until, dtype="datetime64[D]") if np.is_busday(day)])


def test_facts_that_stop_five_working_days_before_the_end_fill_the_quarter_and_six_do_not() -> None:
    assert is_complete(every_weekday("2025-06-24"), QUARTER, None)  # last on Monday 23rd: 24, 25, 26, 27, 30 are without
    assert not is_complete(every_weekday("2025-06-21"), QUARTER, None)


def test_facts_with_longer_gaps_of_their_own_may_stop_earlier() -> None:
    weekly = on("2025-04-01", "2025-04-20", "2025-05-15", "2025-06-10")  # gaps of 19, 25 and 26 days; 20 to the end
    assert is_complete(weekly, QUARTER, None)
    assert not is_complete(weekly[:-1], QUARTER, None)  # 46 days to the end, the longest gap 25


def test_a_gap_more_than_a_year_before_the_last_fact_does_not_count() -> None:
    old = on("2023-01-01", "2024-05-01", "2025-05-20", "2025-05-28")
    assert not is_complete(old, QUARTER, None)


def test_as_of_cuts_a_quarter_and_later_facts_complete_it() -> None:
    assert not is_complete(every_weekday("2025-06-30"), QUARTER, END - timedelta(days=1))
    assert is_complete(on("2025-04-01", "2025-07-15"), QUARTER, None)


def test_a_source_that_begins_later_has_no_data_in_the_quarter() -> None:
    assert not is_complete(on("2025-07-01"), QUARTER, None)
    assert not is_complete(on(), QUARTER, None)


@given(st.sets(st.dates(date(2024, 1, 1), date(2025, 7, 10)), min_size=1, max_size=40))
def test_it_equals_the_rule_spelled_out(found: set[date]) -> None:
    last, recent = max(found), sorted(day for day in found if day > max(found) - timedelta(days=365))
    missing = [last + timedelta(days=i) for i in range(1, (END - last).days + 1)]
    gaps = [(later - earlier).days for earlier, later in pairwise(recent)]
    stops = sum(day.weekday() < 5 for day in missing) > 5 and len(missing) > max(gaps, default=0)
    expected = not stops and min(found) <= END
    assert is_complete(np.array(sorted(found), dtype="datetime64[D]"), QUARTER, None) == expected


def test_each_country_stands_for_itself_and_quarters_before_the_run_are_judged_by_facts_before_it() -> None:
    facts = pd.DataFrame({"source": "orders", "country": ["VN", "VN", "TR", "TR"],
                          "day": days(["2025-01-10", "2025-06-27", "2025-01-10", "2025-03-28"])})  # fmt: skip
    table = coverage_of(facts, ["orders"], ["TR", "VN"], Quarter.parse("2025Q1"), QUARTER, None)
    found = {(row.country, row.quarter): row.complete for row in table.itertuples()}
    assert found["VN", "2025Q2"] and not found["TR", "2025Q2"] and found["", "2025Q2"]
    assert found["TR", "2025Q1"] and not found["VN", "2025Q1"]  # VN's fact of June is not known before the run's quarter
