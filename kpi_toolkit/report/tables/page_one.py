"""The tables of page one: decisions, KPIs, countries in money."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report import marks
from kpi_toolkit.report.blocks import Block, Cell, Column, Row, Table
from kpi_toolkit.report.course import Course, course
from kpi_toolkit.report.decisions import decisions as asked
from kpi_toolkit.report.facts import NAN, Facts, Here, Result, records, share_of_goal
from kpi_toolkit.report.marks import PT, Mark, line, rect
from kpi_toolkit.report.palette import LIGHT as C
from kpi_toolkit.report.roll import UNKNOWN, Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import Words

SHORT_BAR = 34.0  # mm


def decisions(here: Here | Facts) -> Block:
    """What leadership must decide: what, why, what it costs and its options, who and by when."""
    facts = Facts.of(here)
    say = facts.words
    rows = tuple(
        (
            Cell(str(number), "lead"),
            Cell(one.what),
            Cell(one.why, "grey small"),
            Cell(one.options, "small"),
            Cell(one.who, "small"),
            Cell(say.language.day(one.by), "strong small"),
        )
        for number, one in enumerate(asked(facts), 1)
    )
    if not rows:
        nothing = say(N_("no decision is asked this quarter: nothing was signed, nothing is open"))
        return unavailable(facts, nothing if facts.here.has("evaluation") else facts.why_not("evaluation"))
    columns = (
        Column("number", "", 6, phone="badge", gap=1),
        Column("what", say(N_("Decision")), None, gap=4, phone="title"),
        Column("why", say(N_("Why")), 46, gap=4, phone="wide"),
        Column("options", say(N_("Cost, options, chances")), 41, gap=3, phone="wide"),
        Column("who", say(N_("Who decides")), 19, gap=2, phone="half"),
        Column("by", say(N_("By")), 17.5, gap=0, phone="half"),
    )
    return Table("decisions", columns, rows, top=True, summary=say(N_("Decisions asked of leadership")))


def kpis(here: Here | Facts) -> Block:
    """The company's KPIs: actual, target, attainment, 24 months with process limits, what it means in words."""
    facts = Facts.of(here)
    say = facts.words
    if not facts.results:
        return unavailable(facts, facts.why_not("evaluation"))
    columns = (
        Column("name", say(N_("KPI")), 45, gap=2),
        Column("weight", say(N_("Weight")), 13, True, 2, phone="pair"),
        Column("actual", say(N_("Actual")), 19, True, 2, phone="pair"),
        Column("target", say(N_("Target")), 19, True, 2, phone="pair"),
        Column("attainment", say(N_("Attainment")), 18, True, 4, phone="lead"),
        Column("trend", say(N_("24 months")), 27, gap=2, phone="wide"),
        Column("meaning", say(N_("What it means")), None, gap=0, phone="wide"),
    )
    weights = _whole(facts)
    rows = tuple(_kpi(facts, result, weights.get(result.kpi, NAN)) for result in facts.results)
    return Table(
        "kpis", columns, rows, summary=say(N_("KPIs of the company: actual, target, attainment, trend and what it means"))
    )


def _whole(facts: Facts) -> dict[str, float]:
    """Weights in whole percent; where they make 100 together, so do they rounded (the largest remainders go up)."""
    exact = {one.kpi: one.weight for one in facts.results if not math.isnan(one.weight)}
    if abs(sum(exact.values()) - 100) > 0.5:
        return exact
    out = {kpi: float(math.floor(weight + 1e-9)) for kpi, weight in exact.items()}
    for kpi in sorted(exact, key=lambda kpi: (out[kpi] - exact[kpi], kpi))[: round(100 - sum(out.values()))]:
        out[kpi] += 1
    return out


