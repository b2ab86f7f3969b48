"""The ports: what we need of the systems of work, as Protocols."""

from collections.abc import Mapping
from typing import Protocol

from loops.records import Company, Document, Enrichment, Lead
from loops.structure import Part


class CompanyIndex(Protocol):
    """Company profiles by the keys a provider is asked with; each result ordered by id, empty where none."""

    def by_id(self, company: str) -> Company | None:
        """The profile of that id."""
        ...

    def by_domain(self, domain: str) -> tuple[Company, ...]:
        """The profiles registered under that domain."""
        ...

    def by_key(self, key: str) -> tuple[Company, ...]:
        """The profiles whose normalised name is `key`."""
        ...


class Enricher(Protocol):
    """An enrichment provider."""

    def enrich(self, lead: Lead) -> Enrichment:
        """What it has on the lead's company, best candidate first."""
        ...


class ResearchIndex(Protocol):
    """Pages and news that may be read about a company."""

    def documents(self, company: str) -> tuple[Document, ...]:
        """What is indexed under that profile id, newest first, undated last."""
        ...

    def search(self, name_key: str) -> tuple[Document, ...]:
        """What mentions a company of that normalised name, whoever it is indexed under; newest first."""
        ...


class Crm(Protocol):
    """The CRM's writing side; each write is idempotent by its effect id."""

    def update(self, effect: str, record: str, fields: Mapping[str, str]) -> None:
        """Set fields of a record.

        Raises:
            ToolRetry: the CRM can't be reached now.
            ToolFailed: it refuses the write for good.
        """
        ...

    def create_task(self, effect: str, record: str, owner: str, code: str, text: str) -> None:
        """Create a task for a person."""
        ...


class Notifier(Protocol):
    """How a person of ours is told something."""

    def notify(self, effect: str, person: str, text: str) -> None:
        """Tell them, once per effect id."""
        ...


class Structure(Protocol):
    """The systems of work's structure: territories, pools, people, and what ties them together.

    Each write is idempotent: what stands as it is to be is left as it is.
    """

    def standing(self, part: Part, key: str) -> Mapping[str, str] | None:
        """What stands there, or None."""
        ...

    def put(self, effect: str, part: Part, key: str, fields: Mapping[str, str]) -> None:
        """Put it there, in place of what stands.

        Raises:
            ToolRetry: it can't be reached now, or something that this needs doesn't stand yet.
            ToolFailed: it refuses the write for good.
        """
        ...

    def remove(self, effect: str, part: Part, key: str) -> None:
        """Take it away; nothing happens where it is gone.

        Raises:
            ToolRetry: it can't be reached now, or something still hangs on it.
            ToolFailed: it refuses for good.
        """
        ...

    def issue(self, effect: str, key: str, terms: Mapping[str, str], text: str) -> None:
        """Issue a person's quota and compensation document for a year, once per effect id.

        The one issued before is superseded; where it promises the same, nothing happens.
        """
        ...

    def withdraw(self, effect: str, key: str) -> None:
        """Withdraw the document that is issued; nothing happens where none is."""
        ...
