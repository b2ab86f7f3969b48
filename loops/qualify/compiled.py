"""Qualify over many past inputs at once: the answers of `decide`, with the answers that their runs got."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loops.columns import Attribute, Column, Columns, chosen, column, constant, filled, mapped, placed
from loops.compiled import points
from loops.decision import Answer
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.qualify.logic import AGENT, OPS
from loops.qualify.matching import NONE
from loops.records import Company, Lead
from loops.scoring import FULL, Factor
from loops.simulate import END, GRADE, OWNER, RULE, SCORE, Bulk, Floor, Stands

GRADED = "graded"
AS_IT_IS = ("seniority", "job_function", "source", "email_kind", "signal", "age_days")
"""Attributes that no config changes."""
PROFILE = ("its_country", "its_industry", "its_employees", "its_day", "its_stage")
"""What is scored of a company's profile: place, industry, head count, day of its last update, funding."""
NAMES = (*AS_IT_IS, "own_employees", "own_country", "own_industry", "contradicted", "day", *PROFILE, "doubt")
NOTHING = -1
"""A number that isn't known."""
Numbers = NDArray[np.int64]
Profile = tuple[Attribute, ...]
"""The parts of PROFILE; all None: no profile is the lead's."""
NO_PROFILE: Profile = (None,) * len(PROFILE)


# --- what is kept of an input ---------------------------------------------------------------------
def facts(input: QualifyInput, answers: tuple[Answer, ...]) -> Mapping[str, Attribute]:
    """What the lead says, its company's profile, and what is left to the config of which company it is."""
    lead = input.lead
    settled, doubt = _settled(input, answers)
    return {
        "seniority": None if lead.seniority == "unknown" else lead.seniority,
        "job_function": None if lead.job_function == "unknown" else lead.job_function,
        "source": lead.source,
        "email_kind": lead.email_kind,
        "signal": lead.signal.type if lead.signal else None,
        "age_days": max(0, (input.at - lead.created_at).days),
        "own_employees": lead.employees,
        "own_country": lead.place.country,
        "own_industry": lead.industry,
        "contradicted": 1 if lead.place.conflict else None,
        "day": input.at.date().toordinal(),
        **dict(zip(PROFILE, settled, strict=True)),
        "doubt": doubt,
    }


def _settled(input: QualifyInput, answers: tuple[Answer, ...]) -> tuple[Profile, str | None]:
    """The profile that is the lead's whatever the config says; or what is needed to tell, and the answers."""
    lead, candidates = input.lead, input.enrichment.candidates
    told = [(company, _differences(lead, company)) for company in candidates]
    sure = [c for c, differs in told if _same(lead.domain, c.domain) and "country" not in differs]
    like = [c for c, differs in told if _same(lead.place.country, c.place.country) and not differs]
    if not candidates or len(sure) == 1:
        return _profile(sure[0] if candidates else None), None
    open_ones = [] if sure else like
    if len(open_ones) == 1 and not (lead.industry and open_ones[0].industry):
        return _profile(open_ones[0]), None
    doubt: dict[str, Any] = {
        "industry": lead.industry or "",
        "employees": lead.employees,
        "open": [[_profile(company), company.industry or ""] for company in open_ones],
        "answers": [_kept(answer, candidates) for answer in answers],
    }
    return NO_PROFILE, json.dumps(doubt)


def _differences(lead: Lead, company: Company) -> tuple[str, ...]:
    """Of domain, country and city those that both name, and name differently."""
    cities = [place.city and place.city.lower() for place in (lead.place, company.place)]
    pairs = (
        ("domain", lead.domain, company.domain),
        ("country", lead.place.country, company.place.country),
        ("city", *cities),
    )
    return tuple(name for name, mine, theirs in pairs if mine and theirs and mine != theirs)


def _same(mine: str | None, theirs: str | None) -> bool:
    return bool(mine and theirs and mine == theirs)


