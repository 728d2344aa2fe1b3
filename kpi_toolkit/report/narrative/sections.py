"""The titles and sentences of the sections behind page one."""

from __future__ import annotations

import math
import re

from kpi_toolkit.language import N_
from kpi_toolkit.report.blocks import Prose, div, heading
from kpi_toolkit.report.bridge import DRIVERS, bridge
from kpi_toolkit.report.facts import FIRST_KPI, Facts, Here
from kpi_toolkit.report.open_cases import grouped
from kpi_toolkit.report.outlook import Outlook
from kpi_toolkit.report.plain import prose
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.sources import Sources
from kpi_toolkit.report.words import inside

SHORT = re.compile(r"no_history:(\d+):(\d+)")  # usable KPIs, and how many are asked for


def why_head(here: Here | Facts) -> Prose:
    """Which driver moved the revenue most."""
    facts = Facts.of(here)
    say, found = facts.words, bridge(Facts.of(here))
    if found is None:
        return heading(prose(say.language, N_("Why: not available yet")), "sec-why", 1)
    at = max(range(len(DRIVERS)), key=lambda one: abs(found.steps[one]))
    up, brought = found.change >= 0, found.steps[at] >= 0
    if up:
        message = N_("Revenue up {change} on {before}: {driver} brought {step}") if brought else N_(
            "Revenue up {change} on {before}, although {driver} took {step}"
        )  # fmt: skip
    else:
        message = N_("Revenue down {change} on {before}, although {driver} brought {step}") if brought else N_(
            "Revenue down {change} on {before}: {driver} took {step}"
        )  # fmt: skip
    size = [say.value(FIRST_KPI, abs(one), facts.currency) for one in (found.change, found.steps[at])]
    text = prose(
        say.language,
        message,
        change=size[0],
        before=say.language.quarter(found.before),
        driver=inside(say(DRIVERS[at])),
        step=size[1],
    )
    return heading(text, "sec-why", 1)


def people_head(here: Here | Facts) -> Prose:
    """How many people could be judged surely."""
    facts = Facts.of(here)
    say, counts = facts.words, Roll(Facts.of(here)).verdicts
    total, number = sum(counts.values()), facts.words.language.number
    if not facts.here.has("evaluation"):
        return heading(prose(say.language, N_("People: not evaluated yet")), "sec-people", 1)
    if not total:
        return heading(prose(say.language, N_("People: nobody could be judged this quarter")), "sec-people", 1)
    sure = counts["met_sure"] + counts["missed_sure"]
    message = N_("A sure verdict for {sure} of {n} people; one quarter does not tell for the other {rest}")
    if sure == total:
        message = N_("A sure verdict for all {n} people")
    return heading(prose(say.language, message, sure=number(sure), n=number(total), rest=number(total - sure)), "sec-people", 1)


def everyone_head(here: Here | Facts) -> Prose:
    """Above and below, and how many of each surely."""
    facts = Facts.of(here)
    roll, say = Roll(facts), facts.words
    counts, number = roll.verdicts, say.language.number
    if not sum(counts.values()):
        return heading(prose(say.language, N_("Levels and how sure they are")), "sec-everyone")
    message = N_("By score: the level of {up} is on target ({up_sure} surely), that of {down} below ({down_sure} surely)")
    if not roll.by_score:
        message = N_("By {kpi}: the level of {up} is on target ({up_sure} surely), that of {down} below ({down_sure} surely)")
    text = prose(
        say.language, message, kpi=inside(say.kpi(facts.main)), up=say.counted(counts["met_sure"] + counts["met_unsure"]),
        up_sure=number(counts["met_sure"]), down=number(counts["missed_sure"] + counts["missed_unsure"]),
        down_sure=number(counts["missed_sure"]),
    )  # fmt: skip
    return heading(text, "sec-everyone")


def parted(here: Here | Facts) -> Prose:
    """Where the verdict parts from the result: a hit or a miss that one quarter does not confirm."""
    facts = Facts.of(here)
    language = facts.words.language
    below, above = Roll(facts).parted
    if not below and not above:
        return div("note", prose(language, N_("No verdict parts from its result.")))
    count = facts.words.count
    message = N_(
        "Result and level are two things: {below}; {above}. Signed goals are paid by the result; plans look at the level."
    )
    up = count(
        below,
        N_("{n} person below 100% has a level that is more likely on target"),
        N_("{n} people below 100% have a level that is more likely on target"),
    )
    down = count(
        above,
        N_("{n} person at 100% or more has one that is more likely below"),
        N_("{n} people at 100% or more have one that is more likely below"),
    )
    return div("note", prose(language, message, below=up, above=down))


def matrix_head(here: Here | Facts) -> Prose:
    """The company's score and whom it counts."""
    facts = Facts.of(here)
    roll, language = Roll(facts), facts.words.language
    if math.isnan(roll.company_score):
        return heading(prose(language, N_("Results by country")), "sec-matrix")
    message = N_("Results by country: the mean score of {people} is {score}")
    text = prose(
        language,
        message,
        people=facts.words.counted(roll.scored),
        score=facts.words.attained(roll.company_score, facts.here.engagement.policy.bands),
    )
    return heading(text, "sec-matrix")


