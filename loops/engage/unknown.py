"""A mail whose fate a crash left open: a person says whether it arrived; it is never sent again by itself."""

from typing import Literal

from loops.decision import Answer, Ask, Decision, Effect, Reason
from loops.engage.config import EngageConfig
from loops.engage.mail_events import MailUnknown
from loops.records import Lead, Records
from loops.values import Value

OPTIONS = ("delivered", "not_delivered")


class SettleMail(Effect):
    """Write down what a person found out about an unknown mail."""

    kind: Literal["SettleMail"] = "SettleMail"
    approval: str
    n: int
    # message index, from 0
    delivered: bool


class UnknownInput(Value):
    """The mail, and whose it is."""

    mail: MailUnknown
    lead: Lead
    owner: str | None


def gather_unknown(event: MailUnknown, records: Records, config: EngageConfig) -> UnknownInput | None:
    """The mail and its lead's owner; None where the lead was erased meanwhile."""
    lead = records.lead(event.record)
    return lead and UnknownInput(mail=event, lead=lead, owner=records.owner(event.record))


def decide_unknown(input: UnknownInput, answers: tuple[Answer, ...], config: EngageConfig) -> Decision | Ask:
    """Ask the owner; then settle it as they say."""
    last = answers[-1] if answers else None
    verdict = last.value.get("verdict") if last and last.actor == "person" else None
    if last is None or verdict not in OPTIONS:
        text = "The sender stopped between handing the mail over and hearing that it was taken."
        return Ask(
            to=f"person:{input.owner}" if input.owner else "role:ops", queue="triage", payload=input.mail,
            question=f"Did mail {input.mail.n + 1} arrive? Look into the sent items; it isn't sent again.",
            options=OPTIONS,
            evidence=(Reason(code="unknown", text=text),),
        )
    delivered = verdict == "delivered"
    found = "arrived: the follow-ups go on" if delivered else "did not arrive: the rest is cancelled"
    text = f"{last.by} found that it {found}."
    mail = input.mail
    effect = SettleMail(record=mail.record, approval=mail.approval, n=mail.n, delivered=delivered)
    return Decision(outcome=str(verdict), reasons=(Reason(code="settled", text=text),), effects=(effect,))
