"""The policy table: what is owed stands apart from what is judged."""

from __future__ import annotations

import pandas as pd
import pytest

from kpi_toolkit.act import Action, Standing, act, action_id, chosen
from kpi_toolkit.artifacts import conform
from kpi_toolkit.evaluate import Evaluation
from kpi_toolkit.exceptions import Exceptions
from tests.evaluate.small_client import QUARTER, engagement, measured

NAN = float("nan")


def standing(**changes: object) -> Standing:
    usual = {"score": 1.08, "chance": 0.7, "verdict": "met_unsure", "payout": 1.12, "cases": (), "reached": True, "doubted": ""}
    return Standing(**(usual | changes))  # type: ignore[arg-type]


def kinds(one: Standing) -> list[str]:
    return [str(action) for action, _ in chosen(one)]


def test_what_was_signed_and_reached_is_owed_whatever_the_verdict_says():
    for verdict in ("met_sure", "met_unsure", "missed_unsure", "missed_sure"):
        assert kinds(standing(verdict=verdict))[0] == "reward"
    assert chosen(standing())[0] == (Action.REWARD, "payout:1.120;score:1.080")


def test_nothing_is_owed_from_a_goal_that_nobody_signed():
    assert kinds(standing(payout=NAN)) == ["recognition"]
    assert chosen(standing(payout=NAN))[0][1] == "score:1.080;chance:0.700;unsigned"


def test_a_development_plan_needs_a_sure_miss_and_everyone_else_below_target_gets_coaching():
    below = {"score": 0.8, "payout": 0.8, "reached": False}
    assert kinds(standing(**below, verdict="missed_sure", chance=0.03)) == ["development_plan"]
    for verdict in ("missed_unsure", "met_unsure", "met_sure", ""):
        assert kinds(standing(**below, verdict=verdict)) == ["coaching"]
    assert chosen(standing(**below, verdict="missed_sure", chance=0.03))[0][1] == "score:0.800;chance:0.030;payout:0.800"


def test_an_open_exception_is_reviewed_first_and_coaching_stands_in_for_the_plan():
    case = standing(
        score=0.7, chance=0.02, verdict="missed_sure", payout=0.7, reached=False, cases=("context_presence", "context_presence")
    )
    assert chosen(case) == [
        (Action.COACHING, "score:0.700;chance:0.020;open_exceptions:2;payout:0.700"),
        (Action.MODEL_REVIEW, "open_exceptions:2:context_presence"),
    ]
    assert kinds(standing(cases=("process_limit_run",))) == ["reward", "model_review"]


def test_an_incomplete_quarter_leads_to_no_judgement():
    assert kinds(standing(score=NAN, chance=NAN, verdict="", payout=NAN, reached=False)) == []


def test_where_most_people_are_surely_below_the_targets_are_reviewed_and_not_the_people():
    evaluation = _evaluation([("p1", 0.7, 0.01), ("p2", 0.6, 0.02), ("p3", 0.8, 0.05), ("p4", 1.1, 0.95), ("p5", 0.9, 0.3)])
    table = _act(evaluation).set_index(["person_id", "action"])["reason"]
    assert ("p1", "development_plan") not in table.index
    assert table["p1", "coaching"] == "score:0.700;chance:0.010;targets_doubted:0.60:5"
    assert table["p1", "model_review"] == "targets_doubted:0.60:5"
    assert ("p5", "model_review") not in table.index


def test_owner_day_and_identity_of_an_action_are_the_same_in_every_run_and_what_was_done_is_kept():
    evaluation = _evaluation([("p1", 0.7, 0.01), ("p2", 1.2, 0.97)])
    first = _act(evaluation)
    plan = first.set_index("person_id").loc["p1"]
    assert (plan["owner"], str(plan["due_on"]), plan["status"]) == ("m1", "2026-10-30", "open")
    assert first.set_index("person_id").loc["p2", "owner"] == "leadership"
    assert plan["action_id"] == action_id(QUARTER, "p1", Action.DEVELOPMENT_PLAN)
    done = pd.DataFrame({"action_id": [plan["action_id"]], "status": ["done"], "done_on": [pd.Timestamp("2026-10-12").date()]})
    again = _act(evaluation, done)
    assert again["action_id"].tolist() == first["action_id"].tolist()
    kept = again.set_index("person_id").loc["p1"]
    assert (kept["status"], str(kept["done_on"])) == ("done", "2026-10-12")


def test_no_goals_give_an_empty_table_with_every_column():
    table = _act(_evaluation([]))
    assert table.empty and {"action_id", "reason", "due_on", "done_on"} <= set(table.columns)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_of_the_contract_has_a_day_by_which_it_is_due(action):
    from kpi_toolkit.act import DUE_DAYS

    assert DUE_DAYS[action] > 0


def _evaluation(persons: list[tuple[str, float, float]]) -> Evaluation:
    from kpi_toolkit.artifacts import empty
    from kpi_toolkit.evaluate.attainment import verdicts

    rows = [
        {"level": "person", "entity_id": person, "quarter": str(QUARTER), "score": score, "score_raw": score, "goals": 1.0,
         "excused": 0.0, "band": None, "payout": NAN, "p_met": chance, "verdict": verdicts(pd.Series([chance]).to_numpy())[0]}
        for person, score, chance in persons
    ]  # fmt: skip
    columns = ["level", "entity_id", "quarter", "score", "score_raw", "band", "goals", "excused", "payout", "p_met", "verdict"]
    scores = conform("scores", pd.DataFrame(rows, columns=pd.Index(columns)))
    return Evaluation(QUARTER, empty("evaluation"), empty("groups"), scores)


def _act(evaluation: Evaluation, done: pd.DataFrame | None = None) -> pd.DataFrame:
    from kpi_toolkit.artifacts import empty

    people = {"p1": {"manager": "m1"}, "p2": {}, "p3": {}, "p4": {}, "p5": {}}
    client = measured([], people)
    return act(evaluation, Exceptions(QUARTER, empty("exceptions")), client, engagement(), done).table
