"""A client small enough to break by hand: three sellers, two years of orders, one CSV file each."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SEED = 11
ENGAGEMENT = """\
client: Small & Sons
language: en
sources:
  people: {file: raw/people.csv}
  orders: {file: raw/orders.csv, currency: EUR}
  quotas: {file: raw/quotas.csv}
"""
PEOPLE = ("P1", "P2", "P3")


def write(root: Path, engagement: str = ENGAGEMENT) -> Path:
    """Write the client into a folder; returns the folder."""
    rng = np.random.default_rng(SEED)
    _csv(root / "raw" / "people.csv", ["person_id", "name", "team", "country"], [[p, f"Name {p}", "North", "DE"] for p in PEOPLE])
    orders, first = [], date(2024, 7, 1)
    for day in range((date(2026, 6, 30) - first).days + 1):
        when = first + timedelta(days=day)
        if when.weekday() < 5:
            seller = PEOPLE[day % len(PEOPLE)]
            orders.append([f"O{day}", when.isoformat(), seller, f"C{rng.integers(40)}", f"{rng.gamma(4.0, 250.0):.2f}"])
    _csv(root / "raw" / "orders.csv", ["order_id", "ordered_on", "person_id", "customer_id", "amount"], orders)
    quotas = [[p, f"{year}Q{n}", "revenue", 20000] for p in PEOPLE for year in (2025, 2026) for n in (1, 2)]
    _csv(root / "raw" / "quotas.csv", ["person_id", "quarter", "kpi", "target"], quotas)
    (root / "engagement.yml").write_text(engagement, encoding="utf-8")
    return root


def _csv(path: Path, head: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def edit(path: Path, before: str, after: str, count: int = 1) -> None:
    """Change a file by hand; what is to be changed must be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{before!r} is not in {path}"
    path.write_text(text.replace(before, after, count), encoding="utf-8")


def append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
