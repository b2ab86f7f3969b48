"""Past leads as another CRM exports them, with owners by rules that are hidden, by habits, and by chance."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from loops.scenario import Scenario
from tools.sandbox.people import FIRST
from tools.sandbox.setting import Setting

HEADINGS = (
    "First Name", "Last Name", "Email", "Job Title", "Company", "City", "Country", "Industry", "Employees",
    "Lead Source", "Created Date", "Lead Owner", "Lead Status",
)  # fmt: skip
PLACES = (
    ("Chicago", "United States", "ams-central", "na"), ("Toronto", "Canada", "canada", "na"),
    ("London", "United Kingdom", "uki", "emea"), ("Berlin", "Germany", "dach", "emea"),
    ("Stockholm", "Sweden", "nordics", "emea"), ("Sydney", "Australia", "apac", "apac"),
)  # fmt: skip
"""City, country, territory, and the team whose it is."""
TITLES = ("VP Sales", "Chief Revenue Officer", "Director of Revenue Operations", "Head of Sales")
SOURCES = ("demo_request", "webinar", "referral", "contact_form", "event")
NOISE = 80
"""Of a thousand leads, those that some person got who happened to be there."""
OLD_OF = 1_000
"""Employees from which a company is an enterprise."""


@dataclass(frozen=True)
class Habit:
    """What people did, whatever the rules said."""

    territory: str
    source: str
    to: str
    # rep id, or a pool whose members took turns
    worse: bool
    # whether fewer of those leads came to something


HABITS = (
    Habit("dach", "webinar", "emea-enterprise-01", worse=True),
    Habit("apac", "demo_request", "na-enterprise", worse=False),
    Habit("canada", "event", "emea-commercial-02", worse=True),
)
"""The systematic disagreements that are to be found."""


@dataclass
class Truth:
    """What is so, counted while it was made."""

    leads: Counter[str] = field(default_factory=Counter[str])
    # rule → leads it decides
    agreeing: Counter[str] = field(default_factory=Counter[str])
    # rule → leads whose owner is whom the rule says, habits and chance included


def export(path: Path, setting: Setting, scenario: Scenario, count: int) -> Truth:
    """Write the file; what is true of it."""
    truth = Truth()
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADINGS)
        writer.writerows(_rows(setting, scenario, count, truth))
    return truth


def _rows(setting: Setting, scenario: Scenario, count: int, truth: Truth) -> Iterator[tuple[str, ...]]:
    members = {pool.id: pool.members for pool in scenario.pools}
    emails = {rep.id: rep.email for rep in scenario.roster}
    people = sorted({rep for pool in scenario.pools for rep in pool.members})
    for number in range(count):
        draw = setting.draw("shadow", number)
        city, country, territory, team = draw.pick(PLACES)
        source, large, weak = draw.pick(SOURCES), draw.chance(400), draw.chance(100)
        rule, ours = _rule(team, large and not weak, weak)
        habit = next((h for h in HABITS if (h.territory, h.source) == (territory, source) and not weak), None)
        taker = draw.pick(members.get(habit.to, (habit.to,))) if habit else ""
        owner = taker or (draw.pick(members[ours]) if ours in members else "")
        if owner and draw.chance(NOISE):
            owner = draw.pick(people)
        truth.leads[rule] += 1
        truth.agreeing[rule] += owner in members[ours] if ours in members else True
        good = draw.share() < (0.05 if habit and habit.worse else 0.35)
        day = setting.now - timedelta(days=draw.between(30, 365), seconds=draw.below(86_400))
        first = draw.pick(FIRST)
        company = f"Hollow{number:06d} {draw.pick(('Systems', 'Labs', 'Works'))}"
        domain = f"hollow{number:06d}.example"
        yield (
            first, f"Surname{number}", f"{first.lower()}@{domain}", "Student" if weak else draw.pick(TITLES),
            company, city, country, "Education" if weak else "Software",
            str(5 if weak else 2_000 if large else 120), "list" if weak else source,
            day.isoformat(timespec="seconds"), emails.get(owner, "Nurture queue" if weak else ""),
            "Converted" if good else "Disqualified",
        )  # fmt: skip


def _rule(team: str, large: bool, weak: bool) -> tuple[str, str]:
    """The starter's rule and the pool or queue it gives the lead to."""
    if weak:
        return "nurture", "queue:nurture"
    if team == "apac":
        return "asia pacific", "apac-commercial"
    size = "enterprise" if large else "commercial"
    return f"{'north america' if team == 'na' else 'emea'} {size}", f"{team}-{size}"
