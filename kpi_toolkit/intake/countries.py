"""Countries as clients write them: an ISO code, or a name in one of the languages that the clients speak."""

from __future__ import annotations

import unicodedata
from functools import cache

LANGUAGES = ("en", "vi", "tr", "th", "de", "fr", "es", "it", "nl", "pl", "pt")
NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}
ALSO = {"uk": "GB", "great britain": "GB", "england": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "viet nam": "VN",
        "vietnam": "VN", "turkey": "TR", "korea": "KR", "south korea": "KR", "russia": "RU", "czech republic": "CZ",
        "holland": "NL", "uae": "AE"}  # fmt: skip


def iso(country: str) -> str | None:
    """The ISO 3166 alpha-2 code of a country given by code (two or three letters) or name; None where it is unknown."""
    return _known().get(_folded(country))


def _folded(country: str) -> str:
    """Without marks and case: Türkiye, Turkiye and TÜRKİYE are one."""
    apart = unicodedata.normalize("NFKD", country.replace("đ", "d").replace("Đ", "D").replace("ı", "i"))
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).casefold().split())


@cache
def _known() -> dict[str, str]:
    from babel import Locale
    from babel.core import get_global

    territories = [str(code) for code in Locale("en").territories]
    codes = {code for code in territories if len(code) == 2 and code.isalpha()} - NO_COUNTRIES
    known: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in codes:
                known.setdefault(_folded(str(name)), str(code))
    for long, short in get_global("territory_aliases").items():
        if len(long) == 3 and long.isalpha() and len(short) == 1 and short[0] in codes:
            known.setdefault(_folded(long), short[0])
    return {**known, **{_folded(code): code for code in codes}, **ALSO}
