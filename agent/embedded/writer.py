"""The embedded policy of the outreach writer: a grammar seeded by lead, play and revision."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from agent.embedded.writing.grammar import Voice, cited, phrases, sentence, table, unmarked
from agent.embedded.writing.nouns import function_of, job_slots, kind_of, naming, slots_of
from agent.spec import Reply, ToolCall, ToolResult
from loops.engage.config import Line, MailPlan, Reference
from loops.engage.draft import Draft, Mail, message, message_sentences, words
from loops.engage.facts import Fact
from loops.engage.tasks import WritingTask

_NEWS = frozenset(
    ("funding", "executive_change", "competitor_churn", "expansion", "hiring", "product_launch")
)
_FOLLOW = {"news": "follow", "request": "follow_touch", "touch": "follow_touch", "words": "follow_words"}
_GOOD = frozenset(("funding", "expansion", "product_launch"))
_JOB = re.compile(r"\byour (team|desk|side|role|seat)\b|\bin your seat\b")
_NEWS_DAYS = 90  # of this writer: how long one congratulates
_STEM = 7  # letters by which a topic is found in what the lead wrote
_TRIES = 24
_MINUTE = 238  # words a rep reads in it (Brysbaert 2019): the subjects and messages of a sequence
_WELCOME_WORDS = (92, 68)  # a first and a later mail of at most this many need no second attempt
# The writer's own style, inside what the rubric allows: how long a mail and a sentence of its hand are.
_FIRST_WORDS, _LATER_WORDS, _SENTENCE_WORDS, _SUBJECT_CHARACTERS = (62, 118), (38, 90), 36, 58


def outreach_writer(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """The sequence for this lead: one mail for each of the play's, each with another fact or another line."""
    task = WritingTask.model_validate(payload)
    writer = _Writer(task)
    mails = tuple(writer.mail(index, plan) for index, plan in enumerate(task.play.mails))
    why = "Written from phrase lists"
    if task.note is not None:
        why += "; of the note only its wish for a shorter or different text is followed"
    return Reply(Draft(mails=mails).model_dump(mode="json"), why=f"{why}.")


