"""The house fonts, from their packages into files that print and page can use: Source Sans 3, Noto Sans Thai for Thai letters.

The packages hold variable fonts. Typst sets pictures with a variable font's default weight, so static weights are cut once, into
the user's cache; the web page carries small woff2 subsets of them.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

CACHE_VARIABLE = "KPI_TOOLKIT_CACHE"  # names another folder for the cache
FEATURES = ("kern", "liga", "tnum", "lnum", "mark", "mkmk", "ccmp", "locl")
# Latin with Vietnamese, Turkish and German; the page carries these
PAGE_LETTERS = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x18F), (0x1A0, 0x1B0), (0x1CD, 0x1DC), (0x218, 0x21B), (0x300, 0x304), (0x306, 0x30C),
    (0x323, 0x323), (0x1E80, 0x1EF9), (0x2002, 0x200B), (0x2010, 0x2027), (0x202F, 0x203A), (0x20A0, 0x20BF), (0x2122, 0x2122),
    (0x2190, 0x2193), (0x2211, 0x2212), (0x2248, 0x2248), (0x2260, 0x2265), (0x2500, 0x2500), (0x25A0, 0x25CF),
)  # fmt: skip
PRINT_LETTERS = (*PAGE_LETTERS, (0x370, 0x3FF), (0x400, 0x4FF))  # Greek and Cyrillic names too
THAI_BLOCK = ((0xE00, 0xE7F),)
EVERY_LETTER = ((0x20, 0x10FFFF),)


class NoFont(KpiError):
    code = "K801"
    message = N_(
        "The font package {package} is not installed. Install what requirements.lock names: uv pip sync requirements.lock."
    )


@dataclass(frozen=True)
class Cut:
    """A static font to make: from a package's variable file, at a weight, with some letters."""

    package: str
    source: str
    name: str
    axes: tuple[tuple[str, float], ...]
    letters: tuple[tuple[int, int], ...]


SANS, THAI = "fontpkg-source-sans-3", "fontpkg-noto-sans-thai"
CUTS = (
    Cut(SANS, "SourceSans3[wght].ttf", "sans-400.ttf", (("wght", 400),), PRINT_LETTERS),
    Cut(SANS, "SourceSans3[wght].ttf", "sans-600.ttf", (("wght", 600),), PRINT_LETTERS),
    Cut(SANS, "SourceSans3-Italic[wght].ttf", "sans-400-italic.ttf", (("wght", 400),), PRINT_LETTERS),
    Cut(THAI, "NotoSansThai[wdth,wght].ttf", "thai-400.ttf", (("wght", 400), ("wdth", 100)), EVERY_LETTER),
    Cut(THAI, "NotoSansThai[wdth,wght].ttf", "thai-600.ttf", (("wght", 600), ("wdth", 100)), EVERY_LETTER),
)
PAGE_WEIGHTS = (400, 600)
FAMILIES = {"sans": "Source Sans 3", "thai": "Noto Sans Thai"}
ON_PAGE = {"sans": PAGE_LETTERS, "thai": THAI_BLOCK}
THAI_LETTERS = re.compile("[\u0e00-\u0e7f]")


def folder() -> Path:
    """The folder with the cut fonts (.ttf for print, .woff2 for the page), made at its first use.

    Several processes may ask at once: one makes it beside, whole, and renames it. Raises `NoFont`.
    """
    from filelock import FileLock

    home = _cache()
    ready = home / f"fonts-{_key()}"
    if ready.is_dir():
        return ready
    with FileLock(home / "fonts.lock"):
        if not ready.is_dir():
            beside = Path(tempfile.mkdtemp(prefix="fonts-", dir=home))
            try:
                _make(beside)
                beside.chmod(0o755)
                beside.replace(ready)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    return ready


