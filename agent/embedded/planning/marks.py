"""What is recognised in a person's words: names of the plan, quantities and periods, each where it stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.embedded.planning.book import Book
from agent.embedded.planning.periods import MONTHS, periods
from agent.embedded.planning.quantities import quantities, spoken
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import form, listed, section, vocabulary
from tools.normalise import place

_ORDER = (
    "scenario",
    "hire",
    "person",
    "role",
    "territory",
    "period",
    "amount",
    "percent",
    "points",
    "duration",
    "times",
    "fraction",
    "channel",
    "segment",
    "anybody",
    "group",
    "currency",
    "number",
)
"""Who goes first where two things of the same length can be meant."""
_CODE = re.compile(r"\b[A-Z]{2}\b")
_WORD = re.compile(r"[a-zà-ÿ][\w'’.-]*[\w]|\w", re.IGNORECASE)
_LONG = 6
"""Letters from which a slip of the keyboard is mended."""


@dataclass(frozen=True)
class Text:
    """A text with what was recognised in it."""

    words: str
    # as typed, one kind of apostrophe, slips mended
    marks: tuple[Mark, ...]
    # in their order, none over another

    def part(self, start: int, end: int) -> "Text":
        """A piece of it."""
        inner = tuple(
            replace(m, start=m.start - start, end=m.end - start)
            for m in self.marks
            if m.start >= start and m.end <= end
        )
        return Text(self.words[start:end], inner)

    def joined(self, other: "Text") -> "Text":
        """Both, one after the other."""
        by = len(self.words) + 1
        moved = (replace(m, start=m.start + by, end=m.end + by) for m in other.marks)
        return Text(f"{self.words} {other.words}", (*self.marks, *moved))

    def of(self, *kinds: str) -> list[Mark]:
        """The marks of those kinds."""
        return [mark for mark in self.marks if mark.kind in kinds]

    def first(self, *kinds: str) -> Mark | None:
        """The first mark of those kinds; None where there is none."""
        return next(iter(self.of(*kinds)), None)

    def without(self, *marks: Mark) -> "Text":
        """It without those marks and their words."""
        words = self.words
        for mark in marks:
            words = words[: mark.start] + " " * (mark.end - mark.start) + words[mark.end :]
        return Text(words, tuple(m for m in self.marks if m not in marks))

    @property
    def masked(self) -> str:
        """The text in lower case, with `{kind}` in the place of each mark."""
        return masked(self)[0]


@lru_cache(maxsize=512)
def masked(text: Text) -> tuple[str, tuple[int, ...]]:
    """The masked text, and for each place in it where that stands in the words."""
    out: list[str] = []
    at: list[int] = []
    here = 0
    for mark in (*text.marks, None):
        stop = mark.start if mark else len(text.words)
        out.append(text.words[here:stop].lower())
        at += range(here, stop)
        if mark:
            out.append(f"{{{mark.kind}}}")
            at += [mark.start] * (len(mark.kind) + 2)
            here = mark.end
    return "".join(out), (*at, len(text.words))


def read(words: str, book: Book) -> Text:
    """The text with its marks."""
    text = _marked(_mended(plain(words), _known(book)), book)
    for hit in reversed(list(_REPAIRS.finditer(text.words))):
        ahead = [m for m in text.marks if m.end <= hit.start()][-1:]
        behind = [m for m in text.marks if m.start >= hit.end()][:1]
        near = ahead and behind and hit.start() - ahead[0].end < 2 and behind[0].start - hit.end() < 12
        if near and ahead[0].kind == behind[0].kind:
            return read(text.words[: ahead[0].start] + text.words[hit.end() :], book)
    return text


def _marked(words: str, book: Book) -> Text:
    found = [*_names(words, book), *quantities(words), *periods(words, book)]
    marks = _apart(found)
    ends = {m.end for m in marks if m.kind in {"percent", "amount", "number", "points"}}
    yearly = [
        m
        for m in marks
        if m.kind == "duration" and words[m.start : m.start + 2] == "a " and m.start - 1 in ends
    ]
    return Text(words, tuple(m for m in marks if m not in yearly))


_REPAIRS = form("repairs")
"""What stands between something said and what should have been said."""
_MONTHLY = "|".join(sorted(MONTHS, key=len, reverse=True))
_PLAINER = tuple(
    (re.compile(pattern, re.IGNORECASE), new)
    for pattern, new in (
        (r"[’‘`]", "'"),
        (r"\s+[–—]\s+|—", " , "),
        (r"–|−", "-"),
        (r"\s*(?:[-=]+>|→|➡️?|»|>>)\s*(?=(?:which|what|who|where|when|how|show|effect|impact)\b)", ", "),
        (r"\s*(?:[-=]+>|→|➡️?|»|>>)\s*", " to "),
        (r"\s*[\r\n]+\s*[-*•]?\s*", "; "),
        (r"(?:^|(?<=\s))(?:\(?\d{1,2}\)|(?:row|line|item|point|no\.?|number) \d{1,2}[:.)]|[a-e]\))\s", "; "),
        (r"(?<![\d.,])(\d{1,3})\.(\d{3})(?=\s*(?:€|eur\b|euros?\b|usd\b|\$))", r"\1\2"),
        (r"(?<![\d.,])(\d{1,2}),(\d{1,2})(?![\d,])", r"\1.\2"),
        (rf"([+-]\s?\d{{1,2}}) (?=(?:{_MONTHLY})\b)", r"\1 in "),
        (r"\bqtrs?\b", "quarter"),
        (r"\byr\b", "year"),
        (r"\byrs\b", "years"),
        (r"\b(mth|mnth|mon)s?\b(?=\s|$|[.,;)])", "months"),
        (r"\bw/\s*", "with "),
        (
            r"\b(?:sensitivity|scenario|case|option|question|version|run|test|step|change) (?:no\.? ?)?"
            r"\d{1,2}(?=[:.),])",
            "scenario",
        ),
        (r"\b(in|for|of|by) '?(2[6-9]|3\d)(?=\s*(?:$|[?.,;!]))", r"\1 20\2"),
        (r"\beff\.(?=\s)", "effective"),
        (r"\b(?:beg|begin) of\b", "beginning of"),
        (r"\btmrw\b|\btmr\b|\btomorow\b", "tomorrow"),
        (r"\bnxt\b", "next"),
        (r"\b(next|this|the|last) q(?![\w])", r"\1 quarter"),
        (r"\bno one\b", "nobody"),
        (
            r"\b(\d+)\s?(?:mo|mos|mths?|m)\b(?=\s*(?:longer|shorter|later|earlier|late|early|ramp|delay))",
            r"\1 months",
        ),
    )
)
"""Ways of writing that mean the same, each with the one that is read."""


def plain(words: str) -> str:
    """The words as typed, in one way of writing arrows, lists, signs and short forms."""
    text = words.strip()
    for pattern, new in _PLAINER:
        text = pattern.sub(new, text)
    return spoken(" ".join(text.split()))


def _apart(found: list[Mark]) -> list[Mark]:
    """The marks of which none lies over another: the longest first."""
    ranked = sorted(found, key=lambda m: (m.start - m.end, _ORDER.index(m.kind), m.start))
    kept: list[Mark] = []
    places = {(m.start, m.end): m.places for m in found if m.places}
    ranked = [
        replace(m, places=places.get((m.start, m.end), m.places)) if m.kind == "territory" else m
        for m in ranked
    ]
    for mark in ranked:
        if all(mark.end <= other.start or mark.start >= other.end for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda m: m.start)


# --- names ----------------------------------------------------------------------------------------
def _names(text: str, book: Book) -> Iterator[Mark]:
    low = text.lower()
    yield from _called(low, "role", {name: (id,) for name, id in book.roles.items()})
    yield from _called(low, "channel", {name: (id,) for name, id in book.channels.items()})
    yield from _called(low, "segment", {name: (id,) for name, id in book.segments.items()})
    yield from _called(low, "scenario", {name: (id,) for name, id in book.scenarios.items()})
    yield from _called(low, "territory", book.lands)
    yield from _called(low, "person", book.persons)
    yield from _called(
        low, "hire", {name: (str(row["id"]),) for row in book.rows("hires") for name in _hire(str(row["id"]))}
    )
    yield from _called(low, "anybody", {name: () for name in listed("anybody")})
    yield from _called(low, "currency", _currencies())
    yield from _places(text, book)
    for said, name in section("demonyms").items():
        for hit in re.finditer(rf"\b{said}\b", low):
            ids = book.lands.get(str(name), ())
            codes = "" if ids else _codes(str(name).title(), book)
            ids = ids or (book.covering(codes[:2], codes if "-" in codes else None) if codes else ())
            if ids:
                yield Mark("territory", *hit.span(), ids=ids)
    for name in listed("groups"):
        for hit in re.finditer(rf"\b{re.escape(name)}\b", low):
            if len(name) > 2 or text[hit.start() : hit.end()].isupper():
                yield Mark("territory", hit.start(), hit.end(), ids=_grouped(name, book))


def _hire(id: str) -> tuple[str, ...]:
    return (id, id.replace("-", " no "), id.replace("-", " #"), id.replace("-", ""))


def _grouped(name: str, book: Book) -> tuple[str, ...]:
    everyone = tuple(str(row["id"]) for row in book.rows("territories"))
    return book.lands.get(name, everyone)


def _currencies() -> dict[str, tuple[str, ...]]:
    return {name: (str(code),) for name, code in section("currencies").items() if name.isalpha()}


def _called(text: str, kind: str, names: Mapping[str, tuple[str, ...]]) -> Iterator[Mark]:
    for name, ids in names.items():
        for hit in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w])(?!-\w)", text):
            yield Mark(kind, hit.start(), hit.end(), ids=ids)


def _places(text: str, book: Book) -> Iterator[Mark]:
    words = [(hit.start(), hit.end()) for hit in _WORD.finditer(text)]
    taken = {*listed("filler"), *_ours()}
    for at in range(len(words)):
        for many in (3, 2, 1):
            run = words[at : at + many]
            if len(run) < many:
                continue
            start, end = run[0][0], run[-1][1]
            said = text[start:end].removesuffix("'s")
            if re.search(r"[^\w\s.'-]|\d", said) or "  " in said:
                continue
            if said.lower().split()[0] in taken or said.lower().split()[-1] in taken:
                continue
            names_one = (
                many > 1 or said[0].isupper() or len(said) > _LONG - 2 or said in listed("short_places")
            )
            if names_one and (codes := _codes(said, book)):
                country, _, region = codes.partition("-")
                ids = book.covering(country, codes if region else None)
                yield Mark("territory", start, start + len(said), ids=ids, places=(codes,))


@lru_cache(maxsize=4096)
def _codes_of(said: str) -> tuple[str, ...]:
    country, region = place("", "", said), place("", said, "")
    found = [country.country] if country.country and not country.region else []
    found += [region.region] if region.region else []
    return tuple(code for code in found if code)


def _codes(said: str, book: Book) -> str:
    """The ISO code of a place of the plan; "" where it is none."""
    short = len(said) < 4
    if short and not (_CODE.fullmatch(said) or said.lower() in {"uk"}):
        return ""
    codes = [code for code in _codes_of(said) if book.covering(code[:2], code if "-" in code else None)]
    return codes[0] if codes else ""


@lru_cache(maxsize=1)
def _ours() -> frozenset[str]:
    """Words that the parser reads otherwise, which no place is called by here."""
    return frozenset(vocabulary())


# --- slips of the keyboard ------------------------------------------------------------------------
def _known(book: Book) -> frozenset[str]:
    names = [*book.roles, *book.lands, *book.channels, *book.segments, *book.scenarios]
    return frozenset(
        {word for name in names for word in name.split() if word.isalpha()} | _ours() | set(MONTHS)
    )


def _mended(text: str, known: frozenset[str]) -> str:
    def mend(hit: re.Match[str]) -> str:
        word = hit.group().lower()
        if len(word) < _LONG or word in known:
            return hit.group()
        if _codes_of(hit.group()):
            return hit.group()
        near = {k for k in known if len(k) >= _LONG and k[0] == word[0] and _one_slip(word, k)}
        return near.pop() if len(near) == 1 else hit.group()

    return re.sub(r"[A-Za-z]+", mend, text)


def _one_slip(word: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two swapped, make the one the other."""
    if abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    rests = ((word[at + 1 :], other[at:]), (word[at:], other[at + 1 :]), (word[at + 1 :], other[at + 1 :]))
    swapped = word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :]
    return swapped or any(a == b for a, b in rests)
