"""The store: records, ledger, blobs, runs, events, outbox, approvals and mails in one database."""

from tools.store.store import Store, Tx
from tools.store.vault import Erased

__all__ = ["Erased", "Store", "Tx"]
