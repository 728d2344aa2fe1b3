"""Days in texts: whether a column writes the day or the month first is decided for the whole column, by evidence.

A day above 12 is evidence; ISO (2026-07-31, 20260731) and names of months need none. Real date cells hold what the spreadsheet
understood: where all of them could have day and month changed over and texts of the column are what it did not understand, only
the client can tell (`dates:`).
"""

from __future__ import annotations

from typing import Any

from kpi_toolkit.engagement import shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.backend import text
from kpi_toolkit.intake.evidence import Column, examples, tally
from kpi_toolkit.intake.grid import DAY_CELL
from kpi_toolkit.language import N_

SWAPPED = "swapped"
FIRST_YEAR, LAST_YEAR = 1900, 2199  # a day outside is no day of a client's
PARTED = r"\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})(,?[T ].*)?"

MACROS = rf"""
CREATE OR REPLACE MACRO day_parted(t) AS regexp_full_match(t, '{PARTED}');
CREATE OR REPLACE MACRO day_a(t) AS CAST(regexp_extract(t, '^(\d+)[-/.](\d+)', 1) AS INTEGER);
CREATE OR REPLACE MACRO day_b(t) AS CAST(regexp_extract(t, '^(\d+)[-/.](\d+)', 2) AS INTEGER);
CREATE OR REPLACE MACRO day_year_first(t) AS CASE
    WHEN regexp_full_match(t, '\d{{4}}-\d{{2}}-\d{{2}}([T ].*)?') THEN TRY_CAST(left(t, 10) AS DATE)
    WHEN regexp_full_match(t, '\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}([T ].*)?')
        THEN TRY_CAST(try_strptime(regexp_replace(regexp_extract(t, '^[-\d/.]+'), '[/.]', '-', 'g'), '%Y-%m-%d') AS DATE)
    WHEN regexp_full_match(t, '\d{{8}}') THEN TRY_CAST(try_strptime(t, '%Y%m%d') AS DATE) END;
CREATE OR REPLACE MACRO day_words(t) AS
    trim(regexp_replace(regexp_replace(t, '[T ]+\d{{1,2}}:\d{{2}}.*$', ''), '[-,./\s]+', ' ', 'g'));
CREATE OR REPLACE MACRO day_named(t) AS CASE
    WHEN regexp_matches(t, '[A-Za-z]{{3}}') AND regexp_matches(day_words(t), '\d{{4}}') THEN TRY_CAST(try_strptime(
        day_words(t), ['%d %b %Y', '%d %B %Y', '%b %d %Y', '%B %d %Y', '%Y %b %d', '%Y %B %d']) AS DATE)
    WHEN regexp_matches(t, '[A-Za-z]{{3}}') THEN TRY_CAST(try_strptime(day_words(t), ['%d %b %y', '%d %B %y']) AS DATE) END;
CREATE OR REPLACE MACRO day_of_parts(t, pattern) AS TRY_CAST(CASE
    WHEN regexp_matches(t, '^\d+[-/.]\d+[-/.]\d{{4}}') THEN try_strptime(
        regexp_replace(regexp_extract(t, '^[-\d/.]+'), '[-.]', '/', 'g'), pattern || '/%Y')
    ELSE try_strptime(regexp_replace(regexp_extract(t, '^[-\d/.]+'), '[-.]', '/', 'g'), pattern || '/%y') END AS DATE);
CREATE OR REPLACE MACRO day_of_cell(t) AS TRY_CAST(substr(t, 2, 10) AS DATE);
CREATE OR REPLACE MACRO day_changed_over(d) AS CASE WHEN day(d) <= 12 THEN make_date(year(d), day(d), month(d)) END;
CREATE OR REPLACE MACRO day_kind(t) AS CASE
    WHEN starts_with(t, '{DAY_CELL}') THEN CASE WHEN day(day_of_cell(t)) > 12 THEN 'cell_past_12' ELSE 'cell' END
    WHEN NOT day_parted(t) THEN 'other'
    WHEN day_a(t) > 12 AND day_b(t) <= 12 THEN 'day_first'
    WHEN day_b(t) > 12 AND day_a(t) <= 12 THEN 'month_first'
    WHEN day_a(t) = day_b(t) THEN 'same' WHEN day_a(t) > 12 THEN 'other'
    ELSE 'unclear' END;
"""


