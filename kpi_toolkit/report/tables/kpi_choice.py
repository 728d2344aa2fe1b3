"""The tables about KPIs: why each candidate is in or out, what cannot be measured and why, health and change."""

from __future__ import annotations

from kpi_toolkit.language import N_, absent
from kpi_toolkit.report.blocks import Block, Cell, Column, Group, Table
from kpi_toolkit.report.facts import Facts, Here, records
from kpi_toolkit.report.plain import rich
from kpi_toolkit.report.tables.absence import unavailable
from kpi_toolkit.report.words import enums, reason
from kpi_toolkit.report.words.choice_codes import PROPOSAL_CODES, RENEWAL_CODES, health


def candidates(here: Here | Facts) -> Block:
    """Every candidate that can be measured: chosen or not, with its weight and the reason."""
    facts = Facts.of(here)
    say, table = facts.words, facts.table("proposal")
    if not len(table):
        return unavailable(facts, facts.why_not("proposal"))
    cannot = set(facts.table("availability").query("not available")["kpi"].astype(str))
    columns = (
        Column("name", say(N_("KPI")), 46, gap=3),
        Column("weight", say(N_("Weight")), 14, True, 4, phone="lead"),
        Column("serves", say(N_("Serves")), 33, gap=2, phone="pair"),
        Column("kind", say(N_("Kind")), 17, gap=3, phone="pair"),
        Column("reason", say(N_("Why")), None, gap=0, phone="wide"),
    )
    rows: list[tuple[Cell | str, ...] | Group] = []
    roles = sorted({"" if absent(role) else str(role) for role in table["role"]})
    for role in roles:
        part = table[table["role"].fillna("").eq(role) & ~table["kpi"].isin(cannot)]
        for chosen, title in ((True, N_("**Chosen**")), (False, N_("**Not chosen**"))):
            those = part[part["chosen"].eq(chosen)].sort_values(["weight", "kpi"], ascending=[False, True])
            if not len(those):
                continue
            head = rich(say.language, N_("**{role}** · chosen") if chosen else N_("**{role}** · not chosen"), role=role)
            rows.append(Group(head if role else rich(say.language, title)))
            rows += [
                (
                    Cell(say.kpi(str(row.kpi)), "strong" if chosen else ""),
                    say.language.percent(row.weight / 100, 0) if chosen and not absent(row.weight) else "–",
                    Cell(enums.word(say.language, "serves", row.serves), "grey") if not absent(row.serves) else "–",
                    Cell(enums.word(say.language, "kind", row.kind), "grey") if not absent(row.kind) else "–",
                    Cell(reason(say, row.reason, row.kpi, "", PROPOSAL_CODES), "small"),
                )
                for row in records(those)
            ]
    return Table("candidates", columns, tuple(rows), summary=say(N_("KPI candidates, chosen or not, with the reason")))


def not_available(here: Here | Facts) -> Block:
    """The KPIs that cannot be measured from this client's data, with what is missing."""
    facts = Facts.of(here)
    say, table = facts.words, facts.table("availability")
    if not len(table):
        return unavailable(facts, facts.why_not("availability"))
    table = table[~table["available"].astype(bool)]
    if not len(table):
        return unavailable(facts, say(N_("nothing is missing: every KPI can be measured")))
    lacking: dict[str, list[str]] = {}
    for row in records(table):
        lacking.setdefault(say.missing(row.missing), []).append(say.kpi(str(row.kpi)))
    columns = (
        Column("missing", say(N_("What is missing")), 66, gap=4),
        Column("kpis", say(N_("KPIs that need it")), None, gap=0, phone="wide"),
    )
    rows = tuple((Cell(missing, "strong"), Cell(", ".join(kpis), "small")) for missing, kpis in lacking.items())
    return Table("unmeasured", columns, rows, top=True, summary=say(N_("KPIs that cannot be measured, and what is missing")))


def renewal(here: Here | Facts) -> Block:
    """The health of each KPI and what is recommended for the next quarter."""
    facts = Facts.of(here)
    say, table = facts.words, facts.table("renewal")
    if not len(table):
        return unavailable(facts, facts.why_not("renewal"))
    columns = (
        Column("name", say(N_("KPI")), 46, gap=3),
        Column("recommendation", say(N_("Recommended")), 26, gap=3, phone="lead"),
        Column("health", say(N_("How it did")), 44, gap=3, phone="pair"),
        Column("reason", say(N_("Why")), None, gap=0, phone="wide"),
    )
    rows = tuple(
        (
            Cell(say.kpi(str(row.kpi)), "strong"),
            Cell(
                enums.word(say.language, "recommendation", row.recommendation), "strong" if row.recommendation != "keep" else ""
            ),
            health(say, row.health, row.reason),
            Cell(reason(say, row.reason, row.kpi, "", RENEWAL_CODES), "small"),
        )
        for row in records(table)
    )
    return Table("renewal", columns, rows, summary=say(N_("Health of each KPI and the recommendation")))
