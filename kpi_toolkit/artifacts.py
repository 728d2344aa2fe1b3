"""Result tables: one schema for each, written and read in one way, atomically, the same bytes for the same rows.

The tables that go out are those of the contract, section 6; beside them stand the small tables that intake and the measures leave
for the later steps, so that a notebook opens a quarter without reading a fact again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CLIENTS_FOLDER = "client_data"
Kind = Literal["text", "number", "flag", "day"]


class MissingArtifact(KpiError):
    code = "K020"
    message = N_("{path} is not there yet: it is left by the step {step!r}. Run: {command}")


class NotASchema(KpiError):
    code = "K021"
    message = N_("Table {name}: {problem}. Expected columns: {columns}.")


@dataclass(frozen=True)
class Schema:
    """Columns with their kind, the key, and the step that leaves the table."""

    columns: Mapping[str, Kind]
    key: tuple[str, ...]
    step: str


def _schema(step: str, key: str, **kinds: str) -> Schema:
    columns: dict[str, Kind] = {}
    for group, names in kinds.items():
        kind, _, _ = group.partition("_")
        for name in names.split():
            columns[name] = kind  # type: ignore[assignment]
    return Schema(columns, tuple(key.split()), step)


MEASURES = _schema(
    "measure", "level entity_id grain period kpi",
    text="level entity_id entity_name grain period kpi", number="value value_constant numerator denominator events",
    text_2="unit currency",
)  # fmt: skip

TARGETS = {
    "key": "person_id kpi measured_at",
    "text": "person_id kpi measured_at quarter better", "number": "target p_hit q10 q50 q90", "text_2": "unit currency method",
}  # fmt: skip
COMPANY_TARGETS = {
    "key": "kpi",
    "text": "kpi quarter better",
    "number": "goal allocated q10 q50 q90 p_goal chance",
    "text_2": "unit currency status",
}

SCHEMAS: Mapping[str, Schema] = {
    "measures": MEASURES,
    "measures_week": MEASURES,
    # what the steps need of people, presence and sources (not in the contract's list)
    "people": _schema(
        "measure", "person_id",
        text="person_id name manager_id team country region role currency language", day="joined_on left_on first_fact",
        flag="employed has_goals", number="variable_pay potential",
    ),
    "presence": _schema("measure", "person_id quarter", text="person_id quarter", number="working_days present_days presence"),
    "proration": _schema(
        "measure", "person_id kpi", text="person_id kpi", number="presence factor", text_2="method"
    ),
    "coverage": _schema(
        "measure", "source country quarter", text="source country quarter", day="first_fact last_fact", flag="complete"
    ),
    "availability": _schema("measure", "kpi", text="kpi", flag="available", text_2="missing"),
    "quotas": _schema(
        "measure", "person_id quarter kpi",
        text="person_id quarter kpi", number="target weight threshold stretch baseline", text_2="rule currency",
    ),
    "rates": _schema("measure", "currency", text="currency", number="rate"),
    "intake": _schema("measure", "table file", text="table file", number="rows_in used left_out quarantined"),
    "findings": _schema("measure", "", text="table code where detail", number="rows"),
    # the contract's tables
    "diagnosis": _schema(
        "diagnose", "", text="level entity_id kpi finding", number="value low high", text_2="evidence"
    ),
    "proposal": _schema(
        "propose", "kpi role",
        text="kpi role", flag="chosen", number="weight", text_2="measured_at reason kind serves",
        number_2="completeness reliability redundancy relevance",
    ),
    "targets": _schema("target", **TARGETS),
    "company_targets": _schema("target", **COMPANY_TARGETS),
    "outlook": _schema("renew", **COMPANY_TARGETS),  # the next quarter's targets, were they modelled today
    "outlook_people": _schema("renew", **TARGETS),
    "evaluation": _schema(
        "evaluate", "person_id kpi measured_at",
        text="person_id kpi measured_at quarter better", number="target prorated_target actual attainment", text_2="rule",
        number_2="weight payout", text_3="band", number_3="p_met", text_4="verdict", flag="complete agreed", text_5="currency",
    ),
    "groups": _schema(
        "evaluate", "level entity_id kpi",
        text="level entity_id kpi quarter better", number="actual target sum_ratio mean_attainment share_met people",
        text_2="currency",
    ),
    "scores": _schema(
        "evaluate", "level entity_id",
        text="level entity_id quarter", number="score score_raw", text_2="band", number_2="goals excused",
    ),
    "exceptions": _schema(
        "act", "exception_id",
        text="exception_id person_id kpi period rule evidence", number="q_value",
        text_2="proposed_treatment status decision", number_2="adjusted", text_3="decided_by", day="decided_on",
    ),
    "actions": _schema(
        "act", "action_id",
        text="action_id person_id quarter action reason owner", day="due_on", text_2="status", day_2="done_on",
    ),
    "renewal": _schema("renew", "kpi", text="kpi health recommendation reason"),
}  # fmt: skip


def empty(name: str) -> pd.DataFrame:
    """A table without rows, with the columns and kinds of its schema."""
    return conform(name, None)


def conform(name: str, table: pd.DataFrame | None) -> pd.DataFrame:
    """The table with the schema's columns first and in order, kinds as stated, rows in the order of the key (stable).

    Further columns stay, behind. Raises `NotASchema` where a column is absent, a flag has gaps or the key is not unique.
    """
    import pandas as pd

    schema = SCHEMAS[name]
    if table is None:
        table = pd.DataFrame({column: [] for column in schema.columns})
    absent = [column for column in schema.columns if column not in table]
    if absent:
        raise NotASchema(name=name, problem=f"columns absent: {', '.join(absent)}", columns=", ".join(schema.columns))
    out = pd.DataFrame({column: _cast(name, table[column], kind) for column, kind in schema.columns.items()})
    for column in table.columns:
        if column not in out:
            out[column] = table[column].array
    key = [*schema.key]
    if key and out.duplicated(key).any():
        twice = out.loc[out.duplicated(key, keep=False), key].iloc[0].to_dict()
        raise NotASchema(name=name, problem=f"two rows for {twice}", columns=", ".join(schema.columns))
    if key:
        out = out.sort_values(key, kind="stable", na_position="first")
    return out.reset_index(drop=True)


def _cast(name: str, column: pd.Series[Any], kind: Kind) -> Any:
    import pandas as pd

    if kind == "number":
        return pd.to_numeric(column).astype("float64").array
    if kind == "text":
        text = column.astype("string")
        return text.mask(text.eq("")).array
    if kind == "day":
        days = [None if pd.isna(day) else pd.Timestamp(day).date() for day in column]
        return pd.Series(days, dtype="object").array
    if column.isna().any():
        raise NotASchema(name=name, problem=f"the flag {column.name} has gaps", columns=", ".join(SCHEMAS[name].columns))
    return column.astype("bool").array


def _arrow_types() -> dict[Kind, pa.DataType]:
    import pyarrow as pa

    return {"text": pa.string(), "number": pa.float64(), "flag": pa.bool_(), "day": pa.date32()}


def save(folder: Path, name: str, table: pd.DataFrame) -> Path:
    """Write a table as `<folder>/<name>.parquet`: beside it first, then renamed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, types = conform(name, table), _arrow_types()
    fields, arrays = [], []
    for column in table.columns:
        kind = SCHEMAS[name].columns.get(str(column))
        array = pa.array(table[column], type=types[kind] if kind else None, from_pandas=True)
        arrays.append(array)
        fields.append(pa.field(str(column), array.type, nullable=kind != "flag"))
    path = folder / f"{name}.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".parquet.part")
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), beside, compression="zstd", store_schema=False)
    beside.replace(path)
    return path


def load(folder: Path, name: str) -> pd.DataFrame:
    """Read a table. Raises `MissingArtifact`, which names the step that leaves it."""
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    if not path.is_file():
        quarter = folder.parent
        step = SCHEMAS[name].step
        command = f"kpi run {client_of(quarter.parent)} {quarter.name}" + ("" if step == "measure" else f" --step {step}")
        raise MissingArtifact(path=path, step=step, command=command)
    return conform(name, pq.read_table(path).to_pandas())


def client_of(root: Path) -> str:
    """A client as a command names it: by its name under `client_data/`, by its path elsewhere."""
    return root.name if root.parent.name == CLIENTS_FOLDER else str(root)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with plain line ends: beside it first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def write_json(path: Path, value: object) -> None:
    """Write JSON that a person can read, with sorted keys."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n")


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
