"""Small pictures: SVG written by hand, in points; the same bytes go into the page and into the print.

Lengths inside a picture are points, outer sizes millimetres. Colours stand as plain attributes, so that the page can change them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kpi_toolkit.report import plain
from kpi_toolkit.report.palette import LIGHT as C

PT = 72 / 25.4  # points in a millimetre
FONTS = "Source Sans 3, sans-serif"
THAI_FONTS = "Noto Sans Thai, Leelawadee UI, Thonburi, sans-serif"
THAI = re.compile("[\u0e00-\u0e7f]+")
Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A picture of `width` × `height` mm; `alt` is empty where the words stand beside it."""

    body: str
    width: float
    height: float
    alt: str = ""
    fluid: bool = False  # on screens it takes the width it gets

    @property
    def svg(self) -> str:
        said = f'role="img" aria-label="{plain.html(self.alt)}"' if self.alt else 'aria-hidden="true"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {said} viewBox="0 0 {_n(self.width * PT)} {_n(self.height * PT)}" '
            f'width="{_n(self.width)}mm" height="{_n(self.height)}mm" font-family="{FONTS}">{self.body}</svg>'
        )


def _n(length: float) -> str:
    shown = f"{length:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _stroke(colour: str | None, width: float, dash: str | None = None) -> str:
    if not colour:
        return ""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f' stroke="{colour}" stroke-width="{_n(width)}"{dashed}'


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    stroke: str | None = None,
    stroke_width: float = 0.6,
    radius: float = 0,
) -> str:
    """A rectangle from its upper left corner; a negative width or height is drawn as none."""
    size = f'width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
    rounded = f' rx="{_n(radius)}"' if radius else ""
    return f'<rect x="{_n(x)}" y="{_n(y)}" {size}{rounded} fill="{fill}"{_stroke(stroke, stroke_width)}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 0.8, dash: str | None = None) -> str:
    return f'<path d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}" fill="none"{_stroke(stroke, width, dash)}/>'


def poly(points: Sequence[Point], stroke: str | None = None, width: float = 0.8, fill: str = "none", close: bool = False) -> str:
    """A line through points, or a filled shape."""
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + ("Z" if close else "")
    joined = ' stroke-linejoin="round"' if stroke else ""
    return f'<path d="{path}" fill="{fill}"{_stroke(stroke, width)}{joined}/>'


def circle(x: float, y: float, radius: float, fill: str, stroke: str | None = None, width: float = 1) -> str:
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"{_stroke(stroke, width)}/>'


def text(x: float, y: float, words: object, fill: str = C.ink, size: float = 8, weight: int = 400, anchor: str = "start") -> str:
    """Words on the baseline `y`; `anchor` is start, middle or end."""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    placed = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{bold}{placed}>{_lettered(words)}</text>'


def _lettered(words: object) -> str:
    """Words for a picture; Thai letters name their font, since Typst looks for no other one inside a picture."""
    return THAI.sub(lambda run: f'<tspan font-family="{THAI_FONTS}">{run[0]}</tspan>', plain.html(words))


def text_width(words: object, size: float = 8, weight: int = 400) -> float:
    """Width of words in points, by the advances of the house font (bold is taken as 4 % wider)."""
    from kpi_toolkit.report.fonts import advance

    return advance(plain.clean(words)) * size * (1.04 if weight > 400 else 1.0)


def verdict(x: float, y: float, code: str, radius: float = 3.1) -> str:
    """Filled is sure, open is not; a circle is met, a triangle missed. `code` is the contract's, such as `met_sure`."""
    met = code.startswith("met")
    colour = C.accent if met else C.warning
    fill = colour if code.endswith("_sure") else C.paper
    if met:
        return circle(x, y, radius, fill, colour)
    corners = [(x - radius - 0.1, y - radius + 0.3), (x + radius + 0.1, y - radius + 0.3), (x, y + radius + 0.3)]
    return poly(corners, colour, 1, fill, close=True)


