"""Exceptions: cases in which the number alone would mislead, open and decided. Nothing here accuses anyone."""

from __future__ import annotations

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.blocks import Block, Cell, Column, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums, reason, rule


def open_cases(here: Here | Facts) -> Block:
    """Cases to decide, named: a decision is asked about each."""
    facts = Facts.of(here)
    say = facts.words
    table = facts.table("exceptions").query("status == 'open'")
    if not len(table):
        return unavailable(facts, _none(facts, say(N_("no case is open"))))
    columns = (
        Column("name", say(N_("Who")), 40, gap=3),
        Column("kpi", say(N_("KPI and period")), 36, gap=3, phone="wide"),
        Column("what", say(N_("What was seen")), None, gap=3, phone="wide"),
        Column("proposed", say(N_("Proposed")), 34, gap=0, phone="wide"),
    )
    rows = tuple(
        (
            _who(facts, row.person_id, asked=True),
            Cell(_kpi_and_period(facts, row), "small"),
            Cell(f"{rule(say, row.rule)}. {reason(say, row.evidence, row.kpi, _currency(facts, row.person_id))}", "small"),
            Cell(
                enums.word(say.language, "treatment", row.proposed_treatment) if not absent(row.proposed_treatment) else "–",
                "small",
            ),
        )
        for row in records(table)
    )
    return Table("cases", columns, rows, top=True, summary=say(N_("Open cases")))


def decided(here: Here | Facts) -> Block:
    """Cases already decided: what, by whom and when; whom it is about is named only where names are shown."""
    facts = Facts.of(here)
    say = facts.words
    table = facts.table("exceptions").query("status == 'decided'")
    if not len(table):
        return unavailable(facts, _none(facts, say(N_("no case of this quarter has been decided"))))
    columns = (
        Column("name", say(N_("About")), 40, gap=3),
        Column("kpi", say(N_("KPI and period")), 36, gap=3, phone="wide"),
        Column("what", say(N_("Decision")), None, gap=3, phone="wide"),
        Column("by", say(N_("Decided by")), 36, gap=3, phone="pair"),
        Column("on", say(N_("On")), 20, gap=0, phone="pair"),
    )
    rows = []
    for row in records(table):
        said = enums.word(say.language, "treatment", row.decision)
        if not absent(row.adjusted):
            said = say(
                N_("{what}: {value} counts"),
                what=said,
                value=say.value(str(row.kpi), row.adjusted, _currency(facts, row.person_id)),
            )
        rows.append(
            (
                _who(facts, row.person_id, asked=False),
                Cell(_kpi_and_period(facts, row), "small"),
                Cell(f"{rule(say, row.rule)}. {said}", "small"),
                "–" if absent(row.decided_by) else str(row.decided_by),
                say.language.day(row.decided_on),
            )
        )
    return Table("decided", columns, tuple(rows), top=True, summary=say(N_("Decided cases")))


def _none(facts: Facts, found_none: str) -> str:
    return found_none if facts.here.has("exceptions") else facts.why_not("exceptions")


def _who(facts: Facts, person: object, asked: bool) -> Cell:
    say = facts.words
    if absent(person):
        return Cell(say(N_("the company")), "strong")
    country = Roll(facts).countries.get(str(person), "") or say(N_("country unknown"))
    name = say.person(str(person), asked)
    return Cell(name, "strong", unit=country) if name else Cell(say(N_("one person")), "strong", unit=country)


def _currency(facts: Facts, person: object) -> str:
    """A person's own currency, in which their money stands."""
    people = facts.table("people")
    rows = people.loc[people["person_id"].eq(str(person)), "currency"]
    return "" if not len(rows) or absent(rows.iloc[0]) else str(rows.iloc[0])


def _kpi_and_period(facts: Facts, row: object) -> str:
    say = facts.words
    kpi, period = getattr(row, "kpi", None), str(getattr(row, "period", ""))
    when = (
        say.language.quarter(period)
        if "Q" in period
        else say.language.month(period)
        if period.count("-") == 1 and "W" not in period
        else period
    )
    return when if absent(kpi) else f"{say.kpi(str(kpi))}, {when}"
