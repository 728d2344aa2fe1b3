"""Reasons, evidence and findings: a code with its figures becomes a sentence.

Grammar: codes joined by `;`, the figures of a code joined by `:` (`score:0.93;chance:0.31`). Each code has one wording below; a
code without one is said to be another reason, with its figures: it is neither shown raw nor swallowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.words import enums
from kpi_toolkit.report.words.names import Words, sentence

LEAST_RUN = 7  # results in a row that make a run (contract, section 5)
GRAINS: Mapping[str, str] = {
    "month": N_("by month"),
    "quarter": N_("by quarter"),
    "week": N_("by week"),
}
SIDES: Mapping[str, str] = {
    "above": N_("{value} lies above what is usual here ({low} to {high}, mean {mean})"),
    "below": N_("{value} lies below what is usual here ({low} to {high}, mean {mean})"),
    "rising": N_("rising without a break to {value} (usual: {low} to {high}, mean {mean})"),
    "falling": N_("falling without a break to {value} (usual: {low} to {high}, mean {mean})"),
}
# of the rules whose last result may well lie inside the usual range: what the results are, not that the last one is unusual
PATTERNS: Mapping[tuple[str, str], str] = {
    ("process_limit_run", "above"): N_("{n} results in a row above the mean {mean} (last {value}; usual range {low} to {high})"),
    ("process_limit_run", "below"): N_("{n} results in a row below the mean {mean} (last {value}; usual range {low} to {high})"),
    ("process_limit_outer_third", "above"): N_(
        "two of three results near the upper limit or beyond it (last {value}; usual range {low} to {high}, mean {mean})"
    ),
    ("process_limit_outer_third", "below"): N_(
        "two of three results near the lower limit or beyond it (last {value}; usual range {low} to {high}, mean {mean})"
    ),
}
RULES: Mapping[str, str] = {
    "process_limit_outside": N_("A result outside the usual range"),
    "process_limit_run": N_("Seven or more results in a row on one side of the mean"),
    "process_limit_trend": N_("Seven or more results rising or falling in a row"),
    "process_limit_outer_third": N_("Two of three results near one limit"),
    "context_presence": N_("Present for less than 60% of the quarter"),
    "data_no_denominator": N_("Nothing to divide by"),
    "data_not_available": N_("A goal whose KPI cannot be measured"),
}


@dataclass(frozen=True)
class Figures:
    """The figures of one code, read with a default where one is missing; `kpi` and `currency` say in which unit."""

    say: Words
    parts: Sequence[str]
    kpi: str = ""
    currency: str = ""

    def text(self, at: int) -> str:
        return self.parts[at] if at < len(self.parts) else ""

    def number(self, at: int) -> float | None:
        try:
            number = float(self.text(at))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def count(self, at: int) -> str:
        return self.say.language.number(self.number(at))

    def decimal(self, at: int, digits: int = 2) -> str:
        return self.say.language.number(self.number(at), digits)

    def percent(self, at: int, digits: int = 0) -> str:
        return self.say.language.percent(self.number(at), digits)

    def chance(self, at: int) -> str:
        return self.say.language.chance(self.number(at))

    def value(self, at: int) -> str:
        return self.say.value(self.kpi, self.number(at), self.currency)

    def kpi_name(self, at: int) -> str:
        return self.say.kpi(self.text(at)) if self.text(at) else "–"


Wording = Callable[[Figures], str]


def fixed(message: str) -> Wording:
    """A code without figures (or whose figures say nothing to a reader)."""
    return lambda f: f.say(message)


def worded(message: str, **fields: Callable[[Figures], str]) -> Wording:
    """A message whose fields are read from the figures."""
    return lambda f: f.say(message, **{name: read(f) for name, read in fields.items()})


def _side(direction: str) -> Wording:
    def said(f: Figures) -> str:
        return f.say(SIDES[direction], value=f.value(0), mean=f.value(1), low=f.value(2), high=f.value(3))

    return said


def patterned(rule: object, evidence: object) -> dict[str, Wording]:
    """The wordings of a case's evidence that its rule makes other ones; a run without its number of points keeps to seven."""
    points = next((one.split(":")[1] for one in str(evidence).split(";") if re.fullmatch(r"points:\d+", one)), str(LEAST_RUN))

    def of(message: str) -> Wording:
        return lambda f: f.say(
            message, n=f.say.language.number(int(points)), value=f.value(0), mean=f.value(1), low=f.value(2), high=f.value(3)
        )

    return {direction: of(message) for (one, direction), message in PATTERNS.items() if one == str(rule)}


