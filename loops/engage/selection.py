"""Which play is run, with which facts and lines."""

from loops.engage.config import EngageConfig, Line, Play
from loops.engage.facts import Fact
from loops.engage.inputs import Input


def choose(input: Input, facts: tuple[Fact, ...], config: EngageConfig) -> Play | None:
    """The play for the lead's own signal, else the first of `play_order` that fits; None: none does."""
    plays = {play.name: play for play in config.plays}
    fitting = [plays[name] for name in config.play_order if _fits(plays[name], input.lead.source, facts)]
    signal = input.lead.signal
    answering = [play for play in fitting if signal and signal.type in play.facts]
    found = {fact.kind for fact in facts}
    best = [play for play in answering if signal and signal.type in found]
    return next(iter(best or fitting), None)


def _fits(play: Play, source: str, facts: tuple[Fact, ...]) -> bool:
    kinds = not play.facts or any(fact.kind in play.facts for fact in facts)
    return kinds and (not play.sources or source in play.sources)


def ranked(play: Play, facts: tuple[Fact, ...], most: int) -> tuple[Fact, ...]:
    """The facts for the writer: what the play is about first, then the researcher's order, at most `most`."""
    return tuple(sorted(facts, key=lambda fact: fact.kind not in play.facts)[:most])


def lines_of(play: Play, config: EngageConfig) -> tuple[Line, ...]:
    """The approved lines that the play may use, in the playbook's order."""
    wanted = {line for mail in play.mails for line in mail.lines}
    return tuple(line for line in config.lines.values() if line.id in wanted)
