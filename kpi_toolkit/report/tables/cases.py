"""Exceptions: cases in which the number alone would mislead, open and decided. Nothing here accuses anyone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.blocks import Block, Cell, Column, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.open_cases import grouped
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums, reason, rule
from kpi_toolkit.report.words.codes import patterned

BEHIND = re.compile(r"(?:points|grain|periods|events):")  # codes of an evidence that say how much stands behind it
MONTH = re.compile(r"\d{4}-\d\d")


def open_cases(here: Here | Facts, whole: bool = False) -> Block:
    """Cases to decide, named: a decision is asked about each. `whole`: with the figures behind a pattern, for an analyst."""
    facts = Facts.of(here)
    say = facts.words
    cases = grouped(facts)
    if not cases:
        return unavailable(facts, _none(facts, say(N_("no case is open"))))
    columns = (
        Column("name", say(N_("Who")), 42, gap=3),
        Column("kpi", say(N_("KPI and period")), 38, gap=3, phone="wide"),
        Column("what", say(N_("What was seen")), None, gap=3, phone="wide"),
        Column("proposed", say(N_("Proposed")), 27, gap=0, phone="wide"),
    )
    rows = []
    for same in cases:
        row = same[0]
        evidence = str(row.evidence) if whole else ";".join(one for one in str(row.evidence).split(";") if not BEHIND.match(one))
        told = reason(say, evidence, row.kpi, _currency(facts, row.person_id), patterned(row.rule, row.evidence))
        treatment = row.proposed_treatment
        rows.append(
            (
                _who(facts, row.person_id, asked=True),
                Cell(_kpis_and_period(facts, same), "small"),
                Cell(f"{rule(say, row.rule)}. {told}", "small"),
                Cell("–" if absent(treatment) else enums.word(say.language, "treatment", treatment), "small"),
            )
        )
    return Table("cases", columns, tuple(rows), top=True, summary=say(N_("Open cases")))


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
                Cell(_kpis_and_period(facts, [row]), "small"),
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
    country = say.country(Roll(facts).countries.get(str(person)))
    name = say.person(str(person), asked)
    return Cell(name, "strong", unit=country) if name else Cell(say(N_("one person")), "strong", unit=country)


def _currency(facts: Facts, person: object) -> str:
    """A person's own currency, in which their money stands."""
    people = facts.table("people")
    rows = people.loc[people["person_id"].eq(str(person)), "currency"]
    return "" if not len(rows) or absent(rows.iloc[0]) else str(rows.iloc[0])


def _kpis_and_period(facts: Facts, rows: Sequence[Any]) -> str:
    say, period = facts.words, str(rows[0].period)
    when = say.language.month(period) if MONTH.fullmatch(period) else period
    when = say.language.quarter(period) if "Q" in period else when
    kpis = [say.kpi(str(row.kpi)) for row in rows if not absent(row.kpi)]
    return ", ".join([*dict.fromkeys(kpis), when])
