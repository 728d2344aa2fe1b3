"""Targets of the coming quarter: what each person may bring, what the company asks, and a split that is equally hard for all."""

from kpi_toolkit.targets.model import Option, ScenarioNotModelled, Targets, goal_options, model_targets
from kpi_toolkit.targets.panel import NoRate

__all__ = ["NoRate", "Option", "ScenarioNotModelled", "Targets", "goal_options", "model_targets"]
