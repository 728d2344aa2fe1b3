"""The course of a company KPI over 24 months: the series, its process limits, and what the last months say.

The limits are those of `series` (contract, section 5) on the months of `measures`, season taken out where two years tell it; the
line of the target is a third of the quarter's for KPIs that add up, the target itself for the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kpi_toolkit.kpis.catalogue import Shape
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import MONTHS_IN_QUARTER
from kpi_toolkit.report.facts import Facts, Result
from kpi_toolkit.report.words import Words

LEAST_MONTHS = 12  # fewer points give no limits worth drawing
TWO_YEARS = 24
MONTHS = 12
COMPARABLE = 0.10  # how far months of a ratio may lie from the quarter, as a share of it
VARIATIONS = {
    "common": N_("ordinary"),
    "improve": N_("improving"),
    "concern": N_("worsening"),
}
ASSURANCES = {
    "passes": N_("always passes"),
    "fails": N_("cannot reach"),
    "hit_or_miss": N_("hit or miss"),
}


@dataclass(frozen=True)
class Course:
    """A series with its limits. `kind`: common, improve or concern, empty where it is too short to say; `up`: its direction."""

    series: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    target: float | None = None
    kind: str = ""
    up: bool = True
    assurance: str = ""
    partial: bool = False

    def words(self, say: Words) -> str:
        """What it means."""
        if self.partial:
            return say(N_("quarter incomplete: not judged"))
        parts = [say(VARIATIONS[self.kind])] if self.kind else [say(N_("too few months to say"))]
        if self.assurance:
            parts.append(say(ASSURANCES[self.assurance]))
        return "; ".join(parts)


def course(facts: Facts, result: Result) -> Course:
    """The last 24 months of a KPI of the company; an incomplete quarter's months are left out and give no signal."""
    from kpi_toolkit import series as arithmetic

    months = facts.months(result.kpi)
    values = [value for _, value in months]
    target = monthly_target(facts, result)
    if result.partial:
        first_month = f"{facts.quarter.first_day:%Y-%m}"
        return Course(tuple(value for month, value in months if month < first_month), partial=True)
    if len(values) < LEAST_MONTHS:
        return Course(tuple(values), target=target)
    if len(values) >= TWO_YEARS and min(values) > 0:
        first = int(months[0][0].split("-")[1]) - 1
        season = arithmetic.seasonal_indices(values, first, MONTHS)
        values = [value / float(season.indices[(first + at) % MONTHS]) for at, value in enumerate(values)]
    limits = arithmetic.process_limits(values)
    if not math.isfinite(limits.lower):
        return Course(tuple(values), target=target)
    higher = result.better == "higher"
    variation, _ = arithmetic.variation(values, limits, higher_is_better=higher)
    kind = {"improving": "improve", "worsening": "concern"}.get(str(variation), "common")
    found = arithmetic.assurance(limits, math.nan if target is None else target, higher_is_better=higher)
    low = max(limits.lower, 0.0) if min(values) >= 0 else limits.lower
    return Course(tuple(values), low, limits.upper, target, kind, (kind == "improve") == higher, str(found) if found else "")


def monthly_target(facts: Facts, result: Result) -> float | None:
    """The quarter's target as a line for months: a third of it where months add up.

    None where there is no target, or where months of the company do not compare with it: distinct counts, and ratios whose months
    lie more than a tenth from what the target was held against (retention of a month is not that of a quarter).
    """
    declared = facts.words.declared(result.kpi)
    if math.isnan(result.target) or declared is None or declared.shape == Shape.DISTINCT:
        return None
    if declared.shape in (Shape.COUNT, Shape.SUM):
        return result.target / MONTHS_IN_QUARTER
    recent = [value for _, value in facts.months(result.kpi)[-MONTHS_IN_QUARTER:]]
    mean = sum(recent) / len(recent) if recent else math.nan
    return result.target if abs(mean - result.actual) <= COMPARABLE * abs(result.actual) else None
