"""From a client's columns to ours: mapping, lookups, formulas, people, customers, currencies, checks and findings."""

from __future__ import annotations

import ast
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.intake import ADDED, CANONICAL, backend, formula
from kpi_toolkit.intake.countries import iso
from tests.intake.client import ORDERS, PEOPLE, codes, finding, frame, read, with_column
from tests.intake.test_files import refused, workbook

KINDS = {"VARCHAR": "string", "DATE": "date", "DOUBLE": "float64", "BIGINT": "int64", "BOOLEAN": "boolean"}


def source(**keys):
    return {"orders": {"file": "orders.csv", **keys}}


def days(series) -> list[date | None]:
    return [None if pd.isna(day) else pd.Timestamp(day).date() for day in series]


def test_every_table_has_all_columns_of_the_contract_with_their_types(tmp_path):
    tables = read(
        tmp_path, {"quotas.csv": "person_id,quarter,kpi,target\nP1,2026Q1,Revenue,5\n"}, {"quotas": {"file": "quotas.csv"}}
    )
    for name in ("people", "orders", "quotas"):
        expected = {c: KINDS[f.sql] for c, f in CANONICAL[name].items()} | {c: KINDS[k] for c, k in ADDED.get(name, {}).items()}
        assert {column: str(kind) for column, kind in tables.table(name).schema().items()} == expected
    assert tables.activities is None and "activities" not in tables.mapped
    assert tables.mapped["orders"] == {"order_id", "ordered_on", "person_id", "customer_id", "amount"}
    assert frame(tables.quotas)["kpi"].tolist() == ["revenue"]


def test_columns_are_found_by_our_name_in_any_case_or_by_theirs(tmp_path):
    theirs = ORDERS.replace("order_id", "Order  ID ").replace("amount", "AMOUNT")
    tables = read(tmp_path, {"orders.csv": theirs}, source(columns={"order_id": "Order ID"}))
    assert frame(tables.orders)["order_id"].tolist() == ["A1", "A2", "A3", "A4"]


def test_a_column_that_was_given_another_name_is_not_taken_by_its_own_again(tmp_path):
    tables = read(
        tmp_path, {"orders.csv": with_column("Discount", "0", "0.5", "", "")}, source(columns={"discount_share": "Discount"})
    )
    assert frame(tables.orders)["discount"].fillna(-1).tolist() == [0.0, 200.0, -1, -1]


def test_identifiers_are_text_trimmed_and_prefixed_by_their_source(tmp_path):
    orders = "order_id,ordered_on,person_id,customer_id,amount\n001, 2026-01-05 ,\u00a0P1\u00a0,0012345678901234567,1\n"
    people = PEOPLE.replace("P", "TR-P")
    tables = read(tmp_path, {"orders.csv": orders, "people.csv": people}, source(id_prefix="TR-"))
    row = frame(tables.orders).iloc[0]
    assert row[["order_id", "person_id", "customer_id"]].tolist() == ["TR-001", "TR-P1", "TR-0012345678901234567"]


def test_where_takes_rows_and_counts_what_it_leaves_out(tmp_path):
    orders = with_column("Type", " INVOICE", "Quote", "Credit note", "")
    tables = read(tmp_path, {"orders.csv": orders}, source(where={"Type": ["Invoice", "credit NOTE"]}))
    assert frame(tables.orders)["amount"].tolist() == [100.5, 300.0]
    row = tables.intake.set_index("table").loc["orders"]
    assert (row.rows_in, row.used, row.left_out, row.quarantined) == (4, 2, 2, 0)


def test_constants_values_and_missing(tmp_path):
    orders = (
        ORDERS.replace("amount", "amount,State,product").replace("100.5", "100.5, reTURNED ,NULL").replace("200", "200,Open,n/a")
    )
    orders = orders.replace("300", "300,null,X").replace("400", "400,Void,Y")
    mapped = source(
        columns={"status": "State"},
        values={"status": {"Returned": "returned"}},
        missing=["NULL", "N/A"],
        constants={"quantity": 2},
    )
    got = frame(read(tmp_path, {"orders.csv": orders}, mapped).orders)
    assert got["status"].fillna("-").tolist() == ["returned", "open", "-", "void"]
    assert got["product"].fillna("-").tolist() == ["-", "-", "X", "Y"]
    assert got["counts"].tolist() == [False, True, True, False] and got["quantity"].tolist() == [2.0] * 4


