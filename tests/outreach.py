"""Leads, facts and material for the tests of outreach, made from the starter config."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, cast

from agent.embedded.writer import outreach_writer
from agent.spec import Reply
from loops.engage.config import EngageConfig, Play
from loops.engage.draft import Draft
from loops.engage.facts import Fact, FactKind, Source
from loops.engage.grading import Material
from loops.engage.tasks import Reader, WritingTask
from tools.yaml_text import read as parse

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIRST = ("Maya", "Ravi", "Ines", "Tomas", "Hana", "Luca", "Noor", "Felix", "Grace", "Omar")
LAST = ("Keller", "Osei", "Byrne", "Silva", "Novak", "Moreau", "Tanaka", "Larsen", "Iyer", "Wong")
COMPANIES = (
    "Nordwind Logistics",
    "Harbour & Vale",
    "Quillon",
    "Tessera Health",
    "Bramley Foods",
    "Aldgate Systems",
    "Peakline",
    "Corvane Energy",
    "Redmere Studios",
    "Osprey Dental",
    "Fenwick Rail",
    "Sable Analytics",
    "Lark Insurance",
    "Torrens Mining",
    "Juniper Learning",
)
TITLES = (
    "VP Revenue Operations",
    "Chief Revenue Officer",
    "IT Director",
    "Marketing Operations Manager",
    "Head of Growth",
    "Director of Sales Operations",
    "CFO",
    "Procurement Analyst",
    "Sales Enablement Lead",
    "Managing Partner",
)
INDUSTRIES = ("software", "logistics", "health care", "manufacturing", "insurance")
PLACES = ("Munich", "Dublin", "Austin", "Toronto", "Lyon", "Leeds", "Utrecht", "Denver", "Porto", "Osaka")
ROLES = (
    "account executives",
    "sales engineers",
    "customer success managers",
    "field reps",
    "sales development reps",
)
PEOPLE = ("Dana Whitfield", "Jorge Almeida", "Petra Vogel", "Samir Chaudhry", "Lucy Ashdown", "Ken Mori")
SEATS = ("Chief Revenue Officer", "VP of Sales", "Chief Operating Officer", "Head of Marketing")
RIVALS = ("Clarivo", "Routewise", "Leadgrid", "Pathforge")
PRODUCTS = ("Compass", "Relay", "Beacon", "Switchboard", "Lantern", "Tandem", "Outpost", "Fieldbook")
INVESTORS = ("Halden Ventures", "Copperline Capital", "Norrland Growth", "Osprey Point Partners")
SENDERS = ("Sam Rivera", "Jo Lindqvist", "Ada Marino", "Theo Petrov")


def _read(path: str) -> Any:
    package, _, inner = path.partition(":")
    return parse(files(package).joinpath(inner).read_text(encoding="utf-8"), inner)[0]


@lru_cache(maxsize=1)
def config() -> EngageConfig:
    """The starter config with all its parts."""
    starter = files("loops.engage").joinpath("starter")
    data = cast(dict[str, Any], _read("loops.engage:config.yaml"))
    for part in ("plays", "playbook", "frameworks"):
        names = sorted(file.name for file in starter.joinpath(part).iterdir() if file.name.endswith(".yaml"))
        data[part] = [_read(f"loops.engage:starter/{part}/{name}") for name in names]
    data["references"] = _read("loops.engage:starter/references.yaml")
    data["rubric"] = _read("rubrics:outreach.yaml")
    return EngageConfig.model_validate(data)


class Draw:
    """Choices that depend on a seed alone."""

    def __init__(self, seed: str) -> None:
        self.seed, self.count = seed, 0

    def below(self, size: int) -> int:
        """A number from 0 to `size` - 1."""
        self.count += 1
        return int.from_bytes(sha256(f"{self.seed}|{self.count}".encode()).digest()[:8]) % size

    def pick(self, options: tuple[str, ...]) -> str:
        """One of the options."""
        return options[self.below(len(options))]


def fact(kind: FactKind, company: str, draw: Draw, id: str = "F1") -> tuple[Fact, Source]:
    """A fact of that kind with its source, as a researcher hands them over."""
    details = _details(kind, draw)
    snippet = f"{company}: {'; '.join(details.values())}."
    row = kind in ("request", "event", "content", "need", "evaluation", "timing")
    url = f"leads.csv line {draw.below(400) + 2}, column Description" if row else f"https://news.example/{id}"
    if row:
        snippet = details["words"]
    on = date(2026, 1 + draw.below(10), 1 + draw.below(28))
    source = Source(id=f"S-{id}", kind="row" if row else "document", title=f"{company} news", url=url, on=on)
    return Fact(
        id=id, kind=kind, snippet=snippet, source=source.id, company=company.lower(), details=details
    ), source


def _details(kind: FactKind, draw: Draw) -> dict[str, str]:
    amount = draw.below(80) + 8
    made: dict[str, dict[str, str]] = {
        "funding": {
            "round": draw.pick(("Series A", "Series B", "Series C")),
            "investor": draw.pick(INVESTORS),
            "amount": draw.pick((f"${amount} million", f"{amount} million dollar", f"€{amount}m")),
        },
        "executive_change": {"person": draw.pick(PEOPLE), "role": draw.pick(SEATS)},
        "competitor_churn": {"rival": draw.pick(RIVALS)},
        "expansion": {"place": draw.pick(PLACES), "site": draw.pick(("office", "warehouse", "hub"))},
        "hiring": {"count": str(amount), "roles": draw.pick(ROLES)},
        "product_launch": {"product": draw.pick(PRODUCTS)},
        "request": {"words": draw.pick(("demo_request", "contact_form"))},
        "event": {"words": draw.pick(("event", "webinar"))},
        "content": {"words": "content_download"},
        "need": {"words": "Need to replace our current tool before renewal in January"},
        "evaluation": {"words": "Comparing vendors for our EMEA team"},
        "timing": {"words": "we want this settled before our planning in March"},
    }
    return made[kind]


NEWS: tuple[FactKind, ...] = (
    "funding",
    "executive_change",
    "competitor_churn",
    "expansion",
    "hiring",
    "product_launch",
)


def material(number: int, play: Play | None = None) -> Material:
    """What the sequence to lead `number` is made of; its play is given or follows from the number."""
    draw, cfg = Draw(f"lead {number}"), config()
    play = play or cfg.plays[number % len(cfg.plays)]
    company = draw.pick(COMPANIES)
    reader = Reader(
        lead=f"L-{number:06}",
        first_name=draw.pick(FIRST),
        full_name="",
        title=draw.pick(TITLES),
        company=company,
        industry=draw.pick(INDUSTRIES),
    )
    reader = reader.model_copy(update={"full_name": f"{reader.first_name} {draw.pick(LAST)}"})
    lead_kinds: tuple[FactKind, ...] = play.facts or ("need",)
    others = (
        [kind for kind in (*NEWS, "request") if kind not in lead_kinds]
        if play.facts and lead_kinds[0] in NEWS
        else ["evaluation", "need", "hiring", "expansion"]
    )
    kinds = (lead_kinds[draw.below(len(lead_kinds))], *_some(others, 1 + draw.below(3), draw))
    pairs = [fact(cast(FactKind, kind), company, draw, f"F{place + 1}") for place, kind in enumerate(kinds)]
    return Material(
        reader=reader,
        sender=draw.pick(SENDERS),
        sender_company=cfg.sender_company,
        play=play,
        facts=tuple(pair[0] for pair in pairs),
        sources=tuple(pair[1] for pair in pairs),
        lines=tuple(cfg.lines[name] for name in sorted({line for mail in play.mails for line in mail.lines})),
        references=cfg.references.customers,
        rubric=cfg.rubric,
        today=AT.date(),
    )


def _some(options: list[Any], count: int, draw: Draw) -> Iterator[str]:
    left = list(options)
    for _ in range(min(count, len(left))):
        yield left.pop(draw.below(len(left)))


def task(made: Material, **changes: Any) -> WritingTask:
    """The writing task for that material."""
    return WritingTask(
        reader=made.reader,
        sender=made.sender,
        sender_company=made.sender_company,
        play=made.play,
        facts=made.facts,
        sources=made.sources,
        lines=made.lines,
        references=made.references,
        today=made.today,
        **changes,
    )


def written(made: Material, **changes: Any) -> Draft:
    """What the embedded writer makes of it."""
    reply = outreach_writer(task(made, **changes).model_dump(mode="json"), ())
    assert isinstance(reply, Reply)
    return Draft.model_validate(reply.value)


def renamed(made: Material, **changes: Any) -> Material:
    """The same material with some parts replaced."""
    return replace(made, **changes)
