"""What the report knows: a quarter's artifacts, joined for reading. Nothing is computed anew, nothing is worded.

`Facts.of(here)` is the one door of tables, charts and narrative; a table that is not there is empty, and `why_not` says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kpi_toolkit import artifacts
from kpi_toolkit.kpis.catalogue import THROUGH_ZERO, Shape
from kpi_toolkit.language import N_, Language, absent
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.report.words import Words
from kpi_toolkit.start import Start

if TYPE_CHECKING:
    import pandas as pd

NAN = math.nan
MONTHS_SHOWN = 24
FIRST_KPI = "revenue"  # the company result is told by revenue wherever it has a goal
SAME_WEIGHT = 0.01  # how far a person's weights may lie from the proposal's proportions and still be those proposed
ALL_OF_IT = 0.005  # a total of people with targets this near the company's is the company's
SUMMED = frozenset({"groups", "scores"})  # what an incomplete quarter leaves empty
STEP_NAMES: Mapping[str, str] = {
    "measure": N_("measuring"),
    "diagnose": N_("diagnose"),
    "propose": N_("propose"),
    "target": N_("target"),
    "evaluate": N_("evaluate"),
    "act": N_("act"),
    "renew": N_("renew"),
}


class Here(Protocol):
    """What the report asks of an opened quarter (`workspace.Workspace`)."""

    @property
    def engagement(self) -> Any: ...
    @property
    def quarter(self) -> Quarter: ...
    @property
    def language(self) -> Language: ...
    @property
    def root(self) -> Path: ...
    @property
    def ledger_head(self) -> str: ...
    @property
    def manifest(self) -> Mapping[str, Any]: ...
    @property
    def measured(self) -> Any: ...
    def has(self, name: str) -> bool: ...
    def table(self, name: str) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Result:
    """A KPI of the company in the quarter. `basis`: `company_goal`, `targets` (the sum of people's) or `none` (no target at all).

    `partial`: facts of the quarter are missing, so the company's value is that of a part of it and nothing is held against it.
    `elsewhere`: the company's whole value, where the actual is only that of people with targets and the two differ.
    `low`, `middle`, `high`: what was to be expected before the quarter (10, 50 and 90 %); `before`: the same quarter a year ago.
    Missing figures are NaN; money is in `currency`, at the agreed rates.
    """

    kpi: str
    actual: float
    target: float
    attainment: float
    basis: str
    better: str = "higher"
    currency: str = ""
    weight: float = NAN
    people: float = NAN
    share_met: float = NAN
    before: float = NAN
    low: float = NAN
    middle: float = NAN
    high: float = NAN
    partial: bool = False
    elsewhere: float = NAN

    @property
    def judged(self) -> bool:
        return not math.isnan(self.attainment)

    @property
    def reached(self) -> bool:
        return self.judged and self.attainment >= 1

    @property
    def gap(self) -> float:
        """Actual less target; positive is more."""
        return self.actual - self.target

    @property
    def surprise(self) -> str:
        """`better`, `worse` or `expected` against the 80 % range of the forecast; empty where there was none."""
        if math.isnan(self.low) or math.isnan(self.high) or math.isnan(self.actual):
            return ""
        above, below = self.actual > self.high, self.actual < self.low
        if not above and not below:
            return "expected"
        return "better" if above == (self.better == "higher") else "worse"


@dataclass(frozen=True)
class Facts:
    """A quarter's artifacts, joined for reading."""

    here: Here
    words: Words
    _tables: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, here: Here | Facts) -> Facts:
        """The facts of an opened quarter (of facts: themselves)."""
        if isinstance(here, Facts):
            return here
        own = here.engagement
        people: dict[str, str] = {}
        if here.has("people"):
            table = here.table("people")
            people = {str(row.person_id): str(row.name) for row in records(table) if not absent(row.name)}
        catalogue = here.measured.catalogue if here.has("measures") else {}
        names = str(getattr(own.privacy, "names", "decisions"))
        return cls(here, Words(here.language, catalogue, dict(own.terms or {}), people, names))

    # ---- tables

    def table(self, name: str) -> pd.DataFrame:
        """An artifact; without rows where its step has not run."""
        if name not in self._tables:
            self._tables[name] = self.here.table(name) if self.here.has(name) else artifacts.empty(name)
        table: pd.DataFrame = self._tables[name]
        return table

    def elsewhere(self, quarter: Quarter, name: str) -> pd.DataFrame:
        """An artifact of another quarter of the client; without rows where it is not there."""
        folder = self.here.root / str(quarter) / "results"
        return artifacts.load(folder, name) if (folder / f"{name}.parquet").is_file() else artifacts.empty(name)

    def why_not(self, name: str) -> str:
        """Why a section about an artifact stays empty: its step has not run, or it found nothing."""
        if self.incomplete and name in SUMMED and self.here.has(name):
            return self.words(N_("the data of the quarter are incomplete, so results are not summed up"))
        if self.here.has(name):
            return self.words(N_("the step left no rows: there was nothing to tell"))
        step = self.words(STEP_NAMES[artifacts.SCHEMAS[name].step])
        return self.words(N_("the step “{step}” has not run for this quarter"), step=step)

    @property
    def quarter(self) -> Quarter:
        return self.here.quarter

    @property
    def client(self) -> str:
        return str(self.here.engagement.client)

    @cached_property
    def currency(self) -> str:
        """The reporting currency."""
        given = self.here.engagement.reporting_currency
        if given:
            return str(given)
        company = self.table("measures").query("level == 'company' and currency.notna()")
        return str(company["currency"].iloc[0]) if len(company) else ""

    @cached_property
    def rates(self) -> dict[str, float]:
        """What one unit of a currency is worth in the reporting currency, at the agreed rates."""
        table = self.table("rates").dropna(subset=["currency", "rate"])
        return {self.currency: 1.0} | dict(zip(table["currency"].astype(str), table["rate"].astype(float), strict=True))

    def in_reporting(self, value: float, currency: object) -> float:
        """Money at the agreed rates in the reporting currency; NaN where no rate is known."""
        return value if absent(currency) else value * self.rates.get(str(currency), NAN)

    # ---- KPIs of the quarter

    @cached_property
    def kpis(self) -> tuple[str, ...]:
        """The quarter's KPIs, the heaviest first: those with goals, else those chosen, else revenue alone; no own goals."""
        goals = self.table("evaluation")
        if len(goals):
            goals = goals[~goals["kpi"].str.startswith("own_")]
            weights = goals.groupby("kpi")["weight"].sum().sort_index().sort_values(ascending=False, kind="stable")
            return tuple(map(str, weights.index))
        chosen = self.table("proposal").query("chosen").sort_values(["weight", "kpi"], ascending=[False, True])
        if len(chosen):
            return tuple(dict.fromkeys(chosen["kpi"].astype(str)))
        return (FIRST_KPI,) if not math.isnan(self.company_value(FIRST_KPI, self.quarter)) else ()

    @cached_property
    def main(self) -> str:
        """The KPI that tells the company's result: revenue if it is a KPI here, else one with a company goal, else the first."""
        with_goal = [kpi for kpi in self.kpis if kpi in self.company_goals]
        for choice in ([FIRST_KPI] if FIRST_KPI in self.kpis else [], with_goal, list(self.kpis), [*self.company_goals]):
            if choice:
                return choice[0]
        return FIRST_KPI

    @cached_property
    def company_goals(self) -> dict[str, float]:
        """The company's goals for the quarter, in the reporting currency: as agreed, or the quarter's part of a year's goal."""
        split = self.table("company_targets").set_index("kpi")["goal"]
        goals: dict[str, float] = {}
        for kpi, periods in (self.here.engagement.company_goals or {}).items():
            value = periods.get(str(self.quarter))
            if value is None and any(str(period) == str(self.quarter.year) for period in periods):
                value = split.get(kpi)
            if not absent(value):
                goals[str(kpi)] = float(str(value))
        return goals

    def company_value(self, kpi: str, quarter: Quarter) -> float:
        """The company's value of a KPI in a quarter, at the agreed rates; NaN where there is none."""
        table = self._company_quarters
        return float(table.get((kpi, str(quarter)), NAN))

    @cached_property
    def _company_quarters(self) -> dict[tuple[str, str], float]:
        table = self.table("measures").query("level == 'company' and grain == 'quarter'")
        return {(str(r.kpi), str(r.period)): float(r.value_constant) for r in records(table)}

    def months(self, kpi: str) -> list[tuple[str, float]]:
        """The company's last 24 months of a KPI, at the agreed rates, months without a value left out."""
        table = self.table("measures").query("level == 'company' and grain == 'month'")
        table = table[table["kpi"].eq(kpi) & table["value_constant"].notna()].sort_values("period").tail(MONTHS_SHOWN)
        return list(zip(table["period"].astype(str), table["value_constant"].astype(float), strict=True))

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The company's result of each KPI of the quarter."""
        return tuple(self._result(kpi) for kpi in self.kpis)

    @cached_property
    def company(self) -> Result:
        """The company's result of its main KPI, against the company goal where there is one."""
        goal = self.company_goals.get(self.main)
        if goal is None:
            return self._result(self.main)
        actual = self.company_value(self.main, self.quarter)
        found = self._result(self.main)
        return _replaced(
            found,
            actual=actual,
            target=goal,
            attainment=NAN if found.partial else share_of_goal(self.main, actual, goal, found.better),
            basis="company_goal",
            elsewhere=NAN,
        )

    def _result(self, kpi: str) -> Result:
        groups = self.table("groups")
        row = _first(groups[groups["level"].eq("company") & groups["kpi"].eq(kpi)])
        expected = _first(self.table("company_targets").query("kpi == @kpi"))
        goals = self.table("evaluation")
        partial = self.partial(kpi)
        if partial:
            expected = None  # a forecast of thirteen weeks
        better = self.words.better(kpi)
        share: dict[str, Any] = {
            "better": better, "currency": self.currency if self.words.unit(kpi) == "money" else "",
            "weight": self.weights.get(kpi, NAN), "partial": partial,
            "before": self.company_value(kpi, self.quarter.shifted(-4)),
            "low": _number(expected, "q10"), "middle": _number(expected, "q50"), "high": _number(expected, "q90"),
        }  # fmt: skip
        if row is None:
            above = _first(goals[goals["kpi"].eq(kpi) & goals["measured_at"].eq("company")])
            if above is not None:
                actual, target = _number(above, "actual"), _number(above, "prorated_target")
                return Result(kpi, actual, target, _number(above, "attainment"), "targets", **share)
            return Result(kpi, self.company_value(kpi, self.quarter), NAN, NAN, "none", **share)
        whole, actual = self.company_value(kpi, self.quarter), _number(row, "actual")
        covers_all = not self.adds_up(kpi) or abs(whole - actual) <= ALL_OF_IT * abs(whole)
        share |= {"elsewhere": NAN if covers_all else whole}
        share |= {"people": _number(row, "people"), "share_met": _number(row, "share_met")}
        attainment = _number(row, "sum_ratio")
        attainment = _number(row, "mean_attainment") if math.isnan(attainment) else attainment
        return Result(kpi, actual, _number(row, "target"), attainment, "targets", **share)

    def partial(self, kpi: str) -> bool:
        """Whether facts that a KPI rests on stop before the quarter's end for anyone with a goal of it (no goals: any facts)."""
        goals = self.table("evaluation")
        own = goals[goals["kpi"].eq(kpi)]
        return bool(self.incomplete) and not (len(own) and own["complete"].astype(bool).all())

    def adds_up(self, kpi: str) -> bool:
        """Whether people's values of a KPI add up to the company's."""
        declared = self.words.declared(kpi)
        return kpi == FIRST_KPI if declared is None else declared.shape in (Shape.COUNT, Shape.SUM)

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each KPI: as proposed where everyone's goals follow it, else a mean over everyone, 0 where it is absent.

        A person without one of the KPIs carries the others in the proposal's proportions.
        """
        goals = self.table("evaluation")
        goals = goals[goals["weight"].notna()]
        if not len(goals):
            return {}
        chosen = self.table("proposal").query("chosen and role.isna() and weight > 0")
        proposed = dict(zip(chosen["kpi"].astype(str), chosen["weight"].astype(float), strict=True))
        if set(proposed) == set(goals["kpi"].astype(str)) and abs(sum(proposed.values()) - 100) < 1:
            part = (goals["weight"] / goals["kpi"].astype(str).map(proposed).astype(float)).groupby(goals["person_id"])
            if ((part.max() - part.min()) <= SAME_WEIGHT * part.max()).all():
                return proposed
        means = goals.groupby("kpi")["weight"].sum() / goals["person_id"].nunique()
        return {str(kpi): float(weight) for kpi, weight in means.items()}

    # ---- the next quarter

    @cached_property
    def next_goals(self) -> pd.DataFrame:
        """The company's targets of the next quarter: its own, where they have been modelled, else the renewal's outlook."""
        return self._ahead("company_targets", "outlook")

    @cached_property
    def next_targets(self) -> pd.DataFrame:
        """People's targets of the next quarter, likewise."""
        return self._ahead("targets", "outlook_people")

    def _ahead(self, own: str, outlook: str) -> pd.DataFrame:
        modelled = self.elsewhere(self.quarter.next, own)
        return modelled if len(modelled) or not self.here.has(outlook) else self.table(outlook)

    @cached_property
    def next_start(self) -> Start | None:
        """What the renewal hands to the next quarter."""
        path = self.here.root / str(self.quarter.next) / "start.yml"
        return Start.read(path) if path.is_file() else None

    # ---- sources

    @cached_property
    def last_fact(self) -> date | None:
        days = [day for day in self.table("coverage")["last_fact"] if not absent(day)]
        return max(days) if days else None

    @property
    def as_of(self) -> date | None:
        """The day after which facts are hidden (`--as-of`), else the last fact's."""
        text = self.here.manifest.get("as_of")
        return date.fromisoformat(str(text)) if text else self.last_fact

    @property
    def data_to(self) -> date | None:
        """Until when the quarter's data speak: the last fact, at most the quarter's last day, since nothing later is used."""
        return min(self.as_of, self.quarter.last_day) if self.as_of else None

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Sources by country that had facts by the quarter's end: last fact and whether the quarter is complete."""
        table = self.table("coverage")
        table = table[table["quarter"].eq(str(self.quarter)) & table["first_fact"].notna()]
        begun = [day <= self.quarter.last_day for day in table["first_fact"]]
        return table.iloc[[at for at, yes in enumerate(begun) if yes]].sort_values(["source", "country"], na_position="first")

    @cached_property
    def incomplete(self) -> list[tuple[str, str]]:
        """Source and country (empty: all together) whose facts stop before the quarter's end."""
        table = self.coverage[~self.coverage["complete"].astype(bool)]
        return [(str(row.source), "" if absent(row.country) else str(row.country)) for row in records(table)]


def records(table: pd.DataFrame) -> list[Any]:
    """The rows of a table, each with its columns as attributes."""
    return list(table.itertuples(index=False))


def share_of_goal(kpi: str, actual: float, goal: float, better: str) -> float:
    """The company's actual against its goal: `actual ÷ goal`, growth and lower-is-better as in the contract, section 4."""
    if math.isnan(actual) or math.isnan(goal) or goal == 0:
        return NAN
    if kpi in THROUGH_ZERO:
        return (1 + actual) / (1 + goal)
    return 2 - actual / goal if better == "lower" else actual / goal


def _first(table: pd.DataFrame) -> Any | None:
    return table.iloc[0] if len(table) else None


def _number(row: Any | None, column: str) -> float:
    value = None if row is None else row.get(column)
    return NAN if value is None or absent(value) else float(value)


def _replaced(result: Result, **changes: Any) -> Result:
    from dataclasses import replace

    return replace(result, **changes)
