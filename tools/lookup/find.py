"""Find the records that somebody's words name: by id, address, name, company or domain."""

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Table, and_, or_, select

from loops.records import Account, Company, Lead
from loops.scenario import Rep
from tools.ids import Words
from tools.lookup.context import LookupContext
from tools.lookup.leads import name_of
from tools.normalise import company_key, fold
from tools.store import tables as t

SHOWN = 8
"""Records of a kind that are listed: more than that means that the words name nobody in particular."""
_LONGEST_NAME = 5
_LEAST_LETTERS = 4
_AT = frozenset({"at", "from", "of", "with"})
"""What stands between a person's name and their company."""
_ALIKE, _SUGGESTED = 84, 3
"""How alike a name must be to be offered (0-100, by edit distance), and how many are."""
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
    return find_in_book(ctx, words, None)


def find_in_book(ctx: LookupContext, words: str, owner: str | None) -> JsonValue:
    """The same, of leads only those that a rep owns: of anybody else's not even that there are some.

    Args:
        ctx: the runtime's side.
        words: as for `find_records`.
        owner: the rep's id; None: everybody's leads.
    """
    tokens = [token for word in words.split() if (token := _bare(word))]
    spans = list(_spans(tokens))
    leads, more_leads = _leads(ctx, spans, tokens, owner)
    here, place = _there(leads, tokens)
    found: dict[str, JsonValue] = {
        "leads": [_lead(ctx, row) for row in here[:SHOWN]],
        "more_leads": more_leads,
        "not_there": place,
        "elsewhere": [_lead(ctx, row) for row in leads[:SHOWN]] if place else [],
        "accounts": [
            _account(Account.model_validate_json(r.doc)) for r in _kept(ctx, t.accounts, spans, tokens)
        ],
        "companies": [
            _company(Company.model_validate_json(r.doc)) for r in _kept(ctx, t.companies, spans, tokens)
        ],
        "reps": [_rep(rep) for rep in _reps(ctx.records.scenario.roster, spans, tokens)],
    }
    empty = not any(found[kind] for kind in ("leads", "accounts", "companies", "reps", "elsewhere"))
    return {**found, "similar": [*_similar(ctx, tokens)] if empty else []}


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


def _leads(
    ctx: LookupContext, spans: list[Span], tokens: list[str], owner: str | None
) -> tuple[list[Any], bool]:
    """By id or address; else by full name; else by company; else by part of a name."""
    leads = t.leads.c

    def rows(where: ColumnElement[bool]) -> list[Any]:
        return _rows(ctx, t.leads, where if owner is None else and_(where, leads.owner == owner))

    named = rows(or_(leads.id.in_(tokens), leads.email.in_(_exact(tokens))))
    if not named:
        people = {s.text for s in spans if s.size > 1 or "." in tokens[s.start]}
        named = rows(leads.name.in_(people))
        keys = {s.company for s in spans if s.company}
        partly = _partly(t.leads, tokens, leads.name)
        at = or_(leads.company_key.in_(keys), leads.domain.in_(_exact(tokens)))
        both = rows(and_(at, leads.name.in_(people))) or _most(
            rows(and_(at, _person(tokens, leads.name))), tokens
        )
        if both:
            return both[:SHOWN], len(both) > SHOWN
        there = rows(at)
        known = {row.company_key for row in there}
        kept = {s.company for s in _apart(s for s in spans if s.company in known)}
        there = [row for row in there if row.company_key in kept or row.domain in tokens]
        named = named or there or _most(rows(partly), tokens)
        named = [row for row in named if not _other(row, tokens)]
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
    key = _key(table)
    words = [fold(word) for word in tokens if len(word) >= _LEAST_LETTERS]
    tests: list[ColumnElement[bool]] = []
    for word in words:
        if word in _COMMON:
            continue
        tests.append(key.startswith(f"{word} ", autoescape=True))
    if name is not None:
        tests.append(_person(tokens, name))
    return or_(*tests) if tests else table.c.id.in_([])


