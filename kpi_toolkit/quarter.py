"""Fiscal years and quarters: their names, days and order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

MONTHS_IN_QUARTER = 3
QUARTERS_IN_YEAR = 4
LAST_SAFE_DAY = 28  # a fiscal year that begins on the 29th has no first day in some months


class BadQuarter(KpiError):
    code = "K010"
    message = N_("{text!r} is not a quarter. Write the fiscal year and the quarter, such as 2026Q3.")


class BadFiscalStart(KpiError):
    code = "K011"
    message = N_("fiscal_year_starts: {text!r} is not a month and day (MM-DD, day 01 to 28), such as 04-01.")


@dataclass(frozen=True, order=True)
class FiscalYear:
    """How a client's year is cut: its first day (month, day) and whether it is named by the year in which it ends or starts."""

    month: int = 1
    day: int = 1
    named_by: str = "end"

    @classmethod
    def parse(cls, text: str, named_by: str = "end") -> FiscalYear:
        """From `MM-DD`. Raises `BadFiscalStart`."""
        found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
        if not found or not 1 <= int(found[1]) <= 12 or not 1 <= int(found[2]) <= LAST_SAFE_DAY:
            raise BadFiscalStart(text=text)
        return cls(int(found[1]), int(found[2]), named_by)

    @property
    def shift(self) -> int:
        """Years between the fiscal year's name and the calendar year of its first day."""
        return 0 if (self.month, self.day) == (1, 1) or self.named_by == "start" else 1


@dataclass(frozen=True, order=True)
class Quarter:
    """A fiscal quarter, written `2026Q3`."""

    year: int
    number: int
    fiscal: FiscalYear = field(default=FiscalYear(), compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, fiscal: FiscalYear = FiscalYear()) -> Quarter:
        """From `2026Q3`. Raises `BadQuarter`."""
        found = re.fullmatch(r"((?:19|20|21)\d\d)[Qq]([1-4])", str(text).strip())
        if not found:
            raise BadQuarter(text=str(text)[:40])
        return cls(int(found[1]), int(found[2]), fiscal)

    @classmethod
    def of(cls, day: date, fiscal: FiscalYear = FiscalYear()) -> Quarter:
        """The quarter in which a day falls."""
        months = (day.year * 12 + day.month - 1) - (fiscal.month - 1) - (day.day < fiscal.day)
        return cls(months // 12 + fiscal.shift, months % 12 // MONTHS_IN_QUARTER + 1, fiscal)

    @property
    def first_day(self) -> date:
        months = (self.year - self.fiscal.shift) * 12 + self.fiscal.month - 1 + (self.number - 1) * MONTHS_IN_QUARTER
        return date(months // 12, months % 12 + 1, self.fiscal.day)

    @property
    def last_day(self) -> date:
        return self.shifted(1).first_day - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def next(self) -> Quarter:
        return self.shifted(1)

    @property
    def previous(self) -> Quarter:
        return self.shifted(-1)

    @property
    def ordinal(self) -> int:
        """Quarters since year 0: differences count quarters."""
        return self.year * QUARTERS_IN_YEAR + self.number - 1

    def shifted(self, quarters: int) -> Quarter:
        ordinal = self.ordinal + quarters
        return Quarter(ordinal // QUARTERS_IN_YEAR, ordinal % QUARTERS_IN_YEAR + 1, self.fiscal)

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def quarters_between(first: Quarter, last: Quarter) -> Iterator[Quarter]:
    """Every quarter from the first to the last, both in."""
    for step in range(last.ordinal - first.ordinal + 1):
        yield first.shifted(step)


def month_of(day: date) -> str:
    """A calendar month, written `2026-07`."""
    return f"{day.year:04d}-{day.month:02d}"


def week_of(day: date) -> str:
    """An ISO week, written `2026-W31`."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"
