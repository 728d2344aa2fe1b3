"""Parquet files as rows of texts; what they hold as dates and numbers keeps its mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kpi_toolkit.engagement import shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.files import Place
from kpi_toolkit.intake.grid import DAY_CELL, NUMBER_CELL, EmptyFile, Grid, Row, composed, named
from kpi_toolkit.language import N_


class UnreadableParquet(KpiError):
    code = "K117"
    message = N_("{file}: this Parquet file cannot be read: {problem}.")


def grid(place: Place) -> Grid:
    """A Parquet file; its rows are numbered from 1. Raises `UnreadableParquet` or `EmptyFile`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(place.path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableParquet(file=place.written, problem=shortened(error)) from None
    header = named(file.schema_arrow.names)
    if not header:
        raise EmptyFile(file=place.written, sheet="–", header=1)
    return Grid(place, "", header, _rows(file))


def _rows(file: Any) -> Iterator[Row]:
    number = 0
    for batch in file.iter_batches():
        for cells in zip(*(_texts(column) for column in batch.columns), strict=True):
            number += 1
            if any(cells):
                yield Row(number, list(cells))


def _texts(column: Any) -> list[str]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary_decode())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return ["" if value is None else DAY_CELL + str(value)[:10] for value in column.to_pylist()]
    if pa.types.is_floating(kind):
        return ["" if value is None or value != value else NUMBER_CELL + _number(value) for value in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return ["" if value is None else NUMBER_CELL + str(value) for value in column.to_pylist()]
    return ["" if value is None else composed(str(value)) for value in column.to_pylist()]


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
