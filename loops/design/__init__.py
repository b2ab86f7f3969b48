"""Design: the plan of who sells what where, and the workload that follows from it, kept in balance."""

from datetime import timedelta

from loops.design.config import DesignConfig
from loops.design.feedback import feedback
from loops.design.inputs import (
    WEEK,
    BalanceInput,
    LeadAssigned,
    MoveInput,
    ReplanInput,
    gather,
    gather_move,
    gather_period,
    gather_replan,
)
from loops.design.logic import decide, decide_move, decide_replan
from loops.design.metrics import metrics
from loops.design.outputs import EFFECTS, EVENTS, MoveApproved, ReplanCalled
from loops.loop import Archetype, Chain, Loop, ScheduleDue, Step, Trigger

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

LOOP = Loop(
    name="design",
    package="loops.design",
    chain=Chain.PLANNING,
    archetypes=(Archetype.MODELING, Archetype.SCHEDULED),
    version="1.0.0",
    owner="sales-operations",
    config=DesignConfig,
    triggers=(
        Trigger(
            on=ScheduleDue,
            input=BalanceInput,
            gather=gather,
            decide=decide,
            schedule="balance",
            cadence=lambda config: config.balance.every_days * (DAY // MINUTE),
        ),
        Trigger(
            on=ScheduleDue,
            input=ReplanInput,
            gather=gather_period,
            decide=decide_replan,
            schedule="replan",
            cadence=lambda config: WEEK // MINUTE,
        ),
        Trigger(on=MoveApproved, input=MoveInput, gather=gather_move, decide=decide_move),
        Trigger(on=ReplanCalled, input=ReplanInput, gather=gather_replan, decide=decide_replan),
    ),
    events=(*EVENTS, LeadAssigned),
    effects=EFFECTS,
    steps=(
        Step("model a scenario; compare, promote, retire", "human"),
        Step("capacity, coverage, cost, bands of a scenario", "code"),
        Step("find desks outside their bounds", "code"),
        Step("the fewest moves that restore balance, with a proven bound", "code"),
        Step("approve the moves, or leave it", "human"),
        Step("move what still lies where it lay", "code"),
        Step("say what changed since the plan was made", "code"),
        Step("plan again, or not now", "human"),
    ),
    metrics=metrics,
    feedback=feedback,
    verbs=("scenario", "balance", "chat", "tick"),
)
__all__ = ["LOOP"]
