"""The sentences of page one: the result as a title, what happened and how sure that is, one line on the data."""

from __future__ import annotations

import math

from kpi_toolkit.language import N_
from kpi_toolkit.report.blocks import Prose, div, heading, side_by_side, together
from kpi_toolkit.report.course import course
from kpi_toolkit.report.decisions import decisions as asked
from kpi_toolkit.report.facts import Facts, Here, Result
from kpi_toolkit.report.plain import markdown, prose
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.sources import Sources
from kpi_toolkit.report.tables.data import table_name
from kpi_toolkit.report.tables.page_one import CountryResult, country_results, named
from kpi_toolkit.report.words import inside

LEAST_SHARE = 0.0005  # below it a share would show as 0.0%: rows are counted
NAMED_SHORT = 2  # countries that a title names
NAMED_HEAD = 3  # countries that a heading names; more are counted


def head(here: Here | Facts) -> Prose:
    """The kicker, the title that says the result, and a warning where the quarter is incomplete."""
    facts = Facts.of(here)
    language, quarter = facts.words.language, facts.quarter
    kicker = prose(
        language,
        N_("{client} · {quarter} ({first} – {last}) · One page for leadership"),
        client=facts.client, quarter=language.quarter(quarter),
        first=language.day(quarter.first_day), last=language.day(quarter.last_day),
    )  # fmt: skip
    parts = [div("kicker", kicker), heading(_title(facts), "sec-page-1", 1)]
    if facts.incomplete:
        parts.append(div("note", incomplete(facts)))
    return together(*parts)


def _title(facts: Facts) -> str:
    say, result = facts.words, facts.company
    name, language = say.kpi(result.kpi), say.language
    quarter = language.quarter(facts.quarter)
    if not Sources(facts).has_facts and math.isnan(result.actual):
        return prose(language, N_("{quarter}: no data yet, so no result"), quarter=quarter)
    actual = say.value(result.kpi, result.actual, result.currency)
    if not result.judged:
        if result.partial:
            return prose(
                language,
                N_("{kpi} {actual} so far: the data of {quarter} are incomplete"),
                kpi=name,
                actual=actual,
                quarter=quarter,
            )
        return prose(language, N_("{kpi} {actual}; no goal stood against it"), kpi=name, actual=actual)
    share = language.percent(result.attainment)
    company = result.basis == "company_goal"
    short = [named(facts, one) for one in country_results(facts) if _short(facts, one) and _large(facts, one)][:NAMED_SHORT]
    if result.reached:
        message = (
            N_("Company goal reached: {kpi} at {share}") if company else N_("{kpi} at {share} of the sum of people’s targets")
        )
        return prose(language, message, kpi=inside(name) if company else name, share=share)
    if short and len(country_results(facts)) > 1:
        message = (
            N_("{kpi} at {share} of goal; the gap is {countries}")
            if company
            else N_("{kpi} at {share} of people’s targets; the gap is {countries}")
        )
        return prose(language, message, kpi=name, share=share, countries=say.listed(short))
    message = (
        N_("Company goal not reached: {kpi} at {share}") if company else N_("{kpi} at {share} of the sum of people’s targets")
    )
    return prose(language, message, kpi=inside(name) if company else name, share=share)


def _short(facts: Facts, one: CountryResult) -> bool:
    return not math.isnan(one.gap) and (one.gap < 0) == (facts.words.better(facts.main) == "higher") and one.gap != 0


def _large(facts: Facts, one: CountryResult) -> bool:
    """Whether a title may name it: one country that is known, with enough people."""
    return not one.pooled and bool(one.country) and one.people >= int(facts.here.engagement.privacy.smallest_group)


