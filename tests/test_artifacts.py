"""Result tables: one schema, written and read in one way."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from kpi_toolkit import artifacts
from kpi_toolkit.artifacts import SCHEMAS, MissingArtifact, NotASchema


def exceptions(*ids: str) -> pd.DataFrame:
    table = artifacts.empty("exceptions")
    rows = [{**dict.fromkeys(table.columns), "exception_id": i, "status": "open", "decided_on": date(2026, 10, 3)} for i in ids]
    return pd.DataFrame(rows, columns=table.columns)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_an_empty_table_has_the_schema_of_a_full_one(name, tmp_path):
    artifacts.save(tmp_path, name, artifacts.empty(name))
    arrow = pq.read_schema(tmp_path / f"{name}.parquet")
    kinds = {"text": "string", "number": "double", "flag": "bool", "day": "date32[day]"}
    assert {field.name: str(field.type) for field in arrow} == {c: kinds[k] for c, k in SCHEMAS[name].columns.items()}


def test_rows_stand_in_the_order_of_the_key_whatever_order_they_came_in(tmp_path):
    one = artifacts.save(tmp_path / "a", "exceptions", exceptions("b", "a", "c"))
    two = artifacts.save(tmp_path / "b", "exceptions", exceptions("c", "b", "a"))
    assert one.read_bytes() == two.read_bytes()
    assert list(artifacts.load(tmp_path / "a", "exceptions")["exception_id"]) == ["a", "b", "c"]


def test_days_come_back_as_days_and_empty_text_as_missing(tmp_path):
    table = exceptions("a").assign(rule="", evidence="x")
    artifacts.save(tmp_path, "exceptions", table)
    back = artifacts.load(tmp_path, "exceptions").iloc[0]
    assert back["decided_on"] == date(2026, 10, 3)
    assert pd.isna(back["rule"]) and back["evidence"] == "x"


def test_a_table_with_two_rows_for_one_key_is_refused(tmp_path):
    with pytest.raises(NotASchema, match="two rows"):
        artifacts.save(tmp_path, "exceptions", exceptions("a", "a"))
    assert not list(tmp_path.iterdir())


def test_a_flag_with_gaps_is_refused(tmp_path):
    table = artifacts.empty("availability").reindex([0]).assign(kpi="revenue")
    with pytest.raises(NotASchema, match="gaps"):
        artifacts.save(tmp_path, "availability", table)


def test_an_absent_column_is_named(tmp_path):
    with pytest.raises(NotASchema, match="rule"):
        artifacts.save(tmp_path, "exceptions", exceptions("a").drop(columns="rule"))


def test_further_columns_are_kept_behind_those_of_the_schema(tmp_path):
    artifacts.save(tmp_path, "exceptions", exceptions("a").assign(also=1.5))
    assert artifacts.load(tmp_path, "exceptions").columns[-1] == "also"


def test_a_missing_table_names_the_step_and_the_command(tmp_path):
    with pytest.raises(MissingArtifact, match=r"kpi run acme 2026Q3 --step evaluate"):
        artifacts.load(tmp_path / "client_data" / "acme" / "2026Q3" / "results", "evaluation")


def test_text_is_written_with_plain_line_ends_and_nothing_is_left_beside_it(tmp_path):
    artifacts.write_text(tmp_path / "a.txt", "một\nhai\n")
    assert (tmp_path / "a.txt").read_bytes() == "một\nhai\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
