"""What follows: what is owed, apart from what is judged.

The policy table. *Owed*: a reward, to everyone whose signed goals pay the variable part in full or more, whatever a verdict
says. *Judged*, one a person with a score: recognition where the level surely reaches the target (or where nothing is owed
because nobody signed), coaching below target, a development plan only where the level is surely below. *Model review*: where an
exception is open, and where so many are surely below that the targets themselves are in question; until it is done, coaching
stands in for a plan. Nothing is judged in an incomplete quarter. A person decides on every action; this is a list of proposals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import pandas as pd

from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.evaluate import Verdict
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.evaluate import Evaluation
    from kpi_toolkit.exceptions import Exceptions
    from kpi_toolkit.kpis.measured import Measured


class Action(StrEnum):
    """What can follow from a quarter (contract, section 6)."""

    REWARD = "reward"
    RECOGNITION = "recognition"
    COACHING = "coaching"
    DEVELOPMENT_PLAN = "development_plan"
    MODEL_REVIEW = "model_review"


DUE_DAYS: Mapping[Action, int] = {  # after the quarter's last day
    Action.REWARD: 15,
    Action.RECOGNITION: 15,
    Action.COACHING: 20,
    Action.MODEL_REVIEW: 20,
    Action.DEVELOPMENT_PLAN: 30,
}
OWED_FROM = 1.0  # payout (share of the variable pay) from which a reward is listed; less is owed too, and said beside coaching
TARGETS_DOUBTED = 0.5  # share of people surely below target from which the targets are in question, not the people
LEAST_PEOPLE = 5  # people with a verdict below which no such share is taken
NO_MANAGER = "leadership"  # who owns an action of a person without a manager
OPEN = "open"
ID_LENGTH = 12  # hexadecimal digits


@dataclass(frozen=True)
class Actions:
    """The actions of one quarter; columns as in the contract, section 6."""

    quarter: Quarter
    table: pd.DataFrame  # one row a person and action

    @property
    def summary(self) -> pd.DataFrame:
        """Actions by kind: how many, how many still open."""
        table = self.table.assign(is_open=self.table["status"].eq(OPEN).astype("int64"))
        return table.groupby("action", sort=True).agg(actions=("action_id", "size"), open=("is_open", "sum")).reset_index()

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result table, by its name in `artifacts.SCHEMAS`."""
        return {"actions": self.table}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Actions:
        """The actions as they were saved."""
        return cls(quarter, tables["actions"])


@dataclass(frozen=True)
class Standing:
    """What the policy table looks at.

    One person's score, chance, verdict, payout of signed goals (NaN where nobody signed) and cases.
    """

    score: float
    chance: float
    verdict: str
    payout: float
    cases: tuple[str, ...]
    reached: bool
    doubted: str


def act(
    evaluation: Evaluation,
    exceptions: Exceptions,
    measured: Measured,
    engagement: Engagement,
    done: pd.DataFrame | None = None,
) -> Actions:
    """The actions that follow from a quarter.

    `done` holds what became of actions: action_id, status (done, dropped), done_on; an action found again keeps it, and an
    `action_id` is the same in every run.
    """
    manager = measured.people.set_index("person_id")["manager_id"]
    rows = []
    for person, standing in _standings(evaluation, exceptions, engagement).items():
        owner = manager.get(person)
        for action, reason in chosen(standing):
            rows.append(
                {
                    "action_id": action_id(measured.quarter, person, action),
                    "person_id": person,
                    "quarter": str(measured.quarter),
                    "action": str(action),
                    "reason": reason,
                    "owner": NO_MANAGER if owner is None or pd.isna(owner) else str(owner),
                    "due_on": measured.quarter.last_day + timedelta(days=DUE_DAYS[action]),
                }
            )
    table = pd.DataFrame(
        rows, columns=pd.Index([name for name in SCHEMAS["actions"].columns if name not in ("status", "done_on")])
    )
    return Actions(measured.quarter, conform("actions", _with_status(table, done)))


def chosen(standing: Standing) -> list[tuple[Action, str]]:
    """The policy table: actions of one person with their reasons, the owed one first."""
    out: list[tuple[Action, str]] = []
    signed = not pd.isna(standing.payout)
    owed = signed and standing.payout >= OWED_FROM
    known = not pd.isna(standing.score)
    figures = [f"score:{standing.score:.3f}"] if known else []
    if not pd.isna(standing.chance):
        figures.append(f"chance:{standing.chance:.3f}")
    if owed:
        out.append((Action.REWARD, ";".join([f"payout:{standing.payout:.3f}", *figures[:1]])))
    waits = [f"open_exceptions:{len(standing.cases)}"] if standing.cases else []
    waits += [standing.doubted] if standing.doubted else []
    beside = [f"payout:{standing.payout:.3f}"] if signed else []
    if known and standing.reached:
        if standing.verdict == Verdict.MET_SURE or not owed:
            out.append((Action.RECOGNITION, ";".join([*figures, *([] if signed else ["unsigned"])])))
    elif known and standing.verdict == Verdict.MISSED_SURE:
        action = Action.COACHING if waits else Action.DEVELOPMENT_PLAN
        out.append((action, ";".join([*figures, *waits, *beside])))
    elif known:
        out.append((Action.COACHING, ";".join([*figures, *beside])))
    doubted = bool(standing.doubted) and known and not standing.reached and standing.verdict == Verdict.MISSED_SURE
    if standing.cases or doubted:
        cases = [f"open_exceptions:{len(standing.cases)}:{'+'.join(sorted(set(standing.cases)))}"] if standing.cases else []
        out.append((Action.MODEL_REVIEW, ";".join([*cases, *([standing.doubted] if doubted else [])])))
    return out


def action_id(quarter: Quarter, person_id: str, action: Action) -> str:
    """The identity of an action, the same in every run: a hash of quarter, person and action."""
    return hashlib.sha256("\x1f".join((str(quarter), person_id, str(action))).encode()).hexdigest()[:ID_LENGTH]


def _standings(evaluation: Evaluation, exceptions: Exceptions, engagement: Engagement) -> dict[str, Standing]:
    persons = evaluation.scores[evaluation.scores["level"].eq("person")]
    verdicts = persons["verdict"].dropna()
    share = float(verdicts.eq(str(Verdict.MISSED_SURE)).mean()) if len(verdicts) >= LEAST_PEOPLE else 0.0
    doubted = f"targets_doubted:{share:.2f}:{len(verdicts)}" if share >= TARGETS_DOUBTED else ""
    cases = exceptions.open.groupby("person_id")["rule"].agg(tuple)
    met = engagement.policy.bands.met
    return {
        str(row["entity_id"]): Standing(
            score=float(row["score"]),
            chance=float(row["p_met"]),
            verdict="" if pd.isna(row["verdict"]) else str(row["verdict"]),
            payout=float(row["payout"]),
            cases=tuple(map(str, cases.get(row["entity_id"], ()))),
            reached=bool(row["score"] >= met),
            doubted=doubted,
        )
        for row in persons.to_dict("records")
    }


def _with_status(table: pd.DataFrame, done: pd.DataFrame | None) -> pd.DataFrame:
    out = table.copy()
    out["status"], out["done_on"] = OPEN, None
    if done is not None and len(done):
        last = done.drop_duplicates("action_id", keep="last").set_index("action_id")
        out["status"] = out["action_id"].map(last["status"].astype("object")).fillna(OPEN)
        out["done_on"] = out["action_id"].map(last["done_on"].astype("object"))
    return out
