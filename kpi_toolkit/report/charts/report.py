"""The pictures of the quarterly report: goal, bridge, everyone. Drawn by hand for each width; each returns a Block."""

from __future__ import annotations

import math

from kpi_toolkit.language import N_
from kpi_toolkit.report import marks
from kpi_toolkit.report.blocks import Block, Picture
from kpi_toolkit.report.bridge import DRIVERS, bridge
from kpi_toolkit.report.facts import FIRST_KPI, Facts, Here, Result
from kpi_toolkit.report.marks import PT, Mark, line, poly, rect, text, text_width
from kpi_toolkit.report.palette import LIGHT as C
from kpi_toolkit.report.roll import VERDICTS, Roll
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import Words, enums

PHONE_BELOW = 120.0  # mm
UNIT = 9.0  # points a glyph takes at most
CUT_AT = 0.75  # a bridge's axis is cut where the smaller total exceeds this part of the larger


def goal(here: Here | Facts) -> Block:
    """The company's result against its goal: a bar from zero, the range expected beforehand, the year before."""
    facts = Facts.of(here)
    say, result = facts.words, facts.company
    if math.isnan(result.actual) or result.actual < 0:
        return unavailable(facts, say(N_("the quarter has no result of this KPI yet")))
    if math.isnan(result.target) and result.partial:
        return unavailable(facts, say(N_("the data of the quarter are incomplete, so nothing is held against a target yet")))
    if math.isnan(result.target) or result.target <= 0:
        return unavailable(facts, say(N_("no goal of the company and no targets of people stand for this quarter")))
    return Picture(lambda width: _bullet(facts, result, width))


def _bullet(facts: Facts, result: Result, width: float) -> Mark:
    say, kpi, currency = facts.words, result.kpi, result.currency

    def value(x: float) -> str:
        return say.value(kpi, x, currency)

    phone = width < PHONE_BELOW
    wide, tall, size = width * PT, 23.0, 9.0 if phone else 8.5
    known = not math.isnan(result.low)
    basis = N_("Goal {value}") if result.basis == "company_goal" else N_("Sum of targets {value}")
    reached = N_("So far {value}") if result.partial else N_("Actual {value}")
    target, actual = say(basis, value=value(result.target)), say(reached, value=value(result.actual))
    room = wide / max(wide - text_width(target, size, 600) - 6, wide * 0.75)  # so that the goal's words stand behind its line
    most = max(x for x in (result.target * max(room, 1.14), result.actual * 1.03, result.high * 1.03) if not math.isnan(x))

    def x(at: float) -> float:
        return wide * max(at, 0.0) / most

    near = facts.here.engagement.policy.bands.near
    aside = not phone and result.actual < result.target and x(result.target) + text_width(target, size, 600) + 4 < wide
    rows = 3 if phone else 1 if aside else 2
    top = rows * 12.0 + 4
    middle = top + tall / 2
    if result.judged:
        out = rect(0, top, x(near * result.target), tall, C.far)
        out += rect(x(near * result.target), top, x(result.target) - x(near * result.target), tall, C.near)
        out += rect(x(result.target), top, wide - x(result.target), tall, C.over)
    else:
        out = rect(0, top, wide, tall, C.over)  # no bands where nothing is judged
    out += rect(0, top + tall * 0.32, x(result.actual), tall * 0.36, C.ink)
    if known:
        out += rect(x(result.low), top + tall * 0.16, x(result.high) - x(result.low), tall * 0.68, "none", C.accent, 1)
        if not math.isnan(result.middle):
            out += line(x(result.middle), top + tall * 0.16, x(result.middle), top + tall * 0.84, C.accent, 0.8, "1.6 1.4")
    out += line(x(result.target), top - 3, x(result.target), top + tall + 3, C.warning, 2)
    if not math.isnan(result.before) and result.before > 0 and not result.partial:
        out += line(x(result.before), top + tall * 0.32, x(result.before), top + tall * 0.68, C.paper, 1.3)
        label = say(N_("{quarter}: {value}"), quarter=say.language.quarter(facts.quarter.shifted(-4)), value=value(result.before))
        fits = text_width(label, 7.8) + 8 < x(min(result.before, result.actual))
        if fits and result.before <= result.actual:
            out += text(x(result.before) - 4, middle + 2.7, label, C.paper, 7.8, anchor="end")
    expected = say(N_("expected beforehand: {low} to {high}"), low=value(result.low), high=value(result.high)) if known else ""
    level = 9.5 if aside else 21.5
    if aside:
        out += text(x(result.target), 9.5, target, C.warning, size, 600)
    else:
        out += _beside(x(result.target), 9.5, target, C.warning, size, wide)
    out += _beside(x(result.actual), level, actual, C.ink, size, wide)
    if expected and phone:
        out += text(0, 33.5, expected, C.accent, size)
    elif expected:
        end = x(result.actual) - text_width(actual, size, 600) - 14
        after = x(result.actual) + (8 if end > 0 else text_width(actual, size, 600) + 14)
        if end >= text_width(expected, size):
            out += text(end, level, expected, C.accent, size, anchor="end")
        elif after + text_width(expected, size) < (x(result.target) - 8 if aside else wide):
            out += text(after, level, expected, C.accent, size)
    out += _scale(say, result, wide, top + tall, most, phone)
    message = N_("Bar from zero: actual {actual} against {target}, {share}")
    if not result.judged:
        message = N_("Bar from zero: {actual} so far, goal {target}; the data of the quarter are incomplete")
    alt = say(
        message,
        actual=value(result.actual), target=value(result.target), share=say.language.percent(result.attainment),
    )  # fmt: skip
    return Mark(out, width, (top + tall + 15) / PT, f"{alt}; {expected}" if expected else alt, fluid=True)