class UnclearDates(KpiError):
    code = "K122"
    message = N_(
        "{file}, sheet {sheet}, row {row}, column {column!r}: {value!r} may be day or month first, and no row tells. "
        'Say it in engagement.yml under sources.{table}: dates: "%d/%m/%Y" (day first) or dates: "%m/%d/%Y".'
    )


class MixedDates(KpiError):
    code = "K123"
    message = N_(
        "{file}, sheet {sheet}, column {column!r}: some days are written day first (row {row}: {value!r}), some month first "
        '(row {other_row}: {other!r}). Say in engagement.yml under sources.{table} which holds, such as dates: "%d/%m/%Y"; '
        "the other rows then go to quarantine."
    )


class CellsAndTexts(KpiError):
    code = "K124"
    message = N_(
        "{file}, sheet {sheet}, column {column!r}: real dates (row {other_row}: {other!r}) stand next to texts (row {row}: "
        "{value!r}), and no real date has a day above 12: a spreadsheet set to the other order may have changed day and month "
        "over. "
        'Say in engagement.yml under sources.{table}: dates: swapped, or the format of the texts, such as dates: "%d/%m/%Y", '
        "if the real dates are right."
    )


class BadDateFormat(KpiError):
    code = "K125"
    message = N_("sources.{table}.dates: {format!r} is no date format. Expected: such as %d.%m.%Y, or swapped.")


def day(connection: Any, column: Column, declared: str | None, tolerance: float) -> str:
    """The SQL expression that reads the column's texts as days; NULL where a text is none.

    An order that at most `tolerance` of the telling rows speak for is a fault of these rows. Raises `UnclearDates`, `MixedDates`,
    `CellsAndTexts` or `BadDateFormat`.
    """
    if declared and declared != SWAPPED:
        return _declared(connection, column, declared)
    seen = tally(connection, column, "day_kind")
    first_day, first_month = seen.get("day_first", 0), seen.get("month_first", 0)
    if first_day and first_month and min(first_day, first_month) > tolerance * (first_day + first_month):
        raise MixedDates(**examples(connection, column, "day_kind", "day_first", "month_first"))
    if not declared and seen.get("cell", 0) and not seen.get("cell_past_12", 0) and (first_day or first_month):
        text_kind = "day_first" if first_day else "month_first"
        raise CellsAndTexts(**examples(connection, column, "day_kind", text_kind, "cell"))
    if seen.get("unclear", 0) and not first_day and not first_month:
        raise UnclearDates(**examples(connection, column, "day_kind", "unclear"))
    parts = "%d/%m" if first_day >= first_month else "%m/%d"
    t = column.sql
    cell = f"day_changed_over(day_of_cell({t}))" if declared == SWAPPED else f"day_of_cell({t})"
    return (
        f"CASE WHEN starts_with({t}, '{DAY_CELL}') THEN {cell} WHEN day_parted({t}) THEN day_of_parts({t}, '{parts}') "
        f"ELSE coalesce(day_year_first({t}), day_named({t})) END"
    )


def sane(expression: str) -> str:
    """The day, or NULL where its year is none of a client's."""
    return f"CASE WHEN year({expression}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN {expression} END"


def _declared(connection: Any, column: Column, declared: str) -> str:
    import duckdb

    try:
        connection.execute(f"SELECT try_strptime('x', {text(declared)})").fetchall()
    except duckdb.Error:
        raise BadDateFormat(table=column.table, format=shortened(declared)) from None
    if "%" not in declared:
        raise BadDateFormat(table=column.table, format=shortened(declared))
    t, pattern = column.sql, text(declared)
    bare = rf"regexp_replace({t}, '[T ]+\d{{1,2}}:\d{{2}}.*$', '')"
    return (
        f"CASE WHEN starts_with({t}, '{DAY_CELL}') THEN day_of_cell({t}) ELSE coalesce("
        f"TRY_CAST(try_strptime({t}, {pattern}) AS DATE), TRY_CAST(try_strptime({bare}, {pattern}) AS DATE), "
        f"day_year_first({t})) END"
    )