def test_a_lookup_never_multiplies_rows_and_two_answers_leave_it_empty(tmp_path):
    returns = "Order;Returned\nA1;Yes\nA1;yes\nA2;Yes\nA2;No\nA4;\nA9;Yes\n"
    lookup = {
        "status": {"file": "returns.csv", "match": {"order_id": "Order"}, "take": "Returned", "values": {"Yes": "returned"}}
    }
    tables = read(tmp_path, {"returns.csv": returns.replace("A1;yes", "A1;Yes")}, source(lookup=lookup))
    got = frame(tables.orders)
    assert got["order_id"].tolist() == ["A1", "A2", "A3", "A4"]
    assert got["status"].fillna("-").tolist() == ["returned", "-", "-", "-"]
    assert finding(tables, "two_answers")[["where", "rows"]].tolist() == ["sources.orders.lookup.status", 1]


def test_a_lookup_reads_another_sheet_of_the_same_file(tmp_path):
    (tmp_path / "raw").mkdir()
    for country in ("TR", "VN"):
        head = ["order_id", "ordered_on", "Region", "customer_id", "amount"]
        people = [["Region", "Person"], ["North", "P1" if country == "TR" else "P2"]]
        orders = [head, [f"{country}1", "2026-01-31", "north ", "C1", 5]]
        workbook(tmp_path / "raw" / f"{country}.xlsx", {"Orders": orders, "People": people})
    lookup = {"person_id": {"sheet": "People", "match": {"Region": "Region"}, "take": "Person"}}
    tables = read(tmp_path, {}, {"orders": {"file": "raw/*.xlsx", "sheet": "Orders", "lookup": lookup}})
    assert frame(tables.orders)[["order_id", "person_id"]].values.tolist() == [["TR1", "P1"], ["VN1", "P2"]]


def test_a_lookup_may_build_on_an_earlier_one(tmp_path):
    files = {"a.csv": "person,territory\nP1,T1\nP2,T2\nP3,T3\n", "b.csv": "territory,country\nT1,Germany\nT2,France\n"}
    lookup = {
        "region": {"file": "a.csv", "match": {"person_id": "person"}, "take": "territory"},
        "country": {"file": "b.csv", "match": {"region": "territory"}, "take": "country"},
    }
    tables = read(
        tmp_path, {**files, "people.csv": "person_id\nP1\nP2\nP3\n"}, {"people": {"file": "people.csv", "lookup": lookup}}
    )
    assert frame(tables.people)["iso"].fillna("-").tolist() == ["DE", "FR", "-"]


def test_a_lookup_without_its_column_is_one_clear_message(tmp_path):
    lookup = {"status": {"file": "r.csv", "match": {"order_id": "Order"}, "take": "Return"}}
    text = refused(tmp_path, {"r.csv": "Order,Returned\nA1,x\n"}, source(lookup=lookup))
    assert text.startswith("K102") and "r.csv" in text and "Nearest: Returned" in text
    lookup["status"] = {"file": "r.csv", "match": {"Order No": "Order"}, "take": "Returned"}
    assert "'Order No'" in refused(tmp_path, {"r.csv": "Order,Returned\nA1,x\n"}, source(lookup=lookup))


def test_a_formula_makes_a_column(tmp_path):
    orders = (
        "order_id,ordered_on,person_id,customer_id,quantity,UnitPrice,discount_share\n"
        'A1,2026-01-05,P1,C1,2,"10,50","0,1"\nA2,2026-01-06,P1,C1,3,"4,00","0,25"\nA3,2026-01-06,P1,C1,3,x,"0,25"\n'
    )
    tables = read(
        tmp_path, {"orders.csv": orders},
        source(columns={"unit_price": "UnitPrice"}, decimal=",",
               derive={"amount": "quantity * unit_price * (1 - discount_share)"}),
    )  # fmt: skip
    got = frame(tables.orders)
    assert got["amount"].tolist() == pytest.approx([2 * 10.5 * 0.9, 3 * 4 * 0.75])
    assert got["discount"].tolist() == pytest.approx([2.1, 3.0]), "discount = amount·s ÷ (1 − s)"
    assert "discount" in tables.mapped["orders"]
    assert tables.faults[["column", "value", "code"]].values.tolist() == [["UnitPrice", "x", "not_a_number"]]


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('x')", "amount ** 9", "amount.real", "amount[0]", "'a' + 'b'", "amount if 1 else 2", "lambda: 1",
     "1 +", "amount // 2", "True", "(" * 400, "x" * 600, "nothing * 2", "amount; amount", "1j"],
)  # fmt: skip
def test_nothing_but_arithmetic_is_a_formula(tmp_path, text):
    assert refused(tmp_path, {}, source(derive={"amount": text})).startswith("K118")


