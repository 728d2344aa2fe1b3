"""A random client that has everything: currencies, shared deals, credit notes, returns, ties, movers, rows without a person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.kpis.client import days

FIRST, LAST = "2024-01-05", "2025-09-26"
CURRENCIES = {"Việt Nam": "VND", "Türkiye": "TRY", "Germany": "EUR"}
TEAMS = {"Việt Nam": ["Hà Nội", "Đà Nẵng"], "Türkiye": ["Marmara", "Export"], "Germany": ["Nord", "Export"]}
ISO = {"Việt Nam": "VN", "Türkiye": "TR", "Germany": "DE"}


def frames(seed: int, orders: int = 700, acquired: bool = False) -> dict[str, pd.DataFrame]:
    """Tables of a client of nine people in three countries; `acquired`: customers have the day on which they were acquired."""
    draw = np.random.default_rng(seed)
    span = (pd.Timestamp(LAST) - pd.Timestamp(FIRST)).days

    def some_days(n: int) -> pd.Series:
        return days(pd.Timestamp(FIRST) + pd.to_timedelta(draw.integers(0, span + 1, n), unit="D"))

    people = _people()
    names = people["person_id"].unique()
    customers = [f"C{i:03d}" for i in range(60)]
    order_days = some_days(orders)
    lines = pd.DataFrame({
        "order_id": [f"O{i:05d}" for i in draw.permutation(orders)], "ordered_on": order_days,
        "person_id": draw.choice(names[:8], orders), "customer_id": draw.choice(customers, orders),
    })  # fmt: skip
    lines = lines.loc[lines.index.repeat(draw.integers(1, 4, orders))].reset_index(drop=True)
    n = len(lines)
    lines["product"] = draw.choice([f"P{i}" for i in range(12)], n)
    lines["amount"] = np.round(draw.lognormal(6, 1, n), 2)
    lines["quantity"] = draw.integers(1, 20, n).astype(float)
    lines["discount"] = np.where(draw.random(n) < 0.4, np.round(lines["amount"] * 0.1, 2), np.nan)
    lines["cost"] = np.where(draw.random(n) < 0.8, np.round(lines["amount"] * draw.uniform(0.4, 0.9, n), 2), np.nan)
    lines["status"] = draw.choice([None, "shipped", "returned", "cancelled"], n, p=[0.6, 0.3, 0.05, 0.05])
    lines["credit"] = np.nan
    notes = draw.random(n) < 0.06
    lines.loc[notes, ["amount", "quantity"]] *= -1
    lines.loc[draw.random(n) < 0.02, "amount"] = 0.0
    country = people.drop_duplicates("person_id").set_index("person_id")["country"]
    lines["currency"] = lines["person_id"].map(country).map(CURRENCIES).fillna("USD")
    lines.loc[draw.random(n) < 0.05, "currency"] = "USD"
    lines = pd.concat([lines, _shared(lines, names, draw)], ignore_index=True)
    lines["credit"] = lines["credit"].fillna(1.0)

    def activity_rows(n: int) -> pd.DataFrame:
        return pd.DataFrame({
            "activity_id": [f"A{i}" for i in range(n)], "happened_on": some_days(n), "person_id": draw.choice(names[:8], n),
            "kind": draw.choice(["visit", "call", "email"], n),
            "customer_id": draw.choice([*customers, None], n),
        })  # fmt: skip

    opened = some_days(150)
    deals = pd.DataFrame({
        "opportunity_id": [f"D{i}" for i in range(150)], "person_id": draw.choice(names[:8], 150), "opened_on": opened,
        "stage": draw.choice(["open", "won", "lost"], 150), "customer_id": draw.choice(customers, 150),
        "amount": np.where(draw.random(150) < 0.9, np.round(draw.lognormal(8, 1, 150), 2), np.nan),
    })  # fmt: skip
    deals["closed_on"] = days(opened + pd.to_timedelta(draw.integers(0, 150, 150), unit="D")).where(draw.random(150) < 0.9)
    deals["currency"] = deals["person_id"].map(country).map(CURRENCIES).fillna("USD")
    created = some_days(200)
    leads = pd.DataFrame({
        "lead_id": [f"L{i}" for i in range(200)], "created_on": created, "person_id": draw.choice([*names, None, None], 200),
        "channel": draw.choice(["web", "fair"], 200),
    })  # fmt: skip
    nobody = leads["person_id"].isna()
    leads["country"] = np.where(nobody & (draw.random(200) < 0.5), draw.choice([*CURRENCIES, "Thailand"], 200), None)
    leads["team"] = np.where(nobody & (draw.random(200) < 0.3), draw.choice(["Hà Nội", "Export"], 200), None)
    leads["qualified_on"] = days(created + pd.to_timedelta(draw.integers(0, 60, 200), unit="D")).where(draw.random(200) < 0.6)
    leads["converted_on"] = days(created + pd.to_timedelta(draw.integers(0, 120, 200), unit="D")).where(draw.random(200) < 0.5)
    leads["customer_id"] = np.where(leads["converted_on"].notna(), draw.choice(customers, 200), None)
    spend = pd.DataFrame({
        "spent_on": some_days(80), "amount": np.round(draw.lognormal(5, 1, 80), 2), "channel": draw.choice(["web", "fair"], 80),
        "person_id": draw.choice([*names[6:], None], 80), "currency": draw.choice(["USD", "EUR"], 80),
    })  # fmt: skip
    spend["country"] = np.where(spend["person_id"].isna(), draw.choice([*CURRENCIES, None], 80), None)
    paid = pd.DataFrame({
        "payment_id": [f"Y{i}" for i in range(200)], "paid_on": some_days(200), "person_id": draw.choice(names[:8], 200),
        "amount": np.round(draw.lognormal(6, 1, 200), 2), "currency": draw.choice(["USD", "VND", "TRY"], 200),
    })  # fmt: skip
    table = pd.DataFrame({"customer_id": customers, "person_id": draw.choice([*names[:8], None], 60)})
    if acquired:
        table["acquired_on"] = some_days(60).where(draw.random(60) < 0.9)
    absences = pd.DataFrame({
        "person_id": ["P2", "P4", "P4"], "starts_on": days(["2025-07-10", "2025-06-20", "2025-07-05"]),
        "ends_on": days(["2025-07-20", "2025-07-10", "2025-08-01"]),
    })  # fmt: skip
    return {
        "people": people, "customers": table, "orders": lines, "opportunities": deals, "activities": activity_rows(500),
        "leads": leads, "spend": spend, "payments": paid, "absences": absences, "rates": _rates(),
    }  # fmt: skip


def _people() -> pd.DataFrame:
    """Nine people: one moves country, one moves team inside a quarter, one joins, one leaves, two have no team or country."""
    rows = []
    for i in range(1, 9):
        country = list(CURRENCIES)[i % 3]
        rows.append({"person_id": f"P{i}", "name": f"Name {i}", "country": country, "team": TEAMS[country][i % 2], "role": "rep"})
    rows.append({"person_id": "P9", "name": None, "country": None, "team": None, "role": "marketing"})
    table = pd.DataFrame(rows)
    table.loc[table["person_id"] == "P8", "team"] = None
    moves = table[table["person_id"].isin(["P1", "P3"])].copy()
    moves["valid_from"] = ["2025-05-10", "2024-11-20"]
    moves.loc[moves["person_id"] == "P1", ["country", "team"]] = ["Germany", "Nord"]
    moves.loc[moves["person_id"] == "P3", "team"] = "Export"
    table["valid_to"] = table["person_id"].map({"P1": "2025-05-09", "P3": "2024-11-19"})
    table = pd.concat([table, moves], ignore_index=True).drop(columns="valid_to")
    for column in ("valid_from", "joined_on", "left_on"):
        if column not in table:
            table[column] = None
    known = {"P2": "2023-05-01", "P3": "2024-02-12", "P5": "2024-08-10", "P6": "2022-01-01", "P7": "2025-07-28"}
    table["joined_on"] = table["person_id"].map(known)
    table["left_on"] = table["person_id"].map({"P6": "2025-02-14"})
    for column in ("valid_from", "joined_on", "left_on"):
        table[column] = days(table[column])
    table["currency"] = table["country"].map(CURRENCIES).fillna("USD")
    table["iso"] = table["country"].map(ISO)
    return table


def _shared(lines: pd.DataFrame, names: np.ndarray, draw: np.random.Generator) -> pd.DataFrame:
    """Rows of a second person in one order of ten, credits 0.4 and 0.6 or one half each."""
    shared = lines.index[draw.random(len(lines)) < 0.1]
    share = draw.choice([0.4, 0.5, 0.6], len(shared))
    lines.loc[shared, "credit"] = share
    rows = lines.loc[shared].copy()
    rows["credit"] = 1 - share
    rows["person_id"] = [draw.choice([name for name in names[:8] if name != own]) for own in rows["person_id"]]
    return rows


def _rates() -> pd.DataFrame:
    """Quarterly rates of EUR and VND; dated ones of TRY, which falls."""
    quarters = [f"{year}Q{number}" for year in (2023, 2024, 2025, 2026) for number in (1, 2, 3, 4)]
    rows = [("EUR", quarter, None, 1.05 + 0.01 * i) for i, quarter in enumerate(quarters)]
    rows += [("VND", quarter, None, 0.00004 - 0.0000003 * i) for i, quarter in enumerate(quarters)]
    dated = pd.date_range("2023-01-11", "2025-10-01", freq="47D")
    rows += [("TRY", None, day, 0.034 * 0.97**i) for i, day in enumerate(dated)]
    table = pd.DataFrame(rows, columns=["currency", "quarter", "date", "rate"])
    return table.assign(date=days(table["date"]))