def _open_exceptions(f: Figures) -> str:
    rules = [rule(f.say, one) for one in f.text(1).split("+") if one]
    cases = f.say.count(f.number(0) or 0, N_("{n} open case"), N_("{n} open cases"))
    return f"{cases} ({'; '.join(rules)})" if rules else cases


def _not_available(f: Figures) -> str:
    return f.say(N_("the data for it are missing: {what}"), what=f.say.missing(f.text(0).replace("+", ",")))


# what the evaluation, the exceptions and the actions say
WORDINGS: dict[str, Wording] = {
    **{direction: _side(direction) for direction in SIDES},
    "points": worded(N_("{n} points in the pattern"), n=lambda f: f.count(0)),
    "grain": lambda f: f.say(GRAINS[f.text(0)]) if f.text(0) in GRAINS else enums.readable(f.text(0)),
    "periods": worded(N_("{n} points seen"), n=lambda f: f.count(0)),
    "events": worded(N_("{n} events behind a point"), n=lambda f: f.decimal(0, 1)),
    "presence": worded(N_("present {share} of the quarter"), share=lambda f: f.percent(0)),
    "days": worded(N_("{days} of {all} working days"), days=lambda f: f.count(0), all=lambda f: f.count(1)),
    "no_denominator": fixed(N_("nothing happened to divide by, though the person was present")),
    "not_available": _not_available,
    "payout": worded(N_("payout {share}"), share=lambda f: f.percent(0)),
    "score": worded(N_("score {share}"), share=lambda f: f.say.attained(f.number(0))),
    "chance": worded(N_("chance that the level reaches the target: {chance}"), chance=lambda f: f.chance(0)),
    "unsigned": fixed(N_("goals not signed, so nothing is owed")),
    "open_exceptions": _open_exceptions,
    "targets_doubted": worded(
        N_("{share} of {n} people are surely below: the targets themselves are in question"),
        share=lambda f: f.percent(0), n=lambda f: f.count(1),
    ),
}  # fmt: skip


def rule(say: Words, code: object) -> str:
    """The rule of an exception, worded without accusation."""
    text = str(code)
    if text in RULES:
        return say(RULES[text])
    name = enums.family(text)
    return say(enums.RULE_FAMILIES[name]) if name else say(N_("Another kind of case ({code})"), code=enums.readable(text))


def known(code: str) -> bool:
    """Whether a code has words of its own."""
    return code in WORDINGS


def reason(
    say: Words, text: object, kpi: object = "", currency: object = "", wordings: Mapping[str, Wording] | None = None
) -> str:
    """A reason, an evidence or a state as one sentence; `kpi` and `currency` give its values their unit.

    `wordings` go before those that hold everywhere: the same code may say another thing in another table.
    """
    if absent(text) or not str(text).strip():
        return "–"
    parts = []
    for one in str(text).split(";"):
        code, *figures = one.strip().split(":")
        if not code:
            continue
        read = Figures(say, figures, "" if absent(kpi) else str(kpi), "" if absent(currency) else str(currency))
        wording = (wordings or {}).get(code) or WORDINGS.get(code)
        parts.append(wording(read) if wording else _other(read, code))
    return sentence("; ".join(parts)) or "–"


def _other(f: Figures, code: str) -> str:
    told = ", ".join(_figure(f, at) for at in range(len(f.parts)))
    return f.say(N_("other reason ({told})"), told=f"{enums.readable(code)}: {told}" if told else enums.readable(code))


def _figure(f: Figures, at: int) -> str:
    """A figure of an unknown code: a number as the language sets it, another text without underscores, a gap as a dash."""
    text = f.text(at)
    number = f.number(at)
    if number is not None:
        return f.say.language.number(number, 0 if number.is_integer() else 2)
    return enums.readable(text)
