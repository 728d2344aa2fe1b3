"""The pictures: of the quarterly report, and of each step for its notebook."""

from kpi_toolkit.report.charts.report import driver_bridge, everyone, goal
from kpi_toolkit.report.charts.steps import attainment, diagnosis, exceptions, people, proposal, renewal, targets

levels = diagnosis

__all__ = [
    "attainment",
    "diagnosis",
    "driver_bridge",
    "everyone",
    "exceptions",
    "goal",
    "levels",
    "people",
    "proposal",
    "renewal",
    "targets",
]
