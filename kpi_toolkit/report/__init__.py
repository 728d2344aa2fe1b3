"""Reports: an opened quarter's results as pages for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpi_toolkit.report.render import Rendered, report

__all__ = ["Rendered", "report"]


def __getattr__(name: str) -> Any:
    """`report` and `Rendered` are read when first asked for: charts in a notebook need none of the renderers."""
    if name in __all__:
        from kpi_toolkit.report import render

        return getattr(render, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