def _person(tokens: Iterable[str], name: ColumnElement[Any]) -> ColumnElement[bool]:
    """Persons' names that hold one of the words; a short one counts where it is written like a name."""
    words = [fold(x) for x in tokens if len(x) >= _LEAST_LETTERS - (x[:1].isupper() and not x.isupper())]
    tests: list[ColumnElement[bool]] = [name.in_([])]
    for word in words:
        if word not in _COMMON:
            tests.append(name.startswith(f"{word} ", autoescape=True))
            tests.append(name.endswith(f" {word}", autoescape=True))
    return or_(*tests)


def _most(rows: list[Any], tokens: Iterable[str]) -> list[Any]:
    """Those that hold the most of the words."""
    words = {fold(word) for word in tokens}
    held = [len(words & {*row.name.split(), *row.company_key.split()}) for row in rows]
    return [row for row, n in zip(rows, held, strict=True) if n == max(held)]


def _other(row: Any, tokens: list[str]) -> bool:
    """Whether the words spell a full name of which the row's name is but a part: somebody else's."""
    own = {*row.name.split(), *row.company_key.split(), row.email, row.domain, row.id}
    for at, (first, last) in enumerate(itertools.pairwise(tokens)):
        full = first[:1].isupper() and last[:1].isupper() and fold(first) not in _COMMON
        if full and (fold(first) in row.name.split()) and fold(last) not in own and fold(last) not in _COMMON:
            return True
        if full and at and fold(last) in row.name.split() and fold(first) not in own:
            return True
    return False


def _there(rows: list[Any], tokens: list[str]) -> tuple[list[Any], str | None]:
    """Those at the company said after the name ("Gemma Hoffmann at Brightfold"); and it, where none is."""
    folded = [fold(token) for token in tokens]
    for row in rows:
        last = row.name.split()[-1:]
        after = folded.index(last[0]) + 1 if last and last[0] in folded else len(tokens)
        said = tokens[after + 1 : after + 1 + _LONGEST_NAME]
        if after >= len(tokens) or folded[after] not in _AT or not said:
            continue
        keys = {company_key(" ".join(said[:n])) for n in range(1, len(said) + 1)} - {""}
        fit = [
            row
            for row in rows
            if row.company_key in keys or row.company_key.split()[:1] == [folded[after + 1]]
        ]
        if fit or not said[0][:1].isupper():
            return fit or rows, None
        return [], " ".join(itertools.takewhile(lambda word: word[:1].isupper(), said))
    return rows, None


def _similar(ctx: LookupContext, tokens: list[str]) -> Iterable[JsonValue]:
    """Names that are spelt nearly so: two words in a row by a person's name, one by a company's."""
    from rapidfuzz import fuzz, process

    names = {str(row[0]) for row in ctx.tx.all(select(t.leads.c.name)) if row[0]}
    names |= {fold(rep.name) for rep in ctx.records.scenario.roster}
    keys = {
        str(row[0]) for table in (t.accounts, t.leads) for row in ctx.tx.all(select(_key(table))) if row[0]
    }
    pairs = [" ".join(map(fold, pair)) for pair in itertools.pairwise(tokens)]
    ones = [fold(token) for token in tokens if len(token) > _LEAST_LETTERS and fold(token) not in _COMMON]
    hits: dict[str, float] = {}
    for words, known in ((pairs, names | keys), (ones, keys)):
        for word in words:
            for name, score, _ in process.extract(
                word, known, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=SHOWN
            ):
                hits[name] = max(score, hits.get(name, 0))
    return [name.title() for name in sorted(hits, key=lambda name: (-hits[name], name))[:_SUGGESTED]]


def _key(table: Table) -> ColumnElement[Any]:
    return table.c.key if "key" in table.c else table.c.company_key


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
    name = name_of(lead)
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