def verdict_mark(code: str, alt: str = "") -> Mark:
    """The verdict's shape as a picture of its own."""
    return Mark(verdict(4, 4.2, code), 2.9, 2.9, alt)


def spark(
    series: Sequence[float | None],
    alt: str,
    *,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    kind: str = "common",
    width: float = 24.5,
    height: float = 7.6,
) -> Mark:
    """A series with its process limits (band) and target (dashed); gaps stay gaps. `kind` colours the last point:
    common, improve or concern."""
    known = [(number, value) for number, value in enumerate(series) if value is not None and value == value]
    if not known:
        return Mark("", width, height, alt)
    values = [value for _, value in known] + [value for value in (low, high, target) if value is not None]
    bottom, top = min(values), max(values)
    room = (top - bottom) * 0.06 or 1.0
    bottom, top = bottom - room, top + room
    wide, tall = width * PT - 4, height * PT

    def x(number: int) -> float:
        return wide * number / max(len(series) - 1, 1)

    def y(value: float) -> float:
        return tall * (1 - (value - bottom) / (top - bottom))

    out = ""
    if low is not None and high is not None:
        out += rect(0, y(high), wide, y(low) - y(high), C.limits)
    if target is not None:
        out += line(0, y(target), wide, y(target), C.warning, 0.8, "2 1.4")
    out += "".join(poly(run, C.ink) for run in _runs([(number, x(number), y(value)) for number, value in known]))
    dot = {"common": C.ink, "improve": C.accent}.get(kind, C.warning)
    last, value = known[-1]
    return Mark(out + circle(x(last), y(value), 1.9, dot), width, height, alt)


def _runs(points: Sequence[tuple[int, float, float]]) -> list[list[Point]]:
    """Points whose numbers follow each other, together."""
    runs: list[list[Point]] = []
    before: int | None = None
    for number, x, y in points:
        if before is None or number != before + 1:
            runs.append([])
        runs[-1].append((x, y))
        before = number
    return [run for run in runs if len(run) > 1]


def variation(kind: str, up: bool = True) -> Mark:
    """common: a ring with a wave; improve: a filled circle; concern: a filled diamond. The arrow says where the value went."""
    if kind == "common":
        wave = "M2.9 6.8C4.5 3.2 5.5 3.2 6.5 6.2C7.5 9.2 8.5 9.2 10.1 5.6"
        return Mark(
            circle(6.5, 6.5, 6, "none", C.mid, 0.9) + f'<path d="{wave}" fill="none" stroke="{C.grey}" stroke-width="1.1"/>',
            4.6,
            4.6,
        )
    diamond = [(6.5, -0.1), (13.1, 6.5), (6.5, 13.1), (-0.1, 6.5)]
    shape = circle(6.5, 6.5, 6, C.accent) if kind == "improve" else poly(diamond, fill=C.warning, close=True)
    start, end, away = (9.2, 3.8, 1) if up else (3.8, 9.2, -1)
    arrow = poly([(3.9, start), (9.3, end)], C.paper, 1.2) + poly([(5.9, end), (9.3, end), (9.3, end + away * 3.4)], C.paper, 1.2)
    return Mark(shape + arrow, 4.6, 4.6)


def assurance(kind: str) -> Mark:
    """The line is the target, the box the process limits, good is up: pass above it, fail below, hitmiss cut by it."""
    y, height, colour = {"pass": (1.0, 5.0, C.accent), "fail": (7.5, 5.0, C.warning)}.get(kind, (3.6, 6.4, C.mid))
    fill = colour if kind in ("pass", "fail") else C.light
    return Mark(rect(1.5, y, 14, height, fill, colour) + line(0, 6.8, 17, 6.8, C.ink, 1.2), 6, 4.6)


def bar(share: float, width: float = 12) -> Mark:
    """A share of 1 as a bar with its half marked."""
    wide = width * PT
    filled = wide * min(max(share, 0), 1)
    body = rect(0, 0.5, wide, 3.2, C.limits) + rect(0, 0.5, filled, 3.2, C.ink) + line(wide / 2, 0, wide / 2, 4.2, C.paper, 0.6)
    return Mark(body, width, 1.5)


