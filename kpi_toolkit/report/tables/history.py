"""What the history before the quarter says of its KPIs: the usual quarter, the trend, the season, what lasts between people."""

from __future__ import annotations

from typing import Any

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.blocks import Block, Cell, Column, Row, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import reason, sentence
from kpi_toolkit.report.words.choice_codes import DIAGNOSIS_CODES


def history(here: Here | Facts) -> Block:
    """The company's KPIs before the quarter, as the diagnosis found them."""
    facts = Facts.of(here)
    say, table = facts.words, facts.table("diagnosis")
    if not len(table):
        return unavailable(facts, facts.why_not("diagnosis"))
    company = table[table["level"].eq("company")]
    found = {(str(row.kpi), str(row.finding)): row for row in records(company[company["kpi"].notna()])}
    kpis = [kpi for kpi in facts.kpis if any(key[0] == kpi for key in found)]
    if not kpis:
        return unavailable(facts, say(N_("there is no history before the quarter")))
    columns = (
        Column("name", say(N_("KPI")), 40, gap=3),
        Column("level", say(N_("Usual quarter")), 28, True, 4, phone="lead"),
        Column("trend", say(N_("Change a year (80% range)")), 44, True, 4, phone="pair"),
        Column("lasting", say(N_("What lasts of the spread between people")), 30, True, 4, phone="pair"),
        Column("season", say(N_("Season")), None, gap=0, phone="wide"),
    )
    rows: list[Row] = [
        (
            Cell(say.kpi(kpi), "strong"),
            _level(facts, kpi, found.get((kpi, "level"))),
            _trend(facts, found.get((kpi, "trend"))),
            _share(facts, found.get((kpi, "reliability"))),
            Cell(_season(facts, found.get((kpi, "season"))), "small"),
        )
        for kpi in kpis
    ]
    return Table("history", columns, tuple(rows), summary=say(N_("What the history says of the KPIs")))


def _level(facts: Facts, kpi: str, row: Any | None) -> str:
    if row is None:
        return "–"
    currency = getattr(row, "currency", facts.currency)
    return facts.words.value(kpi, row.value, facts.currency if absent(currency) else currency)


def _trend(facts: Facts, row: Any | None) -> str:
    if row is None or absent(row.value):
        return "–"
    say, points = facts.words, "per_year:points" in str(row.evidence)

    def said(value: object) -> str:
        if absent(value):
            return "–"
        number = float(str(value))
        told = say.language.number(number * 100, 1) if points else say.language.percent(number, 0)
        return f"+{told}" if number > 0 else told

    message = N_("{value} points ({low} to {high})") if points else N_("{value} ({low} to {high})")
    return say(message, value=said(row.value), low=said(row.low), high=said(row.high))


def _share(facts: Facts, row: Any | None) -> str:
    return "–" if row is None or absent(row.value) else facts.words.language.percent(max(float(row.value), 0.0), 0)


def _season(facts: Facts, row: Any | None) -> str:
    if row is None or absent(row.evidence):
        return "–"
    told = ";".join(part for part in str(row.evidence).split(";") if part.split(":")[0] in ("peak", "trough", "no_season"))
    return sentence(reason(facts.words, told, row.kpi, "", DIAGNOSIS_CODES))
