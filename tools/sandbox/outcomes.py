"""What becomes of a sandbox's own leads as its clock moves on: by the odds of its past."""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from loops.history import Outcome
from loops.records import Lead
from tools.outcomes import known_outcomes, record
from tools.sandbox.crm import odds
from tools.sandbox.history import SPEED
from tools.sandbox.profiles import Profiles, index_of
from tools.sandbox.setting import Setting
from tools.sandbox.worth import points, pull
from tools.store import Tx
from tools.store import tables as t
from tools.store.records import is_rep

SAID_BY = "sandbox"
GIVEN_UP = timedelta(days=30)
"""A lead that hasn't converted by then is closed."""


def happen(tx: Tx, setting: Setting, now: datetime) -> int:
    """Let happen what is due until now; how many leads it says something new of."""
    done = {lead for lead, known in known_outcomes(tx).items() if known.closed_at or known.converted_at}
    companies, profiles = _companies(tx), Profiles(setting)
    query = select(t.leads.c.id, t.leads.c.owner, t.leads.c.assigned_at, t.leads.c.doc)
    rows = tx.all(query.where(t.leads.c.assigned_at != "").order_by(t.leads.c.id))
    return sum(
        record(tx, _outcome(setting, profiles, companies, Lead.model_validate_json(doc), owner, at, now))
        for id, owner, at, doc in rows
        if is_rep(owner) and id not in done
    )


def _companies(tx: Tx) -> Mapping[str, int]:
    """Lead → the number of the company that it was matched with."""
    rows = tx.all(select(t.events.c.body).where(t.events.c.kind == "LeadQualified").order_by(t.events.c.seq))
    told = (json.loads(row[0]) for row in rows)
    found = ((one["record"], index_of(one["company"])) for one in told if one.get("company"))
    return {lead: index for lead, index in found if index is not None}


def _outcome(
    setting: Setting,
    profiles: Profiles,
    companies: Mapping[str, int],
    lead: Lead,
    owner: str,
    assigned_at: str,
    now: datetime,
) -> Outcome:
    draw, index = setting.draw("outcome", lead.id), companies.get(lead.id)
    known = profiles.company(index) if index is not None and index < profiles.count else None
    pace = setting.draw("pace", owner).noise()
    wait = math.exp(1.3 + 0.8 * pace + 1.4 * draw.noise())
    given = datetime.fromisoformat(assigned_at)
    speaks = pull(points(lead, given, known)) - SPEED * math.log1p(wait / 4)
    touches, converts = not draw.chance(40), draw.share() < odds(speaks + 0.4 * draw.noise())
    touched = given + timedelta(hours=wait)
    turned = touched + timedelta(days=draw.between(1, 30))
    given_up = touched + GIVEN_UP
    return Outcome(
        lead=lead.id,
        owner=owner,
        touched_at=touched if touches and touched <= now else None,
        converted_at=turned if touches and converts and turned <= now else None,
        closed_at=given_up if not (touches and converts) and given_up <= now else None,
        won=False if not (touches and converts) and given_up <= now else None,
        said_by=SAID_BY,
    )
