"""What the next quarter begins with: the health of each KPI that was used, what becomes of it, and how hard its targets were.

A quarter's share of people who reached is a draw: it is held against the healthy share with an interval, never by a bare cut, and
not at all where fewer than `LEAST_PEOPLE` people tell. The interval takes people for independent; in a market that moves together
it is too narrow, and one quarter then says less than it seems.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpi_toolkit import start as begin
from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.diagnose import LEAST_PEOPLE, Past, code, lasting, likeness, recent, standing
from kpi_toolkit.kpis.declaration import Better
from kpi_toolkit.propose import LEAST_RELIABILITY, OUTCOMES, Proposal
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.series import FloatArray, jeffreys
from kpi_toolkit.start import Recalibrated, Recommended, Start
from kpi_toolkit.targets import Targets, model_targets

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.evaluate import Evaluation
    from kpi_toolkit.exceptions import Exceptions
    from kpi_toolkit.kpis.measured import Measured

LEAST_DATA = 0.5  # share of the complete goals with data, below which the KPI's data are broken
LEAST_SPREAD = 0.02  # of attainment between the 10 % and the 90 % person, below which the KPI tells nobody apart
GAMED = 0.2  # share of people with an undecided or upheld case of unusual timing
OUTLOOK = {"targets": "outlook_people", "company_targets": "outlook"}  # as the tables of targets are saved here
OWN_GOALS = "own_"  # ids of goals in the employee's own words begin so; they are nobody else's KPI


class Health(StrEnum):
    """How a KPI did (contract, section 6)."""

    FINE = "fine"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    NO_SPREAD = "no_spread"
    UNRELIABLE = "unreliable"
    REDUNDANT = "redundant"
    GAMED = "gamed"
    DATA_BROKEN = "data_broken"


RECOMMENDED: Mapping[Health, str] = {
    Health.FINE: begin.KEEP,
    Health.TOO_EASY: begin.ADJUST,
    Health.TOO_HARD: begin.ADJUST,
    Health.NO_SPREAD: begin.RETIRE,
    Health.UNRELIABLE: begin.REPLACE,
    Health.REDUNDANT: begin.RETIRE,
    Health.GAMED: begin.REPLACE,
    Health.DATA_BROKEN: begin.ADJUST,
}


@dataclass(frozen=True)
class Renewal:
    """Health and recommendation of each KPI that was used (contract, section 6), and the next quarter's `start`.

    `start` is None where the renewal was read back from its table: it stands in the next quarter's `start.yml`.
    """

    quarter: Quarter
    table: pd.DataFrame  # one row a KPI
    outlook: Targets | None = None  # the next quarter's targets for the KPIs that go on, were they modelled today
    start: Start | None = None

    @property
    def summary(self) -> pd.DataFrame:
        return self.table

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables, by the names of `artifacts.SCHEMAS`."""
        ahead = self.outlook.tables() if self.outlook else {}
        return {"renewal": self.table} | {OUTLOOK[name]: table for name, table in ahead.items()}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Renewal:
        """A renewal as it was saved, without its start."""
        ahead = {name: tables[saved] for name, saved in OUTLOOK.items() if saved in tables}
        return cls(quarter, tables["renewal"], Targets.from_tables(quarter.next, ahead) if ahead else None)


@dataclass(frozen=True)
class _Used:
    """A KPI that was used: its goals of persons with a target, and its weight (mean over people, else as proposed)."""

    kpi: str
    goals: pd.DataFrame
    weight: float | None

    @property
    def judged(self) -> pd.DataFrame:
        """Goals that are complete and have a result."""
        return self.goals[self.goals["complete"].astype(bool) & self.goals["attainment"].notna()]


