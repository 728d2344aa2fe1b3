"""The shape of a finding: one row of `diagnosis`, with its code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What a row of `diagnosis` tells."""

    LEVEL = "level"
    TREND = "trend"
    SEASON = "season"
    VARIATION = "variation"
    ASSURANCE = "assurance"
    SPREAD = "spread"
    RELIABILITY = "reliability"
    COMPLETENESS = "completeness"
    DRIVER_CHANGE = "driver_change"
    DRIVER_PART = "driver_part"
    DATA_GAP = "data_gap"


@dataclass(frozen=True)
class Row:
    """A finding on an entity and a KPI (empty: on a source): its value with an interval, and a code with its figures."""

    level: str
    entity_id: str
    kpi: str
    finding: Finding
    value: float
    low: float = math.nan
    high: float = math.nan
    evidence: str = ""
    unit: str = ""
    currency: str = ""


def code(name: object, *figures: object) -> str:
    """A code with its figures: `code("icc", 0.12345, 4)` is `icc:0.1235:4`; a float is cut to what a reader can use."""
    return ":".join([str(name), *(_figure(one) if isinstance(one, float) else str(one) for one in figures)])


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
