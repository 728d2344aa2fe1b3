"""engagement.yml: defaults of the contract, errors that say where and how to mend, and where a client is found."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kpi_toolkit import engagement
from kpi_toolkit.quarter import BadFiscalStart

SMALL = "client: Acme\nsources:\n  orders: {file: raw/orders.csv}\n"


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "engagement.yml").write_text(text, encoding="utf-8")
    return folder


def test_what_is_not_said_is_as_the_contract_says(tmp_path):
    found = engagement.load(write(tmp_path, SMALL))
    assert found.kpis.count == (5, 7) and found.kpis.min_weight == 10 and found.kpis.redundancy == 0.85
    assert found.policy.cap == 1.5 and found.policy.max_bad_rows == 0.02 and found.policy.p_hit_range == (0.35, 0.80)
    assert (found.policy.bands.exceeded, found.policy.bands.met, found.policy.bands.near) == (1.10, 1.00, 0.90)
    assert found.objectives == ("growth", "acquisition", "retention", "activity")
    assert (found.language, found.engine, found.seed) == ("en", "duckdb", 20260701)
    assert found.root == tmp_path and found.reporting_currency is None
    assert found.sources["orders"][0].missing == ("",)


def test_the_example_of_the_contract_is_read(tmp_path):
    text = """
client: Acme Việt Nam
language: vi
reporting_currency: USD
fiscal_year_starts: 04-01
currencies: {VN: VND, TR: TRY, NO: NOK}
objectives: [growth, acquisition, retention, activity]
company_goals: {revenue: {2026Q3: 1200000, 2026: 5000000}}
sources:
  people: {file: raw/people.csv}
  orders:
    - file: "raw/TR/*.xlsx"
      sheet: Q3
      columns: {order_id: SalesOrderNumber, unit_price: UnitPrice}
      where: {Type: [Invoice, Credit note], Open: "Yes"}
      constants: {country: TR}
      id_prefix: TR-
      values: {status: {Returned: returned}}
      lookup:
        status: {sheet: Returns, match: {Order ID: Order ID}, take: Returned, values: {"Yes": returned}}
      derive: {amount: quantity * unit_price * (1 - discount_share)}
      currency: TRY
      missing: ["NULL", ""]
      decimal: ","
      dates: "%d.%m.%Y"
      header: 1
      unpivot: {period: quarter, value: target, columns: ["2026Q1", "2026Q2"]}
kpis:
  custom:
    - {id: demos, name: {en: Demos, vi: Buổi demo}, table: activities, measure: count, where: {kind: demo},
       unit: count, better: higher, kind: leading, serves: activity}
scenarios:
  - {id: key_account_lost, name: {en: Key account lost}, market: {TR: -0.05}, price: 0.02, headcount: {VN: 3},
     activity: 0.10, currency: {TRY: -0.15}, lost_customers: [C0042]}
