"""Intake of a recorded call: a transcript's text becomes turns, its speakers ours or the customer's."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from loops.engage.outputs import CallRecorded
from loops.errors import RevloopsError
from loops.records import Call, Lead
from loops.scenario import Rep
from loops.values import canonical, short_id
from tools.errors import UnreadableFile
from tools.store import Tx
from tools.store import tables as t
from tools.store.calls import keep, same_words

MOST_BYTES = 2_000_000
"""A day of talk; a larger file is no transcript of one call."""
KINDS = (".txt", ".md", ".vtt", ".srt", "")
OURS = frozenset(
    {"rep", "sales", "sales rep", "seller", "ae", "account executive", "sdr", "bdr", "host", "us"}
)
THEIRS = frozenset({"customer", "client", "prospect", "buyer", "lead", "guest"})
_STAMP = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d+)?"
_NAME = r"[^\W\d_][^:<>\[\]]{0,58}?"
_TURN = re.compile(
    rf"^(?:[\[(]?{_STAMP}[\])]?\s*[-–|]?\s*)?(?P<who>{_NAME})\s*(?:[\[(]{_STAMP}[\])])?\s*:"
    r"(?:\s+(?P<words>.*))?$"
)
_HEAD = re.compile(rf"^(?P<who>{_NAME})\s+[\[(]?{_STAMP}[\])]?$")
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+(?P<who>[^>]+)>(?P<words>.*?)(?:</v>|(?=<v\b)|$)", re.DOTALL)
_CUE = re.compile(rf"^{_STAMP}\s*-->\s*{_STAMP}")
_TAG = re.compile(r"<[^>]*>")
_PARTICLES = frozenset("van von de der den di da du la le al bin and ter".split())
_MOST_NAME_WORDS = 6
Turn = tuple[str, str]
"""Speaker, words."""


@dataclass(frozen=True)
class Meeting:
    """Whose call it is and who led it; at least the lead or the account is known."""

    rep: Rep
    at: datetime
    lead: Lead | None = None
    account: str | None = None
    opportunity: str | None = None


def read_turns(path: Path) -> tuple[Turn, ...]:
    """What was said, turn by turn, in order.

    Raises:
        UnreadableFile: it is no transcript that says who speaks.
    """
    if path.suffix.lower() not in KINDS:
        raise UnreadableFile(f"{path.name} is no transcript: give a .txt, .vtt or .srt file.")
    text = _text(path)
    cued = path.suffix.lower() in (".vtt", ".srt") or text.startswith("WEBVTT")
    turns = tuple(_joined(_cues(text)) if cued else _plain(text))
    if not turns:
        raise UnreadableFile(f"{path.name} holds no words: export the transcript again.")
    if not any(who for who, _ in turns):
        raise UnreadableFile(
            f"{path.name} doesn't say who speaks: write each turn as `Speaker: words`, one a line."
        )
    return turns


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}: check the path.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} can't be read ({error.strerror}): name one transcript file.") from None
    if len(raw) > MOST_BYTES:
        raise UnreadableFile(f"{path.name} has {len(raw):,} bytes, more than any call: give one call's text.")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path.name} is no UTF-8 text: save the transcript as plain text.") from None
    if "\0" in text:
        raise UnreadableFile(f"{path.name} is no text: save the transcript as plain text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(text: str) -> Iterator[Turn]:
    """The turns of a plain text; a line that names no speaker goes on with the turn before it."""
    who, said = "", list[str]()
    for line in (line.strip() for line in text.splitlines()):
        head, turn = _HEAD.match(line), _TURN.match(line)
        start = next((found for found in (head, turn) if found and _is_name(found["who"])), None)
        if start is None:
            said += line.split()
            continue
        if said:
            yield who, " ".join(said)
        who, said = start["who"].strip(), (start.groupdict().get("words") or "").split()
    if said:
        yield who, " ".join(said)


def _is_name(text: str) -> bool:
    """Whether it reads like somebody's name or part, not like the start of a sentence."""
    if text.strip().lower() in OURS | THEIRS:
        return True
    words = text.replace("(", " ").replace(")", " ").split()
    named = (not word[0].islower() or word in _PARTICLES for word in words)
    return 0 < len(words) <= _MOST_NAME_WORDS and all(named)


def _cues(text: str) -> Iterator[Turn]:
    """The turns of a subtitle file: its cues without numbers, times and tags."""
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        at = next((n for n, line in enumerate(lines) if _CUE.match(line.strip())), None)
        if at is None:
            continue
        said = "\n".join(lines[at + 1 :])
        voices = list(_VOICE.finditer(said))
        if voices:
            yield from ((v["who"].strip().replace(":", " "), _TAG.sub("", v["words"])) for v in voices)
        else:
            yield from _plain(_TAG.sub("", said))


