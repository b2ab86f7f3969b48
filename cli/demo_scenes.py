"""The demo's scenes, in the order they are played."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent.bootstrap import House, open_house
from agent.explain import Explained, explain
from agent.flow import run as run_leads
from agent.flow import settle
from agent.replay import broken_seals, replay, seal
from agent.review import Waiting, editable, edited, find, take, waiting
from cli.demo_attacks import besieged
from cli.door import WIDTH, Door, shown
from cli.drafted import say_sequence
from cli.look import LABEL, wrapped
from cli.signing import prepare, signer_for
from loops.decision import Answer
from loops.engage.draft import message
from loops.engage.tasks import ReviewItem
from loops.registry import load
from tools.approvals.document import digest
from tools.approvals.signing import approve
from tools.clock import SandboxClock
from tools.init import SANDBOX_START, create, sandbox_company
from tools.intake import RawLead, lead_from
from tools.sandbox.world import World
from tools.sender import open_sender
from tools.store import Store
from tools.store import tables as t
from tools.store.outcomes import outcomes
from tools.workspace import SandboxSettings, Settings

SEED, SCALE = 7, 0.5
READING_WORDS_PER_MINUTE = 238
"""Silent reading of English prose by adults.

Brysbaert (2019), How many words do we read per minute?, JML 109.
"""
OTHERS = (
    ("a customer's domain", "assigned_without_sequence", "to the account's executive, and no cold sequence"),
    ("a signal that a scan found", "sequence_review", "drafted from dated facts, through the same schema"),
    ("a place nobody can settle", "triage", "a person decides; nothing is guessed"),
    ("a company with a namesake", "routing_review", "a person confirms which of the two it is"),
    ("a student with a newsletter", "nurture", "nobody's desk; what would lift the grade is on record"),
)


@dataclass(frozen=True)
class Proof:
    """One figure and whether it is what it must be."""

    text: str
    holds: bool


class Scenes:
    """Plays the scenes on a fresh sandbox and collects proofs."""

    def __init__(self, door: Door, root: Path) -> None:
        self.door, self.root = door, root
        self.proofs: list[Proof] = []
        self.compute = self.attention = 0.0

    def play(self, folder: Path) -> None:
        """Every scene, in order."""
        settings = Settings(
            company=sandbox_company(), sandbox=SandboxSettings(seed=SEED, scale=SCALE, start=SANDBOX_START)
        )
        create(self.root, load(), settings)
        self.house = open_house(self.root)
        self.raws = World(SEED, SCALE, now=datetime.fromisoformat(SANDBOX_START)).worked_example()
        self.say("revloops: agents think, loops compute, people decide, and everything is written down.")
        self.say(
            f"An invented company, {settings.company}, sells a revenue-data platform. A form comes in on"
            " Monday morning."
        )
        started = time.perf_counter()
        run_leads(self.house, [self.raws[0]], "sandbox")
        self.compute = time.perf_counter() - started
        self.lead = self._id(self.raws[0])
        self.qualified()
        self.routed()
        self.drafted()
        self.approved()
        self.sent()
        self.others()
        self.attacked(folder)
        self.replayed()

    # --- saying and proving -----------------------------------------------------------------------
    def say(self, text: str = "") -> None:
        """A line, its continuation indented below its text."""
        inset = len(text) - len(text.lstrip(" -"))
        first, *rest = wrapped(text.lstrip(" "), WIDTH - inset)
        self.door.say(" " * (len(text) - len(text.lstrip(" "))) + first)
        for line in rest:
            self.door.say(" " * inset + line)

    def title(self, text: str) -> None:
        """A scene's heading."""
        self.door.say(f"\n== {text} ".ljust(WIDTH, "="))

    def step(self, by: str, text: str) -> None:
        """A step, labelled with who takes it."""
        first, *rest = wrapped(text, WIDTH - 9)
        self.door.say(f"{LABEL.get(by, ' ' * 7)}  {first}")
        for line in rest:
            self.door.say(f"         {line}")

    def prove(self, text: str, holds: bool) -> None:
        """Hold a printed figure to what it must be."""
        self.proofs.append(Proof(text, holds))

    # --- reading back -----------------------------------------------------------------------------
    def _id(self, raw: RawLead) -> str:
        lead = lead_from(raw, self.house.runtime.at(), zone=self.house.workspace.calendar.zone)
        return str(getattr(lead, "id"))  # noqa: B009

    def _decision(self, loop: str) -> dict[str, Any]:
        """The loop's last decision on the lead, out of the ledger."""
        with self.house.store.reading() as tx:
            query = (
                select(t.ledger.c.body)
                .join(t.runs, t.runs.c.id == t.ledger.c.run)
                .where(t.runs.c.record == self.lead, t.ledger.c.loop == loop, t.ledger.c.kind == "decided")
                .order_by(t.ledger.c.seq.desc())
                .limit(1)
            )
            return tx.json(tx.first(query)[0])

    def _waiting(self) -> Waiting:
        with self.house.store.reading() as tx:
            return find(tx, self.lead)

    # --- the scenes -------------------------------------------------------------------------------
    def qualified(self) -> None:
        """Qualify: match, check, score, grade."""
        raw = self.raws[0].fields
        self.title("1. Qualify: is this worth anybody's time?")
        self.say(
            f"{raw['full_name']}, {raw['title']} at {raw['company']}, asks for a demo: “{raw['message']}”"
        )
        decision = self._decision("qualify")
        event, effect = decision["events"][0], decision["effects"][0]
        for reason in decision["reasons"]:
            if reason["code"] in ("matched", "stale", "conflict", "incomplete"):
                self.step("code", reason["text"])
        self.step("code", "; ".join(r["text"] for r in decision["reasons"] if r["code"] == "factor"))
        order = [f.name for f in getattr(self.house.workspace.configs["qualify"], "factors")]  # noqa: B009
        points = [effect["factors"][name] for name in order]
        total = sum(points)
        self.step(
            "code",
            f"{' + '.join(map(str, points))} = {total}: grade {event['grade']}, written back to the CRM.",
        )
        self.prove(
            f"score {event['score']} is 91, grade {event['grade']} is A",
            (event["score"], event["grade"]) == (91, "A"),
        )
        self.prove(f"the factors add up to {total}", total == event["score"])
        with self.house.store.reading() as tx:
            rows = tx.all(select(t.crm_fields).where(t.crm_fields.c.record == self.lead))
        written = {row.field: row.value for row in rows}
        self.prove("the CRM holds the score", written.get("score") == "91" and written.get("grade") == "A")

    def routed(self) -> None:
        """Route: rules in their order, the pool's least loaded."""
        self.title("2. Route: whose lead is it?")
        decision = self._decision("route")
        misses = [r for r in decision["reasons"] if r["code"] == "missed"]
        for n, reason in enumerate(misses, 1):
            self.step("code", f"Rule {n} doesn't match. {reason['text']}")
        for reason in decision["reasons"][len(misses) :]:
            text = reason["text"]
            self.step(
                "code", f"Rule {len(misses) + 1} matches. {text}" if reason["code"] == "matched" else text
            )
        event = decision["events"][0]
        self.owner = event["owner"]
        self.prove("rule 1 missed and rule 2 matched", len(misses) == 1)
        self.prove("the NA commercial pool", event["rule"] == "north america commercial")
        pool = next(p for p in self.house.workspace.scenario.pools if p.id == "na-commercial")
        with self.house.store.reading() as tx:
            records = self.house.runtime.records(tx)
            able = [m for m in records.members(pool.id) if m.unavailable is None]
            mine = records.member(self.owner)
        least = min(m.load - (m.rep == self.owner) for m in able)
        self.prove(f"{self.owner} had the fewest open", mine is not None and mine.load - 1 == least)

    def drafted(self) -> None:
        """Engage: research, play, draft, seven criteria."""
        self.title("3. Engage: research, then write")
        item = self._waiting()
        drafted = item.sequence
        if drafted is None:
            self.prove("a drafted sequence waits for the rep", False)
            return
        self.step(
            "agent",
            f"Read the company's pages and news; {len(drafted.facts)} facts kept, each dated and about"
            " this very company (embedded policy: rules, not a language model).",
        )
        sources = {s.id: s for s in drafted.sources}
        for fact in drafted.facts:
            source = sources[fact.source]
            said = f"“{fact.snippet}”" if source.kind == "document" else f"{source.title}: {fact.snippet}"
            self.step("", f"{fact.kind.replace('_', ' ')}: {said} ({source.on}, {source.url})")
        self.step("code", f"Play {drafted.play}, chosen by what was found and by operations' order of plays.")
        self.step(
            "agent", f"Wrote {len(drafted.draft.mails)} e-mails. The first, whole, with what it rests on:"
        )
        say_sequence(self.door, drafted, only=1)
        self.step("code", "Relevance and tone were graded by the judge (agent), the other five by code.")
        self.prove("a Series B is among the facts", any("Series B" in f.snippet for f in drafted.facts))
        self.prove("three e-mails", len(drafted.draft.mails) == 3)
        self.prove(
            "seven of seven criteria", len(drafted.grades) == 7 and all(g.passes for g in drafted.grades)
        )
        self.prove(
            "it waits for the lead's owner", item.to == f"person:{self.owner}" and item.queue == "review"
        )
        self.say(f"Until here: {self.compute:.2f} seconds of compute; ten are allowed.")
        self.prove(f"{self.compute:.2f} s of compute is at most 10", self.compute <= 10)

    def approved(self) -> None:
        """The rep, the next morning: a small edit, then approval."""
        self.title("4. A person decides: the next morning")
        self._advance(timedelta(days=1))
        item = self._waiting()
        draft = item.sequence.draft if item.sequence else None
        if draft is None:
            return
        words = sum(len(f"{m.subject} {' '.join(message(m.body))}".split()) for m in draft.mails)
        self.attention = words / READING_WORDS_PER_MINUTE * 60
        first = draft.mails[0].body.split("\n")[0]
        text = editable(draft).replace(
            first, first.replace("Hi ", "Good morning ").replace("Hello ", "Good morning "), 1
        )
        by = f"person:{self.owner}"
        changed = edited(draft, text)
        self._answer(item, Answer(by=by, value={"verdict": "edit", "draft": changed.model_dump(mode="json")}))
        again = self._waiting()
        graded: ReviewItem | None = again.sequence
        self.step(
            "human",
            f"{self.owner} reads {words} words (about {self.attention:.0f} seconds at "
            f"{READING_WORDS_PER_MINUTE} words a minute) and changes “{first}” to "
            f"“{changed.mails[0].body.splitlines()[0]}”.",
        )
        passed = sum(g.passes for g in graded.grades) if graded else 0
        self.step("code", f"The edit is graded again: {passed} of 7.")
        self.prove(f"{self.attention:.0f} s of attention is at most 60", self.attention <= 60)
        self.prove("the edit was taken and still passes", passed == 7 and changed != draft)
        if graded is None:
            return
        document = prepare(self.house, again, graded, self.owner)
        signer = signer_for(self.door, self.house, self.owner, None)
        with self.house.store.transaction() as tx:
            self.approval = approve(tx, again.run, document, signer, self.house.runtime.at())
            value = {"verdict": "approve", "approval": self.approval, "digest": digest(document)}
            take(self.house.runtime, tx, again, Answer.model_validate({"by": by, "value": value}))
        settle(self.house)
        zone = self.house.workspace.calendar.zone
        times = "; ".join(shown(m.send_at, zone) for m in document.messages)
        self.step(
            "human",
            f"Approves. What is signed is these bytes, {digest(document)[:16]}…, to this address, at these"
            f" times: {times}.",
        )
        self.prove(
            "the revision is what was approved",
            document.messages[0].text.startswith(changed.mails[0].body.splitlines()[0]),
        )

    def sent(self) -> None:
        """The sender, as the clock moves on."""
        self.title("5. The sender: the only thing that can make mail leave")
        store = Store(str(self.house.workspace.store_path), durable=True)
        total = 0
        while (due := self._next_due()) is not None:
            self._advance(due - self.house.runtime.at())
            sender = open_sender(self.root, store, self.house.workspace.settings.outreach, {})
            report = sender.run_once(self.house.runtime.at())
            if report.sent:
                total += report.sent
                self.step(
                    "code",
                    f"{shown(self.house.runtime.at(), self.house.workspace.calendar.zone)}: mail {total}"
                    " leaves; signature, expiry, single use, suppression and limits were checked.",
                )
        store.close()
        settle(self.house)
        mailbox = sorted((self.root / ".revloops" / "mailbox").rglob("*.eml"))
        with self.house.store.reading() as tx:
            states = [
                r[0] for r in tx.all(select(t.mails.c.state).where(t.mails.c.approval == self.approval))
            ]
        self.prove("three mails were delivered", total == 3 and len(mailbox) == 3 and states == ["sent"] * 3)
        threaded = sum(b"In-Reply-To:" in path.read_bytes() for path in mailbox)
        self.prove("the follow-ups thread", threaded == 2)
        self.say(
            f"           {len(mailbox)} messages in the mailbox, {threaded} of them threaded under the first."
        )

    def others(self) -> None:
        """Five further leads end five other ways."""
        self.title("6. Five other leads end five other ways")
        run_leads(self.house, list(self.raws[1:]), "sandbox")
        ids = [self._id(raw) for raw in self.raws[1:]]
        with self.house.store.reading() as tx:
            ends = outcomes(tx, ids)
        for id, (what, expected, meaning) in zip(ids, OTHERS, strict=True):
            told = explain(self.house.runtime, id)
            why = self._telling(id, told)
            self.say(f"- {told.name}, {told.company} ({what}): {ends[id].replace('_', ' ')}, {meaning}.")
            for line in wrapped(why, WIDTH - 4):
                self.door.say(f"    {line}")
            self.prove(f"{what} ends in {ends[id]}", ends[id] == expected)

    def attacked(self, folder: Path) -> None:
        """A hostile model with a shell."""
        self.title("7. A hostile model with the agent's files, environment and a shell")
        found = besieged(folder)
        for outcome in found:
            self.say(f"- {outcome.story}: {outcome.messages} messages ({outcome.unguarded} unguarded).")
        leaked, control = sum(o.messages for o in found), sum(o.unguarded > 0 for o in found)
        self.say(
            f"{len(found)} attacks, {leaked} messages. With the guards taken out, {control} of them get mail"
            " out."
        )
        self.prove("no attack made mail leave", leaked == 0)
        self.prove("each attack works once its guard is out", control == len(found))

    def replayed(self) -> None:
        """Everything decided again."""
        self.title("8. Replay: everything decided again, offline")
        seq, head = seal(self.house.store, self.root)
        found = replay(self.house.runtime, self.house.specialists)
        wrong = [*found.differences, *broken_seals(self.house.store, self.root)]
        self.say(
            f"{found.decisions} decisions and {found.answers} agents' answers made again from the ledger and"
            f" the tape: {len(wrong)} differences. Sealed at row {seq}, {head[:16]}…."
        )
        self.prove("replay finds no difference", not wrong and found.decisions > 0 and found.answers > 0)

    def _telling(self, lead: str, told: Explained) -> str:
        """Why it ended so: the draft, the question's last reason, or the decision's own."""
        with self.house.store.reading() as tx:
            open_ask = next((w for w in waiting(tx) if w.lead == lead), None)
        drafted = open_ask.sequence if open_ask else None
        if open_ask and drafted:
            cited = {claim.source for mail in drafted.draft.mails for claim in mail.claims}
            facts = [f for f in drafted.facts if f.id in cited]
            kinds = ", ".join(dict.fromkeys(f.kind.replace("_", " ") for f in facts))
            return (
                f"{len(drafted.draft.mails)} mails of play {drafted.play.replace('_', ' ')} on {kinds}; "
                f"they wait for {open_ask.to.partition(':')[2]}."
            )
        if open_ask:
            return str(open_ask.ask["evidence"][-1 if open_ask.loop == "route" else 0]["text"])
        entry = next(entry for entry in reversed(told.told) if entry.details)
        lifted = [line for line in told.nearest if line.startswith("Qualify") and entry.outcome == "nurture"]
        return " ".join(lifted) or entry.details[0]

    # --- small things -----------------------------------------------------------------------------
    def _advance(self, by: timedelta) -> None:
        clock = self.house.runtime.clock
        if isinstance(clock, SandboxClock) and by > timedelta(0):
            clock.advance(by)

    def _next_due(self) -> datetime | None:
        """When the next open mail of the sequence may leave; None when none is open."""
        mails = t.mails.c
        with self.house.store.reading() as tx:
            rows = tx.all(
                select(mails.due_at, mails.not_before)
                .where(mails.approval == self.approval, mails.state.in_(("pending", "held")))
                .order_by(mails.n)
                .limit(1)
            )
        return max(datetime.fromisoformat(at) for at in rows[0] if at) if rows else None

    def _answer(self, item: Waiting, answer: Answer) -> None:
        with self.house.store.transaction() as tx:
            take(self.house.runtime, tx, item, answer)
        settle(self.house)


__all__ = ["House", "Proof", "Scenes"]
