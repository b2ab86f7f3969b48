"""Periods and days in a text, in the workspace's fiscal calendar; a period stands for its first day."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from agent.embedded.planning.book import Book
from agent.embedded.planning.quantities import number_form, value_of
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import form, section
from loops.calendar import Calendar, add_months, fiscal_quarter_of, fiscal_year, fiscal_year_of

_NAMES = tuple(
    "january february march april may june july august september october november december".split()
)
_SHORT = {name[:3]: n for n, name in enumerate(_NAMES, 1) if name != "may"} | {"sept": 9}
MONTHS = {**{name: n for n, name in enumerate(_NAMES, 1)}, **_SHORT}
_MONTH = r"(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")(?![\w-])(?:\.(?=\s*(?:\d|20\d\d)))?"
_YEAR = r"(?:20\d\d)"
_FY = r"(?:fy|fiscal year|fiscal|financial year)[\s'-]*(?:20)?(?P<fy>\d\d)(?!\d)"
_QUARTER = 3
"""Months of one."""
_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_EDGE = str(section("forms", "edge"))
_ENDS = re.compile(r"\b(?:end|close|after|through|past|following|last day|last week|tail end)\b")
_MIDDLE = re.compile(r"\bmid|\bmiddle|\bhalf-?\s?way")
_SECOND = re.compile(r"second half|back half|latter half|midpoint")
_MODAL = re.compile(r"\b(?:it|we|they|she|he|you|i|that|this|there|who|which|what)\s+$")


@dataclass(frozen=True)
class Span:
    """A period of time."""

    start: date
    end: date
    of: str
    # day, month, quarter, half or year
    label: str = ""
    year: int | None = None


Made = Callable[[re.Match[str]], Span | None]
"""Makes a period of where its pattern hit; None where there is none such."""


def periods(text: str, book: Book) -> Iterator[Mark]:
    """Every period and day that the text may hold; some over others."""
    low, today, calendar = text.lower(), book.today, book.calendar
    yield from _now(low)
    yield from _relative(low, today)
    for pattern, made in _forms(today, calendar):
        for hit in re.finditer(rf"(?<![\w-]){_EDGE}{pattern}(?!\w)", low):
            span = made(hit)
            if span is None or _is_verb(low, hit):
                continue
            edge = hit["edge"] or ""
            if re.match(r"(?:once|when)\b", edge) and not re.match(
                r"\s+(?:starts?|begins?|kicks? (?:off|in)|comes|arrives|rolls|is here|opens)|\s*$",
                low[hit.end() :],
            ):
                continue
            yield _mark(hit, _begun(span, edge, today, calendar), edge)


def _begun(span: Span, edge: str, today: date, calendar: Calendar) -> Span:
    """The year whose beginning is meant: the next one, where the running one has begun."""
    told = span.of == "year" and re.search(r"start|begin|outset|turn|dawn", edge)
    if not told or span.year is None or not span.start < today < span.end:
        return span
    found = fiscal_year(calendar, span.year + 1)
    return Span(found.start, found.end, "year", found.label, span.year + 1)


def _mark(hit: re.Match[str], span: Span, edge: str) -> Mark:
    day, whole = (
        _meant(span, edge),
        not edge or not re.search(r"end|close|start|begin|mid|early|late|after|half|day", edge),
    )
    return Mark(
        "period",
        *_bounds(hit, edge),
        day=day,
        year=span.year if whole else None,
        label=span.label if whole else "",
        of=span.of,
    )


def _bounds(hit: re.Match[str], edge: str) -> tuple[int, int]:
    """Where it stands; a plain preposition isn't part of it."""
    plain = re.fullmatch(
        (
            r"(?:in|by|from|at|on|this|for|before|since|come|during|starting|effective|as of|until"
            r"|till)\s+(?:the )?"
        ),
        edge,
    )
    return (hit.start() + len(edge) if plain and edge.strip() != "this" else hit.start()), hit.end()


