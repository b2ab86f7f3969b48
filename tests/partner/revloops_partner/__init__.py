"""Partner: a lead that a partner sent and a rep took earns the partner a credit."""

from loops.effects import CreateTask, Notify
from loops.loop import Archetype, Chain, Loop, Step, Trigger
from loops.route.outputs import LeadAssigned

from .config import PartnerConfig
from .feedback import findings
from .inputs import PartnerInput, gather
from .logic import decide
from .metrics import metrics
from .outputs import PartnerCredited

LOOP = Loop(
    name="partner",
    package="revloops_partner",
    chain=Chain.CROSS_CUTTING,
    archetypes=(Archetype.EVENT_DRIVEN,),
    version="1.0.0",
    owner="partnerships",
    config=PartnerConfig,
    triggers=(Trigger(on=LeadAssigned, input=PartnerInput, gather=gather, decide=decide, again=True),),
    events=(PartnerCredited,),
    effects=(CreateTask, Notify),
    steps=(Step("credit the partner", "code"),),
    metrics=metrics,
    feedback=findings,
)
