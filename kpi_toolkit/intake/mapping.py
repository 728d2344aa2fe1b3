"""How one entry of `sources:` makes our columns of the client's: columns, constants, values, lookups, formulas and `where`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kpi_toolkit.engagement import Lookup, Source, shortened
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.intake import formula
from kpi_toolkit.intake.backend import text
from kpi_toolkit.intake.contract import CANONICAL
from kpi_toolkit.intake.grid import DAY_CELL, NUMBER_CELL, Grid
from kpi_toolkit.language import N_

WHITE = " \u00a0\u202f\u2009\u3000\ufeff\t\r\n"
MACROS = f"""
CREATE OR REPLACE MACRO text_trimmed(t) AS CASE
    WHEN regexp_matches(t, {text(f"^[{WHITE}]|[{WHITE}]$")}) THEN trim(t, {text(WHITE)}) ELSE t END;
CREATE OR REPLACE MACRO text_plain(t) AS ltrim(t, '{DAY_CELL}{NUMBER_CELL}');
CREATE OR REPLACE MACRO text_folded(t) AS lower(text_trimmed(text_plain(t)));
"""
"""`text_trimmed` looks before it trims: trimming alone is four times slower."""

Open = Callable[[Lookup], tuple[str, list[str], bool]]
"""Reads a lookup's table into the engine: its raw table, its column names, whether it is another sheet of the same file."""


class MissingColumn(KpiError):
    code = "K102"
    message = N_(
        "{file}, sheet {sheet}: no column {column!r}, needed for {table}.{field}. Nearest: {nearest}. Columns there: {known}. "
        "Name it in engagement.yml under sources.{table}.columns."
    )


class OneColumn(KpiError):
    code = "K119"
    message = N_(
        "{file}: no column {column!r}, needed for {table}.{field}: the file was read as one column, {known!r}. "
        "Expected columns parted by {delimiter}. Say how they are parted in engagement.yml under sources.{table}: delimiter: …"
    )


@dataclass(frozen=True)
class Reading:
    """SQL that makes texts of our columns from the raw table `r` and its lookups `l0`, `l1` …"""

    texts: Mapping[str, str]
    theirs: Mapping[str, str]
    """The client's name for each column, as messages and quarantine say it."""
    joins: str
    taken: str
    formulas: Mapping[str, ast.expr]
    doubtful: tuple[tuple[str, str, str], ...]
    """Findings: code, where, detail."""
    unclear_keys: Mapping[str, str]
    """Of a lookup: our column → SQL that counts the rows whose key has two answers."""


@dataclass
class _Draft:
    source: Source
    table: str
    grids: list[Grid]
    names: list[str]
    texts: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)

    def raw(self, theirs: str) -> str | None:
        """The text of a column of the file: trimmed, NULL where it is missing."""
        at = _found(theirs, self.names)
        return None if at is None else _present(f"r.c{at}", self.source.missing)

    def refused(self, column: str, ours: str) -> KpiError:
        return absent(self.source, self.table, self.grids, column, ours)


def absent(source: Source, table: str, grids: list[Grid], column: str, ours: str) -> KpiError:
    """The error for a column, needed for our column `ours`, that one of the files does not have."""
    grid = next((grid for grid in grids if _found(column, grid.header) is None), grids[0])
    fields = {"file": grid.place.written, "column": shortened(column), "table": table, "field": shortened(ours)}
    if len(grid.header) == 1:
        return OneColumn(**fields, known=shortened(grid.header[0]), delimiter=source.delimiter or ", ; | tab")
    near = nearest(column, grid.header)
    if near == "–":
        near = nearest(ours, grid.header)
    known = ", ".join(shortened(known) for known in grid.header[:30])
    return MissingColumn(**fields, sheet=grid.sheet or "–", nearest=near, known=known)


def mapped(connection: Any, table: str, source: Source, grids: list[Grid], names: list[str], opened: Open) -> Reading:
    """The reading of one entry, whose files hold the columns `names`. Raises `MissingColumn`, `OneColumn` or `BadFormula`."""
    draft = _Draft(source, table, grids, names)
    fields = CANONICAL[table]
    for ours, theirs in source.columns.items():
        _take(draft, ours, theirs, required=True)
    for ours, constant in source.constants.items():
        draft.texts.setdefault(ours, text(NUMBER_CELL + constant if _is_number(constant) else constant))
        draft.theirs.setdefault(ours, f"constants.{ours}")
    made = {*source.derive, *source.lookup}
    trees = {ours: formula.parsed(line, table=table, column=ours) for ours, line in source.derive.items()}
    wanted = [*fields, *(part for tree in trees.values() for part in formula.names(tree))]
    claimed = {_found(theirs, names) for theirs in source.columns.values()}
    for ours in dict.fromkeys(wanted):
        required, at = ours in fields and fields[ours].required, _found(ours, names)
        if ours not in draft.texts and (at is not None or ours not in made) and (required or at not in claimed):
            _take(draft, ours, ours, required)
    joins, unclear = _looked_up(connection, draft, opened)
    for ours, tree in trees.items():
        for part in formula.names(tree):
            if part not in draft.texts and part not in list(trees)[: list(trees).index(ours)]:
                problem = f"no column {shortened(part)!r} (nearest: {nearest(part, [*draft.texts, *names])})"
                raise formula.BadFormula(table=table, column=ours, formula=shortened(source.derive[ours]), problem=problem)
        draft.theirs[ours] = f"derive.{ours}"
    for ours, values in source.values.items():
        if ours in draft.texts:
            draft.texts[ours] = _translated(draft.texts[ours], values)
    used = {part for tree in trees.values() for part in formula.names(tree)} | set(source.where)
    used |= {here for lookup in source.lookup.values() for here in lookup.match}
    idle = [ours for ours in [*source.columns, *source.values, *source.lookup] if ours not in fields and ours not in used]
    doubtful = tuple(("unused_column", f"sources.{table}.{shortened(ours)}", nearest(ours, fields)) for ours in idle)
    return Reading(draft.texts, draft.theirs, joins, _taken(draft), trees, doubtful, unclear)