def renew(
    measured: Measured, evaluation: Evaluation, proposal: Proposal | None, exceptions: Exceptions | None, engagement: Engagement
) -> Renewal:
    """Judge each KPI with a goal in the quarter, or chosen for it, and say what the next quarter begins with.

    The first fault found holds, in this order: data, gaming, redundancy, reliability, spread, difficulty. What `kpis.include`
    asks for and the outcome that the others serve are adjusted at most, never ended.
    """
    used = _used(evaluation, proposal)
    outcome = next((kpi for kpi in OUTCOMES if any(one.kpi == kpi for one in used)), "")
    past = Past.of(measured.ahead.history)  # the complete quarters up to this one
    stand = {one.kpi: standing(past, recent(past, one.kpi)) for one in used if one.kpi in past.available()}
    recommended = []
    for one in used:
        heavier = [other.kpi for other in used if _before(other, one, outcome)]
        health, reason = _health(one, past, exceptions, engagement, stand, heavier)
        recommended.append(_recommended(one, health, reason, measured, engagement, outcome))
    table = pd.DataFrame(
        [
            {"kpi": one.kpi, "health": one.health, "recommendation": one.recommendation, "reason": one.reason}
            for one in recommended
        ],
        columns=pd.Index([*SCHEMAS["renewal"].columns]),
    )
    targets = [_recalibrated(one, measured, evaluation, engagement) for one in used if len(one.judged)]
    quarter = measured.quarter
    start = Start(str(quarter.next), str(quarter), tuple(recommended), tuple(targets))
    return Renewal(quarter, conform("renewal", table), _outlook(measured, proposal, start, engagement), start)


def _outlook(measured: Measured, proposal: Proposal | None, start: Start, engagement: Engagement) -> Targets | None:
    """The next quarter's targets for the proposed KPIs that go on; None where nothing was proposed.

    A first look: week 10 of the quarter models them anew, with its own rates, people and proposal.
    """
    if proposal is None:
        return None
    going_on = proposal.table["chosen"] & ~proposal.table["kpi"].isin(start.out)
    kept = replace(proposal, table=proposal.table.assign(chosen=going_on))
    return model_targets(measured.ahead.history, kept, engagement, start)


def _used(evaluation: Evaluation, proposal: Proposal | None) -> list[_Used]:
    """The KPIs with a goal of a person, or chosen, by id."""
    goals = evaluation.goals
    goals = goals[~goals["kpi"].astype(str).str.startswith(OWN_GOALS)]
    persons = goals[goals["measured_at"].eq("person")]
    chosen = proposal.table[proposal.table["chosen"]] if proposal else pd.DataFrame({"kpi": [], "weight": []})
    proposed = dict(zip(chosen["kpi"].astype(str), chosen["weight"].astype("float64"), strict=True))
    mean = goals.groupby("kpi")["weight"].mean().to_dict()
    ids = sorted({*goals["kpi"].astype(str), *proposed})
    return [_Used(kpi, persons[persons["kpi"].eq(kpi)], _weight(mean.get(kpi, proposed.get(kpi)))) for kpi in ids]


def _weight(weight: float | None) -> float | None:
    return None if weight is None or math.isnan(weight) else round(float(weight), 2)


def _before(other: _Used, one: _Used, outcome: str) -> bool:
    """Whether the other KPI stays rather than this one, should both say the same: the outcome, then the heavier, then by id."""
    if other.kpi == one.kpi or one.kpi == outcome:
        return False
    if other.kpi == outcome:
        return True
    return (-(other.weight or 0), other.kpi) < (-(one.weight or 0), one.kpi)


def _health(
    one: _Used, past: Past, exceptions: Exceptions | None, engagement: Engagement,
    stand: Mapping[str, FloatArray], heavier: Sequence[str],
) -> tuple[Health, str]:  # fmt: skip
    """The first fault of a KPI, with its code and figures; fine where none is found or too few people tell."""
    if one.kpi not in stand:
        return Health.DATA_BROKEN, code("not_available", _missing(past, one.kpi))
    judged = one.judged
    if not len(one.goals):
        return Health.FINE, "no_goals"
    people = int(one.goals["complete"].astype(bool).sum())
    if not people:  # the sources stop before the quarter ends: that tells of the day they were read, not of the KPI
        return Health.FINE, "incomplete_quarter"
    if people >= LEAST_PEOPLE and len(judged) < LEAST_DATA * people:
        return Health.DATA_BROKEN, code("no_data", len(judged) / people, people)
    if len(judged) < LEAST_PEOPLE:
        return Health.FINE, code("too_few", len(judged))
    cases = _gaming(exceptions, one.kpi)
    if cases >= GAMED * len(judged) and cases > 1:  # one case is a person's, not the KPI's
        return Health.GAMED, code("gamed", cases, len(judged))
    alike = [
        (abs(found), other)
        for other in heavier
        if other in stand and not math.isnan(found := likeness(stand[one.kpi], stand[other]))
    ]
    correlation, other = max(alike, default=(0.0, ""))
    if correlation >= engagement.kpis.redundancy:
        return Health.REDUNDANT, code("redundant_with", other, correlation)
    last = lasting(past, recent(past, one.kpi))
    if last.high < LEAST_RELIABILITY:  # surely below: a KPI in use is not dropped for one unlucky estimate
        return Health.UNRELIABLE, code("unreliable", last.share, last.low, last.high)
    low, high = np.quantile(judged["attainment"].to_numpy(dtype=np.float64), [0.1, 0.9])
    if high - low < LEAST_SPREAD:
        return Health.NO_SPREAD, code("no_spread", float(high - low))
    return _difficulty(judged, engagement)


