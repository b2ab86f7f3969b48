"""One clause of a person's words → the changes it tells."""

from agent.embedded.planning import figures, lands, people
from agent.embedded.planning.kinds import kind_of
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.ways import Unclear
from loops.design import changes as c

_COUNTED = frozenset(
    {"add_people", "remove_people", "person_leaves", "person_moves", "move_people", "cancel_hires"}
)
"""Kinds whose clause has no quantity but a count."""
BUILDERS = {**people.BUILDERS, **figures.BUILDERS, **lands.BUILDERS}


def changes(clause: Clause) -> tuple[c.Change, ...]:
    """The changes that the clause tells; empty where it tells none.

    Raises:
        Unclear: something essential is missing, or can mean several things.
    """
    kind = kind_of(clause.text)
    if kind in _COUNTED and clause.text.of("percent", "amount", "points", "fraction", "times"):
        raise Unclear("What does that quantity belong to? Say what changes by it.")
    return BUILDERS[kind](clause) if kind else ()
