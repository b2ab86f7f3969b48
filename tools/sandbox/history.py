"""The last year's leads and what became of them: by the starter's score and speed, with noise."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from loops.records import Lead, Origin, PastLead
from loops.values import short_id
from tools.normalise import company_key, function, seniority
from tools.sandbox.crm import Book, amount, fit, odds
from tools.sandbox.draw import Draw
from tools.sandbox.fixed import COMPANIES
from tools.sandbox.leads import SOURCES
from tools.sandbox.people import FIRST, HISTORY_LAST, TITLES, Title, person
from tools.sandbox.profiles import Profile
from tools.sandbox.roster import DEPARTED, pool_for, seats
from tools.sandbox.worked import SYSTEM
from tools.sandbox.worth import points, pull

SPEED = 0.6
"""Log odds that a touch loses with the logarithm of the hours it comes late."""
_OPEN_DAYS = 21  # a lead younger than this may still be open
_DEAL_DAYS = 80  # a conversion older than this has been won or lost
_OLD_SCORE = 10  # how far, in points, the score of the CRM before lies from what tells
_WORKED = 3  # of ten companies, those that the history's leads come from


class History:
    """Past leads of a sandbox, by number."""

    def __init__(self, book: Book) -> None:
        self._book, self._profiles, self._setting = book, book.profiles, book.profiles.setting
        self._offset = self._setting.draw("history names", 0).below(len(FIRST) * len(HISTORY_LAST))

    def past_leads(self) -> Iterator[PastLead]:
        """Every past lead; closed ones have `won` set, open ones have neither `won` nor `converted_at`."""
        return map(self.one, range(self._setting.count(6000)))

    def one(self, number: int) -> PastLead:
        """The past lead of that number."""
        draw = self._setting.draw("past lead", number)
        tens = (self._profiles.count - len(COMPANIES)) // 10
        p = self._profiles.at(len(COMPANIES) + 10 * draw.below(tens) + draw.below(_WORKED))
        title, source = draw.pick(TITLES), draw.pick(SOURCES)
        ago = draw.between(1, 365)
        created = self._setting.now - timedelta(days=ago, seconds=draw.below(86_400))
        owner = self._owner(draw, p, ago)
        assigned = created + timedelta(minutes=draw.between(1, 240))
        wait = self._wait_hours(draw, owner)
        touched = None if draw.chance(40) else assigned + timedelta(minutes=round(60 * wait))
        touched = touched if touched and touched < self._setting.now else None
        lead = self._lead(draw, number, p, title, source, created, touched)
        score = points(lead, created)
        converted, won = self._outcome(draw, p, pull(score), ago, touched, wait)
        return PastLead(
            lead=lead,
            company=p.id,
            score=max(0, min(100, round(score + _OLD_SCORE * draw.noise()))),
            owner=owner,
            assigned_at=min(assigned, self._setting.now),
            touched_at=touched,
            converted_at=converted,
            won=won,
            amount_minor=amount(draw, p) if converted else None,
        )

    def _owner(self, draw: Draw, p: Profile, ago: int) -> str:
        pool = pool_for(p.city.country, p.employees)
        if pool == "na-commercial" and ago > 45 and draw.chance(110):
            return DEPARTED
        return draw.pick(seats(self._setting, pool))

    def _wait_hours(self, draw: Draw, owner: str) -> float:
        """Hours to the first touch: log-normal, each person with a pace of their own."""
        pace = self._setting.draw("pace", owner).noise()
        return math.exp(1.3 + 0.8 * pace + 1.4 * draw.noise())

    def _outcome(
        self, draw: Draw, p: Profile, pull: float, ago: int, touched: datetime | None, wait: float
    ) -> tuple[datetime | None, bool | None]:
        """When it converted and whether it was won; `False` too where it was closed without a deal."""
        speed = SPEED * math.log1p(wait / 4)
        converts = touched is not None and draw.share() < odds(pull - speed + 0.4 * draw.noise())
        wins = draw.share() < odds(-0.5 + 0.7 * fit(p) + 0.3 * draw.noise())
        after = draw.between(1, 30)
        if converts and touched and touched + timedelta(days=after) < self._setting.now:
            return touched + timedelta(days=after), wins if ago > _DEAL_DAYS else None
        still_open = ago <= _OPEN_DAYS and draw.chance(600)
        return None, None if still_open else False

    def _lead(
        self,
        draw: Draw,
        number: int,
        p: Profile,
        title: Title,
        source: str,
        created: datetime,
        touched: datetime | None,
    ) -> Lead:
        who = person(number, HISTORY_LAST, self._offset)
        email = f"{who.local}@{p.domain}"
        return Lead(
            id="L-" + short_id(SYSTEM, f"past-{number:07d}")[:12],
            person="P-" + short_id(email)[:12],
            source=source,
            created_at=created,
            first_name=who.first,
            last_name=who.last,
            title=title.text,
            seniority=seniority(title.text),
            job_function=function(title.text),
            email=email,
            company=p.legal if draw.chance(500) else p.name,
            company_key=company_key(p.name),
            domain=p.domain,
            place=p.city.place,
            industry=p.industry if draw.chance(700) else None,
            employees=p.employees if draw.chance(600) else None,
            origin=Origin(source=SYSTEM),
            touched_at=touched,
        )

