"""Views: rows of facts seen from an entity and a period. A part (`parts.py`) is an aggregate over one of them.

Every view has the columns of `KEYS`; rows are seen from a person, a team, a country and the company, in a quarter and a month, so
that one grouped query gives all levels and grains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kpi_toolkit.engagement import CustomKpi
from kpi_toolkit.kpis import facts as relations
from kpi_toolkit.kpis.custom import columns_used, view
from kpi_toolkit.kpis.declaration import Level
from kpi_toolkit.kpis.exchange import Exchange
from kpi_toolkit.kpis.facts import OWNER, SALES_MONEY, Facts, in_cells
from kpi_toolkit.kpis.parts import total

KEYS = ("level", "grain", "period", "entity_id")
COMPANY = "company"
WITHOUT_CELLS = ("lines", "order_days", "first_orders", "returned")
"""Relations of a lens that do not depend on its days."""


@dataclass
class Lens:
    """From where facts are seen: days with cells, the periods of each cell, the levels, and how money is converted.

    `days`: day, cell. `windows`: cell, grain, period, last_day (and, where people see different periods, person_id).
    `before`: the same for the period before, numbered as the period after it (None: the windows are those). `levels`: level.
    `memberships`: person_id, `KEYS`, last_day. Relations that several views share are computed once.
    """

    facts: Facts
    days: Any
    windows: Any
    before: Any
    memberships: Any
    levels: Any
    exchange: Exchange
    custom: Mapping[str, CustomKpi] = field(default_factory=dict)
    acquired_known: bool = False  # customers.acquired_on says who is new
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """A relation, kept in the engine the first time it is asked for."""
        if name not in self.kept:
            self.kept[name] = self.facts.bench.keep(make())
        return self.kept[name]

    def seen(self, rows: Any, windows: Any | None = None) -> Any:
        """Rows with a cell, once for each entity and period to which they belong."""
        import ibis

        windows = self.windows if windows is None else windows
        keys = [name for name in ("cell", "person_id") if name in windows.columns]
        rows = rows.inner_join(windows, keys).cross_join(self.levels)
        column = {Level.PERSON: "person_id", Level.TEAM: "team", Level.COUNTRY: "country"}
        entity = ibis.cases(*((rows.level == str(level), rows[name]) for level, name in column.items()), else_=COMPANY)
        rows = rows.mutate(entity_id=entity)
        return rows.filter(rows.entity_id.notnull())

    def events(self, table: str, day: str) -> Any:
        """Rows of a table by one of their days, with a cell."""
        return self.once(f"{table}.{day}", lambda: in_cells(self.facts.rows(table, day), self.days))

    @property
    def lines(self) -> Any:
        return self.once("lines", lambda: relations.sales_lines(self.facts))

    @property
    def order_days(self) -> Any:
        return self.once("order_days", lambda: relations.order_days(self.lines))

    @property
    def orders(self) -> Any:
        return self.once("orders", lambda: relations.orders_by_customer(self.lines, self.days))

    @property
    def sales(self) -> Any:
        return self.once("sales", lambda: relations.sales_by_customer(self.lines, self.days))


def purchases(lens: Lens) -> Any:
    """A row a customer of the entity in the period: money and units; the second of the two stages."""
    rows = lens.exchange.convert(lens.seen(lens.sales), SALES_MONEY)
    money = [name for name in rows.columns if name.startswith(SALES_MONEY)]
    return rows.group_by([*KEYS, "customer_id"]).aggregate(**{name: total(rows[name]) for name in (*money, "units")})


def orders(lens: Lens) -> Any:
    """Orders of the entity in the period; an order of several people has a row for each."""
    return lens.seen(lens.orders)


def customers(lens: Lens) -> Any:
    """A row a customer with an order: how many; `kept`: with an order of the entity in the period before too; `back`: after 180
    days without one from anyone.
    """
    import ibis

    by = _buyers(lens)
    before = customers_before(lens).mutate(kept=ibis.literal(True))
    returned = lens.once("returned", lambda: relations.returns_of_customers(lens.order_days))
    returned = in_cells(returned, lens.days).inner_join(lens.windows, "cell")
    returned = returned.select("grain", "period", "customer_id").distinct().mutate(back=ibis.literal(True))
    by = _beside(by, before, [*KEYS, "customer_id"], "kept")
    return _beside(by, returned, ["grain", "period", "customer_id"], "back")


def _buyers(lens: Lens) -> Any:
    """A row a customer with an order of the entity in the period, and how many."""

    def counted() -> Any:
        rows = lens.seen(lens.orders)
        rows = rows.filter(rows.customer_id.notnull())
        return rows.group_by([*KEYS, "customer_id"]).aggregate(orders=rows.order_id.nunique())

    return lens.once("buyers", counted)


def _beside(rows: Any, flags: Any, keys: list[str], flag: str) -> Any:
    """Rows with a flag from another table, False where it has no such key."""
    flags = flags.rename({f"{key}_there": key for key in keys})
    joined = rows.left_join(flags, [rows[key] == flags[f"{key}_there"] for key in keys])
    return joined.mutate(**{flag: joined[flag].fill_null(False)}).drop(*(f"{key}_there" for key in keys))


def customers_before(lens: Lens) -> Any:
    """A row a customer with an order of the entity in the period before."""
    if lens.before is None:
        buyers = _buyers(lens)
        return buyers.mutate(period=buyers.period + 1).select(*KEYS, "customer_id")
    rows = lens.seen(lens.orders, lens.before)
    return rows.filter(rows.customer_id.notnull()).select(*KEYS, "customer_id").distinct()


def products(lens: Lens) -> Any:
    """A row a customer and product."""
    rows = lens.once("products", lambda: relations.products_by_customer(lens.lines, lens.days))
    return lens.seen(rows).select(*KEYS, "customer_id", "product").distinct()


def firsts(lens: Lens) -> Any:
    """A row a customer who is new in the period; where it is not yet known whose, the customer is the company's alone."""
    first = lens.once("first_orders", lambda: relations.first_orders(lens.lines))
    if not lens.acquired_known:
        return lens.seen(in_cells(first, lens.days))
    acquired = lens.once("acquired", lambda: relations.acquired_customers(lens.facts, first))
    rows = lens.seen(in_cells(acquired, lens.days))
    return rows.filter((rows.level == COMPANY) | (rows.known_from <= rows.last_day))


