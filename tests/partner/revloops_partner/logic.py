"""A partner's lead of a good grade earns a credit."""

from loops.decision import Answer, Decision, Reason
from loops.effects import CreateTask, Notify

from .config import PartnerConfig
from .inputs import PartnerInput
from .outputs import PartnerCredited


def decide(input: PartnerInput, answers: tuple[Answer, ...], config: PartnerConfig) -> Decision:
    """A credit, or why there is none."""
    record, assigned = input.lead.id, input.assigned
    if assigned.grade not in config.grades:
        text = f"Grade {assigned.grade} earns nothing; {', '.join(config.grades)} do."
        return Decision(outcome="not_credited", reasons=(Reason(code="grade", text=text),))
    text = f"A partner's lead of grade {assigned.grade} earns {config.points} points."
    return Decision(
        outcome="credited",
        reasons=(Reason(code="credited", text=text),),
        events=(PartnerCredited(record=record, points=config.points),),
        effects=(
            CreateTask(record=record, owner=assigned.owner, code="thank_partner", text="Thank the partner."),
            Notify(record=record, person=config.manager, text=f"A partner's lead {record} earned a credit."),
        ),
    )
