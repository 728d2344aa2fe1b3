"""What the texts of one column look like: counts by kind, and a row as an example of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kpi_toolkit.engagement import shortened
from kpi_toolkit.intake.backend import text
from kpi_toolkit.intake.grid import DAY_CELL, NUMBER_CELL


@dataclass(frozen=True)
class Column:
    """A column of texts in the engine: its table and name there, the client's name for it, and the table it is read for."""

    texts: str
    sql: str
    theirs: str
    table: str


def tally(connection: Any, column: Column, macro: str) -> dict[str, int]:
    """Rows by what `macro` calls their text; rows without a text are not counted."""
    query = f"SELECT {macro}({column.sql}), count(*) FROM {column.texts} WHERE {column.sql} IS NOT NULL AND _taken GROUP BY 1"
    return {str(kind): int(rows) for kind, rows in connection.execute(query).fetchall()}


def examples(connection: Any, column: Column, macro: str, kind: str, other: str | None = None) -> dict[str, object]:
    """The first row of a kind (and of another) as the fields of a message."""
    fields: dict[str, object] = {"column": shortened(column.theirs), "table": column.table}
    file, sheet, row, value = _first(connection, column, macro, kind)
    fields |= {"file": file, "sheet": sheet or "–", "row": row, "value": value}
    if other:
        _, _, row, value = _first(connection, column, macro, other)
        fields |= {"other_row": row, "other": value}
    return fields


def _first(connection: Any, column: Column, macro: str, kind: str) -> tuple[str, str, int, str]:
    query = (
        f"SELECT _file, _sheet, _row, {column.sql} FROM {column.texts} "
        f"WHERE {column.sql} IS NOT NULL AND _taken AND {macro}({column.sql}) = {text(kind)} ORDER BY _seq LIMIT 1"
    )
    file, sheet, row, value = connection.execute(query).fetchall()[0]
    return file, sheet, row, shortened(str(value).replace(DAY_CELL, "").replace(NUMBER_CELL, ""))
