"""Cases in which the number alone would mislead: short presence, and goals whose data are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kpi_toolkit.kpis.declaration import Shape

if TYPE_CHECKING:
    from kpi_toolkit.kpis.measured import Measured

LEAST_PRESENCE = 0.6  # of a quarter; below it a context exception opens (contract, section 4, *Proration*)
COLUMNS = ["person_id", "kpi", "period", "rule", "evidence"]


def short_presence(goals: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """A row a goal of a person who was there for less than 0.6 of the quarter; an absence is days, never its kind.

    A person who was not there at all has no row: their goals are undefined, and nothing is left to decide.
    """
    presence = measured.presence[measured.presence["quarter"].eq(str(measured.quarter))]
    short = presence[presence["presence"].gt(0) & presence["presence"].lt(LEAST_PRESENCE)]
    own = goals[goals["measured_at"].eq("person")][["person_id", "kpi"]].drop_duplicates()
    rows = own.merge(short.astype({"person_id": own["person_id"].dtype}), on="person_id", how="inner")
    evidence = [
        f"presence:{row.presence:.3f};days:{row.present_days:g}:{row.working_days:g}" for row in rows.itertuples(index=False)
    ]
    return _rows(rows, measured, "context_presence", evidence)


def no_data(goals: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """A row a complete goal of a person who was there, but without data.

    A ratio that has nothing to divide by, or a KPI that cannot be measured from what the client has.
    """
    own = goals[goals["measured_at"].eq("person") & goals["complete"].astype(bool)]
    own = own[own["actual"].isna() & own["prorated_target"].notna() & own["kpi"].isin(list(measured.catalogue))]
    measurable = set(measured.availability.loc[measured.availability["available"].astype(bool), "kpi"].astype(str))
    missing = measured.availability.set_index("kpi")["missing"].fillna("").astype(str)
    ratio = own[own["kpi"].isin([kpi for kpi in measurable if measured.catalogue[kpi].shape == Shape.RATIO])]
    absent = own[~own["kpi"].isin(measurable)]
    words = ["not_available:" + "+".join(sorted(missing.get(kpi, "").replace(",", " ").split())) for kpi in absent["kpi"]]
    return pd.concat(
        [
            _rows(ratio, measured, "data_no_denominator", ["no_denominator"] * len(ratio)),
            _rows(absent, measured, "data_not_available", words),
        ],
        ignore_index=True,
    )


def _rows(goals: pd.DataFrame, measured: Measured, rule: str, evidence: list[str]) -> pd.DataFrame:
    out = goals[["person_id", "kpi"]].astype("object").reset_index(drop=True)
    out["period"], out["rule"] = str(measured.quarter), rule
    out["evidence"] = pd.Series(evidence, dtype="object")
    return out[COLUMNS]
