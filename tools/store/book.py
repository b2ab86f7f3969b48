"""The book of accounts over the store: many of them read, placed and written at once."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, func, select, update

from loops.book import Hints, Listed
from loops.records import Account, Company
from tools.normalise.whereabouts import domain_country, phone_country, site
from tools.store import tables as t
from tools.store.store import Tx

Move = tuple[str, str | None, str | None]
"""An account, its territory and its owner."""
_COLUMNS = (t.accounts.c.doc, t.accounts.c.site, t.accounts.c.asked)
_PAGE = (
    select(*_COLUMNS)
    .where(t.accounts.c.id > bindparam("after"))
    .order_by(t.accounts.c.id)
    .limit(bindparam("limit"))
)
_BY_ID = select(*_COLUMNS).where(t.accounts.c.id.in_(bindparam("ids", expanding=True)))
_PROFILES = select(t.companies.c.doc).where(t.companies.c.id.in_(bindparam("ids", expanding=True)))
_TENANTS = (
    select(t.accounts.c.site, t.accounts.c.doc)
    .where(t.accounts.c.site.in_(bindparam("sites", expanding=True)))
    .order_by(t.accounts.c.id)
)
_SHARED = (
    select(t.accounts.c.site)
    .where(t.accounts.c.site.in_(bindparam("sites", expanding=True)))
    .group_by(t.accounts.c.site)
    .having(func.count() > 1)
)
_OWNED = (
    select(t.accounts.c.owner, func.count())
    .where(t.accounts.c.owner.is_not(None))
    .group_by(t.accounts.c.owner)
)
_MOVE = (
    update(t.accounts)
    .where(t.accounts.c.id == bindparam("b_id"))
    .values(owner=bindparam("b_owner"), doc=bindparam("b_doc"))
)
_ASKED = update(t.accounts).where(t.accounts.c.id == bindparam("b_id")).values(asked=bindparam("b_asked"))


def row(account: Account) -> dict[str, Any]:
    """An account as the table has it."""
    place = account.place
    return {
        "id": account.id,
        "key": account.key,
        "domain": account.domain,
        "company": account.company,
        "status": account.status,
        "owner": account.owner,
        "site": site(account.street, place.city, place.country),
        "doc": account.model_dump_json(),
    }


class StoreBook:
    """The accounts within one transaction; counts of owners follow what it writes."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    # --- reading ----------------------------------------------------------------------------------
    def page(self, after: str, limit: int) -> tuple[Listed, ...]:
        """Accounts ordered by id, ids after `after`."""
        return tuple(map(_listed, self._tx.all(_PAGE, after=after, limit=limit)))

    def listed(self, account: str) -> Listed | None:
        """That account, or None."""
        rows = self._tx.all(_BY_ID, ids=[account])
        return _listed(rows[0]) if rows else None

    def accounts(self, ids: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are, by id."""
        rows = self._tx.all(_BY_ID, ids=sorted(ids)) if ids else ()
        return {found.id: found for found in (Account.model_validate_json(row[0]) for row in rows)}

    def profiles(self, ids: Collection[str]) -> Mapping[str, Company]:
        """Those of these company profiles that there are, by id."""
        rows = self._tx.all(_PROFILES, ids=sorted(ids)) if ids else ()
        return {found.id: found for found in (Company.model_validate_json(row[0]) for row in rows)}

    def tenants(self, sites: Collection[str]) -> Mapping[str, tuple[Account, ...]]:
        """Everybody in these buildings, ordered by id; a building without accounts isn't among the keys."""
        # most buildings have one tenant: only the others are worth reading
        shared = [found[0] for found in self._tx.all(_SHARED, sites=sorted(sites))] if sites else []
        tenants: dict[str, list[Account]] = {}
        for where, doc in self._tx.all(_TENANTS, sites=shared) if shared else ():
            tenants.setdefault(where, []).append(Account.model_validate_json(doc))
        return {where: tuple(found) for where, found in tenants.items()}

    def owned(self) -> Mapping[str, int]:
        """How many accounts each owner has; who has none isn't among the keys."""
        return self._owned

    @cached_property
    def _owned(self) -> Counter[str]:
        return Counter(dict(self._tx.all(_OWNED)))

    def hints(self, account: Account) -> Hints:
        """The countries that the account's web domain and phone number belong to."""
        return Hints(domain_country(account.domain), phone_country(account.phone))

    # --- writing ----------------------------------------------------------------------------------
    def place(self, moves: Iterable[Move]) -> None:
        """Give accounts their territory and their owner; one that is gone meanwhile is left out."""
        wanted = {account: (territory, owner) for account, territory, owner in moves}
        changed: list[dict[str, Any]] = []
        for account in self.accounts(wanted).values():
            territory, owner = wanted[account.id]
            self._owned.subtract([account.owner] if account.owner else [])
            self._owned.update([owner] if owner else [])
            doc = account.model_copy(update={"territory": territory, "owner": owner}).model_dump_json()
            changed.append({"b_id": account.id, "b_owner": owner, "b_doc": doc})
        if changed:
            self._tx.conn.execute(_MOVE, changed)

    def ask(self, account: str, basis: str) -> None:
        """Keep what was asked about an account, so that the same isn't asked again."""
        self._tx.conn.execute(_ASKED, {"b_id": account, "b_asked": basis})


def _listed(found: Any) -> Listed:
    return Listed(Account.model_validate_json(found[0]), found[1], found[2])
