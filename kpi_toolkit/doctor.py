"""What is installed, which renderer serves, what is missing and how to get it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

NEEDED = (
    "duckdb", "ibis-framework", "pandas", "scipy", "papermill", "ipykernel", "pypandoc-binary", "typst", "fontpkg-source-sans-3",
    "fontpkg-noto-sans-thai",
)  # fmt: skip
ANSWER_WITHIN = 20  # seconds a program may take to tell its version


@dataclass(frozen=True)
class Finding:
    """One thing looked for: `state` is `ok`, `absent` (a choice less) or `missing` (the toolkit does not work without it)."""

    what: str
    state: str
    detail: str


def examine() -> list[Finding]:
    """Look for everything the toolkit uses at run time."""
    return [finding for look in (_python, _packages, _kernel, _pandoc, _typst, _fonts, _quarto, _java) for finding in look()]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Finding(
        "Python", "ok" if good else "missing", f"{version} at {sys.executable}" + ("" if good else "; 3.11 or newer is needed")
    )


def _packages() -> Iterator[Finding]:
    for name in NEEDED:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "missing", "not installed: make clean, then make demo; or uv pip sync requirements.lock")


def _kernel() -> Iterator[Finding]:
    from jupyter_client.kernelspec import KernelSpecManager

    found: dict[str, str] = KernelSpecManager().find_kernel_specs()
    good = "python3" in found
    yield Finding(
        "Jupyter kernel python3",
        "ok" if good else "missing",
        found.get("python3", "run: python -m ipykernel install --sys-prefix"),
    )


def _pandoc() -> Iterator[Finding]:
    import pypandoc

    yield _tried("Pandoc (embedded)", lambda: str(pypandoc.get_pandoc_version()))


def _typst() -> Iterator[Finding]:
    import typst

    yield _tried(
        "Typst (embedded)",
        lambda: f"{metadata.version('typst')}, {len(typst.compile(b'probe', format='pdf'))} bytes of a test page",
    )


def _fonts() -> Iterator[Finding]:
    from kpi_toolkit.report import fonts

    yield _tried("Fonts", lambda: str(fonts.folder()))


def _quarto() -> Iterator[Finding]:
    path = shutil.which("quarto")
    if not path:
        yield Finding(
            "Quarto", "absent", "not on PATH: the embedded Pandoc and Typst render; conda env create -f environment.yml brings it"
        )
        return
    yield _tried("Quarto", lambda: f"{_version(path)} at {path}; it renders where --renderer is auto")


def _java() -> Iterator[Finding]:
    path = shutil.which("java")
    yield Finding("Java", "ok", path) if path else Finding("Java", "absent", "needed only where engine: pyspark is asked for")


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=ANSWER_WITHIN, check=True)
    return done.stdout.strip().splitlines()[0]


def _tried(what: str, probe: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", probe())
    except (OSError, ValueError, RuntimeError, subprocess.SubprocessError) as problem:
        return Finding(what, "missing", f"{type(problem).__name__}: {problem}")
