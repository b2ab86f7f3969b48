"""What placing accounts may emit."""

from typing import Literal

from loops.decision import Effect, Event
from loops.values import Value

Doubt = Literal[
    "uncovered", "incomplete_billing", "two_countries", "state_unknown", "parent_elsewhere", "shared_building"
]
"""Why the rules alone don't settle where an account belongs."""


class AccountsDue(Event):
    """A page of accounts is to be held against the territories; `record` is `accounts@<after>`."""

    kind: Literal["AccountsDue"] = "AccountsDue"
    after: str = ""
    # the page holds ids after it


class AccountDoubtful(Event):
    """The rules don't settle an account: somebody is to be asked."""

    kind: Literal["AccountDoubtful"] = "AccountDoubtful"
    doubts: tuple[Doubt, ...]
    basis: str
    # hash of what is asked about: the same isn't asked twice


class OwnerWanted(Event):
    """An account's territory was settled by asking: where nobody in office owns it, it needs an owner."""

    kind: Literal["OwnerWanted"] = "OwnerWanted"


class Placing(Value):
    """Where an account belongs, and whose it is."""

    account: str
    territory: str | None
    # None: only its owner was settled, no territory takes its place
    owner: str | None
    # rep id; None: whoever owns it by then keeps it
    by: Literal["rule", "agent", "person"]
    basis: str = ""
    # hash of what was asked; "" where the rules settled it


class AccountsPlaced(Event):
    """Accounts have a territory and an owner; those that stayed where they were aren't among them."""

    kind: Literal["AccountsPlaced"] = "AccountsPlaced"
    placings: tuple[Placing, ...]


class AssignTerritory(Effect):
    """Set the territory and the owner of accounts in the system of work."""

    kind: Literal["AssignTerritory"] = "AssignTerritory"
    placings: tuple[Placing, ...]


ACCOUNT_EVENTS = (AccountsDue, AccountDoubtful, OwnerWanted, AccountsPlaced)
ACCOUNT_EFFECTS = (AssignTerritory,)