def unscored_head(here: Here | Facts) -> Prose:
    """How many people have no score."""
    facts = Facts.of(here)
    language, n = facts.words.language, len(Roll(facts).not_scored)
    if not len(facts.table("people")) or not facts.here.has("evaluation"):
        return heading(prose(language, N_("Who is not scored")), "sec-unscored")
    message = N_("Everyone is scored") if not n else N_("One person is not scored") if n == 1 else N_("{n} people are not scored")
    return heading(prose(language, message, n=language.number(n)), "sec-unscored")


def next_head(here: Here | Facts) -> Prose:
    """The next quarter's goal and its chance."""
    facts = Facts.of(here)
    say, outlook = facts.words, Outlook(Facts.of(here))
    quarter = say.language.quarter(facts.quarter.next)
    if outlook.goal is not None and not math.isnan(outlook.goal.chance):
        text = prose(
            say.language, N_("{quarter}: a {kpi} goal of {goal} has a chance of {chance}"),
            quarter=quarter, kpi=inside(say.kpi(outlook.kpi)),
            goal=say.value(outlook.kpi, outlook.goal.goal, outlook.currency), chance=say.language.chance(outlook.goal.chance),
        )  # fmt: skip
    elif outlook.options:
        text = prose(
            say.language, N_("{quarter}: choose the {kpi} goal by its chance"), quarter=quarter, kpi=inside(say.kpi(outlook.kpi))
        )
    else:
        text = prose(say.language, N_("{quarter}: its goals are not modelled yet"), quarter=quarter)
    return heading(text, "sec-next", 1)


def recalibrated(here: Here | Facts) -> Prose:
    """How hard this quarter's targets were, as the renewal found; a line a KPI."""
    facts = Facts.of(here)
    say, language = facts.words, facts.words.language
    lines = []
    for one in Outlook(facts).recalibrated:
        message = N_("{kpi}: {share} of {people} reached; {factor} times the targets would have been reached by a healthy share.")
        if one.factor is None or math.isnan(one.factor):
            message = N_("{kpi}: {share} of {people} reached; too few people to say how hard the targets were.")
        text = prose(
            language, message, kpi=say.kpi(one.kpi), share=language.percent(one.share_met, 0), people=say.counted(one.people),
            factor=language.number(one.factor, 2),
        )  # fmt: skip
        lines.append(f"- {text}")
    if not lines:
        return Prose(prose(language, N_("Not available: the step “renew” has not run for this quarter, or nobody had a goal.")))
    return Prose("\n".join(lines) + "\n")


def kpis_head(here: Here | Facts) -> Prose:
    """How many KPIs were chosen of how many, and how many cannot be measured."""
    facts = Facts.of(here)
    language, table = facts.words.language, facts.table("proposal")
    missing = int((~facts.table("availability")["available"].astype(bool)).sum())
    chosen = table.loc[table["chosen"], "kpi"].nunique()
    if not len(table):
        return heading(prose(language, N_("KPIs: no set has been proposed yet")), "sec-choice", 1)
    short = next((one for reason in table["reason"].fillna("") if (one := SHORT.match(str(reason)))), None)
    if not chosen and short:
        message = N_("KPIs: only {n} usable of the {asked} asked for, so none is chosen")
        n, asked = (language.number(int(one)) for one in short.groups())
        return heading(prose(language, message, n=n, asked=asked), "sec-choice", 1)
    if not chosen:
        return heading(prose(language, N_("KPIs: none could be chosen for want of history")), "sec-choice", 1)
    text = prose(
        language, N_("{k} of {n} KPIs chosen; {missing} cannot be measured yet"), k=language.number(chosen),
        n=language.number(table["kpi"].nunique()), missing=language.number(missing),
    )  # fmt: skip
    return heading(text, "sec-choice", 1)


def cases_head(here: Here | Facts) -> Prose:
    """How many cases are open and decided."""
    facts = Facts.of(here)
    language, counts = facts.words.language, facts.table("exceptions")["status"].value_counts()
    open_, decided = len(grouped(facts)), int(counts.get("decided", 0))
    if not facts.here.has("exceptions"):
        return heading(prose(language, N_("Exceptions: not looked for yet")), "sec-cases", 1)
    if not open_ and not decided:
        return heading(prose(language, N_("Exceptions: none this quarter")), "sec-cases", 1)
    text = prose(
        language, N_("Exceptions: {open} open, {decided} decided"), open=language.number(open_), decided=language.number(decided)
    )
    return heading(text, "sec-cases", 1)


def data_head(here: Here | Facts) -> Prose:
    """How many rows came in and how many wait."""
    facts = Facts.of(here)
    language, rows = facts.words.language, Sources(facts).rows
    if not rows["rows_in"]:
        return heading(prose(language, N_("Data and method")), "sec-data", 1)
    message = N_("Data and method: {used} of {all} rows used, {bad} in quarantine")
    text = prose(
        language,
        message,
        used=language.number(rows["used"]),
        all=language.number(rows["rows_in"]),
        bad=language.number(rows["quarantined"]),
    )
    return heading(text, "sec-data", 1)


def incomplete_sources(here: Here | Facts) -> Prose:
    """What follows where a source stops early; that nothing does where all are complete."""
    from kpi_toolkit.report.narrative.page_one import incomplete

    facts = Facts.of(here)
    language = facts.words.language
    if facts.incomplete:
        return Prose(incomplete(facts) + "\n")
    if not Sources(facts).has_facts:
        return Prose(prose(language, N_("Not available: no source has facts of this quarter.")) + "\n")
    return div("sub", prose(language, N_("Every source reaches the quarter’s end.")))
