"""Who stands behind the pseudonyms of the ledger, and the texts behind its hashes: `ledger_people.jsonl`.

The chain holds neither name nor free text, so the lines of this file can be taken out and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kpi_toolkit.errors import KpiError
from kpi_toolkit.goals.chain import canonical
from kpi_toolkit.language import N_

PSEUDONYM = re.compile(r"p_[0-9a-f]{16}")
PSEUDONYM_BYTES = 8
SALT_BYTES = 16


class BadIdentities(KpiError):
    code = "K503"
    message = N_("{file}, line {line}: not a person or a text of the ledger. Put back the last good copy of the file.")


@dataclass(frozen=True)
class Person:
    """A person behind a pseudonym; `person_id` is empty for somebody from outside, who is known by name alone."""

    pseudonym: str
    person_id: str
    name: str


@dataclass(frozen=True)
class Text:
    """A text behind a hash of the chain, and whom it is about (a pseudonym, or empty)."""

    hash: str
    salt: str
    text: str
    about: str

    @property
    def holds(self) -> bool:
        return salted(self.text, self.salt) == self.hash


@dataclass
class Identities:
    """The people and texts of one ledger, in the order in which they came."""

    people: dict[str, Person] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Identities:
        """From its file; empty where there is none. Raises `BadIdentities`."""
        found = cls()
        if not path.is_file():
            return found
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if not line:
                continue
            try:
                fields = json.loads(line.decode("utf-8"))
                if "pseudonym" in fields:
                    person = Person(**fields)
                    found.people[person.pseudonym] = person
                else:
                    text = Text(**fields)
                    found.texts[text.hash] = text
            except (ValueError, TypeError) as error:
                raise BadIdentities(file=path, line=number) from error
        return found

    def write(self, path: Path) -> None:
        """Beside it first, synced, then renamed: the file is never torn."""
        lines = [canonical(vars(entry)) + b"\n" for entry in (*self.people.values(), *self.texts.values())]
        beside = path.with_name(path.name + ".part")
        with beside.open("wb") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def named(self, known: Mapping[str, str], token: Callable[[int], bytes]) -> dict[str, str]:
        """The pseudonym of each person_id; somebody new is given a random one, and a name that came later is added."""
        by_id = {person.person_id: person for person in self.people.values() if person.person_id}
        for person_id, name in known.items():
            before = by_id.get(person_id)
            if before is None:
                before = by_id[person_id] = self._new(person_id, name, token)
            elif name and name != before.name:
                self.people[before.pseudonym] = by_id[person_id] = Person(before.pseudonym, person_id, name)
        return {person_id: by_id[person_id].pseudonym for person_id in known}

    def outsider(self, name: str, token: Callable[[int], bytes]) -> str:
        """The pseudonym of somebody who is no employee, by name."""
        for person in self.people.values():
            if not person.person_id and person.name == name:
                return person.pseudonym
        return self._new("", name, token).pseudonym

    def _new(self, person_id: str, name: str, token: Callable[[int], bytes]) -> Person:
        pseudonym = f"p_{token(PSEUDONYM_BYTES).hex()}"
        while pseudonym in self.people:
            pseudonym = f"p_{token(PSEUDONYM_BYTES).hex()}"
        self.people[pseudonym] = Person(pseudonym, person_id, name)
        return self.people[pseudonym]

    def keep(self, text: str, about: str, token: Callable[[int], bytes]) -> str:
        """Keep a text; returns the salted hash that stands for it in the chain."""
        salt = token(SALT_BYTES).hex()
        own = salted(text, salt)
        self.texts[own] = Text(own, salt, text, about)
        return own

    def without(self, pseudonym: str) -> Identities:
        """These without a person: their own line, and every text about them. What they wrote about others stays, under
        a pseudonym that nothing resolves any more."""
        return Identities(
            {key: person for key, person in self.people.items() if key != pseudonym},
            {key: text for key, text in self.texts.items() if text.about != pseudonym},
        )

    def words(self) -> frozenset[str]:
        """What must not stand in the chain: ids and names of people, case folded."""
        said: Iterable[str] = (word for person in self.people.values() for word in (person.person_id, person.name))
        return frozenset(word.casefold() for word in said if word)


def salted(text: str, salt: str) -> str:
    """SHA-256, in hexadecimal, of the salt's bytes and the text's UTF-8."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode("utf-8")).hexdigest()
