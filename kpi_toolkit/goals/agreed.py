"""What was agreed for a quarter: goals that both signed, quotas where there are none, and the decisions on exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpi_toolkit.errors import KpiError
from kpi_toolkit.goals.chain import NO_EVENT, Event, digest
from kpi_toolkit.goals.ledger import Ledger
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    from kpi_toolkit.kpis.measured import Measured

WEIGHT_SUM = 100.0
WEIGHT_TOLERANCE = 0.01  # of the sum of a person's weights (contract, section 4)
AT_PERSON = "person"
NUMBERS = ("target", "weight", "threshold", "stretch", "baseline")
GOAL_COLUMNS = (
    "person_id", "kpi", "measured_at", "quarter", "target", "weight", "rule", "threshold", "stretch", "baseline", "agreed",
    "currency",
)  # fmt: skip
DECISION_COLUMNS = (
    "exception_id", "person_id", "kpi", "period", "decision", "adjusted", "decided_by", "decided_on", "because",
)  # fmt: skip
DRAFT, AGREED = "draft", "agreed"
SIDES = ("employee", "manager")


class BadWeights(KpiError):
    code = "K510"
    message = N_(
        "Weights of {person}, {quarter}: {problem}. Weights are above 0 and add to 100 within 0.01; they stand in {source}."
    )


class AmendedGoals(KpiError):
    code = "K511"
    message = N_(
        "The ledger holds an amendment of goals in {quarter} (event {seq}), which this version does not read: "
        "it evaluates goals as they were first signed, and would judge by the wrong target."
    )


@dataclass(frozen=True)
class Agreed:
    """Goals and decisions of one quarter, as the ledger holds them, with quotas where nobody signed.

    `table`: `GOAL_COLUMNS`, a row a person, KPI and level; targets at full presence, weights add to 100 a person.
    `decisions`: `DECISION_COLUMNS`, the last decision on each exception; those on people who were forgotten are left out.
    `states`: person_id, state, a row for each person to whom goals were proposed: `draft`, `employee` or `manager` (who signed
    the last proposal), `agreed`.
    """

    quarter: Quarter
    table: pd.DataFrame
    decisions: pd.DataFrame
    states: pd.DataFrame
    head: str
    kpis: tuple[str, ...] = ()
    closed: bool = False


def agreed(ledger: Ledger | None, measured: Measured) -> Agreed:
    """The goals of the quarter that was measured, and its decisions.

    A goal is agreed when employee and manager signed the same set; a draft is no goal. A person without agreed goals is held to
    the quotas of the quarter (`agreed` False), unless their `goals` are `none`.

    Raises `BrokenLedger`, `BadIdentities`, `BadWeights`, `AmendedGoals`.
    """
    events = ledger.events() if ledger else []
    people = ledger.people() if ledger else {}
    known = {own: person.person_id for own, person in people.items()}
    names = {own: person.name or person.person_id for own, person in people.items()}
    texts = ledger.texts() if ledger else {}
    quarter = str(measured.quarter)
    book = read_book(events, quarter)
    signed = pd.concat(
        [_table(of_person, {"person_id": known[own], "agreed": True}) for own, of_person in book.agreed.items() if known.get(own)]
        or [_table([], {})]
    )
    _check_weights(signed, quarter, "ledger.jsonl")
    quotas = _from_quotas(measured, set(signed["person_id"]))
    table = pd.concat([part for part in (signed, quotas) if len(part)] or [_table([], {})])
    table["quarter"] = pd.array([quarter] * len(table), dtype="string")
    table = _with_defaults(table, measured).sort_values(["person_id", "kpi", "measured_at"], kind="stable", ignore_index=True)
    return Agreed(
        quarter=measured.quarter,
        table=table[list(GOAL_COLUMNS)],
        decisions=_decisions(book.decisions, known, names, texts),
        states=_states(book, known),
        head=events[-1].hash if events else NO_EVENT,
        kpis=book.kpis,
        closed=book.closed,
    )


@dataclass(frozen=True)
class Book:
    """The events of one quarter, sorted by what they mean; people as pseudonyms.

    `proposed`: the last proposal, `agreed`: the last one that both signed; lists of goals as in the payload. `signatures`: the
    sides that signed the last proposal.
    """

    proposed: Mapping[str, list[dict[str, Any]]]
    agreed: Mapping[str, list[dict[str, Any]]]
    signatures: Mapping[str, frozenset[str]]
    decisions: list[Event]
    kpis: tuple[str, ...]
    closed: bool


def read_book(events: Iterable[Event], quarter: str) -> Book:
    """Read what stands for a quarter. Raises `AmendedGoals`."""
    proposed: dict[str, list[dict[str, Any]]] = {}
    hashes: dict[str, str] = {}
    signatures: dict[tuple[str, str], set[str]] = {}
    both: dict[str, list[dict[str, Any]]] = {}
    decisions: list[Event] = []
    kpis: tuple[str, ...] = ()
    closed = False
    for event in events:
        payload, subject = event.payload, event.subject
        if payload.get("quarter") != quarter:
            continue
        if event.action == "amend":
            raise AmendedGoals(quarter=quarter, seq=event.seq)
        if event.action == "propose":
            proposed[subject] = list(payload["goals"])
            hashes[subject] = goals_hash(quarter, subject, proposed[subject])
        elif event.action == "sign" and payload["goals"] == hashes.get(subject) and _may_sign(event):
            sides = signatures.setdefault((subject, payload["goals"]), set())
            sides.add(payload["side"])
            if sides >= set(SIDES):
                both[subject] = proposed[subject]
        elif event.action == "decide":
            decisions.append(event)
        elif event.action == "kpis":
            kpis = tuple(payload["kpis"])
        closed = closed or event.action == "close"
    last = {own: frozenset(signatures.get((own, hashes[own]), set())) for own in proposed}
    return Book(proposed, both, last, decisions, kpis, closed)


def _may_sign(event: Event) -> bool:
    """The employee signs for themself, and nobody is their own manager."""
    return bool((event.payload["side"] == "employee") == (event.actor == event.subject))


def goals_hash(quarter: str, subject: str, goals: list[dict[str, Any]]) -> str:
    """What a signature names: the hash of a person's proposed goals, bound to the person and the quarter."""
    return digest({"quarter": quarter, "subject": subject, "goals": goals})


