"""From texts to typed rows, in the engine: each row with its first fault, if it has one. A fault is a row, never an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kpi_toolkit.engagement import Engagement, Lookup, Source
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake import csv_text, dates, evidence, formula, mapping, numbers, parquet, workbook
from kpi_toolkit.intake.backend import name, text, texts
from kpi_toolkit.intake.contract import CANONICAL, Field
from kpi_toolkit.intake.files import Place, places
from kpi_toolkit.intake.grid import Grid, poured
from kpi_toolkit.intake.mapping import Reading
from kpi_toolkit.language import N_

PREFIXED = ("person_id", "manager_id", "customer_id", "order_id")  # a manager is a person of the same source
OPEN_ENDS = ("valid_to", "left_on", "ends_on")  # 9999-12-31 there says "without end"
FAULT = 'STRUCT(code VARCHAR, "column" VARCHAR, value VARCHAR)'
QUARTER = r"(19|20|21)\d\d[ -/]?[Qq][1-4]|[Qq][1-4][ -/](19|20|21)\d\d"

MACROS = rf"""
CREATE OR REPLACE MACRO quarter_of(t) AS CASE WHEN regexp_full_match(t, '{QUARTER}')
    THEN regexp_extract(t, '\d{{4}}') || 'Q' || regexp_extract(t, '[Qq]([1-4])', 1) END;
