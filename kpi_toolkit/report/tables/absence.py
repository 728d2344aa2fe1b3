"""What stands where a section cannot be filled: that it is not available, and why."""

from __future__ import annotations

from kpi_toolkit.language import N_
from kpi_toolkit.report.blocks import Block, Column, Table
from kpi_toolkit.report.facts import Facts


def unavailable(facts: Facts, reason: str) -> Block:
    """A line in place of a table or a picture: it is not available, and the reason."""
    say = facts.words
    return Table(
        "absence",
        (Column("name", "", 32), Column("reason", "", None, gap=0, phone="wide")),
        ((say(N_("Not available")), reason),),
        summary=f"{say(N_('Not available'))}: {reason}",
    )
