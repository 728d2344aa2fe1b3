"""Words for the codes of the targets: the method of a person's target, the state of a company goal, flags, bases."""

from __future__ import annotations

from kpi_toolkit.language import N_, NOT_AVAILABLE
from kpi_toolkit.report.words.codes import Figures, Wording, fixed, worded
from kpi_toolkit.report.words.enums import LEVELS


def _chance(f: Figures) -> str:
    return f.chance(0)


def _measured_at(f: Figures) -> str:
    level = f.text(0)
    return f.say(N_("the goal is measured for the {level}"), level=f.say(LEVELS[level]) if level in LEVELS else NOT_AVAILABLE)


TARGET_CODES: dict[str, Wording] = {
    "equal_difficulty": worded(N_("split by equal difficulty: everyone has a chance of {chance}"), chance=_chance),
    "remainder": worded(N_("takes what rounding leaves; chance {chance}"), chance=_chance),
    "clipped": worded(N_("stopped by a growth bound: {share}"), share=lambda f: f.percent(0)),
    "healthy_share": worded(N_("no company goal: targets of the chance {chance}"), chance=_chance),
    "healthy_clipped": worded(N_("no company goal, stopped by a growth bound: chance {chance}"), chance=_chance),
    "too_few": worded(N_("only {n} expected in the quarter: too few for a goal of one person"), n=lambda f: f.decimal(0, 1)),
    "no_history": fixed(N_("no history before the quarter")),
    "no_spread": fixed(N_("all past values are the same")),
    "measured_at": _measured_at,
    "p_hit_low": worded(N_("chance of {chance}: lower than the policy allows"), chance=_chance),
    "p_hit_high": worded(N_("chance of {chance}: higher than the policy allows"), chance=_chance),
    "own": worded(N_("{n} own quarters behind it"), n=lambda f: f.count(0)),
    "peers": worded(N_("no own history: {n} peers behind it"), n=lambda f: f.count(0)),
    "checked": worded(N_("not split among people; chance of the goal {chance}"), chance=_chance),
    "no_people": fixed(N_("nobody holds a goal of this KPI")),
}
# `clipped` of a company goal gives another figure than that of a person; each person's chance stands in a column of its own
COMPANY_CODES: dict[str, Wording] = {
    **TARGET_CODES,
    "healthy_share": fixed(N_("no company goal")),
    "clipped": worded(N_("out of reach inside the growth bounds: {share} of it is handed out"), share=lambda f: f.percent(0)),
}
