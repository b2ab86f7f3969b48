"""Which kind of change a clause tells, by its nouns and verbs."""

import re

from agent.embedded.planning.marks import Text
from agent.embedded.planning.vocabulary import cues, says, section


def kind_of(text: Text) -> str:
    """What kind of change the clause tells; "" where it tells none."""
    said, has = text.masked, {mark.kind for mark in text.marks}
    if "territory" in has and _splits(text):
        return "split_territory"
    if "territory" in has and says(said, "lands", "merge") and not has & {"role", "person", "anybody"}:
        return "merge_territories"
    if re.search(
        r"\{(?:fraction|percent)\} of (?:the |its |their )?(?:\{territory\}(?:'s)? )?target", said
    ) and _given(text):
        return "move_regions"
    if (topic := _topic(text)) and not _hires_late(text, topic):
        return topic
    if kind := _of_hires(text):
        return kind
    if has & {"currency"} and not has & {"role", "person"}:
        return "exchange_rate"
    if has & {"channel"} and has & {"amount", "percent", "times", "fraction"}:
        return "investment"
    return _of_people(text)


def _given(text: Text) -> bool:
    """Whether places are given to a territory."""
    marks = text.of("territory")
    return len(marks) > 1 and bool(marks[0].places) and says(text.masked, "lands", "give")


def _splits(text: Text) -> bool:
    halves = any(text.words[m.start : m.end].lower() == "in half" for m in text.of("times"))
    return says(text.masked, "lands", "split") or (halves and not _topic(text))


def _topic(text: Text) -> str:
    said = text.masked
    found = {kind: hit for kind in section("topics") if (hit := cues("topics", str(kind)).search(said))}
    has = {mark.kind for mark in text.marks}
    if set(found) == {"price"} and found["price"].group().strip() == "deals" and "amount" not in has:
        return "deals" if has & {"percent", "times", "fraction"} else ""
    if "target" in found and "quota" not in found and "price" in found:
        return "target"
    return str(next(iter(found), ""))


def _hires_late(text: Text, topic: str) -> bool:
    """Whether a word like `start` made it a topic of its own, though it speaks of hires."""
    return topic == "investment" and says(text.masked, "hires", "cancel") and "hiring" in text.masked


def _of_hires(text: Text) -> str:
    said = text.masked
    noun = says(said, "hires", "nouns") or bool(text.of("anybody") and re.search(r"hire", text.words.lower()))
    if not noun:
        return ""
    hirers = re.search(
        (
            r"(?:^|\b(?:we|to|and|i|us|also|then|just|could|would|should|can|please"
            r"|,)\s+)\{anybody\}\s+(?:\{number\}|\{role\}|more)"
        ),
        said,
    )
    if says(said, "hires", "shift") and (text.of("duration") or not hirers):
        if not hirers or text.of("duration"):
            return "shift_hires"
    starts = re.search(r"\b(?:start|starts|starting|begin|begins|join|joins)\b", said) and text.of("period")
    if (
        starts
        and not hirers
        and not text.of("number")
        and re.search(r"\bthe\b.*\bhires?\b", text.words.lower())
    ):
        return "shift_hires"
    if says(said, "hires", "cancel") and not (text.of("number") and text.of("role") and hirers):
        return "cancel_hires"
    return ""


def _of_people(text: Text) -> str:
    said, has = text.masked, {mark.kind for mark in text.marks}
    lands = text.of("territory")
    if "person" in has and "role" in has and re.search(r"\breplac\w* (?:the )?\{person\}", said):
        return "replaced"
    if "person" in has:
        if (
            lands
            and (says(said, "people", "move") or re.search(r"(?:\bto|\binto) (?:the )?\{territory\}", said))
            and _goes(text)
        ):
            return "person_moves"
        if says(said, "people", "leave") or re.search(r"\b(?:replac|without|minus|no \{person\})", said):
            return "person_leaves"
        return "person_moves" if says(said, "people", "move") else ""
    people = has & {"role", "anybody"} or re.search(r"\breplacement|\bbackfill", said)
    if people:
        if _moves(text):
            return "move_people"
        if _removes(text):
            return "remove_people"
        return "add_people"
    if lands and any(m.places for m in lands) and says(said, "lands", "give"):
        return "move_regions"
    if (
        says(said, "people", "leave")
        and not has & {"amount", "percent", "times"}
        and re.search(
            r"\b[a-z']+ (?:leaves?|quits?|resigns?|goes|is leaving|is gone|left|departs|retires)\b", said
        )
    ):
        return "unknown_person"
    return ""


def _goes(text: Text) -> bool:
    """Whether the person goes to the territory, and isn't just placed there by the words."""
    return (
        bool(
            re.search(
                (
                    r"(?:\bto|\binto|\bover to|\bcovers?|\bcovering|\bin|\bjoins?|\btakes?(?: over)?"
                    r"|\bruns?)\s+(?:the )?\{territory\}"
                ),
                text.masked,
            )
        )
        and not re.search(
            r"\{person\} (?:in|from|of) (?:the )?\{territory\} (?:leaves?|quits?|resigns?|goes|is)",
            text.masked,
        )
        and not (says(text.masked, "people", "leave") and not says(text.masked, "people", "move"))
    )


def _moves(text: Text) -> bool:
    said, lands = text.masked, text.of("territory")
    strong = re.search(
        (
            r"\b(?:mov\w+|shift\w*|transfer\w*|send\w*|sent|relocat\w*|reassign\w*|redeploy\w*"
            r"|reallocat\w*|second|lend|swap\w*)\b"
        ),
        said,
    )
    from_to = re.search(
        (
            r"(?:\bfrom|\bout of|\boff|\baway from) (?:the )?\{territory\}.*(?:\bto|\binto|\bin|\bfor"
            r"|\bover to) (?:the )?\{territory\}"
        ),
        said,
    )
    to_from = re.search(r"(?:\bto|\binto) (?:the )?\{territory\}.*\bfrom (?:the )?\{territory\}", said)
    return bool(lands and (strong or (from_to and says(said, "people", "move")) or to_from))


def _removes(text: Text) -> bool:
    said = text.masked
    if re.search(r"\b(?:replacement|backfill)", said):
        return False
    removed, added = cues("people", "remove").search(said), cues("people", "add").search(said)
    if removed and added:
        strong = (
            r"\b(?:fewer|less|lose|losing|lost|fire|fired|lay|laid|axe|cut|cutting|drop|dropping"
            r"|quit\w*|resign\w*|leave|leaves|leaving|remove|removing|depart\w*|let)\b"
        )
        return bool(re.search(strong, said)) and not re.search(
            r"^\W*(?:what if |and |we |if )*(?:add|hire)", said
        )
    return bool(removed)
