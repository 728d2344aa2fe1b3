"""What a table must hold beyond its cells: no duplicates, known persons, sane days, positive targets. Each marks rows as bad."""

from __future__ import annotations

from kpi_toolkit.intake.contract import CANONICAL, FACT_DAY
from kpi_toolkit.intake.staging import Stage

DAYS_AHEAD = 366  # a fact day further past its column's 99th percentile is a bad row (contract, section 1)
CREDIT_SLACK = 1.000001  # credits of one order or line that add to more are a finding (contract, section 2)
GOOD = "_taken AND fault IS NULL"
KEYS = {"quotas": ("person_id", "quarter", "kpi"), "rates": ("currency", "quarter", "date")}
OWN_ID = {"opportunities": "opportunity_id", "activities": "activity_id", "leads": "lead_id", "payments": "payment_id"}


def check_rows(at: Stage, table: str) -> None:
    """Mark the bad rows of a staged table; people are staged before the tables that name them."""
    if table == "orders":
        _duplicates(at)
        at.fault(table, "not_positive", "credit", "credit < 0")
    if table == "rates":
        at.fault(table, "no_period", "quarter", "quarter IS NULL AND date IS NULL")
        at.fault(table, "not_positive", "rate", "rate <= 0")
    if table == "quotas":
        at.fault(table, "not_positive", "target", "target <= 0")
        at.fault(table, "not_positive", "weight", "weight <= 0")
    if table in {"absences", "events"}:
        at.fault(table, "ends_before_start", "ends_on", "ends_on < starts_on")
    if table == "people":
        _validities(at)
    elif table != "customers" and "person_id" in CANONICAL[table] and "people" in at.mapped:
        known = f"SELECT person_id FROM stage_people WHERE {GOOD}"
        at.fault(table, "unknown_person", "person_id", f"person_id IS NOT NULL AND person_id NOT IN ({known})")
    if table in FACT_DAY:
        _far_days(at, table)
    if table in KEYS:
        _repeated(at, table, KEYS[table], "repeated_key", KEYS[table][-1])


def note_oddities(at: Stage, table: str) -> None:
    """Findings on the good rows of a checked table: what a client should know and what stops nothing."""
    stage = f"stage_{table}"
    if table == "orders" and at.has(table, "credit"):
        _credits(at)
    if own := OWN_ID.get(table):
        rows = at.run(f"SELECT count(*) - count(DISTINCT {own}) FROM {stage} WHERE {GOOD}")[0][0]
        _noted(at, table, "repeated_id", int(rows), own)
    if table not in {"people", "customers"} and "customer_id" in CANONICAL[table] and "customers" in at.mapped:
        known = f"SELECT customer_id FROM stage_customers WHERE {GOOD}"
        sql = f"SELECT count(*) FROM {stage} WHERE {GOOD} AND customer_id IS NOT NULL AND customer_id NOT IN ({known})"
        _noted(at, table, "unknown_customer", int(at.run(sql)[0][0]), "customer_id")
    if table in FACT_DAY and "people" in at.mapped:
        day = f"s.{FACT_DAY[table]}"
        sql = (
            f"SELECT count(*) FROM {stage} s JOIN (SELECT person_id, min(joined_on) AS first, max(left_on) AS last, "
            f"count(*) FILTER (left_on IS NULL) AS staying FROM stage_people WHERE {GOOD} GROUP BY 1) p USING (person_id) "
            f"WHERE s._taken AND s.fault IS NULL AND ({day} < first OR (staying = 0 AND {day} > last))"
        )
        _noted(at, table, "outside_employment", int(at.run(sql)[0][0]), FACT_DAY[table])


def _noted(at: Stage, table: str, code: str, rows: int, where: str) -> None:
    if rows:
        at.found(table, code, rows, where)