NUMBERS = st.integers(0, 9).map(str) | st.sampled_from(["a", "b"])
FORMULAS = st.recursive(
    NUMBERS,
    lambda part: (
        st.tuples(part, st.sampled_from("+-*/"), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})") | part.map(lambda p: f"-{p}")
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def connection():
    return backend.connect().con


@settings(max_examples=60, deadline=None, derandomize=True)
@given(FORMULAS)
def test_a_formula_in_sql_equals_python(connection, text):
    tree = formula.parsed(text, table="orders", column="amount")
    sql = formula.sql(tree, lambda name: {"a": "2.5::DOUBLE", "b": "(-4.0::DOUBLE)"}[name])
    got = connection.execute(f"SELECT {sql}").fetchall()[0][0]
    try:
        expected = eval(compile(ast.Expression(ast.parse(text, mode="eval").body), "", "eval"), {"a": 2.5, "b": -4.0})
    except ZeroDivisionError:
        expected = None
    assert got is None if expected is None else got == pytest.approx(expected)


def test_a_wide_table_is_made_long(tmp_path):
    quotas = "person_id,2026Q1,2026Q2,note\nP1,100,200,x\nP2,,300,y\n"
    wide = {
        "file": "q.csv",
        "unpivot": {"period": "quarter", "value": "target", "columns": ["2026Q1", "2026Q2"]},
        "constants": {"kpi": "revenue"},
    }
    tables = read(tmp_path, {"q.csv": quotas}, {"quotas": wide})
    got = frame(tables.quotas)[["person_id", "quarter", "kpi", "target"]].values.tolist()
    assert got == [["P1", "2026Q1", "revenue", 100.0], ["P1", "2026Q2", "revenue", 200.0], ["P2", "2026Q2", "revenue", 300.0]]
    wide["unpivot"]["columns"] = ["2026Q3"]
    assert refused(tmp_path, {"q.csv": quotas}, {"quotas": wide}).startswith("K102")


def test_a_helper_that_nothing_uses_is_a_finding(tmp_path):
    tables = read(tmp_path, {"orders.csv": with_column("D", "", "", "", "1")}, source(columns={"discont": "D"}))
    assert finding(tables, "unused_column")[["where", "detail"]].tolist() == [
        "sources.orders.discont",
        "discount, discount_share",
    ]


def test_rows_of_several_entries_stand_one_after_the_other(tmp_path):
    second = "nr;day;amount\nB1;31.01.2026;1.000,5\n"
    entries = [
        {"file": "orders.csv"},
        {"file": "b.csv", "columns": {"order_id": "nr", "ordered_on": "day"},
         "constants": {"person_id": "P2", "customer_id": "C9"}, "decimal": ",", "currency": "TRY"},
    ]  # fmt: skip
    tables = read(tmp_path, {"b.csv": second}, {"orders": entries})
    got = frame(tables.orders)
    assert got["row_id"].tolist() == [1, 2, 3, 4, 5] and got["amount"].tolist()[-1] == 1000.5
    assert got["currency"].tolist() == ["EUR"] * 4 + ["TRY"]


# people and customers


def test_undated_rows_of_one_person_become_one_and_what_differs_is_one_finding(tmp_path):
    people = "person_id,team,country,role\nP1,N,DE,rep\nP1,S,DE,rep\nP1,N,DE,\nP2,N,FR,rep\nP3,X,,\n"
    tables = read(tmp_path, {"people.csv": people})
    got = frame(tables.people).set_index("person_id")[["team", "country", "role"]].fillna("-")
    assert got.to_dict("index")["P1"] == {"team": "-", "country": "DE", "role": "rep"} and len(got) == 3
    assert finding(tables, "rows_differ")[["table", "rows", "detail"]].tolist() == ["people", 1, "team: 1"]
    assert tables.intake.set_index("table").loc["people", "used"] == 5


def test_dated_rows_of_one_person_stay_and_open_ends_are_closed(tmp_path):
    people = (
        "person_id,team,valid_from,valid_to,left_on\nP1,N,2024-01-01,,9999-12-31\nP1,S,2026-02-01,9999-12-31,\n"
        "P2,N,2024-01-01,2025-12-31,\nP3,,,,\n"
    )
    got = frame(read(tmp_path, {"people.csv": people}).people)
    assert days(got["valid_to"]) == [date(2026, 1, 31), None, date(2025, 12, 31), None]
    assert days(got["left_on"]) == [None] * 4


@st.composite
def validities(draw):
    rows = draw(
        st.lists(
            st.tuples(st.integers(1, 2), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 10))), min_size=1, max_size=8
        )
    )
    day = date(2025, 1, 1).toordinal()
    return [(f"P{p}", date.fromordinal(day + a), None if n is None else date.fromordinal(day + a + n)) for p, a, n in rows]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(validities())
