"""What the people of the demo agree: goals proposed and signed, exceptions decided, in the ledger of the demo client."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from kpi_toolkit.demo.cast import CAST, DIRECTOR, SEED
from kpi_toolkit.goals import LEDGER_FILE, Ledger, Signature, propose, record, sign
from kpi_toolkit.goals import decide as decide_one
from kpi_toolkit.quarter import Quarter

# who has not signed when the quarter begins: the sides that did. The quotas hold for them
UNSIGNED: Mapping[str, Mapping[str, tuple[str, ...]]] = {"2026Q3": {"TR05": ("employee",), "VN09": ()}}
DAYS_TO_SIGN = 2  # of somebody who joined in the quarter
KPIS_BECAUSE = "Bộ chỉ tiêu được thống nhất giữa ban giám đốc và các quản lý quốc gia."
DECIDED: tuple[tuple[str, str, str], ...] = (  # family of the exception, decision, reason; the first of each is decided
    ("context", "excuse", "Có mặt chưa đến 60 % số ngày; khách hàng được bàn giao cho đồng nghiệp nên chỉ tiêu này không tính."),
    ("windfall", "keep", "Kết quả đã ký được giữ nguyên; đơn hàng lớn không đưa vào mức nền của quý sau."),
    ("process_limit", "keep", "Đã trao đổi với nhân viên và quản lý; một quý chưa đủ căn cứ để kết luận, giữ kết quả như đã đo."),
)
MOST_DECIDED = 2


def ledger_of(root: Path, seed: int = SEED) -> Ledger:
    """The demo's ledger: random bytes follow from the seed and the head, so that it is the same bytes each time.

    Only the demo may do so: a client's pseudonyms must not be guessed.
    """
    path = root / LEDGER_FILE
    return Ledger(path, token=random.Random(f"{seed}:{Ledger(path).head}").randbytes)


def sign_goals(
    root: Path,
    quarter: Quarter | str,
    targets: pd.DataFrame,
    people: pd.DataFrame,
    proposal: pd.DataFrame,
    at: date,
    seed: int = SEED,
) -> tuple[int, int]:
    """Record the chosen KPIs, propose each person's goals and have them signed; returns how many are agreed, of how many.

    `targets`, `people`, `proposal`: artifacts of the quarter. A KPI without a target for a person leaves its weight to their
    other ones. Who joins after `at` signs in their first days; the people of `UNSIGNED` do not sign. Raises what `goals` raises.
    """
    ledger, name = ledger_of(root, seed), str(quarter)
    chosen = proposal[proposal["chosen"].astype(bool)]
    goals = drafted(targets, people, chosen)
    if goals.empty:
        return 0, 0
    names = dict(zip(people["person_id"].astype(str), people["name"].astype(str), strict=True))
    manager = dict(zip(people["person_id"].astype(str), people["manager_id"].fillna(""), strict=True))
    joined = dict(zip(people["person_id"].astype(str), people["joined_on"], strict=True))
    kpis = sorted(set(chosen["kpi"].astype(str)))
    record(ledger, "kpis", name, {"kpis": kpis}, KPIS_BECAUSE, _director(ledger, names), _hour(at, 8))
    unsigned = UNSIGNED.get(name, {})
    agreed = 0
    days = {person: _signing_day(at, joined[person]) for person in goals["person_id"].unique()}
    for day in sorted(set(days.values())):
        part = goals[goals["person_id"].map(days).eq(day)]
        propose(ledger, name, part, names, "consultant", _hour(day, 9))
        signatures = []
        for person in part["person_id"].unique():
            by: dict[str, str] = {"employee": person, "manager": str(manager[person])}
            sides = [side for side in unsigned.get(person, tuple(by)) if by[side]]
            signatures += [Signature(person, side, by[side], _hour(day, 10 + n)) for n, side in enumerate(sides)]
            agreed += len(sides) == len(by)
        sign(ledger, name, signatures)
    return agreed, len(days)


def drafted(targets: pd.DataFrame, people: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Goals as they are proposed: person_id, kpi, measured_at, target, weight, currency; weights of a person add to 100.

    Weights are those of the proposal (of the person's role, where roles differ), shared anew over the KPIs that have a target.
    """
    with_goals = people[people["has_goals"].astype(bool) & people["employed"].astype(bool)]
    role = dict(zip(with_goals["person_id"].astype(str), with_goals["role"].fillna(""), strict=True))
    weights = {
        (str(kpi), "" if pd.isna(of) else str(of)): float(weight)
        for kpi, of, weight in zip(chosen["kpi"], chosen["role"], chosen["weight"], strict=True)
    }
    mine = targets[targets["target"].notna() & targets["person_id"].isin(role)].copy()
    mine["weight"] = [
        weights.get((kpi, role[person]), weights.get((kpi, ""), 0.0))
        for kpi, person in zip(mine["kpi"].astype(str), mine["person_id"].astype(str), strict=True)
    ]
    mine = mine[mine["weight"].gt(0)].sort_values(["person_id", "kpi", "measured_at"], kind="stable", ignore_index=True)
    mine["weight"] = mine.groupby("person_id")["weight"].transform(add_to_100)
    return mine[["person_id", "kpi", "measured_at", "target", "weight", "currency"]]


def add_to_100(weights: pd.Series[float]) -> pd.Series[float]:
    """Weights in proportion, in hundredths; the largest takes what rounding leaves."""
    scaled = (weights.to_numpy(dtype="float64") * (100 / weights.sum())).round(2)
    largest = int(scaled.argmax())
    scaled[largest] = round(scaled[largest] + 100 - scaled.sum(), 2)
    return pd.Series(scaled, index=weights.index)


def decide(root: Path, quarter: Quarter | str, exceptions: pd.DataFrame, at: date, seed: int = SEED) -> list[str]:
    """Decide one or two open exceptions (the first of a family in `DECIDED`), by the director, the manager heard.

    `exceptions`: the artifact of the quarter. Returns the ids that were decided. Raises what `goals` raises.
    """
    people = {member.person_id: member for member in CAST}
    names = {member.person_id: member.name for member in CAST}
    by = next(member.person_id for member in CAST if member.role == DIRECTOR)
    of_person = exceptions[exceptions["status"].eq("open") & exceptions["person_id"].isin(people)]
    done: list[str] = []
    for family, decision, because in DECIDED:
        row = _first(of_person[of_person["rule"].str.startswith(family)])
        if row is None or len(done) == MOST_DECIDED:
            continue
        second = people[str(row["person_id"])].manager_id
        decide_one(
            ledger_of(root, seed), str(quarter), row, decision, by, because, _hour(at, 14 + len(done)), second=second, names=names
        )
        done.append(str(row["exception_id"]))
    return done


def _first(exceptions: pd.DataFrame) -> dict[Any, Any] | None:
    """The first by KPI and id; new customers before others, as those suffer most when somebody is away."""
    if exceptions.empty:
        return None
    order = exceptions.assign(later=~exceptions["kpi"].eq("new_customers").fillna(False))
    return order.sort_values(["later", "kpi", "person_id", "exception_id"], kind="stable").iloc[0].to_dict()


def _director(ledger: Ledger, names: Mapping[str, str]) -> str:
    director = next(member for member in CAST if member.role == DIRECTOR)
    ledger.pseudonyms({**names, director.person_id: director.name})
    return director.person_id


def _signing_day(at: date, joined: Any) -> date:
    first = None if joined is None or pd.isna(joined) else pd.Timestamp(joined).date()
    return at if first is None or first <= at else first + timedelta(days=DAYS_TO_SIGN)


def _hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