def _profile(company: Company | None) -> Profile:
    """What is scored of it."""
    if company is None:
        return NO_PROFILE
    day, stage = company.updated_on.toordinal(), company.funding_stage
    return company.place.country, company.industry, company.employees, day, stage


def _kept(answer: Answer, candidates: tuple[Company, ...]) -> tuple[str, Profile, float]:
    """An answer as what it may come to: dropped, unusable, or a company by a person or an agent so sure."""
    choice = answer.value.get("choice")
    if answer.actor == "nobody" or choice not in (*(c.id for c in candidates), NONE):
        dropped = answer.actor == "person" and answer.value.get("verdict") == "reject"
        return "drop" if dropped else "bad", NO_PROFILE, 0
    profile = _profile(next((c for c in candidates if c.id == choice), None))
    return "person" if answer.actor == "person" else "agent", profile, answer.confidence or 0


# --- many at once ---------------------------------------------------------------------------------
def stands(columns: Columns, config: QualifyConfig, floor: Floor, like: Stands | None = None) -> Stands:
    """Each one's grade and score, or the question that is left open; and what Route asks for beside."""
    known, verdicts = checked(columns, config)
    score = points(config.factors, known)
    none = constant(columns.size, None)
    which = verdicts.lookup(lambda end: end == GRADED, np.int8)[verdicts.codes]
    grades = [f"graded_{config.grades.grade(at)}" for at in range(FULL + 1)]
    scored = Column(score.astype(np.uint32), tuple(range(FULL + 1)))
    ends = {
        END: chosen((verdicts, mapped(scored, lambda at: grades[int(at or 0)])), which),
        OWNER: none,
        RULE: none,
        GRADE: chosen((none, mapped(scored, lambda at: config.grades.grade(int(at or 0)))), which),
        SCORE: chosen((none, scored), which),
        "employees": known["employees"],
        "industry": known["industry"],
    }
    return Stands(Columns(columns.size, ends), floor.loads)


def checked(columns: Columns, config: QualifyConfig) -> tuple[Columns, Column]:
    """The attributes that are scored, as `check` has them; and `graded`, or how each ends without a grade."""
    (country, industry, theirs, day, stage), verdicts = _companies(columns, config)
    stale = _numbers(columns["day"]) - _numbers(day) > config.checks.stale_after_days
    gone = constant(columns.size, None)
    old = (stale & (_numbers(day) != NOTHING)).astype(np.int8)
    fresh = chosen((theirs, gone), old)
    written = filled(columns["own_industry"], industry)
    contradicted = columns["contradicted"].lookup(lambda value: value is not None, np.int8)
    attributes = {
        **{name: columns[name] for name in AS_IT_IS},
        "industry": mapped(written, lambda word: config.industry(_text(word))),
        "employees": _employees(columns["own_employees"], fresh, config.checks.employees_ratio),
        "country": chosen(
            (filled(columns["own_country"], country), gone), contradicted[columns["contradicted"].codes]
        ),
        "funding_stage": mapped(chosen((stage, gone), old), lambda text: str(text).lower() if text else None),
    }
    return Columns(columns.size, attributes), verdicts


def _text(value: Attribute) -> str | None:
    return None if value is None else str(value)


def _numbers(given: Column) -> Numbers:
    return given.lookup(lambda value: NOTHING if value is None else int(value), np.int64)[given.codes]


def _employees(own: Column, theirs: Column, ratio: float) -> Column:
    """The lead's own head count, else the profile's; unknown where they lie too far apart."""
    mine, other = (np.maximum(_numbers(one), 0) for one in (own, theirs))
    both = (mine > 0) & (other > 0)
    low = np.where(both, np.minimum(mine, other), 1)
    apart = both & (np.where(both, np.maximum(mine, other), 1) / low > ratio)
    return chosen((filled(own, theirs), constant(len(own), None)), apart.astype(np.int8))