def activities(lens: Lens) -> Any:
    """Activities; `next_order` beside a visit: when the customer next ordered within 30 days."""
    import ibis

    rows = lens.events("activities", "happened_on")
    if lens.facts.tables.orders is None:
        return lens.seen(rows.mutate(next_order=ibis.null("date")))
    found = lens.once("visits", lambda: relations.visits_with_next_order(lens.facts, rows, lens.order_days))
    return lens.seen(found)


def own_visits(lens: Lens) -> Any:
    """A row a customer whom the entity looks after and visited."""
    rows = lens.seen(lens.events("activities", "happened_on"))
    visited = rows.filter(rows.kind == "visit").select(*KEYS, "customer_id").distinct()
    return visited.semi_join(_looked_after(lens), [*KEYS, "customer_id"])


def _looked_after(lens: Lens) -> Any:
    """Customers by entity and period: those of its people, acquired by its end where the day is known."""
    owned = _customers(lens)
    rows = lens.memberships.inner_join(owned.select("customer_id", "person_id", "acquired_on"), "person_id")
    return rows.filter(rows.acquired_on.isnull() | (rows.acquired_on <= rows.last_day))


def _customers(lens: Lens) -> Any:
    """The client's customers, without those acquired after `as_of`."""
    import ibis

    owned, as_of = lens.facts.tables.customers, lens.facts.as_of
    assert owned is not None, "a view of customers without the table"
    return owned if as_of is None else owned.filter(owned.acquired_on.isnull() | (owned.acquired_on <= ibis.literal(as_of)))


