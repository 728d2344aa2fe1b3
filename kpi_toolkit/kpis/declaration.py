"""What a KPI is: a declaration whose parts are aggregates over named views of the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    DAYS = "days"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Kind(StrEnum):
    LEADING = "leading"
    LAGGING = "lagging"


class Level(StrEnum):
    PERSON = "person"
    TEAM = "team"
    COUNTRY = "country"
    COMPANY = "company"


class Shape(StrEnum):
    """How a group's value comes about: counts and sums add up, distinct counts are of the union, the rest is of sums."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    RATIO = "ratio"
    GROWTH = "growth"


THROUGH_ZERO = frozenset({"revenue_growth", "revenue_per_customer_growth", "campaign_roi"})
"""KPIs that pass through zero; attained by (1 + actual) / (1 + target) (contract, section 4)."""

Columns = Any  # attribute access to the columns of a view, at the rates asked for


@dataclass(frozen=True)
class Part:
    """A number of an entity and a period: an aggregate over a view. `money`: it is taken at day rates and at agreed rates."""

    name: str
    view: str
    aggregate: Callable[[Columns], Any] = field(compare=False)
    money: bool = False

    def __sub__(self, other: Part) -> Amount:
        return Amount(((1.0, self), (-1.0, other)))


@dataclass(frozen=True)
class Amount:
    """A signed sum of parts."""

    terms: tuple[tuple[float, Part], ...]

    @classmethod
    def of(cls, parts: Part | Amount) -> Amount:
        return parts if isinstance(parts, Amount) else cls(((1.0, parts),))

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for _, part in self.terms)


@dataclass(frozen=True)
class KPI:
    """A KPI: what it needs, what it is made of, how it is read.

    `needs` are tables or columns of tables (`orders`, `orders.cost`); the first names its main table. `numerator` alone is a
    count or a sum; with `denominator` it is a ratio; of shape GROWTH it is that against a year before, less 1. `events` counts
    the fact rows behind it: those of one order are one event. `needs_firsts`: it is empty where nobody is known to be new.
    """

    id: str
    name: str
    needs: tuple[str, ...]
    numerator: Part | Amount
    unit: Unit
    better: Better
    kind: Kind
    serves: str
    shape: Shape
    events: Part
    denominator: Part | None = None
    controlled_at: Level = Level.PERSON
    needs_firsts: bool = False
    scale: float | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # of a client's own KPI, by language
    custom: bool = False

    @property
    def source(self) -> str:
        """The main table."""
        return self.needs[0].partition(".")[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Every table of facts that it reads, the main one first."""
        tables = [need.partition(".")[0] for need in self.needs]
        return tuple(dict.fromkeys(table for table in tables if table != "customers"))

    @property
    def default_rule(self) -> str:
        """The rule of attainment where none is given (contract, section 4)."""
        if self.scale is not None:
            return "scale"
        if self.id in THROUGH_ZERO:
            return "growth"
        return "linear" if self.better == Better.LOWER else "ratio"

    @property
    def parts(self) -> tuple[Part, ...]:
        denominator = () if self.denominator is None else (self.denominator,)
        return (*Amount.of(self.numerator).parts, *denominator, self.events)