"""


class NoDatabase(KpiError):
    code = "K126"
    message = N_(
        "sources.{table}: a database table (`url:`) cannot be read yet. Export {name!r} as CSV or Parquet and name it by `file:`."
    )


@dataclass
class Stage:
    """What is being read: the engine, the engagement, and the findings so far."""

    connection: Any
    engagement: Engagement
    findings: list[dict[str, object]] = field(default_factory=list)
    mapped: dict[str, set[str]] = field(default_factory=dict)
    theirs: dict[str, dict[int, Mapping[str, str]]] = field(default_factory=dict)
    names: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """The client's column names of each entry's raw table `raw_<table>_<entry>`, whose columns are c0, c1 …"""
    files: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def found(self, table: str, code: str, rows: int, where: str = "", detail: str = "") -> None:
        """Note a finding: something about the data that the client should know and that stopped nothing."""
        self.findings.append({"table": table, "code": code, "where": where, "detail": detail, "rows": rows})

    def has(self, table: str, column: str) -> bool:
        return column in self.mapped.get(table, ())

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return rows

    def frame(self, sql: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.connection.execute(sql).df()
        return frame

    def fault(self, table: str, code: str, column: str, condition: str) -> int:
        """Mark the rows of a staged table, still good, for which `condition` holds; returns how many there are."""
        value = f"CAST({name(column)} AS VARCHAR)" if column in CANONICAL[table] else "NULL"
        theirs = "CASE _entry " + " ".join(
            f"WHEN {entry} THEN {text(columns.get(column, column))}" for entry, columns in self.theirs[table].items()
        )
        sql = (
            f"UPDATE stage_{table} SET fault = {{'code': {text(code)}, 'column': {theirs} END, 'value': {value}}} "
            f"WHERE _taken AND fault IS NULL AND ({condition})"
        )
        return int(self.run(sql)[0][0])


def prepare(connection: Any) -> None:
    """Teach the engine how texts, numbers and days are read."""
    for macros in (mapping.MACROS, numbers.MACROS, dates.MACROS, MACROS):
        connection.execute(macros)


def staged(at: Stage, table: str) -> None:
    """Read all entries of a table into `stage_<table>`: `_seq _entry _file _sheet _row _taken`, our columns, `fault`.

    Raises what is wrong with a file as a whole: missing, empty, unreadable, a column absent, dates or decimals that nothing
    decides.
    """
    first, parts = 1, []
    at.mapped[table], at.theirs[table], at.names[table], at.files[table] = set(), {}, {}, []
    for entry, source in enumerate(at.engagement.sources[table]):
        raw = f"raw_{table}_{entry}"
        grids = [_opened(at, place, source, source.sheet, table) for place in _places(at, source, table)]
        at.files[table] += [(entry, grid.place.written) for grid in grids]
        names = poured(at.connection, raw, grids, first)
        if source.unpivot:
            grids, names = _made_long(at, raw, source, grids, names, table)
        reading = mapping.mapped(at.connection, table, source, grids, names, _opener(at, table, entry, source))
        at.names[table][entry], at.theirs[table][entry] = names, reading.theirs
        at.mapped[table] |= (set(reading.texts) | set(reading.formulas)) & set(CANONICAL[table])
        for code, where, detail in reading.doubtful:
            at.found(table, code, 0, where, detail)
        _texts(at, table, entry, raw, reading)
        parts.append(_typed(at, table, entry, source, reading))
        first = int(at.run(f"SELECT coalesce(max(_seq), {first - 1}) + 1 FROM {raw}")[0][0])
    at.run(f"CREATE OR REPLACE TABLE stage_{table} AS {' UNION ALL '.join(parts)}")
    for entry in range(len(parts)):
        at.run(f"DROP TABLE texts_{table}_{entry}")
    if first == 1:
        at.found(table, "no_rows", 0, ", ".join(file for _, file in at.files[table]))


def _places(at: Stage, source: Source, table: str) -> list[Place]:
    if source.file is None:
        raise NoDatabase(table=table, name=source.table)
    return places(at.engagement, source.file, table)


def _opened(at: Stage, place: Place, source: Source, sheet: str | None, table: str) -> Grid:
    suffix = place.path.suffix.lower()
    if suffix in workbook.SUFFIXES:
        return workbook.grid(place, source, sheet, table)
    if suffix in {".parquet", ".pq"}:
        return parquet.grid(place)
    return csv_text.grid(place, source, table, at.engagement.language)


def _opener(at: Stage, table: str, entry: int, source: Source) -> mapping.Open:
    """How a lookup's table is read: another sheet of the entry's own files, or another file."""
    count = 0

    def opened(lookup: Lookup) -> tuple[str, list[str], bool]:
        nonlocal count
        raw = f"look_{table}_{entry}_{count}"
        count += 1
        plain = Source(file=lookup.file or source.file, encoding=source.encoding)
        if lookup.file is None:
            plain = plain.model_copy(update={"delimiter": source.delimiter})
        grids = [_opened(at, place, plain, lookup.sheet, table) for place in _places(at, plain, table)]
        return raw, poured(at.connection, raw, grids), lookup.file is None

    return opened


def _made_long(
    at: Stage, raw: str, source: Source, grids: list[Grid], names: list[str], table: str
) -> tuple[list[Grid], list[str]]:
    """A wide raw table made long: a row for each of the listed columns whose cell is not empty."""
    assert source.unpivot
    wide = source.unpivot
    positions = []
    for column in wide.columns:
        if column not in names:
            raise mapping.absent(source, table, grids, column, "unpivot")
        positions.append(names.index(column))
    kept = [i for i in range(len(names)) if i not in positions]
    long = [names[i] for i in kept] + [wide.period, wide.value]
    selects = [
        f"SELECT _seq * {len(positions)} + {k} AS _seq, _file, _sheet, _row, _spoilt, "
        + ", ".join(
            [*(f"c{i} AS c{j}" for j, i in enumerate(kept)), f"{text(names[i])} AS c{len(kept)}", f"c{i} AS c{len(kept) + 1}"]
        )
        + f" FROM {raw} WHERE CASE WHEN _spoilt IS NULL THEN text_folded(c{i}) <> '' ELSE {k} = 0 END"
        for k, i in enumerate(positions)
    ]
    at.run(f"CREATE OR REPLACE TABLE {raw} AS {' UNION ALL '.join(selects)} ORDER BY _seq")
    return [Grid(grid.place, grid.sheet, [*grid.header, wide.period, wide.value], ()) for grid in grids], long


def _texts(at: Stage, table: str, entry: int, raw: str, reading: Reading) -> None:
    columns = "".join(f", {expression} AS {name('t_' + ours)}" for ours, expression in reading.texts.items())
    at.run(
        f"CREATE OR REPLACE TABLE texts_{table}_{entry} AS SELECT r._seq, r._file, r._sheet, r._row, r._spoilt, "
        f"{reading.taken} AS _taken{columns} FROM {raw} r{reading.joins}"
    )
    for ours, count in reading.unclear_keys.items():
        rows = int(at.run(f"SELECT {count} FROM {raw} r{reading.joins}")[0][0])
        if rows:
            at.found(table, "two_answers", rows, f"sources.{table}.lookup.{ours}")


def _typed(at: Stage, table: str, entry: int, source: Source, reading: Reading) -> str:
    """The SELECT of one entry's typed rows, each with its first fault: its shape, a text that cannot be read, a gap."""
    fields = CANONICAL[table]
    kinds = {ours: fields.get(ours, Field("number")) for ours in _read_as_values(reading, fields)}
    parsed = "".join(
        f", {_parsed(at, table, entry, ours, kind, source, reading)} AS {name('p_' + ours)}" for ours, kind in kinds.items()
    )
    made: dict[str, str] = {}

    def value(ours: str) -> str:
        return made[ours] if ours in made else name("p_" + ours)

    for ours, tree in reading.formulas.items():
        inner = dict(made)
        made[ours] = formula.sql(tree, lambda part, inner=inner: inner.get(part, name("p_" + part)))  # type: ignore[misc]
    columns = [
        f"CAST({_kept(value(ours), ours, kind) if ours in made or ours in kinds else 'NULL'} AS {kind.sql}) AS {name(ours)}"
        for ours, kind in fields.items()
    ]
    faults = " ".join(f"WHEN {when} THEN {what}" for when, what in _faults(fields, kinds, made, reading))
    return (
        f"SELECT _seq, {entry} AS _entry, _file, _sheet, _row, _taken, {', '.join(columns)}, "
        f"CAST(CASE WHEN NOT _taken THEN NULL WHEN _spoilt IS NOT NULL THEN {_fault('_spoilt', '', 'NULL')} {faults} END "
        f"AS {FAULT}) AS fault FROM (SELECT *{parsed} FROM texts_{table}_{entry})"
    )


