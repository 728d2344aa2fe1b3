"""Bad rows: counted, written as they came with the reason, and, beyond what the client bears, one clear error."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from kpi_toolkit.artifacts import write_text
from kpi_toolkit.engagement import shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.grid import DAY_CELL, NUMBER_CELL
from kpi_toolkit.intake.staging import Stage
from kpi_toolkit.language import N_, Language

REASONS: Mapping[str, tuple[str, str]] = {
    "fields": (N_("as many fields as there are column names"), N_("Mend the row, or say the right delimiter.")),
    "quote": (N_("every quotation mark closed"), N_("Close or double the quotation mark.")),
    "empty": (N_("a value"), N_("Fill it in, or name the right column under columns.")),
    "not_a_number": (N_("a number"), N_("Mend it; say decimal: if decimals are a comma, missing: if it stands for nothing.")),
    "not_a_day": (
        N_("a day of the calendar"),
        N_("Mend it, or say its format by dates:, or by missing: what stands for nothing."),
    ),
    "not_a_quarter": (N_("a quarter, such as 2026Q3"), N_("Write the year and the quarter, such as 2026Q3.")),
    "not_a_currency": (N_("an ISO 4217 code, such as EUR"), N_("Mend it, or translate it under values.currency.")),
    "not_a_share": (N_("a share from 0 to 1"), N_("Divide percentages by 100, by derive: if need be.")),
    "not_one_of": (N_("one of the words of the contract"), N_("Translate it under values.")),
    "not_positive": (N_("a number above 0"), N_("Mend it or leave the row out.")),
    "duplicate": (N_("a row that is not there twice"), N_("Take the repeated rows out of the file.")),
    "repeated_key": (N_("one row for each key"), N_("Take out the rows that no longer hold.")),
    "unknown_person": (N_("a person_id that stands in people"), N_("Add the person to people, or mend the identifier.")),
    "day_too_far": (N_("a day not more than 366 days after nearly all others"), N_("Mend the year.")),
    "ends_before_start": (N_("an end that is not before the start"), N_("Mend one of the two days.")),
    "overlap": (N_("validities of one person that do not overlap"), N_("Mend valid_from and valid_to.")),
    "no_period": (N_("a quarter or a date"), N_("Fill one of them in.")),
}
"""Code of a fault → what was expected, and how to mend it."""

PLAIN_NUMBER = re.compile(r"[+-]?[\d.,\s]*\d%?")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet may run what begins so


class TooManyBadRows(KpiError):
    code = "K130"
    message = N_(
        "{file}, sheet {sheet}, row {row}, column {column!r}: {value!r}; expected: {expected}. {bad} of {rows} rows of "
        "sources.{table} cannot be used, more than policy.max_bad_rows ({share}) allows. {mend} {where}"
    )

    def worded(self, language: Language) -> str:
        said = {key: language.text(str(self.fields[key])) for key in ("expected", "mend")}
        where = language.text(N_("All bad rows: {folder}."), folder=self.fields["folder"]) if self.fields["folder"] else ""
        return f"{self.code}: {language.text(self.message, **{**self.fields, **said, 'where': where})}".rstrip()


def counted(at: Stage) -> pd.DataFrame:
    """A row a table and file: rows_in = used + left_out + quarantined, which is asserted."""
    rows: list[dict[str, object]] = []
    for table, files in at.files.items():
        counts = {
            str(file): tuple(map(int, numbers))
            for file, *numbers in at.run(
                f"SELECT _file, count(*), count(*) FILTER (_taken AND fault IS NULL), count(*) FILTER (NOT _taken), "
                f"count(*) FILTER (fault IS NOT NULL) FROM stage_{table} GROUP BY 1"
            )
        }
        for file in dict.fromkeys(file for _, file in files):
            rows_in, used, left_out, bad = counts.get(file, (0, 0, 0, 0))
            assert rows_in == used + left_out + bad, f"{table}, {file}: {rows_in} rows in, {used} + {left_out} + {bad} out"
            rows.append(
                {"table": table, "file": file, "rows_in": rows_in, "used": used, "left_out": left_out, "quarantined": bad}
            )
    columns = ["table", "file", "rows_in", "used", "left_out", "quarantined"]
    numbers = columns[2:]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "float64"))


def faults(at: Stage) -> pd.DataFrame:
    """A row a bad row, in the order of tables, files and rows: table, file, sheet, row, column, value, code."""
    parts = [
        f"SELECT {position} AS _table, {_literal(table)} AS \"table\", _file AS file, _sheet AS sheet, _row AS row, "
        f"fault.\"column\" AS \"column\", fault.value AS value, fault.code AS code, _seq "
        f"FROM stage_{table} WHERE fault IS NOT NULL"
        for position, table in enumerate(at.files)
    ]  # fmt: skip
    return at.frame(f"SELECT * EXCLUDE (_table, _seq) FROM ({' UNION ALL '.join(parts)}) ORDER BY _table, _seq")


def write(at: Stage, folder: Path) -> None:
    """`<folder>/<table>.csv` for each table with bad rows, as they came; what an earlier reading left there is taken away."""
    for table in at.files:
        path = folder / f"{table}.csv"
        rows: list[list[str]] = []
        names = list(dict.fromkeys(name for entry in at.names[table].values() for name in entry))
        for entry, columns in at.names[table].items():
            cells = "".join(f", r.c{i}" for i in range(len(columns)))
            found = at.run(
                f'SELECT s._file, s._sheet, s._row, s.fault."column", s.fault.code{cells} FROM stage_{table} s '
                f"JOIN raw_{table}_{entry} r USING (_seq) WHERE s.fault IS NOT NULL ORDER BY s._seq"
            )
            for file, sheet, row, column, code, *texts in found:
                came = dict(zip(columns, texts, strict=True))
                rows.append(
                    [str(file), sheet or "", str(row), column or "", str(code), *(came.get(name) or "" for name in names)]
                )
        if rows:
            _write_csv(path, ["file", "sheet", "row", "column", "reason", *names], rows)
        else:
            path.unlink(missing_ok=True)


def refuse_too_many(at: Stage, folder: Path | None) -> None:
    """Stop where an entry has more bad rows than the client bears; one alone never stops a run. Raises `TooManyBadRows`."""
    share = at.engagement.policy.max_bad_rows
    for table in at.files:
        entries = at.run(f"SELECT _entry, count(*), count(*) FILTER (fault IS NOT NULL) FROM stage_{table} GROUP BY 1 ORDER BY 1")
        for entry, rows, bad in entries:
            if bad <= 1 or bad <= share * rows:
                continue
            file, sheet, row, column, value, code = at.run(
                f'SELECT _file, _sheet, _row, fault."column", fault.value, fault.code FROM stage_{table} WHERE _entry = {entry} '
                f"AND fault.code = (SELECT mode(fault.code ORDER BY _seq) FROM stage_{table} WHERE _entry = {entry} "
                "AND fault IS NOT NULL) ORDER BY _seq LIMIT 1"
            )[0]
            expected, mend = REASONS[code]
            raise TooManyBadRows(
                file=file, sheet=sheet or "–", row=row, column=shortened(column or "–"), value=shortened(value or ""), bad=bad,
                rows=rows, table=table, share=share, expected=expected, mend=mend, folder=folder or "", where="",
            )  # fmt: skip


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before a dangerous start, numbers as they are."""
    plain = cell.replace(DAY_CELL, "").replace(NUMBER_CELL, "").replace("\0", "")
    if plain.lstrip(" ").startswith(DANGEROUS) and not PLAIN_NUMBER.fullmatch(plain):
        return "'" + plain
    return plain


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[harmless(cell) for cell in row] for row in [header, *rows]])
    write_text(path, "\ufeff" + out.getvalue())  # the mark tells Excel that it is UTF-8


def _literal(value: str) -> str:
    return "'" + value + "'"  # a table of the contract: letters only
