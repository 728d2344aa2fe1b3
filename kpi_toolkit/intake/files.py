"""Which files a source names, and their digests for the manifest."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kpi_toolkit.artifacts import digest
from kpi_toolkit.engagement import Engagement, shortened
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.language import N_


class MissingFile(KpiError):
    code = "K132"
    message = N_("{file}: no such file in {folder}. Nearest: {nearest}. It is named in engagement.yml under sources.{table}.")


@dataclass(frozen=True)
class Place:
    """A file: where it is, and as engagement.yml writes it (a pattern gives one place a file, written in the pattern's way)."""

    path: Path
    written: str


def places(engagement: Engagement, file: str, table: str) -> list[Place]:
    """The files of a name or a pattern, in the order of their names. Raises `MissingFile`."""
    root = engagement.root
    if (root / file).is_file():
        return [Place(root / file, file)]
    found: list[str] = []
    if glob.has_magic(file):
        found = sorted(glob.glob(file, root_dir=root, recursive=True))  # noqa: PTH207 - keeps the pattern's own way of writing
    out = [Place(root / name, Path(name).as_posix()) for name in found if (root / name).is_file() and not _lock(name)]
    if not out:
        folder = (root / file).parent
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        raise MissingFile(file=shortened(file), folder=folder, nearest=nearest(Path(file).name, names), table=table)
    return out


def sources_digest(engagement: Engagement) -> dict[str, str]:
    """Path as written in engagement.yml → SHA-256, of every file that sources and lookups name. Raises `MissingFile`."""
    return dict(sorted({place.written: digest(place.path) for place in _all_places(engagement)}.items()))


def _all_places(engagement: Engagement) -> Iterator[Place]:
    for table, sources in engagement.sources.items():
        for source in sources:
            for file in [source.file, *(lookup.file for lookup in source.lookup.values())]:
                if file:
                    yield from places(engagement, file, table)


def _lock(name: str) -> bool:
    return Path(name).name.startswith("~$")  # what Excel leaves beside a workbook that is open