@dataclass
class _Writer:
    """A sequence in the making: what was used stays used."""

    task: WritingTask
    lines: set[str] = field(default_factory=set[str])
    subjects: set[str] = field(default_factory=set[str])
    said: frozenset[str] = frozenset()
    # phrases of the mails so far
    named: str = ""
    # the reference named so far; one a sequence
    spent: int = 0
    # words of the mails so far, their subjects among them

    @property
    def slots(self) -> dict[str, str]:
        task = self.task
        return {
            "co": task.reader.company,
            "first": task.reader.first_name,
            "vendor": task.sender_company,
            **job_slots(task.reader),
        }

    @property
    def short(self) -> bool:
        """Whether the rep or a grade asked for a shorter text."""
        wishes = [
            self.task.note.text if self.task.note else "",
            *(score.reason for score in self.task.failing),
        ]
        return any(re.search(r"\b(short|long|brief|trim|cut)", wish, re.IGNORECASE) for wish in wishes)

    def mail(self, index: int, plan: MailPlan) -> Mail:
        """The first attempt that suits and is brief, else the shortest that suits, else the last."""
        line = self._line(index, plan)
        reference = self._reference(index, line)
        made: list[tuple[bool, int, Mail, frozenset[str]]] = []
        for attempt in range(_TRIES):
            voice = Voice(
                f"{self.task.reader.lead}|{self.task.play.name}|{index}|{self.task.revision}|{attempt}",
                self.said,
            )
            mail = self._attempt(index, plan, voice, line, reference)
            made.append((_suits(mail, index, self.task), _size(mail), mail, voice.said))
            if made[-1][0] and made[-1][1] <= self._room(index):
                break
        suiting = [each for each in made if each[0]]
        _, size, mail, self.said = min(suiting, key=lambda each: each[1]) if suiting else made[-1]
        self.spent += size
        self.subjects.add(mail.subject)
        return mail

    def _room(self, index: int) -> int:
        """How many words this mail should have at most, so that those to come fit into the minute as well."""
        first, later = _WELCOME_WORDS
        coming = len(self.task.play.mails) - index - 1
        if index == 0 or self.spent + later > _MINUTE:  # a play of more mails takes more than a minute
            return later if index else first
        return min(later, _MINUTE - self.spent - coming * later) if coming else _MINUTE - self.spent

    def _line(self, index: int, plan: MailPlan) -> Line:
        known = {line.id: line for line in self.task.lines}
        offered = [known[name] for name in plan.lines if name in known]
        fresh = [line for line in (self._answering() or offered) if line.id not in self.lines] or offered
        voice = Voice(f"{self.task.reader.lead}|{self.task.play.name}|{index}|{self.task.revision}|line")
        wanted = voice.pick([line.id for line in fresh])
        chosen = next(line for line in fresh if line.id == wanted)
        self.lines.add(chosen.id)
        return chosen

    def _answering(self) -> list[Line]:
        """For the first mail: the lines that speak best of what the lead wrote about; may be empty."""
        text = " ".join(fact.snippet for fact in self.task.facts if kind_of(fact) == "words").casefold()
        if self.lines or not text:
            return []
        lines = self.task.lines
        spoken = [sum(topic.rstrip("s")[:_STEM] in text for topic in line.topics) for line in lines]
        return [line for line, hits in zip(lines, spoken, strict=True) if hits == max(spoken) > 0]

    def _reference(self, index: int, line: Line) -> Reference | None:
        fitting = [ref for ref in self.task.references if set(ref.topics) & set(line.topics)]
        if index == 0 or self.named or not fitting:
            return None
        voice = Voice(f"{self.task.reader.lead}|{self.task.play.name}|{index}|reference")
        self.named = voice.pick([ref.id for ref in fitting])
        return next(ref for ref in fitting if ref.id == self.named)

    def _facts(self, index: int) -> tuple[Fact, Fact | None]:
        """The fact this mail is about, and for the first mail a second: their request, or spare news."""
        facts = self.task.facts
        main = facts[index % len(facts)]
        if index or self.short:
            return main, None
        told = next((fact for fact in facts if kind_of(fact) == "words" and fact != main), None)
        asked = next((fact for fact in facts if fact.kind == "request" and fact != main), None)
        news = [fact for fact in facts[1:] if fact.kind in _NEWS]
        spare = news[-1] if len(facts) >= len(self.task.play.mails) and news else None
        return main, told or asked or spare

    def _attempt(
        self, index: int, plan: MailPlan, voice: Voice, line: Line, reference: Reference | None
    ) -> Mail:
        main, second = self._facts(index)
        parts = [self._opening(index, main, second, voice), self._middle(index, main, voice, line, reference)]
        request = sentence(voice.say(phrases("asks")[plan.request], phrases("asks"), self.slots))
        body = "\n\n".join((self._greeting(voice), *_paragraphs(parts, voice), request, *self._ending(voice)))
        text, claims = unmarked(body)
        return Mail(subject=self._subject(main, voice), body=text, wait_days=plan.wait_days, claims=claims)

    def _opening(self, index: int, main: Fact, second: Fact | None, voice: Voice) -> list[str]:
        kind = kind_of(main)
        good = main.kind in _GOOD and self._fresh(main) and voice.chance(1, 3)
        first = "good_news" if good else _touch(kind)
        said = self._about(_FOLLOW[_touch(kind)] if index else first, main, voice)
        if second is None:
            return [said]
        if second.kind == "request":
            return [self._about("ack", second, voice), said]
        return [said, self._about("second_words" if kind_of(second) == "words" else "second", second, voice)]

    def _on(self, fact: Fact) -> date | None:
        return next((source.on for source in self.task.sources if source.id == fact.source), None)

    def _fresh(self, fact: Fact) -> bool:
        on = self._on(fact)
        return on is not None and (self.task.today - on).days <= _NEWS_DAYS

    def _when(self, fact: Fact) -> list[str]:
        on = self._on(fact)
        if on is None or (on.year, on.month) == (self.task.today.year, self.task.today.month):
            return [""]  # nobody says "in November" of this week
        return ["", f" in {on:%B}" if on.year == self.task.today.year else f" last {on:%B}"]

    def _about(self, rule: str, fact: Fact, voice: Voice) -> str:
        named = naming(fact, self.task.reader, voice)
        lists = {
            **phrases("openers"),
            "when": self._when(fact),
            "pressure": _pressures(kind_of(fact)),
        }
        return sentence(voice.say(lists[rule], lists, self.slots | {"fact": named}))

    def _middle(
        self, index: int, main: Fact, voice: Voice, line: Line, reference: Reference | None
    ) -> list[str]:
        said: list[str] = []
        if index == 0:  # a follow-up says one new thing; what it means stood in the first mail
            said.append(self._meaning(main, voice))
        wording = {"line": cited(line.id, voice.pick(line.wordings))}
        rule = "sentence_later" if index else "sentence"
        said.append(sentence(voice.say(phrases("product")[rule], phrases("product"), self.slots | wording)))
        if reference is not None:
            named = cited(reference.id, f"{reference.name} {voice.pick(reference.wordings)}")
            said.append(
                sentence(
                    voice.say(
                        phrases("product")["reference"], phrases("product"), self.slots | {"ref": named}
                    )
                )
            )
        return said

    def _meaning(self, main: Fact, voice: Voice) -> str:
        lists = {
            "hedge": phrases("pressures")["hedge"],
            "role_in": phrases("pressures")["role_in"],
            "pressure": _pressures(kind_of(main)),
            "effect": _effects(self.task.reader.title),
        }
        both = "<pressure>, <effect>."
        options = [f"<hedge> {both}", f"<role_in> {both}", "<role_in> <pressure>."]
        return sentence(voice.say(options, lists, self.slots))

    def _greeting(self, voice: Voice) -> str:
        named = "greeting" if self.task.reader.first_name else "greeting_nameless"
        return voice.say(phrases("frame")[named], {}, self.slots)

    def _ending(self, voice: Voice) -> tuple[str, str]:
        frame = phrases("frame")
        sender = f"{self.task.sender}\n{self.task.sender_company}"
        return f"{voice.pick(frame['signoff'])}\n{sender}", voice.say(frame["opt_out"], frame, {})

    def _subject(self, main: Fact, voice: Voice) -> str:
        offered = cast(dict[str, list[str]], table("frame")["subject"])[kind_of(main)]
        slots = self.slots | slots_of(main)
        fitting = [text for text in offered if len(_filled(text, slots)) <= _SUBJECT_CHARACTERS]
        fitting = [text for text in fitting if _filled(text, slots) not in self.subjects] or fitting
        return voice.say(fitting or ["A question for {first}"], {}, slots) or "A question"


