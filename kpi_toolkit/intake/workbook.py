"""Excel workbooks (.xlsx, .xls, .xlsm, .ods) by calamine, a sheet as rows of texts; real dates and real numbers keep a mark."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from kpi_toolkit.engagement import Source, shortened
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.intake.files import Place
from kpi_toolkit.intake.grid import DAY_CELL, NUMBER_CELL, EmptyFile, Grid, Row, composed, fitted, named
from kpi_toolkit.language import N_

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".xlsb")
MOST_CELLS = 100_000_000  # of a sheet's rectangle; calamine lays it out whole, and one far cell asks for 550 GB
MOST_BYTES = 4_000_000_000  # of an unpacked workbook
CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')


class UnreadableWorkbook(KpiError):
    code = "K115"
    message = N_("{file}: this workbook cannot be read: {problem}. Save it anew as .xlsx without a password, or as CSV UTF-8.")


class MissingSheet(KpiError):
    code = "K116"
    message = N_(
        "{file}: no sheet {sheet!r}. Nearest: {nearest}. Sheets there: {known}. "
        "It is named in engagement.yml under sources.{table}."
    )


def grid(place: Place, source: Source, sheet: str | None, table: str) -> Grid:
    """A sheet (the first where none is named). Raises `UnreadableWorkbook`, `MissingSheet` or `EmptyFile`."""
    import python_calamine as calamine

    _refuse_bombs(place)
    try:
        book = calamine.CalamineWorkbook.from_path(str(place.path))
        names = book.sheet_names
        if not names or (sheet is not None and sheet not in names):
            known = ", ".join(map(shortened, names))
            raise MissingSheet(file=place.written, sheet=sheet, nearest=nearest(sheet or "", names), known=known, table=table)
        chosen = sheet if sheet is not None else names[0]
        rows = enumerate(book.get_sheet_by_name(chosen).iter_rows(), 1)
    except (calamine.CalamineError, OSError) as error:
        raise UnreadableWorkbook(file=place.written, problem=shortened(error)) from None
    header: list[str] = []
    for number, cells in rows:
        if number == source.header:
            header = named(_text(cell) for cell in cells)
            break
    if not header:
        raise EmptyFile(file=place.written, sheet=chosen, header=source.header)
    return Grid(place, chosen, header, _rows(rows, len(header)))


def _rows(rows: Iterator[tuple[int, list[Any]]], width: int) -> Iterator[Row]:
    for number, cells in rows:
        texts = [_text(cell) for cell in cells]
        texts += [""] * (width - len(texts))
        if any(text.strip() for text in texts):
            yield fitted(Row(number, texts), width)


def _text(cell: Any) -> str:
    """A cell as text; 5.0 is 5, as Excel shows it."""
    if isinstance(cell, str):
        return composed(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return NUMBER_CELL + (str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell))
    if isinstance(cell, int):
        return NUMBER_CELL + str(cell)
    if isinstance(cell, datetime):
        return DAY_CELL + cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return DAY_CELL + cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat()
    return str(cell)


def _refuse_bombs(place: Place) -> None:
    """Stop at workbooks that would fill the memory: a far-away cell or an unpacked size beyond all use."""
    if not zipfile.is_zipfile(place.path):
        return  # .xls is no archive, and its sheets end at row 65,536
    with zipfile.ZipFile(place.path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
            raise UnreadableWorkbook(file=place.written, problem=f"unpacked it is larger than {MOST_BYTES:,} bytes")
        for part in archive.infolist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename) and _rectangle(archive, part) > MOST_CELLS:
                raise UnreadableWorkbook(
                    file=place.written,
                    problem=f"a cell far away makes {Path(part.filename).name} larger than {MOST_CELLS:,} cells",
                )


def _rectangle(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Rows times columns up to the farthest cell of a sheet."""
    rows, columns, rest = 0, 0, b""
    with archive.open(part) as file:
        while piece := file.read(1 << 22):
            for letters, digits in CELL.findall(rest + piece):
                rows = max(rows, int(digits))
                columns = max(columns, sum((letter - 64) * 26**i for i, letter in enumerate(reversed(letters))))
            rest = piece[-200:]
    return rows * columns
