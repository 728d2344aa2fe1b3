"""The demo client as its files: engagement.yml with its comments, and raw/*.csv as the client's systems would export them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

import pandas as pd

from kpi_toolkit.artifacts import write_text
from kpi_toolkit.demo.cast import COMPANY, REPORTING_CURRENCY

ENGAGEMENT = Template("""\
# The engagement of a fictional company: people, customers and figures are made up by `kpi demo`.
# It shows what a consultant writes for a client. What is not said here stands at its default.

client: $client
language: vi                       # of the reports; each person below has a language of their own
reporting_currency: $reporting
fiscal_year_starts: 01-01
currencies: {VN: VND, TR: TRY, TH: THB, DE: EUR}   # of the people of a country, and of their orders
objectives: [growth, acquisition, retention]       # nobody records activities yet, so no KPI could serve that one

company_goals:                     # in the reporting currency
  revenue: {$goals}

# Ours on the left, the client's column on the right; a column that bears our name needs no entry.
sources:
  people: {file: raw/people.csv}
  customers: {file: raw/customers.csv}
  orders:
    file: raw/orders.csv
    columns:
      order_id: order_no
      line_id: line_no
      ordered_on: order_date
      person_id: rep
      customer_id: customer
      product: sku
      quantity: qty
      amount: net_amount
      status: state
      credit: share                # what part of a shared deal this person is credited with
    values:
      status: {Trả hàng: returned, Đã hủy: cancelled}
  absences: {file: raw/absences.csv}
  events: {file: raw/events.csv}   # what happened in the field: shown on charts and in reviews
  quotas: {file: raw/quotas.csv}   # the old targets; they hold for whoever has signed no goals
  rates: {file: raw/rates.csv}     # what one unit is worth in the reporting currency

kpis:
  count: [5, 7]

policy:
  cap: 1.5
  bands: {exceeded: 1.10, met: 1.00, near: 0.90}
  max_bad_rows: 0.02               # above this share of bad rows the run stops

privacy: {names: decisions, smallest_group: 5}

governance:                        # in Germany people are measured one by one only by agreement with the works council
  DE: {agreement: Betriebsvereinbarung (fiktiv), on: 2023-05-15, level: person}

seed: $seed
""")

STATUS_WORDS = {"": "Hoàn thành", "returned": "Trả hàng", "cancelled": "Đã hủy"}


def write_engagement(folder: Path, goals: Mapping[str, float], seed: int) -> None:
    """engagement.yml with the company's revenue goals (quarter → amount in the reporting currency)."""
    said = ", ".join(f"{quarter}: {amount:.0f}" for quarter, amount in sorted(goals.items()))
    text = ENGAGEMENT.substitute(client=COMPANY, reporting=REPORTING_CURRENCY, goals=said, seed=seed)
    write_text(folder / "engagement.yml", text)


def write_csv(folder: Path, name: str, table: pd.DataFrame) -> None:
    """raw/<name>.csv: UTF-8, commas, plain line ends; the rows as they are."""
    write_text(folder / "raw" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


def as_exported(orders: pd.DataFrame, decimals: pd.Series[int]) -> pd.DataFrame:
    """Orders under the client's column names and words, every cell a text; money with the decimals of its currency."""
    money = {name: _money(orders[name], decimals) for name in ("amount", "discount", "cost")}
    return pd.DataFrame(
        {
            "order_no": orders["order_id"],
            "line_no": orders["line_id"].astype(str),
            "order_date": orders["ordered_on"].dt.strftime("%Y-%m-%d"),
            "rep": orders["person_id"],
            "customer": orders["customer_id"],
            "sku": orders["product"],
            "qty": orders["quantity"].map("{:.0f}".format),
            "net_amount": money["amount"],
            "discount": money["discount"],
            "cost": money["cost"],
            "state": orders["status"].map(STATUS_WORDS),
            "share": orders["credit"].map("{:g}".format),
        }
    )


def _money(amounts: pd.Series[float], decimals: pd.Series[int]) -> list[str]:
    return [f"{amount:.{places}f}" for amount, places in zip(amounts, decimals, strict=True)]
