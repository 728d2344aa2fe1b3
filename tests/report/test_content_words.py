"""Codes become words: each has its own, an unknown one is neither shown raw nor swallowed, names keep to privacy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kpi_toolkit
from kpi_toolkit import language
from kpi_toolkit.kpis.catalogue import CATALOGUE
from kpi_toolkit.report import catalogues, render
from kpi_toolkit.report.words import Words, reason, rule
from kpi_toolkit.report.words.choice_codes import DIAGNOSIS_CODES, PROPOSAL_CODES, RENEWAL_CODES, health
from kpi_toolkit.report.words.codes import RULES, WORDINGS, patterned
from kpi_toolkit.report.words.findings import FINDINGS
from kpi_toolkit.report.words.target_codes import COMPANY_CODES, TARGET_CODES

PACKAGE = Path(kpi_toolkit.__file__).parent
ENGLISH, VIETNAMESE = Words(language.load("en")), Words(language.load("vi"))
RAW = re.compile(r"[a-z]+_[a-z_]+|\b(?:nan|None)\b|\d\.\d{7,}")
# a code as a step writes it: `code("redundant_with", …)`, `f"share_met:{…}"`
WRITTEN = re.compile(r"""\bcode\(\s*"([a-z_]+)|f"(?:[^"{}]*;)?([a-z_]+):\{""")
SPOKEN = {
    "diagnose": DIAGNOSIS_CODES | WORDINGS,
    "propose": PROPOSAL_CODES | WORDINGS,
    "renew.py": RENEWAL_CODES | WORDINGS,
    "targets": TARGET_CODES | COMPANY_CODES | WORDINGS,
    "act.py": WORDINGS,
    "exceptions": WORDINGS,
}
TABLES_OF_CODES = (WORDINGS, PROPOSAL_CODES, RENEWAL_CODES, DIAGNOSIS_CODES, COMPANY_CODES)
ALL_CODES = {code for table in TABLES_OF_CODES for code in table}
EXAMPLES = (
    ("redundant_with:orders:0.94", PROPOSAL_CODES, "Says the same as Orders (likeness 0.94)"),
    ("chosen:objective:growth;kept_on", PROPOSAL_CODES, "Chosen: the first that serves growth; the last renewal keeps it"),
    ("not_available:activities+orders.discount", PROPOSAL_CODES, "field activities, discount of each order (in orders)"),
    (
        "share_met:0.58:17:0.44:0.71:0.60",
        RENEWAL_CODES,
        "58% of 17 people reached (80% range 44% to 71%); a healthy share is 60%",
    ),
    ("presence:0.45;days:29:64", {}, "Present 45% of the quarter; 29 of 64 working days"),
    ("equal_difficulty:0.43", COMPANY_CODES, "a chance of 43%"),
    ("clipped:0.93", COMPANY_CODES, "93% of it is handed out"),
)


def _code(path: Path) -> str:
    """The text of a module without its docstrings."""
    return re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.S)


def _sources(part: str) -> list[Path]:
    path = PACKAGE / part
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


@pytest.mark.parametrize("part", SPOKEN)
def test_every_code_that_a_step_writes_has_words(part: str) -> None:
    paths = [path for path in _sources(part) if path.is_file()]
    written = {one or two for path in paths for one, two in WRITTEN.findall(_code(path))}
    assert not sorted(written - set(SPOKEN[part])), f"codes without words in {part}"


def test_every_finding_of_the_intake_has_words() -> None:
    call = re.compile(r"""(?:\.found|_noted)\(\s*(?:at,\s*)?[\w"]+,\s*"([a-z_]+)\"""")
    written = {code for path in _sources("intake") for code in call.findall(path.read_text(encoding="utf-8"))}
    assert written and not sorted(written - set(FINDINGS))


@pytest.mark.parametrize(("text", "wordings", "told"), EXAMPLES)
def test_a_reason_is_told_with_its_figures(text: str, wordings: dict[str, object], told: str) -> None:
    assert told in reason(ENGLISH, text, "revenue", "EUR", wordings)  # type: ignore[arg-type]


def test_money_of_an_evidence_is_in_the_unit_of_its_kpi() -> None:
    told = reason(ENGLISH, "above:1950000:1300000:900000:1700000;points:1;grain:month", "revenue", "EUR")
    assert told.startswith("€1.95 m lies above what is usual here (€900 k to €1.70 m, mean €1.30 m)".replace(" k", "\u00a0k")
                           .replace(" m ", "\u00a0m ").replace(" m,", "\u00a0m,").replace(" m)", "\u00a0m)"))  # fmt: skip


@pytest.mark.parametrize(
    ("rule_", "evidence", "told"),
    [
        (
            "process_limit_run", "above:120:100:70:130;points:9",
            "9 results in a row above the mean 100 (last 120; usual range 70 to 130)",
        ),
        ("process_limit_run", "below:95:100:70:130", "7 results in a row below the mean 100 (last 95; usual range 70 to 130)"),
        (
            "process_limit_outer_third", "below:75:100:70:130;points:2",
            "Two of three results near the lower limit or beyond it (last 75; usual range 70 to 130, mean 100)",
        ),
        ("process_limit_outside", "above:140:100:70:130;points:1", "140 lies above what is usual here (70 to 130, mean 100)"),
    ],
)  # fmt: skip
def test_a_pattern_inside_the_usual_range_is_not_said_to_lie_outside(rule_: str, evidence: str, told: str) -> None:
    assert reason(ENGLISH, evidence, "orders", "", patterned(rule_, evidence)).startswith(told)


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.9998, "99.98%"), (0.99999, "99.999%"), (1 - 1e-9, "99.9%"), (1.0, "100.0%"), (0.8997, "89.97%"), (1.0499, "105.0%")],
)
def test_no_score_is_rounded_over_the_edge_of_its_band(share: float, told: str) -> None:
    assert ENGLISH.attained(share) == told


