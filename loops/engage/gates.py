"""Why a lead gets no sequence before anything was researched."""

from loops.decision import Reason
from loops.engage.config import EngageConfig
from loops.engage.inputs import Input


def gate(input: Input, config: EngageConfig) -> Reason | None:
    """The first reason that forbids a sequence, or None."""
    lead, event = input.lead, input.event
    status = event.account_status
    if status is not None and status in config.no_sequence_statuses:
        return Reason(
            code=status,
            text=f"The account is a {status}'s: its owner writes to them personally, no cold sequence.",
        )
    if event.by in config.no_sequence_by:
        return Reason(
            code=event.by, text="A deal is open with this company: its owner is already talking with them."
        )
    if input.suppression:
        return Reason(code="suppressed", text=f"Nobody may write to them: {input.suppression}.")
    return _address_gate(input) or _grade_gate(lead.touched_at is not None, event.grade, config)


def _address_gate(input: Input) -> Reason | None:
    lead = input.lead
    if not lead.email:
        return Reason(code="no_address", text="The lead has no e-mail address to write to.")
    if lead.email_kind == "disposable":
        return Reason(code="disposable_address", text="The e-mail address is a throw-away one.")
    return None


def _grade_gate(touched: bool, grade: str, config: EngageConfig) -> Reason | None:
    if touched:
        return Reason(code="already_touched", text="Somebody of ours is already in contact with them.")
    if grade not in config.grades:
        return Reason(code="grade", text=f"Grade {grade} gets no sequence; {', '.join(config.grades)} do.")
    return None
