"""The measures of a quarter: from the client's tables to small tables, for every level, in quarters and months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.contract import FACT_DAY, Tables
from kpi_toolkit.intake.money import RateBook
from kpi_toolkit.kpis.assemble import NOBODY_KNOWN_NEW, measures_of
from kpi_toolkit.kpis.catalogue import OWN_GOALS, availability, catalogue, check_ids
from kpi_toolkit.kpis.compile import joined, taken
from kpi_toolkit.kpis.coverage import TOGETHER, coverage_of
from kpi_toolkit.kpis.declaration import KPI, Level, Shape
from kpi_toolkit.kpis.entities import entities_of, membership_of, touched_periods
from kpi_toolkit.kpis.exchange import (
    PAIR,
    AgreedRates,
    EntityRates,
    Exchange,
    OneCurrency,
    agreed_rates,
    needed,
    rates_of,
)
from kpi_toolkit.kpis.facts import OWNER, Facts, Workbench, workbench
from kpi_toolkit.kpis.measured import Measured
from kpi_toolkit.kpis.people import People, as_of_quarter, in_periods
from kpi_toolkit.kpis.presence import presence_of
from kpi_toolkit.kpis.proration import QUARTERS_POOLED, Shares, proration_of, shares_of
from kpi_toolkit.kpis.survey import fact_days_of, first_facts_of, survey_of
from kpi_toolkit.kpis.timeline import DAY, Timeline, as_quarter, plain
from kpi_toolkit.kpis.views import WITHOUT_CELLS, Lens, custom_views
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter

NO_CURRENCY = "XXX"  # ISO 4217: no currency; where no money came


class QuarterTooFar(KpiError):
    code = "K163"
    message = N_(
        "{quarter} is too far ahead: the last facts are of {last_fact} ({last_quarter}), so {next_quarter} is the latest quarter "
        "that can be run. Add the facts up to then, or run an earlier quarter."
    )


def measure(tables: Tables, engagement: Engagement, quarter: Quarter, as_of: date | None = None) -> Measured:
    """Every KPI that the tables allow, for persons, teams, countries and the company, in every quarter and month up to `quarter`.

    A period's value uses nothing dated after its last day; `as_of` hides every fact after that day. Money in the currency of each
    entity; `value_constant` at the rates of the last day before the quarter. Raises `UnknownKpi`, `QuarterTooFar`, `MissingRate`.
    """
    known = catalogue(engagement)
    there = availability(known, tables)
    kpis = [kpi for kpi in known.values() if kpi.id in set(there.loc[there["available"], "kpi"])]
    quotas = _quotas(tables, known)
    reporting = tables.reporting_currency or engagement.reporting_currency or NO_CURRENCY
    book = RateBook.of(_frame(tables.rates), reporting, quarter.fiscal)
    agreed_on = quarter.first_day - timedelta(days=1)
    with workbench(tables.backend) as bench:
        first_facts = first_facts_of(tables, as_of)
        people = People.of(_frame(tables.people), first_facts, quarter.fiscal)
        facts = Facts.of(tables, bench, people, as_of)
        fact_days = fact_days_of(facts)
        _not_too_far(fact_days, quarter)
        timeline = Timeline.of(_day(fact_days["day"].min()), quarter, book.change_days)
        days = bench.small(timeline.days)
        survey = survey_of(facts, days)
        persons = in_periods(people, timeline, touched_periods(survey, timeline))
        persons["currency"] = persons["currency"].fillna(reporting)
        entities = entities_of(persons, survey, timeline, reporting, engagement.client)
        exchange, currencies = _exchange(bench, survey, timeline, entities, book, agreed_on, kpis)
        acquired_known = "acquired_on" in tables.mapped.get("customers", frozenset())
        lens = Lens(
            facts,
            days=days,
            windows=bench.small(timeline.windows),
            before=None,
            levels=bench.small(pd.DataFrame({"level": [str(level) for level in Level]})),
            memberships=bench.small(membership_of(persons, timeline)),
            exchange=exchange,
            custom=custom_views(engagement.kpis.custom),
            acquired_known=acquired_known,
        )
        first_order = _first_order(fact_days)
        parts = joined(entities, taken(lens, kpis))
        measures = measures_of(parts, kpis, first_order, acquired_known)
        coverage = _coverage(tables, fact_days, people, timeline, as_of)
        now = as_of_quarter(people, quarter)
        in_quarters = persons[persons["grain"] == "quarter"]
        presence = presence_of(people, in_quarters, _absences(tables), timeline)
        pooled = _Pooled(coverage, None if acquired_known else first_order, quarter)
        shares = shares_of(presence.there, now, pooled.candidates(in_quarters), people, quarter)
        filled = _filled(lens, shares, kpis, AgreedRates(bench.small(currencies)) if len(currencies) > 1 else OneCurrency())
        of_quarter = presence.table[presence.table["quarter"] == str(quarter)]
        proration = proration_of(
            kpis, now, dict(zip(of_quarter["person_id"], of_quarter["presence"], strict=True)), shares, filled, pooled.quarters
        )
    return Measured(
        quarter=quarter, client=engagement.client, reporting_currency=reporting, as_of=as_of,
        measures=conform("measures", measures), people=_people(now), presence=conform("presence", presence.table),
        proration=conform("proration", proration), coverage=conform("coverage", coverage),
        availability=conform("availability", there), quotas=quotas, rates=conform("rates", agreed_rates(agreed_on, book)),
        intake=conform("intake", tables.intake), findings=conform("findings", tables.findings), catalogue=known,
    )  # fmt: skip


@dataclass(frozen=True)
class _Pooled:
    """Which past quarters say how a quarter fills: complete ones, the latest eight."""

    coverage: pd.DataFrame
    first_order: date | None
    quarter: Quarter

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], set[int]]:
        """The numbers of the complete quarters before the run's, by source and country."""
        found: dict[tuple[str, str], set[int]] = {}
        table = self.coverage[self.coverage["complete"]]
        for source, country, text in zip(table["source"], table["country"], table["quarter"], strict=True):
            quarter = Quarter.parse(text, self.quarter.fiscal)
            if quarter < self.quarter:
                found.setdefault((source, country), set()).add(quarter.ordinal)
        return found

    def quarters(self, kpi: KPI, country: str | None) -> set[int]:
        """The numbers of the latest complete quarters of all sources of a KPI in a country."""
        found: set[int] | None = None
        for source in kpi.sources:
            complete = self._by_place.get((source, country or TOGETHER), set())
            found = complete if found is None else found & complete
        if kpi.needs_firsts and self.first_order is not None and found:
            begin = self.first_order + timedelta(days=NOBODY_KNOWN_NEW)
            found = {ordinal for ordinal in found if as_quarter(ordinal, self.quarter.fiscal).first_day >= begin}
        return set(sorted(found or set())[-QUARTERS_POOLED:])

    def candidates(self, in_quarters: pd.DataFrame) -> pd.DataFrame:
        """Rows of people in the quarters that are pooled for any source."""
        wanted: set[int] = set()
        for ordinals in self._by_place.values():
            wanted |= set(sorted(ordinals)[-QUARTERS_POOLED:])
        rows = in_quarters[in_quarters["period"].isin(wanted) & in_quarters["employed"]]
        return rows[["person_id", "period", "country", "role"]]


