"""The tables of the next quarter: the choice of a goal, targets by country, what is open, the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report import marks
from kpi_toolkit.report.blocks import Block, Cell, Column, Row, Table
from kpi_toolkit.report.decisions import decide_by
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.outlook import Outlook
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums, reason
from kpi_toolkit.report.words.target_codes import COMPANY_CODES

OBJECT_WITHIN = timedelta(days=20)  # after the quarter's end: everyone has heard their result and may reply
DRAFT_WEEK = 10  # of the quarter: targets of the one after are drafted
SIGN_WEEK = 13


def options(here: Here | Facts) -> Block:
    """The next company goal as a choice: each goal with its chance, and against this quarter."""
    facts = Facts.of(here)
    say, outlook = facts.words, Outlook(Facts.of(here))
    if not outlook.options:
        return unavailable(facts, _no_forecast(facts))
    now = facts.company_value(outlook.kpi, facts.quarter)
    before = facts.company_value(outlook.kpi, facts.quarter.next.shifted(-4))
    columns = (
        Column("name", say(N_("Goal for {quarter}"), quarter=say.language.quarter(facts.quarter.next)), 44, gap=3),
        Column("chance", say(N_("Chance of reaching it")), 34, True, 4, phone="lead"),
        Column("bar", "", 28, gap=6, phone="hide"),
        Column("year", say(N_("Against a year before")), 38, True, 3, phone="pair"),
        Column("quarter", say(N_("Against this quarter")), None, True, 0, phone="pair"),
    )
    rows = tuple(
        (
            Cell(
                say.value(outlook.kpi, one.goal, outlook.currency), "strong", unit=say(N_("in the targets")) if one.chosen else ""
            ),
            Cell(say.language.chance(one.chance), "strong"),
            marks.bar(one.chance, 26),
            _against(facts, outlook.kpi, one.goal, before),
            _against(facts, outlook.kpi, one.goal, now),
        )
        for one in outlook.options
    )
    return Table("options", columns, rows, summary=say(N_("Goals to choose from, with their chances")))


def _against(facts: Facts, kpi: str, goal: float, other: float) -> str:
    say = facts.words
    if other != other or not other:
        return "–"
    if say.unit(kpi) == "share":
        return say.gap(kpi, goal - other)
    change = goal / other - 1
    return f"{'+' if change >= 0 else ''}{say.language.percent(change)}"


def _no_forecast(facts: Facts) -> str:
    say = facts.words
    return say(
        N_("no targets of {quarter} have been modelled yet; the step “target” of that quarter makes them (usually in week 10)"),
        quarter=say.language.quarter(facts.quarter.next),
    )


def goals(here: Here | Facts) -> Block:
    """The company's targets of the next quarter: goal, expected range, its chance, each person's, and how it was split."""
    facts = Facts.of(here)
    say, table = facts.words, facts.next_goals
    if not len(table):
        return unavailable(facts, _no_forecast(facts))
    columns = (
        Column("name", say(N_("KPI")), 36, gap=3),
        Column("goal", say(N_("Company goal, else sum of targets")), 26, True, 3, phone="lead"),
        Column("range", say(N_("Expected: 80% range")), 44, True, 3, phone="pair"),
        Column("chance", say(N_("Chance of the company goal")), 22, True, 3, phone="pair"),
        Column("each", say(N_("Chance of each person")), 17, True, 4, phone="pair"),
        Column("how", say(N_("How it is set")), None, gap=0, phone="wide"),
    )
    rows = []
    for row in records(table):
        kpi, currency = str(row.kpi), row.currency
        goal = row.goal if not absent(row.goal) else row.allocated
        known = not absent(row.q10) and not absent(row.q90)
        range_ = (
            say(N_("{low} to {high}"), low=say.value(kpi, row.q10, currency), high=say.value(kpi, row.q90, currency))
            if known
            else "–"
        )
        rows.append(
            (
                Cell(say.kpi(kpi), "strong"),
                Cell(say.value(kpi, goal, currency), "strong"),
                range_,
                "–" if absent(row.goal) else say.language.chance(row.p_goal),
                say.language.chance(row.chance),
                Cell(reason(say, row.status, kpi, currency, COMPANY_CODES), "small"),
            )
        )
    return Table("goals", columns, tuple(rows), summary=say(N_("The company's targets of the next quarter")))


def by_country(here: Here | Facts) -> Block:
    """The next quarter's targets of the main KPI by country, at the agreed rates."""
    facts = Facts.of(here)
    say, outlook = facts.words, Outlook(Facts.of(here))
    targets = facts.next_targets
    targets = targets[targets["kpi"].eq(outlook.kpi) & targets["measured_at"].eq("person") & targets["target"].notna()]
    if not len(targets):
        return unavailable(facts, _no_forecast(facts))
    people = Roll(facts).countries
    money = say.unit(outlook.kpi) == "money"
    sums: dict[str, list[float]] = {}
    for row in records(targets):
        entry = sums.setdefault(people.get(str(row.person_id), ""), [0.0, 0.0, 0.0])
        worth = (lambda value, currency=row.currency: facts.in_reporting(float(value), currency)) if money else float
        entry[0] += 1
        entry[1] += worth(row.target)
        entry[2] += worth(row.q50) if not absent(row.q50) else 0.0
    currency = facts.currency if money else ""
    columns = (
        Column("name", say(N_("Country")), None, gap=3),
        Column("people", say(N_("People with a target")), 36, True, 4, phone="pair"),
        Column("target", say(N_("Sum of targets")), 42, True, 4, phone="lead"),
        Column("middle", say(N_("Sum of what is expected of each")), 48, True, 0, phone="pair"),
    )
    rows = tuple(
        (
            Cell(say.country(country), "strong"),
            say.language.number(n),
            Cell(say.value(outlook.kpi, target, currency), "strong"),
            say.value(outlook.kpi, middle, currency),
        )
        for country, (n, target, middle) in sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    )
    return Table("nextcountries", columns, rows, summary=say(N_("Targets of the next quarter by country")))


