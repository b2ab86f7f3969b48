"""A proposal and a call to plan, in plain sentences; every figure in them stands in the payload too."""

from loops.decision import Reason
from loops.design.outputs import BalanceProposal, Finding, ReplanQuestion, Split
from loops.workload import Flow

WHY = {
    "period": "A fiscal period begins.",
    "macro_shift": "The market has shifted.",
    "attrition": "People have left, or will.",
    "funding": "Funding has changed.",
    "new_segment": "There is a new segment to sell to.",
    "split": "A territory is too much for its people.",
}


def told_findings(proposal: BalanceProposal) -> tuple[Reason, ...]:
    """One sentence a desk outside its bounds; one that says so where there is none."""
    if not proposal.findings:
        return (Reason(code="balanced", text="Every desk lies between its bounds."),)
    return tuple(Reason(code=found.state, text=_finding(found)) for found in proposal.findings)


def _finding(found: Finding) -> str:
    if found.state == "left":
        return f"{found.rep} has left and {_leads(found.load)} still lie there; {found.movable} may go."
    held = f"{found.rep} has {found.load} open of a capacity of {found.capacity}"
    if found.state == "idle":
        return f"{held}: idle, {found.low - found.load} below {found.low}."
    stale = f"with {_leads(found.stale)} nothing has happened for up to {found.oldest_days} days"
    over = found.load - found.high
    return f"{held}, {over} above {found.high}; {stale}; {found.movable} may go."


def told_plan(proposal: BalanceProposal) -> tuple[Reason, ...]:
    """How many moves, that no plan needs fewer, and each flow; why there is none where there is none."""
    plan = proposal.plan
    if plan.trouble:
        return (Reason(code="no_plan", text=plan.trouble),)
    flows = tuple(Reason(code="overflow" if f.overflow else "reassign", text=_flow(f)) for f in plan.flows)
    text = f"{_count(plan.moves, 'move')}; no plan that restores as much needs fewer than {plan.bound}."
    found = (Reason(code="fewest", text=text), *flows) if plan.moves else flows
    if plan.short:
        least = f"no plan leaves fewer than {plan.short_bound}"
        left = f"Desks would still lie outside their bounds by {_leads(plan.short)} together; {least}."
        return (*found, Reason(code="short", text=left))
    return found


def _flow(flow: Flow) -> str:
    over = ", the pool's backup" if flow.overflow else ""
    return f"{_leads(flow.count)} of {flow.group} from {flow.source} to {flow.target}{over}."


def told_splits(proposal: BalanceProposal) -> tuple[Reason, ...]:
    """Which regions would go where no reassignment restores balance."""
    return tuple(Reason(code="split", text=_split(split)) for split in proposal.splits)


def _split(split: Split) -> str:
    where = f"pool {split.to} has the most room" if split.to else "no pool has room: it takes new people"
    regions = ", ".join(split.regions)
    return (
        f"No reassignment brings {split.territory} down by the {split.over} it is over: split off {regions}, "
        f"{split.leads} of {_leads(split.of)} there; {where}."
    )


def changed(question: ReplanQuestion) -> tuple[Reason, ...]:
    """Why it is asked, then what changed since the plan was made."""
    found = [Reason(code=question.reason, text=WHY[question.reason])]
    if question.territory:
        text = f"Split off {', '.join(question.regions)} from {question.territory}."
        found.append(Reason(code="regions", text=text))
    if question.left:
        text = f"Left, and nobody took their seat: {', '.join(question.left)}."
        found.append(Reason(code="left", text=text))
    if question.overdue:
        seats = (f"{s.hire} ({s.role}{f', {s.territory}' if s.territory else ''}), due {s.due:%d %b %Y}"
                 for s in question.overdue)
        found.append(Reason(code="overdue", text=f"Not hired yet: {'; '.join(seats)}."))
    if question.uncovered:
        text = f"With a target and nobody who sells there: {', '.join(question.uncovered)}."
        found.append(Reason(code="uncovered", text=text))
    return tuple(found)


def _leads(count: int) -> str:
    return _count(count, "lead")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
