"""The demo's goals are signed, its exceptions decided, and its ledger is the same bytes each time."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.demo import decide, sign_goals
from kpi_toolkit.demo.agreement import add_to_100, drafted, ledger_of
from kpi_toolkit.demo.cast import CAST, JOINER, SELLER, SELLERS
from kpi_toolkit.goals import LEDGER_FILE, Ledger, agreed
from kpi_toolkit.quarter import Quarter

Q = Quarter.parse("2026Q3")
AT = date(2026, 6, 22)
KPIS = {"revenue": 40.0, "new_customers": 30.0, "discount_rate": 20.0, "gross_margin": 10.0}


def artifacts() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """targets, people, proposal in the shape of the artifacts: one KPI was not chosen, one person has no target for another."""
    people = pd.DataFrame(
        {
            "person_id": member.person_id, "name": member.name, "manager_id": member.manager_id or pd.NA, "role": member.role,
            "joined_on": member.joined_on, "employed": not member.left_on, "has_goals": member.role == SELLER,
            "currency": "VND",
        }
        for member in CAST
    )  # fmt: skip
    targets = pd.DataFrame(
        [
            (member.person_id, kpi, "person", None if (member.person_id, kpi) == ("VN01", "new_customers") else 10.0, "VND")
            for member in SELLERS
            for kpi in KPIS
        ],
        columns=["person_id", "kpi", "measured_at", "target", "currency"],
    )
    proposal = pd.DataFrame(
        {"kpi": [*KPIS, "orders"], "role": pd.NA, "chosen": [True] * 4 + [False], "weight": [*KPIS.values(), 0.0]}
    )
    return targets, people, proposal


def read(root):
    people = artifacts()[1]
    quotas = pd.DataFrame(
        {"person_id": ["TR05", "VN09"], "quarter": str(Q), "kpi": "revenue", "target": 5.0, "weight": None, "threshold": None,
         "stretch": None, "baseline": None, "rule": None, "currency": None}
    )  # fmt: skip
    return agreed(Ledger(root / LEDGER_FILE), SimpleNamespace(quarter=Q, people=people, quotas=quotas, catalogue={}))


def test_all_but_two_sign_and_those_two_are_held_to_their_quotas(tmp_path):
    assert sign_goals(tmp_path, Q, *artifacts(), AT) == (23, 25)
    result = read(tmp_path)
    states = dict(result.states.values.tolist())
    assert len(states) == 25 and states["TR05"] == "employee" and states["VN09"] == "draft"
    by_quota = result.table[~result.table["agreed"]]
    assert by_quota[["person_id", "kpi", "target", "weight"]].values.tolist() == [
        ["TR05", "revenue", 5.0, 100.0],
        ["VN09", "revenue", 5.0, 100.0],
    ]
    assert result.table.groupby("person_id")["weight"].sum().to_numpy() == pytest.approx(100.0, abs=1e-9)
    assert set(result.kpis) == set(KPIS)


def test_everybody_signs_in_the_quarter_before(tmp_path):
    assert sign_goals(tmp_path, "2026Q2", *artifacts(), date(2026, 3, 23)) == (25, 25)


def test_a_missing_target_leaves_its_weight_to_the_others(tmp_path):
    targets, people, proposal = artifacts()
    goals = drafted(targets, people, proposal[proposal["chosen"]])
    one = goals[goals["person_id"].eq("VN01")].set_index("kpi")["weight"]
    assert one.to_dict() == {"discount_rate": 28.57, "gross_margin": 14.29, "revenue": 57.14}
    assert goals[goals["person_id"].eq("VN02")].set_index("kpi")["weight"].to_dict() == KPIS


def test_weights_may_differ_by_role():
    targets, people, proposal = artifacts()
    other = proposal.assign(role="Somebody else", weight=25.0)
    own = proposal.assign(role=SELLER)
    chosen = pd.concat([other, own])
    goals = drafted(targets, people, chosen[chosen["chosen"]])
    assert goals[goals["person_id"].eq("VN02")].set_index("kpi")["weight"].to_dict() == KPIS


def test_who_joins_later_signs_in_their_first_days(tmp_path):
    sign_goals(tmp_path, Q, *artifacts(), AT)
    ledger = Ledger(tmp_path / LEDGER_FILE)
    own = next(key for key, person in ledger.people().items() if person.person_id == JOINER)
    assert {event.day for event in ledger.events() if event.subject == own} == {date(2026, 8, 12)}


def exceptions() -> pd.DataFrame:
    rows = [
        ("e1", "DE02", "revenue", "context_presence"),
        ("e2", "DE02", "new_customers", "context_presence"),
        ("e3", "TH04", "revenue", "windfall"),
        ("e4", "VN03", "revenue", "process_limit"),
    ]
    table = pd.DataFrame(rows, columns=["exception_id", "person_id", "kpi", "rule"])
    return table.assign(period=str(Q), status="open").astype("string")


def test_two_exceptions_are_decided_by_the_director_with_the_manager_heard(tmp_path):
    sign_goals(tmp_path, Q, *artifacts(), AT)
    assert decide(tmp_path, Q, exceptions(), date(2026, 10, 8)) == ["e2", "e3"]
    decisions = read(tmp_path).decisions
    assert decisions[["exception_id", "person_id", "decision", "decided_by"]].values.tolist() == [
        ["e2", "DE02", "excuse", "Tạ Ngân Hà"],
        ["e3", "TH04", "keep", "Tạ Ngân Hà"],
    ]
    assert Ledger(tmp_path / LEDGER_FILE).verify().ok


def test_nothing_to_decide_or_to_sign_writes_nothing(tmp_path):
    targets, people, proposal = artifacts()
    assert decide(tmp_path, Q, exceptions().head(0), AT) == []
    assert sign_goals(tmp_path, Q, targets.head(0), people, proposal.head(0), AT) == (0, 0)
    assert not (tmp_path / LEDGER_FILE).exists()


def test_the_ledger_is_the_same_bytes_each_time_and_names_nobody(tmp_path):
    for name in ("a", "b"):
        sign_goals(tmp_path / name, "2026Q2", *artifacts(), date(2026, 3, 23))
        sign_goals(tmp_path / name, Q, *artifacts(), AT)
        decide(tmp_path / name, Q, exceptions(), date(2026, 10, 8))
    one, other = (ledger_of(tmp_path / name) for name in ("a", "b"))
    assert one.path.read_bytes() == other.path.read_bytes()
    assert one.people_path.read_bytes() == other.people_path.read_bytes()
    chain = one.path.read_text(encoding="utf-8")
    for member in CAST:
        assert f'"{member.person_id}"' not in chain and member.name not in chain


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=9))
def test_weights_add_to_exactly_100(weights):
    scaled = add_to_100(pd.Series(weights))
    assert scaled.sum() == pytest.approx(100.0, abs=1e-9)
    assert (scaled.round(2) == scaled).all()
