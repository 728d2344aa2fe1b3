"""From a found case to a row that can be reviewed: its identity, the treatment that is proposed, and what was decided."""

from __future__ import annotations

import hashlib

import pandas as pd

FAMILIES = ("process_limit", "windfall", "context", "gaming", "data", "model")
KEEP, EXCUSE, ADJUST = "keep", "excuse", "adjust"
OPEN, DECIDED = "open", "decided"
ID_LENGTH = 12  # hexadecimal digits
FOUND_NO_MORE = "data_found_no_more"  # decided on what an earlier run found and this one does not


def family(rule: str) -> str:
    """The family with which a rule begins."""
    return next((name for name in FAMILIES if rule == name or rule.startswith(f"{name}_")), rule)


def exception_id(rule: str, person_id: str, kpi: str, period: str) -> str:
    """The identity of a case, the same in every run: a hash of the rule's family, person, KPI and period."""
    text = "\x1f".join((family(rule), person_id, kpi, period))
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def reviewed(found: pd.DataFrame, decisions: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """The found cases with id, treatment, status and decision: rows of `artifacts.SCHEMAS["exceptions"]`.

    What is proposed is to keep the result as measured: these rules show that something is unusual, not what it should have
    been. A decision on a case that is found no more stays visible, because it still bears on the score.
    """
    out = found.copy()
    keys = zip(out["rule"], out["person_id"], out["kpi"], out["period"], strict=True)
    out["exception_id"] = pd.Series([exception_id(*map(str, key)) for key in keys], out.index, dtype="object")
    out = out.drop_duplicates("exception_id", keep="first")
    gone = decisions[~decisions["exception_id"].isin(set(out["exception_id"]))][["exception_id", "person_id", "kpi", "period"]]
    gone = gone.astype("object").assign(rule=FOUND_NO_MORE, evidence="found_no_more")
    gone["period"] = gone["period"].fillna(quarter)
    out = pd.concat([part for part in (out, gone) if len(part)] or [out], ignore_index=True)
    decided = decisions.drop_duplicates("exception_id", keep="last").set_index("exception_id")
    for column in ("decision", "adjusted", "decided_by", "decided_on"):
        out[column] = out["exception_id"].map(decided[column].astype("object"))
    out["status"] = out["decision"].notna().map({True: DECIDED, False: OPEN})
    out["proposed_treatment"] = KEEP
    out["q_value"] = float("nan")
    return out
