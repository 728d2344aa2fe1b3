"""The tables about people, for leadership: counts by country and by KPI; names only where a decision is asked."""

from __future__ import annotations

import math

from kpi_toolkit.language import N_
from kpi_toolkit.report import marks
from kpi_toolkit.report.blocks import Block, Cell, Column, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.marks import Mark
from kpi_toolkit.report.roll import ABSENT, BANDS, INCOMPLETE, NO_GOAL, NO_TARGETS, TOO_LITTLE, CountryBands, Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums

WHY_NOT_SCORED = {
    NO_TARGETS: N_("measured only: no targets are meant"),
    NO_GOAL: N_("no goal and no quota for this quarter"),
    INCOMPLETE: N_("data of the quarter incomplete"),
    ABSENT: N_("not present in the quarter"),
    TOO_LITTLE: N_("goals that count weigh less than half"),
}
MOST_NAMED = 40  # rows; a longer list stands in the result tables


def matrix(here: Here | Facts) -> Block:
    """People by country and band of their score."""
    facts = Facts.of(here)
    say, roll = facts.words, Roll(Facts.of(here))
    if not roll.scored:
        reason = facts.why_not("scores") if not len(facts.table("evaluation")) else say(N_("nobody has a score this quarter"))
        return unavailable(facts, reason)
    waiting = {one.country: 0 for one in roll.not_scored}
    for one in roll.not_scored:
        waiting[one.country] += 1
    rows = [_bands(facts, one, sum(waiting.pop(name, 0) for name in one.countries)) for one in roll.matrix]
    for country, people in sorted(waiting.items()):
        rows.append((_country_name(facts, (country,)), "0", *["–"] * len(BANDS), Cell(say.language.number(people), "grey")))
    totals = {band: sum(one.bands[band] for one in roll.matrix) for band in BANDS}
    rows.append(
        (
            Cell(say(N_("All")), "strong"),
            Cell(say.language.number(roll.scored), "strong"),
            *(Cell(say.language.number(totals[band]), "strong") for band in BANDS),
            Cell(say.language.number(len(roll.not_scored)), "strong grey"),
        )
    )
    columns = (
        Column("name", say(N_("Country")), None, gap=3),
        Column("people", say(N_("People scored")), 26, True, 6, phone="lead"),
        *(Column(band, _band_head(facts, band), 25, True, 4, phone="pair") for band in BANDS),
        Column("waiting", say(N_("Not scored")), 22, True, 0, phone="pair"),
    )
    return Table("matrix", columns, tuple(rows), summary=say(N_("People by country and by what their score reached")))


def _band_head(facts: Facts, band: str) -> str:
    """A band with its lower edge: `exceeded (from 110%)`."""
    say, bands = facts.words, facts.here.engagement.policy.bands
    name = say(enums.BANDS[band])
    if band == "missed":
        return say(N_("{band} (below {edge})"), band=name, edge=say.language.percent(bands.near, 0))
    return say(N_("{band} (from {edge})"), band=name, edge=say.language.percent(getattr(bands, band), 0))


def _bands(facts: Facts, one: CountryBands, waiting: int) -> tuple[Cell | Mark | str, ...]:
    say = facts.words
    name = _country_name(facts, one.countries)
    if one.small:
        hidden = Cell(say(N_("too few to show")), "grey small")
        return (
            name,
            say.language.number(one.people),
            hidden,
            *["–"] * (len(BANDS) - 1),
            Cell(say.language.number(waiting), "grey"),
        )
    return (
        name,
        say.language.number(one.people),
        *(
            Cell(say.language.number(one.bands[band]) if one.bands[band] else "–", "" if one.bands[band] else "grey")
            for band in BANDS
        ),
        Cell(say.language.number(waiting) if waiting else "–", "grey"),
    )


def _country_name(facts: Facts, countries: tuple[str, ...]) -> Cell:
    say = facts.words
    return Cell(", ".join(map(say.country, countries)), "strong" if len(countries) == 1 else "")


def rollups(here: Here | Facts) -> Block:
    """Of each KPI the total against the sum of targets, and the share of people at target."""
    facts = Facts.of(here)
    say = facts.words
    results = [one for one in facts.results if not math.isnan(one.people)]
    if not results:
        return unavailable(facts, facts.why_not("groups"))
    columns = (
        Column("name", say(N_("KPI")), None, gap=3),
        Column("total", say(N_("Total of all against the sum of targets")), 42, True, 6, phone="lead"),
        Column("met", say(N_("People at target")), 30, True, 3, phone="pair"),
        Column("share", say(N_("Share of people")), 24, True, 3, phone="pair"),
        Column("bar", "", 26, gap=0, phone="hide"),
    )
    rows = tuple(
        (
            Cell(say.kpi(one.kpi), "strong"),
            Cell(say.attained(one.attainment, facts.here.engagement.policy.bands), "strong" if one.reached else "strong warning"),
            say(N_("{k} of {n}"), k=say.language.number(round(one.share_met * one.people)), n=say.language.number(one.people)),
            say.language.percent(one.share_met, 0),
            marks.bar(one.share_met, 24),
        )
        for one in results
    )
    return Table("rollups", columns, rows, summary=say(N_("Totals and the share of people at target, by KPI")))


