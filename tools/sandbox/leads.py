"""New leads, a million from one seed: each made from its number, in constant memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tools.intake import RawLead
from tools.sandbox import messages as m
from tools.sandbox.crm import Book
from tools.sandbox.draw import Draw
from tools.sandbox.facts import Fact
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.names import ROOTS, root, slug
from tools.sandbox.people import FIRST, LEAD_LAST, STUDENT_TITLES, TITLES, Person, person
from tools.sandbox.places import AMBIGUOUS_CITIES, COUNTRY_MIX, COUNTRY_NAMES, City
from tools.sandbox.profiles import Profile
from tools.sandbox.setting import COMPETITORS
from tools.sandbox.worked import SYSTEM

SOURCES = (
    "demo_request",
    "contact_form",
    "webinar",
    "event",
    "newsletter",
    "content_download",
    "partner",
    "referral",
    "paid",
    "organic",
    "list",
)
_FREE_HOSTS = ("gmail.com", "gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de", "icloud.com")
_DETECTORS = ("scan", "webhook", "agent")
# Of a thousand leads: where one of each kind begins and ends. What is left over is ordinary.
_KINDS = (
    ("customer", 6),
    ("outbound", 110),
    ("student", 50),
    ("namesake", 50),
    ("unknown_company", 40),
    ("duplicate", 32),
    ("rival", 6),
    ("shared_address", 5),
    ("invalid_address", 5),
    ("disposable_address", 5),
)
_ROLL = tuple(kind for kind, share in _KINDS for _ in range(share))


@dataclass(frozen=True, slots=True)
class Made:
    """A lead and what is true about it."""

    raw: RawLead
    kind: str
    # ordinary, or one of _KINDS
    origin: int
    # number of the lead this person first came with; its own where they are new
    company: int | None
    # index of the true company; None where it isn't in the sandbox's world
    address: str
    # business, free, disposable or invalid
    place: str
    # full, partial, ambiguous or contradictory
    injected: bool
    # whether its message gives orders


class LeadStream:
    """The leads of a sandbox, by number."""

    def __init__(self, book: Book) -> None:
        self._book, self._profiles, self._setting = book, book.profiles, book.profiles.setting
        self._offset = self._setting.draw("lead names", 0).below(len(FIRST) * len(LEAD_LAST))
        self._unknown = self._setting.draw("unknown companies", 0).below(ROOTS)
        self._twins = tuple(
            i
            for i in range(len(COMPANIES), self._profiles.count)
            if self._profiles.twin_of(i - len(COMPANIES)) is not None
        )

    def made(self, count: int, start: int = 0) -> Iterator[Made]:
        """The leads numbered `start` to `start + count - 1` with their truth."""
        return map(self.one, range(start, start + count))

    def one(self, number: int) -> Made:
        """The lead of that number."""
        draw = self._setting.draw("lead", number)
        roll = draw.below(1000)
        kind = _ROLL[roll] if roll < len(_ROLL) else "ordinary"
        if kind in ("duplicate", "shared_address"):
            return self._again(draw, number, kind) if number else self._fresh(draw, number, "ordinary")
        return self._fresh(draw, number, kind)

    def _again(self, draw: Draw, number: int, kind: str) -> Made:
        """Somebody who came before: the same person again, or their free address under another company."""
        shared = kind == "shared_address"
        before = self._earlier(draw, number, ("free",) if shared else ("free", "business"))
        if before is None:
            return self._fresh(draw, number, "ordinary")
        fields = dict(before.raw.fields)
        for gone in ("signal_type", "signal_on", "detected_by", "message"):
            fields.pop(gone, None)
        company = before.company
        if shared:
            company = self._some_company(draw)
            fields["company"] = _written(draw, self._profiles.at(company))
        elif draw.chance(300):
            fields["email"] = fields["email"].upper()
        injected = self._talk(draw, fields)
        return Made(
            self._raw(draw, number, fields),
            kind,
            number if shared else before.origin,
            company,
            before.address,
            before.place,
            injected,
        )

    def _earlier(self, draw: Draw, number: int, addresses: tuple[str, ...]) -> Made | None:
        """Some earlier lead with such an address, or None after a few tries."""
        for _ in range(24):
            before = self.one(draw.below(number))
            if before.address in addresses and before.kind not in ("unknown_company", "shared_address"):
                return before
        return None

    def _fresh(self, draw: Draw, number: int, kind: str) -> Made:
        who = person(number, LEAD_LAST, self._offset)
        index = self._company(draw, kind)
        if kind == "outbound" and index is not None:
            told = tuple(f for f in self._profiles.facts(index) if not f.stale)
            if not told:
                kind = "ordinary"
            else:
                return self._outbound(draw, number, who, self._profiles.at(index), draw.pick(told))
        fields = {"first_name": who.first, "last_name": who.last, "title": _title(draw, kind)}
        if index is None:
            place = self._stranger(draw, fields, number)
            host = slug(fields["company"]) + ".example"
        else:
            p = self._profiles.at(index)
            place, host = _at_home(draw, fields, p), p.domain
        address = _address(draw, fields, who, number, kind, host)
        injected = self._talk(draw, fields)
        return Made(self._raw(draw, number, fields), kind, number, index, address, place, injected)

    def _outbound(self, draw: Draw, number: int, who: Person, p: Profile, fact: Fact) -> Made:
        fields = {
            "first_name": who.first,
            "last_name": who.last,
            "title": draw.pick(TITLES[:17]).text,
            "email": f"{who.local}@{p.domain}",
            "company": p.name,
            "city": p.city.name,
            "country": COUNTRY_NAMES[p.city.country][0],
            "signal_type": fact.kind,
            "signal_on": fact.on.isoformat(),
            "detected_by": draw.pick(_DETECTORS),
            "source": "outbound_signal",
        }
        return Made(
            self._raw(draw, number, fields), "outbound", number, p.index, "business", "partial", False
        )

    def _company(self, draw: Draw, kind: str) -> int | None:
        if kind == "customer":
            return self._book.customer(draw)
        if kind == "namesake":
            return draw.pick(self._twins)
        if kind == "rival":
            return draw.below(1 + len(COMPETITORS))
        return None if kind == "unknown_company" else self._some_company(draw)

    def _some_company(self, draw: Draw) -> int:
        return draw.between(len(COMPANIES), self._profiles.count - 1)

    def _stranger(self, draw: Draw, fields: dict[str, str], number: int) -> str:
        """Fill in a company that nobody has on record; its words are in an order no other company uses."""
        fields["company"] = f"{draw.pick(_TRADES)} {root(number % ROOTS, self._unknown)}"
        if draw.chance(500):
            fields["country"] = COUNTRY_NAMES[draw.pick(COUNTRY_MIX)][0]
            return "partial"
        fields["city"] = draw.pick(AMBIGUOUS_CITIES)
        return "ambiguous"

    def _talk(self, draw: Draw, fields: dict[str, str]) -> bool:
        """Fill in source and message; whether the message gives orders."""
        fields["source"] = draw.pick(SOURCES)
        roll = draw.below(1000)
        if roll >= 500:
            return False
        injected = roll < 20
        bank = m.INJECTIONS if injected else m.CLAIMS if roll < 60 else m.ASKS
        fields["message"] = draw.pick(bank).format_map(_Words(draw))
        return injected

    def _raw(self, draw: Draw, number: int, fields: dict[str, str]) -> RawLead:
        key = f"lead-{number:07d}"
        at = self._setting.now - timedelta(seconds=draw.below(3 * 86_400))
        fields["external_id"] = key
        fields["created_at"] = at.isoformat()[:19] + "Z"
        return RawLead(system=SYSTEM, key=key, fields=fields)


_TRADES = ("Hotel", "Atelier", "Studio", "Verein", "Clinic", "Gallery", "Farm", "Club")


class _Words(Mapping[str, str]):
    """What a message's blanks are filled with, drawn only when asked for."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def __getitem__(self, key: str) -> str:
        if key == "n":
            return str(self._draw.between(4, 60))
        return self._draw.pick(_BLANKS[key])

    def __iter__(self) -> Iterator[str]:
        return iter(_BLANKS)

    def __len__(self) -> int:
        return len(_BLANKS)


