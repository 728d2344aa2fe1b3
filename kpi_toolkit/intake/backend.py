"""The engine that holds the facts, and how names and texts are written in its SQL. Nothing else knows which engine it is."""

from __future__ import annotations

from typing import Any

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_


class UnknownEngine(KpiError):
    code = "K131"
    message = N_(
        "engine: {engine!r} cannot be used yet: files are read into DuckDB only. Write engine: duckdb in engagement.yml."
    )


def connect(engine: str = "duckdb", threads: int | None = None) -> Any:
    """An Ibis backend in memory; it fetches no extension from the network and reckons in UTC.

    `threads` None leaves the number to the engine. Raises `UnknownEngine`.
    """
    if engine not in {"duckdb", "duckdb://"}:
        raise UnknownEngine(engine=engine)
    import ibis

    settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    if threads is not None:
        settings["threads"] = threads
    backend = ibis.duckdb.connect(":memory:", **settings)
    backend.con.execute("SET TimeZone = 'UTC'")
    backend.con.execute("SET enable_progress_bar = false")
    return backend


def name(identifier: str) -> str:
    """An identifier as SQL: quoted, whatever a client's file put into it."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def texts(values: list[str] | tuple[str, ...]) -> str:
    """Texts as an SQL list in parentheses."""
    return "(" + ", ".join(text(value) for value in values) + ")"
