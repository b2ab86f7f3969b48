"""What Deploy may emit: a plan that was made, seats that somebody covers, and each change as an effect."""

from typing import Literal

from loops.decision import Effect, Event
from loops.deploy.account_outputs import ACCOUNT_EFFECTS, ACCOUNT_EVENTS
from loops.structure import Part
from loops.values import Value

Action = Literal["create", "change", "remove"]
Step = Literal["same_role_in_pool", "backup_pool", "territory_manager", "queue"]
"""Where somebody is looked for who covers an open seat."""


class DeployDue(Event):
    """The declared state departs from what stands; `record` is the scenario's name."""

    kind: Literal["DeployDue"] = "DeployDue"


class DeploymentPlanned(Event):
    """The changes that make the declared state real were put in order; `record` is the scenario's name."""

    kind: Literal["DeploymentPlanned"] = "DeploymentPlanned"
    hash: str
    # content hash of the scenario
    created: int
    changed: int
    removed: int


class SeatCovered(Event):
    """Somebody takes what comes to an open seat; `record` is the seat: a planned hire's or a rep's id."""

    kind: Literal["SeatCovered"] = "SeatCovered"
    owner: str
    # rep id, or queue:<id>
    step: Step
    territory: str | None


class Change(Value):
    """One thing to be put there, changed or taken away."""

    action: Action
    part: Part
    key: str
    fields: dict[str, str] = {}
    # as it is to be; empty for what goes
    before: dict[str, str] = {}
    # as it stands; empty for what is new


class Materialize(Effect):
    """Make one change in the systems of work; `record` is part:key."""

    kind: Literal["Materialize"] = "Materialize"
    action: Action
    part: Part
    key: str
    fields: dict[str, str]
    before: str
    # hash of what stood there when it was planned, "" where nothing did: what stands otherwise is left alone
    scenario: str
    hash: str
    # content hash of the scenario


EVENTS = (DeployDue, DeploymentPlanned, SeatCovered, *ACCOUNT_EVENTS)
EFFECTS = (Materialize, *ACCOUNT_EFFECTS)