def _cache() -> Path:
    """A folder of this user that can be written, else one in the system's temporary folder."""
    import platformdirs

    named = os.environ.get(CACHE_VARIABLE)
    home = Path(named) if named else Path(platformdirs.user_cache_dir("kpi_toolkit", appauthor=False))
    try:
        home.mkdir(parents=True, exist_ok=True)
        if os.access(home, os.W_OK):
            return home
    except OSError:  # a home that cannot be written: the fonts are cut once for each machine start instead
        if named:
            raise
    home = Path(tempfile.gettempdir()) / "kpi_toolkit_cache"
    home.mkdir(parents=True, exist_ok=True)
    return home


@cache
def _key() -> str:
    """What the files depend on: the packages' versions, the cuts and the tool that cuts."""
    versions = [_version(package) for package in (SANS, THAI, "fonttools")]
    return hashlib.sha256(repr((versions, CUTS, PAGE_LETTERS, THAI_BLOCK, FEATURES)).encode()).hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise NoFont(package=package) from None


def _source(cut: Cut) -> Path:
    for file in metadata.files(cut.package) or ():
        if file.name == cut.source:
            return Path(str(file.locate()))
    raise NoFont(package=cut.package)


def _make(target: Path) -> None:
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    whole: dict[str, bytes] = {}
    for cut in CUTS:
        if cut.source not in whole:
            whole[cut.source] = _subset(TTFont(_source(cut), recalcTimestamp=False), cut.letters)
        font = TTFont(io.BytesIO(whole[cut.source]), recalcTimestamp=False)
        font = instancer.instantiateVariableFont(font, dict(cut.axes), updateFontNames=True)
        font.save(target / cut.name)
    for weight in PAGE_WEIGHTS:
        for family in FAMILIES:
            font = TTFont(target / f"{family}-{weight}.ttf", recalcTimestamp=False)
            (target / f"{family}-{weight}.woff2").write_bytes(_subset(font, ON_PAGE[family], "woff2"))


def _subset(font: TTFont, letters: tuple[tuple[int, int], ...], flavour: str | None = None) -> bytes:
    """The font with these letters only, as bytes that are the same each time."""
    from fontTools import subset

    options = subset.Options(layout_features=list(FEATURES), notdef_outline=True, name_IDs=["*"], recalc_timestamp=False)
    options.flavor = flavour
    wanted = [code for code in font.getBestCmap() if any(first <= code <= last for first, last in letters)]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    font.flavor = flavour
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def css(words: str) -> str:
    """`@font-face` rules with the fonts inside: the page loads nothing. Thai letters come along where the words have any."""
    families = ["sans", "thai"] if THAI_LETTERS.search(words) else ["sans"]
    return "".join(_face(family, weight) for family in families for weight in PAGE_WEIGHTS)


def _face(family: str, weight: int) -> str:
    data = base64.b64encode((folder() / f"{family}-{weight}.woff2").read_bytes()).decode("ascii")
    return (
        f'@font-face{{font-family:"{FAMILIES[family]}";font-weight:{weight};font-display:swap;'
        f'src:url("data:font/woff2;base64,{data}") format("woff2")}}\n'
    )


@cache
def _advances() -> dict[str, float]:
    """Width of each letter as a share of the font's size."""
    from fontTools.ttLib import TTFont

    widths: dict[str, float] = {}
    for name in ("thai-400.ttf", "sans-400.ttf"):
        font = TTFont(folder() / name, lazy=True)
        advances, size = font["hmtx"], font["head"].unitsPerEm
        widths |= {chr(code): advances[glyph][0] / size for code, glyph in font.getBestCmap().items()}
    return widths


UNKNOWN_ADVANCE = 1.0  # a letter of another font is taken as wide as it is tall


def advance(words: str) -> float:
    """Width of words as a multiple of the font's size, regular weight, without kerning."""
    widths = _advances()
    return sum(widths.get(letter, UNKNOWN_ADVANCE) for letter in words)


def without_glyph(words: str) -> list[str]:
    """Letters of the text that none of the house fonts has, sorted: in print they may be boxes."""
    return sorted(letter for letter in set(words) - _advances().keys() if unicodedata.category(letter)[0] in "LM")
