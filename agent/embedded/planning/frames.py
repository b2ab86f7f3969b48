"""Which kind of change a clause tells: by the concepts in it and the kinds of its marks."""

import re

from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import cues, form, says, section, vocabulary
from agent.embedded.planning.ways import QUANTITIES

_SIZES = ("amount", "percent", "points", "fraction", "times")
_TRIVIAL = re.compile(r"a|an|one|another|single|a single|both|1")


def kind_of(text: Text) -> str:
    """What kind of change the clause tells; "" where it tells none."""
    said, has = text.masked, {mark.kind for mark in text.marks}
    topic = _topic(text)
    if kind := _of_lands(text, topic):
        return kind
    if _of_share(text):
        return "move_regions"
    hires = _of_hires(text, topic)
    if hires and topic in {"", "investment", "attrition"}:
        return hires
    if topic:
        return topic
    if "currency" in has and not has & {"role", "person"}:
        return (
            "exchange_rate"
            if has & {*_SIZES, "number"} or says(said, "up") or says(said, "down") or "parity" in said
            else ""
        )
    if "channel" in has and (
        has & {*_SIZES, "number"}
        or says(said, "up")
        or says(said, "down")
        or re.search(r"\bstop|\bscrap|\bkill|\baxe", said)
    ):
        return "investment"
    return _of_people(text) or _of_places(text)


def sizes(text: Text) -> list[str]:
    """The kinds of its quantities that aren't a mere "a" or "one"."""
    return [m.kind for m in text.of(*QUANTITIES) if not trivial(text, m)]


def trivial(text: Text, mark: Mark) -> bool:
    """Whether the mark is no more than an article."""
    said = text.words[mark.start : mark.end].lower()
    return mark.kind == "number" and bool(_TRIVIAL.fullmatch(said))


# --- topics ---------------------------------------------------------------------------------------
def _topic(text: Text) -> str:
    said = text.masked
    found = {str(k): h for k in section("topics") if (h := cues("topics", str(k)).search(said))}
    has = {mark.kind for mark in text.marks}
    for kind in tuple(found):
        if not _speaks(kind, found[kind].group().strip(), text, has):
            del found[kind]
    if "target" in found and "quota" not in found and ("price" in found or "investment" in found):
        return "target"
    if "price" in found and "productivity" in found and found["price"].group().startswith("deal"):
        del found["price"]
    bare = found.get("price")
    if len(found) == 1 and bare and bare.group().strip() in {"deals", "deal"} and "amount" not in has:
        smaller = form("deal_size").search(said)
        return "price" if smaller else "deals"
    return next(iter(found), "")


def _speaks(kind: str, word: str, text: Text, has: set[str]) -> bool:
    """Whether a topic's word is meant as such, with what stands beside it."""
    sized = has & {*_SIZES}
    if kind == "investment":
        people = has & {"role", "person", "hire"} or "hiring" in text.words.lower()
        verb = word in {"cash", "money", "put", "funding"} or word.startswith(
            ("put ", "pour ", "sink ", "spen")
        )
        return bool("channel" in has or not people or (sized and not verb))
    if kind == "price" and word in {"deals", "deal"}:
        return bool(has & {"amount", "percent", "times", "fraction"})
    if kind == "price" and word in {"cheaper", "pricier", "dearer"}:
        return bool(has & {"segment", "percent", "fraction"}) and not has & {"role", "person", "channel"}
    if kind == "price" and word.startswith("charg"):
        return bool(has & {"amount", "percent"})
    if kind == "productivity" and word == "performance":
        return bool(sized)
    if kind == "attrition" and word in {"departures", "leavers", "resignations"}:
        return bool(has & {"percent", "points", "times", "fraction"})
    if kind == "compensation":
        weak = word in {"fixed", "variable", "base", "package", "pay", "pays", "paying", "earn", "earns"}
        return bool(not weak or sized or has & {"role", "anybody"})
    if kind == "ramp":
        return not (word in {"to get going", "up and running"} and not has & {"duration", "percent", "times"})
    return True