def owed(here: Here | Facts) -> Block:
    """The payout to approve, a row a person (by country where persons may not be named)."""
    facts = Facts.of(here)
    say, roll = facts.words, Roll(Facts.of(here))
    if not roll.owed:
        nothing = say(N_("nothing is owed: no signed goal of this quarter has a payout"))
        return unavailable(facts, nothing if facts.here.has("evaluation") else facts.why_not("evaluation"))
    named = [(one, say.person(one.person, asked=True)) for one in roll.owed]
    money = not all(math.isnan(one.money) for one in roll.owed)
    if not all(name for _, name in named) or len(named) > MOST_NAMED:
        return _owed_by_country(facts, roll, money)
    columns = (
        Column("name", say(N_("Person")), None, gap=3),
        Column("country", say(N_("Country")), 34, gap=3, phone="pair"),
        Column("score", say(N_("Score")), 22, True, 4, phone="pair"),
        Column("share", say(N_("Share of variable pay")), 34, True, 4, phone="pair"),
        Column("money", say(N_("Owed")) if money else "", 34, True, 0, phone="lead"),
    )
    rows = tuple(
        (
            Cell(name, "strong"),
            say.country(one.country),
            say.attained(one.score, facts.here.engagement.policy.bands),
            Cell(say.language.percent(one.share), "strong"),
            (say.language.money(one.money, one.currency, 0) if one.currency else say.language.number(one.money)) if money else "",
        )
        for one, name in named
    )
    return Table("owed", columns, rows, summary=say(N_("Payout owed, a row a person")))


def _owed_by_country(facts: Facts, roll: Roll, money: bool) -> Block:
    say = facts.words
    by: dict[str, list[float]] = {}
    paid: dict[str, float] = {}
    for one in roll.owed:
        by.setdefault(one.country, []).append(one.share)
        paid[one.country] = paid.get(one.country, 0.0) + facts.in_reporting(one.money, one.currency)
    columns = (
        Column("name", say(N_("Country")), None, gap=3),
        Column("people", say(N_("People")), 28, True, 4, phone="pair"),
        Column("share", say(N_("Mean share of variable pay")), 44, True, 4, phone="pair"),
        Column("money", say(N_("Owed")) if money else "", 34, True, 0, phone="lead"),
    )
    rows = tuple(
        (
            Cell(say.country(country), "strong"),
            say.language.number(len(shares)),
            say.language.percent(sum(shares) / len(shares), 0),
            say.language.compact(paid[country], facts.currency) if money else "",
        )
        for country, shares in sorted(by.items())
    )
    return Table("owed", columns, rows, summary=say(N_("Payout owed, by country")))


def plans(here: Here | Facts) -> Block:
    """The people for whom a formal development plan is proposed: a decision is asked about each."""
    facts = Facts.of(here)
    say = facts.words
    table = facts.table("actions").query("action == 'development_plan' and status == 'open'")
    if not len(table):
        nobody = say(N_("no development plan is proposed: nobody is surely below target"))
        return unavailable(facts, nobody if facts.here.has("actions") else facts.why_not("actions"))
    roll = Roll(facts)
    scores = facts.table("scores").query("level == 'person'").set_index("entity_id")["score"]
    columns = (
        Column("name", say(N_("Person")), None, gap=3),
        Column("country", say(N_("Country")), 36, gap=3, phone="pair"),
        Column("score", say(N_("Score")), 22, True, 6, phone="lead"),
        Column("owner", say(N_("Who does it")), 46, gap=3, phone="pair"),
        Column("due", say(N_("By")), 22, gap=0, phone="pair"),
    )
    rows = tuple(
        (
            Cell(say.person(str(row.person_id), asked=True) or say(N_("not named here")), "strong"),
            say.country(roll.countries.get(str(row.person_id))),
            say.attained(scores.get(row.person_id), facts.here.engagement.policy.bands),
            say.owner(row.owner),
            say.language.day(row.due_on),
        )
        for row in records(table)
    )
    return Table("plans", columns, rows, summary=say(N_("Development plans to confirm")))


def not_scored(here: Here | Facts) -> Block:
    """Who is employed and has no score, by reason; named, since each needs a goal or a confirmation that none is meant."""
    facts = Facts.of(here)
    say, roll = facts.words, Roll(Facts.of(here))
    if not len(facts.table("people")):
        return unavailable(facts, facts.why_not("people"))
    if not facts.here.has("evaluation"):  # without its step nothing is known of anyone's goals
        return unavailable(facts, facts.why_not("evaluation"))
    if not roll.not_scored:
        return unavailable(facts, say(N_("everyone employed in the quarter has a score")))
    columns = (
        Column("name", say(N_("Why not scored")), 62, gap=4),
        Column("people", say(N_("People")), 20, True, 6, phone="lead"),
        Column("who", say(N_("Who")), None, gap=0, phone="wide"),
    )
    rows = []
    for reason, words in WHY_NOT_SCORED.items():
        those = [one for one in roll.not_scored if one.reason == reason]
        if not those:
            continue
        asked = reason in (NO_GOAL, TOO_LITTLE)
        names = [say.person(one.person, asked) for one in those]
        if len(names) > MOST_NAMED or not all(names):
            told = say(N_("not named here: no decision is asked about them")) if not asked else say(N_("not named here"))
        else:
            told = ", ".join(names)
        rows.append((say(words), Cell(say.language.number(len(those)), "strong"), Cell(told, "small")))
    return Table("unscored", columns, tuple(rows), top=True, summary=say(N_("People who are not scored, and why")))
