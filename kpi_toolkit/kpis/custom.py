"""A client's own KPI (`kpis.custom`): a declaration becomes parts over one table of facts; nothing in it is evaluated as code."""

from __future__ import annotations

from kpi_toolkit.engagement import CustomKpi
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.intake.contract import CANONICAL, FACT_DAY, MONEY_TABLES
from kpi_toolkit.kpis.declaration import KPI, Better, Columns, Kind, Part, Shape, Unit
from kpi_toolkit.kpis.parts import total
from kpi_toolkit.language import N_

COLUMNS_OF = {
    "count": (), "sum": ("column",), "mean": ("column",), "distinct": ("column",), "ratio": ("numerator", "denominator")
}  # fmt: skip
"""The keys of a declaration that name a column, by measure."""
SHAPES = {
    "count": Shape.COUNT, "sum": Shape.SUM, "distinct": Shape.DISTINCT, "mean": Shape.RATIO, "ratio": Shape.RATIO
}  # fmt: skip


class BadCustomKpi(KpiError):
    code = "K162"
    message = N_("kpis.custom, {kpi}: {problem}. Expected: {expected}. Nearest: {nearest}.")


def declared(own: CustomKpi) -> KPI:
    """The KPI that a client declares: `count` of rows, `sum`, `mean` or `distinct` values of a column, or `ratio` of two sums,
    over the rows of one table that `where` takes. Raises `BadCustomKpi` for a table, column or unit that does not fit.
    """
    if own.table not in FACT_DAY:
        raise _bad(own, f"{own.table!r} is no table of facts", sorted(FACT_DAY), own.table)
    columns = CANONICAL[own.table]
    for key in COLUMNS_OF[own.measure]:
        name = getattr(own, key)
        numbers = [column for column, kind in columns.items() if kind.kind in ("number", "share")]
        fits = list(columns) if own.measure == "distinct" else numbers
        if name not in fits:
            problem = f"the measure {own.measure!r} needs {key!r}" if name is None else f"{key} {name!r} does not fit {own.table}"
            raise _bad(own, problem, fits, name or "")
    for name in own.where:
        if name not in columns:
            raise _bad(own, f"where names {name!r}, which is no column of {own.table}", list(columns), name)
    money = own.unit == "money"
    if money and (own.table not in MONEY_TABLES or own.measure in ("count", "distinct")):
        raise _bad(own, f"{own.measure} over {own.table} is no money", ["a sum, mean or ratio over an amount in a currency"], "")
    named = [getattr(own, key) for key in COLUMNS_OF[own.measure]]
    needs = tuple(dict.fromkeys([own.table, *(f"{own.table}.{name}" for name in (*named, *own.where))]))
    numerator, denominator = _parts(own, money)
    return KPI(
        id=own.id, name=own.name.get("en", own.id), names=own.name, needs=needs,
        numerator=numerator, denominator=denominator, events=Part(f"{own.id}:rows", view(own), lambda t: t.count()),
        unit=Unit(own.unit), better=Better(own.better), kind=Kind(own.kind), serves=own.serves, shape=SHAPES[own.measure],
        scale=own.scale, custom=True,
    )  # fmt: skip


def view(own: CustomKpi) -> str:
    """The name of the view over the rows that a client's own KPI takes."""
    return f"custom:{own.id}"


def columns_used(own: CustomKpi) -> tuple[str, ...]:
    """The columns that a declaration sums or counts."""
    return tuple(getattr(own, key) for key in COLUMNS_OF[own.measure])


def _parts(own: CustomKpi, money: bool) -> tuple[Part, Part | None]:
    def summed(name: str, *, converted: bool) -> Part:
        return Part(f"{own.id}:{name}", view(own), lambda t: total(getattr(t, name)), money=converted)

    if own.measure == "count":
        return Part(f"{own.id}:count", view(own), lambda t: t.count()), None
    if own.measure == "ratio":
        return summed(str(own.numerator), converted=money), summed(str(own.denominator), converted=False)
    column = str(own.column)
    if own.measure == "distinct":
        return Part(f"{own.id}:distinct", view(own), lambda t: getattr(t, column).nunique()), None
    known = Part(f"{own.id}:known", view(own), lambda t: _known(t, column))
    return summed(column, converted=money), known if own.measure == "mean" else None


def _known(t: Columns, column: str) -> Columns:
    """Rows in which the column is known: the denominator of a mean."""
    return getattr(t, column).count()


def _bad(own: CustomKpi, problem: str, expected: list[str], word: str) -> BadCustomKpi:
    return BadCustomKpi(kpi=own.id, problem=problem, expected=", ".join(expected), nearest=nearest(word, expected))
