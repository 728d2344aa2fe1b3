"""The ledger as bytes: canonical JSON, an event a line, and the first line that does not follow. Pure: no file is touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_, Language

NO_EVENT = "0" * 64  # the hash "before" the first event
FIELDS = frozenset({"seq", "at", "actor", "action", "subject", "payload", "prev", "hash"})


class NotCanonical(KpiError):
    code = "K501"
    message = N_("The ledger takes text, whole and finite numbers, true, false, lists and named fields only: {problem}.")


class Reason(StrEnum):
    """Why a line breaks the chain."""

    TORN = "torn"
    NOT_JSON = "not_json"
    FIELDS = "fields"
    BYTES = "bytes"
    HASH = "hash"
    PREV = "prev"
    SEQ = "seq"
    TEXT = "text"


REASONS: Mapping[Reason, str] = {
    Reason.TORN: N_("the last line has no end: writing it was cut off. Remove that line and enter its event again"),
    Reason.NOT_JSON: N_("the line is no event: it cannot be read as JSON"),
    Reason.FIELDS: N_("the line is no event: its fields are not those of the ledger"),
    Reason.BYTES: N_("the line is not written as the ledger writes it: a byte was changed or added"),
    Reason.HASH: N_("the event was changed after it was written: its hash does not fit"),
    Reason.PREV: N_("the line does not follow the one before: a line was changed, taken out or put in"),
    Reason.SEQ: N_("the line has the wrong number: a line was taken out or put in"),
    Reason.TEXT: N_("a text was changed after it was written: its hash does not fit"),
}


class BrokenLedger(KpiError):
    """A chain that does not follow; `reason` is a `Reason`, worded in the language of the message."""

    code = "K502"
    message = N_(
        "{file}, line {line}: {reason}. Nothing is read from or added to a broken ledger: "
        "put back the last good copy, or mend that line."
    )

    def worded(self, language: Language) -> str:
        said = language.text(REASONS[Reason(str(self.fields["reason"]))])
        return f"{self.code}: {language.text(self.message, **{**self.fields, 'reason': said})}"


@dataclass(frozen=True)
class Event:
    """One line of the ledger (contract, section 7). People stand in it as pseudonyms."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]
    prev: str
    hash: str

    @property
    def day(self) -> date:
        """The day on which it was entered (UTC)."""
        return date.fromisoformat(self.at[:10])


@dataclass(frozen=True)
class Verification:
    """What `verify` saw: whether the chain holds, else the file, line and reason of the first break."""

    ok: bool
    events: int
    head: str
    file: str = ""
    line: int | None = None
    reason: Reason | None = None

    @property
    def error(self) -> BrokenLedger | None:
        return None if self.ok else BrokenLedger(file=self.file, line=self.line, reason=str(self.reason))


def canonical(value: object) -> bytes:
    """Canonical JSON: UTF-8, keys sorted, no spaces, letters as themselves. Raises `NotCanonical` for NaN, infinities,
    keys that are not text, and whatever JSON cannot hold."""
    _only_text_keys(value)
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(problem=str(error)) from error


def _only_text_keys(value: object) -> None:
    """JSON would write the key 1 as "1", and what is read back would no longer be what was hashed."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise NotCanonical(problem=f"the key {key!r} is not text")
            _only_text_keys(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _only_text_keys(part)


def digest(value: object) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sealed(
    seq: int, at: str, actor: str, action: str, subject: str, payload: Mapping[str, Any], prev: str
) -> tuple[Event, bytes]:
    """An event with its hash, and its line of the ledger."""
    rest = {"seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "payload": payload, "prev": prev}
    own = digest(rest)
    return Event(**rest, hash=own), canonical({**rest, "hash": own}) + b"\n"  # type: ignore[arg-type]


def followed(data: bytes) -> tuple[list[Event], tuple[int, Reason] | None]:
    """The events of a ledger up to its first break, and the break: line (from 1) and reason; None where the chain holds."""
    events: list[Event] = []
    lines = data.split(b"\n")
    before = NO_EVENT
    for number, line in enumerate(lines[:-1], start=1):
        event = _read(line, number, before)
        if isinstance(event, Reason):
            return events, (number, event)
        events.append(event)
        before = event.hash
    return events, (len(lines), Reason.TORN) if lines[-1] else None


def _read(line: bytes, number: int, before: str) -> Event | Reason:
    try:
        fields = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    if not isinstance(fields, dict) or set(fields) != FIELDS or not _typed(fields):
        return Reason.FIELDS
    try:
        rest = {key: value for key, value in fields.items() if key != "hash"}
        written, own = canonical(fields), digest(rest)
    except NotCanonical:  # NaN, infinities and half letters are read by Python's parser, but never written
        return Reason.BYTES
    if written != line:
        return Reason.BYTES
    if own != fields["hash"]:
        return Reason.HASH
    if fields["prev"] != before:
        return Reason.PREV
    return Event(**fields) if fields["seq"] == number else Reason.SEQ


def _typed(fields: Mapping[str, object]) -> bool:
    texts = all(isinstance(fields[name], str) for name in ("at", "actor", "action", "subject", "prev", "hash"))
    return texts and type(fields["seq"]) is int and isinstance(fields["payload"], dict)


def moment(at: datetime | date) -> str:
    """A moment as the ledger writes it: UTC, to the second, `2026-06-22T09:00:00Z`; a bare day is its first second.

    Raises `NotCanonical` for a time without its zone.
    """
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(), tzinfo=UTC)
    if at.tzinfo is None:
        raise NotCanonical(problem=f"the time {at.isoformat()} does not say its zone")
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