def _beside(x: float, y: float, words: str, colour: str, size: float, wide: float) -> str:
    """Words that end at a line, or begin there where the left has no room."""
    if text_width(words, size, 600) + 2 < x or x > wide / 2:
        return text(min(x, wide), y, words, colour, size, 600, "end")
    return text(x, y, words, colour, size, 600)


def _scale(say: Words, result: Result, wide: float, y: float, most: float, phone: bool) -> str:
    step = 10 ** math.floor(math.log10(most))
    for finer in (0.2, 0.5, 1):
        if most / (step * finer) <= (4 if phone else 6):
            step *= finer
            break
    out, at = "", 0.0
    while at <= most * 1.0001:
        x = wide * at / most
        anchor = "start" if at == 0 else "end" if x > wide - 18 else "middle"
        out += line(x, y, x, y + 3, C.mid, 0.5)
        out += text(x, y + 12, say.value(result.kpi, at, result.currency) if at else "0", C.grey, 7.5, anchor=anchor)
        at += step
    return out


def driver_bridge(here: Here | Facts) -> Block:
    """From the revenue of a year before to this quarter's, by customers, orders per customer and order value."""
    facts = Facts.of(here)
    if bridge(facts) is None:
        reason = N_("orders, customers or revenue of an earlier quarter are not known")
        if facts.incomplete:
            reason = N_("orders are incomplete: part of a quarter does not compare with a whole one")
        return unavailable(facts, facts.words(reason))
    return Picture(lambda width: _bridge(facts, width))


def _bridge(facts: Facts, width: float) -> Mark:
    found, say = bridge(facts), facts.words
    assert found is not None  # `driver_bridge` has looked
    phone = width < PHONE_BELOW
    goal_ = facts.company_goals.get(FIRST_KPI, math.nan)
    head = 16.0 if math.isnan(goal_) else 30.0  # the goal's words stand above, clear of the bars
    wide, tall, foot = width * PT, 104.0 if phone else 112.0, 30.0
    levels = [found.start]
    for step in found.steps:
        levels.append(levels[-1] + step)
    shown = [*levels, found.end] + ([] if math.isnan(goal_) else [goal_])
    low = min(shown)
    cut = low - (max(shown) - low) * 0.6 if low > max(shown) * CUT_AT else 0.0
    top = max(shown)

    def y(value: float) -> float:
        return head + tall * (1 - (value - cut) / ((top - cut) or 1))

    slot = wide / 5
    bar = min(slot * 0.62, 70)
    size = 7.5 if phone else 8.5

    def value(x: float) -> str:
        return say.value(FIRST_KPI, x, facts.currency)

    out = line(0, y(cut), wide, y(cut), C.mid, 0.8)
    quarters = [say.language.quarter(found.before), say.language.quarter(found.after)]
    names = [quarters[0], *(say(name) for name in DRIVERS), quarters[1]]
    for at, name in enumerate(names):
        centre = slot * (at + 0.5)
        left = centre - bar / 2
        if at in (0, 4):
            total = found.start if at == 0 else found.end
            out += rect(left, y(total), bar, y(cut) - y(total), C.mid if at == 0 else C.ink)
            out += text(centre, y(total) - 4, value(total), C.ink, size, 600, "middle")
            if cut:
                out += poly([(left - 2, y(cut) - 8), (left + bar + 2, y(cut) - 12)], C.paper, 2.5)
        else:
            start, end = levels[at - 1], levels[at]
            out += _step(left, bar, y(start), y(end), good=end >= start)
            out += text(centre, min(y(start), y(end)) - 4, say.gap(FIRST_KPI, end - start, facts.currency),
                        C.accent if end >= start else C.warning, size, 600, "middle")  # fmt: skip
        if at < 4:
            out += line(left + bar, y(levels[at]), slot * (at + 1.5) - bar / 2, y(levels[at]), C.mid, 0.5)
        out += _two_lines(centre, y(cut) + 11, name, size, slot - 4)
    if not math.isnan(goal_):
        out += line(slot * 3.6, y(goal_), wide, y(goal_), C.warning, 1.2, "3 2")
        label = say(N_("Goal {value}"), value=value(goal_))
        out += text(wide, 9.5, label, C.warning, size, 600, "end")
        left = wide - text_width(label, size, 600)
        out += line(left - 20, 7, left - 4, 7, C.warning, 1.2, "3 2")
    told = "; ".join(
        f"{name} {say.gap(FIRST_KPI, step, facts.currency)}" for name, step in zip(names[1:4], found.steps, strict=True)
    )
    alt = say(N_("From {start} to {end}: {steps}"), start=value(found.start), end=value(found.end), steps=told)
    return Mark(out, width, (head + tall + foot) / PT, alt, fluid=True)


