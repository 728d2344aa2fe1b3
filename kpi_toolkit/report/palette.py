"""The colours, once: pictures are drawn with `LIGHT`; the web page (light and dark) and the print take theirs from here.

One accent, one warning, greys; blue and orange stay apart for colour-blind readers, and every meaning has a form too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Palette:
    """Colours as `#RRGGBB`. No two are equal: the page finds a colour of a picture by its value."""

    ink: str  # text, axes, what is measured
    grey: str  # second text
    mid: str  # lines under heads, marks that say "ordinary"
    light: str  # hairlines
    pale: str
    band: str
    limits: str  # process limits
    accent: str  # good, better
    accent_tint: str
    warning: str  # short, worse, the line of a target
    warning_tint: str
    paper: str
    far: str  # grounds of a bullet: far below, near, above the goal
    near: str
    over: str


LIGHT = Palette(
    ink="#1B2530",
    grey="#5F6B76",
    mid="#9AA5AF",
    light="#D5DBE0",
    pale="#EEF2F5",
    band="#F0F3F5",
    limits="#E4E9ED",
    accent="#1F5F99",
    accent_tint="#A9C8E4",
    warning="#C2500A",
    warning_tint="#F0C3A3",
    paper="#FFFFFF",
    far="#DCE2E7",
    near="#E9EDF0",
    over="#F5F7F8",
)
DARK = Palette(
    ink="#E9EEF2",
    grey="#A7B3BD",
    mid="#7C8A96",
    light="#35424D",
    pale="#1D2831",
    band="#212D37",
    limits="#2B3843",
    accent="#74B4EC",
    accent_tint="#2D5C85",
    warning="#F2935A",
    warning_tint="#6E4426",
    paper="#11181E",
    far="#33414C",
    near="#273440",
    over="#1B252D",
)


def css() -> str:
    """Colours as CSS variables: by the reader's system, by the page's switch, and always light on paper.

    A rule beats a presentation attribute, so `svg [fill="#1F5F99"]` lets one picture follow the light.
    """
    light, dark = _variables(LIGHT), _variables(DARK)
    follow = "\n".join(
        f'svg [{attribute}="{value}"]{{{attribute}:var(--{_name(name)})}}'
        for name, value in asdict(LIGHT).items()
        for attribute in ("fill", "stroke")
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"@media screen{{:root:has(#theme-dark:checked){{color-scheme:dark;{dark}}}\n"
        f":root:has(#theme-light:checked){{color-scheme:light;{light}}}}}\n"
        f"{follow}\n"
    )


def typst() -> str:
    """Colours as Typst definitions, `accent-tint` for `accent_tint`."""
    return "".join(f'#let {_name(name)} = rgb("{value}")\n' for name, value in asdict(LIGHT).items())


def _name(field: str) -> str:
    return field.replace("_", "-")


def _variables(palette: Palette) -> str:
    return "".join(f"--{_name(name)}:{value};" for name, value in asdict(palette).items())
