"""Which candidates make the set: the outcome, every objective, something that shows early, then the best of the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kpi_toolkit.diagnose import code, likeness
from kpi_toolkit.kpis.declaration import Kind
from kpi_toolkit.propose.candidates import OUTCOMES, Candidate

WORTH_A_PLACE = 0.50  # score, after what the set says already, that a KPI beyond the least number must bring
TOGETHER = 0.5  # of the set at most serves one objective


@dataclass
class Choice:
    """The set as it grows: reasons of the chosen by id, in the order of choice."""

    least: int
    most: int
    redundancy: float
    alike: Mapping[tuple[str, str], float]
    chosen: dict[str, Candidate] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def likest(self, one: Candidate) -> tuple[str, float]:
        """The other chosen KPI that says most of the same, and their absolute rank correlation; ("", 0) where none is known."""
        others = [(abs(self.alike[pair]), other) for other in self.chosen if (pair := (one.id, other)) in self.alike]
        correlation, other = max(others, default=(0.0, ""))
        return other, correlation

    def marginal(self, one: Candidate) -> float:
        """The score less the share of its ranks that the set explains already."""
        return one.score * (1 - self.likest(one)[1] ** 2)

    def balanced(self, one: Candidate) -> bool:
        """Whether the set stays balanced: half of the places at most for one objective."""
        alike = sum(other.kpi.serves == one.kpi.serves for other in self.chosen.values())
        return alike + 1 <= max(1, math.ceil(TOGETHER * self.most))

    def take(self, one: Candidate, why: str) -> None:
        self.chosen[one.id] = one
        parts = [why, one.warning, "kept_on" if one.kept_on else ""]
        self.reasons[one.id] = ";".join(part for part in parts if part)


def choose(feasible: Sequence[Candidate], objectives: Sequence[str], least: int, most: int, redundancy: float) -> Choice:
    """The set, of `least` to `most` candidates where there are enough; fewer only where fewer are feasible.

    Included ones first, then the outcome, then one for each objective and one that leads, then the best of the rest, each by its
    score less what the set says already. Where the rules leave fewer than `least`, balance is given up first, then redundancy
    (the least alike first), and the reason says so.
    """
    choice = Choice(least, most, redundancy, _alike(feasible))
    for one in feasible:
        if one.included:
            choice.take(one, "chosen:included")
    _outcome(choice, feasible)
    for objective in objectives:
        if not any(one.kpi.serves == objective for one in choice.chosen.values()):
            _best(choice, [one for one in feasible if one.kpi.serves == objective], code("chosen:objective", objective))
    if not any(one.kpi.kind == Kind.LEADING for one in choice.chosen.values()):
        _best(choice, [one for one in feasible if one.kpi.kind == Kind.LEADING], "chosen:leading")
    while len(choice.chosen) < most and _best(choice, feasible, "chosen:best"):
        pass
    _loosen(choice, feasible)
    return choice


def _alike(feasible: Sequence[Candidate]) -> dict[tuple[str, str], float]:
    """Rank correlations of all pairs, both ways round; pairs without enough data are left out."""
    out = {}
    for at, one in enumerate(feasible):
        for other in feasible[at + 1 :]:
            found = likeness(one.standing, other.standing)
            if not math.isnan(found):
                out[one.id, other.id] = out[other.id, one.id] = found
    return out


def _outcome(choice: Choice, feasible: Sequence[Candidate]) -> None:
    if any(outcome in choice.chosen for outcome in OUTCOMES) or len(choice.chosen) >= choice.most:
        return
    by_id = {one.id: one for one in feasible}
    first = next((by_id[outcome] for outcome in OUTCOMES if outcome in by_id), None)
    if first is not None:
        choice.take(first, "chosen:outcome")


def _best(choice: Choice, pool: Sequence[Candidate], why: str) -> bool:
    """Take the best of the pool that is not redundant and keeps the balance; past the least number only what is worth a place."""
    open_ = [
        one for one in pool if one.id not in choice.chosen and choice.likest(one)[1] < choice.redundancy and choice.balanced(one)
    ]
    if not open_ or len(choice.chosen) >= choice.most:
        return False
    best = max(open_, key=lambda one: (choice.marginal(one), one.id))
    full = why == "chosen:best" and len(choice.chosen) >= choice.least
    if full and choice.marginal(best) < WORTH_A_PLACE:
        return False
    choice.take(best, code(why, best.score) if why == "chosen:best" else why)
    return True


def _loosen(choice: Choice, feasible: Sequence[Candidate]) -> None:
    """Fill up to the least number: without balance, then with what is redundant, the least alike first."""
    while len(choice.chosen) < choice.least:
        open_ = [one for one in feasible if one.id not in choice.chosen]
        if not open_:
            return
        distinct = [one for one in open_ if choice.likest(one)[1] < choice.redundancy]
        if distinct:
            best = max(distinct, key=lambda one: (choice.marginal(one), one.id))
            choice.take(best, code("chosen:best", best.score) + ";loosened:balance")
        else:
            best = min(open_, key=lambda one: (choice.likest(one)[1], one.id))
            choice.take(best, code("chosen:best", best.score) + ";" + code("loosened:redundancy", *choice.likest(best)))
