"""Arithmetic of series on plain arrays: season, trend, process limits and signals, shrinkage, lasting differences, many looks.

Every function takes arrays and returns arrays or small frozen results; a missing value (NaN) stays missing and never counts as 0.
"""

from kpi_toolkit.series.arrays import FloatArray
from kpi_toolkit.series.limits import (
    Assurance,
    Limits,
    Rule,
    Signal,
    Variation,
    assurance,
    moving_ranges,
    process_limits,
    signals,
    variation,
)
from kpi_toolkit.series.looks import benjamini_hochberg, jeffreys, log_mean, parts_of_change, pinball_loss
from kpi_toolkit.series.season import Season, Trend, centred_average, seasonal_indices, trend
from kpi_toolkit.series.spread import Intraclass, Shrunk, empirical_bayes, intraclass, james_stein

__all__ = [
    "Assurance",
    "FloatArray",
    "Intraclass",
    "Limits",
    "Rule",
    "Season",
    "Shrunk",
    "Signal",
    "Trend",
    "Variation",
    "assurance",
    "benjamini_hochberg",
    "centred_average",
    "empirical_bayes",
    "intraclass",
    "james_stein",
    "jeffreys",
    "log_mean",
    "moving_ranges",
    "parts_of_change",
    "pinball_loss",
    "process_limits",
    "seasonal_indices",
    "signals",
    "trend",
    "variation",
]
