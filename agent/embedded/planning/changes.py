"""One clause of a person's words → the changes it tells."""

import re
from dataclasses import replace

from agent.embedded.planning import figures, lands, people
from agent.embedded.planning.frames import kind_of
from agent.embedded.planning.leftover import consumed
from agent.embedded.planning.marks import Text
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.vocabulary import form, says, vocabulary
from agent.embedded.planning.ways import Unclear, is_old
from loops.design import changes as c

_NAMING = frozenset(
    "add_people remove_people move_people person_moves person_leaves merge_territories move_regions".split()
)
"""Kinds whose clause names people and territories."""
BUILDERS = {**people.BUILDERS, **figures.BUILDERS, **lands.BUILDERS}


def changes(clause: Clause) -> tuple[c.Change, ...]:
    """The changes that the clause tells; empty where it tells none.

    Raises:
        Unclear: something essential is missing, can mean several things, or is left over.
    """
    kind = kind_of(clause.text)
    if not kind:
        return ()
    if kind in _NAMING:
        _known(clause.text, kind)
    old = [mark for mark in clause.text.marks if is_old(clause.text, mark)]
    if kind in {"add_people", "remove_people"}:
        old = [
            mark for mark in old if mark.kind != "number" or not form("count_from_to").search(clause.masked)
        ]
    if old and kind not in {"move_people", "person_moves"}:
        clause = replace(clause, text=clause.text.without(*old))
    consumed(kind, clause.text)
    return tuple(change for one in _each(clause, kind) for change in BUILDERS[kind](one))


def _known(text: Text, kind: str) -> None:
    """See that no name stands there which the plan doesn't have.

    Raises:
        Unclear: one does.
    """
    bare = text.without(*text.marks).words
    said = re.sub(r"\s+", " ", bare)
    names = [w for w in re.findall(r"(?<=[a-z,] )[A-Z][a-zà-ÿ]+\b", said) if w.lower() not in vocabulary()]
    placed = re.findall(
        r"\b(?:in|into|to|for|from)(?: the)? ([a-zà-ÿ]{4,})(?=\s*$|[,.?!]| (?:in|from|by|next|and|at)\b)",
        text.masked,
    )
    comes = form("unknown_comes").match(said)
    verb = re.search(r"\b([a-zà-ÿ]{5,}) (?:\{number\} )?\{role\}", text.masked)
    names += (
        [verb[1]]
        if kind == "add_people"
        and verb
        and not says(verb[1], "people", "add")
        and verb[1] not in vocabulary()
        and not says(text.masked, "people", "add")
        else []
    )
    names += [w for w in placed if w not in vocabulary()]
    names += [comes[1]] if comes and comes[1].lower() not in vocabulary() else []
    if names:
        raise Unclear("The plan has nobody and nothing of that name: whom or which territory do you mean?")


def _each(clause: Clause, kind: str) -> list[Clause]:
    """The clause for each of several roles whose figures change alike."""
    text = clause.text
    jobs = text.of("role") if kind in {"ramp", "productivity", "attrition", "quota", "compensation"} else []
    if len({mark.ids for mark in jobs}) < 2:
        return [clause]
    return [replace(clause, text=text.without(*(m for m in jobs if m is not one))) for one in jobs]
