"""Deploy: a promoted plan becomes real in the systems of work, and every account finds its territory."""

from loops.deploy.account_triggers import ACCOUNT_STEPS, ACCOUNT_TRIGGERS
from loops.deploy.config import DeployConfig
from loops.deploy.feedback import findings
from loops.deploy.inputs import DeployInput, ScenarioPromoted, gather
from loops.deploy.logic import decide
from loops.deploy.metrics import metrics
from loops.deploy.outputs import EFFECTS, EVENTS, DeployDue
from loops.loop import Archetype, Chain, Loop, Step, Trigger

LOOP = Loop(
    name="deploy",
    package="loops.deploy",
    chain=Chain.PLANNING,
    archetypes=(Archetype.MATERIALIZED, Archetype.EVENT_DRIVEN),
    version="1.0.0",
    owner="sales-operations",
    config=DeployConfig,
    triggers=(
        Trigger(on=ScenarioPromoted, input=DeployInput, gather=gather, decide=decide),
        Trigger(on=DeployDue, input=DeployInput, gather=gather, decide=decide),
        *ACCOUNT_TRIGGERS,
    ),
    events=EVENTS,
    effects=EFFECTS,
    steps=(
        Step("declared state against what stands", "code"),
        Step("who covers each open seat", "code"),
        Step("changes in an order that always works, each performed once", "code"),
        *ACCOUNT_STEPS,
    ),
    metrics=metrics,
    feedback=findings,
    verbs=("deploy", "explain", "replay"),
)
__all__ = ["LOOP"]
