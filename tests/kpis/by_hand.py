"""Every KPI once more, in plain pandas: one entity and period at a time, from the words of the contract alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, cached_property

import pandas as pd

from kpi_toolkit.quarter import Quarter

WINDOW, BACK = 30, 180
NO_ORDER = ("returned", "cancelled", "canceled", "void")
Frames = dict[str, pd.DataFrame]


def periods(first: Quarter, last: Quarter) -> Iterator[tuple[str, str, pd.Timestamp, pd.Timestamp]]:
    each = first
    while each <= last:
        yield "quarter", str(each), pd.Timestamp(each.first_day), pd.Timestamp(each.last_day)
        each = each.next
    for month in pd.period_range(pd.Timestamp(first.first_day), pd.Timestamp(last.last_day), freq="M"):
        if month.end_time.normalize() <= pd.Timestamp(last.last_day):
            yield "month", str(month), month.start_time, month.end_time.normalize()


class Book:
    """Rates in plain Python."""

    def __init__(self, rates: pd.DataFrame, quarter: Quarter, reporting: str = "USD") -> None:
        self.rates, self.quarter, self.reporting = rates, quarter, reporting
        self.rate = cache(self._rate)

    def _rate(self, currency: str, day: pd.Timestamp) -> float:
        if currency == self.reporting:
            return 1.0
        own = self.rates[self.rates["currency"] == currency]
        by_quarter = own[own["quarter"] == str(Quarter.of(day.date(), self.quarter.fiscal))]
        if len(by_quarter):
            return float(by_quarter["rate"].iloc[-1])
        return float(own[own["date"] <= day].sort_values("date")["rate"].iloc[-1])


class ByHand:
    """`value(level, entity, grain, first, last)`: a dict of KPI -> (value, numerator, denominator); None where empty."""

    def __init__(self, frames: Frames, quarter: Quarter, acquired: bool, as_of: date | None = None) -> None:
        limit = pd.Timestamp(min(quarter.last_day, as_of or quarter.last_day))
        self.quarter, self.acquired, self.people = quarter, acquired, frames["people"]
        ordered = self.people.sort_values("valid_from", na_position="first")
        self.rows = {name: [row for _, row in own.iterrows()] for name, own in ordered.groupby("person_id")}
        self.parts: dict[tuple[int, str], dict[str, pd.DataFrame]] = {}
        self.row_on, self.there = cache(self._row_on), cache(self._there)
        self.book = Book(frames["rates"], quarter)
        orders = frames["orders"][frames["orders"]["ordered_on"] <= limit].copy()
        self.all_orders = orders
        orders = orders[~orders["status"].isin(NO_ORDER)]
        for column in ("quantity", "cost", "discount"):
            orders[column] = orders[column] * orders["credit"]
        orders["net"] = orders["amount"] * orders["credit"]
        self.orders = self.placed(orders, "ordered_on")
        self.real = self.orders[self.orders["amount"] > 0]
        self.order_days = dict(iter(self.real.groupby("customer_id")["day"]))
        self.acts = self.placed(frames["activities"], "happened_on", limit)
        self.opened = self.placed(frames["opportunities"], "opened_on", limit)
        deals = frames["opportunities"]
        deals = deals[deals["closed_on"].notna() & deals["stage"].isin(["won", "lost"])]
        self.closed = self.placed(deals, "closed_on", limit)
        self.created = self.placed(frames["leads"], "created_on", limit)
        self.qualified = self.placed(frames["leads"][frames["leads"]["qualified_on"].notna()], "qualified_on", limit)
        self.converted = self.placed(frames["leads"][frames["leads"]["converted_on"].notna()], "converted_on", limit)
        self.spend = self.placed(frames["spend"], "spent_on", limit)
        self.paid = self.placed(frames["payments"], "paid_on", limit)
        self.customers = frames["customers"]
        self.first_order = self.all_orders["ordered_on"].min()
        self.first_facts = self._first_facts()
        self.firsts = self._firsts()

    def _row_on(self, person: str, day: pd.Timestamp) -> pd.Series:
        row = self.rows[person][0]
        for other in self.rows[person][1:]:
            row = other if other["valid_from"] <= day else row
        return row

    def placed(self, table: pd.DataFrame, day: str, limit: pd.Timestamp | None = None) -> pd.DataFrame:
        table = table if limit is None else table[table[day] <= limit]
        table = table.copy()
        table["day"] = table[day]
        for column in ("team", "country"):
            values = []
            for person, when, named in zip(
                table["person_id"], table["day"], table[column] if column in table else [None] * len(table), strict=True
            ):
                if pd.isna(person):
                    values.append(named)
                    continue
                values.append(self.row_on(person, when)[column])
            table[column] = pd.Series(values, index=table.index, dtype="object")
        return table

    def _all_facts(self) -> Iterator[pd.DataFrame]:
        yield self.placed(self.all_orders, "ordered_on")
        yield from (self.acts, self.opened, self.created, self.spend, self.paid)

    def _first_facts(self) -> dict[str, pd.Timestamp]:
        rows = pd.concat([table[["person_id", "day"]] for table in self._all_facts()]).dropna()
        return rows.groupby("person_id")["day"].min().to_dict()

    @cached_property
    def dated(self) -> pd.DataFrame:
        tables = [*self._all_facts(), self.closed, self.qualified, self.converted]
        return pd.concat([table[["person_id", "team", "country", "day"]] for table in tables])

    def employed(self, person: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.Timestamp | None:
        """The last day of the period on which a person is employed."""
        row = self.people[self.people["person_id"] == person].iloc[-1]
        begin = row["joined_on"]
        if pd.isna(begin):
            if person not in self.first_facts:
                return None
            begin = pd.Timestamp(Quarter.of(self.first_facts[person].date(), self.quarter.fiscal).first_day)
        end = row["left_on"] if not pd.isna(row["left_on"]) else pd.Timestamp("2100-01-01")
        return min(end, last) if begin <= last and end >= first else None

    def _there(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """People with a row in a period, as they are in it."""
        touched = self.dated
        touched = set(touched[(touched["day"] >= first) & (touched["day"] <= last)]["person_id"].dropna())
        rows = []
        for person in self.people["person_id"].unique():
            end = self.employed(person, first, last)
            if end is not None or person in touched:
                rows.append(self.row_on(person, last if end is None else end))
        return pd.DataFrame(rows, columns=self.people.columns)

    def entities(self, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[str, str, str]]:
        """level, entity and currency of everyone who has a row in a period."""
        people, touched = self.there(first, last), self.dated
        touched = touched[(touched["day"] >= first) & (touched["day"] <= last)]
        found = [("person", row.person_id, row.currency) for row in people.itertuples()]
        for level in ("team", "country"):
            for name in sorted({*people[level].dropna(), *touched[level].dropna()}):
                found.append((level, name, self.shared(people[people[level] == name])))
        return [*found, ("company", "company", self.shared(people))]

    def shared(self, people: pd.DataFrame) -> str:
        return people["currency"].iloc[0] if people["currency"].nunique() == 1 else "USD"

    def _firsts(self) -> pd.DataFrame:
        rows = self.real.sort_values(["ordered_on", "order_id", "credit", "person_id"], ascending=[True, True, False, True])
        return rows.drop_duplicates("customer_id")

    def of(self, table: pd.DataFrame, level: str, entity: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        column = {"person": "person_id", "team": "team", "country": "country"}.get(level)
        if column is not None:
            key = (id(table), level)  # of tables that live as long as this object
            if key not in self.parts:
                self.parts[key] = dict(iter(table.groupby(column)))
            table = self.parts[key].get(entity, table.iloc[:0])
        return table[(table["day"] >= first) & (table["day"] <= last)]

    def money(self, table: pd.DataFrame, column: str, currency: str, constant: bool = False) -> pd.Series:
        agreed = pd.Timestamp(self.quarter.first_day) - pd.Timedelta(days=1)
        values = []
        for amount, own, day in zip(table[column], table["currency"], table["day"], strict=True):
            when = agreed if constant else day
            same = own == currency
            values.append(amount if same else amount * self.book.rate(own, when) / self.book.rate(currency, when))
        return pd.Series(values, index=table.index, dtype="float64")

    def new(self, level: str, entity: str, first: pd.Timestamp, last: pd.Timestamp) -> float | None:
        if not self.acquired:
            if first < self.first_order + pd.Timedelta(days=365):
                return None
            return float(len(self.of(self.firsts, level, entity, first, last)))
        rows = self.customers[(self.customers["acquired_on"] >= first) & (self.customers["acquired_on"] <= last)]
        count = 0
        for row in rows.itertuples():
            person = row.person_id
            if pd.isna(person):
                begun = self.firsts[(self.firsts["customer_id"] == row.customer_id) & (self.firsts["day"] <= last)]
                person = begun["person_id"].iloc[0] if len(begun) else None
            if level == "company":
                count += 1
            elif person is not None:
                own = self.row_on(person, row.acquired_on)
                count += own[{"person": "person_id"}.get(level, level)] == entity
        return float(count)

    def values(
        self, level: str, entity: str, currency: str, grain: str, first: pd.Timestamp, last: pd.Timestamp
    ) -> dict[str, tuple[float | None, ...]]:
        """KPI -> value, value at agreed rates, for one entity and period."""
        out: dict[str, tuple[float | None, ...]] = {}

        def put(kpi: str, number: float, below: float | None = None, constant: float | None = None) -> None:
            def over(top: float) -> float | None:
                return top if below is None else top / below if below else None

            out[kpi] = (over(number), over(number if constant is None else constant))

        lines, real = self.of(self.orders, level, entity, first, last), self.of(self.real, level, entity, first, last)
        net, agreed = self.money(lines, "net", currency), self.money(lines, "net", currency, constant=True)
        active, count = real["customer_id"].nunique(), real["order_id"].nunique()
        put("revenue", net.sum(), constant=agreed.sum())
        put("units", lines["quantity"].sum())
        put("active_customers", active)
        put("orders", count)
        put("revenue_per_customer", net.sum(), active, agreed.sum())
        put("average_order_value", net.sum(), count, agreed.sum())
        per_customer = real.groupby("customer_id")["order_id"].nunique()
        put("repeat_purchase_rate", int((per_customer >= 2).sum()), active)
        put("products_per_customer", len(real[["customer_id", "product"]].drop_duplicates()), active)
        discount = self.money(lines.fillna({"discount": 0.0}), "discount", currency).sum()
        put("discount_rate", discount, net.sum() + discount)
        costed = lines[lines["cost"].notna()]
        income = self.money(costed, "net", currency).sum()
        put("gross_margin", income - self.money(costed, "cost", currency).sum(), income)
        top = net.groupby(lines["customer_id"]).sum().max() if len(lines) else 0.0
        put("top_customer_share", top, net.sum())
        before_first, before_last = self.before(grain, first)
        before = set(self.of(self.real, level, entity, before_first, before_last)["customer_id"])
        put("customer_retention", len(before & set(real["customer_id"])), len(before))
        back = 0
        for customer in real["customer_id"].unique():
            own = self.order_days[customer]
            start = own[(own >= first) & (own <= last)].min()
            earlier = own[own < start]
            back += bool(len(earlier) and earlier.max() < start - pd.Timedelta(days=BACK))
        put("reactivated_customers", back)
        new = self.new(level, entity, first, last)
        out["new_customers"] = (new, new)
        self._growth(out, level, entity, currency, grain, first, net.sum(), active)

        acts = self.of(self.acts, level, entity, first, last)
        visits = acts[acts["kind"] == "visit"]
        put("activities", len(acts))
        put("visits", len(visits))
        put("calls", int((acts["kind"] == "call").sum()))
        seen, ordering = set(visits["customer_id"].dropna()), set()
        for row in visits.dropna(subset=["customer_id"]).itertuples():
            until = min(last, row.day + pd.Timedelta(days=WINDOW))
            orders = self.order_days.get(row.customer_id, pd.Series(dtype="datetime64[us]"))
            if ((orders >= row.day) & (orders <= until)).any():
                ordering.add(row.customer_id)
        put("visit_to_order_rate", len(ordering), len(seen))
        owned = self.owned(level, entity, first, last)
        put("customer_coverage", len(owned & seen), len(owned))

        opened, closed = self.of(self.opened, level, entity, first, last), self.of(self.closed, level, entity, first, last)
        won = closed[closed["stage"] == "won"]
        put("opportunities_opened", len(opened))
        put("pipeline_created", self.money(opened, "amount", currency).sum(),
            constant=self.money(opened, "amount", currency, constant=True).sum())  # fmt: skip
        put("win_rate", len(won), len(closed))
        put("average_deal_size", self.money(won, "amount", currency).sum(), len(won),
            self.money(won, "amount", currency, constant=True).sum())  # fmt: skip
        put("sales_cycle_days", (won["closed_on"] - won["opened_on"]).dt.days.sum(), len(won))
        paid = self.of(self.paid, level, entity, first, last)
        put("collections", self.money(paid, "amount", currency).sum(),
            constant=self.money(paid, "amount", currency, constant=True).sum())  # fmt: skip

        leads, spent = self.of(self.created, level, entity, first, last), self.of(self.spend, level, entity, first, last)
        cost, cost_agreed = (self.money(spent, "amount", currency, constant=c).sum() for c in (False, True))
        put("leads", len(leads))
        put("qualified_leads", len(self.of(self.qualified, level, entity, first, last)))
        put("lead_conversion_rate", int((leads["converted_on"] <= last).sum()), len(leads))
        put("cost_per_lead", cost, len(leads), cost_agreed)
        out["customer_acquisition_cost"] = (cost / new, cost_agreed / new) if new else (None, None)
        reached = set(self.of(self.converted, level, entity, first, last)["customer_id"].dropna())
        bought = self.of(self.orders[self.orders["customer_id"].isin(reached)], "company", "company", first, last)
        put("campaign_roi", self.money(bought, "net", currency).sum() - cost, cost)
        return out

    def before(self, grain: str, first: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        if grain == "month":
            return first - pd.DateOffset(months=1), first - pd.Timedelta(days=1)
        earlier = Quarter.of(first.date(), self.quarter.fiscal).previous
        return pd.Timestamp(earlier.first_day), pd.Timestamp(earlier.last_day)

    def owned(self, level: str, entity: str, first: pd.Timestamp, last: pd.Timestamp) -> set[str]:
        people = self.there(first, last)
        if level != "company":
            people = people[people[{"person": "person_id"}.get(level, level)] == entity]
        own = self.customers[self.customers["person_id"].isin(people["person_id"])]
        if self.acquired:
            own = own[own["acquired_on"].isna() | (own["acquired_on"] <= last)]
        return set(own["customer_id"])

    def _growth(
        self, out: dict[str, tuple[float | None, ...]], level: str, entity: str, currency: str, grain: str,
        first: pd.Timestamp, now: float, active: int,
    ) -> None:  # fmt: skip
        out["revenue_growth"] = out["revenue_per_customer_growth"] = (None, None)
        start = first - pd.DateOffset(years=1)
        if start < pd.Timestamp(Quarter.of(self.first_order.date(), self.quarter.fiscal).first_day):
            return
        end = first - pd.DateOffset(years=1)
        end = end + pd.offsets.MonthEnd(0) if grain == "month" else pd.Timestamp(
            Quarter.of(start.date(), self.quarter.fiscal).last_day)  # fmt: skip
        then = self.money(self.of(self.orders, level, entity, start, end), "net", currency).sum()
        customers = self.of(self.real, level, entity, start, end)["customer_id"].nunique()
        if then > 0:
            out["revenue_growth"] = (now / then - 1,) * 2
            if customers and active:
                out["revenue_per_customer_growth"] = (now / active / (then / customers) - 1,) * 2
