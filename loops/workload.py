"""What lies on whose desk, by what was assigned to them, and a plan of moves that evens it out."""

from datetime import datetime

from pydantic import Field

from loops.values import Value


class Holding(Value):
    """A lead on somebody's desk: how it got there and what was done with it; nothing about the customer."""

    lead: str
    owner: str
    # rep id
    assigned_at: datetime
    touched_at: datetime | None = None
    # when anything last happened between us and them; None while nothing did
    in_sequence: bool = False
    # whether approved mails still leave, or may
    by: str = ""
    # how it was assigned, as Route says it; "" where it was theirs before Route knew it
    pool: str | None = None
    territory: str | None = None
    region: str | None = None
    # as Route says them; None where it doesn't
    grade: str = ""
    score: int = 0
    company: str | None = None
    account: str | None = None
    account_status: str | None = None


class Desk(Value):
    """A rep's load and the bounds it is to lie in."""

    rep: str
    load: int = Field(ge=0)
    # open opportunities + open leads
    low: int = Field(ge=0)
    high: int = Field(ge=0)
    capacity: int = Field(ge=0)
    takes: bool = True
    # whether they are there and can be given more


class Group(Value):
    """Leads that may go to the same people: those of a pool, or of a territory and role."""

    name: str
    # pool:<id> or territory:<id>/<role>
    members: tuple[str, ...]
    # who may take one, in any order
    backup: tuple[str, ...] = ()
    # who may take one when the members can't; none of the members
    movable: dict[str, int] = {}
    # rep → how many of theirs may move; who isn't named has none


class Imbalance(Value):
    """What is to be evened out."""

    desks: tuple[Desk, ...]
    groups: tuple[Group, ...]


class Flow(Value):
    """So many leads of a group from one desk to another."""

    source: str
    target: str
    group: str
    count: int = Field(gt=0)
    overflow: bool = False
    # whether the target is in the backup, not in the group


class Plan(Value):
    """The fewest moves, and how sure that is."""

    by: str
    # what solved it, with its version; "" where nothing could
    flows: tuple[Flow, ...] = ()
    # by group, source, target
    moves: int = 0
    bound: int = 0
    # proven: no plan that restores as much needs fewer moves
    short: int = 0
    # leads by which desks still lie outside their bounds, together
    short_bound: int = 0
    # proven: no plan leaves fewer
    trouble: str = ""
    # why there is no plan, with what to do; "" where there is one
