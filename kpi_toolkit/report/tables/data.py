"""The tables about the data: rows by table, where sources stop, what was noticed, with what it was computed."""

from __future__ import annotations

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.blocks import Block, Cell, Column, Row, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.sources import Sources
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums
from kpi_toolkit.report.words.findings import finding

MOST_FINDINGS = 20


def sources(here: Here | Facts) -> Block:
    """Rows in, used, left out and in quarantine, by table."""
    facts = Facts.of(here)
    say, found = facts.words, Sources(Facts.of(here))
    if not len(found.files):
        return unavailable(facts, facts.why_not("intake"))
    counts = ("rows_in", "used", "left_out", "quarantined")
    heads = (N_("Rows in"), N_("Used"), N_("Left out by rule"), N_("In quarantine"))
    columns = (
        Column("name", say(N_("Source")), None, gap=3),
        Column("files", say(N_("Files")), 18, True, 4, phone="pair"),
        *(
            Column(name, say(head), 30, True, 0 if name == "quarantined" else 4, phone="lead" if name == "rows_in" else "pair")
            for name, head in zip(counts, heads, strict=True)
        ),
    )
    rows: list[Row] = [
        (
            Cell(table_name(facts, row["table"]), "strong"),
            say.language.number(row["files"]),
            *(say.language.number(row[name]) for name in counts[:3]),
            Cell(say.language.number(row["quarantined"]), "strong warning" if row["quarantined"] > 0 else ""),
        )
        for row in found.files.to_dict("records")
    ]
    total = found.rows
    rows.append(
        (
            Cell(say(N_("All")), "strong"),
            Cell(say.language.number(found.files["files"].sum()), "strong"),
            *(Cell(say.language.number(total[name]), "strong") for name in counts),
        )
    )
    return Table("sources", columns, tuple(rows), summary=say(N_("Rows in, used, left out and in quarantine, by source")))


def table_name(facts: Facts, table: object) -> str:
    """A table of the contract in words."""
    word = enums.word(facts.words.language, "table", table)
    return word[:1].upper() + word[1:]


def coverage(here: Here | Facts) -> Block:
    """Until when each source speaks in each country, and whether the quarter is complete."""
    facts = Facts.of(here)
    say, found = facts.words, Sources(Facts.of(here))
    if not found.has_facts:
        reason = say(N_("no source has facts of this quarter")) if len(facts.table("coverage")) else facts.why_not("coverage")
        return unavailable(facts, reason)
    columns = (
        Column("name", say(N_("Source")), 44, gap=3),
        Column("country", say(N_("Country")), 44, gap=3, phone="lead"),
        Column("last", say(N_("Last fact")), 34, gap=3, phone="pair"),
        Column("complete", say(N_("The quarter is")), None, gap=0, phone="pair"),
    )
    rows = tuple(
        (
            table_name(facts, row.source),
            say(N_("all together")) if absent(row.country) else say.country(row.country),
            say.language.day(row.last_fact),
            Cell(
                say(N_("complete")) if row.complete else say(N_("incomplete: no band, no score")),
                "" if row.complete else "strong warning",
            ),
        )
        for row in records(found.coverage)
    )
    return Table("coverage", columns, rows, summary=say(N_("Sources by country: last fact, complete or not")))


def findings(here: Here | Facts) -> Block:
    """What was noticed while reading, that did not stop the run."""
    facts = Facts.of(here)
    say, table = facts.words, Sources(Facts.of(here)).findings
    if not len(table):
        found_none = say(N_("nothing unusual was noticed while reading"))
        return unavailable(facts, found_none if facts.here.has("findings") else facts.why_not("findings"))
    columns = (
        Column("name", say(N_("Source")), 32, gap=3),
        Column("what", say(N_("What was noticed")), None, gap=4, phone="wide"),
        Column("rows", say(N_("Rows")), 20, True, 0, phone="lead"),
    )
    rows = [
        (
            Cell(table_name(facts, row.table), "strong"),
            Cell(finding(say, row.code, row.where, row.detail), "small"),
            say.language.number(row.rows),
        )
        for row in records(table.head(MOST_FINDINGS))
    ]
    if len(table) > MOST_FINDINGS:
        more = say(N_("{n} more stand in the result table of findings"), n=say.language.number(len(table) - MOST_FINDINGS))
        rows.append((Cell("…", "grey"), Cell(more, "small grey"), ""))
    return Table("findings", columns, tuple(rows), summary=say(N_("What was noticed in the data")))


def provenance(here: Here | Facts) -> Block:
    """From what and with what the report was computed: data as of, ledger head, versions, seed."""
    facts = Facts.of(here)
    say, here_ = facts.words, facts.here
    manifest = here_.manifest
    versions = manifest.get("versions") or {}
    told = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    head = here_.ledger_head
    entries = (
        (N_("Data as of"), say.language.day(facts.as_of)),
        (N_("Ledger code (head hash)"), head or say(N_("no ledger: goals come from quotas, nothing was signed"))),
        (N_("Versions"), told or "–"),
        (N_("Seed"), str(manifest.get("seed", getattr(here_.engagement, "seed", "–")))),
        (N_("Input files"), say.language.number(len(manifest.get("inputs") or {}))),
    )
    columns = (Column("name", say(N_("What")), 46, gap=3), Column("value", say(N_("Value")), None, gap=0, phone="wide"))
    rows = tuple((Cell(say(label), "grey"), value) for label, value in entries)
    return Table("provenance", columns, rows, summary=say(N_("From what the report was computed")))
