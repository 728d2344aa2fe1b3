"""CSV of any delimiter and encoding, read so that no row is lost: what does not fit is a spoilt row with its line number.

Python's own reader gives exact lines and costs 2 s for three million rows; a quote that is never closed is closed at its line.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from kpi_toolkit.engagement import Source, shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.intake.files import Place
from kpi_toolkit.intake.grid import SPOILT, EmptyFile, Grid, Row, composed, fitted, named
from kpi_toolkit.language import N_

LONGEST_FIELD = 1_000_000  # characters; a field beyond it is a quote that was never closed
DELIMITERS = (",", ";", "\t", "|")
PROBED_LINES = 200
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
OLD_ENCODINGS = {"vi": "cp1258", "tr": "cp1254", "th": "cp874"}  # what spreadsheets of these languages write; elsewhere cp1252
PIECE = 1 << 20


class UnknownEncoding(KpiError):
    code = "K113"
    message = N_(
        "{file}, byte {byte}: not UTF-8. Say how it was written in engagement.yml under sources.{table}: encoding: {guess} "
        "(a guess from the client's language), or save the file as CSV UTF-8."
    )


class WrongEncoding(KpiError):
    code = "K114"
    message = N_(
        "{file}: it cannot be read as {encoding!r}, which engagement.yml says under sources.{table}.encoding: {problem}."
    )


def grid(place: Place, source: Source, table: str, language: str) -> Grid:
    """A CSV file. Raises `EmptyFile`, `UnknownEncoding` or `WrongEncoding`."""
    encoding = _encoding(place, source.encoding, table, language)
    delimiter = source.delimiter or _delimiter(place.path, encoding, source.header)
    records = _records(_lines(place.path, encoding), delimiter, source.header)
    header: list[str] = []
    for _, row in zip(range(source.header), records, strict=False):
        header = named(row.cells)
    if not header:
        raise EmptyFile(file=place.written, sheet="–", header=source.header)
    return Grid(place, "", header, _rows(records, delimiter, len(header)))


def _rows(records: Iterator[Row], delimiter: str, width: int) -> Iterator[Row]:
    for row in records:
        if len(row.cells) == width and not row.fault:
            if any(row.cells) and any(cell.strip() for cell in row.cells):
                yield row
        elif row.fault or any(cell.strip() for cell in row.cells):
            yield fitted(row, width)


class _Source:
    """Lines with their numbers; lines that a quote swallowed can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.lines)
        self.taken.append(line)
        self.number += 1
        return line

    def give_back(self, keep: int = 1) -> None:
        """All lines taken since the last record but the first `keep` are read again."""
        self.back.extendleft(reversed(self.taken[keep:]))
        self.number -= len(self.taken) - keep
        del self.taken[keep:]


def _records(lines: Iterable[str], delimiter: str, header: int) -> Iterator[Row]:
    """Every record; one that a quote spoils ends with its first line, and the lines behind it are read again."""
    csv.field_size_limit(LONGEST_FIELD)
    source = _Source(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    width, count = 0, 0
    while True:
        count += 1
        source.taken.clear()
        number = source.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.give_back()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            yield Row(number, [source.taken[0].rstrip("\r\n")], SPOILT[1])
            continue
        if len(source.taken) > 1 and width and len(cells) != width:  # a quote ran over lines and the record does not fit
            source.give_back()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            yield Row(number, [source.taken[0].rstrip("\r\n")], SPOILT[1])
            continue
        width = len(cells) if count == header else width
        yield Row(number, cells)


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, newline="") as file:
        for line in file:
            yield composed(line)


def _encoding(place: Place, declared: str | None, table: str, language: str) -> str:
    with place.path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            declared = (
                declared if declared and encoding == "utf-8-sig" and declared.lower() in {"utf-8", "utf-8-sig"} else encoding
            )
            return encoding
    encoding = declared or "utf-8"
    at = 0
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        with place.path.open("rb") as file:
            while piece := file.read(PIECE):
                decoder.decode(piece)
                at += len(piece)
            decoder.decode(b"", final=True)
    except LookupError:
        raise WrongEncoding(file=place.written, encoding=encoding, table=table, problem="no such encoding") from None
    except UnicodeError as error:
        if declared:
            raise WrongEncoding(file=place.written, encoding=encoding, table=table, problem=shortened(error)) from None
        byte = at + (error.start if isinstance(error, UnicodeDecodeError) else 0)
        guess = OLD_ENCODINGS.get(language, "cp1252")
        raise UnknownEncoding(file=place.written, byte=byte, table=table, guess=guess) from None
    return encoding


def _delimiter(path: Path, encoding: str, header: int) -> str:
    """The delimiter by which most of the first records have as many fields as the header, and more than one."""
    lines = [line for line, _ in zip(_lines(path, encoding), range(PROBED_LINES + header), strict=False)]
    best = (0.0, 0)
    chosen = DELIMITERS[0]
    for delimiter in DELIMITERS:
        widths = [len(row.cells) for row in _records(lines, delimiter, header) if row.cells][header - 1 :]
        if not widths or widths[0] < 2:
            continue
        score = (Counter(widths)[widths[0]] / len(widths), widths[0])
        if score > best:
            best, chosen = score, delimiter
    return chosen
