"""Past leads decided as our rules would have, beside what people did; nothing is written, nor could be."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from agent.bootstrap import enricher, workspace_clock
from loops.config import LoopConfig
from loops.decision import Ask, Decision, Event
from loops.loop import Trigger
from loops.qualify.outputs import LeadQualified, LeadReceived
from loops.records import EarlierLead, Lead, Member
from loops.registry import Registry
from loops.route.inputs import RouteInput, attributes
from loops.route.outputs import LeadAssigned
from loops.shadow import Attribute, Shadowed
from tools import workspace as workspaces
from tools.intake import RawLead, Rejected, examined
from tools.shadow import outcome_of, owner_of, owners_by_name
from tools.store import Store
from tools.store.records import StoreCompanies, StoreRecords, unavailable
from tools.workspace import Workspace

SOONER = timedelta(seconds=1)
ASKS = "asks "


@dataclass(frozen=True)
class Wanted:
    """What to read of the file, and under which config to decide."""

    owner: str
    # heading of the column that names who really owned the lead
    outcome: str = ""
    # heading of the column that says what became of it; "": none
    configs: Mapping[str, LoopConfig] = field(default_factory=dict[str, LoopConfig])
    # loop → config in the place of today's
    day_first: bool | None = None


@dataclass
class Shadow:
    """What came of it, each row of the file accounted for."""

    rows: list[Shadowed] = field(default_factory=list[Shadowed])
    # in the order they came in
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    strangers: Counter[str] = field(default_factory=Counter[str])
    # owners as written whom nobody here is called → leads
    unowned: int = 0
    # leads without an owner in the file
    unread_outcomes: Counter[str] = field(default_factory=Counter[str])
    # words in the outcome column that say neither yes nor no → leads


class PastRecords(StoreRecords):
    """The records as each past lead found them: desks that fill up from nothing and never get full."""

    leads: dict[str, Lead]
    owned: dict[tuple[str, str | None], EarlierLead]
    # company → its newest lead so far that somebody really owned

    @cached_property
    def _loads(self) -> dict[str, list[int]]:
        """Nobody has anything to do yet."""
        return {}

    def come_in(self, lead: Lead) -> None:
        """It is this lead's turn, at the instant it came in."""
        self.leads, self.at = {lead.id: lead}, lead.created_at + SOONER
        self._members.clear()

    def lead(self, lead: str) -> Lead | None:
        """The lead whose turn it is."""
        return self.leads.get(lead)

    def owner(self, lead: str) -> str | None:
        """Nobody: it has just come in."""
        return None

    def earlier_lead(self, lead: Lead) -> EarlierLead | None:
        """The newest one before it, with the owner it really had."""
        return self.owned.get((lead.company_key, lead.domain)) if lead.company_key and lead.domain else None

    def member(self, rep: str) -> Member | None:
        """Their availability at that time; the load is what this shadow gave them."""
        person = self.rep(rep)
        if person is None:
            return None
        load = self._loads.get(rep, [0, 0])[1]
        return Member(rep=rep, load=load, unavailable=unavailable(person, self.at))


def shadow(
    root: Path,
    registry: Registry,
    raws: Iterable[RawLead],
    wanted: Wanted,
    seen: Callable[[int], None] = lambda n: None,
) -> Shadow:
    """Decide past leads in the order they came in, and hold the result against what people did.

    Args:
        root: the workspace.
        registry: the loops.
        raws: the file's rows with the columns of owner and outcome beside them.
        wanted: which columns, and under which config.
        seen: called with the number of leads done so far.
    """
    workspace = workspaces.load(root, registry)
    found, known = Shadow(), owners_by_name(workspace.scenario)
    with closing(_opened(workspace)) as store:
        clock = workspace_clock(workspace, store)
        leads = _leads(raws, workspace, clock.now(), wanted, found)
        with store.reading() as tx:
            make = enricher(workspace)
            records = PastRecords(
                tx, clock.now(), workspace.calendar, workspace.scenario, make(StoreCompanies(tx))
            )
            records.leads, records.owned = {}, {}
            desk = _Desk(registry, {**workspace.configs, **wanted.configs}, records, workspace, known)
            for n, (raw, lead) in enumerate(leads, start=1):
                found.rows.append(desk.decide(raw, lead, wanted, found))
                seen(n)
    return found


def _opened(workspace: Workspace) -> Store:
    """The workspace's store, refusing writes; an empty one in memory where there is none yet."""
    if not workspace.store_path.is_file():
        return Store("sqlite://")
    return Store(str(workspace.store_path), read_only=True)