def interval(
    score: float,
    low: float | None,
    high: float | None,
    code: str,
    alt: str,
    *,
    first: float = 0.55,
    last: float = 1.35,
    width: float = 50,
    height: float = 10.4,
    before: float | None = None,
) -> Mark:
    """A score with its range against the 100 % line; grey 90–100 %, a thin line at 110 %, × the score before a decision.

    What lies beyond `first` or `last` is drawn at the edge with an arrow. In a `joined` table the line goes on from row to row.
    """
    wide, tall = width * PT, height * PT
    middle = tall / 2

    def x(value: float) -> float:
        return wide * (min(max(value, first), last) - first) / (last - first)

    met = code.startswith("met")
    colour, tint = (C.accent, C.accent_tint) if met else (C.warning, C.warning_tint)
    out = (
        rect(x(0.9), 0, x(1) - x(0.9), tall, C.band)
        + line(x(1.1), 0, x(1.1), tall, C.light, 0.5)
        + line(x(1), 0, x(1), tall, C.ink, 0.9)
    )
    if low is not None and high is not None:
        out += line(x(low), middle, x(high), middle, tint, 1.5)
        out += "".join(
            line(x(end), middle - 1.6, x(end), middle + 1.6, colour, 0.9) for end in (low, high) if first <= end <= last
        )
    if before is not None:
        at = x(before)
        out += line(at - 2.2, middle - 2.2, at + 2.2, middle + 2.2, C.grey) + line(
            at - 2.2, middle + 2.2, at + 2.2, middle - 2.2, C.grey
        )
    if first <= score <= last:
        out += verdict(x(score), middle, code)
    else:
        out += _beyond(x(score), middle, colour, to_the_right=score > last, wide=wide)
    return Mark(out, width, height, alt, fluid=True)


def _beyond(x: float, y: float, colour: str, *, to_the_right: bool, wide: float) -> str:
    tip, back = (wide - 0.5, wide - 6) if to_the_right else (0.5, 6.0)
    return poly([(back, y - 3), (tip, y), (back, y + 3)], colour, 1, colour, close=True)


def axis(
    ticks: Sequence[tuple[float, str]], *, first: float = 0.55, last: float = 1.35, width: float = 50, height: float = 4
) -> Mark:
    """The head of a column of intervals: values with their words; 1 is the line that counts."""
    wide = width * PT
    return Mark(
        "".join(
            text(
                wide * (value - first) / (last - first),
                8.2,
                words,
                C.ink if value == 1 else C.grey,
                7.5,
                600 if value == 1 else 400,
                "middle",
            )
            for value, words in ticks
        ),
        width,
        height,
        fluid=True,
    )


PROFILE_STEP = 7.65  # points from sign to sign


def profile(bands: Sequence[str | None], alt: str) -> Mark:
    """One sign a goal: ● met or exceeded, ○ near, – missed, a dot where there is no result."""
    out = ""
    for number, band in enumerate(bands):
        x = 3 + number * PROFILE_STEP
        if band in ("exceeded", "met"):
            out += circle(x, 5, 2.1, C.ink)
        elif band == "near":
            out += circle(x, 5, 1.9, "none", C.grey, 0.8)
        elif band == "missed":
            out += line(x - 2, 5, x + 2, 5, C.grey, 0.9)
        else:
            out += circle(x, 5, 0.7, C.mid)
    return Mark(out, (max(len(bands), 1) * PROFILE_STEP - 1.6) / PT, 3.5, alt)


def flag(letter: str, alt: str) -> Mark:
    """A white letter in an inked box: a note below the table."""
    body = rect(0, 0, 8, 9, C.ink, radius=1) + text(4, 6.9, letter, C.paper, 6.8, 700, "middle")
    return Mark(body, 2.82, 3.18, alt)