def _meant(span: Span, edge: str) -> date:
    if _ENDS.search(edge) and not _MIDDLE.search(edge):
        return span.end
    if _SECOND.search(edge) or _MIDDLE.search(edge):
        months = (span.end.year - span.start.year) * 12 + span.end.month - span.start.month
        if span.of == "month" or months < 2:
            return span.start.replace(day=15) if span.of == "month" else span.start
        return add_months(span.start, months // 2)
    return span.start


def _is_verb(low: str, hit: re.Match[str]) -> bool:
    """Whether it is the verb `may` or `march` and no month."""
    said = hit.group()[len(hit["edge"] or "") :].strip()
    if said == "last quarter":
        return True
    if said not in {"may", "march", "mar", "sep", "second"}:
        return False
    edge = (hit["edge"] or "").strip()
    if edge:
        return False
    if said == "may" and form("may_verb").match(low[hit.end() :]):
        return True
    return said == "may" and (
        bool(_MODAL.search(low[: hit.start()]))
        or bool(re.match(r"\s+(?:be|have|leave|need|not|want|go)\b", low[hit.end() :]))
    )


def _now(low: str) -> Iterator[Mark]:
    for hit in re.finditer(
        (
            r"\b(?:right now|right away|straight away|immediately|now|today|asap|as of (?:now|today)"
            r"|at once|effective immediately)\b"
        ),
        low,
    ):
        yield Mark("period", *hit.span(), of="now")


def _relative(low: str, today: date) -> Iterator[Mark]:
    number = number_form()
    units = r"(days?|weeks?|months?|quarters?|years?)"
    ahead = (
        rf"\b(?:in|after|within) (?:about )?({number}) {units}(?:'? time)?(?: from now)?(?! "
        rf"*(?:later|earlier|longer|shorter|sooner|more|less|early|late|ahead|back|forward))\b"
    )
    for hit in (
        *re.finditer(ahead, low),
        *re.finditer(rf"({number}) {units} (?:from now|from today|out|hence)\b", low),
    ):
        count, unit = value_of(hit.group(1)), hit.group(2).rstrip("s")
        yield Mark(
            "period", *hit.span(), day=_ahead(today, count, unit), of="day", value=_months(count, unit)
        )
    for hit in re.finditer(r"\btomorrow\b", low):
        yield Mark("period", *hit.span(), day=today + timedelta(days=1), of="day")
    for hit in re.finditer(r"\b(?:monday )?(?:of )?next week\b|\bnext monday\b|\bmonday\b", low):
        yield Mark("period", *hit.span(), day=today + timedelta(days=7 - today.weekday()), of="day")
    for hit in re.finditer(
        rf"\b(a|one|two|three|{number}) (weeks?|days?|months?) (?:from|after) (?:today|tomorrow|now)\b", low
    ):
        count, unit = value_of(hit.group(1)), hit.group(2).rstrip("s")
        yield Mark("period", *hit.span(), day=_ahead(today, count, unit), of="day")
    for hit in re.finditer(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?(?![\d/])", low):
        month, day = int(hit.group(1)), int(hit.group(2))
        if (day < 13 and month < 13) or day > 31 or month > 31:
            continue
        month, day = (day, month) if month > 12 else (month, day)
        told = int(hit.group(3)) if hit.group(3) else 0
        year = told + 2000 if 0 < told < 100 else told or today.year
        made = _iso(f"{year:04d}-{month:02d}-{day:02d}")
        if made and not told and made.start < today:
            made = _iso(f"{year + 1:04d}-{month:02d}-{day:02d}")
        if made:
            yield Mark("period", *hit.span(), day=made.start, of="day")

    yield from _dotted(low, today)
    for hit in re.finditer(form("holidays"), low):
        yield Mark("period", *hit.span(), of="vague")


def _dotted(low: str, today: date) -> Iterator[Mark]:
    """Days as 1.2.2027, or 1.2. after a preposition."""
    for hit in re.finditer(r"(?<![\d.])(\d{1,2})\. ?(\d{1,2})\. ?(20\d\d|\d\d)?(?![\d%])", low):
        if not hit.group(3) and not re.search(
            r"\b(?:per|on|from|by|ab|since|as of|until|till|am|the)\s+$", low[: hit.start()]
        ):
            continue
        day, month, told = int(hit.group(1)), int(hit.group(2)), int(hit.group(3) or 0)
        year = told + 2000 if 0 < told < 100 else told or today.year
        made = _iso(f"{year:04d}-{month:02d}-{day:02d}")
        if made and not told and made.start < today:
            made = _iso(f"{year + 1:04d}-{month:02d}-{day:02d}")
        if made:
            yield Mark("period", *hit.span(), day=made.start, of="day")


def _months(count: float, unit: str) -> float:
    return count * {"day": 0, "week": 0, "month": 1, "quarter": 3, "year": 12}[unit]


def _ahead(today: date, count: float, unit: str) -> date:
    if unit in {"day", "week"}:
        return today + timedelta(days=round(count * (7 if unit == "week" else 1)))
    months = round(count * {"month": 1, "quarter": 3, "year": 12}[unit])
    first = add_months(today, months)
    last = (add_months(first, 1) - timedelta(days=1)).day
    return first.replace(day=min(today.day, last))


# --- forms ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Now:
    """Today in its fiscal calendar, from which periods are made."""

    today: date
    calendar: Calendar

    @property
    def number(self) -> int:
        """The running fiscal year's."""
        return fiscal_year_of(self.calendar, self.today)

    def year(self, at: int) -> Span:
        """The fiscal year of that number."""
        found = fiscal_year(self.calendar, at)
        return Span(found.start, found.end, "year", found.label, at)

    def ahead(self, quarters: int) -> Span:
        """The fiscal quarter so many after the running one."""
        start = add_months(fiscal_quarter_of(self.calendar, self.today).start, 3 * quarters)
        return Span(start, add_months(start, 3), "quarter", fiscal_quarter_of(self.calendar, start).label)


_FISCAL = r"(?:fy|fiscal year|fiscal)[\s'-]*(?:20)?(?P<fy>\d\d)(?!\d)"
_NEXT = r"(?:the )?(?:next|following|coming|upcoming)"
_THIS = r"(?:this|current|the current|the)"
_NO_COUNT = r"(?!\d|\s*(?:%|k\b|m\b|people|ae|sdr))"
_NO_AMOUNT = r"(?!\s*(?:deals|logos|customers|people|usd|eur|k\b|m\b))"
_DAYS = (
    rf"(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m>{_MONTH})(?:,? (?P<y>{_YEAR}))?",
    rf"(?P<m>{_MONTH}) (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_NO_COUNT}(?:,? (?P<y>{_YEAR}))?",
    rf"(?:next |this coming |the coming )?(?P<m>{_MONTH})(?:,? (?:of )?(?P<y>{_YEAR}))?(?P<d>)",
)
_QUARTERS = (
    rf"q(?P<q>[1-4])(?:[\s/,-]*(?:of |in )?(?:{_FISCAL}|(?P<y>20\d\d)"
    r"|(?P<rel>next|this)(?: fiscal)? year|'(?P<s>\d\d)))?",
    r"(?:the )?(?P<w>first|second|third|fourth|last|1st|2nd|3rd|4th) quarter"
    rf"(?: of (?:{_FISCAL}|(?P<y>20\d\d)|(?P<rel>next|this|the)(?: fiscal)? year))?",
)
_HALF_WORDS = (
    r"(?:the )?(?P<hw>first|second|back|latter|1st|2nd) half(?: of (?:the|this|next)(?: fiscal)? year)?"
)
_HALF = rf"h(?P<h>[12])(?:[\s/-]*(?:{_FISCAL}|(?P<y>20\d\d)|(?:of )?(?P<rel>next|this) year))?"


def _forms(today: date, calendar: Calendar) -> tuple[tuple[str, Made], ...]:
    """Patterns of periods, each with what makes one of a hit."""
    now = _Now(today, calendar)
    return (
        (rf"(?P<day>{_YEAR}-\d\d-\d\d)", lambda hit: _iso(hit["day"])),
        *((form, lambda hit: _named(hit, today)) for form in _DAYS),
        *((form, lambda hit: _quarter(hit, now)) for form in _QUARTERS),
        (_HALF, lambda hit: _part(now, 6 * (int(hit["h"]) - 1), 6, _year_of(hit, now.number))),
        (_HALF_WORDS, lambda hit: _half(hit, now)),
        (_FY, lambda hit: now.year(2000 + int(hit["fy"]))),
        (
            rf"(?:fiscal year |fiscal |calendar year |year )?(?P<y>{_YEAR}){_NO_AMOUNT}",
            lambda hit: now.year(int(hit["y"])),
        ),
        *_fixed(now),
    )


def _fixed(now: _Now) -> Iterator[tuple[str, Made]]:
    """Patterns of periods that are told from today on."""
    year, month = now.year(now.number), partial(_month, now.today)
    year_next = now.year(now.number + 1)
    spans = {
        rf"(?:{_NEXT}|(?:the )?new) (?:fiscal |financial |plan |calendar )?year": year_next,
        rf"(?:{_THIS}|our|the fiscal|fiscal|the whole|the full) (?:fiscal |financial |plan )?year": year,
        "year-end|eoy": year,
        rf"(?:{_NEXT}) (?:fy|fiscal|year's)": year_next,
        "(?:the )?year after next": now.year(now.number + 2),
        rf"{_NEXT} (?:fiscal )?quarter": now.ahead(1),
        "(?:the )?quarter after next": now.ahead(2),
        rf"{_THIS} (?:fiscal )?quarter": now.ahead(0),
        rf"{_NEXT} month": month(1),
        rf"{_THIS} month": month(0),
        r"year[\s-]?end|end of year|fiscal year[\s-]?end|fy[\s-]?end": _ended(year),
        r"eoq|quarter[\s-]?end|end of quarter": _ended(now.ahead(0)),
        r"eom|month[\s-]?end|end of month": _ended(month(0)),
        "mid[- ]?year|midyear|halfway through the year": _part(now, 6, 1, None),
    }
    for pattern, span in spans.items():
        yield f"(?:{pattern})", partial(_always, span)


def _always(span: Span, hit: re.Match[str]) -> Span:
    return span


def _iso(text: str) -> Span | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return Span(day, day + timedelta(days=1), "day")


def _named(hit: re.Match[str], today: date) -> Span | None:
    month, day = MONTHS[hit["m"].rstrip(".")], int(hit["d"]) if hit["d"] else 0
    try:
        year = int(hit["y"]) if hit["y"] else today.year
        start = date(year, month, day or 1)
        end = start + timedelta(days=1) if day else add_months(start, 1)
        if not hit["y"] and end <= today:
            start = start.replace(year=year + 1)
            end = start + timedelta(days=1) if day else add_months(start, 1)
    except ValueError:
        return None
    return Span(start, end, "day" if day else "month", "" if day else f"{start:%Y-%m}")


def _year_of(hit: re.Match[str], number: int) -> int | None:
    told = hit.groupdict()
    for key in ("fy", "s"):
        if told.get(key):
            return 2000 + int(str(told[key]))
    if told.get("y"):
        return int(str(told["y"]))
    return {"next": number + 1, "this": number, "the": number}.get(str(told.get("rel")))


def _month(today: date, ahead: int) -> Span:
    start = add_months(today, ahead)
    return Span(start, add_months(start, 1), "month", f"{start:%Y-%m}")


def _ended(span: Span) -> Span:
    return Span(span.end, span.end + timedelta(days=1), "day")


def _quarter(hit: re.Match[str], now: _Now) -> Span:
    told = hit.groupdict()
    nth = int(told["q"]) if told.get("q") else _NTH[str(told["w"])]
    return _part(now, 3 * (nth - 1), 3, _year_of(hit, now.number))


def _half(hit: re.Match[str], now: _Now) -> Span:
    """Half of a fiscal year told in words."""
    after = 0 if hit["hw"] in {"first", "1st"} else 6
    year = now.number + 1 if "next" in hit.group() else None
    return _part(now, after, 6, year)


def _part(now: _Now, after: int, months: int, year: int | None) -> Span:
    """A part of a fiscal year: of that one, else the next that isn't over."""
    years = [year] if year else [now.number, now.number + 1]
    starts = [add_months(fiscal_year(now.calendar, at).start, after) for at in years]
    start = next((day for day in starts if day >= now.today), starts[-1])
    label = fiscal_quarter_of(now.calendar, start).label if months == _QUARTER else ""
    return Span(start, add_months(start, months), "quarter" if label else "half", label)