def _duplicates(at: Stage) -> None:
    """An order row that equals an earlier one of its entry in every column of the file, or repeats order, line and person."""
    for entry, names in at.names["orders"].items():
        columns = ", ".join(f"r.c{i}" for i in range(len(names)))
        raw = f"raw_orders_{entry}"
        at.run(
            f"CREATE OR REPLACE TEMP TABLE hashed AS SELECT r._seq, hash({columns}) AS h FROM {raw} r "
            f"JOIN stage_orders s USING (_seq) WHERE s._taken AND s.fault IS NULL"
        )
        at.run(
            f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT _seq FROM (SELECT r._seq, row_number() OVER "
            f"(PARTITION BY {columns} ORDER BY r._seq) AS n FROM {raw} r JOIN hashed USING (_seq) "
            f"WHERE h IN (SELECT h FROM hashed GROUP BY h HAVING count(*) > 1)) WHERE n > 1"
        )
        at.fault("orders", "duplicate", "order_id", "_seq IN (SELECT _seq FROM doubled)")
    if at.has("orders", "line_id"):
        _repeated(at, "orders", ("order_id", "line_id", "person_id"), "duplicate", "order_id", "AND line_id IS NOT NULL")


def _repeated(at: Stage, table: str, key: tuple[str, ...], code: str, column: str, only: str = "") -> None:
    rows = (
        f"SELECT _seq FROM (SELECT _seq, row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY _seq) AS n "
        f"FROM stage_{table} WHERE {GOOD} {only}) WHERE n > 1"
    )
    at.fault(table, code, column, f"_seq IN ({rows})")


def _far_days(at: Stage, table: str) -> None:
    for column, kind in CANONICAL[table].items():
        if kind.kind == "day" and at.has(table, column):
            usual = f"SELECT CAST(quantile_cont({column}, 0.99) AS DATE) FROM stage_{table} WHERE {GOOD}"
            limit = at.run(usual)[0][0]
            if limit is not None:
                at.fault(table, "day_too_far", column, f"{column} > DATE '{limit.isoformat()}' + {DAYS_AHEAD}")


def _validities(at: Stage) -> None:
    """Validities of one person do not overlap; an undated row beside dated ones, or a repeated start, does."""
    at.fault("people", "ends_before_start", "valid_to", "valid_to < valid_from")
    at.fault(
        "people", "overlap", "valid_from",
        f"valid_from IS NULL AND valid_to IS NULL AND person_id IN (SELECT person_id FROM stage_people WHERE {GOOD} "
        "AND (valid_from IS NOT NULL OR valid_to IS NOT NULL))",
    )  # fmt: skip
    order = "PARTITION BY person_id ORDER BY valid_from NULLS FIRST, _seq"
    rows = (
        f"SELECT _seq FROM (SELECT *, max(until) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before, "
        f"row_number() OVER ({order}) AS n, lag(valid_from) OVER ({order}) AS start FROM (SELECT *, "
        f"coalesce(valid_to, lead(valid_from) OVER ({order}) - 1) AS until FROM stage_people WHERE {GOOD} "
        f"AND (valid_from IS NOT NULL OR valid_to IS NOT NULL))) WHERE n > 1 AND "
        f"(valid_from IS NULL OR valid_from <= before OR valid_from = start)"
    )
    at.fault("people", "overlap", "valid_from", f"_seq IN ({rows})")


def _credits(at: Stage) -> None:
    """Orders (lines, where they have ids) whose credits add to more than the whole."""
    key = "order_id, line_id" if at.has("orders", "line_id") else "order_id"
    shares = f"SELECT {key}, person_id, max(coalesce(credit, 1)) AS credit FROM stage_orders WHERE {GOOD} GROUP BY ALL"
    sql = f"SELECT count(*) FROM (SELECT sum(credit) AS total FROM ({shares}) GROUP BY {key}) WHERE total > {CREDIT_SLACK}"
    _noted(at, "orders", "credits_over_one", int(at.run(sql)[0][0]), "credit")