_BLANKS = {
    "team": m.TEAMS,
    "month": m.MONTHS,
    "region": m.REGIONS,
    "tool": m.TOOLS,
    "rival": COMPETITORS,
    "claimed": ("London", "Dublin", "Toronto", "Berlin", "Singapore", "Boston"),
    "billing": ("the US", "Germany", "Ireland", "Canada"),
}


def _title(draw: Draw, kind: str) -> str:
    return draw.pick(STUDENT_TITLES) if kind == "student" else draw.pick(TITLES).text


def _written(draw: Draw, p: Profile) -> str:
    roll = draw.below(100)
    if roll < 45:
        return p.name
    if roll < 85:
        return p.legal
    return p.name.upper() if roll < 95 else f" {p.name} "


def _at_home(draw: Draw, fields: dict[str, str], p: Profile) -> str:
    """Fill in what the lead says about its company; how clear the place is."""
    fields["company"] = _written(draw, p)
    roll = draw.below(1000)
    if roll < 300:
        told = p.employees * 5 if roll < 30 else p.employees
        fields["employees"] = str(told)
    if roll % 10 < 4:
        fields["industry"] = p.industry
    if p.city.phone and roll % 10 > 6:
        fields["phone"] = p.city.phone.format(f"{draw.below(100):02d}")
    if roll % 10 == 5:
        fields["website"] = f"https://www.{p.domain}/"
    return _place(draw, fields, p.city)


def _place(draw: Draw, fields: dict[str, str], city: City) -> str:
    roll = draw.below(1000)
    if roll < 50:
        fields["city"] = draw.pick(AMBIGUOUS_CITIES) if roll < 35 else ""
        return "ambiguous"
    country = draw.pick(COUNTRY_NAMES[city.country])
    fields["city"], fields["region"], fields["country"] = city.name, city.region_name, country
    if roll < 75:
        other = "US" if city.country != "US" else "IE"
        fields["region"], fields["country"] = COUNTRY_NAMES[city.country][0], COUNTRY_NAMES[other][0]
        return "contradictory"
    if roll < 220:
        del fields["country"]
        return "partial"
    if roll < 300:
        del fields["region"]
    elif roll < 420 and city.country in ("US", "CA") and city.region:
        fields["region"] = city.region[3:]
    return "full"


def _address(draw: Draw, fields: dict[str, str], who: Person, number: int, kind: str, host: str) -> str:
    """Fill in the lead's address; its kind."""
    local = who.local
    if kind == "invalid_address":
        fields["email"] = draw.pick(
            (f"{local}@", f"{local}.example", f"{local}@@{host}", f"{local}@{host}@", f"{local} at {host}")
        )
        return "invalid"
    if kind == "disposable_address":
        fields["email"] = f"{local}.sbx{number}@mailinator.com"
        return "disposable"
    if kind not in ("customer", "rival") and draw.chance(400 if kind in ("student", "namesake") else 85):
        fields["email"] = f"{local}.sbx{number}@{draw.pick(_FREE_HOSTS)}"
        return "free"
    fields["email"] = f"{local}@{host}"
    return "business"
