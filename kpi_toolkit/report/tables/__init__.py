"""The tables of the quarterly report; each takes an opened quarter and returns a Block."""

from kpi_toolkit.report.tables.cases import decided, open_cases
from kpi_toolkit.report.tables.data import coverage, findings, provenance, sources
from kpi_toolkit.report.tables.history import history
from kpi_toolkit.report.tables.kpi_choice import candidates, not_available, renewal
from kpi_toolkit.report.tables.next_quarter import by_country, calendar, goals, last_actions, open_actions, options
from kpi_toolkit.report.tables.page_one import countries, decisions, kpis
from kpi_toolkit.report.tables.people import matrix, not_scored, owed, plans, rollups

__all__ = [
    "by_country",
    "calendar",
    "candidates",
    "countries",
    "coverage",
    "decided",
    "decisions",
    "findings",
    "goals",
    "history",
    "kpis",
    "last_actions",
    "matrix",
    "not_available",
    "not_scored",
    "open_actions",
    "open_cases",
    "options",
    "owed",
    "plans",
    "provenance",
    "renewal",
    "rollups",
    "sources",
]