def _kpi(facts: Facts, result: Result, weight: float) -> tuple[Cell | Mark | str, ...]:
    say = facts.words
    seen = course(facts, result)
    told = seen.words(say)
    if not math.isnan(result.elsewhere):
        whole = say.value(result.kpi, result.elsewhere, result.currency)
        told += "; " + say(N_("people with targets only; the company’s total is {value}"), value=whole)
    meaning = Cell(told, "small")
    if not seen.partial:
        meaning = Cell(told, "small", mark=marks.variation(seen.kind or "common", seen.up), place="before")
    tone = "strong" if result.reached or not result.judged else "strong warning"
    return (
        Cell(say.kpi(result.kpi), "strong", unit=say.symbol(result.currency)),
        Cell(say.language.percent(weight / 100, 0), "grey"),
        Cell(say.value(result.kpi, result.actual), "strong"),
        say.value(result.kpi, result.target),
        Cell(say.language.percent(result.attainment), tone),
        _spark(facts, result, seen),
        meaning,
    )


def _spark(facts: Facts, result: Result, seen: Course) -> Mark | str:
    say = facts.words
    if len(seen.series) < 2:
        return Cell(say(N_("no series yet")), "grey small")  # type: ignore[return-value]
    first, last = (say.value(result.kpi, value, result.currency) for value in (seen.series[0], seen.series[-1]))
    alt = say(N_("{n} months: {first} to {last}"), n=len(seen.series), first=first, last=last)
    return marks.spark(
        seen.series, alt, low=seen.low, high=seen.high, target=seen.target, kind=seen.kind or "common", width=25.5, height=5.4
    )


@dataclass(frozen=True)
class CountryResult:
    """Booked totals of the main KPI of a country, of a few together or of people without one; money in the reporting currency."""

    countries: tuple[str, ...]
    actual: float
    target: float
    attainment: float
    people: float
    met: float

    @property
    def country(self) -> str:
        """The country; where there are several, their names."""
        return ", ".join(self.countries)

    @property
    def pooled(self) -> bool:
        return len(self.countries) > 1

    @property
    def gap(self) -> float:
        return self.actual - self.target


def country_results(facts: Facts) -> tuple[CountryResult, ...]:
    """Countries by the main KPI, the largest shortfall first; small ones together, people whose country is unknown among them."""
    groups = facts.table("groups")
    groups = groups[groups["level"].eq("country") & groups["kpi"].eq(facts.main)]
    money = facts.words.unit(facts.main) == "money"
    out = []
    for row in records(groups):
        worth = (lambda value, currency=row.currency: facts.in_reporting(value, currency)) if money else float
        met = NAN if absent(row.share_met) or absent(row.people) else float(round(row.share_met * row.people))
        out.append(
            CountryResult(
                (str(row.entity_id),),
                worth(float(row.actual)),
                worth(float(row.target)),
                float(row.sum_ratio),
                float(row.people),
                met,
            )
        )
    unknown = _unknown(facts)
    if unknown is not None:
        out.append(unknown)
    by_country = {one.countries[0]: one for one in out}
    pools = Roll(facts).pools({country: round(one.people) for country, one in by_country.items()})
    out = [_together(facts, [by_country[country] for country in pool]) for pool in pools]
    sign = -1 if facts.words.better(facts.main) == "lower" else 1
    return tuple(sorted(out, key=lambda one: (sign * one.gap if not math.isnan(one.gap) else 0.0, one.country)))


def _unknown(facts: Facts) -> CountryResult | None:
    """People with a goal of the main KPI that counts whose country is not known, from their evaluation; None for nobody."""
    goals, known = facts.table("evaluation"), Roll(facts).countries
    counts = goals["measured_at"].eq("person") & goals["complete"].astype(bool) & goals["attainment"].notna()
    own = goals[counts & goals["kpi"].eq(facts.main)]
    own = own[[known.get(str(person), UNKNOWN) == UNKNOWN for person in own["person_id"]]]
    if not len(own):
        return None
    met = float((own["attainment"] >= 1).sum())
    if not facts.adds_up(facts.main) and len(own) > 1:
        return CountryResult((UNKNOWN,), NAN, NAN, NAN, float(len(own)), met)
    actual = sum(facts.in_reporting(float(row.actual), row.currency) for row in records(own))
    target = sum(facts.in_reporting(float(row.prorated_target), row.currency) for row in records(own))
    share = share_of_goal(facts.main, actual, target, facts.words.better(facts.main))
    return CountryResult((UNKNOWN,), actual, target, share, float(len(own)), met)


