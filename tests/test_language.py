"""Numbers, money and dates as each language writes them."""

from __future__ import annotations

from datetime import date

import pytest

from kpi_toolkit import language
from kpi_toolkit.errors import KpiError, nearest

EN, VI, DE, TR = (language.load(code) for code in ("en", "vi", "de", "tr"))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_percentages_stand_as_each_language_sets_them():
    assert [plain(lang.percent(0.981)) for lang in (EN, VI, DE, TR)] == ["98.1%", "98,1%", "98,1 %", "%98,1"]


def test_a_negative_number_has_a_real_minus_and_zero_has_none():
    assert EN.number(-1234.5, 1) == "−1,234.5"
    assert EN.number(-0.004, 2) == "0.00" and EN.percent(-0.0001) == "0.0%"


def test_what_is_missing_is_a_dash_never_nan():
    for value in (None, float("nan")):
        for said in (
            EN.number(value),
            VI.percent(value),
            EN.money(value, "USD"),
            EN.compact(value, "VND"),
            EN.chance(value),
            EN.day(None),
        ):
            assert said == "–"


def test_dong_is_said_in_ty():
    assert plain(VI.compact(7.7123e9, "VND")) == "7,71 tỷ ₫"
    assert plain(VI.money(1234567.8, "VND")) == "1.234.568 ₫"
    assert plain(EN.compact(1.2e6, "EUR")) == "€1.20 m"


def test_a_currency_of_letters_stands_apart_and_the_sign_before_it():
    assert plain(EN.money(-24091, "THB", 0)) == "−THB 24,091" and plain(EN.compact(-7.7e9, "VND")) == "−₫7.70 bn"
    assert plain(VI.money(-1500, "EUR")) == "−1.500,00 €"


def test_rounding_never_shows_a_thousand_of_a_unit():
    assert plain(EN.compact(999_999.9)) == "1.00 m"


def test_no_chance_is_said_more_surely_than_one_in_a_hundred():
    assert [plain(EN.chance(p)) for p in (0.0, 0.004, 0.5, 0.996, 1.0)] == ["< 1%", "< 1%", "50%", "> 99%", "> 99%"]


def test_days_and_quarters_by_language():
    assert plain(EN.day(date(2026, 9, 30))) == "30 Sep 2026" and VI.day(date(2026, 9, 30)) == "30/09/2026"
    assert plain(EN.quarter("2026Q3")) == "Q3 2026" and plain(VI.quarter("2026Q3")) == "quý 3/2026"


def test_an_error_gives_its_code_and_fields_and_braces_in_values_stay_text():
    class Wrong(KpiError):
        code = "K123"
        message = "{file}: no {column!r}"

    assert str(Wrong(file="a.csv", column="{x}")) == "K123: a.csv: no '{x}'"


@pytest.mark.parametrize(("word", "near"), [("revenu", "revenue"), ("ORDERS", "orders"), ("zzz", "–")])
def test_the_nearest_known_word_is_offered(word, near):
    assert nearest(word, ["revenue", "orders"]) == near
