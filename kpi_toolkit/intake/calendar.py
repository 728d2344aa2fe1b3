"""Working days of a country: its weekend and its public holidays, from the package `holidays`."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray


def days_between(first: date, last: date) -> NDArray[np.datetime64]:
    """Every day from the first to the last, both in; shape `(n,)`, `datetime64[D]`."""
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)


def working_days(iso: str | None, first: date, last: date) -> NDArray[np.bool_]:
    """Which days from the first to the last are worked in a country; shape `(n,)`.

    `iso` is the ISO 3166-1 code; without one, or where the package does not know the country, Monday to Friday without holidays.
    """
    import holidays

    days = days_between(first, last)
    if not iso or iso.upper() not in holidays.list_supported_countries():
        return np.is_busday(days)
    country = holidays.country_holidays(iso.upper(), years=range(first.year, last.year + 1))
    return np.array([country.is_working_day(day) for day in days.astype(object)], dtype=bool)


def weekdays_after(day: date, last: date) -> int:
    """Mondays to Fridays after a day, up to and with the last one."""
    return int(np.busday_count(day + timedelta(days=1), last + timedelta(days=1))) if last > day else 0
