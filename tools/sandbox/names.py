"""Invented company names: every number has one of its own."""

from loops.errors import RevloopsError

_HEADS = tuple(
    """Nor Hal Bren Cal Dav Ever Fal Gar Hel Ist Jor Kel Lor Mar Nel Ost Pel Quar Ros Sel Tal Ul Ver Wes Yor
    Zel Bal Cor Dor Fen Gal Hol Kar Lin Mon Per Ral Sol Tor Var Thal""".split()
)
_MIDDLES = "a e i o an en in or ar el il on um ax ev and ent im ov".split()
_TAILS = "dale vik tech mont ra dis tor lex na ton via gen stra quin bury zo mar".split()
_FIRST_WORDS = tuple(
    """Copper Silver Iron Amber Cedar Birch Willow Granite Harbor River Summit Meadow Falcon Heron Otter
    Maple Juniper Slate Cobalt Marble Thistle Clover Ember Frost Hollow Lantern Orchard Pine Quarry Raven
    Saddle Timber Violet Walnut Yarrow Aspen Beacon Canyon Drift Eagle Fern Glacier Hazel Indigo Jasper
    Kestrel Laurel Moss North Onyx Pebble Plum Quill Rowan Sparrow Tundra Umber Vale Wren Zephyr
    Bramble""".split()
)
_SECOND_WORDS = tuple(
    """field brook gate ridge stone wood bridge haven point crest ford worth well mark line works shore cliff
    glen croft view thorn wick""".split()
)
_LAPS = (
    "",
    *"Nova Prime Union Atlas Delta Orion Vista Apex Terra Luna Vector Alta".split(),
    *"Polar Solis Astra Civic Metro Rapid Clear Bright Grand Royal Noble".split(),
)
_COINED = len(_HEADS) * len(_MIDDLES) * len(_TAILS)
ROOTS = _COINED + len(_FIRST_WORDS) * len(_SECOND_WORDS)
# The lists have prime lengths and the step is a prime: every root comes once before any comes again, and
# companies picked at regular steps (every tenth, every hundredth) have names as varied as any.
_STEP = 7_368_787

INDUSTRY_WORDS = {
    "Software": ("Software", "Systems", "Labs", "Cloud", "Analytics", "Digital"),
    "Financial Services": ("Capital", "Finance", "Payments", "Insurance", "Advisors"),
    "Logistics": ("Logistics", "Freight", "Shipping", "Transport", "Supply"),
    "Manufacturing": ("Industries", "Components", "Materials", "Robotics", "Tools"),
    "Healthcare": ("Health", "Medical", "Diagnostics", "Biosciences", "Care"),
    "Retail": ("Retail", "Stores", "Outfitters", "Home", "Market"),
    "Energy": ("Energy", "Power", "Renewables", "Grid"),
    "Professional Services": ("Consulting", "Partners", "Staffing", "Advisory"),
    "Media": ("Media", "Studios", "Publishing", "Broadcast"),
    "Education": ("Learning", "Education", "Academy"),
    "Telecommunications": ("Telecom", "Networks", "Wireless"),
    "Construction": ("Construction", "Builders", "Engineering"),
}
_MIX = {
    "Software": 26,
    "Financial Services": 13,
    "Logistics": 10,
    "Manufacturing": 12,
    "Healthcare": 10,
    "Retail": 8,
    "Energy": 5,
    "Professional Services": 6,
    "Media": 3,
    "Education": 2,
    "Telecommunications": 3,
    "Construction": 2,
}
INDUSTRY_MIX = tuple(industry for industry, share in _MIX.items() for _ in range(share))


def root(number: int, offset: int) -> str:
    """The name of that number, without a word for its trade; each number below `ROOTS` × 24 has its own.

    Raises:
        RevloopsError: the number is beyond the names there are.
    """
    lap, within = divmod(number, ROOTS)
    if lap >= len(_LAPS):
        raise RevloopsError("There are no more company names: make the sandbox smaller with --scale.")
    slot = (within * _STEP + offset) % ROOTS
    word = _coined(slot) if slot < _COINED else _compound(slot - _COINED)
    return f"{word} {_LAPS[lap]}".rstrip()


def _coined(slot: int) -> str:
    rest, head = divmod(slot, len(_HEADS))
    tail, middle = divmod(rest, len(_MIDDLES))
    return _HEADS[head] + _MIDDLES[middle] + _TAILS[tail]


def _compound(slot: int) -> str:
    second, first = divmod(slot, len(_FIRST_WORDS))
    return _FIRST_WORDS[first] + _SECOND_WORDS[second]


def slug(name: str) -> str:
    """The name as part of a host name: lower-case letters and digits, words joined by hyphens."""
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower())
    return "-".join(kept.split())
