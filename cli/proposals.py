"""`proposals`, `proposal`: changes of config that wait for a person: look, accept, revise, reject, merge."""

import json
import os
import secrets
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from cli.door import Door, command, counted, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.bootstrap import House
    from agent.proposing.deciding import Held
    from loops.proposal import Proposal
    from tools.connectors.ports import ChangeHost

ID = click.argument("id", metavar="ID")
AS = click.option("--as", "person", metavar="PERSON", required=True, help="Who you are, by the roster.")
FD = click.option("--passphrase-fd", type=int, metavar="N", help="Read the passphrase from this descriptor.")


@command()
def proposals(door: Door) -> None:
    """Changes of config that were proposed: state, checks, age and what each promises; newest first."""
    from agent.proposing.deciding import age_days, listed

    house, host = _opened(door)
    now = house.runtime.at()
    every = listed(house, host)
    door.give(proposals=[_row(held, age_days(held, now)) for held in every])
    if not every:
        door.say("Nothing is proposed.")
        return
    rows = [
        (held.id, held.state, _checks(held), _age(age_days(held, now)), _promised(held), held.title)
        for held in every
    ]
    door.say(table(rows, ("id", "state", "checks", "age", "promises", "change")))
    door.say("\n`revloops proposal show ID` shows one with its evidence.")


@click.group()
def proposal() -> None:
    """One proposed change of config: show, verify, accept, revise, reject, merge."""


@command(name="show")
@ID
def show(door: Door, id: str) -> None:
    """What it changes and why, what it rests on, and how it stands."""
    from agent.proposing.deciding import diff, found

    house, host = _opened(door)
    held = found(house, host, id)
    change = held.change
    door.give(**_row(held, None), body=change.body if change else "", diff="")
    door.say(f"{held.id}: {held.title}")
    door.say(f"{held.state}{f', {change.url}' if change and change.url else ''}; checks: {_checks(held)}")
    if held.signed:
        signed = held.signed.document
        door.say(f"accepted by {signed.approver}; that holds until {signed.expires_at:%d %b %Y}")
    if held.commit:
        door.say(f"merged as {held.commit[:12]}; `git revert -m 1 {held.commit[:12]}` takes it back")
    if change is None:
        door.say(f"Its branch {held.branch} is gone.")
        return
    door.say(f"\n{change.body}")
    for n, edit in enumerate(held.proposal.edits if held.proposal else (), start=1):
        door.say(f"edit {n}: {edit.op} {'.'.join(map(str, edit.path))} {json.dumps(edit.value)}")
    if change.state == "open":
        door.give(diff=diff(host, change))
        door.say(f"On the branch {held.branch} with it: proposals/{held.id}.yaml, its evidence.")


@command(name="verify")
@ID
def verify(door: Door, id: str) -> None:
    """Compute every figure again from the ledger and compare; the result is noted on the change."""
    from agent.proposing.deciding import found, text_differs
    from agent.proposing.verified import verifier

    computed = verifier()
    house, host = _opened(door)
    held = found(house, host, id)
    if held.proposal is None or held.change is None:
        raise RevloopsError(f"{held.id}: its evidence isn't here; verify it where it was opened")
    result = computed(house, held.proposal)
    apart = [str(one) for one in result.mismatches]
    if text_differs(host, held.change, held.proposal):
        apart.append("text: what people read of it isn't what it says")
    stood = result.stood and len(apart) == len(result.mismatches)
    told, state = _told(apart, stood=stood)
    door.give(id=held.id, ok=stood or not apart, same=not apart, mismatches=apart)
    host.check(held.branch, held.change.head, "revloops/verified", state, told)
    door.say("\n".join([*apart, f"{held.id}: {told}."]))


def _told(apart: list[str], *, stood: bool) -> tuple[str, str]:
    """What is said of a proposal that was computed again, and the state of its check."""
    if not apart:
        return "every figure comes out the same", "success"
    if stood:
        more = "outcomes or owners of its leads came in since: `revloops propose` makes a new one"
        return f"it says what was known when it was proposed; {more}", "pending"
    return f"{len(apart)} differ, first {apart[0]}", "failure"


@command(name="accept")
@ID
@AS
@FD
@click.option("--anyway", is_flag=True, help="Although its figures don't come out again.")
def accept(door: Door, id: str, person: str, passphrase_fd: int | None, anyway: bool) -> None:
    """Let it through with your signature: just this diff, from this commit into that one, for seven days.

    An agent's figures are computed again first.
    """
    from agent.proposing.deciding import accept as keep
    from agent.proposing.deciding import diff, found, to_sign
    from cli.signing import signer_for
    from tools.approvals.registry import load_registry
    from tools.approvals.signing import approve_change

    house, host = _opened(door)
    held = found(house, host, id, whole=True)
    document = to_sign(house, host, held, person, secrets.token_hex(16))
    secret = _secret(house)
    if held.proposal and held.proposal.by.startswith("agent:") and not anyway:
        _refuse_untrue(house, held.proposal)
    if held.change:
        door.say(f"{held.title}\n\n{diff(host, held.change, evidence=False)}")
    signed = approve_change(document, signer_for(door, house, person, passphrase_fd))
    keep(house, host, held, signed, load_registry(door.root, secret))
    door.give(id=held.id, approver=person, head=document.head, base=document.base, diff=document.diff)
    door.say(f"{held.id} is accepted by {person}: `revloops proposal merge {held.id}` merges just this.")


