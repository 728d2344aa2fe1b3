"""engagement.yml: what a consultant writes about one client, read and checked (keys, meanings, defaults: contract, section 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kpi_toolkit.artifacts import CLIENTS_FOLDER
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import FiscalYear, Quarter

FILE_NAME = "engagement.yml"
TABLES = (
    "people", "customers", "orders", "opportunities", "activities", "leads", "spend", "payments", "absences", "events",
    "quotas", "rates",
)  # fmt: skip
OBJECTIVES = ("growth", "acquisition", "retention", "activity")
MEASURES_OF_CUSTOM = ("count", "sum", "distinct", "mean", "ratio")
LONGEST_VALUE = 60  # characters of a client's value that a message shows


class NoEngagement(KpiError):
    code = "K100"
    message = N_(
        "No client {client!r}: neither a folder with engagement.yml nor a folder under client_data/. Nearest: {nearest}."
    )


class BadEngagement(KpiError):
    code = "K101"
    message = N_("{file}, line {line}, {key}: {problem}. Expected: {expected}.")


class UnknownKey(KpiError):
    code = "K103"
    message = N_("{file}, line {line}: the key {key!r} is not known here. Nearest: {nearest}. Known: {known}.")


class UnreadableYaml(KpiError):
    code = "K104"
    message = N_("{file}, line {line}: this is not YAML: {problem}.")


def shortened(value: object) -> str:
    """A client's value as a message may show it: one line, printable, at most 60 characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)[: LONGEST_VALUE * 2])
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _listed(value: object) -> object:
    return [] if value is None else value if isinstance(value, list | tuple) else [value]


def _lists_of(value: object) -> object:
    return {key: _listed(part) for key, part in value.items()} if isinstance(value, Mapping) else value


def _empty_map(value: object) -> object:
    return {} if value is None else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
TextMap = Annotated[dict[str, str], BeforeValidator(_empty_map)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    """A mapping of engagement.yml: it cannot be changed, and an unknown key in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Lookup(_Part):
    """A column that another table of the client holds: rows are matched by columns (here: there), one column is taken."""

    file: str | None = None
    sheet: str | None = None
    match: TextMap
    take: str
    values: TextMap = {}


class Unpivot(_Part):
    """A wide table made long: the names of `columns` go to `period`, their cells to `value`; an empty cell is no row."""

    period: str
    value: str
    columns: Annotated[Texts, Field(min_length=1)]


class Source(_Part):
    """One entry under `sources.<table>`: files of one shape and how their columns become ours."""

    file: str | None = None
    table: str | None = None
    url: str | None = None
    sheet: str | None = None
    columns: TextMap = {}
    where: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_lists_of)] = {}
    constants: TextMap = {}
    id_prefix: str = ""
    values: dict[str, dict[str, str]] = {}
    lookup: dict[str, Lookup] = {}
    derive: TextMap = {}
    currency: str | dict[str, str] | None = None
    missing: Texts = ("",)
    decimal: Literal[".", ","] | None = None
    dates: str | None = None
    header: Annotated[int, Field(ge=1)] = 1
    unpivot: Unpivot | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Source:
        if bool(self.file) == bool(self.table and self.url) or (self.file and (self.table or self.url)):
            raise ValueError("one place: `file:`, or, for a database, `table:` with `url:`")
        return self


class CustomKpi(_Part):
    """A KPI of the client's own: declared, never evaluated as code."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: dict[str, str]
    table: str
    measure: Literal["count", "sum", "distinct", "mean", "ratio"]
    column: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    where: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_lists_of)] = {}
    unit: Literal["money", "count", "share", "days"]
    better: Literal["higher", "lower"]
    kind: Literal["leading", "lagging"]
    serves: str
    scale: Annotated[float, Field(gt=0)] | None = None


class KpiRules(_Part):
    """How many KPIs are chosen, which must be in or out, and the client's own. Ids are checked by `kpis`."""

    count: tuple[int, int] = (5, 7)
    include: Texts = ()
    exclude: Texts = ()
    weights: dict[str, float] = {}
    min_weight: float = 10
    redundancy: Share = 0.85
    custom: tuple[CustomKpi, ...] = ()