def _companies(columns: Columns, config: QualifyConfig) -> tuple[list[Column], Column]:
    """The parts of each one's profile, and `graded` or how it ends; what is in doubt this config settles."""
    doubt = columns["doubt"]
    found = [(NO_PROFILE, GRADED) if text is None else _resolved(str(text), config) for text in doubt.values]
    rows = np.flatnonzero(doubt.lookup(lambda text: text is not None, np.bool_)[doubt.codes])
    codes, parts = doubt.codes[rows], list(zip(*(profile for profile, _ in found), strict=True))
    settled = [
        placed(columns[name], rows, Column(codes, part)) for name, part in zip(PROFILE, parts, strict=False)
    ]
    return settled or [columns[name] for name in PROFILE], Column(doubt.codes, tuple(end for _, end in found))


def _resolved(text: str, config: QualifyConfig) -> tuple[Profile, str]:
    """The profile that a doubt comes to under this config, and `graded`; or how it ends without one."""
    doubt = json.loads(text)
    own = config.industry(doubt["industry"])
    like = [p for p, theirs in doubt["open"] if not (own and theirs) or own == config.industry(theirs)]
    if len(like) == 1:
        return tuple(like[0]), GRADED
    bands, end = config.matching.of(doubt["employees"]), f"asks {AGENT}"
    for kind, profile, sure in doubt["answers"]:
        if kind == "drop":
            return NO_PROFILE, "dropped"
        if kind == "person" or (kind == "agent" and bands.stands(sure)):
            return tuple(profile), GRADED
        end = f"asks {OPS}"
    return NO_PROFILE, end


# --- why ------------------------------------------------------------------------------------------
def causes(columns: Columns, before: QualifyConfig, after: QualifyConfig) -> Column:
    """For each the factor whose points change the most, else what of the config changes its grade."""
    (was, _), (now, _) = checked(columns, before), checked(columns, after)
    olds, news = ({f.name: f for f in config.factors} for config in (before, after))
    names = list(dict.fromkeys((*olds, *news)))
    largest = np.zeros(columns.size, dtype=np.int16)
    cause = np.full(columns.size, len(names), dtype=np.int64)
    for at, name in enumerate(names):
        change = _points(news.get(name), now) - _points(olds.get(name), was)
        more = np.abs(change) > np.abs(largest)
        largest[more], cause[more] = change[more], at
    total = points(after.factors, now) != points(before.factors, was)
    left = "grade thresholds" if before.grades != after.grades else "company match"
    cause[~total & (before.grades != after.grades)] = len(names)
    return Column(cause.astype(np.uint32), (*(f"factor {name}" for name in names), left))


def _points(factor: Factor | None, known: Columns) -> NDArray[np.int16]:
    if factor is None:
        return np.zeros(known.size, dtype=np.int16)
    attribute = known[factor.attribute]
    return attribute.lookup(factor.points, np.int16)[attribute.codes]


def told(row: Mapping[str, Attribute], before: QualifyConfig, after: QualifyConfig) -> str:
    """The scores and grades before and after, with every factor that gives other points."""
    one = Columns(1, {name: column([row[name]]) for name in NAMES})
    (was, _), (now, _) = checked(one, before), checked(one, after)
    olds, news = ({f.name: int(_points(f, known)[0]) for f in config.factors}
                  for config, known in ((before, was), (after, now)))  # fmt: skip
    parts = [f"{name} {olds.get(name, 0)} → {news.get(name, 0)}" for name in dict.fromkeys((*olds, *news))
             if olds.get(name, 0) != news.get(name, 0)]  # fmt: skip
    old, new = sum(olds.values()), sum(news.values())
    grades = f"grade {before.grades.grade(old)} → {after.grades.grade(new)}"
    if not parts:
        return f"{new} points as before, {grades}."
    return f"{old} → {new} points, {grades}: {', '.join(parts)}."


def renewed(input: QualifyInput, floor: Floor, config: QualifyConfig) -> QualifyInput:
    """The input itself: nobody's desk counts."""
    return input


BULK = Bulk(
    names=NAMES, facts=facts, stands=stands, renewed=renewed, told=told, causes=causes, keeps_answers=True
)
__all__ = ["BULK", "checked", "facts", "stands"]
