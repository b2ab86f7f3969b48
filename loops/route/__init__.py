"""Route: every graded lead gets one owner: a rep, a pool's least loaded rep, or a queue."""

from loops.loop import Archetype, Chain, Loop, ScheduleDue, Step, Trigger
from loops.route.again import (
    AgainInput,
    CalledInput,
    decide_again,
    decide_called,
    gather_again,
    gather_called,
)
from loops.route.config import RouteConfig
from loops.route.feedback import findings
from loops.route.inputs import (
    LeadQualified,
    PoolInput,
    ReassignAsked,
    ReassignCalled,
    RouteInput,
    UntouchedInput,
    gather,
    gather_pool,
    gather_untouched,
)
from loops.route.logic import decide, decide_pool, decide_untouched, nearest
from loops.route.metrics import metrics
from loops.route.outputs import EFFECTS, EVENTS, PoolChosen
from loops.simulate import Bulk


def _bulk() -> Bulk:
    """Many at once; read when it is needed alone."""
    from loops.route.compiled import BULK

    return BULK


LOOP = Loop(
    name="route",
    package="loops.route",
    chain=Chain.DEMAND,
    archetypes=(Archetype.EVENT_DRIVEN, Archetype.SCHEDULED),
    version="1.0.0",
    owner="sales-operations",
    config=RouteConfig,
    triggers=(
        Trigger(
            on=LeadQualified, input=RouteInput, gather=gather, decide=decide, nearest=nearest, again=True
        ),
        Trigger(on=PoolChosen, input=PoolInput, gather=gather_pool, decide=decide_pool),
        Trigger(on=ReassignCalled, input=CalledInput, gather=gather_called, decide=decide_called),
        Trigger(on=ReassignAsked, input=AgainInput, gather=gather_again, decide=decide_again),
        Trigger(
            on=ScheduleDue,
            input=UntouchedInput,
            gather=gather_untouched,
            decide=decide_untouched,
            schedule="untouched",
            cadence=lambda config: config.untouched.every_minutes,
        ),
    ),
    events=(*EVENTS, ReassignAsked, ReassignCalled),
    effects=EFFECTS,
    steps=(
        Step("own, competing, suppressed, owned already", "code"),
        Step("first matching rule, least loaded in its pool", "code"),
        Step("weigh conflicting evidence", "agent"),
        Step("confirm or decide an uncertain owner", "human"),
        Step("alert on leads nobody touched", "code"),
    ),
    metrics=metrics,
    feedback=findings,
    verbs=("run", "tick", "explain", "replay"),
    bulk=_bulk,
)
__all__ = ["LOOP"]
