"""The promoted plan made real: what departs from it, in an order that always works, as effects."""

from collections import Counter

from loops.decision import Answer, Ask, Decision, Reason
from loops.deploy.cascade import covered
from loops.deploy.config import DeployConfig
from loops.deploy.inputs import DeployInput, coverage_changes
from loops.deploy.ordering import ordered, state_hash
from loops.deploy.outputs import Action, Change, DeploymentPlanned, Materialize, SeatCovered
from loops.structure import PARTS, Part, told

DONE: dict[Action, str] = {"create": "new", "change": "changed", "remove": "gone"}


def decide(input: DeployInput, answers: tuple[Answer, ...], config: DeployConfig) -> Decision | Ask:
    """Every change as an effect, in order, with each open seat's outcome; `unchanged` where all stands."""
    changes = ordered((*input.changes, *coverage_changes(input, config)))
    outcomes = covered(input.seats, config.cascade)
    seats = tuple(Reason(code=f"seat_{o.step}", text=o.text) for o in outcomes)
    if not changes:
        why = Reason(code="unchanged", text=f"Everything stands as {input.scenario} has it.")
        return Decision(outcome="unchanged", reasons=(*(left_standing(input) or (why,)), *seats))
    moved = {change.key for change in changes if change.part == "coverage" and change.action != "remove"}
    counted = Counter(change.action for change in changes)
    planned = DeploymentPlanned(
        record=input.scenario,
        hash=input.hash,
        created=counted["create"],
        changed=counted["change"],
        removed=counted["remove"],
    )
    return Decision(
        outcome="planned",
        reasons=(*summary(changes), *left_standing(input), *seats),
        rule="declared state",
        events=(
            planned,
            *(
                SeatCovered(record=o.seat, owner=o.owner, step=o.step, territory=o.territory)
                for o in outcomes
                if o.seat in moved
            ),
        ),
        effects=tuple(_effect(input, change) for change in changes),
    )


def left_standing(input: DeployInput) -> tuple[Reason, ...]:
    """That quotas and documents are left as they are, why, and what to do; empty where none are."""
    if not input.held:
        return ()
    first = min(one.rpartition("@")[2] for one in input.held)
    text = (
        f"{input.scenario} has no year, so {len(input.held)} quotas and pay documents are left standing as "
        f"they are: add a line such as `year: {first}` to scenarios/{input.scenario}.yaml."
    )
    return (Reason(code="no_year", text=text),)


def summary(changes: tuple[Change, ...]) -> tuple[Reason, ...]:
    """One sentence a part that changes, in the order of the parts."""
    counted: Counter[tuple[Part, Action]] = Counter((change.part, change.action) for change in changes)
    return tuple(
        Reason(code=f"part_{part}", text=f"{_name(part)}: {_counts(counted, part)}.")
        for part in PARTS
        if any(counted[part, action] for action in DONE)
    )


def _name(part: Part) -> str:
    return part.replace("_", " ").capitalize()


def _counts(counted: Counter[tuple[Part, Action]], part: Part) -> str:
    said = (f"{counted[part, action]} {word}" for action, word in DONE.items() if counted[part, action])
    return ", ".join(said)


def _effect(input: DeployInput, change: Change) -> Materialize:
    return Materialize(
        record=told(change.part, change.key),
        action=change.action,
        part=change.part,
        key=change.key,
        fields=change.fields,
        before=state_hash(None if change.action == "create" else change.before),
        scenario=input.scenario,
        hash=input.hash,
    )