class Bands(_Part):
    """Lower edges of the bands, as attainment."""

    exceeded: float = 1.10
    met: float = 1.00
    near: float = 0.90

    @model_validator(mode="after")
    def _in_order(self) -> Bands:
        if not self.exceeded >= self.met >= self.near:
            raise ValueError("exceeded, met and near do not fall in this order")
        return self


class ShowChance(_Part):
    """How each reader is told a chance."""

    employee: Literal["words", "number", "hidden"] = "words"
    manager: Literal["words", "number", "hidden"] = "number"
    leadership: Literal["words", "number", "hidden"] = "number"


class Policy(_Part):
    """How results are judged, targets bounded and bad rows borne."""

    cap: Annotated[float, Field(gt=0)] = 1.5
    bands: Bands = Bands()
    missing: Literal["redistribute", "zero", "block"] = "redistribute"
    max_bad_rows: Share = 0.02
    growth_bounds: tuple[float, float] = (-0.2, 0.5)
    healthy_share: Share = 0.6
    p_hit_range: tuple[Share, Share] = (0.35, 0.80)
    scenario: str = "base"
    show_chance: ShowChance = ShowChance()


class Privacy(_Part):
    """Which names a report above the own person shows, and the smallest group that may be shown."""

    names: Literal["decisions", "shown", "initials", "hidden"] = "decisions"
    smallest_group: Annotated[int, Field(ge=1)] = 5