def portfolio(lens: Lens) -> Any:
    """How many customers the entity looks after, counted by person and day of acquisition."""
    owned = _customers(lens)
    owned = owned.filter(owned.person_id.notnull() & owned.customer_id.notnull())
    counts = owned.group_by(["person_id", "acquired_on"]).aggregate(customers=owned.customer_id.nunique())
    rows = lens.memberships.inner_join(counts, "person_id")
    return rows.filter(rows.acquired_on.isnull() | (rows.acquired_on <= rows.last_day))


def opened(lens: Lens) -> Any:
    """Opportunities opened."""
    return lens.exchange.convert(lens.seen(lens.events("opportunities", "opened_on")), ("amount",))


def closed(lens: Lens) -> Any:
    """Opportunities won or lost, by the day of closing, and the days they were open."""
    rows = lens.events("opportunities", "closed_on")
    rows = rows.mutate(days_open=rows.closed_on.delta(rows.opened_on, unit="day"))
    return lens.exchange.convert(lens.seen(rows), ("amount",))


def created(lens: Lens) -> Any:
    """Leads created."""
    return lens.seen(lens.events("leads", "created_on"))


def qualified(lens: Lens) -> Any:
    """Leads by the day on which they were qualified."""
    return lens.seen(lens.events("leads", "qualified_on"))


def spend(lens: Lens) -> Any:
    return lens.exchange.convert(lens.seen(lens.events("spend", "spent_on")), ("amount",))


def payments(lens: Lens) -> Any:
    return lens.exchange.convert(lens.seen(lens.events("payments", "paid_on")), ("amount",))


def campaigns(lens: Lens) -> Any:
    """What customers of leads that were converted in the period bought in it, from anyone."""
    leads = lens.seen(lens.events("leads", "converted_on"))
    reached = leads.filter(leads.customer_id.notnull()).select(*KEYS, "customer_id").distinct()
    bought = lens.sales.group_by(["customer_id", "currency", "cell"]).aggregate(amount=total(lens.sales.amount))
    windows = lens.windows.select("cell", "grain", "period").distinct()
    rows = reached.inner_join(bought.inner_join(windows, "cell"), ["customer_id", "grain", "period"])
    return lens.exchange.convert(rows, ("amount",))


def own(lens: Lens, declared: CustomKpi) -> Any:
    """The rows that a client's own KPI takes."""
    from kpi_toolkit.intake.contract import FACT_DAY

    rows = lens.events(declared.table, FACT_DAY[declared.table])
    if declared.table == "orders":
        rows = rows.filter(rows["counts"])
        shared = [name for name in columns_used(declared) if name in ("amount", "quantity", "cost", "discount")]
        rows = rows.mutate(**{name: rows[name] * rows.credit for name in shared})
    for column, values in declared.where.items():
        wanted = [value.strip().casefold() for value in values]
        rows = rows.filter(rows[column].cast("string").strip().lower().isin(wanted))
    seen = lens.seen(rows)
    return lens.exchange.convert(seen, columns_used(declared)) if declared.unit == "money" else seen


VIEWS: Mapping[str, Callable[[Lens], Any]] = {
    "purchases": purchases, "orders": orders, "customers": customers, "customers_before": customers_before,
    "products": products, "firsts": firsts, "activities": activities, "own_visits": own_visits, "portfolio": portfolio,
    "opened": opened, "closed": closed, "created": created, "qualified": qualified, "spend": spend, "payments": payments,
    "campaigns": campaigns,
}  # fmt: skip


def view_of(lens: Lens, name: str) -> Any:
    """A view by name; those of a client's own KPIs are `custom:<id>`."""
    if name in VIEWS:
        return VIEWS[name](lens)
    return own(lens, lens.custom[name])


def custom_views(declared: tuple[CustomKpi, ...]) -> dict[str, CustomKpi]:
    return {view(each): each for each in declared}


__all__ = ["COMPANY", "KEYS", "OWNER", "VIEWS", "Lens", "custom_views", "view_of"]
