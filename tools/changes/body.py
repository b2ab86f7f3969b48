"""A proposal as people read it: what changes, why, what it rests on, and how to take it back."""

from collections.abc import Iterable, Sequence

from loops.proposal import Figure, Proposal

SEGMENTS = 6
"""That are shown: those that break, then those that lose most."""
_WHERE = {"share": 100.0, "share_points": 100.0}


def body(proposal: Proposal, diff: str) -> str:
    """The proposal in Markdown, to be read in a minute.

    Args:
        proposal: with all its evidence.
        diff: the config's change, unified.
    """
    parts = [
        proposal.why,
        f"```diff\n{diff.strip()}\n```",
        f"### Who moves\n\n{_moves(proposal)}",
        f"### On leads it wasn't fitted on\n\n{_window(proposal)}\n\n{_figures(proposal.figures)}",
        f"### Segments\n\n{_guardrails(proposal)}",
        f"### What is promised\n\n{_promise(proposal)}",
        f"### What would show that it is wrong\n\n{_list(proposal.wrong_if)}",
        f"### Not used as evidence\n\n{_refused(proposal)}" if proposal.refused else "",
        f"### How to take it back\n\n{_rollback(proposal)}",
        f"Every figure is computed again by `revloops proposal verify {proposal.id}`, or singly by the "
        f"command beside it, on the instance that holds the ledger. Proposed by {proposal.by}; "
        "a person decides.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_TOLD = {
    "held_out.auc.before": "AUC of the score now (0.5: it tells nothing, 1: everything)",
    "held_out.auc.after": "AUC with the change",
    "held_out.auc.difference": "difference of the two",
    "held_out.log_score.standard_errors": "the test: standard errors by which odds are told better",
    "fitted.deviance.gain": "gain where it was found, in deviance beyond what chance gives",
    "held_out.graded_A.before": "graded A now",
    "held_out.graded_A.after": "graded A with the change",
    "held_out.regraded": "get another grade",
    "fitted.graded_A.newest": "graded A among the newest where it was found",
    "held_out.moved_by_people.before": "moved away by people now",
    "held_out.ends_in_new_pool": "end where the change would send them",
    "fitted.moves_spared": "moves it would have spared where it was found",
    "fitted.choices.changed": "agents' choices that people changed where it was found",
    "fitted.choices.changed.bound": "of those at most",
    "held_out.choices.changed": "agents' choices that people changed, of those that would newly stand",
    "held_out.asked_people.before": "of agents' choices a person is asked about now",
    "held_out.asked_people.after": "with the change",
}
"""What a figure is, for a reader; the command beside it has its name."""


def _moves(proposal: Proposal) -> str:
    """How many leads end otherwise, and what lists them."""
    told = {figure.name: figure for figure in proposal.figures}
    command = f"`revloops simulate {proposal.loop} --config {proposal.branch}`"
    lists = f"{command} lists who moves, from whom to whom."
    other = told.get("held_out.regraded")
    if other is None:
        return lists
    was, now = told["held_out.graded_A.before"], told["held_out.graded_A.after"]
    return (
        f"Of {other.sample:,} later leads {figure_words(other)} would get another grade; "
        f"{figure_words(was)} are an A now, {figure_words(now)} would be. {lists}"
    )


def figure_words(figure: Figure) -> str:
    """A figure as it is written: rounded, with its unit, and its interval where it has one."""
    if not isinstance(figure.value, float | int) or figure.unit in ("hash", "date"):
        return str(figure.value)
    told = _number(figure.value, figure.unit)
    if figure.low is None or figure.high is None:
        return told
    return f"{told} [{_number(figure.low, figure.unit)}, {_number(figure.high, figure.unit)}]"


def _number(value: float, unit: str) -> str:
    if unit == "count":
        return f"{value:,.0f}"
    if unit in _WHERE:
        return f"{value * _WHERE[unit]:.1f} {'%' if unit == 'share' else 'points'}"
    told = f"{value:.3f}" if unit == "auc" else f"{value:.1f}"
    return told.removeprefix("-") if not float(told) else told


def _window(proposal: Proposal) -> str:
    w = proposal.window
    origins = ", ".join(f"{count:,} from {name}" for name, count in sorted(w.origins.items()))
    return (
        f"Fitted on {w.fitted:,} leads of {w.fitted_from} to {w.fitted_to}, tried on {w.held:,} later ones "
        f"of {w.held_from} to {w.held_to} ({origins}). Intervals are 95 %."
    )


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return "Nothing was measured for these values."
    rows = [
        f"| {_TOLD.get(f.name, f.name)} | {figure_words(f)} | {f'{f.sample:,}' if f.sample else ''} "
        f"| `{f.command}` |"
        for f in figures
    ]
    return "\n".join(["| figure | value | leads | computed by |", "|---|---|---|---|", *rows])


def _guardrails(proposal: Proposal) -> str:
    if not proposal.guardrails:
        return "No segment has enough leads to say anything of it by itself."
    worst = sorted(proposal.guardrails, key=lambda g: (g.holds, g.after - g.before))
    rows = [
        f"| {g.segment} | {g.leads:,} | {g.before:.3f} | {g.after:.3f} | {'holds' if g.holds else 'breaks'}"
        f"{f': {g.says}' if g.says else ''} |"
        for g in worst[:SEGMENTS]
    ]
    rest = worst[SEGMENTS:]
    more = [f"\n{len(rest)} more do better than these; the proposal's file has them all."] if rest else []
    return "\n".join(["| segment | leads | before | after | |", "|---|---|---|---|---|", *rows, *more])


def _promise(proposal: Proposal) -> str:
    p = proposal.promise
    of = ", ".join(f"{name} {value}" for name, value in sorted(p.segment.items()))
    return (
        f"{p.metric.replace('_', ' ')}{f' of leads with {of}' if of else ''}: {p.before:.3f} now, "
        f"{p.expected:.3f} expected, 95 % between {p.low:.3f} and {p.high:.3f}. It is measured once "
        f"{p.after_leads:,} leads decided under it are settled (`revloops impact`): kept, if it is better "
        "than now and not surely worse than the least of that; broken, if it is surely worse than that, or "
        "no better than now and surely short of what was expected."
    )


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _refused(proposal: Proposal) -> str:
    return _list(f"{name}: {why}" for name, why in proposal.refused)


def _rollback(proposal: Proposal) -> str:
    return (
        f"`git log --merges --grep 'Revloops-Proposal: {proposal.branch}' --format=%H -1` names the merge; "
        "`git revert -m 1` of it restores the old config, and with it byte-identical decisions. Leads that "
        "were assigned meanwhile: `revloops runs undo`."
    )
