"""From checked rows to the canonical tables: people and customers one row each, currencies, credits and discounts resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kpi_toolkit.engagement import Engagement, shortened
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.intake.backend import name, text, texts
from kpi_toolkit.intake.contract import CANONICAL, FACT_DAY, MONEY_TABLES, NO_CURRENCY, NO_ORDER
from kpi_toolkit.intake.countries import iso
from kpi_toolkit.intake.staging import Stage, currencies
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter

GOOD = "_taken AND fault IS NULL"


class NotACurrency(KpiError):
    code = "K128"
    message = N_("{where}: {currency!r} is no currency. Nearest: {nearest}. Expected: an ISO 4217 code, such as EUR.")


class ReportingCurrency(KpiError):
    code = "K129"
    message = N_(
        "The amounts are in several currencies ({currencies}). "
        "Say in engagement.yml in which one to report: reporting_currency: {first}, and give the rates of the others."
    )


def check_currencies(engagement: Engagement) -> None:
    """Every currency that engagement.yml names is one. Raises `NotACurrency`."""
    named: list[tuple[str, str]] = [("currencies." + country, code) for country, code in engagement.currencies.items()]
    if engagement.reporting_currency:
        named.append(("reporting_currency", engagement.reporting_currency))
    for table, sources in engagement.sources.items():
        for source in sources:
            where = f"sources.{table}.currency"
            if isinstance(source.currency, str):
                named.append((where, source.currency))
            elif source.currency:
                named += [(f"{where}.{country}", code) for country, code in source.currency.items()]
    known = currencies()
    for where, code in named:
        if code not in known:
            raise NotACurrency(where=where, currency=shortened(code), nearest=nearest(code, known))


def reporting_currency(at: Stage) -> str:
    """As engagement.yml says, else the only one that occurs, else `NO_CURRENCY`. Raises `ReportingCurrency`."""
    if at.engagement.reporting_currency:
        return at.engagement.reporting_currency
    seen = set(at.engagement.currencies.values())
    for table in at.mapped:
        if at.has(table, "currency") and table != "rates":
            found = at.run(f"SELECT DISTINCT currency FROM stage_{table} WHERE {GOOD} AND currency IS NOT NULL")
            seen |= {str(row[0]) for row in found}
    for table, sources in at.engagement.sources.items():
        for source in sources if table in MONEY_TABLES else ():
            seen |= {source.currency} if isinstance(source.currency, str) else set((source.currency or {}).values())
    if len(seen) > 1:
        raise ReportingCurrency(currencies=", ".join(sorted(seen)), first=min(seen))
    return seen.pop() if seen else NO_CURRENCY


def make_people(at: Stage, reporting: str) -> None:
    """The table `people`: one row a person and validity, with `iso` and a currency."""
    if "people" in at.mapped:
        at.run(f"CREATE OR REPLACE TABLE merged AS {_merged(at, 'people', 'person_id', ('valid_from', 'valid_to'))}")
    else:
        named = " UNION ALL ".join(
            f"SELECT _seq, person_id FROM stage_{table} WHERE {GOOD} AND person_id IS NOT NULL"
            for table in at.mapped
            if at.has(table, "person_id")
        )
        gaps = ", ".join(f"CAST(NULL AS {kind.sql}) AS {name(column)}" for column, kind in CANONICAL["people"].items())
        at.run(
            "CREATE OR REPLACE TABLE merged AS SELECT n.person_id, g.* EXCLUDE (person_id), "
            "row_number() OVER (ORDER BY n.person_id) AS _seq FROM "
            f"(SELECT DISTINCT person_id FROM ({named or 'SELECT 0 AS _seq, NULL AS person_id WHERE false'})) n, "
            f"(SELECT {gaps}) g"
        )
        at.found("people", "no_people", int(at.run("SELECT count(*) FROM merged")[0][0]))
    isos = _isos(at)
    country = _cases("country", isos)
    by_country = at.engagement.currencies
    code = f"coalesce(currency, {_cases('country', by_country)}, {_cases('iso', by_country)}, {text(reporting)})"
    columns = [name(column) if column != "currency" else f"{code} AS currency" for column in CANONICAL["people"]]
    order = "PARTITION BY person_id ORDER BY valid_from NULLS FIRST, _seq"
    at.run(
        f"CREATE OR REPLACE TABLE people AS SELECT {', '.join(columns)}, iso FROM (SELECT * REPLACE (coalesce(valid_to, "
        f"lead(valid_from) OVER ({order}) - 1) AS valid_to), {country} AS iso FROM merged) ORDER BY _seq"
    )
    at.run("DROP TABLE merged")
    _note_managers(at)


def make_customers(at: Stage) -> None:
    """The table `customers`: one row each; a person who is not among people is empty, and a finding."""
    at.run(f"CREATE OR REPLACE TABLE merged AS {_merged(at, 'customers', 'customer_id', ())}")
    known = "person_id IN (SELECT person_id FROM people)"
    lost = at.run(f"SELECT count(*) FROM merged WHERE person_id IS NOT NULL AND NOT ({known})")[0][0]
    if lost:
        at.found("customers", "unknown_person", int(lost), "person_id")
    columns = [
        f"CASE WHEN {known} THEN person_id END AS person_id" if c == "person_id" else name(c) for c in CANONICAL["customers"]
    ]
    at.run(f"CREATE OR REPLACE TABLE customers AS SELECT {', '.join(columns)} FROM merged ORDER BY _seq")
    at.run("DROP TABLE merged")


def make_table(at: Stage, table: str, reporting: str) -> None:
    """Any other table, in the order of the files; money gets its currency, orders also credit, discount, `row_id`, `counts`."""
    columns = {column: f"s.{name(column)}" for column in CANONICAL[table]}
    joins = ""
    if table in MONEY_TABLES:
        joins, columns["currency"] = _currency(at, table, reporting)
    if table == "orders":
        share = "CASE WHEN discount_share < 1 THEN amount * discount_share / (1 - discount_share) END"
        columns |= {"discount": f"coalesce(discount, {share})", "credit": "coalesce(credit, 1.0)", "row_id": "s._seq"}
        columns["counts"] = f"coalesce(status NOT IN {texts(NO_ORDER)}, true)"
    listed = ", ".join(f"{expression} AS {name(column)}" for column, expression in columns.items())
    at.run(
        f"CREATE OR REPLACE TABLE {table} AS SELECT {listed} FROM stage_{table} s{joins} "
        "WHERE s._taken AND s.fault IS NULL ORDER BY s._seq"
    )


def _currency(at: Stage, table: str, reporting: str) -> tuple[str, str]:
    """Joins to the person's row of the day (else their last one), and the currency: the row's, the source's, the person's."""
    if table not in FACT_DAY:
        quarters = at.run(f"SELECT DISTINCT quarter FROM stage_{table} WHERE {GOOD}")
        fiscal = at.engagement.fiscal
        ends = {str(quarter): Quarter.parse(str(quarter), fiscal).last_day.isoformat() for (quarter,) in quarters}
        day = f"CAST({_cases('s.quarter', ends)} AS DATE)"
    else:
        day = f"s.{FACT_DAY[table]}"
    joins = (
        f" LEFT JOIN people v ON v.person_id = s.person_id AND {day} BETWEEN coalesce(v.valid_from, DATE '0001-01-01') "
        "AND coalesce(v.valid_to, DATE '9999-12-31') LEFT JOIN (SELECT person_id, arg_max(currency, coalesce(valid_from, "
        "DATE '0001-01-01')) AS currency, arg_max(coalesce(country, ''), coalesce(valid_from, DATE '0001-01-01')) AS country, "
        "arg_max(coalesce(iso, ''), coalesce(valid_from, DATE '0001-01-01')) AS iso FROM people GROUP BY 1) w "
        "ON w.person_id = s.person_id"
    )
    country, code = "coalesce(v.country, w.country)", "coalesce(v.iso, w.iso)"
    of_source = []
    for entry, source in enumerate(at.engagement.sources[table]):
        if isinstance(source.currency, str):
            of_source.append(f"WHEN {entry} THEN {text(source.currency)}")
        elif source.currency:
            of_source.append(f"WHEN {entry} THEN coalesce({_cases(country, source.currency)}, {_cases(code, source.currency)})")
    said = f"CASE s._entry {' '.join(of_source)} END" if of_source else "NULL"
    return joins, f"coalesce(s.currency, {said}, v.currency, w.currency, {text(reporting)})"


def _merged(at: Stage, table: str, key: str, dates: tuple[str, ...]) -> str:
    """One row a key (dated rows stay apart); a column in which the rows differ is empty, and all such columns are one finding."""
    stage, others = f"stage_{table}", [column for column in CANONICAL[table] if column not in (key, *dates)]
    apart = ", ".join([key, *dates])
    differ = [column for column in others if at.has(table, column)]
    counts = ", ".join(f"count(DISTINCT {name(column)}) > 1 AS {name(column)}" for column in differ)
    if differ:
        each = ", ".join(f"count(*) FILTER ({name(column)})" for column in differ)
        anyone = " OR ".join(name(column) for column in differ)
        rows = at.run(
            f"SELECT count(*) FILTER ({anyone}), {each} FROM (SELECT {counts} FROM {stage} WHERE {GOOD} GROUP BY {apart})"
        )[0]
        if rows[0]:
            detail = ", ".join(f"{column}: {count}" for column, count in zip(differ, rows[1:], strict=True) if count)
            at.found(table, "rows_differ", int(rows[0]), key, detail)
    made = [f"CASE WHEN count(DISTINCT {name(column)}) = 1 THEN min({name(column)}) END AS {name(column)}" for column in others]
    return f"SELECT {', '.join([apart, *made])}, min(_seq) AS _seq FROM {stage} WHERE {GOOD} GROUP BY {apart}"


def _isos(at: Stage) -> dict[str, str]:
    """Country as written → ISO code; those that nobody knows are findings."""
    out: dict[str, str] = {}
    for country, rows in at.run("SELECT country, count(*) FROM merged WHERE country IS NOT NULL GROUP BY 1 ORDER BY 1"):
        code = iso(str(country))
        if code:
            out[str(country)] = code
        else:
            at.found("people", "unknown_country", int(rows), "country", shortened(country))
    return out


def _note_managers(at: Stage) -> None:
    rows = at.run(
        "SELECT count(DISTINCT person_id) FROM people WHERE manager_id IS NOT NULL "
        "AND manager_id NOT IN (SELECT person_id FROM people)"
    )[0][0]
    if rows:
        at.found("people", "unknown_manager", int(rows), "manager_id")


def _cases(expression: str, values: Mapping[str, str]) -> str:
    """A mapping as SQL: keys compared trimmed and case-folded; NULL for what it does not hold."""
    if not values:
        return "CAST(NULL AS VARCHAR)"
    return f"CASE text_folded({expression}) {' '.join(_whens(values.items()))} END"


def _whens(values: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f"WHEN text_folded({text(key)}) THEN {text(value)}" for key, value in values)
