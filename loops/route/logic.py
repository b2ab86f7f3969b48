"""Who owns a lead: claims first, then the first matching rule, then a question."""

from datetime import timedelta

from loops.calendar import working_seconds
from loops.decision import Answer, Ask, Decision, Effect, Event, Reason
from loops.loop import ScheduleDue
from loops.records import Member
from loops.route.config import RouteConfig
from loops.route.inputs import TRIAGE, PoolInput, PoolState, RouteInput, UntouchedInput, attributes
from loops.route.outputs import (
    Alert,
    AssignOwner,
    By,
    LeadAssigned,
    LeadParked,
    LeadWaiting,
    OwnerOption,
    PoolChosen,
    RouteQuestion,
)
from loops.rules import Match, first_match

AGENT = "agent:lead_router"
OPS = "role:ops"
HOUR = int(timedelta(hours=1).total_seconds())
UNKNOWN = "whom the roster, the pools and the queues don't have"
NOT_OURS = {"own": "own_domain", "competitor": "competitor"}


def decide(input: RouteInput, answers: tuple[Answer, ...], config: RouteConfig) -> Decision | Ask:
    """One owner, with the rule and every rule that didn't match, or a question."""
    claimed, passed = _claimed(input)
    ended = _closed(input) or claimed
    if ended:
        return ended
    match = first_match(config.rules, _attributes(input))
    misses = (*passed, *(Reason(code="missed", text=miss.words()) for miss in match.misses))
    unsettled = [name for name in match.unsettled if name in config.ask_when_unknown]
    if answers and answers[-1].actor == "person":
        return _by_person(input, answers[-1], misses)
    if unsettled:
        return _answered(input, answers, config, misses) if answers else _ask_agent(input, unsettled, misses)
    if match.rule is None:
        return _ask_person(input, "triage", "No rule takes it.", misses)
    return _by_rule(input, match, misses)


def _attributes(input: RouteInput) -> dict[str, str | int | None]:
    status = input.match.account.status if input.match else None
    return dict(attributes(input.lead, input.qualified, input.territory, status))


# --- before any rule ------------------------------------------------------------------------------
def _closed(input: RouteInput) -> Decision | None:
    if input.suppression:
        return Decision(outcome="suppressed", reasons=(Reason(code="suppressed", text=input.suppression),))
    status = input.match.account.status if input.match else ""
    if input.match and status in NOT_OURS:
        text = f"{input.match.account.name} is {'our own company' if status == 'own' else 'a competitor'}."
        return Decision(outcome="suppressed", reasons=(Reason(code=NOT_OURS[status], text=text),))
    return None


def _claimed(input: RouteInput) -> tuple[Decision | None, tuple[Reason, ...]]:
    """The owner that somebody's earlier work gives it, if they can take it; and who was passed over."""
    match, earlier = input.match, input.earlier
    name = match.account.name if match else ""
    claims: list[tuple[str | None, By, str]] = []
    states = {m.rep: m for m in input.claimants}
    holder = states.get(input.current_owner or "")
    if holder and holder.unavailable != "departed" and input.lead.touched_at:
        why = Reason(code="kept", text=f"{input.current_owner} has already worked on it and keeps it.")
        return Decision(outcome="kept", reasons=(why,), rule="kept"), ()
    if match:
        claims.append((match.open_deal_owner, "open_deal", f"works on an open deal with {name}"))
        claims.append((match.account.owner, "account_owner", f"owns the account {name}"))
    if earlier:
        claims.append(
            (earlier.owner, "earlier_lead", f"has an earlier lead of the same company ({earlier.lead})")
        )
    passed: list[Reason] = []
    for rep, by, text in claims:
        if rep is None:
            continue
        state = states.get(rep)
        away = "unknown in the roster" if state is None else state.unavailable
        if away is None or away == "full":
            why = (*passed, Reason(code=by, text=f"{rep} {text}."))
            return assigned(input, rep, by, why, rule=by), ()
        passed.append(Reason(code="passed_over", text=f"{rep} {text}, but is {away}."))
    return None, tuple(passed)


