"""Where accounts belong: a page of them by the rules at once, a doubtful one by asking."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from loops.decision import Answer, Ask, Decision, Event, Reason
from loops.deploy.account_config import HasAccounts
from loops.deploy.account_inputs import AccountInput, Crew, PageInput, Question, Row
from loops.deploy.account_outputs import (
    AccountDoubtful,
    AccountsPlaced,
    AssignTerritory,
    OwnerWanted,
    Placing,
)

AGENT = "agent:territory_matcher"
QUESTION = {"territory": "Which territory does this account belong to?", "rep": "Whose account is this?"}
WORDS = {
    "uncovered": "No territory covers its place.",
    "incomplete_billing": "Its billing address names no country.",
    "two_countries": "Its billing address and its headquarters point to different countries.",
    "state_unknown": "Its country has several territories, and no state is given.",
    "parent_elsewhere": "Its parent company lies in another territory.",
    "shared_building": "It sits in a building whose tenants belong to several reps.",
}


# --- by the rules ---------------------------------------------------------------------------------
def decide_page(input: PageInput, answers: tuple[Answer, ...], config: HasAccounts) -> Decision:
    """The accounts that the rules place, those that somebody is to be asked about, and how many stay."""
    owned, crews = Counter(input.owned), {(crew.territory, crew.segment): crew for crew in input.crews}
    open_rows = [row for row in input.rows if row.status not in config.accounts.leave]
    placings, doubtful = list[Placing](), list[AccountDoubtful]()
    for row in open_rows:
        if row.doubts and row.asked != row.question:
            doubtful.append(AccountDoubtful(record=row.account, doubts=row.doubts, basis=row.question))
        elif placing := _placed(row, crews, owned):
            placings.append(placing)
    events = tuple[Event, ...](doubtful)
    if placings and input.rows:
        page = f"accounts@{input.rows[0].account}"
        events = (AccountsPlaced(record=page, placings=tuple(placings)), *doubtful)
        effects = (AssignTerritory(record=page, placings=tuple(placings)),)
    else:
        effects = ()
    stay = len(open_rows) - len(placings) - len(doubtful)
    told = f"{len(placings)} of {len(input.rows)} accounts placed by the rules, {len(doubtful)} to ask about"
    why = Reason(code="looked", text=f"{told}, {stay} stay, {len(input.rows) - len(open_rows)} left out.")
    return Decision(
        outcome="placed" if events else "unchanged",
        reasons=(why, *_unsold(input.crews)),
        rule="territory" if placings else None,
        events=events,
        effects=effects,
    )


def _unsold(crews: tuple[Crew, ...]) -> tuple[Reason, ...]:
    return tuple(Reason(code="nobody", text=f"{crew.why}.") for crew in crews if not crew.reps)


def _placed(row: Row, crews: dict[tuple[str, str | None], Crew], owned: Counter[str]) -> Placing | None:
    """Where it goes and whose it is; None where that is how it stands, or where it was asked about."""
    territory = row.held if row.doubts else row.lands
    owner = row.owner
    asks_for_owner = "shared_building" in row.doubts
    if territory and not row.kept and not asks_for_owner:
        crew = crews[territory, row.segment]
        # who has the fewest accounts takes it; nobody there: it stays whose it was
        owner = min(crew.reps, key=lambda rep: (owned[rep], rep), default=row.owner)
    if (territory, owner) == (row.held, row.owner):
        return None
    owned.update({owner: 1} if owner and owner != row.owner else {})
    return Placing(account=row.account, territory=territory, owner=owner, by="rule")


# --- by asking ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Settled:
    """How a question ended."""

    about: str
    choice: str | None
    # None: a person left it open
    by: Literal["agent", "person"]
    why: Reason
    confidence: float | None
    rest: tuple[Answer, ...]
    # the answers to what was asked after it


def decide_account(input: AccountInput, answers: tuple[Answer, ...], config: HasAccounts) -> Decision | Ask:
    """Where a doubtful account belongs: the matcher's choice where it is sure, else a person's."""
    why = tuple(Reason(code=doubt, text=WORDS[doubt]) for doubt in input.row.doubts)
    ends, rest = list[_Settled](), answers
    for question in input.questions:
        end = _end(question, rest, config)
        if end is None:
            return _ask(question, rest, (*why, *(before.why for before in ends)), config)
        ends.append(end)
        rest = end.rest
    return _settled(input.row, ends, why)


def _end(question: Question, answers: tuple[Answer, ...], config: HasAccounts) -> _Settled | None:
    """What settled the question: the first answer that stands; None while none does."""
    for number, answer in enumerate(answers):
        rest = answers[number + 1 :]
        choice = str(answer.value.get("choice") or "")
        if answer.actor == "person":
            told = answer.why or "no reason given"
            if answer.value.get("verdict") == "reject":
                why = Reason(code="dropped", text=f"{answer.by} left it as it is: {told}")
                return _Settled(question.about, None, "person", why, None, rest)
            if choice in question.nameable:
                why = Reason(code="person", text=f"{answer.by} chose {choice}: {told}")
                return _Settled(question.about, choice, "person", why, None, rest)
        elif _usable(question, answer) and config.accounts.bands.stands(answer.confidence or 0.0):
            why = Reason(code="agent", text=_suggested(answer))
            return _Settled(question.about, choice, "agent", why, answer.confidence, rest)
    return None


def _usable(question: Question, answer: Answer) -> bool:
    return answer.actor == "agent" and str(answer.value.get("choice") or "") in _offered(question)


def _suggested(answer: Answer) -> str:
    sure = answer.confidence or 0.0
    return f"{answer.by} suggests {answer.value.get('choice')} at {sure:.2f}: {answer.why}"


def _offered(question: Question) -> tuple[str, ...]:
    return tuple(option.id for option in question.task.options)


def _ask(
    question: Question, answers: tuple[Answer, ...], why: tuple[Reason, ...], config: HasAccounts
) -> Ask:
    """The next ask: the matcher first, where it has anything to choose from; then a person."""
    if not answers and question.for_agent:
        return Ask(
            to=AGENT,
            queue="agent",
            question=QUESTION[question.about],
            payload=question.task,
            options=_offered(question),
            evidence=why,
        )
    if not answers:
        return _ask_person(question, "triage", "There is nothing the matcher could choose from.", why, config)
    last = answers[-1]
    if last.actor == "person":
        named = last.value.get("choice") or "nothing"
        return _ask_person(question, "triage", f"{last.by} named {named}, which is unknown.", why, config)
    if not _usable(question, last):
        return _ask_person(question, "triage", f"No usable choice: {last.why or last.by}", why, config)
    sure = (last.confidence or 0.0) >= config.accounts.bands.review
    first = str(last.value.get("choice"))
    return _ask_person(question, "review" if sure else "triage", _suggested(last), why, config, first)


def _ask_person(
    question: Question,
    queue: Literal["review", "triage"],
    text: str,
    why: tuple[Reason, ...],
    config: HasAccounts,
    first: str = "",
) -> Ask:
    options = (*filter(None, (first,)), *_offered(question), *question.nameable)
    found = "; ".join(f"{e.kind}: {e.says.text} ({e.source})" for e in question.task.evidence)
    evidence = (Reason(code="evidence", text=found),) if found else ()
    return Ask(
        to=config.accounts.reviewer,
        queue=queue,
        question=QUESTION[question.about],
        payload=question.task,
        options=tuple(dict.fromkeys(options)),
        evidence=(*why, *evidence, Reason(code="why_asked", text=text)),
    )


def _settled(row: Row, ends: list[_Settled], why: tuple[Reason, ...]) -> Decision:
    reasons = (*why, *(end.why for end in ends))
    chosen = {end.about: end for end in ends if end.choice}
    if not chosen:
        return Decision(outcome="dropped", reasons=reasons)
    land, rep = chosen.get("territory"), chosen.get("rep")
    placing = Placing(
        account=row.account,
        territory=land.choice if land else row.held if len(ends) > 1 else row.lands,
        # whose it is may have changed since it was looked at: only who was asked about is said
        owner=rep.choice.removeprefix("rep:") if rep and rep.choice else None,
        basis=row.basis,
        by="person" if "person" in {end.by for end in chosen.values()} else "agent",
    )
    sure = [end.confidence for end in chosen.values() if end.confidence is not None]
    events: tuple[Event, ...] = (AccountsPlaced(record=row.account, placings=(placing,)),)
    if len(ends) == 1 and not rep:
        events = (*events, OwnerWanted(record=row.account))
    return Decision(
        outcome="placed",
        reasons=reasons,
        rule=placing.by,
        confidence=min(sure, default=None) if placing.by == "agent" else None,
        events=events,
        effects=(AssignTerritory(record=row.account, placings=(placing,)),),
    )
