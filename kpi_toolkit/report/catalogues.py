"""Are the catalogues whole? Messages of templates and of the report's code that a language lacks, leaves fuzzy or spoils."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kpi_toolkit.language import LOCALE
from kpi_toolkit.report import qmd

# what must stand in a translation as it stands in the message: fields, references, targets of links, code, anchors
MARKS = re.compile(r"\{\w*(?:![rsa])?(?::[^{}]*)?\}|@(?:fig|tbl|sec)-[\w-]+|\]\([^)]*\)|`[^`]+`|\{#[^}]*\}")
MARKING = frozenset({"N_", "rich", "prose"})  # functions whose first plain string is a message, beside the method `text`
PACKAGE = Path(__file__).parent.parent
CODE = (PACKAGE / "report", PACKAGE / "kpis" / "catalogue.py")


@dataclass(frozen=True)
class Said:
    """A message and where it stands."""

    text: str
    file: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.file.name}:{self.line}"


def of_template(path: Path) -> Iterator[Said]:
    """Messages of a .qmd: its texts, and those that its Python cells mark."""
    text = path.read_text(encoding="utf-8")
    for line, message in qmd.messages(text, path.name):
        yield Said(message, path, line)
    for before, source in qmd.code_cells(text):
        yield from _marked(source, path, before)


def of_code(paths: Iterable[Path] = CODE) -> Iterator[Said]:
    """Messages marked in Python files and folders: `N_("…")`, `….text("…")`, `rich(language, "…")`, `prose(language, "…")`."""
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield from _marked(file.read_text(encoding="utf-8"), file, 0)


def _marked(source: str, file: Path, before: int) -> Iterator[Said]:
    # by the syntax tree: Babel's own reader misses a call inside an f-string
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        marks = (isinstance(node.func, ast.Name) and node.func.id in MARKING) or (
            isinstance(node.func, ast.Attribute) and node.func.attr in {"text", *MARKING}
        )
        texts = [word.value for word in node.args[:2] if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        if marks and texts and re.search(r"\w", texts[0]):
            yield Said(texts[0], file, before + node.lineno)


@dataclass(frozen=True)
class Entry:
    """What a catalogue says of a message."""

    text: str
    fuzzy: bool


def read(lang: str, folder: Path = LOCALE) -> Mapping[str, Entry]:
    """All entries of a language's catalogues."""
    from babel.messages.pofile import read_po

    entries: dict[str, Entry] = {}
    for path in sorted((folder / lang / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang, abort_invalid=True):
                if message.id:
                    entries[str(message.id)] = Entry(str(message.string or ""), bool(message.fuzzy))
    return entries


def faults(said: Iterable[Said], entries: Mapping[str, Entry]) -> list[str]:
    """One line for each message that is not translated, fuzzy, or whose fields, references or links differ."""
    found: dict[str, str] = {}
    for message in said:
        entry = entries.get(message.text)
        if entry is None or not entry.text:
            problem = "not translated"
        elif entry.fuzzy:
            problem = "fuzzy"
        elif sorted(MARKS.findall(message.text)) != sorted(MARKS.findall(entry.text)):
            problem = f"fields, references or links differ in {entry.text!r}"
        else:
            continue
        found.setdefault(message.text, f"{message.place}: {problem}: {message.text!r}")
    return list(found.values())


def check(lang: str, templates: Iterable[Path]) -> list[str]:
    """Faults of a language's catalogues over the templates and the code of the reports; none for a whole language."""
    said = [*(message for path in templates for message in of_template(path)), *of_code()]
    return faults(said, read(lang))
