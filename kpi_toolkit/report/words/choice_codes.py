"""Words for the reasons of the proposal and the renewal, and for what the diagnosis found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kpi_toolkit.language import N_
from kpi_toolkit.report.words import enums
from kpi_toolkit.report.words.codes import Figures, Wording, fixed, worded
from kpi_toolkit.report.words.names import Words

QUARTER = re.compile(r"\d{4}Q[1-4]")
CHOSEN: Mapping[str, str] = {
    "included": N_("chosen: the client asks for it"),
    "outcome": N_("chosen: the result that the others serve"),
    "leading": N_("chosen: it shows early"),
}
FINDINGS: Mapping[str, str] = {
    "level": N_("Usual quarter"),
    "trend": N_("Trend"),
    "season": N_("Season"),
    "spread": N_("Spread between people"),
    "reliability": N_("What lasts of the spread"),
    "completeness": N_("Completeness"),
    "driver_change": N_("Change on the year before"),
    "driver_part": N_("Part of the change"),
    "variation": N_("Variation"),
    "assurance": N_("Against its target"),
    "data_gap": N_("Gap in the data"),
}
TRENDS: Mapping[str, str] = {
    "rising": N_("rising, over {n} quarters"),
    "falling": N_("falling, over {n} quarters"),
    "no_trend": N_("no trend to be seen over {n} quarters"),
}
PARTS: Mapping[str, str] = {
    "customers": N_("by the number of customers"),
    "orders_per_customer": N_("by orders per customer"),
    "order_value": N_("by the value of an order"),
}
LINES: Mapping[str, str] = {
    "company_goal": N_("the company goal"),
    "quotas": N_("the quotas"),
}
SEEN: Mapping[str, str] = {
    "common": N_("ordinary"),
    "improving": N_("improving"),
    "worsening": N_("worsening"),
    "passes": N_("always passes"),
    "fails": N_("cannot reach"),
    "hit_or_miss": N_("hit or miss"),
}


def _chosen(f: Figures) -> str:
    how = f.text(0)
    if how == "objective":
        return f.say(N_("chosen: the first that serves {objective}"), objective=_objective(f, 1))
    if how == "best":
        return f.say(N_("chosen: the best of the rest ({score})"), score=f.decimal(1))
    return f.say(CHOSEN[how]) if how in CHOSEN else f.say(N_("chosen ({how})"), how=enums.readable(how))


def _objective(f: Figures, at: int) -> str:
    return f.say(enums.SERVES[f.text(at)]) if f.text(at) in enums.SERVES else f.text(at)


def _loosened(f: Figures) -> str:
    what = f.text(0)
    if what == "redundancy":
        message = N_("in spite of its likeness to {kpi} ({likeness}), since too few others are left")
        return f.say(message, kpi=f.kpi_name(1), likeness=f.decimal(2))
    if what == "min_weight":
        return f.say(N_("with less than the least weight ({weight}%), since the set asks for it"), weight=f.count(1))
    return f.say(N_("without the balance over objectives, since too few are left"))


def _no_history(f: Figures) -> str:
    if not f.parts:
        return f.say(N_("no history before the quarter"))
    return f.say.count(
        f.number(0) or 0,
        N_("only {n} usable KPI of the {asked} asked for: nothing chosen"),
        N_("only {n} usable KPIs of the {asked} asked for: nothing chosen"),
        asked=f.count(1),
    )


def _too_few_people(f: Figures) -> str:
    return f.say.count(f.number(0) or 0, N_("only {n} person: not judged"), N_("only {n} people: not judged"))


def _ended(f: Figures) -> str:
    health = f.say(enums.HEALTH[f.text(1)]) if f.text(1) in enums.HEALTH else enums.readable(f.text(1))
    recommended = f.say(enums.RECOMMENDATIONS[f.text(0)]) if f.text(0) in enums.RECOMMENDATIONS else enums.readable(f.text(0))
    return f.say(N_("the last renewal ended it: {what} ({why})"), what=recommended, why=health)


def _level_name(f: Figures) -> str:
    return f.say(enums.LEVELS[f.text(0)]) if f.text(0) in enums.LEVELS else enums.readable(f.text(0))


def _unreliable(f: Figures) -> str:
    """A share that lasts below zero is none."""
    share, low, high = (f.say.language.percent(max(f.number(at) or 0.0, 0.0), 0) for at in range(3))
    if len(f.parts) < 3:
        return f.say(N_("differences between people hardly last ({share})"), share=share)
    return f.say(
        N_("differences between people hardly last ({share}; 80% range {low} to {high})"), share=share, low=low, high=high
    )


PROPOSAL_CODES: dict[str, Wording] = {
    "chosen": _chosen,
    "loosened": _loosened,
    "kept_on": fixed(N_("the last renewal keeps it")),
    "excluded": fixed(N_("the client excludes it")),
    "not_controlled": worded(N_("controlled at the level “{level}”, not by one person"), level=_level_name),
    "ended": _ended,
    "no_history": _no_history,
    "incomplete": worded(N_("data for {share} of people and quarters only"), share=lambda f: f.percent(0)),
    "too_few_events": worded(N_("{n} events a person and quarter: too few for a target"), n=lambda f: f.decimal(0, 1)),
    "unreliable": _unreliable,
    "redundant_with": worded(
        N_("says the same as {kpi} (likeness {likeness})"), kpi=lambda f: f.kpi_name(0), likeness=lambda f: f.decimal(1)
    ),
    "no_spread": worded(N_("{share} of the values are the same: nothing to tell people apart"), share=lambda f: f.percent(0)),
    "through_zero": worded(
        N_("at or below zero in {share} of quarters: a share of target says nothing"), share=lambda f: f.percent(0)
    ),
    "below_cut": worded(N_("would serve, but others serve better ({score})"), score=lambda f: f.decimal(0)),
}
RENEWAL_CODES: dict[str, Wording] = {
    "share_met": worded(
        N_("{share} of {n} people reached (80% range {low} to {high}); a healthy share is {healthy}"),
        share=lambda f: f.percent(0), n=lambda f: f.count(1), low=lambda f: f.percent(2), high=lambda f: f.percent(3),
        healthy=lambda f: f.percent(4),
    ),
    "no_goals": fixed(N_("nobody had a goal of their own on it this quarter: kept, not judged")),
    "incomplete_quarter": fixed(N_("the quarter is incomplete: not judged")),
    "too_few": _too_few_people,
    "no_data": worded(N_("data for {share} of {n} goals only"), share=lambda f: f.percent(0), n=lambda f: f.count(1)),
    "gamed": worded(N_("unusual timing at {n} of {all} people"), n=lambda f: f.count(0), all=lambda f: f.count(1)),
    "redundant_with": PROPOSAL_CODES["redundant_with"],
    "unreliable": _unreliable,
    "no_spread": worded(N_("all reach nearly the same (80% of people within {share})"), share=lambda f: f.percent(0, 1)),
    "included": fixed(N_("the client asks to keep it")),
    "outcome": fixed(N_("it is the result that the others serve")),
}  # fmt: skip


NOT_JUDGED = frozenset({"no_goals", "too_few", "incomplete_quarter"})  # reasons of a KPI that passed no test and failed none


def health(say: Words, found: object, reason: object) -> str:
    """The health of a KPI in words; that it was not judged where the renewal's reason says so."""
    if str(found) == "fine" and NOT_JUDGED.intersection(one.split(":")[0] for one in str(reason).split(";")):
        return say(N_("not judged"))
    return enums.word(say.language, "health", found)


