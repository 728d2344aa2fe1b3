"""The command line as a consultant meets it: one message where the input is at fault, never a traceback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import small_client

ROOT = Path(__file__).parent.parent


def kpi(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kpi_toolkit", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.fixture
def client(tmp_path: Path) -> Path:
    return small_client.write(tmp_path / "client_data" / "small")


def one_message(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 1, (done.stdout, done.stderr)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and re.match(r"K\d{3}: ", lines[0]), done.stderr
    for part in parts:
        assert part in lines[0], lines[0]


def test_help_answers_within_half_a_second_of_a_bare_interpreter():
    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        return time.perf_counter() - started

    best = min(seconds("-m", "kpi_toolkit", "--help") for _ in range(3)) - min(seconds("-c", "pass") for _ in range(3))
    assert best < 0.5


def test_a_client_is_found_by_name_from_where_one_stands(client):
    done = kpi("check", "small", cwd=client.parent.parent)
    assert done.returncode == 0, done.stderr
    assert "No row is quarantined." in done.stdout


def test_an_unknown_client_an_unknown_option_value_and_a_bad_day_are_one_message_each(client):
    one_message(kpi("status", "smal", cwd=client.parent.parent), "smal", "small")
    one_message(kpi("run", client, "2026Q2", "--as-of", "10.06.2026"), "2026-09-10")
    one_message(kpi("run", client, "2026-Q2"), "2026Q3")
    one_message(kpi("report", client, "2026Q2", "--renderer", "word"), "quarto")
    assert kpi("run", client).returncode == 2
    assert kpi("runn").returncode == 2


@pytest.mark.parametrize(
    ("break_it", "parts"),
    [
        (
            lambda raw: small_client.edit(raw / "orders.csv", "ordered_on", "order_date"),
            ("orders.csv", "ordered_on", "order_date"),
        ),
        (lambda raw: (raw / "orders.csv").write_text(""), ("orders.csv",)),
        (lambda raw: (raw / "orders.csv").unlink(), ("orders.csv",)),
        (lambda raw: small_client.edit(raw.parent / "engagement.yml", "sources:", "source:"), ("engagement.yml", "sources")),
        (lambda raw: small_client.edit(raw.parent / "engagement.yml", "client:", "\tclient:"), ("engagement.yml",)),
        (
            lambda raw: small_client.edit(
                raw.parent / "engagement.yml", "file: raw/orders.csv", "table: orders, url: 'sqlite:///x.db'"
            ),
            ("url",),
        ),
        (
            lambda raw: small_client.edit(raw.parent / "engagement.yml", "currency: EUR}", "currency: EUR, url: 'x://y'}"),
            ("file",),
        ),
    ],
    ids=["missing column", "empty file", "no file", "unknown key", "not YAML", "a database", "a file and a database"],
)
def test_a_fault_that_stops_is_one_clear_message(client, break_it, parts):
    break_it(client / "raw")
    one_message(kpi("check", client), *parts)


def test_a_wrong_delimiter_is_told_or_read_but_never_lost(client):
    orders = client / "raw" / "orders.csv"
    orders.write_text(orders.read_text().replace(",", "|"))
    done = kpi("check", client)
    assert "Traceback" not in done.stderr and (done.returncode == 0 or "orders.csv" in done.stderr)


def test_bad_rows_go_to_quarantine_as_they_came_and_the_count_holds(client):
    orders = client / "raw" / "orders.csv"
    rows = len(orders.read_text().splitlines()) - 1
    first = orders.read_text().splitlines()[1]
    bad = ["X1,2026-06-01,P1,C1,many", "X2,2026-06-01,P9,C1,10", "X3,2062-01-05,P1,C1,10", "X4,never,P1,C1,10", first]
    for line in bad:
        small_client.append(orders, line)
    done = kpi("check", client)
    assert done.returncode == 0, done.stderr
    kept = (client / "quarantine" / "orders.csv").read_text(encoding="utf-8")
    for text in ("many", "P9", "2062-01-05", "never"):
        assert text in kept
    assert len(kept.strip().splitlines()) == len(bad) + 1
    assert re.search(rf"orders.*{rows + len(bad)}.*{rows}.*{len(bad)}", done.stdout), done.stdout


def test_messages_speak_vietnamese_where_asked(client):
    done = kpi("run", client, "2026-Q2", KPI_LANG="vi")
    assert done.returncode == 1 and "quý" in done.stderr


def test_new_writes_a_commented_engagement_that_check_understands(tmp_path):
    (tmp_path / "client_data").mkdir()
    done = kpi("new", "acme", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = tmp_path / "client_data" / "acme" / "engagement.yml"
    assert written.read_text(encoding="utf-8").count("#") > 10
    one_message(kpi("check", "acme", cwd=tmp_path), "raw/")  # it asks for the files that it names
    one_message(kpi("new", "acme", cwd=tmp_path), "acme")  # and is never written over
    one_message(kpi("new", "../out", cwd=tmp_path))


def test_doctor_says_which_renderer_serves():
    done = kpi("doctor")
    assert done.returncode == 0, done.stdout
    assert ("absent" in done.stdout) == (shutil.which("quarto") is None or shutil.which("java") is None)
    assert "Pandoc" in done.stdout and "Typst" in done.stdout


def test_a_quarter_runs_stands_is_verified_and_a_changed_result_is_called_broken(client):
    before = kpi("status", client)
    assert "No quarter has been run" in before.stdout
    done = kpi("run", client, "2026Q2")
    assert done.returncode == 0, done.stderr
    again = kpi("run", client, "2026Q2", "--resume")
    assert again.returncode == 0 and again.stdout.count("stands since the last run") == 6, again.stdout
    assert "steps done: diagnose, propose, target, evaluate, act, renew" in kpi("status", client).stdout
    assert kpi("verify", client).returncode == 0
    small_client.append(client / "raw" / "orders.csv", "Z1,2026-06-30,P1,C1,10")
    changed = kpi("verify", client)
    assert changed.returncode == 0 and "changed since" in changed.stdout
    with (client / "2026Q2" / "results" / "scores.parquet").open("ab") as file:
        file.write(b"x")
    broken = kpi("verify", client)
    assert broken.returncode == 1 and "BROKEN: scores.parquet" in broken.stdout


def test_later_steps_alone_name_the_step_that_is_missing(client):
    one_message(kpi("run", client, "2026Q2", "--step", "propose"), "diagnose")