def check_weights(weights: pd.Series[float], person: str, quarter: str, source: str) -> None:
    """A person's weights are above 0 and add to 100 within 0.01. Raises `BadWeights`."""
    total = float(weights.sum())
    if weights.isna().any():
        raise BadWeights(person=person, quarter=quarter, source=source, problem="a weight is missing")
    if (weights <= 0).any():
        raise BadWeights(person=person, quarter=quarter, source=source, problem="a weight is 0 or less")
    if not abs(total - WEIGHT_SUM) <= WEIGHT_TOLERANCE:
        raise BadWeights(person=person, quarter=quarter, source=source, problem=f"they add to {total:g}")


def _check_weights(table: pd.DataFrame, quarter: str, source: str) -> None:
    for person, part in table.groupby("person_id", sort=True):
        check_weights(part["weight"], str(person), quarter, source)


def _table(goals: Iterable[Mapping[Any, Any]], constants: Mapping[str, str | bool]) -> pd.DataFrame:
    """Goals as a table with all goal columns, texts and numbers typed."""
    table = pd.DataFrame(list(goals), columns=pd.Index(GOAL_COLUMNS))
    for column, value in constants.items():
        table[column] = value
    for column in table.columns:
        if column in NUMBERS:
            table[column] = pd.to_numeric(table[column]).astype("float64")
        elif column == "agreed":
            table[column] = table[column].astype("bool")
        else:
            table[column] = table[column].astype("string")
    return table


def _from_quotas(measured: Measured, signed: set[str]) -> pd.DataFrame:
    quotas, people = measured.quotas, measured.people
    without = set(people.loc[~people["has_goals"].astype(bool), "person_id"])
    mine = quotas[quotas["quarter"].eq(str(measured.quarter)).fillna(False) & ~quotas["person_id"].isin(signed | without)]
    table = _table(mine.to_dict("records"), {"agreed": False})
    table["measured_at"] = table["measured_at"].fillna(AT_PERSON)
    table["weight"] = table.groupby("person_id")["weight"].transform(shared)
    _check_weights(table, str(measured.quarter), "quotas")
    return table


def shared(weights: pd.Series[float]) -> pd.Series[float]:
    """One person's weights with the missing ones filled: what is left of 100, in equal parts."""
    absent = weights.isna()
    if not absent.any():
        return weights
    return weights.fillna((WEIGHT_SUM - weights.sum()) / int(absent.sum()))


def _with_defaults(table: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """The rule of the KPI where none was stated, and the person's currency for money."""
    rules = {kpi: str(entry.default_rule) for kpi, entry in measured.catalogue.items()}
    money = {kpi for kpi, entry in measured.catalogue.items() if str(entry.unit) == "money"}
    currency = measured.people.set_index("person_id")["currency"].astype("string")
    table["rule"] = table["rule"].fillna(table["kpi"].map(rules).astype("string"))
    own = table["person_id"].map(currency).astype("string").where(table["kpi"].isin(money))
    table["currency"] = table["currency"].fillna(own).astype("string")
    return table


def _decisions(events: list[Event], known: Mapping[str, str], names: Mapping[str, str], texts: Mapping[str, str]) -> pd.DataFrame:
    """The last decision on each exception; those about people who were forgotten speak of nobody and are left out."""
    rows: dict[str, dict[str, object]] = {}
    for event in events:
        payload = event.payload
        of_event = payload.get("texts", {})
        exception = texts.get(of_event.get("exception_id", ""))
        if exception is None:
            continue
        rows[exception] = {
            "exception_id": exception,
            "person_id": known.get(event.subject),
            "kpi": payload["kpi"] or None,
            "period": payload["period"] or None,
            "decision": payload["decision"],
            "adjusted": payload.get("adjusted"),
            "decided_by": names.get(event.actor) or event.actor,
            "decided_on": event.day,
            "because": texts.get(of_event.get("because", "")),
        }
    table = pd.DataFrame([rows[key] for key in sorted(rows)], columns=pd.Index(DECISION_COLUMNS))
    for column in DECISION_COLUMNS:
        if column == "adjusted":
            table[column] = pd.to_numeric(table[column]).astype("float64")
        else:
            table[column] = table[column].astype("object" if column == "decided_on" else "string")
    return table


def _states(book: Book, known: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for own in book.proposed:
        sides = book.signatures[own]
        state = AGREED if own in book.agreed else next((side for side in SIDES if side in sides), DRAFT)
        if known.get(own):
            rows.append({"person_id": known[own], "state": state})
    table = pd.DataFrame(rows, columns=pd.Index(["person_id", "state"])).astype("string")
    return table.sort_values("person_id", ignore_index=True)
