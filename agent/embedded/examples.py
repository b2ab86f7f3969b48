"""Which examples a message resembles: naive Bayes over its words, names and places masked.

The Bernoulli event model of McCallum and Nigam, "A Comparison of Event Models for Naive Bayes Text
Classification" (1998), over the features that the message has, with equal priors.
"""

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import pycountry

from agent.embedded.cues import lists

NONE = "none"
"""The class of what nobody here answers."""
_STEM = 5
"""Letters of a word that count: enough to tell words apart, few enough to join their forms."""
_RECORD = re.compile(r"\S+@\S+|\bL-\w+")
_REP = re.compile(r"\b[a-z]+(?:-[a-z]+)*-\d\d\b")


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    known = list(pycountry.countries)
    names = {str(c.name).lower() for c in known}
    return frozenset(names | {str(c.common_name).lower() for c in known if hasattr(c, "common_name")})


def features(text: str) -> frozenset[str]:
    """The text's word stems and pairs of neighbours; records, reps, names and countries are masked."""
    masked = _REP.sub(" arep ", _RECORD.sub(" alead ", text.replace("’", "'")))
    words: list[str] = []
    for at, word in enumerate(masked.split()):
        bare = re.sub(r"[^\w'-]", "", word)
        if not bare:
            continue
        named = at and bare[0].isupper() and not bare.isupper() and not bare.startswith("I'")
        mask = "COUNTRY" if bare.lower() in _countries() else "NAME" if named else bare.lower()[:_STEM]
        if mask != "NAME" or words[-1:] != ["NAME"]:
            words.append(mask)
    return frozenset(words) | {f"{a} {b}" for a, b in pairwise(words)}


@lru_cache(maxsize=1)
def _learnt() -> dict[str, tuple[int, Counter[str]]]:
    """Specialist → how many examples it has, and in how many of them each feature stands."""
    given: dict[str, list[str]] = lists("routing_examples.yaml")["examples"]
    return {
        name: (len(asks), Counter(f for ask in asks for f in features(ask))) for name, asks in given.items()
    }


def resembles(text: str) -> str:
    """The specialist whose examples it resembles most, or `none` where no one's stand out."""
    learnt, smoothing = _learnt(), float(lists("routing_examples.yaml")["smoothing"])
    known = [f for f in features(text) if any(f in counts for _, counts in learnt.values())]
    ranked = sorted(
        (-sum(math.log((counts[f] + smoothing) / (many + 2 * smoothing)) for f in known), name)
        for name, (many, counts) in learnt.items()
    )
    clear = len(ranked) > 1 and ranked[1][0] - ranked[0][0] >= float(lists("routing_examples.yaml")["steps"])
    return ranked[0][1] if known and clear else NONE
