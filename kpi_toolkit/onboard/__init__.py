"""A new client: an engagement folder from a commented engagement.yml."""

from __future__ import annotations

import re
from pathlib import Path

from kpi_toolkit.artifacts import CLIENTS_FOLDER, write_text
from kpi_toolkit.engagement import FILE_NAME, shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

TEMPLATE = Path(__file__).parent / "engagement.yml"
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}  # Windows' own names


class BadClientName(KpiError):
    code = "K110"
    message = N_(
        "{name!r} cannot be the name of a client's folder on every system. Use letters, digits, - and _ (the full name "
        "goes into engagement.yml under client:)."
    )


class AlreadyThere(KpiError):
    code = "K111"
    message = N_("{path} is there already and is left alone. Edit it, or choose another name.")


def create(name: str, start: Path) -> Path:
    """Write `client_data/<name>/engagement.yml` and an empty `raw/`; returns the file.

    `client_data` is looked for upward from `start`, and made there where none is found. Raises `BadClientName`, `AlreadyThere`.
    """
    if not re.fullmatch(r"\w[\w-]{0,59}", name) or name.casefold() in RESERVED:
        raise BadClientName(name=shortened(name))
    clients = next((folder / CLIENTS_FOLDER for folder in (start, *start.parents) if (folder / CLIENTS_FOLDER).is_dir()), None)
    path = (clients or start / CLIENTS_FOLDER) / name / FILE_NAME
    if path.exists():
        raise AlreadyThere(path=path)
    (path.parent / "raw").mkdir(parents=True, exist_ok=True)
    write_text(path, TEMPLATE.read_text(encoding="utf-8").replace("client: Acme", f"client: {name}"))
    return path
