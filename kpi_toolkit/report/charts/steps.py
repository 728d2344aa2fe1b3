"""Pictures for the notebooks, a step each; they take the opened quarter and the step's result, and show in JupyterLab.

Notebooks are read by consultants and analysts: people are named there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report import marks
from kpi_toolkit.report.blocks import Block, Cell, Column, Group, Row, Table
from kpi_toolkit.report.course import course
from kpi_toolkit.report.facts import NAN, Facts, Here, Result, records
from kpi_toolkit.report.marks import PT, Mark, circle, line, rect
from kpi_toolkit.report.palette import LIGHT as C
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.tables.cases import open_cases
from kpi_toolkit.report.tables.kpi_choice import renewal as renewal_table
from kpi_toolkit.report.words import enums, reason
from kpi_toolkit.report.words.choice_codes import PROPOSAL_CODES

if TYPE_CHECKING:
    import pandas as pd

STRIP = 44.0  # mm
TICKS = (0.6, 0.8, 1.0, 1.2)


class StepResult(Protocol):
    """What a step returns."""

    def tables(self) -> Mapping[str, pd.DataFrame]: ...


def _with(here: Here | Facts, result: StepResult | None) -> Facts:
    """Facts in which a result just computed stands for the artifact that is not saved yet."""
    facts = Facts.of(here)
    if result is None:
        return facts
    return Facts(facts.here, facts.words, {**facts._tables, **result.tables()})


def diagnosis(here: Here | Facts, result: StepResult | None = None) -> Block:
    """Each KPI of the company over 24 months, with its process limits and what they mean."""
    facts = _with(here, result)
    say = facts.words
    table = facts.table("measures").query("level == 'company' and grain == 'month' and value_constant.notna()")
    kpis = sorted(set(table["kpi"].astype(str)))
    if not kpis:
        return unavailable(facts, facts.why_not("measures"))
    columns = (
        Column("name", say(N_("KPI")), 46, gap=3),
        Column("last", say(N_("Last quarter of history")), 34, True, 5, phone="lead"),
        Column("trend", say(N_("24 months")), 30, gap=4, phone="wide"),
        Column("meaning", say(N_("What it means")), None, gap=0, phone="wide"),
    )
    rows = []
    for kpi in kpis:
        money = say.unit(kpi) == "money"
        value = facts.company_value(kpi, facts.quarter.previous)
        result_ = Result(kpi, value, NAN, NAN, "none", say.better(kpi), facts.currency if money else "")
        seen = course(facts, result_)
        spark = marks.spark(seen.series, say.kpi(kpi), low=seen.low, high=seen.high, kind=seen.kind or "common", height=6.4)
        rows.append(
            (
                Cell(say.kpi(kpi), "strong"),
                say.value(kpi, value, result_.currency),
                spark if len(seen.series) > 1 else Cell("–", "grey"),
                Cell(seen.words(say), "small", mark=marks.variation(seen.kind or "common", seen.up)),
            )
        )
    return Table("diagnosis", columns, tuple(rows), summary=say(N_("KPIs of the company over 24 months")))


def proposal(here: Here | Facts, result: StepResult | None = None) -> Block:
    """Every candidate: weight, reliability, completeness, likeness to another, and why it is in or out."""
    facts = _with(here, result)
    say, table = facts.words, facts.table("proposal")
    if not len(table):
        return unavailable(facts, facts.why_not("proposal"))
    columns = (
        Column("name", say(N_("KPI")), 42, gap=3),
        Column("weight", say(N_("Weight")), 14, True, 3, phone="lead"),
        Column("reliability", say(N_("Reliability")), 20, gap=3, phone="pair"),
        Column("completeness", say(N_("Completeness")), 20, gap=3, phone="pair"),
        Column("redundancy", say(N_("Likeness to another")), 20, gap=3, phone="pair"),
        Column("reason", say(N_("Why")), None, gap=0, phone="wide"),
    )
    ordered = table.sort_values(["chosen", "weight", "kpi"], ascending=[False, False, True], kind="stable")
    rows: tuple[Row, ...] = tuple(
        (
            Cell(say.kpi(str(row.kpi)), "strong" if row.chosen else "grey"),
            say.language.percent(row.weight / 100, 0) if row.chosen and not absent(row.weight) else "–",
            *(_share(facts, getattr(row, name)) for name in ("reliability", "completeness", "redundancy")),
            Cell(reason(say, row.reason, row.kpi, "", PROPOSAL_CODES), "small"),
        )
        for row in records(ordered)
    )
    return Table("candidates", columns, rows, summary=say(N_("KPI candidates, chosen or not, with the reason")))


def _share(facts: Facts, value: object) -> Cell:
    if absent(value):
        return Cell("–", "grey")
    share = float(str(value))
    return Cell(facts.words.language.percent(share, 0), "small", mark=marks.bar(share, 14), place="below")


def targets(here: Here | Facts, result: StepResult | None = None) -> Block:
    """The chances of people's targets, a dot a person, by KPI; grey: the range that the policy wants."""
    facts = _with(here, result)
    say = facts.words
    table = facts.table("targets")
    table = table[table["measured_at"].eq("person") & table["p_hit"].notna()]
    if not len(table):
        return unavailable(facts, facts.why_not("targets"))
    low, high = facts.here.engagement.policy.p_hit_range
    columns = (
        Column("name", say(N_("KPI")), None, gap=3),
        Column("people", say(N_("People with a target")), 30, True, 5, phone="pair"),
        Column("middle", say(N_("Middle chance")), 26, True, 5, phone="lead"),
        Column("strip", say(N_("0% · chance of each · 100%")), STRIP + 2, gap=4, phone="wide"),
        Column("outside", say(N_("Outside the policy")), 30, True, 0, phone="pair"),
    )
    rows = []
    for kpi, part in table.groupby("kpi", sort=True):
        chances = sorted(float(chance) for chance in part["p_hit"])
        outside = sum(not low <= chance <= high for chance in chances)
        rows.append(
            (
                Cell(say.kpi(str(kpi)), "strong"),
                say.language.number(len(chances)),
                say.language.chance(float(part["p_hit"].median())),
                _strip(chances, low, high, say(N_("{n} chances"), n=say.language.number(len(chances)))),
                Cell(say.language.number(outside), "warning strong" if outside else "grey"),
            )
        )
    return Table("targets", columns, tuple(rows), summary=say(N_("Chances of people's targets by KPI")))


