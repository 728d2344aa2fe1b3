"""The numbers that KPIs are made of, each an aggregate over a view (`views.py`) of an entity and a period."""

from __future__ import annotations

from typing import Any

from kpi_toolkit.kpis.declaration import Part

MONEY_TYPE = "decimal(38, 12)"  # sums of decimals do not depend on the order of rows; 26 digits stand before the point


def total(column: Any) -> Any:
    """The sum of a column, the same whatever the order of its rows; 0 where there is none."""
    return column.cast(MONEY_TYPE).sum().cast("float64").fill_null(0.0)


revenue = Part("revenue", "purchases", lambda t: total(t.amount), money=True)
largest_customer = Part(
    "largest_customer", "purchases", lambda t: t.amount.max(where=t.customer_id.notnull()).fill_null(0.0), money=True
)
units = Part("units", "purchases", lambda t: total(t.units))
discount = Part("discount", "purchases", lambda t: total(t.discount), money=True)
list_revenue = Part("list_revenue", "purchases", lambda t: total(t.listed), money=True)
margin = Part("margin", "purchases", lambda t: total(t.margin), money=True)
costed_revenue = Part("costed_revenue", "purchases", lambda t: total(t.costed), money=True)

orders = Part("orders", "orders", lambda t: t.order_id.nunique())
active_customers = Part("active_customers", "customers", lambda t: t.count())
returning_customers = Part("returning_customers", "customers", lambda t: (t.orders >= 2).sum().fill_null(0))
kept_customers = Part("kept_customers", "customers", lambda t: t.kept.sum().fill_null(0))
reactivated = Part("reactivated", "customers", lambda t: t.back.sum().fill_null(0))
active_before = Part("active_before", "customers_before", lambda t: t.count())
customer_products = Part("customer_products", "products", lambda t: t.count())
new_customers = Part("new_customers", "firsts", lambda t: t.count())

collections = Part("collections", "payments", lambda t: total(t.amount), money=True)
payments = Part("payments", "payments", lambda t: t.count())

activities = Part("activities", "activities", lambda t: t.count())
visits = Part("visits", "activities", lambda t: (t.kind == "visit").sum().fill_null(0))
calls = Part("calls", "activities", lambda t: (t.kind == "call").sum().fill_null(0))
visited = Part("visited", "activities", lambda t: t.customer_id.nunique(where=t.kind == "visit"))
ordering_after_visit = Part(
    "ordering_after_visit", "activities",
    lambda t: t.customer_id.nunique(where=(t.kind == "visit") & (t.next_order <= t.last_day)),
)  # fmt: skip
own_visited = Part("own_visited", "own_visits", lambda t: t.count())
own_customers = Part("own_customers", "portfolio", lambda t: t.customers.sum().fill_null(0))

pipeline = Part("pipeline", "opened", lambda t: total(t.amount), money=True)
opened = Part("opened", "opened", lambda t: t.count())
closed = Part("closed", "closed", lambda t: t.count())
won = Part("won", "closed", lambda t: (t.stage == "won").sum().fill_null(0))
won_amount = Part("won_amount", "closed", lambda t: total((t.stage == "won").ifelse(t.amount, 0.0)), money=True)
won_days = Part("won_days", "closed", lambda t: (t.stage == "won").ifelse(t.days_open, 0).sum().fill_null(0))

leads = Part("leads", "created", lambda t: t.count())
converted = Part("converted", "created", lambda t: (t.converted_on <= t.last_day).sum().fill_null(0))
qualified = Part("qualified", "qualified", lambda t: t.count())
spend = Part("spend", "spend", lambda t: total(t.amount), money=True)
spend_rows = Part("spend_rows", "spend", lambda t: t.count())
campaign_revenue = Part("campaign_revenue", "campaigns", lambda t: total(t.amount), money=True)
