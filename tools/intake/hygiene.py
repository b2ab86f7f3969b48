"""Which rows are no leads: blank, test entries, spreadsheet formulas, links in names, nobody to reach."""

import re
from collections.abc import Mapping

from tools.normalise import Email, company_key, fold

_BLANKS = frozenset(
    {
        "-",
        "--",
        "---",
        ".",
        "n/a",
        "na",
        "#n/a",
        "#ref!",
        "#value!",
        "null",
        "none",
        "nil",
        "(null)",
        "[null]",
        "unknown",
        "undefined",
        "not provided",
        "[not provided]",
        "k.a.",
        "keine angabe",
        "?",
        "tbd",
        "nan",
    }
)
# People are called Null and None; a name is blank only where it is no word at all.
_NAME_BLANKS = frozenset(
    {
        "-",
        "--",
        "---",
        ".",
        "n/a",
        "#n/a",
        "#ref!",
        "#value!",
        "(null)",
        "[null]",
        "?",
        "undefined",
        "not provided",
        "[not provided]",
        "unknown",
    }
)
_NAMES = frozenset({"first_name", "last_name", "full_name"})
_EXCEL_TEXT = re.compile(r'^="([^"]*)"$')
_FORMULA = re.compile(r"^[=@][^=\s]*[(|!+*/&\d]|^[=]\S|^[+\-][^()|]*[(|!].*|^\t[=@+\-]")
_LINK = re.compile(r"https?:|www\.|\.(?:com|ru|net|org)/|<[a-z/]", re.IGNORECASE)
_JUNK = frozenset(
    (
        "test tests testing tester asdf asdfg asdfgh asdfasdf qwerty qwertz sdf sdfsdf xxx xxxx aaa "
        "aaaa abc123 foo bar foobar dummy fake testuser user demo lorem ipsum blah bla asd jkl qwe sample"
    ).split()
)
_JUNK_DOMAINS = frozenset(
    {
        "example.com",
        "example.org",
        "example.net",
        "test.com",
        "test.de",
        "asdf.com",
        "test.test",
        "domain.com",
        "xxx.com",
    }
)
_JUNK_WORDS = 2  # of a name all junk, company, mailbox, host; one may be real: Foo at 3M, Demo Inc
_NO_REPLY = re.compile(r"^(?:no|do-?not|donot)[-_.]?reply|^mailer-daemon|^postmaster$|^bounces?$")


def unwrapped(field: str, text: str) -> str:
    """The text without what stands for a blank, and out of Excel's `="00123"`."""
    text = text.strip()
    if text.startswith("="):
        text = _EXCEL_TEXT.sub(r"\1", text)
    return "" if text.casefold() in (_NAME_BLANKS if field in _NAMES else _BLANKS) else text


def formula_in(fields: Mapping[str, str]) -> str | None:
    """The field that holds a spreadsheet formula; None where none does. What people wrote isn't looked at."""
    risky = (
        name for name, text in fields.items() if text[:1] in "=@+-\t" and name not in {"message", "phone"}
    )
    return next((name for name in risky if _FORMULA.match(fields[name])), None)


def junk_in(fields: Mapping[str, str], email: Email | None) -> str | None:
    """Why the row was entered as a test or by a spam robot; None for a serious one."""
    if any(_LINK.search(fields.get(name, "")) for name in _NAMES):
        return "the name holds a link, as spam does"
    local, _, host = email.address.partition("@") if email else ("", "", "")
    if host in _JUNK_DOMAINS:
        return "the address is a test address"
    if _NO_REPLY.match(local):
        return "nobody reads mail at that address"
    name = " ".join(fold(fields.get(part, "")) for part in ("first_name", "last_name", "full_name")).split()
    told = [company_key(fields.get("company", "")), local.rstrip("0123456789"), host.partition(".")[0]]
    junk = len(name) if _JUNK.issuperset(name) else 0
    junk += sum(_JUNK.issuperset(words) for text in told if (words := text.split()))
    return "it reads like a test entry" if junk >= _JUNK_WORDS else None


def unreachable(fields: Mapping[str, str], company: bool, phone: bool) -> str | None:
    """Why a lead without an address leads nowhere; None where it may be matched and somebody called or found.

    Without an address, a lead needs a company, to be matched and owned, and a person's name or a number,
    to be reached: else it is noise to whoever gets it.
    """
    if not company:
        return "it has no e-mail address and no company, so nobody can be reached or matched"
    if not phone and not any(fields.get(name) for name in _NAMES):
        return "it names a company but no person, e-mail address or phone number"
    return None
