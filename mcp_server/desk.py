"""What a tool works at: the workspace as one caller may see it."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import func, select

from agent.bootstrap import House
from agent.models.port import NoModels
from agent.work import Context, context
from loops.errors import RevloopsError
from loops.values import Value
from mcp_server.access import NOBODY, TOKEN, Caller, scopes_of
from tools.cost import LABEL, Books
from tools.cost import cost as priced
from tools.knowledge.ports import ANYBODY
from tools.lookup.find import find_in_book
from tools.model_prices import load_prices
from tools.store import Tx
from tools.store import tables as t

Plain = dict[str, JsonValue]
Tell = Callable[[int, int, str], None]
"""Takes how far long work is: done, of how many, in words. Raises where nobody waits for it any more."""


def _nobody(done: int, total: int, says: str) -> None:
    """Tell nobody."""



@dataclass(frozen=True)
class Desk:
    """A house, and on whose behalf it is looked into."""

    house: House
    caller: Caller
    tell: Tell = _nobody
    aside: Callable[[], AbstractContextManager[None]] = nullcontext
    # lets other calls through while this one only waits

    @property
    def zone(self) -> str:
        """The workspace's time zone."""
        return self.house.workspace.calendar.zone

    @property
    def at(self) -> datetime:
        """Now, by the workspace's clock."""
        return self.house.runtime.at()

    def command(self, words: str) -> str:
        """A command line of ours that works from any folder of this machine."""
        return f"revloops {words} -w {quote(str(self.house.workspace.root))}"

    def name_of(self, owner: str) -> str:
        """A rep's name; a queue or an unknown id as it is."""
        return next((rep.name for rep in self.house.workspace.scenario.roster if rep.id == owner), owner)

    @contextmanager
    def looking(self) -> Generator[Context]:
        """What a look-up may reach, within one reading transaction."""
        with self.house.store.reading() as tx:
            yield context(self.house.runtime, tx, ANYBODY)

    def needs(self, scope: str) -> None:
        """Refuse what goes beyond the caller's scopes.

        Raises:
            Denied: it does.
        """
        if not self.caller.may(scope):
            raise Denied(scope, self.caller)

    def sees(self, tx: Tx, record: str) -> bool:
        """Whether a record lies in the caller's book: a lead of theirs, or a call with one."""
        if self.caller.book is None:
            return True
        call = tx.first(select(t.calls.c.lead).where(t.calls.c.id == record))
        lead = call[0] if call else record
        row = tx.first(select(t.leads.c.owner).where(t.leads.c.id == lead))
        return row is not None and row[0] == self.caller.book

    def may_answer(self, tx: Tx, record: str) -> bool:
        """Whether what waits about a record is shown: not to a rep whose lead it was and is no longer."""
        known = tx.first(select(t.leads.c.id).where(t.leads.c.id == record))
        known = known or tx.first(select(t.calls.c.id).where(t.calls.c.id == record))
        return known is None or self.sees(tx, record)

    def own(self, accounts: Iterable[JsonValue]) -> list[Plain]:
        """Those of the accounts found that are the caller's, where they have a book of their own."""
        book = self.caller.book
        found = [cast("Plain", one) for one in accounts]
        return [one for one in found if book is None or one.get("owner") == book]

    def lead(self, ctx: Context, words: str) -> str:
        """The id of the one lead that words name: an id, an e-mail address, a name, a company.

        Raises:
            RevloopsError: none is named, or more than one; the text lists them.
        """
        whole = cast("Mapping[str, Any]", find_in_book(ctx, words, self.caller.book))
        found = cast("list[Plain]", whole["leads"])
        if len(found) == 1 and not whole["more_leads"]:
            return str(found[0]["id"])
        if not found:
            near = "" if self.caller.book else ", ".join(whole["similar"])
            hint = f"; did you mean {near}?" if near else ""
            where = "no lead in your book" if self.caller.book else "no lead"
            new = "a new lead comes in by `revloops run FILE`" if _described(words) else ""
            part = "records_search finds by part of a name"
            raise RevloopsError(f"{where} is called {words[:80]!r}{hint} ({new or part})")
        listed = "; ".join(str(lead["label"]) for lead in found)
        raise RevloopsError(f"{words!r} means more than one lead, give an id: {listed}")

    # --- what models cost -------------------------------------------------------------------------
    def spent_so_far(self) -> int:
        """How many requests models have had."""
        with self.house.store.reading() as tx:
            return int(tx.first(select(func.coalesce(func.max(t.usage.c.id), 0)))[0])

    def cost(self, before: int) -> str:
        """What models were asked since then, and what it cost."""
        if isinstance(self.house.models, NoModels):
            return f"nothing: {LABEL}"
        with self.house.store.reading() as tx:
            runs = [r[0] for r in tx.all(select(t.usage.c.run).where(t.usage.c.id > before).distinct())]
            if not runs:
                return "nothing: no model was asked"
            settings, root = self.house.workspace.settings, self.house.workspace.root
            books = Books(tx, load_prices(root), settings.models.currency, self.zone, None, runs)
            return "; ".join(f"{line.calls} calls, {priced(line)}" for line in books.total())


def _described(words: str) -> bool:
    """Whether it reads like all that is known of somebody rather than like a name."""
    return words.count(",") > 1 or ("@" in words and " " in words.strip())


class Denied(RevloopsError):
    """A call beyond the caller's scopes."""

    def __init__(self, scope: str, caller: Caller) -> None:
        who, has = caller.principal, ", ".join(sorted(caller.principal.scopes)) or "none"
        if who.id == NOBODY:
            way = f"show a token: `revloops mcp --issue PERSON` prints one, {TOKEN} takes it over stdio"
        elif scope in scopes_of(who.role):
            way = f"a token of theirs can have it (`revloops mcp --issue {who.id} --scope {scope} ...`)"
        else:
            way = f"no token of the role {who.role} can have it: ask somebody in operations to do it"
        self.scope = scope
        super().__init__(f"insufficient_scope: this needs {scope}, and {who.id} has {has}; {way}")


def plain(value: Value, *names: str) -> Plain:
    """A value as JSON; only some of its fields where they are named."""
    return cast("Plain", value.model_dump(mode="json", include=set(names) or None))
