"""KPIs: what each is, and the measures of every level and period."""

from __future__ import annotations

from kpi_toolkit.kpis.catalogue import (
    CATALOGUE,
    KPI,
    THROUGH_ZERO,
    Better,
    Kind,
    Level,
    Shape,
    Unit,
    availability,
    catalogue,
)
from kpi_toolkit.kpis.measure import measure
from kpi_toolkit.kpis.measured import Measured

__all__ = [
    "CATALOGUE",
    "KPI",
    "THROUGH_ZERO",
    "Better",
    "Kind",
    "Level",
    "Measured",
    "Shape",
    "Unit",
    "availability",
    "catalogue",
    "measure",
]