# --- territories ----------------------------------------------------------------------------------
def _of_lands(text: Text, topic: str) -> str:
    said, has = text.masked, {mark.kind for mark in text.marks}
    if "territory" not in has or topic not in {"", "target", "investment"}:
        return ""
    people = has & {"role", "person", "anybody", "hire"}
    if topic != "target" and not people and says(said, "lands", "split"):
        return "split_territory"
    halves = any(text.words[m.start : m.end].lower() == "in half" for m in text.of("times"))
    if halves and not topic and not people:
        return "split_territory"
    if people or topic == "target" or not says(said, "lands", "merge"):
        return ""
    if len(text.of("territory")) < 2 and not re.search(r"\bmerg|\bfold|\bcombin|\bconsolidat", said):
        return ""
    return (
        "move_regions"
        if places_of(text) and not re.search(r"\bmerg|\bcombin|\bunit|\bfus", said)
        else "merge_territories"
    )


def places_of(text: Text) -> list[str]:
    """The codes of places named that are but a part of a territory's name."""
    return [code for mark in text.of("territory") if not _whole(text, mark.places) for code in mark.places]


def _whole(text: Text, places: tuple[str, ...]) -> bool:
    return places in {("CA",)}


def _of_share(text: Text) -> bool:
    marks = text.of("territory")
    return bool(
        form("share").search(text.masked)
        and len(marks) > 1
        and marks[0].places
        and says(text.masked, "lands", "give")
    )


def _of_places(text: Text) -> str:
    """Places given to a territory, with no more than "to" between them."""
    marks, said = text.of("territory"), text.masked
    if len(marks) < 2:
        gone = marks and marks[0].places and re.search(r"\b(?:should|to|move|give|moves|goes)\b", said)
        return "move_regions" if gone and says(said, "lands", "give") and not sizes(text) else ""
    if text.of("number"):
        return ""
    if any(m.places for m in marks) and says(said, "lands", "give"):
        whole = not any(m.places and not _whole(text, m.places) for m in marks[:-1]) and not says(
            said, "lands", "gets"
        )
        return "merge_territories" if whole else "move_regions"
    if form("place_to_place").search(said):
        return "merge_territories"
    return ""


# --- people ---------------------------------------------------------------------------------------
def _of_hires(text: Text, topic: str) -> str:
    said, low = text.masked, " ".join(text.words.lower().split())
    named = bool(text.of("hire"))
    noun = named or says(said, "hires", "nouns") or bool(text.of("anybody") and re.search(r"\bhir", low))
    if form("none_new").search(said):
        if not re.search(r"\bhow\b|\?", said):
            return "cancel_hires"
    if not noun:
        return ""
    planned = named or form("planned_hires").search(low)
    hirers = form("hire_counted").search(said) or (form("hire_counted_raw").search(low))
    counted = [m for m in text.of("number") if not trivial(text, m)]
    if text.of("duration") and says(said, "hires", "shift") and planned:
        return "shift_hires"
    if form("not_until").search(said) and not counted:
        return "shift_hires"
    if _is_cancelled(text, said, low, bool(planned and not counted), bool(hirers and counted)):
        return "cancel_hires"
    if (
        says(said, "hires", "shift")
        and planned
        and not counted
        and not (hirers and not named)
        and not text.of(*_SIZES)
    ):
        return "shift_hires"
    starts = re.search(r"\b(?:starts?|starting|begins?|joins?|joining|to)\b", said) and text.of("period")
    if (
        starts
        and not hirers
        and not counted
        and re.search(r"\b(?:the|our|that|each|every|all|this|her|his)\b.*\bhires?\b", low)
    ) or (named and text.of("period")):
        return "shift_hires"
    return ""


def _is_cancelled(text: Text, said: str, low: str, planned: bool, hiring: bool) -> bool:
    """Whether planned people aren't hired."""
    if not says(said, "hires", "cancel") or re.search(r"\b(?:on|in) time\b", said):
        return False
    if form("those_hires").search(said) and re.search(r"\bhires\b", low):
        return True
    if hiring or _replaces(text):
        return False
    return bool(text.of("hire") or form("hires_stopped").search(said) or planned)


def _replaces(text: Text) -> bool:
    return says(text.masked, "people", "replaces")


