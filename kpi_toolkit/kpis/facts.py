"""Facts in the engine: each row with its day and the team and country to which it belongs on that day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpi_toolkit.intake.contract import FACT_DAY, Tables
from kpi_toolkit.kpis.parts import MONEY_TYPE

if TYPE_CHECKING:
    from kpi_toolkit.kpis.people import People

LATER_DAYS: Mapping[str, tuple[str, ...]] = {"opportunities": ("closed_on",), "leads": ("qualified_on", "converted_on")}
"""What may happen to a row after its own day: it counts from that day on."""
OWNER = ("person_id", "team", "country")
REACTIVATED_AFTER = 180  # days without an order (contract, section 3)
VISIT_LEADS_TO_ORDER = 30  # days (contract, section 3)
_numbers = itertools.count()


@contextmanager
def workbench(backend: Any) -> Iterator[Workbench]:
    """Tables kept in the engine while measures are taken, dropped at the end."""
    bench = Workbench(backend, [])
    try:
        yield bench
    finally:
        bench.clear()


@dataclass(frozen=True)
class Workbench:
    backend: Any
    names: list[str]

    def keep(self, expression: Any) -> Any:
        """The rows of an expression, computed once and kept in the engine."""
        name = f"kpis_{next(_numbers)}"
        kept = self.backend.create_table(name, expression, temp=True)
        self.names.append(name)
        return kept

    def small(self, frame: pd.DataFrame) -> Any:
        """A small table for the engine; days as days, texts as texts even where all are missing."""
        import ibis
        import pyarrow as pa

        table = pa.Table.from_pandas(frame, preserve_index=False)
        for at, kind in enumerate(table.schema.types):
            wanted = pa.date32() if pa.types.is_timestamp(kind) else pa.string()
            if pa.types.is_timestamp(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind):
                table = table.set_column(at, table.column_names[at], table.column(at).cast(wanted))
        return ibis.memtable(table)

    def clear(self) -> None:
        # in plain SQL: Ibis 12 writes a DROP without the table's name with the locked sqlglot
        while self.names:
            self.backend.raw_sql(f'DROP TABLE IF EXISTS "{self.names.pop()}"')


@dataclass(frozen=True)
class Facts:
    """The client's facts up to `as_of`, and their derived relations; nothing leaves the engine."""

    tables: Tables
    bench: Workbench
    as_of: date | None
    spans: Any  # person_id, starts, ends, team, country
    _kept: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables, bench: Workbench, people: People, as_of: date | None) -> Facts:
        return cls(tables, bench, as_of, bench.small(people.spans[["person_id", "starts", "ends", "team", "country"]]))

    def rows(self, table: str, day: str) -> Any:
        """The rows of a table that have this day, not later than `as_of`: with `day`, and `team` and `country` of the person on
        it (without a person, those that the row names). A later day than `as_of` has not come yet.
        """
        name = f"{table}.{day}"
        if name not in self._kept:
            self._kept[name] = self.bench.keep(self.owned(self._until_as_of(table, day)))
        return self._kept[name]

    def _until_as_of(self, table: str, day: str) -> Any:
        import ibis

        rows = self.tables.table(table)
        assert rows is not None, table
        rows = rows.filter(rows[FACT_DAY[table]].notnull())
        if self.as_of is not None:
            limit = ibis.literal(self.as_of)
            later = {name: (rows[name] <= limit).ifelse(rows[name], ibis.null("date")) for name in LATER_DAYS.get(table, ())}
            rows = rows.filter(rows[FACT_DAY[table]] <= limit).mutate(**later)
        rows = rows.filter(rows[day].notnull()).mutate(day=rows[day])
        return rows.filter(rows.stage.isin(["won", "lost"])) if day == "closed_on" else rows

    def owned(self, rows: Any) -> Any:
        """Rows with the team and country of their person on their day; without a person, those that the row names."""
        import ibis

        spans = self.spans.rename(span_person="person_id", span_team="team", span_country="country")
        joined = rows.left_join(spans, [rows.person_id == spans.span_person, rows.day >= spans.starts, rows.day <= spans.ends])
        known = joined.span_person.notnull()
        owner = {}
        for name in ("team", "country"):
            named = joined[name] if name in rows.columns else ibis.null("string")
            owner[name] = known.ifelse(joined[f"span_{name}"], named)
        return joined.mutate(**owner).drop("span_person", "span_team", "span_country", "starts", "ends")

    def events(self) -> dict[str, Any]:
        """Every dated thing by table and day column (`leads.qualified_on`); of opportunities closings of what is won or lost."""
        return {
            f"{table}.{day}": self.rows(table, day)
            for table, main in FACT_DAY.items()
            if self.tables.table(table) is not None
            for day in (main, *LATER_DAYS.get(table, ()))
        }


