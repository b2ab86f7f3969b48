"""In-memory twins of connectors, for tests and dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loops.structure import Part
from loops.values import content_hash
from tools.connectors.delivery import Outgoing
from tools.deploy.references import check_put, check_remove


@dataclass
class MemoryMailer:
    """Keeps what it is given; fails as it was told to."""

    sent: list[Outgoing] = field(default_factory=list[Outgoing])
    # in the order of delivery
    failures: Mapping[str, Exception] = field(default_factory=dict[str, Exception])
    # Message-ID → what to raise instead of taking it

    def send(self, mail: Outgoing) -> None:
        """Take it, or fail (see `Mailer`)."""
        if failure := self.failures.get(mail.message_id):
            raise failure
        self.sent.append(mail)


@dataclass
class MemoryStructure:
    """Keeps a structure, and refuses what an outside system would: whatever lacks what it needs."""

    items: dict[tuple[str, str], Mapping[str, str]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, str]]
    )
    documents: dict[str, list[tuple[str, str, str]]] = field(
        default_factory=dict[str, list[tuple[str, str, str]]]
    )
    # person@year → (state, hash of its terms, text), the oldest first
    issued_by: set[str] = field(default_factory=set[str])
    # effects that issued one

    def standing(self, part: Part, key: str) -> Mapping[str, str] | None:
        """What stands there, or None."""
        return self.items.get((part, key))

    def put(self, effect: str, part: Part, key: str, fields: Mapping[str, str]) -> None:
        """Put it there (see `Structure`)."""
        check_put(part, key, fields, lambda part, key: (part, key) in self.items)
        self.items[part, key] = dict(fields)

    def remove(self, effect: str, part: Part, key: str) -> None:
        """Take it away (see `Structure`)."""
        check_remove(part, key, self.items.items())
        self.items.pop((part, key), None)

    def issue(self, effect: str, key: str, terms: Mapping[str, str], text: str) -> None:
        """Issue a document (see `Structure`)."""
        hash, versions = content_hash(dict(terms)), self.documents.setdefault(key, [])
        current = versions[-1] if versions and versions[-1][0] == "issued" else None
        if effect in self.issued_by or (current and current[1] == hash):
            return
        if current:
            versions[-1] = ("superseded", *current[1:])
        versions.append(("issued", hash, text))
        self.issued_by.add(effect)

    def withdraw(self, effect: str, key: str) -> None:
        """Withdraw the document that is issued (see `Structure`)."""
        versions = self.documents.get(key, [])
        if versions and versions[-1][0] == "issued":
            versions[-1] = ("withdrawn", *versions[-1][1:])
