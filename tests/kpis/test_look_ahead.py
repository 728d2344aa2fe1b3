"""No look ahead: what comes after a period changes nothing in it; adding up; the same bytes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kpi_toolkit.artifacts import digest, save
from kpi_toolkit.kpis import Measured, Shape, measure
from kpi_toolkit.quarter import Quarter
from tests.kpis.client import engagement, tables
from tests.kpis.random_client import frames

SEED = 11
QUARTER = Quarter.parse("2025Q2")
DATED = {"orders": "ordered_on", "opportunities": "opened_on", "activities": "happened_on", "leads": "created_on",
         "spend": "spent_on", "payments": "paid_on"}  # fmt: skip
LATER = ("closed_on", "qualified_on", "converted_on")


@pytest.fixture(scope="module")
def given() -> dict[str, pd.DataFrame]:
    return frames(SEED, orders=250)


@pytest.fixture(scope="module")
def measured(given: dict[str, pd.DataFrame]) -> Measured:
    return measure(tables(**given), engagement(), QUARTER)


def scrambled(given: dict[str, pd.DataFrame], after: date) -> dict[str, pd.DataFrame]:
    """The facts after a day changed beyond recognition: amounts, people, some dropped, some doubled; later days moved on."""
    draw, out = np.random.default_rng(SEED), dict(given)
    limit = pd.Timestamp(after)
    for table, day in DATED.items():
        rows = given[table].copy()
        late = rows[day] > limit
        for column in LATER:
            if column in rows:
                moved = rows[column] > limit
                rows.loc[moved, column] = rows.loc[moved, column] + pd.Timedelta(days=9)
        changed = rows[late].sample(frac=1.5, replace=True, random_state=SEED).copy()
        changed["person_id"] = draw.choice(given["people"]["person_id"].unique(), len(changed))
        if "amount" in changed:
            changed["amount"] = changed["amount"] * 7 + 1
        if table in ("orders", "payments", "activities", "leads"):
            key = rows.columns[0]
            changed[key] = changed[key] + "-late" + np.arange(len(changed)).astype(str)
        out[table] = pd.concat([rows[~late], changed], ignore_index=True)
    return out


def test_facts_after_the_quarter_change_no_measure(given: dict[str, pd.DataFrame], measured: Measured) -> None:
    other = measure(tables(**scrambled(given, QUARTER.last_day)), engagement(), QUARTER)
    pd.testing.assert_frame_equal(measured.measures, other.measures, check_exact=True)
    pd.testing.assert_frame_equal(measured.presence, other.presence, check_exact=True)
    pd.testing.assert_frame_equal(measured.proration, other.proration, check_exact=True)


def test_facts_after_as_of_change_nothing(given: dict[str, pd.DataFrame]) -> None:
    given, cut = {name: table for name, table in given.items() if name != "absences"}, date(2025, 5, 20)
    one = measure(tables(**given), engagement(), QUARTER, as_of=cut)
    other = measure(tables(**scrambled(given, cut)), engagement(), QUARTER, as_of=cut)
    for name, table in one.tables().items():
        pd.testing.assert_frame_equal(table, other.tables()[name], check_exact=True)
    assert not one.coverage.loc[one.coverage["quarter"] == "2025Q2", "complete"].any()


def test_facts_of_the_quarter_change_nothing_in_the_history(given: dict[str, pd.DataFrame], measured: Measured) -> None:
    earlier = QUARTER.previous.last_day
    other = measure(tables(**scrambled(given, earlier)), engagement(), QUARTER)
    for name, table in measured.history.tables().items():
        pd.testing.assert_frame_equal(table, other.history.tables()[name], check_exact=True, obj=name)
    assert not measured.measures.equals(other.measures)


def test_a_period_measured_later_is_what_it_was(given: dict[str, pd.DataFrame], measured: Measured) -> None:
    later = measure(tables(**given), engagement(), QUARTER.next).measures
    keys = ["level", "entity_id", "grain", "period", "kpi"]
    both = measured.measures.merge(later, on=keys, suffixes=("", "_later"))
    assert len(both) == len(measured.measures)
    pd.testing.assert_series_equal(both["value"], both["value_later"], check_names=False, check_exact=True)


def test_the_history_ends_before_the_quarter_and_holds_complete_quarters_only(measured: Measured) -> None:
    history = measured.history
    quarters = history.measures[history.measures["grain"] == "quarter"]
    assert quarters["period"].max() == "2025Q1"
    assert history.measures.loc[history.measures["grain"] == "month", "period"].max() == "2025-03"
    assert set(history.coverage["quarter"]) == {"2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1"}
    assert history.intake.empty and history.findings.empty


def test_counts_and_sums_add_up_from_persons_and_rows_without_a_person(
    given: dict[str, pd.DataFrame], measured: Measured
) -> None:
    table = measured.measures[measured.measures["grain"] == "quarter"]
    nobody = given["leads"][given["leads"]["person_id"].isna()]
    nobody = nobody.groupby(nobody["created_on"].dt.to_period("Q").astype(str)).size()
    for kpi in (kpi for kpi in measured.available() if measured.catalogue[kpi].shape in (Shape.COUNT, Shape.SUM)):
        own = table[table["kpi"] == kpi]
        column = "value_constant" if own["unit"].iloc[0] == "money" else "value"
        rates = measured.rates.set_index("currency")["rate"]
        worth = own[column] * own["currency"].map(rates).fillna(1.0)
        by_level = worth.groupby([own["level"], own["period"]]).sum().unstack("level")
        empty = own[own["level"] == "company"].set_index("period")["value"].isna()
        rest = by_level["company"] - by_level["person"]
        if kpi == "leads":
            rest = rest - nobody.reindex(rest.index).fillna(0)
        if kpi in ("qualified_leads",):
            assert (rest >= 0).all()
            continue
        assert np.allclose(rest[~empty], 0, atol=1e-6 * by_level["company"].abs().max()), kpi


def test_the_same_facts_in_another_order_and_on_more_threads_give_the_same_bytes(
    given: dict[str, pd.DataFrame], measured: Measured, tmp_path: Path
) -> None:
    shuffled = {
        name: table if name in ("people", "rates") else table.sample(frac=1, random_state=SEED) for name, table in given.items()
    }
    other = measure(tables(threads=4, **shuffled), engagement(), QUARTER)
    for name, table in measured.tables().items():
        one, two = save(tmp_path / "one", name, table), save(tmp_path / "two", name, other.tables()[name])
        assert digest(one) == digest(two), name
