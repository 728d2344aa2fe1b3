"""What a renewal hands to the next quarter: the content of `<next quarter>/start.yml`.

Written by *renew*; read by *propose* (which KPIs go on) and *target* (how hard the last targets were). A recalibration is a
finding on the last targets, not a multiplier for the next ones: the next forecast has already seen the quarter that was judged.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from kpi_toolkit.artifacts import write_text
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

KEEP, ADJUST, RETIRE, REPLACE = "keep", "adjust", "retire", "replace"
GOES_ON = (KEEP, ADJUST)
RECOMMENDATIONS = (KEEP, ADJUST, RETIRE, REPLACE)

HEAD = """\
# What the renewal of {from_quarter} hands to {quarter}: its proposal and targets read it, a consultant may edit it.
# kpis: keep and adjust are preferred by the next proposal, retire and replace are left out of it.
# targets: factor = what the targets of {from_quarter} times this would have been reached by the healthy share of people; it is
# shown beside the next targets and not multiplied into them, since their forecast has seen {from_quarter} already.
"""


class BadStart(KpiError):
    code = "K022"
    message = N_("{path}: {problem}. Mend the file, or delete it and run the renewal of the quarter before again.")


@dataclass(frozen=True)
class Recommended:
    """What becomes of a KPI: `recommendation` keep, adjust, retire or replace; `weight` as it was (per cent, None if unknown)."""

    kpi: str
    recommendation: str
    health: str
    reason: str
    weight: float | None = None


@dataclass(frozen=True)
class Recalibrated:
    """How hard the last targets of a KPI were.

    `share_met` of `people` (shares 0..1) reached; `factor` is the multiple of the last targets that `policy.healthy_share` of the
    people would have reached, None where too few people tell. `last_target` and `last_actual` are the company's, in `currency`
    (None where the unit is not money or people's values do not add up).
    """

    kpi: str
    people: int
    share_met: float
    factor: float | None = None
    last_target: float | None = None
    last_actual: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Start:
    """A quarter's beginning, as the renewal of an earlier one (`from_quarter`) left it."""

    quarter: str
    from_quarter: str
    kpis: tuple[Recommended, ...] = ()
    targets: tuple[Recalibrated, ...] = ()

    @property
    def preferred(self) -> frozenset[str]:
        """Ids of the KPIs that go on (keep, adjust)."""
        return frozenset(one.kpi for one in self.kpis if one.recommendation in GOES_ON)

    @property
    def out(self) -> frozenset[str]:
        """Ids of the KPIs that end (retire, replace)."""
        return frozenset(one.kpi for one in self.kpis if one.recommendation not in GOES_ON)

    def of(self, kpi: str) -> Recommended | None:
        """What was recommended for a KPI, None where it was not used."""
        return next((one for one in self.kpis if one.kpi == kpi), None)

    def recalibration(self, kpi: str) -> Recalibrated | None:
        """How hard the last targets of a KPI were, None where there were none."""
        return next((one for one in self.targets if one.kpi == kpi), None)

    def text(self) -> str:
        """The YAML 1.2 that stands in `start.yml`, the same text for the same content."""
        from ruamel.yaml import YAML

        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel declares it None
        yaml.width = 200
        content = {
            "quarter": self.quarter,
            "from_quarter": self.from_quarter,
            "kpis": [_filled(one) for one in self.kpis],
            "targets": [_filled(one) for one in self.targets],
        }
        out = io.StringIO()
        yaml.dump(content, out)
        return HEAD.format(quarter=self.quarter, from_quarter=self.from_quarter) + out.getvalue()

    def write(self, path: Path) -> Path:
        """Write `start.yml` at the path, atomically."""
        write_text(path, self.text())
        return path

    @classmethod
    def read(cls, path: Path) -> Start:
        """Read `start.yml`. Raises `BadStart` where it is no YAML, or a key or a value is not as expected."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except (YAMLError, UnicodeDecodeError, OSError) as problem:
            raise BadStart(path=path, problem=str(problem).splitlines()[0]) from problem
        if not isinstance(content, Mapping) or not {"quarter", "from_quarter"} <= set(content):
            raise BadStart(path=path, problem="expected a mapping with quarter, from_quarter, kpis and targets")
        kpis = tuple(_one(Recommended, entry, path) for entry in _entries(content, "kpis", path))
        for one in kpis:
            if one.recommendation not in RECOMMENDATIONS:
                wrong = f"kpis, {one.kpi}: recommendation {one.recommendation!r} is not one of {', '.join(RECOMMENDATIONS)}"
                raise BadStart(path=path, problem=wrong)
        targets = tuple(_one(Recalibrated, entry, path) for entry in _entries(content, "targets", path))
        return cls(str(content["quarter"]), str(content["from_quarter"]), kpis, targets)


T = TypeVar("T", Recommended, Recalibrated)


def _filled(one: Recommended | Recalibrated) -> dict[str, Any]:
    return {key: value for key, value in asdict(one).items() if value is not None}


def _entries(content: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    entries = content.get(key) or []
    if not isinstance(entries, list):
        raise BadStart(path=path, problem=f"{key}: expected a list")
    return entries


def _one(kind: type[T], entry: object, path: Path) -> T:
    known = [field.name for field in fields(kind)]
    if not isinstance(entry, Mapping) or not set(entry) <= set(known):
        raise BadStart(path=path, problem=f"{entry!r}: expected a mapping with the keys {', '.join(known)}")
    try:
        return kind(**entry)
    except TypeError as problem:
        raise BadStart(path=path, problem=f"{dict(entry)!r}: {problem}") from problem
