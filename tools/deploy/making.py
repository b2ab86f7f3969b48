"""One planned change made real: only where what stands is still what the plan was made on."""

from loops.deploy.documents import document
from loops.deploy.ordering import state_hash
from loops.deploy.outputs import Materialize
from tools.connectors.ports import Structure


def make(structure: Structure, id: str, effect: Materialize) -> bool:
    """Whether the change was made; not where something else stands by now: the next look sees to that.

    So a change that comes twice, or after that of a newer plan, does nothing.

    Raises:
        ToolRetry: not now, or something that it needs doesn't stand.
        ToolFailed: it is refused for good.
    """
    stands = structure.standing(effect.part, effect.key)
    if state_hash(None if stands is None else dict(stands)) != effect.before:
        return False
    if effect.action == "remove":
        structure.remove(id, effect.part, effect.key)
        if effect.part == "comp_plan":
            structure.withdraw(id, effect.key)
        return True
    structure.put(id, effect.part, effect.key, effect.fields)
    if effect.part == "comp_plan":
        text = document(effect.fields, effect.scenario, effect.hash)
        structure.issue(id, effect.key, effect.fields, text)
    return True
