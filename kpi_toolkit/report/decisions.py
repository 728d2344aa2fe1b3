"""The decisions that a quarter asks of leadership, read from its artifacts: what, why, what it costs, who, by when.

What was signed is owed, so the payout comes first and stands whatever the verdicts say. A kind of decision that nothing asks for
is left out; nothing that is asked for is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.facts import Facts, records
from kpi_toolkit.report.open_cases import grouped
from kpi_toolkit.report.outlook import Outlook
from kpi_toolkit.report.plain import Rich, rich
from kpi_toolkit.report.roll import NO_GOAL, Roll
from kpi_toolkit.report.sources import Sources
from kpi_toolkit.report.words import Words, enums, inside, sentence
from kpi_toolkit.report.words.choice_codes import health
from kpi_toolkit.report.words.enums import family

DECIDE_WITHIN = timedelta(days=15)  # after the quarter's last day, where the plan names no day of its own


@dataclass(frozen=True)
class Decision:
    """One decision, worded. `kind`: payout, exceptions, goal, kpis, plans, questions."""

    kind: str
    what: Rich
    why: str
    options: str
    who: str
    by: date


def decisions(facts: Facts) -> tuple[Decision, ...]:
    """What leadership must decide, the most urgent first."""
    found: list[Decision] = []
    for ask in (_payout, _exceptions, _next_goal, _kpis, _plans, _open_questions):
        found.extend(ask(facts))
    return tuple(found)


def decide_by(facts: Facts) -> date:
    """The day by which a decision without a day of its own is wanted."""
    return facts.quarter.last_day + DECIDE_WITHIN


def _due(facts: Facts, *actions: str) -> date:
    """The first day on which an open action of a kind is due."""
    table = facts.table("actions")
    days = [day for day in table.loc[table["action"].isin(actions) & table["status"].eq("open"), "due_on"] if not absent(day)]
    return min(days) if days else decide_by(facts)


def _payout(facts: Facts) -> Iterator[Decision]:
    say, roll = facts.words, Roll(facts)
    if not roll.owed:
        return
    if math.isnan(roll.owed_money):
        mean = sum(one.share for one in roll.owed) / len(roll.owed)
        cost = say(N_("Cost: on average {share} of their variable pay"), share=say.language.percent(mean, 0))
    else:
        cost = say(N_("Cost: {money}"), money=say.language.compact(roll.owed_money, facts.currency))
    yield Decision(
        "payout",
        rich(say.language, N_("**Approve the payout owed** to {people}"), people=say.counted(len(roll.owed))),
        say(N_("Signed goals are paid by their result")),
        f"{cost}. " + say(N_("No option: it was agreed")),
        say(enums.OWNERS["leadership"]),
        _due(facts, "reward"),
    )


def _exceptions(facts: Facts) -> Iterator[Decision]:
    say = facts.words
    cases = grouped(facts)
    if not cases:
        return
    families = Counter(family(str(same[0].rule)) for same in cases)
    told = [
        say(N_("{what}: {n}"), what=say(enums.RULE_FAMILIES[name]) if name else say(N_("Other")), n=say.language.number(n))
        for name, n in families.most_common()
    ]
    message = (
        N_("**Decide {n} open case** before it is final")
        if len(cases) == 1
        else N_("**Decide {n} open cases** before they are final")
    )
    yield Decision(
        "exceptions",
        rich(say.language, message, n=say.language.number(len(cases))),
        "; ".join(told),
        say(N_("Each: leave out, adjust or keep; what is owed stays")),
        say(N_("Two people together")),
        _due(facts, "model_review"),
    )


def _next_goal(facts: Facts) -> Iterator[Decision]:
    say, outlook = facts.words, Outlook(facts)
    if not facts.kpis:
        return
    name, quarter = inside(say.kpi(outlook.kpi)), say.language.quarter(facts.quarter.next)
    options = outlook.options
    if options:
        told = "; ".join(
            say(
                N_("{goal}: {chance}"),
                goal=say.value(outlook.kpi, one.goal, outlook.currency),
                chance=say.language.chance(one.chance),
            )
            for one in options
        )
        if outlook.goal is not None and outlook.goal.chosen:
            what = rich(
                say.language, N_("**Confirm the {kpi} goal** for {quarter}, or choose another"), kpi=name, quarter=quarter
            )
        else:
            what = rich(say.language, N_("**Choose the {kpi} goal** for {quarter}"), kpi=name, quarter=quarter)
        cost = told
    else:
        what = rich(say.language, N_("**Set the {kpi} goal** for {quarter}"), kpi=name, quarter=quarter)
        cost = say(N_("No forecast of that quarter yet: its chances come with the step “target”"))
    yield Decision("goal", what, _why_goal(facts), cost, say(enums.OWNERS["leadership"]), decide_by(facts))


def _why_goal(facts: Facts) -> str:
    say, result = facts.words, facts.company
    actual = say.value(result.kpi, result.actual, result.currency)
    if result.partial:
        return say(N_("This quarter: {actual} so far, data incomplete"), actual=actual)
    if not result.judged:
        return say(N_("This quarter: {actual}, without a goal"), actual=actual)
    return say(
        N_("This quarter: {actual}, {share} of the target"),
        actual=actual,
        share=say.attained(result.attainment, facts.here.engagement.policy.bands),
    )


def _kpis(facts: Facts) -> Iterator[Decision]:
    say = facts.words
    table = facts.table("renewal").query("recommendation != 'keep'")
    if not len(table):
        return
    why = [
        say(
            N_("{kpi}: {why} ({what})"),
            kpi=say.kpi(str(row.kpi)),
            why=health(say, row.health, row.reason),
            what=enums.word(say.language, "recommendation", row.recommendation),
        )
        for row in records(table)
    ]
    message = N_("**Change a KPI** for {quarter}") if len(table) == 1 else N_("**Change {n} KPIs** for {quarter}")
    yield Decision(
        "kpis",
        rich(say.language, message, n=say.language.number(len(table)), quarter=say.language.quarter(facts.quarter.next)),
        "; ".join(why),
        say(N_("Unchanged, the next results carry the same fault")),
        say(enums.OWNERS["leadership"]),
        decide_by(facts),
    )


def _plans(facts: Facts) -> Iterator[Decision]:
    say = facts.words
    table = facts.table("actions").query("action == 'development_plan' and status == 'open'")
    if not len(table):
        return
    yield Decision(
        "plans",
        rich(say.language, N_("**Confirm development plans** for {people}"), people=say.counted(len(table))),
        say(N_("Surely below target; the others below get coaching")),
        say(N_("Each is heard first and can object; the payout stays")),
        say(N_("Manager and HR")),
        _due(facts, "development_plan"),
    )


def _open_questions(facts: Facts) -> Iterator[Decision]:
    """What the client must answer: sources that stop early, rows in quarantine, people without a goal."""
    say, sources, roll = facts.words, Sources(facts), Roll(facts)
    asked = []
    for table, countries, last in sources.incomplete_by_source():
        where = f"{_table(say, table)} ({', '.join(map(say.country, countries))})" if countries else _table(say, table)
        asked.append(say(N_("{source} stop on {day}"), source=where, day=say.language.day(last)))
    if sources.quarantined:
        told = [
            say(N_("{table} {n}"), table=_table(say, table), n=say.language.number(n)) for table, n in sources.quarantined[:3]
        ]
        asked.append(say(N_("rows in quarantine: {tables}"), tables=", ".join(told)))
    without = [one for one in roll.not_scored if one.reason == NO_GOAL]
    if without and len(facts.table("evaluation")):
        asked.append(
            say.count(len(without), N_("{n} person without a goal or a quota"), N_("{n} people without a goal or a quota"))
        )
    if not asked:
        return
    message = (
        N_("**Answer a question** on data and goals") if len(asked) == 1 else N_("**Answer {n} questions** on data and goals")
    )
    yield Decision(
        "questions",
        rich(say.language, message, n=say.language.number(len(asked))),
        sentence("; ".join(asked)),
        say(N_("Until then these results and rows do not count in scores")),
        say(enums.OWNERS["data_owner"]),
        decide_by(facts),
    )


def _table(say: Words, table: str) -> str:
    return say(enums.TABLES[table]) if enums.known("table", table) else enums.readable(table)