def _difficulty(judged: pd.DataFrame, engagement: Engagement) -> tuple[Health, str]:
    """Too easy or too hard: the share who reached lies outside `p_hit_range`, and its interval beside the healthy share."""
    policy = engagement.policy
    hits = int((judged["attainment"] >= policy.bands.met).sum())
    share, (low, high) = hits / len(judged), jeffreys(hits, len(judged))
    reason = code("share_met", share, len(judged), low, high, policy.healthy_share)
    if share > policy.p_hit_range[1] and low > policy.healthy_share:
        return Health.TOO_EASY, reason
    if share < policy.p_hit_range[0] and high < policy.healthy_share:
        return Health.TOO_HARD, reason
    return Health.FINE, reason


def _missing(measured: Measured, kpi: str) -> str:
    rows = measured.availability.set_index("kpi")["missing"].fillna("").astype(str)
    return str(rows.get(kpi, "")).replace(", ", "+")


def _gaming(exceptions: Exceptions | None, kpi: str) -> int:
    """People with a case of unusual timing on the KPI that was not dismissed (`keep` leaves the result as it is)."""
    if exceptions is None:
        return 0
    rows = exceptions.cases
    rows = rows[rows["kpi"].eq(kpi) & rows["rule"].astype(str).str.startswith("gaming")]
    return int(rows.loc[~rows["decision"].fillna("").eq("keep"), "person_id"].nunique())


def _recommended(
    one: _Used, health: Health, reason: str, measured: Measured, engagement: Engagement, outcome: str
) -> Recommended:
    """What becomes of a KPI; one that must stay is adjusted at most, and the reason says why."""
    found = Recommended(one.kpi, RECOMMENDED[health], str(health), reason, one.weight)
    if one.kpi not in measured.available():
        return replace(found, recommendation=begin.REPLACE)
    if found.recommendation in begin.GOES_ON:
        return found
    if one.kpi in engagement.kpis.include:
        return replace(found, recommendation=begin.ADJUST, reason=f"{reason};included")
    if one.kpi == outcome:
        return replace(found, recommendation=begin.ADJUST, reason=f"{reason};outcome")
    return found


def _recalibrated(one: _Used, measured: Measured, evaluation: Evaluation, engagement: Engagement) -> Recalibrated:
    """How hard the targets were, and the multiple of them that the healthy share of people would have reached."""
    judged, policy = one.judged, engagement.policy
    share = float((judged["attainment"] >= policy.bands.met).mean())
    rows = evaluation.groups
    rows = rows[rows["level"].eq("company") & rows["kpi"].eq(one.kpi)]
    above = rows.iloc[0] if len(rows) else None
    return Recalibrated(
        one.kpi, len(judged), round(share, 4), _factor(one, measured, policy.healthy_share),
        _figure(above, "target"), _figure(above, "actual"),
        str(above["currency"]) if above is not None and pd.notna(above["currency"]) else None,
    )  # fmt: skip


def _factor(one: _Used, measured: Measured, healthy: float) -> float | None:
    """The multiple of the targets that the healthy share would have reached; for growth the multiple of 1 + target.

    None with too few people, or where a rule other than ratio, linear, inverse and growth is used: there no multiple tells.
    """
    judged, rules = one.judged, set(one.judged["rule"].astype(str))
    if len(judged) < LEAST_PEOPLE or not rules <= {"ratio", "linear", "inverse", "growth"} or len(rules) > 1:
        return None
    offset = 1.0 if rules == {"growth"} else 0.0
    actual, target = (judged[column].to_numpy(dtype=np.float64) + offset for column in ("actual", "prorated_target"))
    lower = measured.catalogue[one.kpi].better == Better.LOWER
    return round(float(np.quantile(actual / target, healthy if lower else 1 - healthy)), 4)


def _figure(row: pd.Series[float] | None, column: str) -> float | None:
    if row is None or pd.isna(row[column]):
        return None
    return float(f"{float(row[column]):.10g}")
