"""The embedded policy that weighs where a lead belongs: address, headquarters, domain, and its own claim."""

import re
from typing import Any

import pycountry
from pydantic import JsonValue

from agent.spec import Reply, ToolCall, ToolResult

WEIGHTS = {"region": 5, "headquarters": 4, "phone": 2, "domain": 2, "claim": 2, "country": 2}
"""How much each piece of evidence speaks for its country: a form's default less than a written place."""


def router(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """The owner of the country most evidence points to, each piece cited; its confidence is the share."""
    votes = _votes(payload)
    totals: dict[str, int] = {}
    for name, country, _ in votes:
        totals[country] = totals.get(country, 0) + WEIGHTS[name]
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return Reply({"choice": "queue:triage", "cited": []}, 0.1, "nothing says where this lead is")
    country, points = ranked[0]
    owner = _owner(payload["owners"], country, payload["employees"])
    cited: list[JsonValue] = [f"{name} says {where} ({source})" for name, where, source in votes]
    why = "; ".join(map(str, cited))
    if owner is None:
        return Reply({"choice": "queue:triage", "cited": cited}, 0.2, f"nobody covers {country}; {why}")
    share = points / (sum(totals.values()) + 2)
    # two units of doubt: a single weak piece of evidence is never a certainty
    return Reply({"choice": owner, "cited": cited}, round(share, 3), why)


def _votes(payload: dict[str, Any]) -> list[tuple[str, str, str]]:
    votes: list[tuple[str, str, str]] = []
    conflict = payload["conflict"]
    if conflict:
        votes.append(("region", conflict[0], "the state or region column"))
        votes += [("country", other, "the country column") for other in conflict[1:2]]
    elif payload["country"]:
        votes.append(("region", payload["country"], "the billing address"))
    if payload["headquarters"]:
        votes.append(("headquarters", payload["headquarters"], f"profile {payload['headquarters_source']}"))
    top = (payload["domain"] or "").rpartition(".")[2].upper()
    if len(top) == 2 and pycountry.countries.get(alpha_2="GB" if top == "UK" else top):
        votes.append(("domain", "GB" if top == "UK" else top, f"domain {payload['domain']}"))
    claim: dict[str, str] = payload["claim"] or {}
    claimed = _claimed(claim.get("text", ""))
    if claimed:
        votes.append(("claim", claimed, "the lead's own words"))
    return votes


def _claimed(text: str) -> str | None:
    """The one country a claim names after `based in` or the like; names of cities are not looked up."""
    found = re.search(
        r"\b(?:based|located|headquartered|office) (?:is )?in (?:the )?([A-Z][\w ]{2,30})", text
    )
    if not found:
        return None
    words = found.group(1).split()
    for end in range(len(words), 0, -1):
        name = " ".join(words[:end])
        country = pycountry.countries.get(name=name) or pycountry.countries.get(common_name=name)
        if country:
            return str(country.alpha_2)
    return None


def _owner(owners: list[dict[str, Any]], country: str, employees: int | None) -> str | None:
    covering = [o for o in owners if country in o["countries"]]
    enterprise = [o for o in covering if "employees" in o["covers"]]
    plain = [o for o in covering if "employees" not in o["covers"]]
    large = employees is not None and any(employees >= _least(o["covers"]) for o in enterprise)
    chosen = (enterprise if large else plain) or covering
    return chosen[0]["owner"] if chosen else None


def _least(covers: str) -> int:
    found = re.search(r"employees at least (\d+)", covers)
    return int(found.group(1)) if found else 0
