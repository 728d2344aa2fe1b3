"""The errors of the package as their reader meets them: one code a class, every message in Vietnamese, every field filled."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from kpi_toolkit.errors import KpiError
from kpi_toolkit.goals import chain
from kpi_toolkit.goals.chain import BrokenLedger, Reason
from kpi_toolkit.intake.mapping import MissingColumn
from kpi_toolkit.intake.quarantine import REASONS, TooManyBadRows
from kpi_toolkit.language import load
from kpi_toolkit.report import catalogues

ERRORS_PO = catalogues.LOCALE / "vi" / "LC_MESSAGES" / "errors.po"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(catalogues.PACKAGE.rglob("*.py"))}


@dataclass(frozen=True)
class Declared:
    """A subclass of KpiError as its source states it; an empty text where it states none."""

    name: str
    code: str
    message: str
    file: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.name} ({self.file.relative_to(catalogues.PACKAGE)}:{self.line})"

    @property
    def said(self) -> catalogues.Said:
        return catalogues.Said(self.message, self.file, self.line)


def stated(node: ast.ClassDef, name: str) -> str:
    """The text of `name = "…"` or `name = N_("…")`, annotated or not, in the body of a class."""
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        if any(isinstance(to, ast.Name) and to.id == name for to in targets):
            value = line.value.args[0] if isinstance(line.value, ast.Call) else line.value
            return str(ast.literal_eval(value))
    return ""


def declared() -> Iterator[Declared]:
    """By the syntax tree, so that an error counts whether or not its module is ever imported."""
    classes = [(path, node) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    errors, before = {KpiError.__name__}, 0
    while len(errors) > before:  # errors of errors too
        before = len(errors)
        errors |= {node.name for _, node in classes if any(ast.unparse(base).split(".")[-1] in errors for base in node.bases)}
    for path, node in classes:
        if node.name in errors - {KpiError.__name__}:
            yield Declared(node.name, stated(node, "code"), stated(node, "message"), path, node.lineno)


ERRORS = list(declared())


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_every_error_states_a_message_and_a_code_of_three_digits() -> None:
    assert len(ERRORS) > 70  # the reader of the sources finds them at all
    assert [error.place for error in ERRORS if not error.message] == []
    assert [f"{error.place}: {error.code!r}" for error in ERRORS if not re.fullmatch(r"K\d{3}", error.code)] == []


def test_a_code_belongs_to_one_error_alone() -> None:
    # K000 is the base's, K999 what the command line says of a fault of the package's own
    owners: dict[str, list[str]] = {KpiError.code: ["KpiError"], "K999": ["cli.main"]}
    for error in ERRORS:
        owners.setdefault(error.code, []).append(error.place)
    assert {code: places for code, places in owners.items() if len(places) > 1} == {}


def test_every_error_message_is_in_vietnamese_with_the_same_fields() -> None:
    assert catalogues.faults([error.said for error in ERRORS], catalogues.read("vi")) == []


def test_every_marked_message_of_the_package_is_in_vietnamese_with_the_same_fields() -> None:
    # reasons and expectations that errors put into their fields are marked apart from the errors
    assert catalogues.faults(catalogues.of_code([catalogues.PACKAGE]), catalogues.read("vi")) == []


@pytest.mark.parametrize("spoilt", ["Hàng {value}", "Hàng {value!s}", "Hàng {values!r}", ""])
def test_a_translation_that_loses_a_field_or_its_conversion_is_found(spoilt: str) -> None:
    said = catalogues.Said("Row {value!r}", Path("x.py"), 1)
    assert len(catalogues.faults([said], {said.text: catalogues.Entry(spoilt, False)})) == 1


def test_the_catalogue_of_errors_repeats_no_message_of_another() -> None:
    messages: dict[str, set[str]] = {}
    for path in ERRORS_PO.parent.glob("*.po"):
        with path.open("rb") as file:
            messages[path.name] = {str(entry.id) for entry in read_po(file, locale="vi", abort_invalid=True) if entry.id}
    own = messages.pop(ERRORS_PO.name)
    assert {name: sorted(own & others) for name, others in messages.items() if own & others} == {}


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_every_error_message_says_all_its_fields(lang: str) -> None:
    for error in ERRORS:
        given = {name: f"<{name}>" for name in fields(error.message)}
        said = load(lang).text(error.message, **given)
        assert [value for value in given.values() if value not in said] == [], error.place
        assert not re.search(r"\{\w*\}", said), error.place


def test_an_error_in_vietnamese_fills_its_fields() -> None:
    error = MissingColumn(
        file="raw/don_hang.csv", sheet="–", column="Ngày đặt", table="orders", field="ordered_on", nearest="Ngay dat",
        known="Ngay dat, So tien",
    )  # fmt: skip
    assert error.worded(load("vi")) == (
        "K102: raw/don_hang.csv, trang tính –: không có cột 'Ngày đặt', cần cho orders.ordered_on. Gần nhất: Ngay dat. "
        "Các cột hiện có: Ngay dat, So tien. Hãy ghi tên cột trong engagement.yml, tại sources.orders.columns."
    )
    assert str(error).startswith("K102: raw/don_hang.csv, sheet –: no column 'Ngày đặt'")


def test_reasons_of_a_broken_ledger_are_worded_in_the_language_of_the_error() -> None:
    for reason in Reason:
        error = BrokenLedger(file="ledger.jsonl", line=3, reason=str(reason))
        said = error.worded(load("vi"))
        assert said.startswith("K502: ledger.jsonl, dòng 3: ")
        assert chain.REASONS[reason] in str(error) and chain.REASONS[reason] not in said


@pytest.mark.parametrize("code", sorted(REASONS))
def test_what_was_expected_of_a_bad_row_is_worded_in_the_language_of_the_error(code: str) -> None:
    expected, mend = REASONS[code]
    error = TooManyBadRows(
        file="raw/a.csv", sheet="–", row=7, column="ngay", value="31/02", bad=3, rows=20, table="orders", share="1%",
        expected=expected, mend=mend, folder="quarantine", where="",
    )  # fmt: skip
    said = error.worded(load("vi"))
    assert said.startswith("K130: raw/a.csv, trang tính –, dòng 7, cột 'ngay': '31/02'; cần: ")
    assert said.endswith("Toàn bộ dòng lỗi: quarantine.")
    assert f"expected: {expected}" not in said and mend not in said
