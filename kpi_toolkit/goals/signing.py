"""Write to the ledger what people agree: propose and sign goals, decide on exceptions, record a choice, close a quarter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pandas as pd

from kpi_toolkit.errors import KpiError
from kpi_toolkit.goals.agreed import AT_PERSON, NUMBERS, SIDES, Book, check_weights, goals_hash, read_book
from kpi_toolkit.goals.chain import Event
from kpi_toolkit.goals.ledger import ROLES, Entry, Ledger
from kpi_toolkit.language import N_

DECISIONS = ("excuse", "adjust", "keep")
RECORDED = ("kpis", "scenario", "renewal")
GOAL_TEXTS = ("measured_at", "rule", "currency")


class AlreadyAgreed(KpiError):
    code = "K512"
    message = N_(
        "The goals of {person} for {quarter} are signed by both; they can only be amended, with a reason, and signed again. "
        "Proposing them anew is refused; amendments are not written by this version."
    )


class NothingToSign(KpiError):
    code = "K513"
    message = N_("{person} has no proposed goals for {quarter}: draft them first.")


class WrongSignature(KpiError):
    code = "K514"
    message = N_(
        "{by} cannot sign the goals of {person} as {side}: the employee signs as themself, the manager is somebody else."
    )


class Closed(KpiError):
    code = "K515"
    message = N_("{quarter} is closed: no goal or decision of it changes any more.")


class BadDecision(KpiError):
    code = "K516"
    message = N_("Decision {decision!r} on {exception}: {problem}.")


class BadGoals(KpiError):
    code = "K517"
    message = N_("Goals of {person} for {quarter}, {kpi}: {problem}.")


@dataclass(frozen=True)
class Signature:
    """Who signs whose goals, as which side (`employee`, `manager`); person ids."""

    person_id: str
    side: str
    by: str
    at: datetime | date | None = None


def propose(
    ledger: Ledger,
    quarter: str,
    goals: pd.DataFrame,
    names: Mapping[str, str],
    actor: str = "consultant",
    at: datetime | date | None = None,
) -> list[Event]:
    """Propose each person's goals: an event a person, in the order of the ids.

    `goals`: person_id, kpi, target, weight, and where wanted measured_at (`person` where absent), rule, currency, threshold,
    stretch, baseline; targets at full presence. `names` (of person ids) are kept beside the ledger; `actor` is a person_id or a
    role word. A draft that was not signed by both is replaced. Raises `BadWeights`, `BadGoals`, `AlreadyAgreed`, `Closed`.
    """
    own = _pseudonyms(ledger, [*goals["person_id"], actor], names)
    entries = []
    for person, part in goals.groupby("person_id", sort=True):
        check_weights(part["weight"].astype("float64"), str(person), quarter, "the proposal")
        payload = {"quarter": quarter, "goals": _goals(part, str(person), quarter)}
        entries.append(Entry("propose", own[str(person)], payload, own[actor], at))

    def guard(events: list[Event]) -> None:
        book = _open_book(events, quarter)
        for person in sorted(set(goals["person_id"])):
            if own[person] in book.agreed:
                raise AlreadyAgreed(person=person, quarter=quarter)

    return ledger.append_all(entries, guard)


def sign(ledger: Ledger, quarter: str, signatures: Iterable[Signature]) -> list[Event]:
    """Sign proposed goals: each event names the hash of the set that was on the table.

    Raises `NothingToSign`, `WrongSignature`, `Closed`; then nothing is signed.
    """
    wanted = list(signatures)
    own = _pseudonyms(ledger, [word for one in wanted for word in (one.person_id, one.by)], {})
    for one in wanted:
        if one.side not in SIDES or (one.side == "employee") != (one.by == one.person_id) or one.by in ROLES:
            raise WrongSignature(by=one.by, person=one.person_id, side=one.side)
    book = _open_book(ledger.events(), quarter)
    on_table = {
        person: goals_hash(quarter, own[person], book.proposed[own[person]])
        for person in {one.person_id for one in wanted}
        if own[person] in book.proposed
    }
    entries = []
    for one in wanted:
        if one.person_id not in on_table:
            raise NothingToSign(person=one.person_id, quarter=quarter)
        payload = {"quarter": quarter, "side": one.side, "goals": on_table[one.person_id]}
        entries.append(Entry("sign", own[one.person_id], payload, own[one.by], one.at))
    return ledger.append_all(entries, _still_open(quarter))


def decide(
    ledger: Ledger,
    quarter: str,
    exception: Mapping[str, Any],
    decision: str,
    by: str,
    because: str,
    at: datetime | date | None = None,
    adjusted: float | None = None,
    second: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Event:
    """Decide an exception: excuse the goal, adjust (the actual that counts instead) or keep.

    `exception` is a row of the table `exceptions` (exception_id, person_id, kpi, period are read). `by` and `second` are person
    ids where `names` or the ledger know them, else the names of people from outside. Raises `BadDecision`, `Closed`.
    """
    said = str(exception["exception_id"])
    if decision not in DECISIONS:
        raise BadDecision(decision=decision, exception=said, problem=f"it is one of {', '.join(DECISIONS)}")
    if (decision == "adjust") != (adjusted is not None):
        raise BadDecision(
            decision=decision, exception=said, problem="adjust, and only adjust, gives the actual that counts instead"
        )
    if not because.strip():
        raise BadDecision(decision=decision, exception=said, problem="it needs its reason")
    person = str(exception["person_id"])
    if person in (by, second):
        raise BadDecision(decision=decision, exception=said, problem="nobody decides about themself")
    known = {one.person_id for one in ledger.people().values()} | set(names or {})
    decider, other = (ledger.outsider(word) if word and word not in known else word for word in (by, second))
    own = _pseudonyms(ledger, [person, *(word for word in (by, second) if word in known)], names or {})
    payload: dict[str, Any] = {
        "quarter": quarter,
        "kpi": _text(exception["kpi"]),
        "period": _text(exception["period"]),
        "decision": decision,
    }
    if adjusted is not None:
        payload["adjusted"] = float(adjusted)
    if other:
        payload["second"] = own.get(other, other)
    texts = {"because": because, "exception_id": said}  # the id is a hash of the person's id: it is forgotten with them
    entry = Entry("decide", own[person], payload, own.get(str(decider), str(decider)), at, texts)
    return ledger.append_all([entry], _still_open(quarter))[0]


def record(
    ledger: Ledger,
    action: str,
    quarter: str,
    choice: Mapping[str, Any],
    because: str,
    actor: str = "consultant",
    at: datetime | date | None = None,
) -> Event:
    """Record a choice for a quarter: `kpis` (`{"kpis": [...]}`), `scenario` or `renewal`, and why; by a person or a role.

    Raises `BadDecision` for another action, `Closed`.
    """
    if action not in RECORDED:
        raise BadDecision(decision=action, exception=quarter, problem=f"it is one of {', '.join(RECORDED)}")
    own = _pseudonyms(ledger, [actor], {})
    entry = Entry(action, quarter, {**choice, "quarter": quarter}, own[actor], at, {"because": because} if because else {})
    return ledger.append_all([entry], _still_open(quarter))[0]


def close(ledger: Ledger, quarter: str, actor: str, at: datetime | date | None = None) -> Event:
    """Close a quarter: from here on its goals and decisions stand. Raises `Closed` where it already is."""
    own = _pseudonyms(ledger, [actor], {})
    return ledger.append_all([Entry("close", quarter, {"quarter": quarter}, own[actor], at)], _still_open(quarter))[0]


def _pseudonyms(ledger: Ledger, words: Iterable[Any], names: Mapping[str, str]) -> dict[str, str]:
    """The pseudonym of each person_id; a role word stands for itself."""
    wanted = {str(word): str(names.get(str(word), "")) for word in words}
    people = {word: name for word, name in wanted.items() if word not in ROLES}
    return {**{word: word for word in wanted if word in ROLES}, **(ledger.pseudonyms(people) if people else {})}


def _goals(part: pd.DataFrame, person: str, quarter: str) -> list[dict[str, Any]]:
    """A person's goals as they stand in the chain: sorted, empty fields left out. Raises `BadGoals`."""
    goals = []
    for row in part.to_dict("records"):
        goal: dict[str, Any] = {"kpi": str(row["kpi"]), "measured_at": AT_PERSON}
        goal |= {name: str(row[name]) for name in GOAL_TEXTS if name in row and not pd.isna(row[name]) and row[name] != ""}
        goal |= {name: float(row[name]) for name in NUMBERS if name in row and not pd.isna(row[name])}
        if "target" not in goal:
            raise BadGoals(person=person, quarter=quarter, kpi=row["kpi"], problem="it has no target")
        goals.append(goal)
    goals.sort(key=lambda goal: (goal["kpi"], goal["measured_at"]))
    for one, other in pairwise(goals):
        if (one["kpi"], one["measured_at"]) == (other["kpi"], other["measured_at"]):
            raise BadGoals(person=person, quarter=quarter, kpi=one["kpi"], problem="it stands there twice")
    return goals


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _open_book(events: list[Event], quarter: str) -> Book:
    book = read_book(events, quarter)
    if book.closed:
        raise Closed(quarter=quarter)
    return book


def _still_open(quarter: str) -> Callable[[list[Event]], None]:
    def guard(events: list[Event]) -> None:
        _open_book(events, quarter)

    return guard