def _of_people(text: Text) -> str:
    said, has = text.masked, {mark.kind for mark in text.marks}
    if "person" in has:
        return _of_person(text, said)
    if has & {"amount", "percent", "times", "points", "fraction"} and not has & {"role"}:
        return ""
    if has & {"role", "anybody"} or _replaces(text):
        if _moves(text):
            return "move_people"
        if form("late").search(said) and not says(said, "people", "comes") and not removes(text):
            return "shift_hires" if not [m for m in text.of("number") if not trivial(text, m)] else ""
        if re.search(r"\b(?:reqs?|requisitions?|vacanc\w+)\b", said) and not says(said, "people", "comes"):
            return ""
        if re.search(r"\b(?:raise|raises|rise)\b", said) and not [
            m for m in text.of("number") if not trivial(text, m)
        ]:
            return "compensation"
        comes = text.of("number", "period") or says(said, "people", "add") or re.search(r"[+-]", said)
        if not comes and not removes(text) and not _replaces(text):
            return ""
        return "remove_people" if removes(text) else "add_people"
    if (
        says(said, "people", "leave")
        and not has & {"amount", "percent", "times", "number", "territory", "channel", "duration"}
        and _unknown(text)
    ):
        return "unknown_person"
    return ""


def _unknown(text: Text) -> bool:
    """Whether somebody of no known name leaves."""
    hit = form("somebody_leaves").search(text.masked)
    if not hit:
        return False
    who = hit.group().split()[0]
    if who in {"he", "she", "they", "somebody", "someone"} or form("they_lose").search(text.masked):
        return True
    return who.removesuffix("'s") not in vocabulary()


def _of_person(text: Text, said: str) -> str:
    if "role" in {m.kind for m in text.marks} and re.search(r"\breplac\w* (?:the )?\{person\}", said):
        return "replaced"
    leaves = says(said, "people", "leave") or bool(
        re.search(r"\b(?:replac|without|minus|no \{person\})", said)
    )
    if text.of("territory") and _goes(text, said):
        return "person_moves"
    if leaves:
        hit = cues("people", "leave").search(said)
        only_go = hit and re.fullmatch(r"goes|go|going", hit.group())
        away = only_go and re.search(r"\b(?:to|into|over)\b", said) and not text.of("period", "territory")
        return "" if away else "person_leaves"
    return (
        "person_moves"
        if says(said, "people", "strongly") or (says(said, "people", "move") and text.of("territory"))
        else ""
    )


def _goes(text: Text, said: str) -> bool:
    """Whether the person goes to the territory, and isn't just placed there by the words."""
    place = r"(?:the )?\{territory\}"
    to = form("goes_to").search(said)
    strong = says(said, "people", "strongly")
    if strong:
        return True
    stays = re.search(rf"\{{person\}} (?:in|from|of|at|\(|out of) {place}", said)
    leaves = form("gone_by").search(said)
    if leaves and not re.search(rf"\bout of {place}.*\b(?:to|into) {place}|\bleaves? {place} for", said):
        return False
    return bool(to or (says(said, "people", "move") and not stays))


def _moves(text: Text) -> bool:
    said, lands = text.masked, text.of("territory")
    if not lands:
        return bool(form("moves_bare").search(said)) and not says(said, "people", "comes")
    strong = says(said, "people", "strongly") or re.search(
        r"\bgoes (?:from|over)\b|\bgo from\b|\bchang\w+ from\b", said
    )
    place = r"(?:the )?\{territory\}"
    from_to = form("from_to_place").search(said)
    if form("from_place").search(said) and not removes(text):
        return True
    to_from = re.search(rf"(?:\bto|\binto|\bin|\bfor) {place}.*\b(?:from|out of|taken from) {place}", said)
    return bool(strong or from_to or to_from)


def removes(text: Text) -> bool:
    """Whether people of a role become fewer by the clause."""
    said = text.masked
    if _replaces(text):
        return False
    if form("let_go").search(said):
        return True
    sign = re.search(r"([+-])\s*\{number\}|\b(minus|plus) \{number\}", said)
    if sign:
        return sign.group(1) == "-" or sign.group(2) == "minus"
    removed, added = cues("people", "remove").search(said), cues("people", "comes").search(said)
    if removed and added:
        return (
            bool(form("loses").search(said))
            and added.start() > 0
            and not re.search(r"^\W*(?:what if |and |we |if )*(?:add|hir)", said)
        )
    return bool(removed)