def _joined(turns: Iterator[Turn]) -> Iterator[Turn]:
    """One turn where subtitles cut somebody's words into several."""
    speaker, said = "", list[str]()
    for who, words in turns:
        if who and who != speaker and said:
            yield speaker, " ".join(said)
            said = []
        speaker = who or speaker
        said += words.split()
    if said:
        yield speaker, " ".join(said)


def ours_among(turns: Sequence[Turn], meeting: Meeting, named: Sequence[str], company: str,
               roster: Sequence[Rep]) -> tuple[str, ...]:
    """The speakers who are ours, in the order they speak.

    Args:
        turns: what was said.
        meeting: whose call it is.
        named: speakers that the caller says are ours; empty: they are told by their names.
        company: our own name.
        roster: everybody of ours.

    Raises:
        RevloopsError: it can't be told, or one of the two sides doesn't speak.
    """
    speakers = tuple(dict.fromkeys(who for who, _ in turns if who))
    listed = ", ".join(speakers[:8])
    wanted = {name.casefold() for name in named}
    if strange := wanted - {who.casefold() for who in speakers}:
        raise RevloopsError(f"nobody called {', '.join(sorted(strange))} speaks in it: there are {listed}")
    known = wanted or {who.casefold() for who in speakers if _is_ours(who, meeting, company, roster)}
    found = tuple(who for who in speakers if who.casefold() in known)
    if not found:
        raise RevloopsError(f"nothing tells who of {listed} is ours: name each with --ours NAME")
    if len(found) == len(speakers):
        raise RevloopsError(f"no customer speaks in it, all are ours ({listed}): say who is with --ours")
    return found


def _is_ours(who: str, meeting: Meeting, company: str, roster: Sequence[Rep]) -> bool:
    text, lead = who.casefold(), meeting.lead
    plain = re.sub(r"\s*\(.*?\)", "", text).strip()
    if plain in THEIRS or (lead and plain in _names(f"{lead.first_name} {lead.last_name}")):
        return False
    tagged = bool(company) and f"({company.casefold()})" in text
    full = {rep.name.casefold() for rep in roster}
    return tagged or plain in OURS or plain in full or plain in _names(meeting.rep.name)


def _names(name: str) -> set[str]:
    """The whole name and the first name, casefolded."""
    text = name.strip().casefold()
    return {text, text.split()[0]} if text else set()


def transcript_of(turns: Sequence[Turn]) -> str:
    """The turns as one text, a line each."""
    return "\n".join(f"{who}: {words}" if who else words for who, words in turns)


def filed_already(tx: Tx, turns: Sequence[Turn], meeting: Meeting) -> tuple[Call, bool] | None:
    """A call of the same words kept before, and whether it is the same customer's; None without one."""
    found = list(same_words(tx, transcript_of(turns)))
    lead = meeting.lead.id if meeting.lead else None
    theirs = [call for call in found if (call.lead == lead if lead else call.account == meeting.account)]
    return (theirs[0], True) if theirs else (found[0], False) if found else None


def is_named(lead: Lead, speakers: Sequence[str]) -> bool:
    """Whether one of the customer's speakers may be the lead: by name, or because names tell nothing."""
    names = _names(f"{lead.first_name} {lead.last_name}") | _names(lead.last_name)
    plain = {re.sub(r"\s*\(.*?\)", "", who).strip().casefold() for who in speakers}
    return not names or bool(plain & (names | THEIRS))


def record(tx: Tx, turns: Sequence[Turn], ours: tuple[str, ...], meeting: Meeting) -> tuple[str, bool]:
    """The call's id, and whether it is new: the same call is kept once and analysed once.

    Raises:
        Erased: its person was erased.
    """
    transcript, lead = transcript_of(turns), meeting.lead
    said = (lead.id if lead else "", meeting.account or "", meeting.opportunity or "", transcript)
    call = Call(
        id=f"K-{short_id(*said)[:12]}",
        account=meeting.account,
        opportunity=meeting.opportunity,
        lead=lead.id if lead else None,
        rep=meeting.rep.id,
        at=meeting.at,
        transcript=transcript,
        ours=ours,
    )
    id = keep(tx, call, lead.person if lead else None)
    tx.flush("calls")
    return id, analyse(tx, call.model_copy(update={"id": id}))


def analyse(tx: Tx, call: Call) -> bool:
    """Have a kept call analysed; False where that was done before."""
    event = CallRecorded(
        record=call.id, rep=call.rep, lead=call.lead, account=call.account, opportunity=call.opportunity
    )
    id = short_id("call", call.id)
    if tx.first(t.events.select().where(t.events.c.id == id)):
        return False
    tx.add(t.events, id=id, kind=event.kind, body=canonical(event).decode(), done=False)
    return True
