"""Names and figures: KPIs, people and groups as one language says them, values in the unit of their KPI.

The names of the contract's KPIs are messages of the catalogue of KPIs; the client's own words (`terms`, custom KPIs) go before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpi_toolkit.language import N_, NOT_AVAILABLE, Language, absent
from kpi_toolkit.report.words import enums

# Short names: the KPI's own (kpis.catalogue) serve where a catalogue is given; these where only ids are at hand (notebooks)
KPI_NAMES: Mapping[str, str] = {
    "revenue": N_("Revenue"),
    "revenue_growth": N_("Revenue growth"),
    "units": N_("Units sold"),
    "collections": N_("Collections"),
    "new_customers": N_("New customers"),
    "active_customers": N_("Active customers"),
    "revenue_per_customer": N_("Revenue per customer"),
    "revenue_per_customer_growth": N_("Growth of revenue per customer"),
    "orders": N_("Orders"),
    "average_order_value": N_("Average order value"),
    "repeat_purchase_rate": N_("Repeat purchase rate"),
    "customer_retention": N_("Customer retention"),
    "reactivated_customers": N_("Reactivated customers"),
    "products_per_customer": N_("Products per customer"),
    "discount_rate": N_("Discount rate"),
    "gross_margin": N_("Gross margin"),
    "top_customer_share": N_("Share of the largest customer"),
    "activities": N_("Activities"),
    "visits": N_("Customer visits"),
    "calls": N_("Calls"),
    "customer_coverage": N_("Customer coverage"),
    "visit_to_order_rate": N_("Visits that led to an order"),
    "pipeline_created": N_("Pipeline created"),
    "opportunities_opened": N_("Opportunities opened"),
    "win_rate": N_("Win rate"),
    "average_deal_size": N_("Average deal size"),
    "sales_cycle_days": N_("Sales cycle"),
    "leads": N_("Leads"),
    "qualified_leads": N_("Qualified leads"),
    "lead_conversion_rate": N_("Lead conversion rate"),
    "cost_per_lead": N_("Cost per lead"),
    "customer_acquisition_cost": N_("Customer acquisition cost"),
    "campaign_roi": N_("Return on campaigns"),
}
UNITS: Mapping[str, str] = {
    "revenue": "money", "collections": "money", "revenue_per_customer": "money", "average_order_value": "money",
    "pipeline_created": "money", "average_deal_size": "money", "cost_per_lead": "money", "customer_acquisition_cost": "money",
    "revenue_growth": "share", "revenue_per_customer_growth": "share", "repeat_purchase_rate": "share", "customer_retention": "share",
    "discount_rate": "share", "gross_margin": "share", "top_customer_share": "share", "customer_coverage": "share",
    "visit_to_order_rate": "share", "win_rate": "share", "lead_conversion_rate": "share", "campaign_roi": "share",
    "sales_cycle_days": "days",
}  # fmt: skip
FRACTIONAL = frozenset({"products_per_customer"})  # a count per thing: whole numbers would hide it
OWN_GOAL = re.compile(r"own_(\d+)")


@dataclass(frozen=True)
class Words:
    """How one language names KPIs and says their values; `catalogue` may be empty (the names above serve then).

    `terms`: KPI id → language code → the client's word; `people`: person id → name, where a name is known.
    """

    language: Language
    catalogue: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    privacy: str = "decisions"

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language; its fields must be texts or whole numbers already said."""
        return self.language.text(message, **values)

    def count(self, n: float, one: str, many: str, **values: object) -> str:
        """The message for one or for many, with `{n}`; one and many are the same in languages without a plural."""
        return self(one if round(n) == 1 else many, n=self.language.number(n), **values)

    def counted(self, n: float) -> str:
        """`1 person`, `24 people`."""
        return self.count(n, N_("{n} person"), N_("{n} people"))

    def listed(self, parts: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(parts) < 2:
            return "".join(parts)
        return self(N_("{first} and {last}"), first=", ".join(parts[:-1]), last=parts[-1])

    # ---- KPIs

    def kpi(self, kpi: str) -> str:
        """The name of a KPI: the client's word, else the catalogue's, else the one above; an own goal by its number."""
        own = OWN_GOAL.fullmatch(kpi)
        if own:
            return self(N_("Own goal {number}"), number=own[1])
        term = self.terms.get(kpi, {})
        if self.language.code in term:
            return _capital(term[self.language.code])
        known = self.catalogue.get(kpi)
        names = getattr(known, "names", None)
        if isinstance(names, Mapping) and names:
            return _capital(str(names.get(self.language.code) or names.get("en") or next(iter(names.values()))))
        name = getattr(known, "name", None)
        if isinstance(name, Mapping):
            return _capital(str(name.get(self.language.code) or name.get("en") or next(iter(name.values()))))
        message = name if isinstance(name, str) and name and name != kpi else KPI_NAMES.get(kpi)
        return self(message) if message else _capital(enums.readable(kpi))

    def unit(self, kpi: str) -> str:
        """`money`, `count`, `share` or `days`."""
        unit = getattr(self.catalogue.get(kpi), "unit", None)
        return str(getattr(unit, "value", unit)) if unit else UNITS.get(kpi, "count")

    def better(self, kpi: str) -> str:
        """`higher` or `lower`."""
        better = getattr(self.catalogue.get(kpi), "better", None)
        lower = {"discount_rate", "top_customer_share", "sales_cycle_days", "cost_per_lead", "customer_acquisition_cost"}
        return str(getattr(better, "value", better)) if better else ("lower" if kpi in lower else "higher")

    def value(self, kpi: str, value: object, currency: object = "") -> str:
        """A value in the unit of its KPI: `€1.20 m`, `318`, `85.5%`, `42.0 days`; missing: an en dash."""
        if absent(value):
            return NOT_AVAILABLE
        number = float(str(value))
        unit = self.unit(kpi)
        if unit == "money":
            return self.language.compact(number, "" if absent(currency) else str(currency))
        if unit == "share":
            return self.language.percent(number)
        if unit == "days":
            return self(N_("{n} days"), n=self.language.number(number, 1))
        return self.language.number(
            number, 2 if kpi in FRACTIONAL else 0 if float(number).is_integer() or abs(number) >= 100 else 1
        )

    def gap(self, kpi: str, value: float, currency: object = "") -> str:
        """A difference with its sign: `+€12 k`, `−3`, `+1.2 points`."""
        if absent(value):
            return NOT_AVAILABLE
        if self.unit(kpi) == "share":
            said = self(N_("{n} points"), n=self.language.number(abs(value) * 100, 1))
        else:
            said = self.value(kpi, abs(value), currency)
        return f"{'+' if value >= 0 else '−'}{said}"

    # ---- people and groups

    def person(self, person: str, asked: bool = False) -> str:
        """A person as `privacy.names` lets a page above them say it; `asked`: a decision about this person is asked here.

        Empty where the page may not name them.
        """
        name = self.people.get(person) or person
        if self.privacy == "shown" or (self.privacy == "decisions" and asked):
            return name
        if self.privacy == "initials":
            return "".join(f"{part[0]}." for part in re.split(r"[\s\-]+", name) if part)
        return ""

    def owner(self, owner: object) -> str:
        """Who does or decides: a role in words, or the name of the one whom the plan names."""
        if absent(owner):
            return NOT_AVAILABLE
        text = str(owner)
        if enums.known("owner", text):
            return enums.word(self.language, "owner", text)
        if text in self.people:
            return self.person(text, asked=True) or self(enums.OWNERS["manager"])
        return text if " " in text or text.isalnum() else enums.readable(text)

    def missing(self, needs: object) -> str:
        """What a KPI lacks (`activities`, `orders.discount`; several with commas) in words."""
        parts = []
        for need in re.split(r"[,;\s]+", "" if absent(needs) else str(needs)):
            table, _, column = need.partition(".")
            if not need:
                continue
            known = column and enums.known("column", column)
            said = enums.word(self.language, "column", column) if known else ""
            if column:
                label = said or enums.readable(column)
                parts.append(self(N_("{column} (in {table})"), column=label, table=enums.word(self.language, "table", table)))
            else:
                parts.append(enums.word(self.language, "table", table))
        return ", ".join(dict.fromkeys(parts)) or NOT_AVAILABLE


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A word or a name as a sentence begins with it."""
    return _capital(text)


def inside(text: str) -> str:
    """A name inside a sentence: its first letter small, unless a capital or a figure follows (`KPI`, `B2B`)."""
    return text if len(text) > 1 and not text[1].islower() and text[1] != " " else text[:1].lower() + text[1:]
