"""Find the records that somebody's words name: by id, address, name, company or domain."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Table, or_, select

from loops.records import Account, Company, Lead, Rep
from tools.ids import Words
from tools.lookup.context import LookupContext
from tools.normalise import company_key, fold
from tools.store import tables as t

SHOWN = 8
"""Records of a kind that are listed: more than that means that the words name nobody in particular."""
_LONGEST_NAME = 5
_LEAST_LETTERS = 4
_EDGES = re.compile(r"^[^\w@]+|[^\w]+$|['’]s?$")
_COMMON = frozenset(
    "about account accounts again agent anything assigned because before behind between call calls came "
    "company could deal deals does doing draft dealing enterprise first from have into last lead leads "
    "mail mails message more much need open over owner owns pool profile right rule sales should show "
    "still team tell than that their them then there these they this today tomorrow what when where which "
    "whom whose will with would your".split()
)
"""Words that alone name no record, though a company or a person may be called so."""


@dataclass(frozen=True)
class Span:
    """Some of the words in a row, and the keys that records could bear them under."""

    start: int
    size: int
    text: str
    # lower case, without accents
    company: str
    # the normalised company name

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a word."""
        return self.start < other.start + other.size and other.start < self.start + self.size


def find_records(ctx: LookupContext, words: Words) -> JsonValue:
    """The leads, accounts, company profiles and people of ours that these words name; lists may be empty.

    Args:
        ctx: the runtime's side.
        words: an id, an e-mail address, a name, a company or a domain; a whole question will do.
    """
    tokens = [token for word in words.split() if (token := _bare(word))]
    spans = list(_spans(tokens))
    leads, more_leads = _leads(ctx, spans, tokens)
    found: dict[str, JsonValue] = {
        "leads": [_lead(ctx, row) for row in leads[:SHOWN]],
        "more_leads": more_leads,
        "accounts": [
            _account(Account.model_validate_json(r.doc)) for r in _kept(ctx, t.accounts, spans, tokens)
        ],
        "companies": [
            _company(Company.model_validate_json(r.doc)) for r in _kept(ctx, t.companies, spans, tokens)
        ],
        "reps": [_rep(rep) for rep in _reps(ctx.records.scenario.roster, spans, tokens)],
    }
    return found


def _bare(word: str) -> str:
    before = ""
    while before != word:
        before, word = word, _EDGES.sub("", word)
    return word


def _spans(tokens: Sequence[str]) -> Iterable[Span]:
    """Every run of up to five words, the longest first."""
    for size in range(min(_LONGEST_NAME, len(tokens)), 0, -1):
        for start in range(len(tokens) - size + 1):
            text = " ".join(tokens[start : start + size])
            if size == 1 and (fold(text) in _COMMON or len(text) < 2):
                continue
            yield Span(start, size, fold(text).replace(".", " ").strip(), company_key(text))


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The spans that no longer one contains a part of; they come the longest first."""
    kept: list[Span] = []
    for span in spans:
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return kept


def _exact(tokens: Iterable[str]) -> list[str]:
    return [token for word in tokens for token in {word, word.lower()}]


def _leads(ctx: LookupContext, spans: list[Span], tokens: list[str]) -> tuple[list[Any], bool]:
    """By id or address; else by full name; else by company; else by part of a name."""
    leads = t.leads.c
    named = _rows(ctx, t.leads, or_(leads.id.in_(tokens), leads.email.in_(_exact(tokens))))
    if not named:
        people = {s.text for s in spans if s.size > 1 or "." in tokens[s.start]}
        named = _rows(ctx, t.leads, leads.name.in_(people))
        keys = {s.company for s in spans if s.company}
        there = _rows(ctx, t.leads, or_(leads.company_key.in_(keys), leads.domain.in_(_exact(tokens))))
        known = {row.company_key for row in there}
        kept = {s.company for s in _apart(s for s in spans if s.company in known)}
        there = [row for row in there if row.company_key in kept or row.domain in tokens]
        both = [row for row in named if row in there]
        named = both or named or there or _rows(ctx, t.leads, _partly(t.leads, tokens, leads.name))
    return named[:SHOWN], len(named) > SHOWN


def _kept(ctx: LookupContext, table: Table, spans: list[Span], tokens: list[str]) -> list[Any]:
    """Accounts or profiles by id, domain or name; else by the beginning of a name."""
    of = table.c
    by_id = _rows(ctx, table, or_(of.id.in_(tokens), of.domain.in_(_exact(tokens))))
    if by_id:
        return by_id[:SHOWN]
    found = _rows(ctx, table, of.key.in_({s.company for s in spans if s.company}))
    known = {row.key for row in found}
    kept = {s.company for s in _apart(s for s in spans if s.company in known)}
    return ([row for row in found if row.key in kept] or _rows(ctx, table, _partly(table, tokens)))[:SHOWN]


def _partly(
    table: Table, tokens: Iterable[str], name: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """Names that begin with one of the words, or persons' names that hold one."""
    key = table.c.key if "key" in table.c else table.c.company_key
    words = [fold(word) for word in tokens if len(word) >= _LEAST_LETTERS]
    tests: list[ColumnElement[bool]] = []
    for word in words:
        if word in _COMMON:
            continue
        tests.append(key.startswith(f"{word} ", autoescape=True))
        if name is not None:
            tests += [
                name.startswith(f"{word} ", autoescape=True),
                name.endswith(f" {word}", autoescape=True),
            ]
    return or_(*tests) if tests else table.c.id.in_([])


def _rows(ctx: LookupContext, table: Table, where: ColumnElement[bool]) -> list[Any]:
    return list(ctx.tx.all(select(table).where(where).order_by(table.c.id).limit(SHOWN + 1)))


def _reps(roster: Collection[Rep], spans: list[Span], tokens: list[str]) -> list[Rep]:
    ids, texts = set(_exact(tokens)), {s.text for s in spans if s.size > 1}
    exact = [rep for rep in roster if rep.id in ids or fold(rep.name) in texts or rep.email in ids]
    if exact:
        return exact[:SHOWN]
    words = {fold(word) for word in tokens if len(word) >= _LEAST_LETTERS} - _COMMON
    return [rep for rep in roster if words & set(fold(rep.name).split())][:SHOWN]


def _lead(ctx: LookupContext, row: Any) -> JsonValue:
    lead = Lead.model_validate_json(row.doc)
    name = f"{lead.first_name} {lead.last_name}".strip() or lead.email
    owner = ctx.records.rep(row.owner)
    return {
        "id": lead.id,
        "label": f"{name}, {lead.company or 'no company'} ({lead.id})",
        "name": name,
        "company": lead.company,
        "owner": row.owner or None,
        "owner_name": owner.name if owner else None,
    }


def _account(account: Account) -> JsonValue:
    return {
        "id": account.id,
        "label": f"{account.name} ({account.id})",
        "name": account.name,
        "company": account.company,
        "owner": account.owner,
        "status": account.status,
    }


def _company(company: Company) -> JsonValue:
    place = ", ".join(filter(None, (company.place.city, company.place.country)))
    return {
        "id": company.id,
        "label": f"{company.name}, {place or 'place unknown'} ({company.id})",
        "name": company.name,
    }


def _rep(rep: Rep) -> JsonValue:
    return {"id": rep.id, "label": f"{rep.name} ({rep.id})", "name": rep.name, "role": rep.role}