def _read_as_values(reading: Reading, fields: Mapping[str, Field]) -> list[str]:
    """Columns that are read as values: ours, and what formulas reckon with."""
    parts = {part for tree in reading.formulas.values() for part in formula.names(tree)}
    return [ours for ours in reading.texts if ours in parts or (ours in fields and ours not in reading.formulas)]


def _parsed(at: Stage, table: str, entry: int, ours: str, kind: Field, source: Source, reading: Reading) -> str:
    t = name("t_" + ours)
    column = evidence.Column(f"texts_{table}_{entry}", t, reading.theirs.get(ours, ours), table)
    tolerance = at.engagement.policy.max_bad_rows
    if kind.kind in {"number", "share"}:
        comma = numbers.comma(at.connection, column, source.decimal, tolerance)
        return f"number_of({t}, {str(comma).lower()})"
    if kind.kind == "day":
        return dates.day(at.connection, column, source.dates, tolerance)
    if kind.kind == "id" and source.id_prefix and ours in PREFIXED:
        return f"{text(source.id_prefix)} || text_plain({t})"
    made = {"word": "text_folded({})", "currency": "upper(text_plain({}))", "quarter": "quarter_of(text_plain({}))"}
    return made.get(kind.kind, "text_plain({})").format(t)


def _faults(
    fields: Mapping[str, Field], kinds: Mapping[str, Field], made: Mapping[str, str], reading: Reading
) -> Iterator[tuple[str, str]]:
    unread = {"number": "not_a_number", "share": "not_a_number", "day": "not_a_day", "quarter": "not_a_quarter"}
    for ours, kind in kinds.items():
        t, p, theirs = name("t_" + ours), name("p_" + ours), reading.theirs.get(ours, ours)
        if kind.kind in unread:
            yield f"{t} IS NOT NULL AND {p} IS NULL", _fault(text(unread[kind.kind]), theirs, t)
        if kind.kind == "share":
            yield f"{p} NOT BETWEEN 0 AND 1", _fault("'not_a_share'", theirs, t)
        if kind.kind == "day":
            early = f"year({p}) < {dates.FIRST_YEAR}"
            late = "" if ours in OPEN_ENDS else f" OR year({p}) > {dates.LAST_YEAR} OR NOT isfinite({p})"
            yield early + late, _fault("'not_a_day'", theirs, t)
        if kind.kind == "currency":
            yield f"{p} NOT IN {texts(currencies())}", _fault("'not_a_currency'", theirs, t)
        if kind.words:
            yield f"{p} NOT IN {texts(kind.words)}", _fault("'not_one_of'", theirs, t)
    for ours, kind in fields.items():
        if kind.required:
            value = made.get(ours, name("p_" + ours))
            yield f"{value} IS NULL", _fault("'empty'", reading.theirs.get(ours, ours), "NULL")


def _kept(value: str, ours: str, kind: Field) -> str:
    """A day without end (9999-12-31) is no day."""
    return dates.sane(value) if kind.kind == "day" and ours in OPEN_ENDS else value


def _fault(code: str, theirs: str, value: str) -> str:
    plain = "NULL" if value == "NULL" else f"text_plain({value})"
    return f"{{'code': {code}, 'column': {text(theirs)}, 'value': {plain}}}"


def currencies() -> tuple[str, ...]:
    """The currency codes of ISO 4217 that Babel knows, without those that stand for none."""
    from babel.numbers import list_currencies

    return tuple(sorted(set(list_currencies()) - {"XXX", "XTS"}))
