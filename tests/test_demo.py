"""The demo client through both quarters, held against what was planted in it and, from outside, against the contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit import artifacts, demo, engagement, intake, kpis, workspace
from kpi_toolkit.demo.play import FORMATS, LANGUAGES, QUARTERS, NotOurs, play
from kpi_toolkit.diagnose import diagnose
from kpi_toolkit.propose import propose
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.targets import model_targets

ACCEPT = Path(__file__).parent.parent.parent / "shared" / "accept"


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("clients") / "demo"
    lines = play(root, renderer="pandoc")
    assert "quarterly_report.vi.pdf" in lines[-1]
    return root


@pytest.fixture(scope="module")
def truths(tmp_path_factory) -> demo.Truths:
    return demo.generate(tmp_path_factory.mktemp("truths"))


def test_every_report_is_there_and_no_other(played):
    for quarter in QUARTERS:
        names = {path.name for path in (played / quarter / "reports").iterdir()}
        assert names == {f"quarterly_report.{lang}.{ext}" for lang in LANGUAGES for ext in FORMATS}


@pytest.mark.skipif(not ACCEPT.is_dir(), reason="../shared/accept is not here")
@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_results_hold_against_the_contract(played, quarter):
    done = subprocess.run([sys.executable, ACCEPT / "contract.py", played, quarter], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not ACCEPT.is_dir(), reason="../shared/accept is not here")
def test_a_reader_stumbles_over_nothing_in_the_reports(played):
    done = subprocess.run([sys.executable, ACCEPT / "reports.py", played], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_second_quarter_starts_from_the_renewal_of_the_first(played):
    first, second = (workspace.open(played, quarter) for quarter in QUARTERS)
    renewal = first.table("renewal").set_index("kpi")["recommendation"]
    assert second.start is not None and second.start.from_quarter == QUARTERS[0]
    assert set(second.start.out) == set(renewal[renewal.isin(["retire", "replace"])].index)
    chosen = second.table("proposal").query("chosen")["kpi"]
    assert not set(chosen) & set(second.start.out)


def test_goals_are_signed_in_the_ledger_and_the_unsigned_come_from_quotas(played):
    here = workspace.open(played, "2026Q3")
    evaluation = here.table("evaluation")
    unsigned = set(evaluation.loc[~evaluation["agreed"], "person_id"])
    assert unsigned == {"TR05", "VN09"}
    assert here.ledger is not None and here.ledger.verify().ok
    names = here.table("people")["name"].dropna()
    chain = (played / "ledger.jsonl").read_text(encoding="utf-8")
    assert len(names) > 20 and not [name for name in names if name in chain]


def test_what_was_planted_as_bad_rows_is_in_quarantine_and_nothing_else(played, truths):
    kept = sum(len(pd.read_csv(path, dtype=str)) for path in (played / "2026Q3" / "quarantine").glob("*.csv"))
    assert kept == len(truths.dirty)
    table = workspace.open(played, "2026Q3").table("intake")
    assert (table["rows_in"] == table["used"] + table["left_out"] + table["quarantined"]).all()


def test_revenue_of_the_company_is_the_generator_s(played, truths):
    orders = truths.orders
    measures = workspace.open(played, "2026Q3").table("measures")
    count = measures.query("level == 'company' and grain == 'quarter' and period == '2026Q3' and kpi == 'active_customers'")
    counts = orders[
        (orders["ordered_on"] >= "2026-07-01") & (orders["amount"] > 0) & ~orders["status"].isin(["returned", "cancelled"])
    ]
    assert count["value"].item() == counts["customer_id"].nunique()


def test_absent_and_joining_people_have_shorter_targets(played, truths):
    evaluation = workspace.open(played, "2026Q3").table("evaluation")
    revenue = evaluation[evaluation["kpi"].eq("revenue")].set_index("person_id")
    share = (revenue["prorated_target"] / revenue["target"]).dropna()
    for person in (truths.long_leave, truths.joiner):
        assert share[person] < 0.9
    assert share.drop([truths.long_leave, truths.joiner, truths.short_leave]).between(0.95, 1.0).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_later_facts_change_nothing_in_diagnosis_proposal_and_targets(tmp_path, seed):
    quarter = Quarter.parse("2026Q2")
    demo.generate(tmp_path, seed)
    whole = _proposed(tmp_path, quarter)
    orders = pd.read_csv(tmp_path / "raw" / "orders.csv", dtype=str, keep_default_na=False)
    later = orders["order_date"].between(quarter.first_day.isoformat(), "2060")
    assert 0 < later.sum() < len(orders)
    changed = orders.copy()
    changed.loc[later, "net_amount"] = "1"  # other facts, not fewer: the sources stay as complete as they were
    changed.to_csv(tmp_path / "raw" / "orders.csv", index=False)
    for name, table in _proposed(tmp_path, quarter).items():
        pd.testing.assert_frame_equal(table, whole[name])


def _proposed(root: Path, quarter: Quarter) -> dict[str, pd.DataFrame]:
    settled = engagement.load(root)
    history = kpis.measure(intake.read(settled, None), settled, quarter).history
    diagnosis = diagnose(history, settled)
    proposal = propose(history, diagnosis, settled, None)
    targets = model_targets(history, proposal, settled, None)
    tables = {**diagnosis.tables(), **proposal.tables(), **targets.tables()}
    return {name: artifacts.conform(name, table) for name, table in tables.items()}


def test_the_demo_never_removes_a_folder_that_it_did_not_make(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(NotOurs):
        play(tmp_path)
    assert (tmp_path / "raw").is_dir()
