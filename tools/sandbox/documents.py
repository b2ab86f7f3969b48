"""Pages and news about a company, with the truth about each: what makes research hard is on purpose."""

from dataclasses import dataclass
from datetime import date, timedelta

from loops.records import Document
from tools.sandbox import wordings as w
from tools.sandbox.draw import Draw
from tools.sandbox.facts import INVESTORS, Fact
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.names import slug
from tools.sandbox.profiles import Profile, Profiles
from tools.sandbox.setting import COMPETITORS

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A document and what is true about it."""

    document: Document
    about: str
    # id of the company it is really about
    facts: tuple[Fact, ...] = ()
    # what a careful reader may take from it; empty for rumours, orders, undated pages
    trait: str = ""
    # "" | namesake | rumour | orders | undated | filler


def long_date(day: date, style: int) -> str:
    """The day in one of three written forms."""
    month = _MONTHS[day.month - 1]
    return (f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", day.isoformat())[style]


class Library:
    """All documents of a sandbox, company by company."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._setting = profiles.setting

    def told(self, index: int) -> tuple[Told, ...]:
        """What is indexed under that company: pages first, then news in the order of its facts."""
        profile = self._profiles.at(index)
        # The hand-made companies read the same whatever the seed.
        draw = Draw("fixed" if index < len(COMPANIES) else self._setting.seed, "documents", index)
        pieces = [*self._pages(draw, profile), *self._news(draw, profile, self._profiles.facts(index)),
                  *self._astray(profile), *self._noise(draw, profile)]  # fmt: skip
        return tuple(_numbered(piece, index, n) for n, piece in enumerate(pieces))

    def _pages(self, draw: Draw, p: Profile) -> list[Told]:
        fill = _fill(p)
        text = f"{draw.pick(w.ABOUT)} {draw.pick(w.ADDRESS)}".format(**fill)
        undated = draw.chance(150)
        if undated:
            text += f" {draw.pick(w.UNDATED)}"
        pages = [_page(p, "about", f"About {p.name}", text, "undated" if undated else "")]
        if draw.chance(250):
            pages.append(
                _page(p, "careers", f"Careers at {p.name}", draw.pick(w.CAREERS).format(**fill), "filler")
            )
        if (p.index < len(COMPANIES) and COMPANIES[p.index].hostile) or (
            p.index >= len(COMPANIES) and draw.chance(40)
        ):
            text = f"{draw.pick(w.FILLER)} {draw.pick(w.ORDERS)}".format(**fill)
            pages.append(_page(p, "partners", f"Partners of {p.name}", text, "orders"))
        return pages

    def _news(self, draw: Draw, p: Profile, facts: tuple[Fact, ...]) -> list[Told]:
        return [self._item(draw, p, fact) for fact in facts for _ in range(2 if draw.chance(150) else 1)]

    def _item(self, draw: Draw, p: Profile, fact: Fact) -> Told:
        on = min(fact.on + timedelta(days=draw.below(4)), self._setting.today)
        style = draw.below(3)
        fill = {**_fill(p), **fact.values, "day": long_date(fact.on, style % 2)}
        after = draw.some(w.CONTEXT, draw.between(1, 2))
        # Of two companies of one name, each article says which one it is about.
        if p.twin is not None:
            after = ("{co} is based in {city}, {region}.", *after)
        sentences = [draw.pick(w.FACTS[fact.kind]), *after]
        text = " ".join(sentences).format(**fill)
        if draw.chance(250):
            text += " " + draw.pick(w.DISTRACTORS).format(
                other=draw.pick(w.OTHERS), n=draw.between(7, 90), investor=draw.pick(INVESTORS)
            )
        head = draw.pick(w.HEADLINES[fact.kind]).format(**fill)
        return _article(draw, p, head, text, on, style, facts=(fact,))

    def _astray(self, p: Profile) -> list[Told]:
        """News about the other company of this name, indexed under this one."""
        if p.twin is None:
            return []
        twin, facts = self._profiles.at(p.twin), self._profiles.facts(p.twin)
        draw = Draw("fixed" if p.index < len(COMPANIES) else self._setting.seed, "astray", p.index)
        items = [self._item(draw, twin, fact) for fact in facts[:1]]
        return [Told(item.document.model_copy(update={"company": p.id}), twin.id, item.facts, "namesake")
                for item in items]  # fmt: skip

    def _noise(self, draw: Draw, p: Profile) -> list[Told]:
        fill = {**_fill(p), "rival": draw.pick(COMPETITORS)}
        noise: list[Told] = []
        if draw.chance(140):
            text = draw.pick(w.RUMOURS).format(**fill)
            on = self._setting.day(draw.between(3, 200))
            noise.append(
                _article(draw, p, f"What next for {p.name}?", text, on, draw.below(3), trait="rumour")
            )
        if draw.chance(300):
            text = " ".join(draw.some(w.FILLER, 2)).format(**fill)
            on = self._setting.day(draw.between(3, 600))
            head = draw.pick(w.FILLER_HEADS).format(**fill)
            noise.append(_article(draw, p, head, text, on, draw.below(3), trait="filler"))
        return noise


def _fill(p: Profile) -> dict[str, str]:
    trade = p.industry.lower()
    return {
        "co": p.name,
        "city": p.city.name,
        "region": p.city.region_name or p.city.name,
        "trade": trade,
        "trade_cap": trade.capitalize(),
        "founded": str(p.founded),
        "employees": str(p.employees),
        "street": p.street,
    }


def _page(p: Profile, path: str, title: str, text: str, trait: str) -> Told:
    url = f"https://www.{p.domain}/{path}"
    return Told(
        Document(id="", company=p.id, kind="page", title=title, url=url, on=None, text=text), p.id, (), trait
    )


def _article(
    draw: Draw,
    p: Profile,
    head: str,
    text: str,
    on: date,
    style: int,
    facts: tuple[Fact, ...] = (),
    trait: str = "",
) -> Told:
    outlet, host = draw.pick(w.OUTLETS)
    own = draw.chance(300)
    where, by = (f"www.{p.domain}/news", p.name) if own else (host, outlet)
    url = f"https://{where}/{on.isoformat()}/{slug(head)}"
    body = f"{p.city.name}, {long_date(on, style)} ({by}). {text}"
    doc = Document(id="", company=p.id, kind="news", title=head, url=url, on=on, text=body)
    return Told(doc, p.id, facts, trait)


def _numbered(told: Told, index: int, number: int) -> Told:
    document = told.document.model_copy(update=_identity(told.document, index, number))
    return Told(document, told.about, told.facts, told.trait)


def _identity(document: Document, index: int, number: int) -> dict[str, str]:
    """An id and a URL that no other document has."""
    url = document.url if document.kind == "page" else f"{document.url}-{index * 20 + number}"
    return {"id": f"D-{index:06d}-{number}", "url": url}
