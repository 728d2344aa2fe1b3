"""A file or a sheet as rows of texts: the one shape in which CSV, workbooks and Parquet reach the engine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.files import Place
from kpi_toolkit.language import N_

DAY_CELL = "\ue000"  # before the ISO text of a cell that is a real date: its day and month are not read from text
NUMBER_CELL = "\ue001"  # before the digits of a cell that is a real number: its decimal sign is a point
ROWS_AT_ONCE = 100_000
SPOILT = ("fields", "quote")  # faults of a row's shape


class EmptyFile(KpiError):
    code = "K112"
    message = N_("{file}, sheet {sheet}: no row {header} with column names; the file is empty. Expected: names, then rows.")


class Row(NamedTuple):
    """A row: its number as a spreadsheet or an editor shows it, its cells, and what is wrong with its shape ('' if nothing)."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Grid:
    """Column names and rows of one file or sheet; `sheet` is empty where the file has none. Wholly empty rows are left out."""

    place: Place
    sheet: str
    header: list[str]
    rows: Iterable[Row]


def composed(text: str) -> str:
    """A client's text with its letters composed (cp1258 and macOS write marks apart) and without our own marks."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).replace(DAY_CELL, "\ufffd").replace(NUMBER_CELL, "\ufffd")


def named(cells: Iterable[str]) -> list[str]:
    """Column names: trimmed, runs of white space as one space; a name that stands twice gets a number behind."""
    out: list[str] = []
    for cell in cells:
        name = " ".join(cell.replace(DAY_CELL, "").replace(NUMBER_CELL, "").split())
        twice = sum(1 for other in out if other == name or other.startswith(name + " #"))
        out.append(f"{name} #{twice + 1}" if name and twice else name)
    while out and not out[-1]:
        out.pop()
    return out


def fitted(row: Row, width: int) -> Row:
    """The row in the header's width; empty cells beyond it are dropped, a row of another width is spoilt."""
    cells = row.cells
    if len(cells) == width or row.fault:
        return row
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return Row(row.number, cells[:width])
    return Row(row.number, cells, SPOILT[0])


def poured(connection: Any, raw: str, grids: list[Grid], first: int = 1) -> list[str]:
    """Put grids into the table `raw`: text columns c0, c1 … for the names returned (of all grids, by first appearance), and
    `_seq` (from `first`), `_file`, `_sheet`, `_row`, `_spoilt`.
    """
    import pyarrow as pa

    names = list(dict.fromkeys(name for grid in grids for name in grid.header if name))
    columns = [f"c{i}" for i in range(len(names))]
    fields = ["_seq BIGINT", "_file VARCHAR", "_sheet VARCHAR", "_row BIGINT", "_spoilt VARCHAR"]
    connection.execute(f"CREATE OR REPLACE TABLE {raw} ({', '.join(fields + [f'{column} VARCHAR' for column in columns])})")
    for grid in grids:
        at = [grid.header.index(name) if name in grid.header else -1 for name in names]
        for rows in _batches(grid.rows):
            spoilt = any(row.fault for row in rows)
            width = len(grid.header)
            cells = [_padded(row, width) for row in rows] if spoilt else [row.cells for row in rows]
            across = list(zip(*cells, strict=True)) if width else []
            nothing = pa.nulls(len(rows), pa.string())
            arrays = {
                "_seq": pa.array(range(first, first + len(rows)), pa.int64()),
                "_file": pa.repeat(pa.scalar(grid.place.written, pa.string()), len(rows)),
                "_sheet": pa.repeat(pa.scalar(grid.sheet, pa.string()), len(rows)),
                "_row": pa.array([row.number for row in rows], pa.int64()),
                "_spoilt": pa.array([row.fault or None for row in rows], pa.string()),
            }
            arrays |= {
                column: pa.array(across[i], pa.string()) if i >= 0 else nothing for column, i in zip(columns, at, strict=True)
            }
            connection.register("_batch", pa.table(arrays))
            connection.execute(f"INSERT INTO {raw} SELECT * FROM _batch")
            connection.unregister("_batch")
            first += len(rows)
    return names


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while batch := list(islice(source, ROWS_AT_ONCE)):
        yield batch


def _padded(row: Row, width: int) -> list[str]:
    """A spoilt row in the table's width: what is beyond the last column stands in it, so that quarantine loses nothing."""
    if len(row.cells) <= width:
        return row.cells + [""] * (width - len(row.cells))
    return [*row.cells[: width - 1], " | ".join(row.cells[width - 1 :])]