# --- rules and pools ------------------------------------------------------------------------------
def _by_rule(input: RouteInput, match: Match, misses: tuple[Reason, ...]) -> Decision | Ask:
    rule = match.rule
    assert rule is not None
    kind, _, name = rule.owner.partition(":")
    why = (*misses, Reason(code="matched", text=f"Rule {rule.name} matches: {rule.owner}."))
    if kind == "rep":
        away = _unavailable(input, name)
        if away:
            return _ask_person(input, "triage", f"{rule.owner} is {away}.", why)
        return assigned(input, name, "rule", why, rule=rule.name)
    if kind == "queue":
        if name == "triage":
            return _ask_person(input, "triage", f"Only rule {rule.name} takes it.", why)
        return _parked(input, name, why, rule.name)
    picked = least_loaded(input.pools, prefer=input.current_owner)
    if picked is None:
        return _ask_person(input, "triage", f"Nobody in pool {name} or its backups can take it.", why)
    return assigned(input, picked[0].rep, "pool", (*why, picked[1]), rule=rule.name, pool=name)


def _unavailable(input: RouteInput, rep: str) -> str | None:
    """Why this person can't take one more, or None; who has the record already may be full."""
    state = next((m for m in input.claimants if m.rep == rep), None)
    if state is None:
        return "unknown in the roster"
    return None if rep == input.current_owner and state.unavailable == "full" else state.unavailable


def least_loaded(pools: tuple[PoolState, ...], prefer: str | None = None) -> tuple[Member, Reason] | None:
    """The member who can take more and has the least to do, ties by id; backup pools only when nobody can.

    Args:
        pools: the pool, then its backups.
        prefer: who has the record already; stays when they can.
    """
    for state in pools:
        able = [m for m in state.members if m.unavailable is None]
        kept = next((m for m in state.members if m.rep == prefer and m.unavailable in (None, "full")), None)
        if kept:
            return kept, Reason(code="kept", text=f"{kept.rep} has it already and is in pool {state.pool}.")
        if able:
            best = min(able, key=lambda m: (m.load, m.rep))
            passed = [f"{m.rep} {m.unavailable}" for m in state.members if m.unavailable]
            more = f" Not asked: {', '.join(passed)}." if passed else ""
            least = f"{best.rep} has the least to do in pool {state.pool}: {best.load} open"
            return best, Reason(code="least_loaded", text=f"{least}, of {len(able)} who can.{more}")
    return None


def assigned(
    input: RouteInput,
    rep: str,
    by: By,
    why: tuple[Reason, ...],
    rule: str | None,
    confidence: float | None = None,
    pool: str | None = None,
) -> Decision:
    """The decision that gives it to that rep."""
    lead, q, account = input.lead.id, input.qualified, input.match.account if input.match else None
    place = input.lead.place
    event = LeadAssigned(
        record=lead,
        owner=rep,
        by=by,
        rule=rule,
        grade=q.grade,
        score=q.score,
        company=q.company,
        account=account.id if account else None,
        account_status=account.status if account else None,
        pool=pool,
        territory=input.territory,
        region=None if place.conflict else place.region or place.country,
    )
    effect = AssignOwner(record=lead, owner=rep)
    return Decision(
        outcome="assigned", reasons=why, rule=rule, confidence=confidence, events=(event,), effects=(effect,)
    )


def _parked(input: RouteInput, queue: str, why: tuple[Reason, ...], rule: str | None) -> Decision:
    q = input.qualified
    event = LeadParked(
        record=input.lead.id, queue=queue, rule=rule, grade=q.grade, score=q.score, lifts=q.lifts
    )
    effect = AssignOwner(record=input.lead.id, owner=f"queue:{queue}")
    return Decision(outcome=queue, reasons=why, rule=rule, events=(event,), effects=(effect,))


# --- questions ------------------------------------------------------------------------------------
def _question(input: RouteInput) -> RouteQuestion:
    lead, q = input.lead, input.qualified
    return RouteQuestion(
        lead=lead.id,
        assigned_at=None,
        city=lead.place.city,
        region=lead.place.region,
        country=lead.place.country,
        conflict=lead.place.conflict,
        headquarters=input.headquarters,
        headquarters_source=q.company,
        domain=lead.domain,
        industry=q.industry,
        employees=q.employees,
        phone_country=lead.phone and lead.phone[:3],
        claim=lead.message,
        owners=input.options,
    )


