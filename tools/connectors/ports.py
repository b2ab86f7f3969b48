"""The ports: what we need of the systems of work, as Protocols."""

from collections.abc import Mapping
from typing import Literal, Protocol

from loops.records import Company, Document, Enrichment, Lead
from loops.structure import Part
from loops.values import Value


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


class FileChange(Value):
    """What a file of the workspace is to hold."""

    path: str
    # within the repository, with slashes
    text: str | None
    # None: the file is removed


class NewChange(Value):
    """A change to the workspace's repository that somebody is to look at; its branch is its identity."""

    branch: str
    base: str
    # the commit it was made on
    title: str
    # one line
    body: str
    # Markdown
    files: tuple[FileChange, ...]
    author: str
    # agent:<specialist> | person:<id>


class ChangeState(Value):
    """How a change stands."""

    branch: str
    id: str
    # the number or name by which people know it
    state: Literal["open", "merged", "closed"]
    title: str
    body: str
    head: str
    # its newest commit
    base: str
    # the commit that it would be merged into
    behind: bool
    # whether what it would be merged into has moved since it was made
    paths: tuple[str, ...] = ()
    # the files it touches; empty once it is merged
    checks: dict[str, str] = {}
    # name → pending | success | failure, with what it says behind it
    url: str = ""
    merged_as: str = ""
    # the merge's commit; "" while it isn't merged


class ChangeHost(Protocol):
    """Where changes of config are looked at and merged; everything is idempotent by branch name.

    Raises:
        ToolRetry: it can't be reached now, or asks to wait.
        ToolFailed: it refuses for good; says what to do.
    """

    def open(self, change: NewChange) -> ChangeState:
        """Open it; one that is open already is left as it is, with the branch's files brought up to date."""
        ...

    def status(self, branch: str) -> ChangeState | None:
        """How it stands; None where there is none of that branch."""
        ...

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The changes whose branch begins so, the newest first."""
        ...

    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Post a status on that commit: pending, success or failure."""
        ...

    def comment(self, branch: str, key: str, text: str) -> None:
        """Say something on it; the same key again replaces what it said."""
        ...

    def text(self, commit: str, path: str) -> str | None:
        """A file as it is in a commit; None where it isn't there. No link or program passes as one."""
        ...

    def merge(self, branch: str, head: str, base: str, approved_by: str = "") -> ChangeState:
        """Merge just that head into just that base; refused where either has moved.

        Args:
            branch: the change.
            head: its newest commit, as it was looked at.
            base: what it was to be merged into then.
            approved_by: who let it through, for the merge's message; "" leaves it out.
        """
        ...

    def close(self, branch: str, why: str) -> None:
        """Close it without merging; the reason is said on it. Nothing happens where it is closed."""
        ...