class Scenario(_Part):
    """A future of the client's own; shares are changes (-0.05 is 5 % less)."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: dict[str, str]
    market: dict[str, float] = {}
    price: float = 0.0
    headcount: dict[str, int] = {}
    activity: float = 0.0
    currency: dict[str, float] = {}
    lost_customers: Texts = ()


class Engagement(_Part):
    """One client's work. `path` is the file, `root` its folder, from which every path in it is resolved."""

    path: Path
    client: Annotated[str, Field(min_length=1)]
    language: str = "en"
    reporting_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    fiscal_year_starts: str = "01-01"
    fiscal_year_named_by: Literal["end", "start"] = "end"
    currencies: TextMap = {}
    objectives: Texts = OBJECTIVES
    company_goals: dict[str, dict[str, float]] = {}
    sources: dict[str, Annotated[tuple[Source, ...], BeforeValidator(_listed)]]
    kpis: KpiRules = KpiRules()
    policy: Policy = Policy()
    engine: str = "duckdb"
    privacy: Privacy = Privacy()
    governance: dict[str, dict[str, Any]] = {}
    terms: dict[str, dict[str, str]] = {}
    scenarios: tuple[Scenario, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 20260701

    @property
    def root(self) -> Path:
        return self.path.parent

    @property
    def fiscal(self) -> FiscalYear:
        return FiscalYear.parse(self.fiscal_year_starts, self.fiscal_year_named_by)

    @model_validator(mode="after")
    def _periods_are_periods(self) -> Engagement:
        FiscalYear.parse(self.fiscal_year_starts)
        if not self.sources:
            raise ValueError("`sources` names no table")
        for kpi, goals in self.company_goals.items():
            for period in goals:
                if not re.fullmatch(r"(19|20|21)\d\d(Q[1-4])?", period):
                    raise ValueError(
                        f"company_goals.{kpi}: {shortened(period)!r} is neither a quarter (2026Q3) nor a year (2026)"
                    )
        return self


def find(client: str | Path, start: Path | None = None) -> Path:
    """The folder of a client: an existing path, else a folder under `client_data/`; both are looked for upward from `start`.

    So `client_data/demo` is found from notebooks/, where Jupyter stands. Raises `NoEngagement`.
    """
    start = (start or Path.cwd()).resolve()
    given = start / Path(client)
    if given.is_file() and given.name == FILE_NAME:
        return given.parent
    if (given / FILE_NAME).is_file():
        return given
    known: list[str] = []
    for folder in (start, *start.parents):
        if len(Path(client).parts) > 1 and (folder / client / FILE_NAME).is_file():
            return folder / client
        clients = folder / CLIENTS_FOLDER
        if clients.is_dir():
            known += [path.parent.name for path in clients.glob(f"*/{FILE_NAME}")]
            if (clients / client / FILE_NAME).is_file():
                return clients / client
    raise NoEngagement(client=shortened(client), nearest=nearest(str(client), known))


def load(path: Path) -> Engagement:
    """The engagement of a folder or a file. Raises `NoEngagement`, `UnreadableYaml`, `UnknownKey` or `BadEngagement`."""
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise NoEngagement(client=shortened(path), nearest="–")
    data = _parsed(path)
    if not isinstance(data, Mapping):
        raise BadEngagement(file=path, line=1, key=FILE_NAME, problem="no keys", expected="client: and sources:")
    if "path" in data:
        raise UnknownKey(file=path, line=_line(data, ["path"]), key="path", nearest="–", known=_known(Engagement))
    for table in data.get("sources") or {}:
        if table not in TABLES:
            raise UnknownKey(
                file=path, line=_line(data, ["sources", table]), key=f"sources.{shortened(table)}",
                nearest=nearest(str(table), TABLES), known=", ".join(TABLES),
            )  # fmt: skip
    try:
        return Engagement.model_validate({**_plain(data), "path": path.resolve()})
    except ValidationError as error:
        raise _worded(path, data, error) from None


def for_quarter(root: Path, quarter: Quarter | str) -> Engagement:
    """The client's engagement with the KPIs, policy and company goals of the quarter's own copy, where one stands."""
    own = load(root)
    copy = own.root / str(quarter) / FILE_NAME
    if not copy.is_file():
        return own
    frozen = load(copy)
    return own.model_copy(update={"kpis": frozen.kpis, "policy": frozen.policy, "company_goals": frozen.company_goals})


def _parsed(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = YAML(typ="rt", pure=True)  # 1.2, where NO is Norway; it keeps line numbers and makes no objects of tags
    try:
        return reader.load(path.read_text(encoding="utf-8-sig"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableYaml(file=path, line=line, problem=shortened(error.problem or "unreadable")) from None
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableYaml(file=path, line=1, problem=shortened(error)) from None


def _plain(value: object) -> Any:
    """Keys as text and no trace of the reader's own types: a year is a text, an empty part is absent."""
    if isinstance(value, Mapping):
        return {_scalar(key): _plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _scalar(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _line(data: object, keys: Sequence[str | int]) -> int:
    line = 1
    for key in keys:
        at = getattr(data, "lc", None)
        try:
            line = (at.key(key)[0] if isinstance(data, Mapping) else at.item(key)[0]) + 1 if at else line
            data = data[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def _known(model: type[BaseModel]) -> str:
    return ", ".join(name for name in model.model_fields if name != "path")


def _worded(path: Path, data: object, error: ValidationError) -> KpiError:
    """The first of the validation errors, in the words of this file."""
    first = error.errors(include_url=False)[0]
    keys = list(first["loc"])
    if len(keys) > 2 and keys[0] == "sources" and isinstance(data, Mapping) and not isinstance(data["sources"][keys[1]], list):
        del keys[2]  # a single entry stands as a list of one
    key, line = ".".join(map(str, keys)) or FILE_NAME, _line(data, keys)
    if first["type"] == "extra_forbidden":
        model: Any = _model_at(first["loc"][:-1])
        names = [name for name in model.model_fields if name != "path"]
        return UnknownKey(file=path, line=line, key=shortened(key), nearest=nearest(str(keys[-1]), names), known=", ".join(names))
    if first["type"] == "missing":
        return BadEngagement(file=path, line=line, key=key, problem="it is required and absent", expected="a value")
    message = str(first["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(first["input"], Mapping | BaseModel) else f" ({shortened(first['input'])!r})"
    return BadEngagement(file=path, line=line, key=shortened(key), problem=f"not as expected{given}", expected=message)


_MODELS: Mapping[str, type[BaseModel]] = {
    "sources": Source, "lookup": Lookup, "unpivot": Unpivot, "custom": CustomKpi, "kpis": KpiRules, "bands": Bands,
    "show_chance": ShowChance, "policy": Policy, "privacy": Privacy, "scenarios": Scenario,
}  # fmt: skip


def _model_at(keys: Sequence[str | int]) -> type[BaseModel]:
    for key in reversed(keys):
        if key in _MODELS:
            return _MODELS[str(key)]
    return Engagement
