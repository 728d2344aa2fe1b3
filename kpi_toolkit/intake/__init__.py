"""Intake: a client's files become the canonical tables of the contract; rows that cannot be used go to quarantine."""

from __future__ import annotations

from kpi_toolkit.intake.contract import ADDED, CANONICAL, FACT_DAY, Field, Tables

__all__ = ["ADDED", "CANONICAL", "FACT_DAY", "Field", "Tables"]
