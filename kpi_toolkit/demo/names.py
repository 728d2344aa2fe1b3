"""Names of the demo's customers: made up of words, a country at a time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

_WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "VN": (
        ("Sao", "Mây", "Suối", "Đồi", "Bến", "Vườn", "Cầu", "Gió", "Trăng", "Thuyền", "Hoa", "Núi"),
        ("Biếc", "Tím", "Bạc", "Xanh", "Đỏ", "Vàng", "Trắng", "Hồng", "Ngọc", "Lam", "Nâu", "Thơm"),
        "Công ty TNHH {a} {b} {n}",
    ),
    "TR": (
        ("Gök", "Yıldız", "Deniz", "Çınar", "Güneş", "Işık", "Rüzgâr", "Şimşek", "Bulut", "Kaya", "Öz", "Ak"),
        ("pınar", "dağ", "ırmak", "tepe", "köy", "su", "bahçe", "çeşme", "köprü", "ova", "liman", "orman"),
        "{a}{b} Ticaret {n}",
    ),
    "TH": (
        ("ดาว", "ฟ้า", "น้ำ", "ทอง", "แก้ว", "ดอก", "ลม", "เขา", "สวน", "เรือ", "บ้าน", "ทราย"),
        ("ใส", "งาม", "ขาว", "เย็น", "ใหม่", "สุข", "เขียว", "แดง", "ดี", "หอม", "สูง", "ใหญ่"),
        "ร้าน{a}{b} {n}",
    ),
    "DE": (
        ("Grün", "Stein", "Linden", "Müh", "Wald", "Föhren", "Wiesen", "Birken", "Silber", "Korn", "Brücken", "Äpfel"),
        ("bach", "tal", "hof", "feld", "berg", "see", "garten", "furt", "moor", "höhe", "grund", "stein"),
        "{a}{b} {n} GmbH",
    ),
}
SEGMENTS = ("Retail", "Wholesale", "Workshop", "Project")


def named(rng: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with `name` (a number keeps each its own) and `segment`."""
    names = []
    for country, number in zip(customers["country"], rng.integers(0, 144, len(customers)), strict=True):
        first, second, form = _WORDS[country]
        names.append((form, first[number // 12], second[number % 12]))
    counted = pd.Series(names).groupby(pd.Series(names)).cumcount() + 1
    said = [form.format(a=a, b=b, n=n) for (form, a, b), n in zip(names, counted, strict=True)]
    return customers.assign(name=said, segment=rng.choice(SEGMENTS, len(customers), p=[0.45, 0.25, 0.2, 0.1]))