def _ask_agent(input: RouteInput, unsettled: list[str], why: tuple[Reason, ...]) -> Ask:
    text = f"Not known: {', '.join(unsettled)}."
    if input.lead.place.conflict:
        text = f"The address points to {' and '.join(input.lead.place.conflict)}."
    return Ask(
        to=AGENT,
        queue="agent",
        question="Who should own this lead?",
        payload=_question(input),
        options=_owners(input.options),
        evidence=(*why, Reason(code="why_asked", text=text)),
    )


def _owners(options: tuple[OwnerOption, ...]) -> tuple[str, ...]:
    return tuple(o.owner for o in options)


def _ask_person(
    input: RouteInput, queue: str, text: str, why: tuple[Reason, ...], suggestion: str = ""
) -> Ask:
    known = _owners(input.options)
    options = (suggestion, *(o for o in known if o != suggestion)) if suggestion else known
    return Ask(
        to=OPS,
        queue="review" if queue == "review" else "triage",
        question="Who should own this lead?",
        payload=_question(input),
        options=options,
        evidence=(*why, Reason(code="why_asked", text=text)),
    )


def _answered(
    input: RouteInput, answers: tuple[Answer, ...], config: RouteConfig, misses: tuple[Reason, ...]
) -> Decision | Ask:
    last = answers[-1]
    choice = str(last.value.get("choice") or "")
    if last.actor != "agent" or choice == TRIAGE or choice not in _owners(input.options):
        return _ask_person(input, "triage", f"No usable choice: {last.why or last.by}", misses)
    sure = last.confidence or 0.0
    text = f"{last.by} suggests {choice} at {sure:.2f}: {last.why}"
    bands = config.bands.of(input.qualified.employees)
    if sure < bands.review:
        return _ask_person(input, "triage", text, misses, choice)
    if not bands.stands(sure):
        return _ask_person(input, "review", text, misses, choice)
    kind, _, name = choice.partition(":")
    away = _unavailable(input, name) if kind == "rep" else None
    if away:
        return _ask_person(input, "triage", f"{text}; {choice} is {away}.", misses)
    return _settled(input, choice, "agent", (*misses, Reason(code="agent", text=text)), last.confidence)


def _by_person(input: RouteInput, answer: Answer, misses: tuple[Reason, ...]) -> Decision | Ask:
    if answer.value.get("verdict") == "reject":
        why = Reason(code="dropped", text=f"{answer.by} dropped it: {answer.why or 'no reason given'}")
        return Decision(outcome="dropped", reasons=(*misses, why))
    choice = answer.value.get("choice")
    kind, _, name = choice.partition(":") if isinstance(choice, str) else ("", "", "")
    if kind not in ("rep", "pool", "queue") or not name or choice == TRIAGE:
        return _ask_person(input, "triage", f"{answer.by} named no owner.", misses)
    choice = f"{kind}:{name}"
    if choice not in input.owners:
        return _ask_person(input, "triage", f"{answer.by} named {choice}, {UNKNOWN}.", misses)
    why = Reason(code="person", text=f"{answer.by} chose {choice}: {answer.why or 'no reason given'}")
    return _settled(input, choice, "person", (*misses, why), None)


def _settled(
    input: RouteInput, choice: str, by: By, why: tuple[Reason, ...], confidence: float | None
) -> Decision:
    kind, _, name = choice.partition(":")
    if kind == "rep":
        return assigned(input, name, by, why, rule=by, confidence=confidence)
    if kind == "queue":
        return _parked(input, name, why, by)
    q, account = input.qualified, input.match.account if input.match else None
    event = PoolChosen(
        record=input.lead.id,
        pool=name,
        by="agent" if by == "agent" else "person",
        grade=q.grade,
        score=q.score,
        company=q.company,
        account=account.id if account else None,
        account_status=account.status if account else None,
    )
    return Decision(outcome="pool_chosen", reasons=why, rule=by, confidence=confidence, events=(event,))


