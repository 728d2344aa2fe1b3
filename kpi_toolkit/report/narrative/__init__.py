"""The sentences of the quarterly report that hold figures; each takes an opened quarter and returns Prose (Markdown)."""

from kpi_toolkit.report.narrative.page_one import (
    countries_head,
    data_line,
    decisions_head,
    goal_head,
    happened,
    head,
    kpi_head,
)
from kpi_toolkit.report.narrative.sections import (
    cases_head,
    data_head,
    everyone_head,
    incomplete_sources,
    kpis_head,
    matrix_head,
    next_head,
    parted,
    people_head,
    recalibrated,
    unscored_head,
    why_head,
)

__all__ = [
    "cases_head",
    "countries_head",
    "data_head",
    "data_line",
    "decisions_head",
    "everyone_head",
    "goal_head",
    "happened",
    "head",
    "incomplete_sources",
    "kpi_head",
    "kpis_head",
    "matrix_head",
    "next_head",
    "parted",
    "people_head",
    "recalibrated",
    "unscored_head",
    "why_head",
]