def _take(draft: _Draft, ours: str, theirs: str, required: bool) -> None:
    found = draft.raw(theirs)
    lacking = any(_found(theirs, grid.header) is None for grid in draft.grids)
    if required and (found is None or lacking):
        raise draft.refused(theirs, ours)
    if found is not None:
        draft.texts[ours], draft.theirs[ours] = found, theirs


def _looked_up(connection: Any, draft: _Draft, opened: Open) -> tuple[str, dict[str, str]]:
    """Joins of the lookups, one row a key; a key with two answers has none."""
    joins, unclear = "", {}
    for number, (ours, lookup) in enumerate(draft.source.lookup.items()):
        raw, names, same_file = opened(lookup)
        there = []
        for column in [*lookup.match.values(), lookup.take]:
            at = _found(column, names)
            if at is None:
                where = lookup.file or draft.grids[0].place.written
                raise MissingColumn(
                    file=where, sheet=lookup.sheet or "–", column=shortened(column), table=draft.table, field=f"lookup.{ours}",
                    nearest=nearest(column, names), known=", ".join(map(shortened, names[:30])),
                )  # fmt: skip
            there.append(_present(f"r.c{at}", draft.source.missing))
        *keys, answer = there
        if same_file:
            keys.append("r._file")
        looked = f"{raw}_keys"
        listed = ", ".join(f"text_folded({key}) AS k{i}" for i, key in enumerate(keys))
        connection.execute(
            f"CREATE OR REPLACE TABLE {looked} AS SELECT {', '.join(f'k{i}' for i in range(len(keys)))}, "
            f"CASE WHEN count(DISTINCT a) = 1 THEN min(a) END AS a, count(DISTINCT a) > 1 AS unclear "
            f"FROM (SELECT {listed}, {answer} AS a FROM {raw} r) WHERE a IS NOT NULL GROUP BY ALL"
        )
        here = [_here(draft, column, ours) for column in lookup.match] + (["r._file"] if same_file else [])
        on = " AND ".join(f"l{number}.k{i} = text_folded({one})" for i, one in enumerate(here))
        joins += f" LEFT JOIN {looked} l{number} ON {on}"
        draft.texts[ours] = _translated(f"l{number}.a", lookup.values)
        draft.theirs[ours] = f"lookup.{ours}"
        unclear[ours] = f"count(*) FILTER (l{number}.unclear)"
    return joins, unclear


def _here(draft: _Draft, column: str, ours: str) -> str:
    """A column of the file, or one of ours that stands already."""
    found = draft.raw(column) or draft.texts.get(column)
    if found is None:
        raise draft.refused(column, f"lookup.{ours}")
    return found


def _taken(draft: _Draft) -> str:
    parts = []
    for column, allowed in draft.source.where.items():
        found = draft.raw(column) or draft.texts.get(column)
        if found is None:
            raise draft.refused(column, "where")
        parts.append(f"coalesce(text_folded({found}) IN ({', '.join(f'text_folded({text(one)})' for one in allowed)}), false)")
    return "r._spoilt IS NOT NULL OR (" + (" AND ".join(parts) or "true") + ")"


def _found(column: str, names: list[str]) -> int | None:
    """Where a column stands: by its name, else by its name in any case."""
    wanted = " ".join(column.split())
    if wanted in names:
        return names.index(wanted)
    folded = [one.casefold() for one in names]
    return folded.index(wanted.casefold()) if folded.count(wanted.casefold()) == 1 else None


def _present(column: str, missing: Iterable[str]) -> str:
    """A column's text: trimmed, NULL where it is blank or stands for nothing."""
    if not any(token.strip() for token in missing):
        return f"nullif(text_trimmed({column}), '')"
    tokens = ", ".join(f"text_folded({text(token)})" for token in dict.fromkeys(["", *missing]))
    return f"CASE WHEN text_folded({column}) NOT IN ({tokens}) THEN text_trimmed({column}) END"


def _translated(expression: str, values: Mapping[str, str]) -> str:
    if not values:
        return expression
    cases = " ".join(f"WHEN text_folded({text(theirs)}) THEN {text(ours)}" for theirs, ours in values.items())
    return f"CASE text_folded({expression}) {cases} ELSE {expression} END"


def _is_number(constant: str) -> bool:
    """Whether engagement.yml, which writes a decimal point, gave a number."""
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", constant) is not None