def incomplete(here: Here | Facts) -> str:
    """Markdown: which sources stop before the quarter's end, and what follows from it."""
    facts = Facts.of(here)
    language = facts.words.language
    told = []
    for source, countries, last in Sources(facts).incomplete_by_source():
        where = (
            f"{table_name(facts, source)} ({', '.join(map(facts.words.country, countries))})"
            if countries
            else table_name(facts, source)
        )
        told.append(facts.words(N_("{source} until {day}"), source=where, day=language.day(last)))
    return prose(
        language,
        N_("**The quarter is incomplete.** {sources}. What rests on them carries no band and no score."),
        sources="; ".join(told),
    )


def decisions_head(here: Here | Facts) -> Prose:
    """How many decisions are asked."""
    facts = Facts.of(here)
    n = len(asked(facts))
    language = facts.words.language
    message = (
        N_("No decision is asked of you")
        if not n
        else N_("One decision we ask of you")
        if n == 1
        else N_("{n} decisions we ask of you")
    )
    return heading(prose(language, message, n=language.number(n)), "sec-decisions")


def happened(here: Here | Facts) -> Prose:
    """Three sentences: the result, the people, and what stands out; each says how sure it is."""
    facts = Facts.of(here)
    said = [one for one in (_result(facts), _people(facts), _stands_out(facts)) if one]
    if not said:
        return Prose(prose(facts.words.language, N_("Not available: the quarter has no results yet.")))
    return side_by_side(said)


def _result(facts: Facts) -> str:
    say, result = facts.words, facts.company
    if math.isnan(result.actual):
        return ""
    values = {
        "kpi": say.kpi(result.kpi), "actual": say.value(result.kpi, result.actual, result.currency),
        "target": say.value(result.kpi, result.target, result.currency), "gap": _size(facts, result),
        "low": say.value(result.kpi, result.low, result.currency), "high": say.value(result.kpi, result.high, result.currency),
    }  # fmt: skip
    if not result.judged and result.partial:
        sentence = N_("**Not yet to be judged.** {kpi} {actual} so far; the data of the quarter are incomplete.")
    elif not result.judged:
        sentence = N_("**A fact without a goal.** {kpi} {actual}.")
    elif result.gap >= 0:
        sentence = {
            "better": N_(
                "**More than was to be expected.** {kpi} {actual}, {gap} above {target}; expected beforehand {low} to {high}."
            ),
            "worse": N_(
                "**Worse than was to be expected.** {kpi} {actual}, {gap} above {target}; expected beforehand {low} to {high}."
            ),
            "expected": N_(
                "**As was to be expected.** {kpi} {actual}, {gap} above {target}; expected beforehand {low} to {high}."
            ),
        }.get(result.surprise, N_("**A fact.** {kpi} {actual}, {gap} above {target}; no forecast to hold it against."))
    else:
        sentence = {
            "better": N_(
                "**Better than was to be expected.** {kpi} {actual}, {gap} below {target}; expected beforehand {low} to {high}."
            ),
            "worse": N_(
                "**Less than was to be expected.** {kpi} {actual}, {gap} short of {target}; expected beforehand {low} to {high}."
            ),
            "expected": N_(
                "**Within what was to be expected.** {kpi} {actual}, {gap} short of {target}; expected beforehand "
                "{low} to {high}."
            ),
        }.get(result.surprise, N_("**A fact.** {kpi} {actual}, {gap} short of {target}; no forecast to hold it against."))
    told = prose(say.language, sentence, **values)
    if math.isnan(result.elsewhere):
        return told
    whole = say.value(result.kpi, result.elsewhere, result.currency)
    return f"{told} {prose(say.language, N_('People with targets only; the company’s total is {value}.'), value=whole)}"


def _size(facts: Facts, result: Result) -> str:
    """How far from the target, without a sign."""
    return facts.words.gap(result.kpi, abs(result.gap), result.currency).lstrip("+")


