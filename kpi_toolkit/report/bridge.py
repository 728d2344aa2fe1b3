"""What moved the revenue: customers × orders per customer × order value, this quarter against the same one a year before.

The three measures and their product stand in `measures` (company, agreed rates); their parts are those of
`series.parts_of_change`, which add to the change exactly. `diagnosis` tells the same of the periods before the quarter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.report.facts import FIRST_KPI, Facts

DRIVERS = (N_("Number of customers"), N_("Orders per customer"), N_("Value of an order"))


@dataclass(frozen=True)
class Bridge:
    """From `start` to `end` (money, agreed rates) by `steps`, in the order of `DRIVERS`; they add to the change."""

    before: Quarter
    after: Quarter
    start: float
    end: float
    steps: tuple[float, ...]

    @property
    def change(self) -> float:
        return self.end - self.start


def bridge(facts: Facts) -> Bridge | None:
    """The bridge from a year before (else from the quarter before); None where a measure is missing or not positive.

    None too where orders are incomplete: part of a quarter does not compare with a whole one.
    """
    if any(source == "orders" for source, _ in facts.incomplete):
        return None
    for before in (facts.quarter.shifted(-4), facts.quarter.previous):
        factors = [_factors(facts, quarter) for quarter in (before, facts.quarter)]
        if all(factors):
            return _parts(facts, before, factors[0], factors[1])
    return None


def _factors(facts: Facts, quarter: Quarter) -> tuple[float, float, float] | None:
    revenue, customers, orders = (facts.company_value(kpi, quarter) for kpi in (FIRST_KPI, "active_customers", "orders"))
    if not all(math.isfinite(one) and one > 0 for one in (revenue, customers, orders)):
        return None
    return customers, orders / customers, revenue / orders


def _parts(facts: Facts, before: Quarter, start: tuple[float, ...] | None, end: tuple[float, ...] | None) -> Bridge | None:
    from kpi_toolkit.series import parts_of_change

    if start is None or end is None:
        return None
    steps = tuple(float(step) for step in parts_of_change(start, end))
    return Bridge(before, facts.quarter, math.prod(start), math.prod(end), steps)
