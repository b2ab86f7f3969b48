"""Whether two leads are one person: merged, asked about, or left apart."""

from dataclasses import dataclass
from typing import Literal

from loops.records import Lead, Place
from tools.normalise import fold

Verdict = Literal["merge", "ask", "different"]

_SHARED = frozenset(
    "info sales office contact kontakt hello support admin team mail marketing service buero".split()
)


@dataclass(frozen=True, slots=True)
class Sameness:
    """What is to be done with two leads, and why."""

    verdict: Verdict
    reason: str


def same_person(a: Lead, b: Lead) -> Sameness:
    """Merge, ask or keep apart, in either order of the two.

    Only the same address merges by itself; a name that many bear never does.
    """
    if a.email and a.email == b.email:
        return _same_address(a, b)
    if a.email and b.email:
        return _by_name(a, b, "the same name at the same company under two addresses")
    return _by_name(a, b, "the same name at the same company, one without an address")


def _same_address(a: Lead, b: Lead) -> Sameness:
    companies = {a.company_key, b.company_key} - {""}
    if len(companies) == 2:
        if a.email_kind == "business":
            return Sameness("ask", "one business address under two companies")
        return Sameness("different", f"one {a.email_kind} address under two companies: never merged unasked")
    if len(companies) == 1 and a.company_key != b.company_key and a.email_kind != "business":
        return Sameness("ask", f"one {a.email_kind} address, one of the two without a company")
    if _names_clash(a, b):
        shared = "a shared mailbox" if a.email.partition("@")[0] in _SHARED else "one address"
        return Sameness("ask", f"{shared} under two names")
    return Sameness("merge", "the same address and company")


def _by_name(a: Lead, b: Lead, reason: str) -> Sameness:
    named = a.first_name and a.last_name and _name(a) == _name(b)
    if named and a.company_key and a.company_key == b.company_key:
        return Sameness("ask", reason)
    return Sameness("different", "no address in common")


def _name(lead: Lead) -> tuple[str, str]:
    return fold(lead.first_name), fold(lead.last_name)


def _names_clash(a: Lead, b: Lead) -> bool:
    """Whether both parts are given and differ: a changed surname, or `Bob` for `Robert`, is no clash."""
    (first, last), (other_first, other_last) = _name(a), _name(b)
    return all((first, last, other_first, other_last)) and first != other_first and last != other_last


def merged(a: Lead, b: Lead) -> Lead:
    """`a` with its blanks filled from `b`; id, person, origin and whatever `a` says stay.

    What belongs together comes together: a title with its seniority, a company with its key.
    """
    update: dict[str, object] = {}
    for group in _TOGETHER:
        if not getattr(a, group[0]) and getattr(b, group[0]):
            update |= {name: getattr(b, name) for name in group}
    if a.place == Place():
        update["place"] = b.place
    elif not a.place.conflict and b.place.country == a.place.country:
        filled = {name: getattr(a.place, name) or getattr(b.place, name) for name in ("city", "region")}
        update["place"] = a.place.model_copy(update=filled)
    if a.source == "other":
        update["source"] = b.source
    touched = [at for at in (a.touched_at, b.touched_at) if at]
    update["touched_at"] = min(touched, default=None)
    return a.model_copy(update=update)


_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("first_name",),
    ("last_name",),
    ("title", "seniority", "job_function"),
    ("email", "email_kind"),
    ("phone",),
    ("company", "company_key"),
    ("domain",),
    ("industry",),
    ("employees",),
    ("message",),
    ("signal",),
)
