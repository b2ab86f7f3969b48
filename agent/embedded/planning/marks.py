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
from tools.normalise import area, place

_ORDER = tuple(
    "scenario hire person role territory period amount percent points duration times fraction channel"
    " segment anybody group currency number".split()
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
        for n in range(here, stop):
            if text.words[n] == " " and out and out[-1] == " ":
                continue
            out.append(text.words[n].lower())
            at.append(n)
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
        gap = text.words[ahead[0].end : hit.start()].lower() if ahead else ""
        near = ahead and behind and form("or_so").fullmatch(gap) and behind[0].start - hit.end() < 16
        if near and ahead[0].kind == behind[0].kind:
            rest = text.words[hit.end() :]
            rest = re.sub(r"\s+-\s+", " ", rest, count=1) if "-" in hit.group() else rest
            return read(text.words[: ahead[0].start] + rest, book)
    return text


def _marked(words: str, book: Book) -> Text:
    found = [*_names(words, book), *quantities(words), *periods(words, book)]
    marks = _apart(found)
    ends = {m.end for m in marks if m.kind in {"percent", "amount", "number", "points"}}
    marks = [m for m in marks if not (m.kind == "channel" and form("paid_verb").search(_around(words, m)))]
    idle = [m for m in marks if m.kind == "number" and _is_idle(words, m, marks)]
    marks = [replace(m, kind="number", value=1.0) if _is_ordinal(m, marks) else m for m in marks]
    yearly = [
        m
        for m in marks
        if m.kind == "duration" and words[m.start : m.start + 2] == "a " and m.start - 1 in ends
    ]
    idle += [
        m
        for m in marks
        if m.kind == "period" and form("whole_year").fullmatch(words[m.start : m.end].lower())
    ]
    idle = [
        m for m in idle if m.kind != "period" or not form("year_of_date").search(words[: m.start].lower())
    ]
    return Text(words, tuple(m for m in marks if m not in yearly and m not in idle))


def _around(words: str, mark: Mark) -> str:
    """The words before a mark, the mark between bars, and those after it."""
    return f"{words[: mark.start]}|{words[mark.start : mark.end]}|{words[mark.end :]}".lower()


def _is_ordinal(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a fraction is an ordinal: "a third commercial AE"."""
    behind = [
        m.kind for m in marks if 0 <= m.start - mark.end < 2 or (m.start > mark.end and m.kind == "role")
    ]
    near = [m for m in marks if 0 <= m.start - mark.end < 2]
    return mark.kind == "fraction" and bool(near) and behind[0] in {"role", "anybody", "segment"}


def _is_idle(words: str, mark: Mark, marks: list[Mark]) -> bool:
    """Whether a number counts no people: "three things", "the DACH one"."""
    if form("idle_counted").match(words[mark.end :].lower()):
        return True
    if words[mark.start : mark.end].lower() != "one":
        return False
    ahead = [
        m for m in marks if m.end == mark.start - 1 and m.kind in {"territory", "segment", "role", "hire"}
    ]
    told = form("idle_one").search(words[: mark.start].lower())
    follows = any(
        m.start - mark.end < 2 for m in marks if m.start >= mark.end and m.kind in {"role", "anybody"}
    )
    return bool(
        (told or (ahead and form("idle_the").search(words[: ahead[0].start].lower()))) and not follows
    )


_REPAIRS = form("repairs")
"""What stands between something said and what should have been said."""
_MONTHLY = "|".join(sorted(MONTHS, key=len, reverse=True))
_PLAINER = tuple(
    (re.compile(str(pattern).replace("MONTH", _MONTHLY), re.IGNORECASE), str(new))
    for pattern, new in section("plainer")
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
    """The territories of a group of countries: the one of that name, else those in it, else all."""
    rows, countries = book.rows("territories"), area(name) or {place("", "", name).country}
    within = tuple(str(row["id"]) for row in rows if countries & {*row["countries"]})
    return book.lands.get(name) or within or tuple(str(row["id"]) for row in rows)


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
                known = any(codes in row["regions"] for row in book.rows("territories"))
                if region and not known and country == codes.partition("-")[2]:
                    codes, region = country, ""
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
def _known(book: Book) -> tuple[frozenset[str], frozenset[str]]:
    """Every word that is known, and those that a slip is mended to: names and topics."""
    names = [*book.roles, *book.lands, *book.channels, *book.segments, *book.scenarios]
    called = {word for name in names for word in name.split() if word.isalpha()} | set(MONTHS)
    told = {word for kind in section("topics") for cue in listed("topics", str(kind)) for word in cue.split()}
    heads = {word.replace("*", "") for word in told if re.fullmatch(r"[a-z]+\*?", word)}
    return frozenset(called | _ours()), frozenset(called | heads | set(listed("mended")))


def _mended(text: str, words: tuple[frozenset[str], frozenset[str]]) -> str:
    known, targets = words

    def mend(hit: re.Match[str]) -> str:
        word = hit.group().lower()
        if len(word) < _LONG or word in known:
            return hit.group()
        if _codes_of(hit.group()):
            return hit.group()
        near = {
            k
            for k in targets
            if len(k) >= _LONG
            and word[:-1] not in {k, k[:-1]}
            and k[:-1] != word
            and k[0] == word[0]
            and _one_slip(word, k)
        }
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
