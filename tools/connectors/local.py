"""The local CRM: where write-backs, tasks and notices go while no outside system is connected."""

from collections.abc import Mapping
from datetime import datetime

from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso


class LocalCrm:
    """A CRM and notifier in the store itself, in the caller's transaction: exactly once by construction."""

    def __init__(self, tx: Tx, at: datetime) -> None:
        self._tx, self._at = tx, at

    def update(self, effect: str, record: str, fields: Mapping[str, str]) -> None:
        """Set fields of a record."""
        for field, value in fields.items():
            self._tx.replace(t.crm_fields, record=record, field=field, value=value, effect=effect)

    def create_task(self, effect: str, record: str, owner: str, code: str, text: str) -> None:
        """Create a task for a person."""
        self._tx.add(t.tasks, effect=effect, record=record, owner=owner, code=code, text=text,
                     at=iso(self._at), done=False)

    def notify(self, effect: str, person: str, text: str) -> None:
        """Tell them, once per effect id."""
        self._tx.add(t.notices, effect=effect, person=person, text=text, at=iso(self._at))
