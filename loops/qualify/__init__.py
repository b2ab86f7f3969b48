"""Qualify: every lead, whatever its source, becomes enriched, scored and graded."""

from loops.loop import Archetype, Chain, Loop, Step, Trigger
from loops.qualify.config import QualifyConfig
from loops.qualify.feedback import findings
from loops.qualify.inputs import QualifyInput, gather
from loops.qualify.logic import decide, nearest
from loops.qualify.metrics import metrics
from loops.qualify.outputs import EVENTS, LeadChanged, LeadQualified, LeadReceived, WriteScore
from loops.simulate import Bulk


def _bulk() -> Bulk:
    """Many at once; read when it is needed alone."""
    from loops.qualify.compiled import BULK

    return BULK


LOOP = Loop(
    name="qualify",
    package="loops.qualify",
    chain=Chain.DEMAND,
    archetypes=(Archetype.EVENT_DRIVEN,),
    version="1.0.0",
    owner="marketing-operations",
    config=QualifyConfig,
    triggers=(
        Trigger(
            on=LeadReceived, input=QualifyInput, gather=gather, decide=decide, nearest=nearest, again=True
        ),
        Trigger(
            on=LeadChanged, input=QualifyInput, gather=gather, decide=decide, nearest=nearest, again=True
        ),
    ),
    events=EVENTS,
    effects=(WriteScore,),
    steps=(
        Step("enrich and check", "code"),
        Step("match an ambiguous company", "agent"),
        Step("settle an uncertain match", "human"),
        Step("score and grade", "code"),
    ),
    metrics=metrics,
    feedback=findings,
    verbs=("run", "explain", "replay"),
    bulk=_bulk,
)
__all__ = ["LOOP", "LeadQualified"]
