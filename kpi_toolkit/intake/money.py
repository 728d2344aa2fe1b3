"""What one unit of a currency is worth in the reporting currency on a day. Definitions: contract, section 3, Money."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import FiscalYear, Quarter

if TYPE_CHECKING:
    import pandas as pd


class MissingRate(KpiError):
    code = "K150"
    message = N_(
        "No rate of {currency} for {day}, where it is needed to convert into {reporting}. "
        "Give one under sources.rates: currency {currency}, rate = what one {currency} is worth in {reporting}, "
        "and either the date from which it holds ({day} or earlier) or the quarter ({quarter})."
    )


@dataclass(frozen=True)
class RateBook:
    """Rates by currency: a dated rate holds from its day until the next, a quarterly one for that quarter alone.

    Where a day has both, the quarterly rate holds. The reporting currency's own rate is 1.
    """

    reporting: str
    dated: Mapping[str, tuple[tuple[date, ...], tuple[float, ...]]]
    quarterly: Mapping[tuple[str, str], float]
    fiscal: FiscalYear

    @classmethod
    def of(cls, rates: pd.DataFrame | None, reporting: str, fiscal: FiscalYear) -> RateBook:
        """From the table of rates: columns currency, quarter (text), date, rate; of two rows for one day the later row holds."""
        dated: dict[str, dict[date, float]] = {}
        quarterly: dict[tuple[str, str], float] = {}
        for row in () if rates is None else rates.to_dict("records"):
            currency, rate, day, quarter = row["currency"], row["rate"], row["date"], row["quarter"]
            if rate != rate or rate is None:
                continue
            if quarter is not None and quarter == quarter:
                quarterly[str(currency), str(quarter)] = float(rate)
            elif day is not None and day == day:
                dated.setdefault(str(currency), {})[day.date() if hasattr(day, "date") else day] = float(rate)
        steps = {
            currency: (tuple(sorted(days)), tuple(days[day] for day in sorted(days))) for currency, days in sorted(dated.items())
        }
        return cls(reporting, steps, quarterly, fiscal)

    @property
    def currencies(self) -> list[str]:
        """Every currency that has a rate, and the reporting currency."""
        return sorted({self.reporting, *self.dated, *(currency for currency, _ in self.quarterly)})

    @property
    def change_days(self) -> set[date]:
        """The days from which a dated rate holds: between two of them, and inside a quarter, no rate changes."""
        return {day for days, _ in self.dated.values() for day in days}

    def find(self, currency: str, day: date) -> float | None:
        """The rate of a currency on a day, or None."""
        if currency == self.reporting:
            return 1.0
        of_quarter = self.quarterly.get((currency, str(Quarter.of(day, self.fiscal))))
        if of_quarter is not None:
            return of_quarter
        days, rates = self.dated.get(currency, ((), ()))
        before = bisect_right(days, day)
        return rates[before - 1] if before else None

    def rate(self, currency: str, day: date) -> float:
        """What one unit is worth in the reporting currency. Raises `MissingRate`."""
        found = self.find(currency, day)
        if found is None:
            quarter = Quarter.of(day, self.fiscal)
            raise MissingRate(currency=currency, day=day.isoformat(), reporting=self.reporting, quarter=quarter)
        return found

    def exchange(self, currency: str, target: str, day: date) -> float:
        """What one unit of `currency` is worth in `target` on a day; 1 where they are the same. Raises `MissingRate`."""
        return 1.0 if currency == target else self.rate(currency, day) / self.rate(target, day)