def _filled(lens: Lens, shares: Shares, kpis: list[KPI], exchange: Exchange) -> pd.DataFrame:
    """The parts over the shares of past quarters, money at the agreed rates: grain (the share), period, entity_id, the parts."""
    rows = shares.peers.rename(columns={"share": "grain", "person_id": "entity_id"}).assign(level=str(Level.PERSON))
    if not len(rows):
        return rows
    bench = lens.facts.bench
    days = pd.concat([shares.windows["day"], shares.before["day"]]).drop_duplicates().sort_values().reset_index(drop=True)
    cells = pd.DataFrame({"day": days, "cell": range(len(days))})
    members = shares.windows.drop(columns="day").drop_duplicates()
    members = members.assign(entity_id=members["person_id"], level=str(Level.PERSON))
    windows = shares.windows.merge(cells, on="day").drop(columns="day")
    before = shares.before.merge(cells, on="day").drop(columns="day")
    past = replace(
        lens,
        days=bench.small(cells),
        windows=bench.small(windows),
        before=bench.small(before),
        levels=bench.small(pd.DataFrame({"level": [str(Level.PERSON)]})),
        memberships=bench.small(members),
        exchange=exchange,
        kept={name: table for name, table in lens.kept.items() if name in WITHOUT_CELLS},
    )
    return joined(rows, taken(past, [kpi for kpi in kpis if kpi.shape != Shape.GROWTH], endings=("",)))


