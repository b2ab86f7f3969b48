"""Workload out of balance becomes a proposal to a person; what they approve is moved; a plan is called up."""

from loops.decision import Answer, Ask, Decision, Reason
from loops.design.balance import TAKES, faults
from loops.design.config import DesignConfig
from loops.design.inputs import BalanceInput, LeadAssigned, MoveInput, ReplanInput
from loops.design.outputs import (
    BalanceProposal,
    MoveApproved,
    ReplanCalled,
    ReplanQuestion,
    WorkloadSkewFound,
)
from loops.design.telling import changed, told_findings, told_plan, told_splits
from loops.effects import AssignOwner, CreateTask

APPROVE, DROP, NOTED, PLAN, LATER = "approve", "drop", "noted", "plan", "not_now"


def decide(input: BalanceInput, answers: tuple[Answer, ...], config: DesignConfig) -> Decision | Ask:
    """Nothing where desks are in balance; else a question to a person, and what they approved."""
    proposal = input.proposal
    reasons = told_findings(proposal)
    if not proposal.findings:
        return Decision(outcome="balanced", reasons=reasons)
    skew = _skew(proposal)
    wrong = faults(input.problem, proposal.plan)
    if wrong:
        why = Reason(code="unsound", text=f"The plan was thrown away: {'; '.join(wrong)}.")
        return _noted(proposal, skew, (*reasons, why), answers, config)
    reasons = (*reasons, *told_plan(proposal), *told_splits(proposal))
    if not proposal.moves and not proposal.splits:
        return _noted(proposal, skew, reasons, answers, config)
    said = _said(answers)
    if said == APPROVE:
        return _approved(proposal, skew, answers[-1])
    if said in (DROP, "reject"):
        given = answers[-1].why or "no reason given"
        why = Reason(code="rejected", text=f"{answers[-1].by} left it: {given}")
        return Decision(outcome="rejected", reasons=(why,), rule="person", events=(skew,))
    return Ask(
        to=config.asks,
        queue="review",
        question="Move these leads?" if proposal.moves else "Split this territory?",
        payload=proposal,
        options=(APPROVE, DROP),
        evidence=reasons,
    )


def _noted(
    proposal: BalanceProposal,
    skew: WorkloadSkewFound,
    reasons: tuple[Reason, ...],
    answers: tuple[Answer, ...],
    config: DesignConfig,
) -> Decision | Ask:
    """Skew that no move mends: idleness is only written down, overload is told to a person."""
    quiet = not skew.overloaded and not proposal.plan.trouble
    if quiet or (answers and answers[-1].actor == "person"):
        return Decision(outcome="skewed", reasons=reasons, events=(skew,))
    return Ask(
        to=config.asks,
        queue="triage",
        question="Workload is out of balance and no move mends it: take note?",
        payload=proposal,
        options=(NOTED,),
        evidence=reasons,
    )


def _said(answers: tuple[Answer, ...]) -> object:
    """The person's last word, whichever verb it came by."""
    if not answers or answers[-1].actor != "person":
        return None
    return answers[-1].value.get("choice", answers[-1].value.get("verdict"))


def _skew(proposal: BalanceProposal) -> WorkloadSkewFound:
    plan = proposal.plan
    return WorkloadSkewFound(
        record="balance",
        overloaded=tuple(f.rep for f in proposal.findings if f.state != "idle"),
        idle=tuple(f.rep for f in proposal.findings if f.state == "idle"),
        moves=plan.moves,
        bound=plan.bound,
        short=plan.short,
    )


def _approved(proposal: BalanceProposal, skew: WorkloadSkewFound, answer: Answer) -> Decision:
    moved = tuple(
        MoveApproved(record=m.holding.lead, holding=m.holding, to=m.to, person=answer.by)
        for m in proposal.moves
    )
    called = tuple(
        ReplanCalled(record=f"split {s.territory}", reason="split", territory=s.territory, regions=s.regions)
        for s in proposal.splits
    )
    text = f"{answer.by} approved {len(moved)} moves and {len(called)} splits to be planned."
    why = Reason(code="approved", text=text)
    return Decision(outcome="approved", reasons=(why,), rule="person", events=(skew, *moved, *called))


# --- one approved move ----------------------------------------------------------------------------
def decide_move(input: MoveInput, answers: tuple[Answer, ...], config: DesignConfig) -> Decision:
    """The lead goes to its new owner, unless something happened with it since the person was asked."""
    approved, now = input.approved, input.holding
    was, target = approved.holding, input.target
    why = ""
    if now is None:
        why = "it is open on nobody's desk any more"
    elif now.owner != was.owner:
        why = f"it went to {now.owner} meanwhile"
    elif now.touched_at != was.touched_at or now.in_sequence != was.in_sequence:
        why = f"{was.owner} has worked on it meanwhile"
    elif target is None or target.unavailable not in TAKES:
        why = f"{approved.to} is {target.unavailable if target else 'unknown in the roster'}"
    elif target.load >= input.capacity:
        why = f"{approved.to} is full"
    if why:
        return Decision(outcome="stayed", reasons=(Reason(code="stayed", text=f"It stays: {why}."),))
    return _moved(approved)


def _moved(approved: MoveApproved) -> Decision:
    was = approved.holding
    event = LeadAssigned(
        record=was.lead,
        owner=approved.to,
        by="balance",
        rule="balance",
        grade=was.grade,
        score=was.score,
        company=was.company,
        account=was.account,
        account_status=was.account_status,
        pool=was.pool,
        territory=was.territory,
        region=was.region,
    )
    text = f"From {was.owner} to {approved.to}, to even out the workload; approved by {approved.person}."
    return Decision(
        outcome="moved",
        reasons=(Reason(code="balance", text=text),),
        rule="balance",
        events=(event,),
        effects=(AssignOwner(record=was.lead, owner=approved.to),),
    )


# --- planning again -------------------------------------------------------------------------------
def decide_replan(input: ReplanInput, answers: tuple[Answer, ...], config: DesignConfig) -> Decision | Ask:
    """A question to a person with what changed; a task for them once they say that they will plan."""
    question = input.question
    said = _said(answers)
    if said == PLAN:
        return _planned(question, answers[-1])
    if said in (LATER, DROP, "reject"):
        why = Reason(code="not_now", text=f"{answers[-1].by}: {answers[-1].why or 'not now'}")
        return Decision(outcome="not_now", reasons=(why,))
    return Ask(
        to=config.asks,
        queue="review",
        question=f"Plan again for {question.period}?",
        payload=question,
        options=(PLAN, LATER),
        evidence=changed(question),
    )


def _planned(question: ReplanQuestion, answer: Answer) -> Decision:
    who = answer.by.partition(":")[-1]
    text = f"Plan {question.period} again, from scenario {question.scenario}: `revloops scenario new`."
    why = Reason(code="planned", text=f"{answer.by} plans again.")
    told = " ".join((text, *(reason.text for reason in changed(question)[1:])))
    task = CreateTask(record=question.scenario, owner=who, code="replan", text=told)
    return Decision(outcome="planned", reasons=(why,), rule="person", effects=(task,))

