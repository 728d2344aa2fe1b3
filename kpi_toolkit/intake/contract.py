"""The tables that come in: their columns, kinds and what is required (contract, section 2), and what `read` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["id", "text", "word", "day", "number", "share", "currency", "quarter"]
"""How a column is read: `id` and `text` as they stand (an id may get the source's prefix), `word` in lower case, `day` a date,
`number` float64, `share` a number from 0 to 1, `currency` an ISO 4217 code, `quarter` as `2026Q3`."""


@dataclass(frozen=True)
class Field:
    """One column of a table that comes in."""

    kind: Kind
    required: bool = False
    words: tuple[str, ...] = ()  # of a `word`, where only these are allowed

    @property
    def sql(self) -> str:
        """Its type in the engine."""
        return {"day": "DATE", "number": "DOUBLE", "share": "DOUBLE"}.get(self.kind, "VARCHAR")


def _fields(required: str, optional: str = "") -> dict[str, Field]:
    """From `name:kind` words; a kind left out is text."""
    out: dict[str, Field] = {}
    for needed, words in ((True, required), (False, optional)):
        for word in words.split():
            name, _, kind = word.partition(":")
            out[name] = Field(kind or "text", needed)  # type: ignore[arg-type]
    return out


CANONICAL: Mapping[str, Mapping[str, Field]] = {
    "people": _fields(
        "person_id:id",
        "name manager_id:id team country region role currency:currency language joined_on:day left_on:day goals:word "
        "variable_pay:number potential:number valid_from:day valid_to:day",
    ),
    "customers": _fields("customer_id:id", "name country segment acquired_on:day person_id:id"),
    "orders": _fields(
        "order_id:id ordered_on:day person_id:id customer_id:id amount:number",
        "line_id currency:currency quantity:number discount:number discount_share:share cost:number product status:word "
        "credit:number",
    ),
    "opportunities": {
        **_fields("opportunity_id person_id:id opened_on:day"),
        "stage": Field("word", True, ("open", "won", "lost")),
        **_fields("", "closed_on:day customer_id:id amount:number currency:currency product"),
    },
    "activities": _fields("activity_id happened_on:day person_id:id kind:word", "customer_id:id outcome"),
    "leads": _fields(
        "lead_id created_on:day", "person_id:id team country channel qualified_on:day converted_on:day customer_id:id"
    ),
    "spend": _fields("spent_on:day amount:number", "person_id:id team country channel currency:currency"),
    "payments": _fields(
        "payment_id paid_on:day person_id:id amount:number", "customer_id:id order_id:id currency:currency"
    ),
    "absences": _fields("person_id:id starts_on:day ends_on:day", "kind"),
    "events": _fields("starts_on:day kind text", "ends_on:day country team person_id:id entered_by"),
    "quotas": {
        **_fields(
            "person_id:id quarter:quarter kpi:word target:number",
            "weight:number currency:currency threshold:number stretch:number",
        ),
        "rule": Field("word", False, ("ratio", "linear", "inverse", "progress", "growth", "scale")),
        "baseline": Field("number"),
    },
    "rates": _fields("currency:currency rate:number", "quarter:quarter date:day"),
}  # fmt: skip

ADDED: Mapping[str, Mapping[str, str]] = {
    "people": {"iso": "VARCHAR"},
    "orders": {"row_id": "BIGINT", "counts": "BOOLEAN"},
}
"""Columns that intake adds: a person's ISO country code, an order row's number and whether its status lets it count."""

FACT_DAY: Mapping[str, str] = {
    "orders": "ordered_on",
    "opportunities": "opened_on",
    "activities": "happened_on",
    "leads": "created_on",
    "spend": "spent_on",
    "payments": "paid_on",
}
"""The tables whose rows are facts, and the day of each (contract, section 1)."""

MONEY_TABLES = ("orders", "opportunities", "spend", "payments", "quotas")
"""Tables whose rows are in a currency of their own."""

NO_CURRENCY = "XXX"
"""ISO 4217: no currency. Of amounts where nothing names one."""

NO_ORDER = ("cancelled", "canceled", "returned", "void")
"""Statuses whose rows are no orders (contract, section 3)."""


@dataclass(frozen=True)
class Tables:
    """The canonical tables, validated; they stay in the engine.

    Every table that the client has holds all columns of `CANONICAL` and `ADDED`, in that order; a column that no source maps is
    a typed NULL. Identifiers and codes are text, days dates, numbers float64. Rows in the order of the files.

    - `people`: one row a person and validity; validities of a person do not overlap, and an empty end means open. `currency`
      is resolved (own column, else `currencies` by country, else the reporting currency). `iso` is the ISO country code or NULL.
    - `orders`: `currency` resolved and never NULL; `credit` 1.0 where absent; `discount` as money also where a share came, before
      credit; `row_id` unique and stable; `counts` False for cancelled, returned and void rows, which are kept.
    - `opportunities`, `spend`, `payments`, `quotas`: `currency` resolved as in orders (spend and payments without a person: the
      reporting currency).
    - `quotas`: one row a person, quarter and KPI; `rates`: one row a currency and quarter or date.
    """

    backend: Any  # an Ibis backend
    people: Any  # ibis.Table; without a source of people, everyone whom a fact or a quota names
    customers: Any | None
    orders: Any | None
    opportunities: Any | None
    activities: Any | None
    leads: Any | None
    spend: Any | None
    payments: Any | None
    absences: Any | None
    events: Any | None
    quotas: Any | None
    rates: Any | None
    mapped: Mapping[str, frozenset[str]]
    """Which columns of a table the client has; a table that no source maps is absent. `discount` counts where a share came."""
    reporting_currency: str
    """As in engagement.yml, else the only currency that occurs; `NO_CURRENCY` where none is named."""
    intake: pd.DataFrame
    findings: pd.DataFrame
    faults: pd.DataFrame
    """A row a bad row: table, file, sheet, row, column, value, code; empty where all is well."""

    def table(self, name: str) -> Any | None:
        """A table by name; None where no source maps it."""
        return getattr(self, name)