def _exchange(
    bench: Workbench,
    survey: pd.DataFrame,
    timeline: Timeline,
    entities: pd.DataFrame,
    book: RateBook,
    agreed_on: date,
    kpis: list[KPI],
) -> tuple[Exchange, pd.DataFrame]:
    """How money is converted, and what each currency of the rows is worth at the agreed rates (currency, rate)."""  # fmt: skip
    money = survey[survey["currency"].notna()]
    targets = entities[["level", "grain", "period", "entity_id", "target", "later"]]
    pairs = needed(money[[*OWNER, "currency", "cell"]].drop_duplicates(), timeline.windows, targets)
    if any(kpi.id == "campaign_roi" for kpi in kpis):
        pairs = pd.concat([pairs, _of_campaigns(survey, timeline, targets)], ignore_index=True).drop_duplicates()
    occurring = sorted({*pairs["currency"], *pairs["target"]})
    if len(occurring) <= 1:
        return OneCurrency(), pd.DataFrame({"currency": occurring, "rate": [1.0] * len(occurring)})
    rates = rates_of(pairs, timeline.cells, agreed_on, book)
    currencies = pd.DataFrame({"currency": sorted(set(pairs["currency"]))})
    currencies["rate"] = [book.rate(currency, agreed_on) for currency in currencies["currency"]]
    return EntityRates(bench.small(targets), bench.small(rates)), currencies


def _of_campaigns(survey: pd.DataFrame, timeline: Timeline, targets: pd.DataFrame) -> pd.DataFrame:
    """Conversions of what customers of converted leads buy, from anyone, into the currency of who won the lead."""
    bought = survey.loc[survey["source"] == "orders", ["currency", "cell"]].dropna().drop_duplicates()
    bought = bought.merge(timeline.windows[["cell", "grain", "period"]], on="cell")
    leads = survey.loc[survey["event"] == "leads.converted_on", [*OWNER, "cell"]].drop_duplicates()
    pairs = needed(leads.assign(currency=""), timeline.windows, targets).drop(columns="currency").astype({"cell": "int64"})
    seen = pairs.merge(timeline.windows[["cell", "grain", "period"]], on="cell").drop(columns="cell").drop_duplicates()
    return bought.merge(seen, on=["grain", "period"])[[*PAIR]].drop_duplicates()


def _not_too_far(fact_days: pd.DataFrame, quarter: Quarter) -> None:
    last = _day(fact_days["day"].max())
    if last is not None and quarter > Quarter.of(last, quarter.fiscal).next:
        of_last = Quarter.of(last, quarter.fiscal)
        raise QuarterTooFar(quarter=quarter, last_fact=last.isoformat(), last_quarter=of_last, next_quarter=of_last.next)


def _coverage(tables: Tables, fact_days: pd.DataFrame, people: People, timeline: Timeline, as_of: date | None) -> pd.DataFrame:
    countries = sorted(people.spans["country"].dropna().unique())
    first = Quarter.of(timeline.first_day, timeline.quarter.fiscal)
    sources = [name for name in FACT_DAY if tables.table(name) is not None]
    return coverage_of(fact_days, sources, countries, first, timeline.quarter, as_of)


def _first_order(fact_days: pd.DataFrame) -> date | None:
    return _day(fact_days.loc[fact_days["source"] == "orders", "day"].min())


def _quotas(tables: Tables, known: Mapping[str, KPI]) -> pd.DataFrame:
    table = _frame(tables.quotas)
    if table is None:
        return conform("quotas", None)
    check_ids(sorted(set(table["kpi"].dropna()) - OWN_GOALS), known, where="quotas")
    return conform("quotas", table)


def _absences(tables: Tables) -> pd.DataFrame:
    table = _frame(tables.absences)
    if table is None:
        table = pd.DataFrame({"person_id": [], "starts_on": [], "ends_on": []})
    days: pd.DataFrame = table.astype({"starts_on": DAY, "ends_on": DAY})
    return days


def _people(now: pd.DataFrame) -> pd.DataFrame:
    return conform("people", now[[*SCHEMAS["people"].columns]])


def _frame(table: Any | None) -> Any:
    return None if table is None else plain(table.execute())


def _day(value: object) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()  # type: ignore[call-overload, arg-type]
