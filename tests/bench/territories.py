"""Accounts held against the territories: the store read and written; what agents are asked is apart."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from agent.accounts import Matched, match_accounts
from agent.bootstrap import House
from loops.records import Account, Place
from tests import house
from tests.placing import placing_house
from tools.sandbox.draw import Draw
from tools.sandbox.places import CITIES, COUNTRY_MIX
from tools.store import tables as t
from tools.store.book import row

SEED = 7
CHUNK = 5_000
IN_DOUBT = 500
"""One account in so many lacks its state, so that the agents' part is there to be counted apart."""


def rules_seconds(folder: Path, count: int) -> float:
    """Seconds in which the rules place so many accounts; what agents are asked is timed apart."""
    return round(placed(folder, count).rules_seconds, 3)


def placed(folder: Path, count: int) -> Matched:
    """What one pass over so many accounts came to; a second one must find nothing to do."""
    home = placing_house(folder, plan=house.template().workspace.scenario)
    fill(home, count)
    first = match_accounts(home)
    again = match_accounts(home)
    home.store.close()
    assert first.by_rule and not again.changed and again.unchanged + again.left_out == again.accounts
    return first


def fill(home: House, count: int) -> None:
    """Put so many accounts into the book, beside those of the sandbox."""
    accounts = _accounts(count)
    while chunk := list(islice(accounts, CHUNK)):
        with home.store.transaction() as tx:
            for account in chunk:
                tx.add(t.accounts, **row(account))


def _accounts(count: int) -> Iterator[Account]:
    for number in range(count):
        draw = Draw(SEED, "bench account", number)
        city = draw.pick(CITIES[draw.pick(COUNTRY_MIX)])
        doubtful = number % IN_DOUBT == 0
        name = f"Company {number}"
        yield Account(
            id=f"B-{number:07d}",
            name=name,
            key=name.lower(),
            domain=f"company-{number}.example",
            place=Place(city="Springfield", country="US") if doubtful else city.place,
            street=f"{number} Market Street",
            employees=draw.between(10, 5_000),
        )
