"""Words for what intake noticed in the data: a code, where, and a detail."""

from __future__ import annotations

from collections.abc import Mapping

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.words.enums import COLUMNS, readable
from kpi_toolkit.report.words.names import Words

FINDINGS: Mapping[str, str] = {
    "unused_column": N_("A mapped column that nothing uses"),
    "no_rows": N_("A source without rows"),
    "two_answers": N_("A lookup with two answers: the column stays empty there"),
    "unknown_customer": N_("Orders of customers who are not in the list of customers"),
    "outside_employment": N_("Facts outside the time of employment; they count"),
    "unknown_country": N_("A country that is not known: Monday to Friday, no holidays"),
    "rows_differ": N_("Rows of one person or customer that differ: the column stays empty"),
    "no_people": N_("No list of people: they are known from their facts alone"),
    "unknown_person": N_("Customers of a person who is not in the list of people"),
    "unknown_manager": N_("Managers who are not in the list of people"),
    "repeated_id": N_("An identifier that occurs twice; both rows count"),
    "credits_over_one": N_("Credits of one order that add to more than 100%"),
}


def finding(say: Words, code: object, where: object, detail: object) -> str:
    """A finding as one line: what, then where and the detail where they are known."""
    text = str(code)
    what = say(FINDINGS[text]) if text in FINDINGS else say(N_("another finding ({code})"), code=readable(text))
    parts = [_plain(say, str(part)) for part in (where, detail) if not absent(part) and str(part).strip()]
    return f"{what}: {', '.join(parts)}" if parts else what


def _plain(say: Words, text: str) -> str:
    """A column in words where it has some; other texts (files, keys of engagement.yml, values) without underscores."""
    return say(COLUMNS[text]) if text in COLUMNS else text if "/" in text else readable(text)
