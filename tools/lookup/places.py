"""Which territory a place or an account lies in, and who covers it."""

from pydantic import JsonValue
from sqlalchemy import select

from loops.records import Account, Place
from loops.scenario import Scenario
from loops.territories import territory_of
from tools.errors import ToolRetry
from tools.ids import AccountId, CompanyId, Words
from tools.lookup.context import LookupContext
from tools.lookup.loops import covers
from tools.normalise import place as normalise
from tools.store import tables as t

_LEAST_LETTERS = 4
"""Shorter names are codes: a code has too many meanings to ask about each."""


def territory_of_place(ctx: LookupContext, words: Words) -> JsonValue:
    """The territory that a country, state or region lies in, and who covers it; null where unknown.

    `either` lists what a name can mean that is both a country's and a region's: ask which, then say it with
    its country ("Georgia, United States").

    Args:
        ctx: the runtime's side.
        words: a country, a state or a region, perhaps after its city: "Leeds, United Kingdom", "Texas".
    """
    parts = [part.strip() for part in words.split(",") if part.strip()]
    if either := _either(ctx, parts):
        return {"asked": parts[0], "either": [*either], **_covered(ctx, Place())}
    asked, found = _placed(parts)
    # never the words as they came: they are whatever the caller wrote
    return {"asked": asked if found.country else None, "either": [], **_covered(ctx, found)}


def _placed(parts: list[str]) -> tuple[str, Place]:
    """The part that names the place, and the place: the last, or the region before it that lies in it."""
    if not parts:
        return "", Place()
    found = normalise("", "", parts[-1])
    within = normalise("", parts[-2], parts[-1]) if found.country and len(parts) > 1 else Place()
    if within.region:
        return parts[-2], within
    return parts[-1], found if found.country else normalise("", parts[-1], "")


def _either(ctx: LookupContext, parts: list[str]) -> tuple[str, ...]:
    """A name that is both a country's and a region's of another, where the plan sends them apart."""
    if len(parts) != 1 or len(parts[0]) < _LEAST_LETTERS:
        return ()
    country, region = normalise("", "", parts[0]), normalise("", parts[0], "")
    if not country.country or not region.country or country.country == region.country:
        return ()
    apart = {territory_of(ctx.records.scenario, x.country, x.region) for x in (country, region)}
    home = str(region.country)
    return (f"{parts[0]}, a region of {home}", f"{parts[0]}, the country") if len(apart) > 1 else ()


def territory_of_account(ctx: LookupContext, account: AccountId) -> JsonValue:
    """The territory that an account's address lies in, who covers it, and who owns the account.

    Args:
        ctx: the runtime's side.
        account: id of the account.

    Raises:
        ToolRetry: there is no such account.
    """
    found = account_of(ctx, account)
    where, source = found.place, "the account's address"
    profile = ctx.records.profile(found.company) if found.company else None
    if where.country is None and profile:
        where, source = profile.place, f"profile {profile.id}"
    owner = ctx.records.rep(found.owner) if found.owner else None
    return {
        "account": found.id,
        "name": found.name,
        "owner": found.owner,
        "owner_name": owner.name if owner else None,
        "employees": found.employees or (profile.employees if profile else None),
        "source": source,
        **_covered(ctx, where),
    }


def territory_of_company(ctx: LookupContext, company: CompanyId) -> JsonValue:
    """The territory that a company's profile lies in, and who covers it; null where unknown.

    Args:
        ctx: the runtime's side.
        company: id of a company profile.

    Raises:
        ToolRetry: there is no such profile.
    """
    found = ctx.records.profile(company)
    if found is None:
        raise ToolRetry(f"there is no company profile {company}: find it with find_records")
    told: dict[str, JsonValue] = {"company": company, "name": found.name, "employees": found.employees}
    return {**told, **_covered(ctx, found.place)}


def account_of(ctx: LookupContext, account: str) -> Account:
    """The account.

    Raises:
        ToolRetry: there is none of that id.
    """
    row = ctx.tx.first(select(t.accounts.c.doc).where(t.accounts.c.id == account))
    if row is None:
        raise ToolRetry(f"there is no account {account}: find it with find_records")
    return Account.model_validate_json(row[0])


def _covered(ctx: LookupContext, where: Place) -> dict[str, JsonValue]:
    plan: Scenario = ctx.records.scenario
    id = territory_of(plan, where.country, where.region)
    found = next((territory for territory in plan.territories if territory.id == id), None)
    by: list[JsonValue] = [rule.plain() for rule in covers(ctx) if id in rule.territories]
    written = ", ".join(filter(None, (where.city, where.region or where.country)))
    return {
        "place": written or None,
        "country": where.country,
        "region": where.region,
        "conflict": [*where.conflict],
        "territory": id,
        "territory_name": found.name if found else None,
        "covered_by": by,
    }
