"""Languages: messages by gettext catalogue, numbers, money and dates by locale. The bottom layer: it knows nothing of KPIs.

A language is a folder `locale/<code>/LC_MESSAGES` of `.po` catalogues; English is the language of the sources and has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
MINUS = "\u2212"
NO_BREAK = "\u00a0"
NOT_AVAILABLE = "–"
COMPACT = ((1e12, 4), (1e9, 3), (1e6, 2), (1e3, 1))


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "a message, translated where it is shown"
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Language:
    """How one language says messages, numbers, money and dates. A missing value (None or NaN) is an en dash everywhere."""

    code: str
    messages: Mapping[str, str]

    def text(self, message: str, **values: object) -> str:
        """The message in this language, its named fields filled."""
        said = self.messages.get(message, message)
        return said.format(**values) if values else said

    def number(self, value: float | None, digits: int = 0) -> str:
        from babel.numbers import format_decimal

        if absent(value):
            return NOT_AVAILABLE
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(round(float(value or 0), digits) + 0.0, pattern, locale=self.code)).replace("-", MINUS)

    def percent(self, value: float | None, digits: int = 1) -> str:
        """A share as a percentage, set as the language sets it (`98,1%`, `98,1 %`, `%98,1`)."""
        from babel import Locale
        from babel.numbers import format_percent

        if absent(value):
            return NOT_AVAILABLE
        pattern = str(Locale.parse(self.code).percent_formats[None].pattern)
        if digits:
            pattern = pattern.replace("#,##0", "#,##0." + "0" * digits)
        return str(format_percent(round(float(value or 0), digits + 2) + 0.0, pattern, locale=self.code)).replace("-", MINUS)

    def chance(self, value: float | None) -> str:
        """A probability, never said more surely than one in a hundred."""
        if absent(value):
            return NOT_AVAILABLE
        chance = float(value or 0)
        if chance < 0.01:
            return f"<{NO_BREAK}{self.percent(0.01, 0)}"
        return f">{NO_BREAK}{self.percent(0.99, 0)}" if chance > 0.99 else self.percent(chance, 0)

    def money(self, value: float | None, currency: str, digits: int | None = None) -> str:
        """An amount with its currency, in full: `1.234.567 ₫`, `€1,234.57`; `digits` of the currency unless given."""
        from babel.numbers import get_currency_precision

        if absent(value):
            return NOT_AVAILABLE
        places = get_currency_precision(currency) if digits is None else digits
        return self._with_currency(self.number(value, places), currency)

    def compact(self, value: float | None, currency: str = "") -> str:
        """A large amount as it is said aloud: `7,7 tỷ ₫`, `€1.2 m`."""
        if absent(value):
            return NOT_AVAILABLE
        amount = float(value or 0)
        for size, rank in COMPACT:
            if abs(amount) >= size * 0.9995:
                unit = self.text(_COMPACT_WORDS[rank])
                figure = amount / size
                digits = 2 if abs(figure) < 9.995 else 1 if abs(figure) < 99.95 else 0
                return self._with_currency(f"{self.number(figure, digits)}{NO_BREAK}{unit}", currency)
        return self._with_currency(self.number(amount, 0 if abs(amount) >= 100 else 1), currency)

    def _with_currency(self, figure: str, currency: str) -> str:
        from babel.numbers import get_currency_symbol

        if not currency:
            return figure
        symbol = str(get_currency_symbol(currency, locale=self.code))
        if not _symbol_stands_before(self.code):
            return f"{figure}{NO_BREAK}{symbol}"
        gap = NO_BREAK if symbol.isalpha() else ""  # THB 24,091, but €24,091
        sign = MINUS if figure.startswith(MINUS) else ""
        return f"{sign}{symbol}{gap}{figure.removeprefix(MINUS)}"

    def day(self, value: date | None) -> str:
        """A day in figures: `30/09/2026`, and as English says it across borders, `30 Sep 2026`."""
        from babel.dates import format_date

        if value is None or value != value:
            return NOT_AVAILABLE
        pattern = {"en": "d MMM y", "vi": "dd/MM/y"}.get(self.code, "medium")
        return str(format_date(value, pattern, locale=self.code)).replace(" ", NO_BREAK)

    def quarter(self, value: object) -> str:
        """`2026Q3` as it is said: `Q3 2026`, `quý 3/2026`."""
        year, _, number = str(value).partition("Q")
        return self.text(N_("Q{number} {year}"), number=number, year=year).replace(" ", NO_BREAK)

    def month(self, value: str) -> str:
        """`2026-07` as it is said: `Jul 2026`, `7/2026`."""
        from babel.dates import format_date

        year, month = str(value).split("-")
        pattern = {"vi": "M/y"}.get(self.code, "MMM y")
        return str(format_date(date(int(year), int(month), 1), pattern, locale=self.code)).replace(" ", NO_BREAK)


_COMPACT_WORDS = {4: N_("tn"), 3: N_("bn"), 2: N_("m"), 1: N_("k")}


def absent(value: object) -> bool:
    """None, NaN or a missing marker of pandas."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA refuses to be true or false
        return True


@cache
def _symbol_stands_before(code: str) -> bool:
    from babel import Locale

    return str(Locale.parse(code).currency_formats["standard"].pattern).startswith("¤")


@cache
def load(code: str) -> Language:
    """The language of a code (`en`, `vi`), its catalogues read once. One without catalogues speaks English in its own numbers."""
    messages: dict[str, str] = {}
    folder = LOCALE / code / "LC_MESSAGES"
    if folder.is_dir():
        from babel.messages.pofile import read_po

        for path in sorted(folder.glob("*.po")):
            with path.open("rb") as file:
                for entry in read_po(file, locale=code, abort_invalid=True):
                    if entry.id and isinstance(entry.id, str) and entry.string and not entry.fuzzy:
                        messages[entry.id] = str(entry.string)
    return Language(code, messages)


def languages() -> list[str]:
    """The codes that have catalogues, and English."""
    return sorted({"en", *(path.parent.name for path in LOCALE.glob("*/LC_MESSAGES"))})
