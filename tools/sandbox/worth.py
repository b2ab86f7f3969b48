"""What speaks for a lead in a sandbox: there the starter's scorecard is right, over what a lead shows.

So a past with nothing planted in it speaks for no change; what is planted departs from that.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from loops.columns import Attribute
from loops.qualify.checks import check
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.records import Company, Enrichment, Lead
from loops.scoring import score
from tools import yaml_text

MIDDLE, STEEP = 55, 0.06
"""The score at which the odds are `EVEN`, and the log odds a point."""
EVEN = -1.0
NO_PROFILE = Enrichment(provider="none", searched=())


@cache
def starter() -> QualifyConfig:
    """How a new workspace scores."""
    text = files("loops.qualify").joinpath("config.yaml").read_text(encoding="utf-8")
    return QualifyConfig.model_validate(yaml_text.read(text, "config.yaml")[0])


def shown(
    lead: Lead, config: QualifyConfig, at: datetime, profile: Company | None = None
) -> Mapping[str, Attribute]:
    """What the score reads of a lead.

    Args:
        lead: as it came in.
        config: how it is read.
        at: when it is scored.
        profile: of its company, where that is known.
    """
    return check(QualifyInput(at=at, lead=lead, enrichment=NO_PROFILE), profile, config).attributes


def points(lead: Lead, at: datetime, profile: Company | None = None) -> int:
    """Its score by the starter, 0 to 100; arguments as of `shown`."""
    return score(starter().factors, shown(lead, starter(), at, profile)).points


def pull(points: int) -> float:
    """The log odds that a lead of that score converts, with nothing else in the way."""
    return EVEN + STEEP * (points - MIDDLE)