def open_actions(here: Here | Facts) -> Block:
    """Actions by kind: how many are open, done, dropped, and the first day due."""
    facts = Facts.of(here)
    return _actions(facts, facts.table("actions"), facts.why_not("actions"))


def last_actions(here: Here | Facts) -> Block:
    """The actions of the quarter before, and what became of them."""
    facts = Facts.of(here)
    before = facts.quarter.previous
    reason = facts.words(N_("no actions of {quarter} are on record"), quarter=facts.words.language.quarter(before))
    return _actions(facts, facts.elsewhere(before, "actions"), reason)


def _actions(facts: Facts, table: object, reason: str) -> Block:
    import pandas as pd

    say = facts.words
    if not isinstance(table, pd.DataFrame) or not len(table):
        return unavailable(facts, reason)
    columns = (
        Column("name", say(N_("Action")), None, gap=3),
        *(Column(status, say(enums.STATUSES[status]), 24, True, 4, phone="pair") for status in ("open", "done", "dropped")),
        Column("due", say(N_("First due")), 30, True, 0, phone="lead"),
    )
    rows: list[Row] = []
    for code, name in enums.ACTIONS.items():
        part = table[table["action"].eq(code)]
        if not len(part):
            continue
        counts = part["status"].value_counts()
        due = [day for day, status in zip(part["due_on"], part["status"], strict=True) if status == "open" and not absent(day)]
        rows.append(
            (
                Cell(say(name), "strong"),
                *(say.language.number(counts[status]) if status in counts else "–" for status in ("open", "done", "dropped")),
                say.language.day(min(due)) if due else "–",
            )
        )
    return Table("actions", columns, tuple(rows), summary=say(N_("Actions by kind and state")))


def calendar(here: Here | Facts) -> Block:
    """What comes, by day."""
    facts = Facts.of(here)
    say, following = facts.words, facts.quarter.next
    last = facts.quarter.last_day

    def week(number: int) -> date:
        return following.first_day + timedelta(weeks=number - 1)

    after = say.language.quarter(following.next)
    entries = [
        (decide_by(facts), N_("Decisions of page 1 taken; each person has heard their result"), "leadership"),
        (last + OBJECT_WITHIN, N_("Objections answered, open cases decided by two people"), "manager"),
        (week(7), N_("Halfway: talk between manager and employee"), "manager"),
        (week(DRAFT_WEEK), N_("Goals of {after} drafted from the data so far"), "consultant"),
        (week(SIGN_WEEK), N_("Goals of {after} signed by both"), "manager"),
        (following.last_day, N_("{quarter} ends"), "leadership"),
    ]
    columns = (
        Column("name", say(N_("When")), 28, gap=3),
        Column("what", say(N_("What")), None, gap=4, phone="wide"),
        Column("who", say(N_("Who")), 44, gap=0, phone="lead"),
    )
    rows = tuple(
        (
            Cell(say.language.day(day), "strong"),
            say(message, after=after, quarter=say.language.quarter(following)),
            Cell(say(enums.OWNERS[who]), "grey"),
        )
        for day, message, who in entries
    )
    return Table("calendar", columns, rows, summary=say(N_("Calendar of the next quarter")))
