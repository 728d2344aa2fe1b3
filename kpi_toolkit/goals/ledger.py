"""The ledger: an append-only chain of what was proposed, signed and decided (contract, section 7).

`ledger.jsonl` holds the chain, `ledger_people.jsonl` beside it the names and texts. A person is a random pseudonym in the chain
and a text its salted hash; a person can be forgotten and the chain still verifies.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.goals.chain import NO_EVENT, BrokenLedger, Event, NotCanonical, Reason, Verification, followed, moment, sealed
from kpi_toolkit.goals.identities import PSEUDONYM, Identities, Person
from kpi_toolkit.language import N_

LEDGER_FILE = "ledger.jsonl"
PEOPLE_FILE = "ledger_people.jsonl"
ACTIONS = ("propose", "kpis", "scenario", "renewal", "sign", "amend", "object", "decide", "note", "action", "close")
ROLES = ("consultant", "employee", "manager", "leadership")  # who acts where no person is named
LOCK_SECONDS = 30.0
CODE = re.compile(r"\S{0,200}")  # what a text in the chain may be: an id, a code, a period; never a sentence


class UnknownAction(KpiError):
    code = "K504"
    message = N_("{action!r} is no action of the ledger. Nearest: {nearest}. It knows: {known}.")


class PersonalData(KpiError):
    code = "K505"
    message = N_(
        "{field} of the event {action!r} would put a name or a free text into the ledger. "
        "Give people by their pseudonym, and texts as texts."
    )


class LedgerBusy(KpiError):
    code = "K506"
    message = N_("{file} has been held by another program for {seconds} seconds. Try again when that one has ended.")


class UnknownPseudonym(KpiError):
    code = "K507"
    message = N_("{file}: nobody is known as {who!r}.")


class LedgerNotWritten(KpiError):
    code = "K508"
    message = N_("{file} could not be written ({problem}); it stands as it was before.")


@dataclass(frozen=True)
class Entry:
    """An event to be appended. `subject` and `actor` are pseudonyms, else a quarter or the company, and a role word.

    `texts` are free texts by name: the chain gets their salted hashes under `payload["texts"]`.
    """

    action: str
    subject: str
    payload: Mapping[str, Any]
    actor: str
    at: datetime | date | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The ledger of one client, by the path of its `ledger.jsonl`; the file comes with the first event.

    `token(n)` gives n random bytes and `clock()` the time; both can be given, so that a demo is the same bytes each time.
    """

    def __init__(
        self, path: Path, *, token: Callable[[int], bytes] = secrets.token_bytes, clock: Callable[[], datetime] = _now
    ) -> None:
        self.path = path
        self.people_path = path.with_name(PEOPLE_FILE)
        self._token = token
        self._clock = clock

    # ---- reading

    def events(self) -> list[Event]:
        """All events, in order. Raises `BrokenLedger`."""
        events, broken = followed(self._bytes())
        if broken:
            raise BrokenLedger(file=self.path, line=broken[0], reason=str(broken[1]))
        return events

    @property
    def head(self) -> str:
        """The hash of the last event; 64 zeros where there is none. Raises `BrokenLedger`."""
        events = self.events()
        return events[-1].hash if events else NO_EVENT

    def has_goals(self, quarter: str) -> bool:
        """Whether goals were ever proposed for a quarter, signed or not. Raises `BrokenLedger`."""
        return any(event.action == "propose" and event.payload.get("quarter") == quarter for event in self.events())

    def verify(self) -> Verification:
        """Compare the bytes of every line with what the ledger would write, and every text kept with its hash."""
        events, broken = followed(self._bytes())
        head = events[-1].hash if events else NO_EVENT
        if broken:
            return Verification(False, len(events), head, str(self.path), *broken)
        known = Identities.read(self.people_path)
        for line, text in enumerate(known.texts.values(), start=len(known.people) + 1):
            if not text.holds:
                return Verification(False, len(events), head, str(self.people_path), line, Reason.TEXT)
        return Verification(True, len(events), head)

    def people(self) -> dict[str, Person]:
        """The people who are known, by pseudonym. Raises `BadIdentities`."""
        return dict(Identities.read(self.people_path).people)

    def texts(self) -> dict[str, str]:
        """The texts that are known, by the hash that stands in the chain. Raises `BadIdentities`."""
        return {own: text.text for own, text in Identities.read(self.people_path).texts.items()}

    def person(self, pseudonym: str) -> Person:
        """Who stands behind a pseudonym. Raises `UnknownPseudonym`, also for those who were forgotten."""
        try:
            return self.people()[pseudonym]
        except KeyError:
            raise UnknownPseudonym(file=self.people_path, who=pseudonym) from None

    def _bytes(self) -> bytes:
        return self.path.read_bytes() if self.path.is_file() else b""

    # ---- writing

    def pseudonyms(self, known: Mapping[str, str]) -> dict[str, str]:
        """The pseudonym of each person_id (person_id → name); somebody new is given a random one."""
        with self._held():
            identities = Identities.read(self.people_path)
            before = dict(identities.people)
            named = identities.named(known, self._token)
            if identities.people != before:
                identities.write(self.people_path)
            return named

    def outsider(self, name: str) -> str:
        """The pseudonym of somebody who is no employee (a director, a works council), by name."""
        with self._held():
            identities = Identities.read(self.people_path)
            before = len(identities.people)
            pseudonym = identities.outsider(name, self._token)
            if len(identities.people) > before:
                identities.write(self.people_path)
            return pseudonym

    def append(
        self,
        action: str,
        subject: str,
        payload: Mapping[str, Any],
        actor: str,
        at: datetime | date | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> Event:
        """Append one event; see `append_all`."""
        return self.append_all([Entry(action, subject, payload, actor, at, texts or {})])[0]

    def append_all(self, entries: Sequence[Entry], guard: Callable[[list[Event]], None] | None = None) -> list[Event]:
        """Append events under one lock, synced to the disk: all of them, or none.

        `guard` is shown the events so far while the lock is held, and refuses by raising: nobody signs in between. Raises
        `BrokenLedger`, `UnknownAction`, `PersonalData`, `NotCanonical`, `LedgerBusy`, `LedgerNotWritten`.
        """
        with self._held():
            events = self.events()
            if guard:
                guard(events)
            identities = Identities.read(self.people_path)
            kept = len(identities.texts)
            words = identities.words()
            seq, prev = len(events), events[-1].hash if events else NO_EVENT
            added: list[Event] = []
            lines: list[bytes] = []
            for entry in entries:
                _refuse_personal(entry, words)
                payload = dict(entry.payload)
                if entry.texts:
                    about = entry.subject if PSEUDONYM.fullmatch(entry.subject) else ""
                    payload["texts"] = {name: identities.keep(text, about, self._token) for name, text in entry.texts.items()}
                seq += 1
                at = moment(entry.at if entry.at is not None else self._clock())
                event, line = sealed(seq, at, entry.actor, entry.action, entry.subject, payload, prev)
                prev = event.hash
                added.append(event)
                lines.append(line)
            if len(identities.texts) > kept:  # before the chain: a text without its event harms nothing, the reverse does
                identities.write(self.people_path)
            self._write(b"".join(lines))
            return added

    def forget(self, person_id: str) -> int:
        """Take a person's lines out of `ledger_people.jsonl`: name, id, and texts about them. The chain is not touched.

        Returns the number of lines taken out. Raises `UnknownPseudonym` where nobody has that id.
        """
        with self._held():
            identities = Identities.read(self.people_path)
            own = [person.pseudonym for person in identities.people.values() if person.person_id == person_id]
            if not own:
                raise UnknownPseudonym(file=self.people_path, who=person_id)
            left = identities
            for pseudonym in own:
                left = left.without(pseudonym)
            left.write(self.people_path)
            return len(identities.people) + len(identities.texts) - len(left.people) - len(left.texts)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.with_name(self.path.name + ".lock"), timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise LedgerBusy(file=self.path, seconds=f"{LOCK_SECONDS:.0f}") from error
        try:
            yield
        finally:
            lock.release()

    def _write(self, data: bytes) -> None:
        new = not self.path.exists()
        with self.path.open("ab", buffering=0) as file:  # unbuffered: nothing is left to be written after the truncation
            before = file.seek(0, os.SEEK_END)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError as error:
                file.truncate(before)  # a full disk leaves no torn line
                raise LedgerNotWritten(file=self.path, problem=error.strerror or str(error)) from error
        if new:
            _sync_folder(self.path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too; Windows has no such call on folders."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_personal(entry: Entry, words: frozenset[str]) -> None:
    """Raises `UnknownAction`, `PersonalData`; `NotCanonical` where an event brings its own `texts`."""
    if entry.action not in ACTIONS:
        raise UnknownAction(action=entry.action, nearest=nearest(entry.action, ACTIONS), known=", ".join(ACTIONS))
    if "texts" in entry.payload:
        raise NotCanonical(problem="the name texts is the ledger's own")
    if entry.actor not in ROLES and not PSEUDONYM.fullmatch(entry.actor):
        raise PersonalData(field="actor", action=entry.action)
    for name, part in {"subject": entry.subject, **entry.payload}.items():
        for text in (str(name), *_strings(part)):
            if not CODE.fullmatch(text) or text.casefold() in words:
                raise PersonalData(field=name, action=entry.action)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield str(name)
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