governance: {DE: {agreement: yes, on: 2026-01-31, level: person}}
"""
    found = engagement.load(write(tmp_path, text))
    source = found.sources["orders"][0]
    assert source.where == {"Type": ("Invoice", "Credit note"), "Open": ("Yes",)}
    assert found.currencies["NO"] == "NOK", "YAML 1.2: NO is Norway"
    assert found.company_goals == {"revenue": {"2026Q3": 1200000, "2026": 5000000}}
    assert source.unpivot is not None and source.unpivot.columns == ("2026Q1", "2026Q2")
    assert found.kpis.custom[0].where == {"kind": ("demo",)}
    assert found.fiscal.month == 4
    assert found.governance["DE"] == {"agreement": "yes", "on": date(2026, 1, 31), "level": "person"}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (SMALL + "polcy: {cap: 2}\n", "K103", ["line 4", "'polcy'", "Nearest: policy"]),
        (SMALL + "policy:\n  bands: {exeeded: 2}\n", "K103", ["line 5", "policy.bands.exeeded", "Nearest: exceeded"]),
        (SMALL + "policy: {cap: high}\n", "K101", ["line 4", "policy.cap", "'high'", "number"]),
        (SMALL + "policy: {bands: {met: 2}}\n", "K101", ["policy.bands", "exceeded"]),
        ("client: Acme\n", "K101", ["sources", "required"]),
        ("client: Acme\nsources: {}\n", "K101", ["sources"]),
        ("sources:\n  orders: {file: a.csv}\n", "K101", ["client", "required"]),
        ("client: A\nsources:\n  order: {file: a.csv}\n", "K103", ["line 3", "sources.order", "Nearest: orders"]),
        ("client: A\nsources:\n  orders: {sheet: x}\n", "K101", ["line 3", "sources.orders", "file"]),
        ("client: A\nsources:\n  orders:\n    - file: a.csv\n      colums: {a: b}\n", "K103", ["line 5", "Nearest: columns"]),
        (SMALL + "company_goals: {revenue: {2026H1: 3}}\n", "K101", ["2026H1"]),
        (SMALL + "reporting_currency: euro\n", "K101", ["reporting_currency", "'euro'"]),
        (SMALL + "path: /etc/passwd\n", "K103", ["path"]),
        ("client: [\n", "K104", ["line"]),
        ("client: a\nclient: b\n", "K104", ["line 2"]),
        ("- a\n", "K101", ["engagement.yml"]),
        ("", "K101", ["engagement.yml"]),
        (SMALL + "terms: !!python/object/apply:os.system [exit]\n", "K101", ["terms"]),
    ],
)
def test_an_error_says_where_and_what_was_expected(tmp_path, text, code, words):
    with pytest.raises(engagement.KpiError) as error:
        engagement.load(write(tmp_path, text))
    assert error.value.code == code, error.value
    assert all(word in str(error.value) for word in [*words, "engagement.yml"]), error.value
    assert len(str(error.value).splitlines()) == 1


def test_a_fiscal_year_that_begins_on_no_day_is_refused(tmp_path):
    with pytest.raises(BadFiscalStart):
        engagement.load(write(tmp_path, SMALL + "fiscal_year_starts: 02-30\n"))


def test_a_client_is_a_path_or_a_folder_under_client_data_found_upward(tmp_path):
    home = write(tmp_path / "client_data" / "acme", SMALL)
    below = tmp_path / "notebooks" / "deep"
    below.mkdir(parents=True)
    assert engagement.find("acme", below) == home
    assert engagement.find(home, below) == home
    assert engagement.find("client_data/acme", tmp_path) == home
    assert engagement.find(home / "engagement.yml", below) == home
    with pytest.raises(engagement.NoEngagement, match="Nearest: acme"):
        engagement.find("acne", below)


def test_a_quarter_judges_by_its_own_copy_and_reads_by_the_clients(tmp_path):
    write(tmp_path, SMALL + "policy: {cap: 2}\nkpis: {include: [orders]}\n")
    write(
        tmp_path / "2026Q3",
        SMALL.replace("raw/orders.csv", "old.csv") + "policy: {cap: 1.2}\ncompany_goals: {revenue: {2026Q3: 5}}\n",
    )
    frozen = engagement.for_quarter(tmp_path, "2026Q3")
    assert (frozen.policy.cap, frozen.kpis.include, frozen.company_goals["revenue"]["2026Q3"]) == (1.2, (), 5)
    assert frozen.sources["orders"][0].file == "raw/orders.csv" and frozen.root == tmp_path
    assert engagement.for_quarter(tmp_path, "2026Q2").policy.cap == 2


def test_a_value_in_a_message_is_one_short_line():
    assert len(engagement.shortened("x" * 10_000)) <= 60
    assert engagement.shortened("a\n\x1b[31mb") == "a  [31mb"


def test_a_path_is_found_from_a_folder_beside_it(tmp_path):
    root = tmp_path / "client_data" / "acme"
    root.mkdir(parents=True)
    (root / "engagement.yml").write_text("client: Acme\nsources: {orders: {file: a.csv}}\n", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    for client in ("client_data/acme", "acme"):
        assert engagement.find(client, tmp_path / "notebooks") == root
