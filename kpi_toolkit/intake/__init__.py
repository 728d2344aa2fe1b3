"""Intake: a client's files become the canonical tables of the contract; rows that cannot be used go to quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kpi_toolkit.intake.contract import ADDED, CANONICAL, FACT_DAY, Field, Tables
from kpi_toolkit.intake.files import sources_digest

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement

__all__ = ["ADDED", "CANONICAL", "FACT_DAY", "Field", "Tables", "read", "sources_digest"]


def read(engagement: Engagement, quarantine: Path | None = None) -> Tables:
    """The canonical tables of an engagement; bad rows are written to the folder `quarantine`, where one is given.

    Raises a `KpiError` (K102, K112 to K132) for what stops a run.
    """
    from kpi_toolkit.intake import reading  # it brings pandas, which `kpi --help` does without

    return reading.read(engagement, quarantine)
