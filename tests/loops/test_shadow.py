"""Agreement with what people did, and the groups in which they did something else."""

import pytest

from loops.shadow import Looking, Rate, Shadowed, agreement, disagreements

LOOK = Looking(("source", "territory"))


def row(
    n: int, theirs: str, source: str = "web", ours: str = "pool:a", *, won: bool | None = None
) -> Shadowed:
    return Shadowed(
        lead=f"L-{n}", line=n, rule="r", ours=ours, person="a1", theirs=theirs, groups=(), written=theirs,
        agrees=theirs == "rep:a1" if theirs else None, attributes={"source": source, "territory": "x"},
        outcome=won, why="",
    )  # fmt: skip


def test_a_rate_of_nothing_is_unknown() -> None:
    assert Rate(0, 0).share is None and Rate(0, 0).interval is None


def test_the_interval_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662
    low, high = Rate(81, 263).interval or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_leads_without_a_known_owner_are_not_compared() -> None:
    rows = [row(1, "rep:a1"), row(2, "rep:b1"), row(3, "")]
    assert agreement(rows, lambda one: one.rule) == {"r": Rate(1, 2)}


def test_a_habit_of_people_stands_out_with_its_outcomes() -> None:
    rows = [row(n, "rep:a1", won=True) for n in range(200)]
    rows += [row(n, "rep:z9", "webinar", won=n % 2 == 0) for n in range(200, 240)]
    found = disagreements(rows, LOOK)
    assert len(found) == 1
    assert found[0].segment == (("source", "webinar"),)
    assert (found[0].theirs, found[0].leads) == ("rep:z9", 40)
    assert found[0].their_outcome == Rate(20, 40)


def test_leads_that_go_astray_by_chance_are_no_group() -> None:
    rows = [row(n, "rep:a1" if n % 12 else f"rep:z{n % 7}", ("web", "webinar")[n % 2]) for n in range(600)]
    assert disagreements(rows, LOOK) == ()


def test_a_rule_that_nobody_follows_is_a_group_of_its_own() -> None:
    rows = [row(n, "rep:z9") for n in range(60)]
    rows += [row(n, "rep:a1", ours="pool:b") for n in range(60, 160)]
    assert disagreements(rows, LOOK)[0].segment == ()


@pytest.mark.parametrize("leads", [4, 5])
def test_fewer_than_the_least_say_nothing(leads: int) -> None:
    rows = [row(n, "rep:a1") for n in range(300)]
    rows += [row(n, "rep:z9", "webinar") for n in range(300, 300 + leads)]
    assert len(disagreements(rows, LOOK)) == (leads == 5)
