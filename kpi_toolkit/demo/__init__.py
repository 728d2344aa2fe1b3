"""The demo: a fictional client whose truths are known, and what its people agree."""

from kpi_toolkit.demo.agreement import decide, sign_goals
from kpi_toolkit.demo.generator import generate
from kpi_toolkit.demo.truths import Truths

__all__ = ["Truths", "decide", "generate", "sign_goals"]
