"""Accounts by what a person calls them."""

from sqlalchemy import or_, select

from loops.errors import RevloopsError
from loops.records import Account
from tools.normalise import company_key
from tools.store import tables as t
from tools.store.store import Tx


def find_account(tx: Tx, what: str) -> tuple[Account, str | None]:
    """The account meant by an id, a name or a domain, and its newest open opportunity.

    Raises:
        RevloopsError: none, or more than one, is meant.
    """
    text, accounts = what.strip(), t.accounts.c
    key = company_key(text) or text
    where = or_(accounts.id == text, accounts.domain == text.lower(), accounts.key == key)
    rows = tx.all(select(accounts.doc).where(where).order_by(accounts.id).limit(6))
    found = [Account.model_validate_json(row[0]) for row in rows]
    if not found:
        raise RevloopsError(f"no account is called {what!r}: give its id, name or domain")
    if len(found) > 1:
        listed = "; ".join(f"{one.id} ({one.name}, {one.domain or 'no domain'})" for one in found)
        raise RevloopsError(f"{what!r} means more than one account, name one by its id: {listed}")
    deals = t.opportunities.c
    query = select(deals.id).where(deals.account == found[0].id, deals.closed_on == "")
    deal = tx.first(query.order_by(deals.opened_on.desc(), deals.id).limit(1))
    return found[0], deal[0] if deal else None
