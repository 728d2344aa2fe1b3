"""A demo client: a fictional company with field teams in four countries, written as its own exports, from one seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kpi_toolkit.demo.cast import (
    ABSENCES,
    CAST,
    COUNTRY,
    DIRECTOR,
    FALL,
    FALLER,
    FIRST_DAY,
    JOINER,
    LAST_DAY,
    LEAVER,
    LONG_LEAVE,
    MANAGER,
    REPORTING_CURRENCY,
    RISER,
    SEED,
    SELLER,
    SHORT_LEAVE,
    WINDFALL,
    WINDFALL_ON,
)
from kpi_toolkit.demo.dirt import soiled_orders, soiled_quotas
from kpi_toolkit.demo.levels import expected_of_company
from kpi_toolkit.demo.names import named
from kpi_toolkit.demo.orders import draw
from kpi_toolkit.demo.truths import Truths
from kpi_toolkit.demo.written import as_exported, write_csv, write_engagement
from kpi_toolkit.quarter import Quarter, quarters_between

GOAL_QUARTERS = ("2026Q2", "2026Q3")
GOAL_OF_EXPECTED = 1.01  # what the company asks of itself: what its people's true levels give, and a little more
GOAL_FIGURES = 3  # significant ones: a goal is said aloud
FIRST_QUOTA = "2025Q1"
QUOTA_OVER_LAST_YEAR = 1.08  # what was asked of everybody so far: last year and 8 %
NEW_CUSTOMERS_QUOTA = 7
QUOTA_WEIGHTS = {"revenue": 70, "new_customers": 30}

# what one unit was worth in VND in the first quarter, the change a quarter, and a swing about it; fictional
RATES = {"TRY": (905.0, -0.028, 0.004), "THB": (690.0, 0.004, 0.012), "EUR": (26_400.0, 0.006, 0.010)}
VARIABLE_PAY = {"VND": 15_000_000, "TRY": 24_000, "THB": 22_000, "EUR": 1_500}  # of a quarter

EVENTS = (
    ("2025-02-24", "2025-03-07", "warehouse_closed", "Kho miền Nam đóng cửa để sửa chữa", "VN", "Miền Nam", ""),
    ("2025-10-01", "", "price_list", "Yeni fiyat listesi", "TR", "", ""),
    ("2026-07-20", "2026-07-31", "road_closed", "Straßensperrung nach Unwetter, Kunden schwer erreichbar", "DE", "Süd", ""),
)


def generate(folder: Path, seed: int = SEED) -> Truths:
    """Write engagement.yml and raw/*.csv into a folder; the same bytes for the same seed.

    The truths are returned and never written beside the data.
    """
    rng = np.random.default_rng(seed)
    drawn = draw(rng)
    rates = agreed_rates()
    country = drawn.orders["person_id"].map({member.person_id: member.country for member in CAST})
    decimals = country.map({code: c.decimals for code, c in COUNTRY.items()})
    exported, dirty = soiled_orders(rng, as_exported(drawn.orders, decimals))
    revenue = _revenue(drawn.orders)
    quotas, dirty_quotas = soiled_quotas(_quotas(revenue, drawn.levels))
    customers = named(rng, drawn.customers)
    expected = {q: expected_of_company(drawn.levels, q, _before(rates, q)) for q in GOAL_QUARTERS}

    write_engagement(folder, {q: _said_aloud(expected[q] * GOAL_OF_EXPECTED) for q in GOAL_QUARTERS}, seed)
    write_csv(folder, "people", _people())
    write_csv(folder, "customers", customers[["customer_id", "name", "country", "segment", "acquired_on", "person_id"]])
    write_csv(folder, "orders", exported)
    absences = pd.DataFrame(ABSENCES, columns=pd.Index(["person_id", "starts_on", "ends_on", "kind"]))
    write_csv(folder, "absences", absences.sort_values(["starts_on", "person_id"]))
    event_columns = ["starts_on", "ends_on", "kind", "text", "country", "team", "person_id"]
    write_csv(folder, "events", pd.DataFrame(EVENTS, columns=pd.Index(event_columns)))
    write_csv(folder, "quotas", quotas)
    write_csv(folder, "rates", rates)
    return Truths(
        seed=seed,
        levels=drawn.levels[["person_id", "country", "quarter", "presence", "season", "usual", "expected"]],
        orders=drawn.orders,
        dirty=pd.concat([dirty, dirty_quotas], ignore_index=True),
        company_expected=expected,
        faller=FALLER,
        fall=FALL,
        riser=RISER,
        joiner=JOINER,
        leaver=LEAVER,
        long_leave=LONG_LEAVE,
        short_leave=SHORT_LEAVE,
        windfall=WINDFALL,
        windfall_order=drawn.windfall_order,
        windfall_on=WINDFALL_ON,
    )


def agreed_rates() -> pd.DataFrame:
    """currency, quarter, rate (reporting currency for one unit): every quarter of the data."""
    quarters = list(quarters_between(Quarter.of(FIRST_DAY), Quarter.of(LAST_DAY)))
    rows = [
        (currency, str(quarter), round(first * (1 + change) ** n * (1 + swing * float(np.sin(1.7 * n))), 2))
        for currency, (first, change, swing) in sorted(RATES.items())
        for n, quarter in enumerate(quarters)
    ]
    return pd.DataFrame(rows, columns=pd.Index(["currency", "quarter", "rate"]))


def _before(rates: pd.DataFrame, quarter: str) -> dict[str, float]:
    """The rates of the last day before a quarter."""
    previous = rates[rates["quarter"].eq(str(Quarter.parse(quarter).previous))]
    return {**dict(zip(previous["currency"], previous["rate"], strict=True)), REPORTING_CURRENCY: 1.0}


def _said_aloud(amount: float) -> float:
    return float(f"{amount:.{GOAL_FIGURES}g}")


def _people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": member.person_id,
            "name": member.name,
            "manager_id": member.manager_id,
            "team": member.team,
            "country": member.country,
            "role": member.role,
            "language": COUNTRY[member.country].language,
            "joined_on": member.joined_on,
            "left_on": member.left_on,
            "goals": "none" if member.role in (MANAGER, DIRECTOR) else "",  # they lead, and sell nothing themselves
            "variable_pay": VARIABLE_PAY[COUNTRY[member.country].currency] if member.role == SELLER else "",
        }
        for member in CAST
    )


def _revenue(orders: pd.DataFrame) -> pd.Series[float]:
    """What was sold, by (person_id, quarter), in the person's currency."""
    kept = orders[orders["status"].eq("")]
    quarter = pd.PeriodIndex(kept["ordered_on"], freq="Q").astype(str)
    return (kept["amount"] * kept["credit"]).groupby([kept["person_id"].to_numpy(), quarter]).sum()


def _quotas(revenue: pd.Series[float], levels: pd.DataFrame) -> pd.DataFrame:
    """What was asked so far: last year's revenue and 8 % more, the same new customers of everybody. As text."""
    rows: list[tuple[str, str, str, str, int]] = []
    for row in levels[levels["quarter"].ge(FIRST_QUOTA) & levels["presence"].gt(0)].to_dict("records"):
        person, name = str(row["person_id"]), str(row["quarter"])
        last_year = float(revenue.get((person, str(Quarter.parse(name).shifted(-4))), row["usual"]))
        asked = {"revenue": f"{_said_aloud(last_year * QUOTA_OVER_LAST_YEAR):.0f}", "new_customers": str(NEW_CUSTOMERS_QUOTA)}
        rows.extend((person, name, kpi, asked[kpi], weight) for kpi, weight in QUOTA_WEIGHTS.items())
    return pd.DataFrame(rows, columns=pd.Index(["person_id", "quarter", "kpi", "target", "weight"]))
