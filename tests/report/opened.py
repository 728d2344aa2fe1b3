"""A quarter opened for a report, with what every page says and nothing of the cycle behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from kpi_toolkit.language import Language, load
from kpi_toolkit.quarter import Quarter

HEAD = "90f8073301bf" + "0" * 52
SAMPLE = Path(__file__).parent / "sample.qmd"
LAST_FACT = date(2026, 9, 29)


@dataclass
class OpenedQuarter:
    root: Path
    client: str = "Acme *& Sons* #1"
    quarter: Quarter = Quarter(2026, 3)
    as_of: date | None = None
    ledger_head: str = HEAD
    language: Language = field(default_factory=lambda: load("en"))

    @property
    def engagement(self) -> SimpleNamespace:
        return SimpleNamespace(client=self.client)

    @property
    def folder(self) -> Path:
        return self.root / str(self.quarter)

    def table(self, name: str) -> pd.DataFrame:
        assert name == "coverage"
        return pd.DataFrame({"last_fact": [date(2026, 9, 1), LAST_FACT, None]})


def with_template(root: Path, text: str, name: str = "sample") -> OpenedQuarter:
    """A client whose own template of that name holds a text."""
    folder = root / "templates"
    folder.mkdir(parents=True)
    (folder / f"{name}.qmd").write_text(text, encoding="utf-8")
    return OpenedQuarter(root)
