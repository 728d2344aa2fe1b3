"""The open exceptions as cases: what one person must be heard about once."""

from __future__ import annotations

from typing import Any

from kpi_toolkit.report.facts import Facts, records


def grouped(facts: Facts) -> list[list[Any]]:
    """Open exceptions of one person, rule and evidence together: they are one case, with several KPIs."""
    found: dict[tuple[str, str, str], list[Any]] = {}
    for row in records(facts.table("exceptions").query("status == 'open'")):
        found.setdefault((str(row.person_id), str(row.rule), str(row.evidence)), []).append(row)
    return sorted(found.values(), key=lambda rows: (str(rows[0].rule), str(rows[0].person_id), str(rows[0].period)))