def test_validities_of_a_person_never_overlap(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("v")
    lines = "".join(f"{p},{a},{b or ''}\n" for p, a, b in rows)
    people_csv = {"people.csv": "person_id,valid_from,valid_to\n" + lines}
    tables = read(folder, people_csv, source(where={"amount": ["0"]}), policy={"max_bad_rows": 1})
    people = frame(tables.people)
    assert len(people) + len(tables.faults) == len(rows)
    for _, own in people.sort_values("valid_from").groupby("person_id"):
        spans = list(zip(days(own["valid_from"]), days(own["valid_to"]), strict=True))
        assert all(first[1] is not None and first[1] < second[0] for first, second in pairwise(spans))


def test_without_people_everyone_whom_a_row_names_is_one(tmp_path):
    from kpi_toolkit import intake
    from tests.intake.client import written

    engagement = written(tmp_path, {})
    alone = engagement.model_copy(update={"sources": {"orders": engagement.sources["orders"]}})
    tables = intake.read(alone)
    assert frame(tables.people)["person_id"].tolist() == ["P1", "P2", "P3"]
    assert frame(tables.people)["currency"].tolist() == ["EUR"] * 3
    assert tables.people.schema() == read(tmp_path, {}).people.schema()


@pytest.mark.parametrize(
    ("country", "code"),
    [("VN", "VN"), ("Việt Nam", "VN"), ("Viet Nam", "VN"), ("vietnam", "VN"), ("TURKEY", "TR"), ("Türkiye", "TR"), ("DEU", "DE"),
     ("Deutschland", "DE"), ("United Kingdom", "GB"), ("UK", "GB"), ("ไทย", "TH"), ("Thailand", "TH"), ("Đức", "DE"),
     ("Narnia", None), ("", None)],
)  # fmt: skip
def test_a_country_is_known_by_code_or_name(country, code):
    assert iso(country) == code


def test_an_unknown_country_is_a_finding_and_stays_as_written(tmp_path):
    tables = read(tmp_path, {"people.csv": PEOPLE.replace("DE", "Narnia")})
    assert frame(tables.people)["country"].tolist() == ["VN", "TR", "Narnia"]
    assert finding(tables, "unknown_country")["detail"] == "Narnia"


def test_a_customer_is_one_row_and_an_unknown_keeper_is_empty(tmp_path):
    customers = "customer_id,name,person_id\nC1,A,P1\nC1,B,P1\nC2,C,P9\n"
    tables = read(tmp_path, {"customers.csv": customers}, {"customers": {"file": "customers.csv"}})
    got = frame(tables.customers)
    assert got["customer_id"].tolist() == ["C1", "C2"] and got["person_id"].fillna("-").tolist() == ["P1", "-"]
    assert finding(tables, "unknown_customer")["rows"] == 1, "C3 of the orders"


# currencies


def test_a_rows_currency_is_its_own_else_the_sources_else_the_persons_of_that_day(tmp_path):
    people = "person_id,country,currency,valid_from\nP1,VN,,2024-01-01\nP1,DE,,2026-02-01\nP2,TR,USD,\nP3,FR,,\n"
    orders = with_column("currency", "", "", "", "chf")
    keys = {"currencies": {"VN": "VND", "DE": "EUR", "Türkiye": "TRY"}, "reporting_currency": "GBP"}
    tables = read(tmp_path, {"people.csv": people, "orders.csv": orders}, **keys)
    assert frame(tables.orders)["currency"].tolist() == ["VND", "USD", "EUR", "CHF"]
    assert frame(tables.people)["currency"].tolist() == ["VND", "EUR", "USD", "GBP"]
    tables = read(
        tmp_path, {"people.csv": people, "orders.csv": orders}, source(currency={"vn": "THB", "Türkiye": "TRY"}), **keys
    )
    assert frame(tables.orders)["currency"].tolist() == ["THB", "USD", "EUR", "CHF"]
    tables = read(tmp_path, {"people.csv": people, "orders.csv": orders}, source(currency="SEK"), **keys)
    assert frame(tables.orders)["currency"].tolist() == ["SEK", "SEK", "SEK", "CHF"]


def test_a_currency_that_is_none_is_a_bad_row_or_one_clear_message(tmp_path):
    orders = with_column("currency", "", "", "TRY", "EURO")
    tables = read(tmp_path, {"orders.csv": orders})
    assert codes(tables) == ["not_a_currency"] and tables.faults["value"].tolist() == ["EURO"]
    assert refused(tmp_path, {}, source(currency="EURO")).startswith("K128")
    assert refused(tmp_path, {}, currencies={"TR": "TLR"}).startswith("K128")


def test_two_currencies_need_one_to_report_in(tmp_path):
    text = refused(tmp_path, {}, currencies={"VN": "VND", "TR": "TRY"}, reporting_currency=None)
    assert text.startswith("K129") and "TRY, VND" in text
    assert read(tmp_path, {}, source(currency="VND"), reporting_currency=None).reporting_currency == "VND"
    nothing = read(tmp_path, {}, reporting_currency=None)
    assert nothing.reporting_currency == "XXX" and set(frame(nothing.orders)["currency"]) == {"XXX"}


# checks and findings


def test_a_repeated_row_is_a_duplicate_even_in_columns_that_are_not_mapped(tmp_path):
    orders = with_column("note", "x", "", "", "")
    again = orders.splitlines()[1]
    tables = read(tmp_path, {"orders.csv": orders + again + "\n" + again[:-1] + "y\n"}, policy={"max_bad_rows": 0.5})
    assert codes(tables) == ["duplicate"] and tables.faults["row"].tolist() == [6]
    assert frame(tables.orders)["amount"].tolist() == [100.5, 200, 300, 400, 100.5]


def test_order_line_and_person_repeated_are_a_duplicate_where_lines_have_ids(tmp_path):
    orders = (
        "order_id,line_id,ordered_on,person_id,customer_id,amount\n"
        "A1,1,2026-01-31,P1,C1,1\nA1,1,2026-01-31,P2,C1,1\nA1,1,2026-01-30,P1,C1,9\nA1,,2026-01-30,P1,C1,9\n"
        "A1,,2026-01-30,P1,C1,8\n"
    )
    tables = read(tmp_path, {"orders.csv": orders})
    assert tables.faults[["row", "code"]].values.tolist() == [[4, "duplicate"]]


def test_an_unknown_person_is_a_bad_row_in_every_table_that_names_one(tmp_path):
    files = {
        "orders.csv": ORDERS + "A9,2026-01-05,P9,C1,1\n",
        "leads.csv": "lead_id,created_on,person_id\nL1,2026-01-05,\nL2,2026-01-05,P9\n",
        "absences.csv": "person_id,starts_on,ends_on\nP9,2026-01-05,2026-01-06\nP1,2026-01-05,2026-01-06\n",
        "quotas.csv": "person_id,quarter,kpi,target\nP9,2026Q1,revenue,5\nP1,2026Q1,revenue,5\n",
    }
    tables = read(tmp_path, files, {name: {"file": f"{name}.csv"} for name in ("orders", "leads", "absences", "quotas")})
    assert codes(tables) == ["unknown_person"] * 4 and set(tables.faults["value"]) == {"P9"}
    assert frame(tables.leads)["lead_id"].tolist() == ["L1"]


def test_an_order_dated_2062_is_a_bad_row(tmp_path):
    lines = "".join(f"A{i},{day},P1,C1,1\n" for i, day in enumerate(pd.date_range("2025-01-01", periods=50, freq="W").date))
    head = ORDERS.splitlines()[0] + "\n"
    tables = read(tmp_path, {"orders.csv": head + lines + "X,2062-01-01,P1,C1,1\n"})
    assert codes(tables) == ["day_too_far"] and tables.faults["value"].tolist() == ["2062-01-01"]
    a_year_on = pd.date_range("2025-01-01", periods=50, freq="W").date[-1].replace(year=2026)
    assert read(tmp_path, {"orders.csv": head + lines + f"X,{a_year_on},P1,C1,1\n"}).faults.empty


def test_people_absences_and_quotas_may_speak_of_any_day(tmp_path):
    files = {
        "people.csv": PEOPLE.replace("2024-01-01", "2030-01-01", 1),
        "absences.csv": "person_id,starts_on,ends_on\nP1,2062-01-01,2062-01-02\n",
    }
    assert read(tmp_path, files, {"absences": {"file": "absences.csv"}}).faults.empty


def test_quotas_of_nothing_and_repeated_ones_are_bad_rows(tmp_path):
    quotas = (
        "person_id,quarter,kpi,target\n"
        "P1,Q1 2026,revenue,5\nP1,2026Q1,Revenue,6\nP2,2026-q1,revenue,0\nP2,2026Q5,revenue,3\n"
        "P3,2026Q1,revenue,-1\n"
    )
    tables = read(tmp_path, {"quotas.csv": quotas}, {"quotas": {"file": "quotas.csv"}}, policy={"max_bad_rows": 1})
    assert codes(tables) == ["repeated_key", "not_positive", "not_a_quarter", "not_positive"]
    assert frame(tables.quotas)[["quarter", "target"]].values.tolist() == [["2026Q1", 5.0]]


def test_rates_need_a_period_and_a_positive_rate(tmp_path):
    rates = (
        "currency,quarter,date,rate\n"
        "TRY,2026Q1,,0.02\nTRY,,2026-02-01,0.03\nVND,,,1\nTRY,2026Q2,,0\nTRY,2026Q1,,0.05\nFOO,2026Q1,,1\n"
    )
    tables = read(tmp_path, {"rates.csv": rates}, {"rates": {"file": "rates.csv"}}, policy={"max_bad_rows": 1})
    assert codes(tables) == ["no_period", "not_positive", "repeated_key", "not_a_currency"]


def test_words_of_the_contract_are_held(tmp_path):
    opportunities = "opportunity_id,person_id,opened_on,stage\nO1,P1,2026-01-05,WON \nO2,P1,2026-01-05,maybe\n"
    tables = read(tmp_path, {"o.csv": opportunities}, {"opportunities": {"file": "o.csv"}})
    assert frame(tables.opportunities)["stage"].tolist() == ["won"] and codes(tables) == ["not_one_of"]


def test_a_share_of_discount_is_a_share(tmp_path):
    orders = with_column("discount_share", "0.1", "1", "15", "").replace("100.5", "90")
    tables = read(tmp_path, {"orders.csv": orders})
    assert codes(tables) == ["not_a_share"]
    assert frame(tables.orders)["discount"].fillna(-1).tolist() == pytest.approx([10, -1, -1]), (
        "of a gift's list value nobody knows"
    )


def test_credit_is_one_where_absent_and_more_than_a_whole_is_a_finding(tmp_path):
    orders = (
        "order_id,ordered_on,person_id,customer_id,amount,credit\n"
        "A1,2026-01-05,P1,C1,1,0.5\nA1,2026-01-05,P2,C1,1,0.5\nA2,2026-01-05,P1,C1,1,0.7\n"
        "A2,2026-01-05,P2,C1,1,0.7\nA3,2026-01-05,P1,C1,1,\nA3,2026-01-05,P1,C1,2,\n"
    )
    tables = read(tmp_path, {"orders.csv": orders})
    assert frame(tables.orders)["credit"].tolist() == [0.5, 0.5, 0.7, 0.7, 1, 1]
    assert finding(tables, "credits_over_one")["rows"] == 1


def test_facts_outside_employment_count_and_are_a_finding(tmp_path):
    people = "person_id,joined_on,left_on\nP1,2026-01-10,\nP2,,2026-01-15\nP3,,\n"
    tables = read(tmp_path, {"people.csv": people})
    assert len(frame(tables.orders)) == 4 and finding(tables, "outside_employment")["rows"] == 2
