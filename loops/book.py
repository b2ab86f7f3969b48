"""The book of accounts, as a loop that looks at many of them at once reads it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from loops.records import Account, Company


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as the book has it."""

    account: Account
    site: str
    # the building it sits in, in one written form; "" where its address names none
    asked: str
    # hash of what was last asked about its place; "" where nothing ever was


@dataclass(frozen=True, slots=True)
class Hints:
    """Countries that an account's own data point to, ISO alpha-2; None where they point to none."""

    domain: str | None
    phone: str | None


class Book(Protocol):
    """Every account, within one transaction."""

    def page(self, after: str, limit: int) -> tuple[Listed, ...]:
        """Accounts ordered by id, ids after `after`."""
        ...

    def listed(self, account: str) -> Listed | None:
        """That account, or None."""
        ...

    def accounts(self, ids: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are, by id."""
        ...

    def profiles(self, ids: Collection[str]) -> Mapping[str, Company]:
        """Those of these company profiles that there are, by id."""
        ...

    def tenants(self, sites: Collection[str]) -> Mapping[str, tuple[Account, ...]]:
        """Everybody in these buildings, ordered by id; a building without accounts isn't among the keys."""
        ...

    def owned(self) -> Mapping[str, int]:
        """How many accounts each owner has; who has none isn't among the keys."""
        ...

    def hints(self, account: Account) -> Hints:
        """The countries that the account's web domain and phone number belong to."""
        ...
