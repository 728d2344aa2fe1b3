"""A set of few but effective KPIs with weights, and for every candidate the reason it is in or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.diagnose import Diagnosis, code
from kpi_toolkit.errors import KpiError
from kpi_toolkit.kpis.declaration import Level
from kpi_toolkit.language import N_
from kpi_toolkit.propose.candidates import LEAST_RELIABILITY, OUTCOMES, Candidate, candidates
from kpi_toolkit.propose.choice import Choice, choose
from kpi_toolkit.propose.weights import Weights, said_aloud, weigh
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement, KpiRules
    from kpi_toolkit.kpis.measured import Measured
    from kpi_toolkit.start import Start

__all__ = ["LEAST_RELIABILITY", "OUTCOMES", "BadKpiRules", "Proposal", "propose", "weigh"]

OUTCOME_WEIGHT = 1.5  # times: the result that the others serve weighs more


class BadKpiRules(KpiError):
    code = "K200"
    message = N_("engagement.yml, kpis: {problem}. Expected: {expected}.")


@dataclass(frozen=True)
class Proposal:
    """Every candidate, chosen or not; columns as in the contract, section 6, with the score behind. One set serves all roles."""

    quarter: Quarter
    table: pd.DataFrame  # one row a KPI

    @property
    def summary(self) -> pd.DataFrame:
        """The chosen set, the heaviest first."""
        table = self.table[self.table["chosen"]].sort_values(["weight", "kpi"], ascending=[False, True])
        return table[["kpi", "weight", "kind", "serves", "reason"]].reset_index(drop=True)

    @property
    def chosen(self) -> list[str]:
        """Ids of the chosen KPIs, sorted."""
        return sorted(self.table.loc[self.table["chosen"], "kpi"].astype(str).unique())

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables, by the names of `artifacts.SCHEMAS`."""
        return {"proposal": self.table}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Proposal:
        """A proposal as it was saved."""
        return cls(quarter, tables["proposal"])


def propose(history: Measured, diagnosis: Diagnosis, engagement: Engagement, start: Start | None) -> Proposal:
    """Choose the set for the quarter from what its history holds.

    `start` is what the last renewal handed over: what it ends is out, what it keeps is preferred. Without history, or with fewer
    feasible candidates than `kpis.count` asks, nothing is chosen and the reason begins with `no_history`. Raises `BadKpiRules`
    where the rules of engagement.yml contradict each other.
    """
    rules = engagement.kpis
    _checked(rules)
    pool = candidates(history, diagnosis, engagement, start)
    feasible = [one for one in pool if not one.gate]
    choice = choose(feasible, engagement.objectives, rules.count[0], _places(rules), rules.redundancy)
    if len(choice.chosen) < rules.count[0]:
        short = code("no_history", len(feasible), rules.count[0]) if feasible else "no_history"
        return Proposal(history.quarter, _table([_left_out(one, choice, short) for one in pool]))
    weights = weigh(_importance(choice, start), rules.min_weight, rules.weights)
    return Proposal(history.quarter, _table([_row(one, choice, weights, rules) for one in pool]))


def _checked(rules: KpiRules) -> None:
    least, most = rules.count
    both = sorted(set(rules.include) & set(rules.exclude))
    if both:
        raise BadKpiRules(problem=f"{', '.join(both)}: both in include and in exclude", expected="one of them")
    if not 1 <= least <= most:
        raise BadKpiRules(problem=f"count: {list(rules.count)}", expected="the least number, then the most, such as [5, 7]")
    if len(set(rules.include)) > most:
        raise BadKpiRules(
            problem=f"include names {len(set(rules.include))} KPIs and count allows {most}", expected="fewer, or a higher count"
        )
    if any(weight <= 0 for weight in rules.weights.values()) or sum(rules.weights.values()) > 100:
        raise BadKpiRules(problem=f"weights: {dict(rules.weights)}", expected="positive per cents that add to 100 at most")


def _places(rules: KpiRules) -> int:
    """How many KPIs there is room for: the most of `count` whose least weights fit into 100, but not below `include`."""
    fitting = int(100 // said_aloud(rules.min_weight))
    return max(min(rules.count[1], fitting), rules.count[0], len(set(rules.include)))


def _importance(choice: Choice, start: Start | None) -> dict[str, float]:
    """Importance by KPI: its score, more for the outcome; half of it the weight it had, so that weights change slowly."""
    outcome = next((kpi for kpi in OUTCOMES if kpi in choice.chosen), "")
    raw = {kpi: max(one.score, 0.05) * (OUTCOME_WEIGHT if kpi == outcome else 1.0) for kpi, one in choice.chosen.items()}
    share = {kpi: 100 * one / sum(raw.values()) for kpi, one in raw.items()}
    before = {one.kpi: one.weight for one in start.kpis if one.weight} if start else {}
    return {kpi: (one + before[kpi]) / 2 if before.get(kpi) else one for kpi, one in share.items()}


def _row(one: Candidate, choice: Choice, weights: Weights, rules: KpiRules) -> dict[str, object]:
    if one.id not in choice.chosen:
        return _left_out(one, choice, "")
    reason = choice.reasons[one.id]
    if weights.least < rules.min_weight:
        reason += ";" + code("loosened:min_weight", float(weights.least))
    if weights.given_up and one.id in rules.weights:
        reason += ";loosened:weights"
    return _filled(one, choice, True, weights.of[one.id], reason)


def _left_out(one: Candidate, choice: Choice, short: str) -> dict[str, object]:
    """A candidate that is not chosen, with the reason; `short` says that there was no set at all."""
    if short:
        never = one.gate.split(":")[0] in ("not_available", "excluded", "ended", "not_controlled", "no_history")
        reason = one.gate if never else ";".join(part for part in (short, one.gate) if part)
        return _filled(one, Choice(0, 0, 1.0, choice.alike), False, None, reason)
    other, correlation = choice.likest(one)
    reason = one.gate or (
        code("redundant_with", other, correlation) if correlation >= choice.redundancy else code("below_cut", one.score)
    )
    return _filled(one, choice, False, None, reason)


def _filled(one: Candidate, choice: Choice, chosen: bool, weight: float | None, reason: str) -> dict[str, object]:
    other, correlation = choice.likest(one)
    return {
        "kpi": one.id, "role": None, "chosen": chosen, "weight": weight,
        "measured_at": str(Level.PERSON if chosen else one.kpi.controlled_at), "reason": reason,
        "kind": str(one.kpi.kind), "serves": one.kpi.serves, "completeness": one.completeness, "reliability": one.reliability,
        "redundancy": correlation if other else None, "relevance": one.relevance,
        "score": None if one.relevance != one.relevance else one.score,
    }  # fmt: skip


def _table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    columns = [*SCHEMAS["proposal"].columns, "score"]
    table = pd.DataFrame(list(rows), columns=pd.Index(columns))
    return conform("proposal", table.assign(score=pd.to_numeric(table["score"]).astype("float64")))