def test_what_was_not_judged_is_not_said_to_work() -> None:
    for text in ("no_goals", "too_few:3", "incomplete_quarter"):
        assert health(ENGLISH, "fine", text) == "not judged"
        assert "other reason" not in reason(ENGLISH, text, "orders", "", RENEWAL_CODES).lower()
    assert health(ENGLISH, "fine", "share_met:0.6:20:0.5:0.7:0.6") == "works as it should"


def test_too_few_usable_kpis_are_not_told_as_want_of_history() -> None:
    assert reason(ENGLISH, "no_history:2:5", "", "", PROPOSAL_CODES) == "Only 2 usable KPIs of the 5 asked for: nothing chosen"
    assert reason(ENGLISH, "no_history", "", "", PROPOSAL_CODES) == "No history before the quarter"


def test_an_unknown_code_is_told_as_another_reason_with_its_figures() -> None:
    told = reason(ENGLISH, "moon_phase:0.25:orders;share_met:0.5")
    assert "Other reason (moon phase: 0.25, orders)" in told
    assert not RAW.search(told)


FIGURES = ["0.5", "nan", "", "x", "17", "orders", "share", "-3", "activities+leads", "2026Q2"]


@given(st.sampled_from(sorted(ALL_CODES)), st.lists(st.sampled_from(FIGURES), max_size=6))
def test_no_code_shows_raw_whatever_its_figures(code: str, figures: list[str]) -> None:
    for say in (ENGLISH, VIETNAMESE):
        for wordings in TABLES_OF_CODES:
            told = reason(say, ":".join([code, *figures]), "orders", "", wordings)
            assert told and not RAW.search(told)


def test_a_rule_is_worded_without_accusation() -> None:
    for code in (*RULES, "gaming_pulled_forward", "windfall_order", "a_rule_of_tomorrow"):
        told = rule(ENGLISH, code)
        assert not RAW.search(told)
        assert not re.search(r"gaming|cheat|fraud|manipul|suspic", told, re.I)


def test_vietnamese_has_every_message_of_the_report() -> None:
    assert not catalogues.check("vi", render.templates().glob("*.qmd"))


def test_vietnamese_names_every_kpi() -> None:
    for kpi in CATALOGUE:
        assert VIETNAMESE.kpi(kpi.id) != ENGLISH.kpi(kpi.id), kpi.id


def test_the_clients_own_word_goes_before_the_catalogues() -> None:
    say = Words(language.load("vi"), terms={"revenue": {"vi": "doanh số"}})
    assert say.kpi("revenue") == "Doanh số"


@pytest.mark.parametrize(
    ("names", "asked", "told"),
    [
        ("decisions", True, "Elif Yıldız"),
        ("decisions", False, ""),
        ("shown", False, "Elif Yıldız"),
        ("initials", True, "E.Y."),
        ("hidden", True, ""),
    ],
)
def test_a_person_is_named_as_privacy_allows(names: str, asked: bool, told: str) -> None:
    assert Words(language.load("en"), people={"7": "Elif Yıldız"}, privacy=names).person("7", asked) == told


def test_missing_figures_are_a_dash_in_every_unit() -> None:
    for kpi in CATALOGUE:
        for value in (None, float("nan")):
            assert ENGLISH.value(kpi.id, value) == "–"
