"""A seeded company as large as a real one, its market, its history and its new leads."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path

from loops.records import Account, Call, Company, Document, Opportunity, PastLead
from loops.scenario import Scenario
from tools.intake import RawLead
from tools.sandbox import truth
from tools.sandbox.calls import recorded
from tools.sandbox.crm import Book
from tools.sandbox.documents import Library
from tools.sandbox.history import History
from tools.sandbox.leads import LeadStream
from tools.sandbox.profiles import Profiles, index_of
from tools.sandbox.roster import build_scenario
from tools.sandbox.setting import Setting
from tools.sandbox.worked import worked_example


class World:
    """Everything a sandbox holds, streamed: the same seed, scale and now give the same bytes."""

    def __init__(self, seed: int = 7, scale: float = 1.0, *, now: datetime) -> None:
        self.setting = Setting(seed, scale, now)
        self._profiles = Profiles(self.setting)
        self._book = Book(self._profiles)
        self._library = Library(self._profiles)
        self._leads = LeadStream(self._book)

    def companies(self) -> Iterator[Company]:
        """Every company profile, by id; the hand-made ones first."""
        return map(self._profiles.company, range(self._profiles.count))

    def documents(self, company: Company | str) -> tuple[Document, ...]:
        """What is indexed under that company (or profile id); empty for one that isn't of this world."""
        index = index_of(company if isinstance(company, str) else company.id)
        if index is None or index >= self._profiles.count:
            return ()
        return tuple(told.document for told in self._library.told(index))

    def accounts(self) -> Iterator[Account]:
        """Every account in the CRM, by id."""
        return self._book.accounts()

    def opportunities(self) -> Iterator[Opportunity]:
        """Open deals, then those closed in the last twelve months."""
        return self._book.opportunities()

    def past_leads(self) -> Iterator[PastLead]:
        """The last twelve months' leads with what became of them."""
        return History(self._book).past_leads()

    def calls(self) -> Iterator[Call]:
        """Recorded calls, by id."""
        return (told.call for told in recorded(self._book))

    def leads(self, n: int, start: int = 0) -> Iterator[RawLead]:
        """The new leads numbered `start` to `start + n - 1`; any lead can be made without those before it."""
        return (made.raw for made in self._leads.made(n, start))

    @cached_property
    def _scenario(self) -> Scenario:
        return build_scenario(self.setting)

    def scenario(self) -> Scenario:
        """The promoted plan: territories, pools, queues, roster."""
        return self._scenario

    def worked_example(self) -> tuple[RawLead, ...]:
        """The six hand-made leads."""
        return worked_example(self.setting.now)

    def truth(self, n_leads: int) -> Iterator[str]:
        """The ground truth as JSON lines: leads, companies, documents, calls."""
        worked = truth.companies_worked((past.company, past.owner) for past in self.past_leads())
        rows = chain(
            truth.lead_rows(self._leads, truth.Owners(self._book, worked), self._scenario, n_leads),
            truth.company_rows(self._profiles),
            truth.document_rows(self._library, self._profiles.count),
            truth.call_rows(recorded(self._book)),
        )
        return (json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)

    def write_truth(self, path: Path, n_leads: int) -> None:
        """Write the ground truth; keep the file where no tool reads."""
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in self.truth(n_leads))
