"""A proposal as people read it: what changes, why, what it rests on, and how to take it back."""

from collections.abc import Iterable, Sequence

from loops.proposal import Figure, Proposal

SEGMENTS = 6
"""That are shown: those that break, then those that lose most."""
_WHERE = {"share": 100.0, "share_points": 100.0}


def body(proposal: Proposal, diff: str, moves: str = "") -> str:
    """The proposal in Markdown, to be read in a minute.

    Args:
        proposal: with all its evidence.
        diff: the config's change, unified.
        moves: what a simulation on recent leads says moves, in Markdown; "" where nothing was simulated.
    """
    parts = [
        proposal.why,
        f"```diff\n{diff.strip()}\n```",
        *([f"### Who moves\n\n{moves.strip()}"] if moves else []),
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
    return f"{value:.3f}" if unit == "auc" else f"{value:.1f}"


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
    rows = [f"| {f.name} | {figure_words(f)} | {f.sample:,} | `{f.command}` |" for f in figures]
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
        f"{p.after_leads:,} leads decided under it are settled; `revloops impact` shows how far that is."
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
