"""Names as a person writes them: companies without their legal form, articles, the words of a name."""

import re
from functools import lru_cache

_LEGAL = re.compile(
    r"[\s,]+(incorporated|inc|corporation|corp|company|"
    r"co|llc|l\.l\.c|ltd|limited|plc|gmbh|ag|se|kg|sa|s\.a|sas|"
    r"sarl|bv|b\.v|nv|n\.v|ab|oy|as|spa|s\.p\.a|srl|s\.l|sl|pty|pte|lp|llp)\.?$",
    re.IGNORECASE,
)
_SPOKEN_VOWEL = frozenset("AEFHILMNORSX")


@lru_cache(maxsize=65_536)
def short_name(company: str) -> str:
    """The company's name as a rep would write it: `Alphabet Inc. (Class A)` → `Alphabet`."""
    name = re.sub(r"\s*\([^)]*\)", "", company).strip(" ,")
    while (shorter := _LEGAL.sub("", name)) != name and shorter:
        name = shorter.strip(" ,&")
    return name or company


def name_words(company: str) -> tuple[str, ...]:
    """The name's words of two or more letters, lower case, in order; the whole name where it has none."""
    words = [word for word in re.findall(r"[\w&'’-]+", company.casefold()) if len(word) > 1]
    return tuple(words) or (company.casefold(),)


def with_article(noun: str) -> str:
    """The noun with `a` or `an` as it is spoken: `an IT Director`, `a VP`, `an SVP`."""
    first = re.split(r"[\s/-]", noun, maxsplit=1)[0]
    if first.isupper() and 1 < len(first) < 5 and first not in {"VP", "CRO", "CFO", "CEO", "COO", "CMO"}:
        vowel = first[0] in _SPOKEN_VOWEL
    else:
        vowel = first[:1].lower() in "aeiou" and not first.lower().startswith(("uni", "use", "eu"))
    return f"{'an' if vowel else 'a'} {noun}"
