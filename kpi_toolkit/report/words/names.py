"""Names and figures: KPIs, people and groups as one language says them, values in the unit of their KPI.

The names of the contract's KPIs are messages of their catalogue; the client's own words (`terms`, custom KPIs) go before them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kpi_toolkit.kpis.catalogue import CATALOGUE, KPI
from kpi_toolkit.language import N_, NOT_AVAILABLE, Language, absent
from kpi_toolkit.report.words import enums

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Bands

CONTRACT: Mapping[str, KPI] = {one.id: one for one in CATALOGUE}
FRACTIONAL = frozenset({"products_per_customer"})  # a count per thing: whole numbers would hide it
EDGES = (0.9, 1.0, 1.1)  # of the bands, where the policy sets none of its own
MOST_DIGITS = 5  # decimals of a percentage; nearer to an edge than they tell, it is rounded down
ISO = re.compile(r"[A-Z]{2}")
OWN_GOAL = re.compile(r"own_(\d+)")


@dataclass(frozen=True)
class Words:
    """How one language names KPIs and says their values; the KPIs of the contract are known without a `catalogue`.

    `terms`: KPI id → language code → the client's word; `people`: person id → name, where a name is known.
    """

    language: Language
    catalogue: Mapping[str, KPI] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    privacy: str = "decisions"

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language; its fields must be texts or whole numbers already said."""
        return self.language.text(message, **values)

    def count(self, n: float, one: str, many: str, **values: object) -> str:
        """The message for one or for many, with `{n}`; one and many are the same in languages without a plural."""
        return self(one if round(n) == 1 else many, n=self.language.number(n), **values)

    def counted(self, n: float) -> str:
        """`1 person`, `24 people`."""
        return self.count(n, N_("{n} person"), N_("{n} people"))

    def listed(self, parts: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(parts) < 2:
            return "".join(parts)
        return self(N_("{first} and {last}"), first=", ".join(parts[:-1]), last=parts[-1])

    # ---- KPIs

    def declared(self, kpi: str) -> KPI | None:
        """What is declared of a KPI; None for an own goal or an unknown id."""
        return self.catalogue.get(kpi) or CONTRACT.get(kpi)

    def kpi(self, kpi: str) -> str:
        """The name of a KPI: the client's word, else the catalogue's, else the one above; an own goal by its number."""
        own = OWN_GOAL.fullmatch(kpi)
        if own:
            return self(N_("Own goal {number}"), number=own[1])
        term = self.terms.get(kpi, {})
        if self.language.code in term:
            return _capital(term[self.language.code])
        known = self.declared(kpi)
        names = getattr(known, "names", None)
        if isinstance(names, Mapping) and names:
            return _capital(str(names.get(self.language.code) or names.get("en") or next(iter(names.values()))))
        return self(str(known.name)) if known else _capital(enums.readable(kpi))

    def unit(self, kpi: str) -> str:
        """`money`, `count`, `share` or `days`."""
        known = self.declared(kpi)
        return str(known.unit) if known else "count"

    def better(self, kpi: str) -> str:
        """`higher` or `lower`."""
        known = self.declared(kpi)
        return str(known.better) if known else "higher"

    def value(self, kpi: str, value: object, currency: object = "") -> str:
        """A value in the unit of its KPI: `€1.20 m`, `318`, `85.5%`, `42.0 days`; missing: an en dash."""
        if absent(value):
            return NOT_AVAILABLE
        number = float(str(value))
        unit = self.unit(kpi)
        if unit == "money":
            return self.language.compact(number, "" if absent(currency) else str(currency))
        if unit == "share":
            return self.language.percent(number)
        if unit == "days":
            return self(N_("{n} days"), n=self.language.number(number, 1))
        return self.language.number(
            number, 2 if kpi in FRACTIONAL else 0 if float(number).is_integer() or abs(number) >= 100 else 1
        )

    def symbol(self, currency: object) -> str:
        """How the language writes a currency (`$`, `US$`, `₫`), for a head over plain figures."""
        from babel.numbers import get_currency_symbol

        return "" if absent(currency) or not currency else str(get_currency_symbol(str(currency), locale=self.language.code))

    def attained(self, share: float | None, bands: Bands | None = None) -> str:
        """A score or an attainment: one decimal, more where one would carry it over an edge of its band (`99.98%`)."""
        if absent(share):
            return NOT_AVAILABLE
        value = float(share or 0)
        edges = (bands.near, bands.met, bands.exceeded) if bands else EDGES
        for digits in range(1, MOST_DIGITS):
            said = round(value, digits + 2)
            if all((value >= edge) == (said >= edge) for edge in edges):
                return self.language.percent(value, digits)
        return self.language.percent(math.floor(value * 1000) / 1000)

    def gap(self, kpi: str, value: float, currency: object = "") -> str:
        """A difference with its sign: `+€12 k`, `−3`, `+1.2 points`."""
        if absent(value):
            return NOT_AVAILABLE
        if not value:
            return self.language.number(0)
        if self.unit(kpi) == "share":
            said = self(N_("{n} points"), n=self.language.number(abs(value) * 100, 1))
        else:
            said = self.value(kpi, abs(value), currency)
        return f"{'+' if value >= 0 else '−'}{said}"

    # ---- people and groups

    def country(self, country: object) -> str:
        """A country as the client writes it; an ISO code by its name in this language; that it is unknown where it is empty."""
        from babel import Locale

        text = "" if absent(country) else str(country)
        if not text:
            return self(N_("country unknown"))
        return str(Locale.parse(self.language.code).territories.get(text, text)) if ISO.fullmatch(text) else text

    def person(self, person: str, asked: bool = False) -> str:
        """A person as `privacy.names` lets a page above them say it; `asked`: a decision about this person is asked here.

        Empty where the page may not name them.
        """
        name = self.people.get(person) or person
        if self.privacy == "shown" or (self.privacy == "decisions" and asked):
            return name
        if self.privacy == "initials":
            return "".join(f"{part[0]}." for part in re.split(r"[\s\-]+", name) if part)
        return ""

    def owner(self, owner: object) -> str:
        """Who does or decides: a role in words, or the name of the one whom the plan names."""
        if absent(owner):
            return NOT_AVAILABLE
        text = str(owner)
        if enums.known("owner", text):
            return enums.word(self.language, "owner", text)
        if text in self.people:
            return self.person(text, asked=True) or self(enums.OWNERS["manager"])
        return text if " " in text or text.isalnum() else enums.readable(text)

    def missing(self, needs: object) -> str:
        """What a KPI lacks (`activities`, `orders.discount`; several with commas) in words."""
        parts = []
        for need in re.split(r"[,;\s]+", "" if absent(needs) else str(needs)):
            table, _, column = need.partition(".")
            if not need:
                continue
            known = column and enums.known("column", column)
            said = enums.word(self.language, "column", column) if known else ""
            if column:
                label = said or enums.readable(column)
                parts.append(self(N_("{column} (in {table})"), column=label, table=enums.word(self.language, "table", table)))
            else:
                parts.append(enums.word(self.language, "table", table))
        return ", ".join(dict.fromkeys(parts)) or NOT_AVAILABLE


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A word or a name as a sentence begins with it."""
    return _capital(text)


def inside(text: str) -> str:
    """A name inside a sentence: its first letter small, unless a capital or a figure follows (`KPI`, `B2B`)."""
    return text if len(text) > 1 and not text[1].islower() and text[1] != " " else text[:1].lower() + text[1:]
