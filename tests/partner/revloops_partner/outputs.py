"""What Partner may emit."""

from typing import Literal

from loops.decision import Event


class PartnerCredited(Event):
    """A partner earned a credit for a lead."""

    kind: Literal["PartnerCredited"] = "PartnerCredited"
    points: int
