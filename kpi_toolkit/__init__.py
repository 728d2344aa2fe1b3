"""KPI performance management for sales and marketing teams: fair targets, and verdicts that say how sure they are."""

__version__ = "0.1.0"