def _people(facts: Facts) -> str:
    roll, say = Roll(facts), facts.words
    counts = roll.verdicts
    total = sum(counts.values())
    if not total:
        return ""
    sure = counts["met_sure"] + counts["missed_sure"]
    message = N_(
        "**Sure for {sure} of {n} people.** By score, {met} surely on target, {missed} surely below; for the others one quarter "
        "does not tell."
    )
    if not roll.by_score:
        message = N_(
            "**Sure for {sure} of {n} people.** By {kpi}, {met} surely on target, {missed} surely below; for the others one "
            "quarter does not tell."
        )
    number = say.language.number
    return prose(
        say.language, message, sure=number(sure), n=number(total), met=number(counts["met_sure"]),
        missed=number(counts["missed_sure"]), kpi=inside(say.kpi(facts.main)),
    )  # fmt: skip


def _stands_out(facts: Facts) -> str:
    """The KPI beside the main one that is furthest short (with a signal first), else the country with the largest gap."""
    say = facts.words
    others = [one for one in facts.results if one.kpi != facts.main and one.judged]
    seen = {one.kpi: course(facts, one) for one in others}
    kinds = {kpi: one.kind if one.target is not None else "" for kpi, one in seen.items()}  # a signal of what the target measures
    others = [one for one in others if one.attainment < 1 or kinds[one.kpi] == "concern"]
    if others:
        worst = min(others, key=lambda one: (kinds[one.kpi] != "concern", one.attainment, one.kpi))
        kind = kinds[worst.kpi]
        message = {
            "concern": N_("**Truly worse.** {kpi} {actual} against {target} ({share}): more than ordinary variation."),
            "improve": N_("**Furthest from its target, and truly improving.** {kpi} {actual} against {target} ({share})."),
            "common": N_(
                "**Furthest from its target, no signal.** {kpi} {actual} against {target} ({share}): ordinary variation."
            ),
        }.get(
            kind,
            N_(
                "**Furthest from its target.** {kpi} {actual} against {target} ({share}); "
                "months cannot tell whether it is a signal."
            ),
        )
        return prose(
            say.language, message, kpi=say.kpi(worst.kpi), actual=say.value(worst.kpi, worst.actual, worst.currency),
            target=say.value(worst.kpi, worst.target, worst.currency), share=say.language.percent(worst.attainment),
        )  # fmt: skip
    countries = country_results(facts)
    if len(countries) < 2 or math.isnan(countries[0].gap):
        return ""
    first = countries[0]
    if not _short(facts, first):
        return prose(say.language, N_("**A fact.** No KPI and no country is short of its targets."))
    currency = facts.currency if say.unit(facts.main) == "money" else ""
    return prose(
        say.language, N_("**A fact.** The largest gap is {country}: {gap} from its targets ({share})."),
        country=named(facts, first), gap=say.gap(facts.main, abs(first.gap), currency).lstrip("+"),
        share=say.language.percent(first.attainment),
    )  # fmt: skip


def goal_head(here: Here | Facts) -> Prose:
    """The company goal and how far it is."""
    facts = Facts.of(here)
    say, result = facts.words, facts.company
    target = say.value(result.kpi, result.target, result.currency)
    if not result.judged and not math.isnan(result.target):
        message = N_("Company goal {target}: not judged yet") if result.partial else N_("Company goal {target}: cannot be judged")
        return heading(prose(say.language, message, target=target), "sec-goal")
    if not result.judged:
        return heading(prose(say.language, N_("No company goal for this quarter")), "sec-goal")
    if result.basis == "company_goal":
        message = N_("Company goal {target}: {gap} above") if result.gap >= 0 else N_("Company goal {target}: {gap} short")
    else:
        message = (
            N_("Sum of people’s targets {target}: {gap} above")
            if result.gap >= 0
            else N_("Sum of people’s targets {target}: {gap} short")
        )
    return heading(prose(say.language, message, target=target, gap=_size(facts, result)), "sec-goal")