def _refuse_untrue(house: "House", proposal: "Proposal") -> None:
    from agent.proposing.verified import verifier

    result = verifier()(house, proposal)
    if not result.holds and not result.stood:
        raise RevloopsError(
            f"{proposal.id} doesn't come out as it says ({result.mismatches[0]}): `revloops proposal verify` "
            "lists what differs; --anyway accepts it all the same"
        )


@command(name="merge")
@ID
def merge(door: Door, id: str) -> None:
    """Merge it, when it was accepted and nothing has moved since."""
    from agent.proposing.deciding import found
    from agent.proposing.deciding import merge as bring
    from tools.approvals.registry import load_registry

    house, host = _opened(door)
    held = found(house, host, id, whole=True)
    done = bring(house, host, held, load_registry(door.root, _secret(house)))
    door.give(id=held.id, commit=done.commit, approver=done.approver)
    how = f"approved by {done.approver}" if done.approver else "by hand, with nobody's signature"
    door.say(f"{held.id} is merged as {done.commit[:12]}, {how}.")
    if house.workspace.settings.changes.host == "github":
        door.say("`git pull` brings it into this workspace.")
    door.say(f"`git revert -m 1 {done.commit[:12]}` takes it back.")


@command(name="reject")
@ID
@AS
@click.option("--why", default="", help="Your reason; it is said on the change.")
def reject(door: Door, id: str, person: str, why: str) -> None:
    """Close it for good, with your reason."""
    from agent.proposing.deciding import found
    from agent.proposing.deciding import reject as close

    house, host = _opened(door)
    held = found(house, host, id, whole=True)
    close(house, host, held, person, why)
    door.give(id=held.id, state="rejected", why=why)
    door.say(f"{held.id} is rejected.")


@command(name="revise")
@ID
@AS
@click.option(
    "--set", "values", multiple=True, metavar="PLACE=VALUE",
    help="What an edit is to say: its number in show, or a place, e.g. factors.4.values.webinar=6.",
)  # fmt: skip
@click.option("--why", default="", help="Your reason, for the record.")
def revise(door: Door, id: str, person: str, values: tuple[str, ...], why: str) -> None:
    """Open it anew with other values, as yours; the old one is closed and points there."""
    from agent.proposing.deciding import found, revised
    from agent.proposing.revising import with_values

    if not values or not why.strip():
        raise RevloopsError("say what is to change and why: give --set PLACE=VALUE and --why TEXT")
    house, host = _opened(door)
    held = found(house, host, id, whole=True)
    if held.proposal is None or held.change is None:
        raise RevloopsError(f"{held.id}: this instance doesn't hold it; revise it where it was opened")
    told = dict(map(_value, values))
    fresh = with_values(house, host, held.change, held.proposal, told, person, why)
    new = revised(house, host, held, fresh)
    door.give(id=new.id, revises=held.id, branch=new.branch)
    door.say(f"{new.id} takes the place of {held.id}, which is closed: `revloops proposal show {new.id}`.")


for _one in (show, verify, accept, revise, reject, merge):
    proposal.add_command(_one)


def _opened(door: Door) -> "tuple[House, ChangeHost]":
    from tools.changes.opening import change_host

    house = door.house
    return house, change_host(door.root, house.workspace.settings.changes)


def _secret(house: "House") -> str | None:
    """What the list of approvers is sealed with; a sandbox's own key needs no list.

    Raises:
        RevloopsError: the sender's secret, which seals the list of approvers, isn't there.
    """
    from tools.approvals.registry import SECRET_VARIABLE

    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret and house.workspace.settings.sandbox is None:
        raise RevloopsError(
            f"{SECRET_VARIABLE} is not set: the list of who may approve is sealed with it, as for"
            " `revloops approver enrol`; nothing was changed"
        )
    return secret or None


def _value(text: str) -> tuple[str, JsonValue]:
    from tools import yaml_text

    number, sign, value = text.partition("=")
    if not sign or not number.strip():
        raise RevloopsError(f"{text} isn't PLACE=VALUE: give an edit's number or its place, e.g. --set 1=6")
    read = yaml_text.read(f"value: {value}\n", "--set")[0]
    return number.strip(), read["value"] if isinstance(read, dict) else None


def _row(held: "Held", age: int | None) -> dict[str, object]:
    change = held.change
    return {
        "id": held.id,
        "title": held.title,
        "state": held.state,
        "branch": held.branch,
        "checks": change.checks if change else {},
        "behind": change.behind if change else False,
        "url": change.url if change else "",
        "opened_at": held.opened_at,
        "age_days": age,
        "approver": held.signed.document.approver if held.signed else "",
        "commit": held.commit,
        "promise": held.proposal.promise.model_dump(mode="json") if held.proposal else None,
    }


def _checks(held: "Held") -> str:
    told = [text.partition(":")[0] for text in (held.change.checks if held.change else {}).values()]
    if not told:
        return "none"
    return f"{told.count('success')} of {len(told)} pass"


def _age(days: int | None) -> str:
    return "" if days is None else counted(days, "day") if days else "today"


def _promised(held: "Held") -> str:
    if held.proposal is None:
        return "(opened elsewhere)"
    told = held.proposal.promise
    return f"{told.metric.replace('_', ' ')} {told.before:.3f} to {told.expected:.3f}"