def decide_pool(input: PoolInput, answers: tuple[Answer, ...], config: RouteConfig) -> Decision | Ask:
    """The least loaded member of a pool that an agent or a person chose."""
    chosen, record = input.chosen, input.chosen.record
    last = answers[-1] if answers and answers[-1].actor == "person" else None
    if last and last.value.get("verdict") == "reject":
        why = Reason(code="dropped", text=f"{last.by} dropped it: {last.why or 'no reason given'}")
        return Decision(outcome="dropped", reasons=(why,))
    rep = last.value.get("choice") if last else None
    named = f"rep:{rep.removeprefix('rep:')}" if isinstance(rep, str) else ""
    if last and named in input.owners:
        picked = named.removeprefix("rep:")
        why = Reason(code="person", text=f"{last.by} chose {picked}.")
    else:
        best = least_loaded(input.pools)
        if best is None:
            text = f"Nobody in pool {chosen.pool} or its backups can take it."
            if last:
                text = f"{last.by} named {named or 'nobody'}, {UNKNOWN}. {text}"
            return Ask(
                to=OPS,
                queue="triage",
                question="Who should own this lead?",
                payload=chosen,
                options=tuple(f"rep:{m.rep}" for s in input.pools for m in s.members),
                evidence=(Reason(code="why_asked", text=text),),
            )
        picked, why = best[0].rep, best[1]
    event = LeadAssigned(
        record=record,
        owner=picked,
        by=chosen.by,
        rule=chosen.by,
        grade=chosen.grade,
        score=chosen.score,
        company=chosen.company,
        account=chosen.account,
        account_status=chosen.account_status,
        pool=chosen.pool,
    )
    return Decision(
        outcome="assigned",
        reasons=(why,),
        rule=chosen.by,
        events=(event,),
        effects=(AssignOwner(record=record, owner=picked),),
    )


# --- the alarm ------------------------------------------------------------------------------------
def decide_untouched(input: UntouchedInput, answers: tuple[Answer, ...], config: RouteConfig) -> Decision:
    """Alerts for leads that waited too long: the owner first, then their manager, each once."""
    events, effects = list[Event](), list[Effect]()
    for lead in input.leads:
        hours = working_seconds(input.calendar, lead.assigned_at, input.at) // HOUR
        steps = (
            (0, config.untouched.owner_after_hours, lead.owner),
            (1, config.untouched.manager_after_hours, input.managers.get(lead.owner)),
        )
        for told, after, person in steps:
            if lead.alerts == told and hours >= after and person:
                events.append(LeadWaiting(record=lead.lead, level=told + 1, person=person))
                effects.append(Alert(record=lead.lead, person=person, waited_hours=hours))
                break
    if input.full:
        events.append(
            input.slot.model_copy(
                update={
                    "record": f"{input.slot.schedule}@{input.leads[-1].lead}",
                    "after": input.leads[-1].lead,
                }
            )
        )
    text = f"{len(effects)} of {len(input.leads)} untouched leads have waited too long."
    return Decision(
        outcome="alerted" if effects else "quiet",
        reasons=(Reason(code="looked", text=text),),
        events=tuple(events),
        effects=tuple(effects),
    )


def nearest(input: RouteInput, decision: Decision, config: RouteConfig) -> str | None:
    """The earlier rule that missed by one attribute alone, as one sentence; None where no rule was tried."""
    if _closed(input) or _claimed(input)[0]:
        return None
    values = _attributes(input)
    for rule in config.rules:
        if rule.name == decision.rule:
            break
        missed = [name for name, condition in rule.when.items() if condition.holds(values.get(name)) != "yes"]
        if len(missed) == 1:
            name = missed[0]
            return (
                f"With {name} {rule.when[name].words()} rule {rule.name} would have sent it to {rule.owner}."
            )
    return None


__all__ = ["ScheduleDue", "assigned", "decide", "decide_pool", "decide_untouched", "least_loaded", "nearest"]