def _strip(chances: list[float], low: float, high: float, alt: str) -> Mark:
    wide, tall = STRIP * PT, 4.6 * PT
    out = rect(wide * low, 0, wide * (high - low), tall, C.limits) + line(0, tall / 2, wide, tall / 2, C.mid, 0.5)
    out += line(wide / 2, 0, wide / 2, tall, C.ink, 0.6)
    out += "".join(circle(wide * min(max(chance, 0.01), 0.99), tall / 2, 2, C.paper, C.accent, 0.9) for chance in chances)
    return Mark(out, STRIP, 4.6, alt)


def attainment(here: Here | Facts, result: StepResult | None = None) -> Block:
    """The score of each person with the 80 % range of a usual quarter, by country; the shape says the verdict."""
    facts = _with(here, result)
    say, roll = facts.words, Roll(facts)
    if not roll.scored:
        return unavailable(
            facts, facts.why_not("scores") if not len(facts.table("scores")) else say(N_("nobody has a score this quarter"))
        )
    columns = (
        Column("name", say(N_("Person")), 48, gap=0),
        Column("range", marks.axis([(tick, say.language.percent(tick, 0)) for tick in TICKS], width=56), 56, gap=4, phone="wide"),
        Column("score", say(N_("Score")), 20, True, 6, phone="lead"),
        Column("verdict", say(N_("Verdict")), None, gap=0, phone="half"),
    )
    rows: list[tuple[Cell | Mark | str, ...] | Group] = []
    for country, part in roll.scores.groupby("country", sort=True):
        rows.append(Group(say.country(country)))
        for row in records(part.sort_values(["score", "entity_id"], ascending=[False, True])):
            code = getattr(row, "verdict", None)
            code = str(code) if not absent(code) else ("met_unsure" if row.score >= 1 else "missed_unsure")
            low, high = (_or_none(getattr(row, name, None)) for name in ("low", "high"))
            alt = say(N_("{score}, 80% range {low} to {high}"), score=say.language.percent(row.score),
                      low=say.language.percent(low), high=say.language.percent(high))  # fmt: skip
            before = None if math.isclose(row.score, row.score_raw, rel_tol=1e-9) else float(row.score_raw)
            rows.append(
                (
                    Cell(say.people.get(str(row.entity_id), str(row.entity_id))),
                    marks.interval(float(row.score), low, high, code, alt, width=56, before=before),
                    Cell(say.language.percent(row.score), "strong"),
                    Cell(enums.word(say.language, "verdict", code), "small"),
                )
            )
    return Table(
        "people", columns, tuple(rows), joined=True, summary=say(N_("Scores of people with their 80% range and verdict"))
    )


people = attainment


def _or_none(value: object) -> float | None:
    return None if absent(value) else float(str(value))


def exceptions(here: Here | Facts, result: StepResult | None = None) -> Block:
    """The open cases with what was seen."""
    return open_cases(_with(here, result), whole=True)


def renewal(here: Here | Facts, result: StepResult | None = None) -> Block:
    """The health of each KPI and the recommendation."""
    return renewal_table(_with(here, result))
