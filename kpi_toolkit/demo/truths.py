"""What was planted in the demo, apart from its data: results are held against it. It is never written beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd


@dataclass(frozen=True)
class Truths:
    """The truth behind the generated files.

    `levels`: person_id, country, quarter, `presence` (share of the quarter's selling weight on which the person is there),
    `season` (selling weight of the quarter over a usual one), `usual` (expected revenue at full presence, without what was
    planted for the last quarter) and `expected` (with the planted fall), in the person's currency. A windfall order stands in
    neither.
    `orders`: the clean rows in canonical columns, all statuses; amounts before `credit`.
    `dirty`: table, row (line of the file, header = 1), column, reason: the rows that belong into quarantine.
    `company_expected`: quarter → expected revenue of all at the rates of the quarter before, in the reporting currency.
    """

    seed: int
    levels: pd.DataFrame
    orders: pd.DataFrame
    dirty: pd.DataFrame
    company_expected: dict[str, float]
    faller: str
    fall: float
    riser: str
    joiner: str
    leaver: str
    long_leave: str
    short_leave: str
    windfall: str
    windfall_order: str
    windfall_on: date