def _filled(text: str, slots: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: slots.get(found.group(1), ""), text)


def _touch(kind: str) -> str:
    if kind in _NEWS:
        return "news"
    return {"request": "request", "words": "words"}.get(kind, "touch")


def _pressures(kind: str) -> list[str]:
    return phrases("pressures")[kind]


def _effects(title: str) -> list[str]:
    return cast(dict[str, list[str]], table("pressures")["effects"])[function_of(title)]


def _paragraphs(parts: list[list[str]], voice: Voice) -> list[str]:
    """The sentences in two or three paragraphs."""
    opening, middle = parts
    if len(middle) > 1 and voice.chance(1, 2):
        return [
            " ".join((*opening, middle[0])) if len(opening) == 1 else " ".join(opening),
            " ".join(middle[1:] if len(opening) == 1 else middle),
        ]
    return [" ".join(opening), " ".join(middle)]


def _size(mail: Mail) -> int:
    """How many words its subject and its message have."""
    return len(f"{mail.subject} {' '.join(message(mail.body))}".split())


def _suits(mail: Mail, index: int, task: WritingTask) -> bool:
    text = " ".join(message(mail.body))
    least, most = _LATER_WORDS if index else _FIRST_WORDS
    longest = max((len(words(part)) for part in message_sentences(mail)), default=0)
    said = " ".join(message(mail.body)[: -1 if index == 0 else None])  # a first mail's request may be changed
    named = task.reader.company.casefold() in said.casefold()
    repeated = any(text.casefold().count(f"{word} ") > 1 for word in ("i wondered", "my guess", "because"))
    job = index or (task.reader.title and task.reader.title in said) or _JOB.search(said)
    fits = least <= len(words(text)) <= most and longest <= _SENTENCE_WORDS
    return fits and named and not repeated and bool(job)
