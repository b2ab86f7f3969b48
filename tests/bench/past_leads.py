"""Past leads in bulk, drawn as columns and kept as the product keeps them; and one of them as an input."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from loops.columns import Attribute, Column, Columns, Rows, mapped
from loops.decision import Answer
from loops.qualify.compiled import PROFILE, Profile
from loops.qualify.inputs import QualifyInput
from loops.qualify.outputs import LeadQualified
from loops.records import AccountMatch, Company, EarlierLead, Enrichment, Lead, Origin, Place
from loops.route.config import RouteConfig
from loops.route.inputs import RouteInput
from loops.rules import Rule
from loops.scenario import Pool, Rep, Scenario
from loops.simulate import Bulk, Floor
from tests.house import template
from tools.store import Store
from tools.store.columns import Past, Source, key_of, packed
from tools.store.evidence import columns as kept

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
CHUNK = 20_000
PEOPLE, POOLS, PER_POOL = 240, 30, 10
COMPANIES = 100_000
"""Profiles that the leads are of."""
LANDS = tuple(f"land-{n}" for n in range(24))
COUNTRIES = tuple(f"{a}{b}" for a in "ABCDEFGH" for b in "KLMNO")
INDUSTRIES = (
    "software",
    "financial services",
    "media",
    "industrial",
    "health",
    "consumer",
    "energy",
    "public",
)
SOURCES = ("referral", "demo_request", "contact_form", "partner", "webinar", "event", "list", "organic")
SENIORITIES = ("c_level", "vp", "director", "manager", "individual", "student")
FUNCTIONS = ("sales", "marketing", "operations", "finance", "it", "hr")
SIGNALS = ("funding", "expansion", "hiring")
STATUSES = ("prospect", "customer", "partner", "former", "competitor")
Decided = tuple[Any, tuple[Answer, ...]]
"""An input and the answers that its run got."""


def floor() -> Floor:
    people = tuple(
        Rep(id=f"rep-{n:03d}", name=f"Rep {n}", email=f"rep-{n}@ours.example", role="ae", capacity=20_000)
        for n in range(PEOPLE)
    )
    pools = tuple(
        Pool(
            id=f"pool-{n}",
            name=f"Pool {n}",
            members=tuple(people[(8 * n + at) % PEOPLE].id for at in range(PER_POOL)),
            backup=f"pool-{(n + 1) % POOLS}",
        )
        for n in range(POOLS)
    )
    plan = Scenario(name="bench", roster=people, pools=pools)
    return Floor(NOW, plan, {rep.id: at % 40 for at, rep in enumerate(people)}, {"rep-007": "absent"})


def route_config(rules: int) -> RouteConfig:
    """So many rules as companies have: sets, ranges, several attributes, territories; the last takes all."""
    draw, found = Random(rules), list[Rule]()
    for at in range(rules - 2):
        low = draw.choice([1, 50, 200, 1000, 5000])
        sizes = draw.choice([{"at_least": low}, {"below": 4 * low}, {"at_least": low, "below": 20 * low}])
        parts = {
            "territory": draw.sample(LANDS, draw.randint(1, 4)),
            "country": draw.sample(COUNTRIES, draw.randint(1, 5)),
            "industry": {draw.choice(["any_of", "none_of"]): draw.sample(INDUSTRIES, draw.randint(1, 3))},
            "source": draw.sample(SOURCES, draw.randint(1, 3)),
            "employees": sizes,
            "grade": draw.sample("ABC", draw.randint(1, 3)),
            "seniority": draw.sample(SENIORITIES, 2),
            "score": {"at_least": draw.randint(30, 80)},
            "domain": [f"d{draw.randrange(50_000)}.example" for _ in range(20)],
        }
        names = {
            "grade",
            *draw.sample(sorted(parts), draw.randint(1, 3)),
            draw.choice(["territory", "country"]),
        }
        owner = f"pool:pool-{draw.randrange(POOLS)}" if at % 9 else f"rep:rep-{draw.randrange(PEOPLE):03d}"
        when = {name: parts[name] for name in sorted(names)}
        found.append(Rule.model_validate({"name": f"rule {at}", "when": when, "owner": owner}))
    nurture = Rule.model_validate({"name": "nurture", "when": {"grade": ["D"]}, "owner": "queue:nurture"})
    last = Rule(name="everything else", owner="pool:pool-0")
    config = template().workspace.configs["route"]
    assert isinstance(config, RouteConfig)
    return config.model_copy(update={"rules": (*found, nurture, last)})


def _drawn(rng: np.random.Generator, size: int, values: Sequence[Attribute], unknown: float = 0.0) -> Column:
    """A column of values drawn alike, some of them not known."""
    codes = rng.integers(0, len(values), size, dtype=np.uint32)
    if not unknown:
        return Column(codes, tuple(values))
    codes[rng.random(size) < unknown] = len(values)
    return Column(codes, (*values, None))


def _route_columns(size: int, seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    names = [f"d{n}.example" for n in range(50_000)]
    reps = [f"rep-{n:03d}" for n in range(PEOPLE)]
    parts = {
        "territory": _drawn(rng, size, LANDS, 0.04),
        "country": _drawn(rng, size, COUNTRIES, 0.02),
        "region": _drawn(rng, size, [f"US-{n}" for n in range(50)], 0.6),
        "city": _drawn(rng, size, [f"City {n}" for n in range(4000)], 0.1),
        "grade": _drawn(rng, size, "ABCD"),
        "score": _drawn(rng, size, range(101)),
        "employees": _drawn(rng, size, [int(3 * 1.004**n) for n in range(2500) if n % 2], 0.1),
        "industry": _drawn(rng, size, INDUSTRIES, 0.15),
        "source": _drawn(rng, size, SOURCES),
        "seniority": _drawn(rng, size, SENIORITIES, 0.1),
        "job_function": _drawn(rng, size, FUNCTIONS, 0.1),
        "email_kind": _drawn(rng, size, ["business", "free"]),
        "domain": _drawn(rng, size, names, 0.2),
        "signal": _drawn(rng, size, SIGNALS, 0.9),
        "account_status": _drawn(rng, size, STATUSES, 0.8),
        "company_key": _drawn(rng, size, [f"company {n}" for n in range(50_000)], 0.05),
        "open_deal": _drawn(rng, size, reps, 0.99),
        "account_owner": _drawn(rng, size, reps, 0.97),
        "earlier_lead": _drawn(rng, size, reps, 0.95),
    }
    status = parts["account_status"]
    nothing = status.lookup(lambda value: value is None, np.bool_)[status.codes]
    for name in ("open_deal", "account_owner"):
        parts[name] = _blanked(parts[name], nothing)
    parts = {name: _used(one) for name, one in parts.items()}
    status = parts["account_status"]
    closed = status.lookup(lambda value: int(value != "competitor"), np.uint32)
    return Columns(size, parts).having(closed=Column(closed[status.codes], (1, None)))


def _blanked(given: Column, where: NDArray[np.bool_]) -> Column:
    """The column, not known of those records."""
    values = given.values if None in given.values else (*given.values, None)
    return Column(np.where(where, np.uint32(values.index(None)), given.codes), values)


@lru_cache(maxsize=1)
def profiles() -> tuple[Profile, ...]:
    draw, today = Random(COMPANIES), NOW.date().toordinal()
    return tuple(
        (draw.choice(COUNTRIES), draw.choice(INDUSTRIES), draw.randrange(9000), today - draw.randrange(900),
         draw.choice([None, "Series A", "public"]))
        for _ in range(COMPANIES)
    )  # fmt: skip


def _qualify_columns(size: int, seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    made, none = profiles(), dict.fromkeys(range(5))
    doubts = [
        json.dumps({"industry": "", "employees": None, "open": [],
                    "answers": [["person", made[n], 0]] if n % 2 else []})
        for n in range(seed // 50, seed // 50 + max(2, size // 50))
    ]  # fmt: skip
    open_ones = rng.random(size) < 0.03
    parts = {
        "seniority": _drawn(rng, size, SENIORITIES, 0.1),
        "job_function": _drawn(rng, size, FUNCTIONS, 0.1),
        "source": _drawn(rng, size, SOURCES),
        "email_kind": _drawn(rng, size, ["business", "free"]),
        "signal": _drawn(rng, size, SIGNALS, 0.9),
        "age_days": _drawn(rng, size, range(150)),
        "own_employees": _drawn(rng, size, range(1, 9000), 0.5),
        "own_country": _drawn(rng, size, COUNTRIES, 0.2),
        "own_industry": _drawn(rng, size, ["Banking", "saas", "mining", *INDUSTRIES], 0.4),
        "contradicted": _drawn(rng, size, [1], 0.98),
        "day": _drawn(rng, size, [NOW.date().toordinal()]),
        "doubt": _blanked(_drawn(rng, size, doubts), ~open_ones),
    }
    whose = _blanked(_drawn(rng, size, range(COMPANIES), 0.2), open_ones)
    for at, name in enumerate(PROFILE):
        parts[name] = mapped(whose, lambda n, at=at: (none if n is None else made[int(n)])[at])
    known = whose.lookup(lambda n: n is not None, np.bool_)[whose.codes]
    # a profile in another country is none that a lead is matched with
    parts["own_country"] = _blanked(parts["own_country"], known | open_ones)
    return Columns(size, {name: _used(one) for name, one in parts.items()})


def _used(given: Column) -> Column:
    """The column with the values alone that it takes, as the product keeps it."""
    found, codes = np.unique(given.codes, return_inverse=True)
    places: list[int] = found.tolist()
    return Column(codes.astype(np.uint32), tuple(given.values[at] for at in places))


def write(path: Path, leads: int) -> None:
    """Keep so many leads in chunks, as the product does."""
    store = Store(str(path))
    for start in range(0, leads, CHUNK):
        size = min(CHUNK, leads - start)
        rows: Rows = np.arange(start, start + size)
        ids = [f"L-{n:012d}" for n in rows.tolist()]
        for loop, made in (
            ("route", _route_columns(size, start)),
            ("qualify", _qualify_columns(size, start)),
        ):
            chunk = Past(
                np.array([id.encode() for id in ids], dtype=np.bytes_),
                np.array([key_of(id) for id in ids], dtype=np.uint64),
                np.array([f"{n:032d}".encode() for n in rows.tolist()], dtype=np.bytes_),
                rows.astype(np.int64), np.full(size, int(NOW.timestamp()), dtype=np.int64), made,
            )  # fmt: skip
            with store.transaction() as tx:
                tx.add(kept, loop=loop, first=start + 1, last=start + size, rows=size, made_by="bench",
                       data=packed(chunk))  # fmt: skip
                tx.flush()
    store.close()


def source(loop: str, bulk: Bulk) -> Source:
    return Source(loop, (), "bench", bulk, lambda raw: raw)


# --- one of them as the loop's own input ----------------------------------------------------------
def _lead(row: Mapping[str, Attribute], **more: Any) -> Lead:
    said: dict[str, Any] = {
        "id": "L-1", "person": "P-1", "source": row["source"], "created_at": NOW, "domain": row.get("domain"),
        "seniority": row["seniority"] or "unknown", "job_function": row["job_function"] or "unknown",
        "email_kind": row["email_kind"], "company_key": row.get("company_key") or "",
        "signal": row["signal"] and {"type": row["signal"], "on": NOW.date(), "detected_by": "scan"},
        "origin": Origin(source="bench"), **more,
    }  # fmt: skip
    return Lead.model_validate(said)


def route_input(row: Mapping[str, Attribute]) -> Decided:
    place = {name: row[name] for name in ("country", "region", "city")}
    event = {name: row[name] for name in ("score", "grade", "employees", "industry")}
    status, account = (
        row["account_status"],
        {"id": "A", "name": "A", "key": "a", "owner": row["account_owner"]},
    )
    match = {"account": {**account, "status": status}, "by": "domain", "open_deal_owner": row["open_deal"]}
    earlier = row["earlier_lead"]
    input = RouteInput(
        at=NOW,
        lead=_lead(row, place=Place.model_validate(place)),
        qualified=LeadQualified.model_validate({"record": "L-1", "company": None, "lifts": (), **event}),
        headquarters=None, suppression=None, match=AccountMatch.model_validate(match) if status else None,
        earlier=EarlierLead(lead="L-0", owner=str(earlier)) if earlier else None,
        current_owner=None, claimants=(), pools=(), options=(),
        territory=cast("str | None", row["territory"]),
    )  # fmt: skip
    return input, ()


def qualify_input(row: Mapping[str, Attribute]) -> Decided:
    """The lead with its profile; one in doubt has two, and the answer that a person gave where one did."""
    doubt: dict[str, Any] = json.loads(str(row["doubt"])) if row["doubt"] else {}
    conflict = ("US", "DE") if row["contradicted"] else ()
    said = [profile for _, profile, _ in doubt.get("answers", ())]
    told = [row[name] for name in PROFILE]
    companies = [_company("C-1", profile) for profile in (*([told] if row["its_day"] else ()), *said)]
    companies += [_company(id, (None, None, None, 1, None)) for id in ("C-2", "C-3")] if doubt else []
    answers = tuple(Answer(by="person:ana", value={"choice": "C-1"}) for _ in said)
    lead = _lead(
        row, created_at=NOW - timedelta(days=int(row["age_days"] or 0)), employees=row["own_employees"],
        industry=row["own_industry"], domain="its.example",
        place=Place(country=cast("str | None", row["own_country"]), conflict=conflict),
    )  # fmt: skip
    found = Enrichment(provider="bench", searched=(), candidates=tuple(companies))
    return QualifyInput(at=NOW, lead=lead, enrichment=found), answers


def _company(id: str, profile: Sequence[Any]) -> Company:
    country, industry, employees, day, stage = profile
    return Company(
        id=id, name=id, domain="its.example", place=Place(country=country), industry=industry,
        employees=employees, funding_stage=stage, updated_on=date.fromordinal(day), source="bench",
    )  # fmt: skip