def _step(left: float, width: float, start: float, end: float, *, good: bool) -> str:
    """A step up is filled, a step down hatched: the two differ in grey print too."""
    top, height = min(start, end), max(abs(end - start), 0.8)
    if good:
        return rect(left, top, width, height, C.accent)
    out = rect(left, top, width, height, C.paper, C.warning, 0.9)
    at = 4.0
    while at < width + height:
        x1, y1 = (left + at, top) if at <= width else (left + width, top + at - width)
        x2, y2 = (left, top + at) if at <= height else (left + at - height, top + height)
        out += line(x1, y1, x2, y2, C.warning, 0.6)
        at += 4.0
    return out


def _two_lines(x: float, y: float, words: str, size: float, room: float) -> str:
    parts = words.replace("\u00a0", " ").split(" ")
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and text_width(longer, size) > room:
            lines.append(part)
        else:
            lines[-1] = longer
    return "".join(text(x, y + at * (size + 1.5), one, C.ink, size, anchor="middle") for at, one in enumerate(lines[:3]))


def everyone(here: Here | Facts) -> Block:
    """One mark a person: what their score says of their level, and how sure that is."""
    facts = Facts.of(here)
    counts = Roll(facts).verdicts
    if not sum(counts.values()):
        reason = (
            facts.why_not("evaluation") if not len(facts.table("evaluation")) else facts.words(N_("no verdict could be given"))
        )
        return unavailable(facts, reason)
    return Picture(lambda width: unit_row(facts.words, counts, width))


def unit_row(say: Words, counts: dict[str, int], width: float) -> Mark:
    """A mark a person, in the order of the verdicts; one row on a page, a row a verdict on a phone or where they are many."""
    total = sum(counts.values())
    wide = width * PT
    alt = "; ".join(f"{counts[code]} {say(enums.VERDICTS[code])}" for code in VERDICTS)
    if width < PHONE_BELOW or total * 4.6 > wide:
        return _unit_rows(say, counts, width, alt)
    unit = min(wide / total, UNIT * 1.6)
    radius = min(3.1, unit * 0.4)
    out, x, label_from = "", 0.0, 0.0
    for code in VERDICTS:
        n = counts[code]
        if not n:
            continue
        out += "".join(marks.verdict(x + unit * (at + 0.5), 6, code, radius) for at in range(n))
        colour = C.accent if code.startswith("met") else C.warning
        out += line(x + 1, 14.5, x + unit * n - 3, 14.5, colour, 0.8)
        label_from = max(x, label_from)
        figure, words = say.language.number(n), say(enums.VERDICTS[code])
        out += text(label_from, 24.5, figure, size=8.5, weight=700)
        after = label_from + text_width(figure, 8.5, 700) + 3
        out += text(after, 24.5, words, size=8.5)
        label_from = after + text_width(words, 8.5) + 12
        x += unit * n
    return Mark(out, width, 28 / PT, alt, fluid=True)


def _unit_rows(say: Words, counts: dict[str, int], width: float, alt: str) -> Mark:
    wide = width * PT
    a_row = int(wide // 11)
    out, y = "", 0.0
    for code in VERDICTS:
        n = counts[code]
        figure = say.language.number(n)
        out += text(0, y + 10, figure, size=9.5, weight=700)
        out += text(text_width(figure, 9.5, 700) + 4, y + 10, say(enums.VERDICTS[code]), size=9.5)
        out += "".join(marks.verdict(5 + 11 * (at % a_row), y + 20 + 11 * (at // a_row), code, 3.6) for at in range(n))
        y += 16 + 11 * max(1, -(-n // a_row)) + 4
    return Mark(out, width, y / PT, alt, fluid=True)
