"""When a country buys: the weight of each day, from weekdays, months, month ends and feasts that move from year to year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

# first days of the feasts, as the calendars of the countries have them
TET = (date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
RAMAZAN_BAYRAMI = (date(2024, 4, 10), date(2025, 3, 30), date(2026, 3, 20))
KURBAN_BAYRAMI = (date(2024, 6, 16), date(2025, 6, 6), date(2026, 5, 27))
SONGKRAN = (date(2024, 4, 13), date(2025, 4, 13), date(2026, 4, 13))
CHRISTMAS = (date(2023, 12, 24), date(2024, 12, 24), date(2025, 12, 24))

Window = tuple[int, int, float]  # days from the feast's first day, both in, and the factor
FEASTS: Mapping[str, tuple[tuple[tuple[date, ...], tuple[Window, ...]], ...]] = {
    "VN": ((TET, ((-24, -4, 1.55), (-3, 5, 0.05), (6, 16, 0.65))),),
    "TR": (
        (RAMAZAN_BAYRAMI, ((-29, -15, 0.90), (-14, -1, 1.30), (0, 2, 0.05))),
        (KURBAN_BAYRAMI, ((-7, -1, 1.10), (0, 3, 0.05))),
    ),
    "TH": ((SONGKRAN, ((-16, -2, 1.25), (-1, 3, 0.10))),),
    "DE": ((CHRISTMAS, ((-21, -5, 1.25), (-4, 9, 0.12))),),
}
MONTHS: Mapping[str, tuple[float, ...]] = {
    "VN": (1.00, 0.90, 1.00, 0.98, 0.98, 0.97, 0.94, 0.95, 1.00, 1.04, 1.08, 1.16),
    "TR": (0.90, 0.92, 1.00, 1.00, 1.02, 0.98, 0.93, 0.92, 1.04, 1.10, 1.12, 1.07),
    "TH": (1.00, 1.00, 1.06, 0.96, 0.96, 0.97, 0.96, 0.97, 0.98, 1.02, 1.04, 1.08),
    "DE": (0.92, 0.96, 1.06, 1.02, 1.00, 1.02, 0.94, 0.80, 1.06, 1.08, 1.12, 1.02),
}
SATURDAY: Mapping[str, float] = {"VN": 0.35, "TR": 0.20, "TH": 0.20, "DE": 0.0}
MONTH_END_DAYS, MONTH_END = 5, 1.35  # orders come in at the end of a month
YEAR_OF_REFERENCE = 2025  # a usual quarter is a quarter of this year's weights


def selling_weights(country: str, days: Days) -> FloatArray:
    """The weight of each day, shape as `days`; without unit, an ordinary weekday is 1."""
    months = days.astype("datetime64[M]")
    weekday = (days.astype("int64") + 3) % 7  # the day 0 of numpy is a Thursday; Monday is 0
    weights = np.where(weekday < 5, 1.0, np.where(weekday == 5, SATURDAY[country], 0.0))
    weights *= np.asarray(MONTHS[country])[months.astype("int64") % 12]
    left = ((months + 1).astype("datetime64[D]") - days).astype("int64")
    weights *= np.where(left <= MONTH_END_DAYS, MONTH_END, 1.0)
    for first_days, windows in FEASTS[country]:
        for first in first_days:
            distance = (days - np.datetime64(first)).astype("int64")
            for start, end, factor in windows:
                weights[(distance >= start) & (distance <= end)] *= factor
    return weights


def usual_quarter(country: str) -> float:
    """The sum of weights of a usual quarter: a quarter of the year of reference."""
    year = np.arange(np.datetime64(f"{YEAR_OF_REFERENCE}-01-01"), np.datetime64(f"{YEAR_OF_REFERENCE + 1}-01-01"))
    return float(selling_weights(country, year).sum()) / 4