def _together(facts: Facts, parts: list[CountryResult]) -> CountryResult:
    """Countries in one row; without sums where the KPI does not add up."""
    if len(parts) == 1:
        return parts[0]
    names = tuple(name for one in parts for name in one.countries)
    people, met = sum(one.people for one in parts), sum(one.met for one in parts)
    if not facts.adds_up(facts.main):
        return CountryResult(names, NAN, NAN, NAN, people, met)
    actual, target = sum(one.actual for one in parts), sum(one.target for one in parts)
    share = share_of_goal(facts.main, actual, target, facts.words.better(facts.main))
    return CountryResult(names, actual, target, share, people, met)


def named(facts: Facts, one: CountryResult) -> str:
    """The country of a row, or its countries."""
    return ", ".join(facts.words.country(name or None) for name in one.countries)


def countries(here: Here | Facts) -> Block:
    """Countries by what they add to or take from the result, the largest shortfall first."""
    facts = Facts.of(here)
    say, found = facts.words, country_results(Facts.of(here))
    if not found:
        reason = (
            facts.why_not("groups") if not len(facts.table("groups")) else say(N_("no country is known for people with goals"))
        )
        return unavailable(facts, reason)
    widest = max((abs(one.gap) for one in found if not math.isnan(one.gap)), default=1.0) or 1.0
    currency = facts.currency if say.unit(facts.main) == "money" else ""
    columns = (
        Column("name", say(N_("Country")), 34, gap=2),
        Column("gap", _in(say, N_("Against target"), currency), 30, True, 3, phone="lead"),
        Column("bar", say(N_("short · over")), SHORT_BAR + 3, gap=3, phone="wide"),
        Column("actual", _in(say, N_("Actual"), currency), 21, True, 3, phone="pair"),
        Column("target", _in(say, N_("Target"), currency), 21, True, 3, phone="pair"),
        Column("attainment", say(N_("Attainment")), 18, True, 3, phone="pair"),
        Column("met", say(N_("People at target")), None, True, 0, phone="pair"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            Cell(named(facts, one), "" if one.pooled else "strong"),
            Cell(say.gap(facts.main, one.gap), "strong" if _good(facts, one) else "strong warning"),
            _gap_bar(one.gap / widest, _good(facts, one)) if not math.isnan(one.gap) else "",
            say.value(facts.main, one.actual),
            say.value(facts.main, one.target),
            say.language.percent(one.attainment),
            say(N_("{k} of {n}"), k=say.language.number(one.met), n=say.language.number(one.people)),
        )
        for one in found
    )
    return Table("countries", columns, rows, summary=say(N_("Countries by {kpi} against target"), kpi=say.kpi(facts.main)))


def _in(say: Words, head: str, currency: str) -> str:
    """The head of a column of money, with its currency."""
    return f"{say(head)} ({say.symbol(currency)})" if currency else say(head)


def _good(facts: Facts, one: CountryResult) -> bool:
    return math.isnan(one.gap) or (one.gap >= 0) == (facts.words.better(facts.main) == "higher") or one.gap == 0


def _gap_bar(share: float, good: bool) -> Mark:
    """A bar to the left (less) or right (more) of the target line; a shortfall is hatched so that grey print tells them apart."""
    wide, tall = SHORT_BAR * PT, 3.4 * PT
    middle = wide / 2
    if math.isnan(share):
        return Mark(line(middle, 0, middle, tall, C.ink, 1), SHORT_BAR, 3.4)
    length = abs(share) * (middle - 2)
    start = middle - length if share < 0 else middle
    out = rect(start, 1.6, length, tall - 3.2, C.accent if good else C.warning_tint, C.accent if good else C.warning, 0.7)
    if not good:
        step = 4.0
        at = start + step
        while at < start + length:
            out += line(at - 2.6, tall - 1.6, at, 1.6, C.warning, 0.6)
            at += step
    return Mark(out + line(middle, 0, middle, tall, C.ink, 1), SHORT_BAR, 3.4)
