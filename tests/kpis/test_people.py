"""People over time: which row is valid, when they are employed."""

from __future__ import annotations

import pandas as pd

from kpi_toolkit.intake import CANONICAL
from kpi_toolkit.kpis.people import People, as_of_quarter
from kpi_toolkit.quarter import FiscalYear, Quarter
from tests.kpis.client import days


def people(*rows: dict[str, object], facts: dict[str, str] | None = None) -> People:
    table = pd.DataFrame(list(rows))
    for column in (*CANONICAL["people"], "iso"):
        if column not in table:
            table[column] = None
    first = pd.DataFrame({"person_id": list(facts or {}), "first_fact": days(list((facts or {}).values()))})
    return People.of(table, first, FiscalYear())


def team_on(who: People, day: str) -> str:
    return str(who.on(pd.DataFrame({"person_id": ["P"], "day": days([day])}))["team"].iloc[0])


def test_a_day_belongs_to_the_row_valid_on_it_and_outside_all_rows_to_the_nearest_before_else_the_first() -> None:
    moved = people(
        {"person_id": "P", "team": "B", "valid_from": "2025-02-10", "valid_to": "2025-03-31"},
        {"person_id": "P", "team": "A", "valid_from": "2024-01-01", "valid_to": "2025-02-09"},
    )
    assert [team_on(moved, day) for day in ("2023-05-01", "2024-01-01", "2025-02-09", "2025-02-10", "2025-06-01")] == [
        "A", "A", "A", "B", "B"
    ]  # fmt: skip


def test_without_a_joining_day_employment_begins_with_the_quarter_of_the_first_fact() -> None:
    begun = people({"person_id": "P"}, facts={"P": "2025-05-17"}).employment
    assert begun["starts"].tolist() == [pd.Timestamp("2025-04-01")]


def test_without_a_joining_day_and_without_a_fact_nobody_is_employed() -> None:
    assert people({"person_id": "P"}).employment.empty


def test_who_leaves_and_comes_back_is_employed_twice() -> None:
    twice = people(
        {"person_id": "P", "joined_on": "2023-01-02", "left_on": "2023-06-30", "valid_from": "2023-01-02"},
        {"person_id": "P", "joined_on": "2025-02-01", "left_on": None, "valid_from": "2025-02-01"},
    )
    inside = twice.employed_days("P", days(["2023-06-30", "2023-07-01", "2025-01-31", "2025-02-01"]).to_numpy())
    assert inside.tolist() == [True, False, False, True]


def test_a_leaving_day_written_only_in_the_latest_row_ends_the_employment() -> None:
    left = people(
        {"person_id": "P", "joined_on": "2023-01-02", "left_on": None, "valid_from": "2023-01-02"},
        {"person_id": "P", "joined_on": "2023-01-02", "left_on": "2025-05-31", "valid_from": "2024-01-01"},
    )
    assert left.employment["ends"].tolist() == [pd.Timestamp("2025-05-31")]


def test_a_person_is_what_the_row_says_that_is_valid_on_the_last_day_of_the_quarter_in_which_they_are_employed() -> None:
    table = as_of_quarter(
        people(
            {"person_id": "P", "team": "A", "joined_on": "2024-01-01", "left_on": "2025-05-20", "valid_from": None},
            {"person_id": "P", "team": "B", "joined_on": "2024-01-01", "left_on": "2025-05-20", "valid_from": "2025-06-01"},
            {"person_id": "Q", "team": "C", "goals": "none", "joined_on": "2030-01-01"},
        ),
        Quarter.parse("2025Q2"),
    )
    assert table["team"].tolist() == ["A", "C"]
    assert table["employed"].tolist() == [True, False]
    assert table["has_goals"].tolist() == [True, False]
