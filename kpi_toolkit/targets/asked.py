"""What is asked of one KPI in the target quarter: the people who get a row, their forecast, the company's goal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.quarter import Quarter
from kpi_toolkit.series import FloatArray
from kpi_toolkit.series.arrays import as_floats
from kpi_toolkit.targets.company import season_share
from kpi_toolkit.targets.distribution import Distribution
from kpi_toolkit.targets.forecast import Forecast, forecast, in_currency
from kpi_toolkit.targets.panel import ADDS, Panel, panel, presences, worths

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement, Policy
    from kpi_toolkit.kpis.declaration import KPI
    from kpi_toolkit.kpis.measured import Measured

# ratios whose company value is the mean of the people's weighted by denominators (contract, section 4)
SPLIT_RATIOS = frozenset({"discount_rate", "gross_margin", "win_rate", "lead_conversion_rate", "cost_per_lead"})
MONEY_BELOW = frozenset({"discount_rate", "gross_margin"})  # their denominators are money, in each person's currency


@dataclass(frozen=True)
class Asked:
    """One KPI: its past, everyone's forecast (reporting currency), and who holds a goal of it.

    `holders` are ids in order; `rows` `(holders,)` their positions in the panel; `measured_at` where each one's goal is measured.
    """

    history: Measured
    policy: Policy
    kpi: KPI
    goal: float | None
    past: Panel
    forecast: Forecast
    holders: tuple[str, ...]
    rows: NDArray[np.int64]
    measured_at: tuple[str, ...]

    @property
    def quarter(self) -> Quarter:
        return self.history.quarter

    @property
    def lower(self) -> bool:
        return str(self.kpi.better) == "lower"

    @property
    def adds(self) -> bool:
        """Whether people's values add to the company's."""
        return str(self.kpi.shape) in ADDS

    @property
    def splits(self) -> bool:
        """Whether a company goal can be split among people."""
        return self.adds or self.kpi.id in SPLIT_RATIOS

    @property
    def spread(self) -> bool:
        """Whether the past holds more than one and the same value."""
        values = self.past.value[np.isfinite(self.past.value)]
        return bool(values.size and (np.ptp(values) > 0 or (values.size == 1 and values[0] != 0)))

    @cached_property
    def people(self) -> pd.DataFrame:
        """The people of the panel, by id."""
        table = self.history.people
        return table.assign(person_id=table["person_id"].astype(str)).set_index("person_id").reindex(list(self.past.entities))

    @cached_property
    def currencies(self) -> tuple[str | None, ...]:
        """Each holder's currency; None for what is not money."""
        if str(self.kpi.unit) != "money":
            return (None,) * len(self.holders)
        own = self.people["currency"].iloc[self.rows]
        return tuple(self.reporting if pd.isna(one) else str(one) for one in own)

    @property
    def reporting(self) -> str | None:
        """The currency of company goals; None for what is not money."""
        return self.history.reporting_currency if str(self.kpi.unit) == "money" else None

    @cached_property
    def worth(self) -> FloatArray:
        """What a unit of each panel row's own currency is worth in the reporting currency; 1 for what is not money."""
        return as_floats(worths(self.history, self.kpi, self.people["currency"].fillna(self.history.reporting_currency)))

    @cached_property
    def own(self) -> Distribution:
        """The holders' distributions in their own currencies."""
        return in_currency(self.forecast.distribution, self.worth).take(self.rows)

    @cached_property
    def presence(self) -> FloatArray:
        """Presence in the target quarter, as far as is known, of everyone in the panel; 0 for who is not employed in it."""
        present = presences(self.history, self.past.entities, str(self.quarter))
        return np.where(self.people["employed"].fillna(False).astype(bool).to_numpy(), present, 0.0)

    @cached_property
    def weight(self) -> FloatArray:
        """What a unit of each panel row's value (reporting currency) adds to the company's: presence, for ratios × the part of
        the expected denominators among those employed."""
        if self.adds:
            return self.presence
        below = self.past.expected_denominator * (self._money_worth if self.kpi.id in MONEY_BELOW else 1.0) * self.presence
        return below / below.sum() if below.sum() > 0 else below

    @cached_property
    def _money_worth(self) -> FloatArray:
        """What a unit of each one's currency is worth, whatever the KPI's unit."""
        rates = dict(zip(self.history.rates["currency"].astype(str), self.history.rates["rate"].astype(float), strict=True))
        return as_floats(self.people["currency"].map(rates).astype("float64").fillna(1.0))

    @cached_property
    def company_past(self) -> Panel:
        """The company's own quarters."""
        return panel(self.history, self.kpi, "company")

    @cached_property
    def company_forecast(self) -> Forecast:
        """The company foretold from its own quarters: for what does not add up."""
        return forecast(self.company_past)

    def basis(self, holder: int) -> str | None:
        """A code for what a holder's forecast rests on: own quarters, else the peers'."""
        row = self.rows[holder]
        if not self.forecast.known:
            return None
        own = int(self.forecast.quarters[row])
        return f"own:{own}" if own else f"peers:{int(self.forecast.peers[row])}"


def asked(history: Measured, engagement: Engagement, kpi: KPI, chosen: pd.DataFrame) -> Asked:
    """Read one chosen KPI; `chosen` are its rows of the proposal (one, or one a role)."""
    past = panel(history, kpi)
    by_role = {
        "" if pd.isna(role) else str(role): str(level) for role, level in zip(chosen["role"], chosen["measured_at"], strict=True)
    }
    people = history.people
    wanted = people[people["employed"].astype(bool) & people["has_goals"].astype(bool)]
    held: dict[str, str] = {}
    for person, role in zip(wanted["person_id"].astype(str), wanted["role"].fillna("").astype(str), strict=True):
        level = by_role.get(role, by_role.get(""))
        if level is not None:
            held[person] = "person" if level in ("", "nan", "<NA>") else level
    holders = tuple(sorted(held))
    rows = np.asarray(pd.Index(past.entities).get_indexer(pd.Index(holders, dtype="object")), dtype=np.int64)
    made = Asked(history, engagement.policy, kpi, None, past, forecast(past), holders, rows, tuple(held[one] for one in holders))
    return replace(made, goal=_goal(made, engagement))


def _goal(one: Asked, engagement: Engagement) -> float | None:
    """The company's goal of the quarter; a year's goal of what adds up is split by season, of a ratio it holds in each quarter.

    A year's goal of a distinct count has no part that belongs to a quarter: there is none.
    """
    goals = engagement.company_goals.get(one.kpi.id, {})
    if str(one.quarter) in goals:
        return float(goals[str(one.quarter)])
    year = goals.get(str(one.quarter.year))
    if year is None or str(one.kpi.shape) == "distinct":
        return None
    return float(year) * (season_share(one.company_past, one.quarter.number) if one.adds else 1.0)
