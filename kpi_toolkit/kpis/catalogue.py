"""Every KPI of the contract, section 3, as a declaration; with the client's own they are the catalogue of an engagement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kpi_toolkit.engagement import Engagement
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.kpis import parts
from kpi_toolkit.kpis.custom import declared
from kpi_toolkit.kpis.declaration import KPI, THROUGH_ZERO, Amount, Better, Kind, Level, Part, Shape, Unit
from kpi_toolkit.language import N_

if TYPE_CHECKING:
    import pandas as pd

    from kpi_toolkit.intake import Tables

__all__ = [
    "KPI", "THROUGH_ZERO", "Amount", "Better", "Kind", "Level", "Part", "Shape", "Unit", "UnknownKpi", "availability",
    "catalogue", "check_ids",
]  # fmt: skip


class UnknownKpi(KpiError):
    code = "K160"
    message = N_("{where}: there is no KPI {kpi!r}. Nearest: {nearest}. Known: {known}.")


class TakenKpi(KpiError):
    code = "K161"
    message = N_("kpis.custom: the id {kpi!r} is taken already. Choose another.")


MONEY, COUNT, SHARE, DAYS = Unit.MONEY, Unit.COUNT, Unit.SHARE, Unit.DAYS
HIGHER, LOWER, LEADING, LAGGING = Better.HIGHER, Better.LOWER, Kind.LEADING, Kind.LAGGING

CATALOGUE: tuple[KPI, ...] = (
    KPI(
        id="revenue", name=N_("Revenue"), needs=("orders",),
        numerator=parts.revenue, events=parts.orders,
        unit=MONEY, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.SUM,
    ),
    KPI(
        id="revenue_growth", name=N_("Revenue growth on the year before"), needs=("orders",),
        numerator=parts.revenue, events=parts.orders,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.GROWTH,
    ),
    KPI(
        id="units", name=N_("Units sold"), needs=("orders.quantity",),
        numerator=parts.units, events=parts.orders,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.SUM,
    ),
    KPI(
        id="collections", name=N_("Collections"), needs=("payments",),
        numerator=parts.collections, events=parts.payments,
        unit=MONEY, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.SUM,
    ),
    KPI(
        id="new_customers", name=N_("New customers"), needs=("orders",),
        numerator=parts.new_customers, events=parts.new_customers, needs_firsts=True,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="acquisition", shape=Shape.COUNT,
    ),
    KPI(
        id="active_customers", name=N_("Active customers"), needs=("orders",),
        numerator=parts.active_customers, events=parts.active_customers,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="retention", shape=Shape.DISTINCT,
    ),
    KPI(
        id="revenue_per_customer", name=N_("Revenue per customer"), needs=("orders",),
        numerator=parts.revenue, denominator=parts.active_customers, events=parts.orders,
        unit=MONEY, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="revenue_per_customer_growth", name=N_("Growth of revenue per customer on the year before"), needs=("orders",),
        numerator=parts.revenue, denominator=parts.active_customers, events=parts.orders,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.GROWTH,
    ),
    KPI(
        id="orders", name=N_("Orders"), needs=("orders",),
        numerator=parts.orders, events=parts.orders,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.DISTINCT,
    ),
    KPI(
        id="average_order_value", name=N_("Average order value"), needs=("orders",),
        numerator=parts.revenue, denominator=parts.orders, events=parts.orders,
        unit=MONEY, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="repeat_purchase_rate", name=N_("Customers who order again in the period"), needs=("orders",),
        numerator=parts.returning_customers, denominator=parts.active_customers, events=parts.active_customers,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="retention", shape=Shape.RATIO,
    ),
    KPI(
        id="customer_retention", name=N_("Customers kept from the period before"), needs=("orders",),
        numerator=parts.kept_customers, denominator=parts.active_before, events=parts.active_before,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="retention", shape=Shape.RATIO,
    ),
    KPI(
        id="reactivated_customers", name=N_("Customers won back"), needs=("orders",),
        numerator=parts.reactivated, events=parts.reactivated,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="retention", shape=Shape.DISTINCT,
    ),
    KPI(
        id="products_per_customer", name=N_("Products per customer"), needs=("orders.product",),
        numerator=parts.customer_products, denominator=parts.active_customers, events=parts.active_customers,
        unit=COUNT, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="discount_rate", name=N_("Discount given"), needs=("orders.discount",),
        numerator=parts.discount, denominator=parts.list_revenue, events=parts.orders,
        unit=SHARE, better=LOWER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="gross_margin", name=N_("Gross margin"), needs=("orders.cost",),
        numerator=parts.margin, denominator=parts.costed_revenue, events=parts.orders,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="top_customer_share", name=N_("Share of the largest customer"), needs=("orders",),
        numerator=parts.largest_customer, denominator=parts.revenue, events=parts.orders,
        unit=SHARE, better=LOWER, kind=LAGGING, serves="retention", shape=Shape.RATIO,
        controlled_at=Level.COUNTRY,  # how a portfolio is spread is not one seller's doing
    ),
    KPI(
        id="activities", name=N_("Activities"), needs=("activities",),
        numerator=parts.activities, events=parts.activities,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="activity", shape=Shape.COUNT,
    ),
    KPI(
        id="visits", name=N_("Visits"), needs=("activities",),
        numerator=parts.visits, events=parts.visits,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="activity", shape=Shape.COUNT,
    ),
    KPI(
        id="calls", name=N_("Calls"), needs=("activities",),
        numerator=parts.calls, events=parts.calls,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="activity", shape=Shape.COUNT,
    ),
    KPI(
        id="customer_coverage", name=N_("Own customers visited"),
        needs=("activities.customer_id", "customers.person_id"),
        numerator=parts.own_visited, denominator=parts.own_customers, events=parts.own_customers,
        unit=SHARE, better=HIGHER, kind=LEADING, serves="activity", shape=Shape.RATIO,
    ),
    KPI(
        id="visit_to_order_rate", name=N_("Customers who order after a visit"), needs=("activities.customer_id", "orders"),
        numerator=parts.ordering_after_visit, denominator=parts.visited, events=parts.visited,
        unit=SHARE, better=HIGHER, kind=LEADING, serves="activity", shape=Shape.RATIO,
    ),
    KPI(
        id="pipeline_created", name=N_("Pipeline created"), needs=("opportunities.amount",),
        numerator=parts.pipeline, events=parts.opened,
        unit=MONEY, better=HIGHER, kind=LEADING, serves="acquisition", shape=Shape.SUM,
    ),
    KPI(
        id="opportunities_opened", name=N_("Opportunities opened"), needs=("opportunities",),
        numerator=parts.opened, events=parts.opened,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="acquisition", shape=Shape.COUNT,
    ),
    KPI(
        id="win_rate", name=N_("Win rate"), needs=("opportunities.closed_on",),
        numerator=parts.won, denominator=parts.closed, events=parts.closed,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="acquisition", shape=Shape.RATIO,
    ),
    KPI(
        id="average_deal_size", name=N_("Average deal size"), needs=("opportunities.closed_on", "opportunities.amount"),
        numerator=parts.won_amount, denominator=parts.won, events=parts.won,
        unit=MONEY, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO,
    ),
    KPI(
        id="sales_cycle_days", name=N_("Length of the sales cycle"), needs=("opportunities.closed_on",),
        numerator=parts.won_days, denominator=parts.won, events=parts.won,
        unit=DAYS, better=LOWER, kind=LAGGING, serves="acquisition", shape=Shape.RATIO,
    ),
    KPI(
        id="leads", name=N_("Leads"), needs=("leads",),
        numerator=parts.leads, events=parts.leads,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="acquisition", shape=Shape.COUNT,
    ),
    KPI(
        id="qualified_leads", name=N_("Qualified leads"), needs=("leads.qualified_on",),
        numerator=parts.qualified, events=parts.qualified,
        unit=COUNT, better=HIGHER, kind=LEADING, serves="acquisition", shape=Shape.COUNT,
    ),
    KPI(
        id="lead_conversion_rate", name=N_("Lead conversion rate"), needs=("leads.converted_on",),
        numerator=parts.converted, denominator=parts.leads, events=parts.leads,
        unit=SHARE, better=HIGHER, kind=LEADING, serves="acquisition", shape=Shape.RATIO,
    ),
    KPI(
        id="cost_per_lead", name=N_("Cost per lead"), needs=("spend", "leads"),
        numerator=parts.spend, denominator=parts.leads, events=parts.spend_rows,
        unit=MONEY, better=LOWER, kind=LEADING, serves="acquisition", shape=Shape.RATIO,
    ),
    KPI(
        id="customer_acquisition_cost", name=N_("Customer acquisition cost"), needs=("spend", "orders"),
        numerator=parts.spend, denominator=parts.new_customers, events=parts.spend_rows, needs_firsts=True,
        unit=MONEY, better=LOWER, kind=LAGGING, serves="acquisition", shape=Shape.RATIO, controlled_at=Level.TEAM,
    ),
    KPI(
        id="campaign_roi", name=N_("Return on campaigns"),
        needs=("spend", "leads.customer_id", "leads.converted_on", "orders"),
        numerator=parts.campaign_revenue - parts.spend, denominator=parts.spend, events=parts.spend_rows,
        unit=SHARE, better=HIGHER, kind=LAGGING, serves="growth", shape=Shape.RATIO, controlled_at=Level.TEAM,
    ),
)  # fmt: skip

OWN_GOALS = frozenset({"own_1", "own_2"})
"""Goals in the employee's own words: they stand where a KPI's id stands and are not measured."""


def catalogue(engagement: Engagement) -> Mapping[str, KPI]:
    """The contract's KPIs and the client's own, by id.

    Raises `UnknownKpi` where engagement.yml names an id that is not among them, `TakenKpi` where one is given twice, and what
    `custom.declared` raises.
    """
    known = {kpi.id: kpi for kpi in CATALOGUE}
    for own in engagement.kpis.custom:
        if own.id in known or own.id in OWN_GOALS:
            raise TakenKpi(kpi=own.id)
        known[own.id] = declared(own)
    rules = engagement.kpis
    named = {"include": rules.include, "exclude": rules.exclude, "weights": tuple(rules.weights)}
    for key, ids in named.items():
        check_ids(ids, known, where=f"engagement.yml, kpis.{key}")
    check_ids(engagement.company_goals, known, where="engagement.yml, company_goals")
    return known


def check_ids(ids: Iterable[str], known: Mapping[str, KPI], where: str) -> None:
    """Raises `UnknownKpi`, with a "did you mean", for the first id that is in no catalogue."""
    for kpi in ids:
        if kpi not in known:
            raise UnknownKpi(where=where, kpi=kpi, nearest=nearest(kpi, known), known=", ".join(sorted(known)))


def availability(known: Mapping[str, KPI], tables: Tables) -> pd.DataFrame:
    """Which KPIs the client's tables allow: columns kpi, available, missing (what is needed and not there: `orders.discount`)."""
    import pandas as pd

    rows = [{"kpi": kpi.id, "missing": ", ".join(_missing(kpi, tables))} for kpi in known.values()]
    table = pd.DataFrame(rows, columns=["kpi", "missing"])
    table.insert(1, "available", table["missing"] == "")
    return table


def _missing(kpi: KPI, tables: Tables) -> list[str]:
    absent = []
    for need in kpi.needs:
        table, _, column = need.partition(".")
        if tables.table(table) is None or table not in tables.mapped:
            absent.append(table)
        elif column and column not in tables.mapped[table]:
            absent.append(need)
    return list(dict.fromkeys(absent))
