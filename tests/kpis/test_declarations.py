"""The catalogue, a client's own KPIs, what is available, and what is said where something is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.money import MissingRate
from kpi_toolkit.kpis import CATALOGUE, catalogue, measure
from kpi_toolkit.kpis.catalogue import UnknownKpi
from kpi_toolkit.kpis.measure import QuarterTooFar
from kpi_toolkit.quarter import Quarter
from tests.kpis.client import days, engagement, tables

CONTRACT = Path(__file__).parents[2].parent / "shared" / "contract.md"
QUARTER = Quarter.parse("2025Q2")


def small(**changed: object) -> dict[str, pd.DataFrame]:
    orders = pd.DataFrame({
        "order_id": ["1", "2", "3", "4"], "ordered_on": days(["2025-04-02", "2025-05-02", "2025-06-02", "2025-06-27"]),
        "person_id": ["A", "A", "B", "B"], "customer_id": ["x", "y", "x", "z"], "amount": [100.0, 50.0, 30.0, 20.0],
        "quantity": [1.0, 2.0, 3.0, 4.0], "product": ["p", "q", "p", "p"], "status": [None, None, None, "returned"],
        "credit": [0.5, 1.0, 1.0, 1.0],
    })  # fmt: skip
    activities = pd.DataFrame({
        "activity_id": ["1", "2", "3"], "happened_on": days(["2025-04-02", "2025-04-03", "2025-05-03"]),
        "person_id": ["A", "A", "B"], "kind": ["demo", "visit", "Demo"], "customer_id": ["x", "x", "y"],
    })  # fmt: skip
    people = pd.DataFrame({"person_id": ["A", "B"], "currency": "USD", "team": ["t", "t"], "country": ["VN", "VN"]})
    return {"people": people, "orders": orders.assign(**changed), "activities": activities}


def own(**keys: object) -> dict[str, object]:
    given = {"id": "own_kpi", "name": {"en": "Own"}, "table": "activities", "measure": "count", "unit": "count",
             "better": "higher", "kind": "leading", "serves": "activity"}  # fmt: skip
    return {**given, **keys}


@pytest.mark.skipif(not CONTRACT.is_file(), reason="shared/contract.md is not beside the repository")
def test_the_catalogue_is_the_table_of_the_contract() -> None:
    text = CONTRACT.read_text(encoding="utf-8").split("| id | definition |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    stated = {kpi: tuple(row[2:]) for row in rows for kpi in row[0].split(", ")}
    assert {kpi.id: (str(kpi.unit), str(kpi.better), str(kpi.kind)) for kpi in CATALOGUE} == stated


def test_a_kpi_of_the_clients_own_is_what_it_declares() -> None:
    expected = {
        "demos": (own(where={"kind": "demo"}), 2),  # whatever its case
        "pieces": (own(table="orders", measure="sum", column="quantity"), 0.5 + 2 + 3),  # credited; what was returned is no order
        "range": (own(table="orders", measure="distinct", column="product"), 2),
        "line": (own(table="orders", measure="mean", column="amount", unit="money"), (50 + 50 + 30) / 3),
        "price": (own(table="orders", measure="ratio", numerator="amount", denominator="quantity", unit="money"), 130 / 5.5),
        "product_p": (own(table="orders", measure="sum", column="amount", unit="money", where={"product": ["p"]}), 80),
    }
    custom = [{**declared, "id": kpi} for kpi, (declared, _) in expected.items()]
    table = measure(tables(**small()), engagement(kpis={"custom": custom}), QUARTER).measures
    table = table[(table["level"] == "company") & (table["grain"] == "quarter")].set_index("kpi")
    for kpi, (declared, number) in expected.items():
        assert table.loc[kpi, "value"] == pytest.approx(number), kpi
        assert table.loc[kpi, "unit"] == declared["unit"]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (own(table="people"), r"own_kpi.*'people' is no table of facts.*activities"),
        (own(where={"knd": "demo"}), r"where names 'knd'.*Nearest: kind"),
        (own(table="orders", measure="sum", column="amont"), r"'amont' does not fit orders.*Nearest: amount"),
        (own(measure="sum"), r"the measure 'sum' needs 'column'"),
        (own(unit="money"), r"is no money"),
        (own(id="revenue"), r"the id 'revenue' is taken"),
    ],
)
def test_a_kpi_that_cannot_be_is_one_clear_message(declared: dict[str, object], said: str) -> None:
    with pytest.raises(KpiError, match=said):
        catalogue(engagement(kpis={"custom": [declared]}))


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_a_kpi_id_that_does_not_exist_is_named_with_its_nearest(key: str) -> None:
    with pytest.raises(UnknownKpi, match=re.escape(f"kpis.{key}: there is no KPI 'revenu'. Nearest: revenue")):
        catalogue(engagement(kpis={key: ["revenu"]}))


def test_a_kpi_id_of_quotas_weights_and_company_goals_is_checked_too() -> None:
    quotas = pd.DataFrame({"person_id": ["A"], "quarter": ["2025Q2"], "kpi": ["revenues"], "target": [1.0]})
    with pytest.raises(UnknownKpi, match="quotas: there is no KPI 'revenues'"):
        measure(tables(**small(), quotas=quotas), engagement(), QUARTER)
    with pytest.raises(UnknownKpi, match=r"kpis\.weights"):
        catalogue(engagement(kpis={"weights": {"vists": 20}}))
    with pytest.raises(UnknownKpi, match="company_goals"):
        catalogue(engagement(company_goals={"revnue": {"2025Q2": 1}}))


def test_what_is_missing_for_a_kpi_is_named() -> None:
    table = measure(tables(**small()), engagement(), QUARTER).availability.set_index("kpi")
    assert table.loc["leads", "missing"] == "leads" and not table.loc["leads", "available"]
    assert table.loc["gross_margin", "missing"] == "orders.cost"
    assert table.loc["customer_coverage", "missing"] == "customers"
    assert table.loc["revenue", "available"] and pd.isna(table.loc["revenue", "missing"])


def test_a_quarter_too_far_ahead_is_one_clear_message_and_the_next_one_is_not() -> None:
    with pytest.raises(QuarterTooFar, match=r"2025Q4 is too far ahead: the last facts are of 2025-06-27 \(2025Q2\), so 2025Q3"):
        measure(tables(**small()), engagement(), Quarter.parse("2025Q4"))
    ahead = measure(tables(**small()), engagement(), Quarter.parse("2025Q3")).measures
    of_quarter = ahead[(ahead["period"] == "2025Q3") & (ahead["entity_id"] == "A")].set_index("kpi")["value"]
    assert of_quarter["revenue"] == 0 and pd.isna(of_quarter["average_order_value"])


def test_a_missing_rate_stops_where_it_is_needed_and_only_there() -> None:
    euros = small(currency=["EUR", "USD", "USD", "USD"])
    rates = pd.DataFrame({"currency": ["EUR"], "quarter": [None], "date": days(["2025-04-15"]), "rate": [1.1]})
    with pytest.raises(MissingRate, match="EUR for 2025-04-0"):
        measure(tables(**euros, rates=rates), engagement(), QUARTER)
    alone = small(currency="EUR")
    alone["people"]["currency"] = "EUR"
    found = measure(tables(**alone), engagement(), QUARTER).measures
    assert set(found["currency"].dropna()) == {"EUR"}  # everyone and everything in one currency: no rate is needed


def test_no_facts_and_no_people_leave_empty_tables_with_the_company_alone() -> None:
    empty = {name: table.iloc[:0] for name, table in small().items()}
    found = measure(tables(**empty), engagement(), QUARTER)
    assert set(found.measures["level"]) == {"company"}
    assert found.measures.loc[found.measures["kpi"] == "revenue", "value"].eq(0).all()
    assert found.people.empty and found.presence.empty and found.proration.empty


def test_who_is_new_is_not_known_in_periods_that_begin_within_365_days_of_the_first_order() -> None:
    given = small()
    given["orders"]["ordered_on"] = days(["2024-01-01", "2024-12-30", "2024-12-31", "2025-02-01"])
    found = measure(tables(**given), engagement(), Quarter.parse("2025Q1")).measures
    new = found[(found["kpi"] == "new_customers") & (found["level"] == "company")].set_index("period")["value"]
    assert new["2024Q4"] != new["2024Q4"] and new["2024-12"] != new["2024-12"]
    assert new["2025Q1"] == 0 and new["2025-01"] == 0  # the order of February was returned