def _leads(
    raws: Iterable[RawLead], workspace: Workspace, now: datetime, wanted: Wanted, found: Shadow
) -> Sequence[tuple[RawLead, Lead]]:
    """The rows that are leads, the oldest first."""
    country, zone = workspace.settings.default_country or None, workspace.calendar.zone
    accepted: list[tuple[RawLead, Lead]] = []
    for raw in raws:
        one = examined(raw, now, default_country=country, zone=zone, day_first=wanted.day_first)
        if isinstance(one, Rejected):
            found.rejected.append(one)
        else:
            accepted.append((raw, one.lead))
    return sorted(accepted, key=lambda pair: (pair[1].created_at, pair[0].line or 0))


@dataclass
class _Desk:
    """Decides one lead after the other."""

    registry: Registry
    configs: Mapping[str, LoopConfig]
    records: PastRecords
    workspace: Workspace
    known: Mapping[str, str]

    def decide(self, raw: RawLead, lead: Lead, wanted: Wanted, found: Shadow) -> Shadowed:
        """What our rules say of it, beside what was done."""
        self.records.come_in(lead)
        written = raw.beside.get(wanted.owner, "").strip()
        theirs = owner_of(written, self.known)
        found.unowned += not written
        if written and not theirs:
            found.strangers[written] += 1
        said = raw.beside.get(wanted.outcome, "").strip() if wanted.outcome else ""
        outcome = outcome_of(said)
        if said and outcome is None:
            found.unread_outcomes[said] += 1
        row = self._ours(lead)
        row = replace(row, line=raw.line, written=written, theirs=theirs, outcome=outcome)
        self._taken(lead, theirs or row.ours)
        return self._compared(row)

    def _ours(self, lead: Lead) -> Shadowed:
        _, _, out = self._run("qualify", LeadReceived(record=lead.id))
        if isinstance(out, Ask):
            return _row(lead, {"source": lead.source}, f"{ASKS}{out.to}", why=_why_asked(out))
        event = next(event for event in out.events if isinstance(event, LeadQualified))
        route, input, out = self._run("route", event)
        assert isinstance(input, RouteInput)
        status = input.match.account.status if input.match else None
        told = dict(attributes(lead, event, input.territory, status))
        if isinstance(out, Ask):
            return _row(lead, told, f"{ASKS}{out.to}", why=_why_asked(out))
        close = route.nearest(input, out, self.configs["route"]) if route.nearest else None
        given = next((event for event in out.events if isinstance(event, LeadAssigned)), None)
        owner, pool = (given.owner, given.pool) if given else ("", None)
        if owner:
            self.records.count(owner, 1)
        ours = f"pool:{pool}" if pool else f"rep:{owner}" if owner else f"queue:{out.outcome}"
        return _row(lead, told, ours, owner, out.rule or "", close or out.reasons[-1].text)

    def _run(self, loop: str, event: Event) -> tuple[Trigger, object, Ask | Decision]:
        trigger = self.registry.trigger(loop, event.kind)
        input = trigger.gather(event, self.records, self.configs[loop])
        return trigger, input, trigger.decide(input, (), self.configs[loop])

    def _taken(self, lead: Lead, owner: str) -> None:
        """From now on the company is theirs, as it really was."""
        if owner.startswith("rep:") and lead.company_key and lead.domain:
            earlier = EarlierLead(lead=lead.id, owner=owner.removeprefix("rep:"))
            self.records.owned[lead.company_key, lead.domain] = earlier

    def _compared(self, row: Shadowed) -> Shadowed:
        pools = tuple(
            f"pool:{pool.id}"
            for pool in self.workspace.scenario.pools
            if row.theirs.removeprefix("rep:") in pool.members
        )
        asked = row.ours.startswith(ASKS)
        agrees = None if asked or not row.theirs else row.ours in (row.theirs, *pools)
        return replace(row, agrees=agrees, groups=tuple(pool for pool in pools if pool != row.ours))


def _row(
    lead: Lead,
    told: Mapping[str, Attribute],
    ours: str,
    person: str = "",
    rule: str = "",
    why: str = "",
) -> Shadowed:
    return Shadowed(
        lead=lead.id, line=None, rule=rule, ours=ours, person=person, theirs="", groups=(), written="",
        agrees=None, attributes=told, outcome=None, why=why,
    )  # fmt: skip


def _why_asked(ask: Ask) -> str:
    return ask.evidence[-1].text if ask.evidence else ask.question