def _seen(code: str) -> Wording:
    return lambda f: f.say(SEEN[code])


def _trend(code: str) -> Wording:
    return lambda f: f.say(TRENDS[code], n=f.count(0))


def _index(f: Figures) -> str:
    """A seasonal index: of the mean, or for shares the points above or below it."""
    if f.say.unit(f.kpi) != "share":
        return f.say(N_("{index} of the mean"), index=f.percent(1))
    number = f.number(1) or 0.0
    return f.say(N_("{n} points"), n=f"{'+' if number > 0 else ''}{f.say.language.number(number * 100, 1)}")


def _peak(f: Figures) -> str:
    return f.say(N_("highest in quarter {n} ({index})"), n=f.count(0), index=_index(f))


def _trough(f: Figures) -> str:
    return f.say(N_("lowest in quarter {n} ({index})"), n=f.count(0), index=_index(f))


def _quarter(f: Figures, at: int) -> str:
    return f.say.language.quarter(f.text(at)) if QUARTER.fullmatch(f.text(at)) else enums.readable(f.text(at))


def _quarters(f: Figures) -> str:
    if f.text(1) and f.text(2):
        first, last = _quarter(f, 1), _quarter(f, 2)
        return f.say(N_("mean of {n} quarters, {first} to {last}"), n=f.count(0), first=first, last=last)
    return f.say(N_("{n} quarters"), n=f.count(0))


def _gap(message: str) -> Wording:
    def said(f: Figures) -> str:
        table = f.say(enums.TABLES[f.text(0)]) if f.text(0) in enums.TABLES else enums.readable(f.text(0))
        return f.say(message, table=table, quarter=_quarter(f, 1))

    return said


def _part(code: str) -> Wording:
    return lambda f: f.say(PARTS[code])


def _year_before(f: Figures) -> str:
    return f.say(N_("{last} against {first}"), first=_quarter(f, 0), last=_quarter(f, 1))


def _line(f: Figures) -> str:
    return f.say(N_("measured against {line}"), line=f.say(LINES[f.text(0)]) if f.text(0) in LINES else enums.readable(f.text(0)))


DIAGNOSIS_CODES: dict[str, Wording] = {
    **{code: _seen(code) for code in SEEN},
    **{code: _trend(code) for code in TRENDS},
    **{code: _part(code) for code in PARTS},
    "quarters": _quarters,
    "events": worded(N_("{n} events a quarter"), n=lambda f: f.count(0)),
    "per_year": lambda f: f.say(N_("a year, in points") if f.text(0) == "points" else N_("a year, as a share")),
    "peak": _peak,
    "trough": _trough,
    "years": worded(N_("{n} full years seen"), n=lambda f: f.count(0)),
    "kept": worded(N_("{share} of the swing is trusted"), share=lambda f: f.percent(0)),
    "no_season": worded(N_("no season stands out")),
    "people": worded(N_("{n} people"), n=lambda f: f.count(0)),
    "ratio": worded(N_("upper quarter {n} times the lower"), n=lambda f: f.decimal(0, 1)),
    "mean_of": worded(N_("reliability of a person’s mean: {share}"), share=lambda f: f.percent(0)),
    "too_few": worded(
        N_("too few to say: {people} people, {quarters} quarters"), people=lambda f: f.count(0), quarters=lambda f: f.count(1)
    ),
    "person_quarters": worded(N_("{n} people and quarters"), n=lambda f: f.count(0)),
    "year_before": _year_before,
    "not_split": fixed(N_("not split: a factor is zero or negative")),
    "centre": worded(N_("mean {value}"), value=lambda f: f.value(0)),
    "line": _line,
    "incomplete": _gap(N_("{table} stopped before the end of {quarter}")),
    "no_facts": _gap(N_("no {table} in {quarter}")),
}
