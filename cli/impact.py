"""`impact`: what merged proposals promised, what came of it, and how often config is tried and changed."""

from collections import Counter
from datetime import datetime

from cli.door import Door, command, counted, shown


@command()
def impact(door: Door) -> None:
    """What each merged proposal promised and what came of it; how often config changes, and by whom.

    A verdict is written to the ledger and to the change once enough leads decided under it are settled;
    `revloops tick` does it too.
    """
    from agent.impact import impacts, tell, verdict_words
    from agent.revising import revisions
    from agent.schedule import merged_at

    house = door.house
    told = tell(house, merged_at(house))
    found = impacts(house)
    zone = house.workspace.calendar.zone
    with house.store.reading() as tx:
        noticed = revisions(tx)
    door.give(
        proposals=[
            {
                "proposal": one.proposal.id,
                "title": one.proposal.title,
                "merged_at": one.merged_at,
                "holds": one.holds,
                "verdict": one.judged.verdict,
                "promise": one.proposal.promise.model_dump(mode="json"),
                "measured": one.judged.measured and vars(one.judged.measured),
                "settled": one.judged.settled,
                "missing": one.judged.missing,
            }
            for one in found
        ],
        newly_told=[one.proposal.id for one in told],
        by_quarter=_by_quarter([(one.at, one.event.by) for one in noticed]),
    )
    for one in found:
        door.say(f"{one.proposal.id}: {one.proposal.title}, merged {shown(one.merged_at, zone)}")
        door.say(f"  {verdict_words(one)}")
        if not one.holds:
            door.say("  The config says otherwise by now: it was taken back, or changed again.")
    if not found:
        door.say("No proposal has been merged yet: `revloops proposals` lists what is open.")
    for quarter, by in _by_quarter([(one.at, one.event.by) for one in noticed]).items():
        said = ", ".join(f"{count:,} by a {who}" for who, count in by.items())
        door.say(f"{quarter}: {counted(sum(by.values()), 'config change')}, {said}")


def _by_quarter(changes: list[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Calendar quarter → who → changes, the newest quarter first."""
    found: dict[str, Counter[str]] = {}
    for at, by in changes:
        day = datetime.fromisoformat(at)
        found.setdefault(f"{day.year}-Q{(day.month + 2) // 3}", Counter())[by] += 1
    return {quarter: dict(sorted(found[quarter].items())) for quarter in sorted(found, reverse=True)}