def kpi_head(here: Here | Facts) -> Prose:
    """How many KPIs reached their target."""
    facts = Facts.of(here)
    judged = [one for one in facts.results if one.judged]
    number = facts.words.language.number
    if not judged:
        return heading(prose(facts.words.language, N_("KPIs: none could be judged this quarter")), "sec-kpis")
    reached = sum(one.reached for one in judged)
    if len(judged) == 1:
        message = N_("One KPI, its target reached") if reached else N_("One KPI, its target not reached")
    elif reached in (0, len(judged)):
        message = N_("{n} KPIs: all reached the sum of targets") if reached else N_("{n} KPIs: none reached the sum of targets")
    else:
        message = N_("{n} KPIs: {k} reached the sum of targets, {rest} did not")
    text = prose(facts.words.language, message, n=number(len(judged)), k=number(reached), rest=number(len(judged) - reached))
    return heading(text, "sec-kpis")


def countries_head(here: Here | Facts) -> Prose:
    """Which countries carry and which lack."""
    facts = Facts.of(here)
    say, found = facts.words, country_results(Facts.of(here))
    told = [one for one in found if not math.isnan(one.gap)]
    short, over = ([one for one in told if _short(facts, one) == below] for below in (True, False))
    if len(found) < 2 or not told:
        return heading(prose(say.language, N_("Countries")), "sec-countries")
    if short and over:
        message = N_("{short} short of target, {over} on target or above")
    elif all(one.country and not one.pooled for one in found):
        message = N_("All countries short of target") if short else N_("All countries on target or above")
    else:
        message = N_("{short} short of target") if short else N_("{over} on target or above")
    return heading(prose(say.language, message, short=_listed(facts, short), over=_listed(facts, over)), "sec-countries")


def _listed(facts: Facts, found: list[CountryResult]) -> str:
    """Countries by name, their number where they are many; the small ones together, and people without a country, behind."""
    say = facts.words
    words = [say.country(one.country) for one in found if one.country and not one.pooled]
    if len(words) > NAMED_HEAD:
        words = [say(N_("{n} countries"), n=say.language.number(len(words)))]
    words += [say(N_("smaller countries together")) for one in found if one.pooled]
    words += [say.country(None) for one in found if not one.country]
    return say.listed(words)


def data_line(here: Here | Facts) -> Prose:
    """The data (until when, countries complete, goals signed, rows in quarantine), and the actions of the quarter before."""
    facts = Facts.of(here)
    say, sources = facts.words, Sources(facts)
    language, number = say.language, say.language.number
    parts = [say(N_("Data to {day}"), day=language.day(facts.data_to)) if facts.data_to else say(N_("No data yet"))]
    complete, all_ = sources.reporting
    if all_:
        parts.append(say(N_("{k} of {n} countries complete"), k=number(complete), n=number(all_)))
    elif sources.has_facts:
        parts.append(say(N_("quarter incomplete")) if facts.incomplete else say(N_("quarter complete")))
    signed, expected = Roll(facts).signed
    if expected:
        parts.append(say(N_("{k} of {n} people have signed goals"), k=number(signed), n=number(expected)))
    if sources.bad_share == 0:
        parts.append(say(N_("no row in quarantine")))
    elif 0 < sources.bad_share < LEAST_SHARE:
        n = sources.rows["quarantined"]
        parts.append(say.count(n, N_("{n} row in quarantine"), N_("{n} rows in quarantine")))
    elif math.isfinite(sources.bad_share):
        parts.append(say(N_("{share} of rows in quarantine"), share=language.percent(sources.bad_share)))
    return div("note", f"{markdown(' · '.join(parts))}. {_last_actions(facts)}")


def _last_actions(facts: Facts) -> str:
    """What became of the actions of the quarter before."""
    language, before = facts.words.language, facts.quarter.previous
    table = facts.elsewhere(before, "actions")
    quarter = language.quarter(before)
    if not len(table):
        return prose(language, N_("Actions of {quarter}: none on record."), quarter=quarter)
    counts = table["status"].value_counts()
    open_, done, dropped = (language.number(int(counts.get(status, 0))) for status in ("open", "done", "dropped"))
    message = N_("Actions of {quarter}: {done} done, {open} open, {dropped} dropped.")
    return prose(language, message, quarter=quarter, done=done, open=open_, dropped=dropped)