def sales_lines(facts: Facts) -> Any:
    """Order rows that count, credit applied: owner, customer, order, product, day, currency, money, units; `ordered` where a row
    makes an order; `listed` = amount before discount; `costed` and `margin` over rows with a known cost.
    """
    rows = facts.rows("orders", "ordered_on")
    rows = rows.filter(rows["counts"])
    amount, cost = rows.amount * rows.credit, rows.cost * rows.credit
    discount = (rows.discount * rows.credit).fill_null(0.0)
    return facts.bench.keep(
        rows.select(
            *OWNER, "day", "customer_id", "order_id", "product", "currency", "credit", amount=amount,
            units=(rows.quantity * rows.credit).fill_null(0.0), discount=discount, listed=amount + discount,
            costed=cost.notnull().ifelse(amount, 0.0), margin=(amount - cost).fill_null(0.0), ordered=rows.amount > 0,
        )
    )  # fmt: skip


SALES_MONEY = ("amount", "discount", "listed", "costed", "margin")


def in_cells(rows: Any, days: Any) -> Any:
    """Rows of the days that have a cell (`days`: day, cell), with it."""
    return rows.inner_join(days, "day")


def sales_by_customer(lines: Any, days: Any) -> Any:
    """The first of the two stages: sums by owner, customer, currency and cell."""
    rows = in_cells(lines, days)
    sums = {name: rows[name].cast(MONEY_TYPE).sum().cast("float64") for name in (*SALES_MONEY, "units")}
    return rows.group_by([*OWNER, "customer_id", "currency", "cell"]).aggregate(**sums)


def orders_by_customer(lines: Any, days: Any) -> Any:
    """Distinct orders by owner, customer and cell."""
    rows = in_cells(lines.filter(lines.ordered), days)
    return rows.select(*OWNER, "customer_id", "order_id", "cell").distinct()


def products_by_customer(lines: Any, days: Any) -> Any:
    """Distinct products ordered, by owner, customer and cell."""
    rows = in_cells(lines.filter(lines.ordered & lines["product"].notnull() & lines.customer_id.notnull()), days)
    return rows.select(*OWNER, "customer_id", "product", "cell").distinct()


def order_days(lines: Any) -> Any:
    """The days on which a customer orders from anyone."""
    rows = lines.filter(lines.ordered & lines.customer_id.notnull())
    return rows.select("customer_id", "day").distinct()


def returns_of_customers(days_of_orders: Any) -> Any:
    """The days on which a customer orders again after more than 180 days without an order.

    No two of them fall into one period, so such a day is the first order of its period.
    """
    import ibis

    window = ibis.window(group_by="customer_id", order_by="day")
    rows = days_of_orders.mutate(before=days_of_orders.day.lag().over(window))
    return rows.filter(rows.day.delta(rows.before, unit="day") > REACTIVATED_AFTER).select("customer_id", "day")


def first_orders(lines: Any) -> Any:
    """The first order of each customer: smallest day, then order_id, for the person with the largest credit, then smallest id."""
    import ibis

    rows = lines.filter(lines.ordered & lines.customer_id.notnull())
    first = rows.group_by("customer_id").aggregate(first_day=rows.day.min())
    near = rows.inner_join(first, "customer_id")
    near = near.filter(near.day == near.first_day)
    order = [near.order_id, near.credit.desc(), near.person_id]
    ranked = near.mutate(rank=ibis.row_number().over(ibis.window(group_by="customer_id", order_by=order)))
    return ranked.filter(ranked["rank"] == 0).select(*OWNER, "customer_id", "day")


def acquired_customers(facts: Facts, first: Any) -> Any:
    """Customers by the day on which they were acquired, for who looks after them, else for the person of their first order.

    `known_from` is the day from which the person is known: the first order's, where it names them.
    """
    import ibis

    customers = facts.tables.customers
    assert customers is not None
    rows = customers.filter(customers.acquired_on.notnull() & customers.customer_id.notnull())
    if facts.as_of is not None:
        rows = rows.filter(rows.acquired_on <= ibis.literal(facts.as_of))
    rows = rows.select("customer_id", day=rows.acquired_on, owner=rows.person_id)
    ordered = first.select("customer_id", buyer=first.person_id, first_day=first.day)
    rows = rows.left_join(ordered, "customer_id")
    rows = rows.mutate(
        person_id=rows.owner.fill_null(rows.buyer),
        known_from=rows.owner.notnull().ifelse(rows.day, rows.first_day),
    )
    return facts.owned(rows.select("customer_id", "day", "person_id", "known_from"))


def visits_with_next_order(facts: Facts, activities: Any, days_of_orders: Any) -> Any:
    """Activities, visits with the customer's next order on their day or within 30 days after it (`next_order`)."""
    visits = activities.filter((activities.kind == "visit") & activities.customer_id.notnull())
    visits = visits.select("customer_id", "day").distinct()
    orders = days_of_orders.rename(buyer="customer_id", ordered_on="day")
    pairs = visits.inner_join(
        orders,
        [visits.customer_id == orders.buyer, orders.ordered_on >= visits.day],
    )
    pairs = pairs.filter(pairs.ordered_on.delta(pairs.day, unit="day") <= VISIT_LEADS_TO_ORDER)
    soonest = pairs.group_by(["customer_id", "day"]).aggregate(next_order=pairs.ordered_on.min())
    soonest = soonest.rename(visited="customer_id", visited_on="day")
    joined = activities.left_join(soonest, [activities.customer_id == soonest.visited, activities.day == soonest.visited_on])
    return joined.drop("visited", "visited_on")
