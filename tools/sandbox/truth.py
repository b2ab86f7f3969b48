"""The ground truth, one JSON object a line; it is written to a file apart that no tool reads."""

from collections.abc import Iterator

from pydantic import JsonValue

from loops.scenario import Scenario
from tools.sandbox.calls import Recorded
from tools.sandbox.crm import Book
from tools.sandbox.documents import Library, Told
from tools.sandbox.facts import USABLE_DAYS, Fact
from tools.sandbox.leads import LeadStream, Made
from tools.sandbox.profiles import Profiles, company_id, index_of
from tools.sandbox.roster import DEPARTED, pool_for, territory_of

Row = dict[str, JsonValue]


class Owners:
    """Who a lead belongs to by the order people accept; it remembers which companies have had a lead."""

    def __init__(self, book: Book, earlier: set[int]) -> None:
        self.book = book
        self._earlier = earlier
        # indexes of companies with an earlier lead that somebody in office owns
        deals = sorted(
            (d for d in book.opportunities() if d.closed_on is None), key=lambda d: (d.opened_on, d.id)
        )
        self._deals = {deal.account: deal.owner for deal in deals}  # the newest of an account wins

    def kind(self, made: Made, number: int) -> tuple[str, str | None]:
        """(kind of owner, the rep or pool where it is settled)."""
        if made.origin != number:
            return "merged", None
        if made.address == "invalid":
            return "rejected", None
        if made.kind == "rival":
            return "own_or_competitor", None
        if made.company is None:
            return ("triage" if made.place == "ambiguous" else "pool"), None
        return self._known(made, made.company)

    def _known(self, made: Made, index: int) -> tuple[str, str | None]:
        p, standing = self.book.profiles.at(index), self.book.standing(index)
        if made.address == "free" and p.twin is not None and made.place in ("ambiguous", "contradictory"):
            return "triage", None
        deal = self._deals.get(f"A-{index:06d}")
        if deal:
            return "open_deal", deal
        if standing and standing.owner and standing.owner != DEPARTED:
            return "account_owner", standing.owner
        if index in self._earlier:
            return "earlier_lead", None
        if made.kind == "student":
            return "nurture", None
        self._earlier.add(index)
        return "pool", pool_for(p.city.country, p.employees)


def companies_worked(owned: Iterator[tuple[str | None, str | None]]) -> set[int]:
    """The indexes of the companies in (company, owner) pairs whose owner is in office."""
    found = (index_of(company) for company, owner in owned if company and owner and owner != DEPARTED)
    return {index for index in found if index is not None}


def lead_rows(stream: LeadStream, owners: Owners, scenario: Scenario, count: int) -> Iterator[Row]:
    """The truth about the first `count` leads, in order."""
    for number, made in enumerate(stream.made(count)):
        kind, owner = owners.kind(made, number)
        p = None if made.company is None else owners.book.profiles.at(made.company)
        row: Row = {
            "lead": made.raw.key,
            "kind": made.kind,
            "company": None if made.company is None else company_id(made.company),
            "country": p.city.country if p else None,
            "territory": territory_of(scenario, p.city.country, p.city.region) if p else None,
            "owner_kind": kind,
            "owner": owner,
            "merge_with": None if made.origin == number else f"lead-{made.origin:07d}",
            "address": made.address,
            "place": made.place,
            "is_injection": made.injected,
        }
        yield row


def company_rows(profiles: Profiles) -> Iterator[Row]:
    """The truth about every company: its facts, its parent, its namesake."""
    for index in range(profiles.count):
        p = profiles.at(index)
        yield {
            "company": p.id,
            "name": p.name,
            "country": p.city.country,
            "employees": p.employees,
            "parent": None if p.parent is None else company_id(p.parent),
            "namesake": None if p.twin is None else company_id(p.twin),
            "facts": [_fact(fact) for fact in profiles.facts(index)],
        }


def document_rows(library: Library, count: int) -> Iterator[Row]:
    """The truth about every document: whom it is really about, and what may be taken from it."""
    for index in range(count):
        yield from (_document(told) for told in library.told(index))


def _document(told: Told) -> Row:
    return {
        "document": told.document.id,
        "indexed_under": told.document.company,
        "about": told.about,
        "trait": told.trait,
        "is_stale": any(fact.stale for fact in told.facts),
        "facts": [_fact(fact) for fact in told.facts],
    }


def _fact(fact: Fact) -> Row:
    return {
        "kind": fact.kind,
        "on": fact.on.isoformat(),
        "usable": fact.ago <= USABLE_DAYS,
        "values": dict(fact.values),
    }


def call_rows(calls: Iterator[Recorded]) -> Iterator[Row]:
    """The truth about every call: what the customer said, by dimension."""
    for told in calls:
        quotes: list[JsonValue] = [{"dimension": topic, "quote": words} for topic, words in told.quotes]
        yield {"call": told.call.id, "quotes": quotes, "is_injection": told.injected}
