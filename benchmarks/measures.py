"""How long `measure` takes on orders of a size given, beside hand-written DuckDB SQL for the same and beside a bare scan.

    python benchmarks/measures.py [--orders 200000] [--people 200] [--customers 20000] [--repeats 5]

Runs are interleaved; medians are printed, and ratios to the hand-written SQL. The toolkit computes all levels in quarters and
months; the SQL the seven measures named below at person and quarter alone. Both sum in decimals: the same bytes each time.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SEED = 20260701
FIRST, LAST = "2023-07-01", "2026-06-30"
MEASURES = (
    "revenue", "orders", "active_customers", "new_customers", "revenue_per_customer", "average_order_value", "revenue_growth",
)  # fmt: skip

SCAN = "SELECT sum(amount), max(ordered_on), max(person_id), max(customer_id), max(order_id) FROM orders"

SQL = """
WITH lines AS (
    SELECT person_id, customer_id, order_id, year(ordered_on) * 4 + quarter(ordered_on) AS period, ordered_on,
           amount::DECIMAL(38, 12) AS amount
    FROM orders
), partial AS (
    SELECT person_id, customer_id, period, sum(amount) AS revenue, count(DISTINCT order_id) FILTER (amount > 0) AS orders
    FROM lines GROUP BY ALL
), first_orders AS (
    SELECT customer_id, min_by(person_id, (ordered_on, order_id)) AS person_id, min_by(period, (ordered_on, order_id)) AS period
    FROM lines WHERE amount > 0 GROUP BY customer_id
), firsts AS (
    SELECT person_id, period, count(*) AS new_customers FROM first_orders GROUP BY ALL
), sums AS (
    SELECT person_id, period, sum(revenue)::DOUBLE AS revenue, sum(orders) AS orders,
           count(*) FILTER (orders > 0) AS active_customers
    FROM partial GROUP BY ALL
)
SELECT now.person_id, now.period, now.revenue, now.orders, now.active_customers, coalesce(new_customers, 0) AS new_customers,
       now.revenue / nullif(now.active_customers, 0) AS revenue_per_customer,
       now.revenue / nullif(now.orders, 0) AS average_order_value, now.revenue / nullif(before.revenue, 0) - 1 AS revenue_growth
FROM sums AS now
LEFT JOIN firsts USING (person_id, period)
LEFT JOIN sums AS before ON before.person_id = now.person_id AND before.period = now.period - 4
ORDER BY ALL
"""


def generated(orders: int, people: int, customers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of one line over three years, and their people in twelve countries."""
    draw = np.random.default_rng(SEED)
    names = np.array([f"P{i:05d}" for i in range(people)])
    span = (pd.Timestamp(LAST) - pd.Timestamp(FIRST)).days + 1
    customer = draw.integers(0, customers, orders)
    table = pd.DataFrame({
        "order_id": pd.Series(np.arange(orders)).astype("str"),
        "ordered_on": pd.Timestamp(FIRST) + pd.to_timedelta(draw.integers(0, span, orders), unit="D"),
        "person_id": names[customer % people],
        "customer_id": "C" + pd.Series(customer).astype("str"),
        "amount": np.round(draw.lognormal(6, 1, orders), 2),
    })  # fmt: skip
    table["ordered_on"] = table["ordered_on"].astype("datetime64[us]")
    staff = pd.DataFrame({"person_id": names, "country": [f"Country {i % 12}" for i in range(people)], "currency": "USD"})
    return table, staff.assign(team=[f"Team {i % 60}" for i in range(people)], joined_on=pd.Timestamp("2020-01-01"))


def tables_of(orders: pd.DataFrame, people: pd.DataFrame) -> Any:
    """The canonical tables as intake leaves them, without files."""
    from kpi_toolkit.artifacts import empty
    from kpi_toolkit.intake import ADDED, CANONICAL, Tables
    from kpi_toolkit.intake.backend import connect

    backend = connect()
    given = {"orders": orders, "people": people}
    found: dict[str, Any] = dict.fromkeys(CANONICAL)
    for name, frame in given.items():
        backend.con.register("given", frame)
        columns = {column: field.sql for column, field in CANONICAL[name].items()} | dict(ADDED.get(name, {}))
        resolved = {"credit": "1.0", "counts": "true", "row_id": "row_number() OVER ()"}
        resolved |= {} if "currency" in frame else {"currency": "'USD'"}
        values = [
            f"{column if column in frame else resolved.get(column, 'NULL')}::{sql} AS {column}" for column, sql in columns.items()
        ]
        backend.con.execute(f"CREATE TABLE {name} AS SELECT {', '.join(values)} FROM given")
        backend.con.unregister("given")
        found[name] = backend.table(name)
    mapped = {name: frozenset(frame.columns) for name, frame in given.items()}
    return Tables(
        backend=backend, mapped=mapped, reporting_currency="USD", intake=empty("intake"), findings=empty("findings"),
        faults=pd.DataFrame(), **found,
    )  # fmt: skip


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def agree(measured: pd.DataFrame, by_sql: pd.DataFrame) -> None:
    """The toolkit's measures equal those of the SQL, to 1e-9. Raises `AssertionError`."""
    own = measured[(measured["level"] == "person") & (measured["grain"] == "quarter") & measured["kpi"].isin(MEASURES)]
    wide = own.pivot(index=["entity_id", "period"], columns="kpi", values="value")
    period = [f"{number // 4 - (number % 4 == 0)}Q{(number - 1) % 4 + 1}" for number in by_sql["period"]]
    sql = by_sql.assign(period=period).rename(columns={"person_id": "entity_id"}).set_index(["entity_id", "period"])
    for kpi in MEASURES:
        one, two = wide[kpi].dropna().align(sql[kpi].astype("float64"), join="left")
        assert np.allclose(one, two, rtol=1e-9), kpi


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("orders", 200_000), ("people", 200), ("customers", 20_000), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()

    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.kpis import measure
    from kpi_toolkit.quarter import Quarter

    tables = tables_of(*generated(given.orders, given.people, given.customers))
    engagement = Engagement.model_validate({"path": Path("engagement.yml"), "client": "Benchmark", "reporting_currency": "USD",
                                            "sources": {"orders": {"file": "orders.csv"}}})  # fmt: skip
    quarter, connection = Quarter.parse("2026Q2"), tables.backend.con
    agree(measure(tables, engagement, quarter).measures, connection.execute(SQL).df())
    runs: dict[str, Callable[[], object]] = {
        "scan of the columns": lambda: connection.execute(SCAN).fetchall(),
        "hand-written SQL, person and quarter": lambda: connection.execute(SQL).df(),
        "measure(), all levels and grains": lambda: measure(tables, engagement, quarter),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.repeats):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    base = medians["hand-written SQL, person and quarter"]
    print(f"{given.orders:,} orders, {given.people:,} people, {given.customers:,} customers; medians of {given.repeats}")
    for name, median in medians.items():
        print(f"  {name:<40} {median:8.3f} s   {median / base:6.2f} x")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
