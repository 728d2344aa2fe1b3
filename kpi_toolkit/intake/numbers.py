"""Numbers in texts: whether a column writes its decimals with a point or a comma is decided for the whole column, by evidence."""

from __future__ import annotations

from typing import Any

from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.evidence import Column, examples, tally
from kpi_toolkit.intake.grid import NUMBER_CELL
from kpi_toolkit.language import N_

PLAIN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
POINT = r"[+-]?([1-9]\d{0,2}(,\d{3})+|0)(\.\d*)?"  # 1,234.5
COMMA = r"[+-]?(([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d*)?|,\d+)"  # 1.234,5 and 1234,5

MACROS = rf"""
CREATE OR REPLACE MACRO number_bare(t) AS regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    t, '[\s\x{{00a0}}\x{{202f}}\x{{2009}}''’₫đ€$£¥฿₺]|^[A-Z]{{3}}|[A-Z]{{3}}$', '', 'g'), '−', '-', 'g'),
    '^\((.*)\)$', '-\1'), '^([^-].*)-$', '-\1');
CREATE OR REPLACE MACRO number_finite(x) AS CASE WHEN isfinite(x) THEN x END;
CREATE OR REPLACE MACRO number_share(b) AS CASE WHEN ends_with(b, '%') THEN 100 ELSE 1 END;
CREATE OR REPLACE MACRO number_with_point(b) AS
    CASE WHEN regexp_full_match(b, '{PLAIN}') THEN TRY_CAST(b AS DOUBLE)
         WHEN regexp_full_match(b, '{POINT}') THEN TRY_CAST(replace(b, ',', '') AS DOUBLE) END;
CREATE OR REPLACE MACRO number_with_comma(b) AS
    CASE WHEN regexp_full_match(b, '{COMMA}') THEN TRY_CAST(replace(replace(b, '.', ''), ',', '.') AS DOUBLE) END;
CREATE OR REPLACE MACRO number_of(t, comma) AS number_finite(
    CASE WHEN starts_with(t, '{NUMBER_CELL}') THEN TRY_CAST(substr(t, 2) AS DOUBLE)
         WHEN NOT comma AND regexp_full_match(t, '{PLAIN}') THEN TRY_CAST(t AS DOUBLE)
         WHEN comma THEN number_with_comma(rtrim(number_bare(t), '%')) / number_share(number_bare(t))
         ELSE number_with_point(rtrim(number_bare(t), '%')) / number_share(number_bare(t)) END);
CREATE OR REPLACE MACRO number_kind(t) AS CASE
    WHEN starts_with(t, '{NUMBER_CELL}') OR regexp_full_match(t, '[+-]?\d+') THEN 'either'
    WHEN regexp_full_match(t, '[+-]?\d+\.(\d{{1,2}}|\d{{4,}})') THEN 'point'
    WHEN number_with_point(rtrim(number_bare(t), '%')) IS NULL AND number_with_comma(rtrim(number_bare(t), '%')) IS NULL
        THEN 'neither'
    WHEN number_with_comma(rtrim(number_bare(t), '%')) IS NULL THEN 'point'
    WHEN number_with_point(rtrim(number_bare(t), '%')) IS NULL THEN 'comma'
    WHEN contains(t, '.') OR contains(t, ',') THEN 'unclear'
    ELSE 'either' END;
"""
"""Currency signs, codes, white space, apostrophes, brackets and a trailing minus are taken off; 12 % is 0.12."""


class UnclearNumbers(KpiError):
    code = "K127"
    message = N_(
        "{file}, sheet {sheet}, row {row}, column {column!r}: {value!r} may be thousands or decimals, and no row tells. "
        'Say it in engagement.yml under sources.{table}: decimal: "." or decimal: ",".'
    )


class MixedNumbers(KpiError):
    code = "K121"
    message = N_(
        "{file}, sheet {sheet}, column {column!r}: decimals are written with a point (row {row}: {value!r}) and with a comma "
        '(row {other_row}: {other!r}). Say in engagement.yml under sources.{table} which holds: decimal: "." or decimal: ","; '
        "the other rows then go to quarantine."
    )


def comma(connection: Any, column: Column, declared: str | None, tolerance: float) -> bool:
    """Whether the column writes decimals with a comma.

    A style that at most `tolerance` of the telling rows speak for is a fault of these rows.
    Raises `UnclearNumbers` or `MixedNumbers`.
    """
    if declared:
        return declared == ","
    seen = tally(connection, column, "number_kind")
    points, commas = seen.get("point", 0), seen.get("comma", 0)
    if points and commas and min(points, commas) > tolerance * (points + commas):
        raise MixedNumbers(**examples(connection, column, "number_kind", "point", "comma"))
    if points or commas:
        return commas > points
    if seen.get("unclear", 0):
        raise UnclearNumbers(**examples(connection, column, "number_kind", "unclear"))
    return False
