"""Goals are agreed when both signed the same set; else quotas; decisions are the last ones; a closed quarter stands."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from kpi_toolkit.goals import BadWeights, Ledger, Signature, agreed, close, decide, propose, record, sign
from kpi_toolkit.goals.agreed import DECISION_COLUMNS, GOAL_COLUMNS, AmendedGoals, shared
from kpi_toolkit.goals.signing import AlreadyAgreed, BadDecision, BadGoals, Closed, NothingToSign, WrongSignature
from kpi_toolkit.quarter import Quarter

Q = "2026Q3"
AT = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
NAMES = {"A": "Đỗ Lam Nguyệt", "B": "Çınar Gökdere", "C": "Käthe Grünfink", "M": "Lý Hoài Phố"}
EXCEPTION = {"exception_id": "x1", "person_id": "A", "kpi": "revenue", "period": Q}


def measured(quotas: list[dict[str, object]] | None = None) -> SimpleNamespace:
    """The small tables that goals need: two sellers, one without targets, a manager."""
    columns = ["person_id", "quarter", "kpi", "target", "weight", "threshold", "stretch", "baseline", "rule", "currency"]
    people = pd.DataFrame(
        {"person_id": ["A", "B", "C", "M"], "currency": ["VND", "TRY", "EUR", "VND"], "has_goals": [True, True, True, False]}
    )
    kpi = {"revenue": ("ratio", "money"), "orders": ("ratio", "count"), "discount_rate": ("linear", "share")}
    return SimpleNamespace(
        quarter=Quarter.parse(Q),
        people=people,
        quotas=pd.DataFrame(quotas or [], columns=columns),
        catalogue={name: SimpleNamespace(default_rule=rule, unit=unit) for name, (rule, unit) in kpi.items()},
    )


def goals(*people: str, target: float = 100.0, weights: tuple[float, float] = (60.0, 40.0)) -> pd.DataFrame:
    rows = [
        (person, kpi, target, weight)
        for person in people
        for kpi, weight in zip(("revenue", "discount_rate"), weights, strict=True)
    ]
    return pd.DataFrame(rows, columns=["person_id", "kpi", "target", "weight"])


def both(*people: str) -> list[Signature]:
    return [one for who in people for one in (Signature(who, "employee", who, AT), Signature(who, "manager", "M", AT))]


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.jsonl", clock=lambda: AT)


def test_goals_that_both_signed_are_agreed_with_the_rule_and_currency_of_the_kpi(ledger):
    propose(ledger, Q, goals("A", "B"), NAMES, "M", AT)
    sign(ledger, Q, both("B"))
    table = agreed(ledger, measured()).table
    assert list(table.columns) == list(GOAL_COLUMNS)
    assert table[["person_id", "kpi", "measured_at", "quarter"]].values.tolist() == [
        ["B", "discount_rate", "person", Q],
        ["B", "revenue", "person", Q],
    ]
    assert table["rule"].tolist() == ["linear", "ratio"]
    assert table["currency"].tolist() == [pd.NA, "TRY"]
    assert table["agreed"].dtype == bool and table["agreed"].all()
    assert table["weight"].tolist() == [40.0, 60.0]


@pytest.mark.parametrize("side", ["employee", "manager"])
def test_one_signature_is_no_agreement_and_the_quota_holds(ledger, side):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    sign(ledger, Q, [Signature("A", side, {"employee": "A", "manager": "M"}[side], AT)])
    result = agreed(ledger, measured([{"person_id": "A", "quarter": Q, "kpi": "revenue", "target": 90.0}]))
    assert result.table[["person_id", "target", "weight", "agreed", "currency"]].values.tolist() == [
        ["A", 90.0, 100.0, False, "VND"]
    ]
    assert result.states.values.tolist() == [["A", side]]


def test_a_signature_holds_for_the_set_that_was_on_the_table_only(ledger):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    sign(ledger, Q, both("A")[:1])
    propose(ledger, Q, goals("A", target=120.0), NAMES, at=AT)
    sign(ledger, Q, both("A")[1:])
    result = agreed(ledger, measured())
    assert result.table.empty and result.states.values.tolist() == [["A", "manager"]]
    sign(ledger, Q, both("A")[:1])
    assert agreed(ledger, measured()).table["target"].tolist() == [120.0, 120.0]


def test_goals_of_one_quarter_say_nothing_of_another(ledger):
    propose(ledger, "2026Q2", goals("A"), NAMES, at=AT)
    sign(ledger, "2026Q2", both("A"))
    assert agreed(ledger, measured()).table.empty
    with pytest.raises(NothingToSign):
        sign(ledger, Q, both("A"))


def test_agreed_goals_are_not_proposed_anew(ledger):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    sign(ledger, Q, both("A"))
    with pytest.raises(AlreadyAgreed, match="amended"):
        propose(ledger, Q, goals("A", "B"), NAMES, at=AT)
    assert len(ledger.events()) == 3


def test_an_amendment_that_cannot_be_read_is_said(ledger):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    ledger.append("amend", "2026Q3", {"quarter": Q}, "consultant", AT)
    with pytest.raises(AmendedGoals, match="event 2"):
        agreed(ledger, measured())


@pytest.mark.parametrize(
    "one",
    [
        Signature("A", "employee", "M"),
        Signature("A", "manager", "A"),
        Signature("A", "director", "M"),
        Signature("A", "manager", "manager"),
    ],
)
def test_nobody_signs_for_another_nor_as_their_own_manager(ledger, one):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    with pytest.raises(WrongSignature):
        sign(ledger, Q, [one])
    assert len(ledger.events()) == 1


def test_a_forged_signature_in_the_chain_does_not_count(ledger):
    event = propose(ledger, Q, goals("A"), NAMES, "M", AT)[0]
    own = ledger.pseudonyms({"A": "", "M": ""})
    from kpi_toolkit.goals.agreed import goals_hash

    seal = goals_hash(Q, own["A"], list(event.payload["goals"]))
    for side, actor in (("employee", own["M"]), ("manager", own["A"])):
        ledger.append("sign", own["A"], {"quarter": Q, "side": side, "goals": seal}, actor, AT)
    assert agreed(ledger, measured()).table.empty


@pytest.mark.parametrize("weights", [(60.0, 39.0), (110.0, -10.0), (100.0, 0.0), (100.0, float("nan"))])
def test_weights_that_do_not_add_to_100_are_refused_and_the_person_is_named(ledger, weights):
    with pytest.raises(BadWeights, match="Weights of A, 2026Q3"):
        propose(ledger, Q, goals("A", weights=weights), NAMES, at=AT)
    assert ledger.events() == []


def test_weights_may_miss_100_by_a_hundredth(ledger):
    propose(ledger, Q, goals("A", weights=(33.34, 66.667)), NAMES, at=AT)


def test_a_goal_without_target_or_twice_is_refused(ledger):
    with pytest.raises(BadGoals, match="no target"):
        propose(ledger, Q, goals("A", target=float("nan")), NAMES, at=AT)
    with pytest.raises(BadGoals, match="twice"):
        propose(ledger, Q, goals("A").assign(kpi="revenue"), NAMES, at=AT)


def quota(person: str, kpi: str, weight: float | None = None, quarter: str = Q) -> dict[str, object]:
    return {"person_id": person, "quarter": quarter, "kpi": kpi, "target": 50.0, "weight": weight}


def test_without_a_ledger_goals_come_from_the_quotas_of_the_quarter_and_weights_are_shared():
    quotas = [
        *[quota("A", kpi) for kpi in ("revenue", "orders", "discount_rate")],
        *[quota("B", "revenue", 70.0), quota("B", "orders")],
        *[quota("M", "revenue"), quota("C", "revenue", 100.0, "2026Q2")],
    ]
    result = agreed(None, measured(quotas))
    assert result.table.groupby("person_id")["weight"].apply(sorted).to_dict() == {
        "A": [pytest.approx(100 / 3)] * 3,
        "B": [30.0, 70.0],
    }
    assert not result.table["agreed"].any() and result.head == "0" * 64
    assert result.table["measured_at"].eq("person").all()


def test_quotas_whose_weights_do_not_add_are_an_error_that_names_the_person():
    with pytest.raises(BadWeights, match=r"Weights of B, 2026Q3: they add to 90.*quotas"):
        agreed(None, measured([quota("B", "revenue", 50.0), quota("B", "orders", 40.0)]))
    with pytest.raises(BadWeights, match="0 or less"):
        agreed(None, measured([quota("B", "revenue", 100.0), quota("B", "orders")]))


def test_missing_weights_share_what_is_left():
    assert shared(pd.Series([50.0, None, None])).tolist() == [50.0, 25.0, 25.0]


def test_no_goals_at_all_leave_typed_empty_tables(ledger):
    result = agreed(ledger, measured())
    assert list(result.table.columns) == list(GOAL_COLUMNS) and result.table["agreed"].dtype == bool
    assert list(result.decisions.columns) == list(DECISION_COLUMNS) and result.kpis == ()


def test_the_last_decision_on_an_exception_holds_and_names_who_decided(ledger):
    decide(ledger, Q, EXCEPTION, "keep", "M", "Chưa đủ căn cứ", AT, names=NAMES)
    decide(ledger, Q, EXCEPTION, "adjust", "M", "Đơn hàng ghi nhầm quý", AT, adjusted=80.0, second="Bà Hội Đồng", names=NAMES)
    (row,) = agreed(ledger, measured()).decisions.to_dict("records")
    assert row == {
        **EXCEPTION, "decision": "adjust", "adjusted": 80.0, "decided_by": "Lý Hoài Phố", "decided_on": date(2026, 6, 22),
        "because": "Đơn hàng ghi nhầm quý",
    }  # fmt: skip
    chain = ledger.path.read_text(encoding="utf-8")
    assert "x1" not in chain and "Hội" not in chain and "nhầm" not in chain


def test_a_decision_on_a_forgotten_person_speaks_of_nobody(ledger):
    decide(ledger, Q, EXCEPTION, "excuse", "M", "Kho đóng cửa", AT, names=NAMES)
    ledger.forget("A")
    assert agreed(ledger, measured()).decisions.empty and ledger.verify().ok


@pytest.mark.parametrize(
    ("decision", "by", "because", "adjusted"),
    [
        ("forgive", "M", "x", None),
        ("adjust", "M", "x", None),
        ("keep", "M", "x", 1.0),
        ("keep", "M", " ", None),
        ("excuse", "A", "x", None),
    ],
)
def test_a_decision_needs_its_word_its_reason_its_value_and_somebody_else(ledger, decision, by, because, adjusted):
    with pytest.raises(BadDecision):
        decide(ledger, Q, EXCEPTION, decision, by, because, AT, adjusted)
    assert ledger.events() == []


def test_the_chosen_kpis_are_read_back(ledger):
    record(ledger, "kpis", Q, {"kpis": ["orders"]}, "", at=AT)
    record(ledger, "kpis", Q, {"kpis": ["revenue", "orders"]}, "Doanh số là chính", "M", AT)
    assert agreed(ledger, measured()).kpis == ("revenue", "orders")
    with pytest.raises(BadDecision):
        record(ledger, "decide", Q, {}, "", at=AT)


def test_a_closed_quarter_takes_no_goal_and_no_decision(ledger):
    propose(ledger, Q, goals("A"), NAMES, at=AT)
    close(ledger, Q, "M", AT)
    for late in (
        lambda: propose(ledger, Q, goals("B"), NAMES, at=AT),
        lambda: sign(ledger, Q, both("A")),
        lambda: decide(ledger, Q, EXCEPTION, "keep", "M", "x", AT),
        lambda: record(ledger, "kpis", Q, {"kpis": []}, "", at=AT),
        lambda: close(ledger, Q, "M", AT),
    ):
        with pytest.raises(Closed):
            late()
    assert agreed(ledger, measured()).closed and len(ledger.events()) == 2
    propose(ledger, "2026Q4", goals("A"), NAMES, at=AT)
