"""A few rows as spreadsheets spoil them, put among the clean ones: quarantine has something to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

HEADER_LINES = 1  # of the file: the first row stands on line 2
UNKNOWN_PERSON, TEXT_AMOUNT, FAR_DATE = "VN77", "chờ báo giá", "2062-08-14"
DIRTY_COLUMNS = ("table", "row", "column", "reason")


def soiled_orders(rng: np.random.Generator, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order rows as text with six bad ones put in, and where they stand (table, row: line of the file, column, reason).

    Bad are: two of an unknown person, one amount of words, one day in 2062, two that repeat an earlier row. All clean rows stay.
    """
    last = len(rows) - 1
    after = np.sort(rng.choice(np.arange(last // 3, last), 6, replace=False))
    bad = rows.iloc[after].copy()
    spoilt: Sequence[tuple[str, str, str]] = (
        ("rep", UNKNOWN_PERSON, "unknown_person"),
        ("", "", "duplicate"),
        ("net_amount", TEXT_AMOUNT, "not_a_number"),
        ("rep", UNKNOWN_PERSON, "unknown_person"),
        ("order_date", FAR_DATE, "far_date"),
        ("", "", "duplicate"),
    )
    for n, (column, value, reason) in enumerate(spoilt):
        if column:
            bad.iloc[n, bad.columns.get_loc(column)] = value  # type: ignore[index]
            bad.iloc[n, bad.columns.get_loc("order_no")] = f"X{n + 1:03d}"  # type: ignore[index]
        bad.loc[bad.index[n], "reason"] = reason
    bad.index = pd.Index(after + 0.5)
    mixed = pd.concat([rows, bad]).sort_index(kind="stable")
    at = np.flatnonzero(mixed["reason"].notna())
    dirty = pd.DataFrame(
        {
            "table": "orders",
            "row": at + 1 + HEADER_LINES,
            "column": [column for column, _, _ in spoilt],
            "reason": mixed["reason"].iloc[at].to_list(),
        }
    )
    return mixed.drop(columns="reason"), dirty


def soiled_quotas(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Quotas with one of 0 at the end, and where it stands."""
    bad = rows.tail(1).assign(quarter="2024Q4", target="0")
    mixed = pd.concat([rows, bad], ignore_index=True)
    dirty = pd.DataFrame([("quotas", len(mixed) + HEADER_LINES, "target", "not_positive")], columns=pd.Index(DIRTY_COLUMNS))
    return mixed, dirty
