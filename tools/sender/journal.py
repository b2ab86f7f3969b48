"""The sender's own memory: what it has attempted, kept where nobody else can write.

The store is shared with processes that may be hostile: a row set back from `sent` to `pending` must not make
a mail leave twice. Each line carries a MAC over itself and the line before it.
"""

import fcntl
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tools.approvals.errors import KeyRefused
from tools.approvals.registry import derived

What = Literal["attempted", "sent", "released", "over", "revoked", "list"]
"""attempted: handed over next; released: it wasn't taken; over: cancelled; revoked: seen revoked.

list: the list of approvers that was seen last.
"""

_LIST = "approvers"


@dataclass(frozen=True)
class Entry:
    """The last that was noted under a key."""

    what: What
    approval: str


class Journal:
    """An append-only file, one line a note; open it under the sender's lease."""

    def __init__(self, directory: Path, secret: str | None) -> None:
        """Read it, or start it.

        Args:
            directory: the sender's own.
            secret: the sender's secret; None in a sandbox, where the lines are chained but not secret.

        Raises:
            KeyRefused: it was changed, or written under another secret.
        """
        self._key = derived(secret, "journal") if secret else b"sandbox"
        self._path = directory / "journal.jsonl"
        self._last: dict[str, Entry] = {}
        self._mac = ""
        self._size = 0
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            self._catch_up(file.read())

    def last(self, run: str, n: int) -> Entry | None:
        """What was last noted of that message of that run, or None."""
        return self._last.get(f"{run}#{n}")

    def is_revoked(self, name: str) -> bool:
        """Whether an approval or a key of that name was ever seen revoked."""
        return f"revoked {name}" in self._last

    def note(self, run: str, n: int, what: What, approval: str) -> None:
        """Note it; it is on the disk when this returns."""
        self._append(f"{run}#{n}", Entry(what, approval))

    def note_revoked(self, name: str) -> None:
        """Remember that this approval or key was revoked, whatever anybody says later."""
        if not self.is_revoked(name):
            self._append(f"revoked {name}", Entry("revoked", name))

    @property
    def list_seen(self) -> str:
        """The seal of the newest list of approvers that was ever seen; "" before the first."""
        entry = self._last.get(_LIST)
        return entry.approval if entry else ""

    def note_list(self, seal: str) -> None:
        """Remember that list of approvers: none from before it counts any more."""
        if seal != self.list_seen:
            self._append(_LIST, Entry("list", seal))

    def _append(self, key: str, entry: Entry) -> None:
        with self._path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(self._size)
            self._catch_up(file.read())
            mac = self._seal(self._mac, key, entry)
            line = json.dumps([key, entry.what, entry.approval, mac]).encode() + b"\n"
            file.seek(self._size)
            file.truncate()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._mac, self._size = mac, self._size + len(line)
        self._last[key] = entry

    def _seal(self, before: str, key: str, entry: Entry) -> str:
        text = "\n".join((before, key, entry.what, entry.approval))
        return hmac.digest(self._key, text.encode(), "sha256").hex()

    def _catch_up(self, data: bytes) -> None:
        """Take in whole lines; half a last one is what a crash left, and nothing was sent on its strength."""
        for line in data.split(b"\n")[:-1]:
            try:
                key, what, approval, mac = cast("list[str]", json.loads(line))
                entry = Entry(cast("What", what), approval)
                good = hmac.compare_digest(mac, self._seal(self._mac, key, entry))
            except (ValueError, TypeError):
                raise self._broken() from None
            if not good:
                raise self._broken()
            self._last[key], self._mac = entry, mac
            self._size += len(line) + 1

    def _broken(self) -> KeyRefused:
        return KeyRefused(
            f"{self._path} was changed or was written under another secret: nothing is sent "
            "until the right file and secret are back."
        )
