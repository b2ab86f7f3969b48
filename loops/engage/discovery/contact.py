"""Whether somebody asks not to be contacted: heard by code, however the call is analysed, or if it isn't."""

import re
from collections.abc import Iterable

from loops.engage.discovery.tasks import Line

_MARKS = str.maketrans("‘’“”", "''\"\"")
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+(?=\s|$)|$)", re.DOTALL)
_REACH = (
    r"(?:contact|call|ring|phone|text|message|e-?mail|mail|write(?: to)?|bother|pester|approach|spam|"
    r"reach out(?: to)?|get in touch(?: with)?|get back to|follow up with|come back to)"
)
_REACHING = (
    r"(?:contacting|calling|ringing|phoning|texting|messaging|e-?mailing|mailing|writing(?: to)?|bothering|"
    r"pestering|approaching|spamming|reaching out(?: to)?|getting in touch(?: with)?|following up with)"
)
_US = r"(?:me|us|this number|anybody here|anyone here|anybody at our|anyone at our)"
_AGAIN = r"(?:again|any ?more|any longer|any further|ever)"
_MAIL = r"(?:e-?mails?|mails?|messages?|letters?|newsletters?|offers?|invitations?|texts?|stuff|things)"
_AT_TIMES = (
    r"(?!,? (?:before|after|until|till|on|at|during|between|this|next|while|when|if|in|today|tomorrow|over|"
    r"for (?:a|an|the|two|three|now)|so (?:early|late|often)|every|unless|except)\b)"
)
"""Not a request to be left alone but when to call."""
_WE = r"\b(?:I|we)\b.{0,12}?"
_YOU = (
    r"(?:^|[.,;:!?–-] ?|\b(?:please|and|just|so|then|you|you to|people|guys|could you|will you|kindly|now) )"
)
"""What an order to stop begins with: our own people stop calling, too."""
_ALL = r"(?: (?:all|any|more|these|those|this|that|your|the|of))*"
_END = r"(?=[.!,]| please|$)"
_STOP_SENDING = (
    rf"{_YOU}(?:stop|quit) sending(?: (?:me|us))?{_ALL}"
    rf"(?: (?:sales|marketing|cold|\w+ing))?(?: {_MAIL}\b|{_END})",
    rf"\b(?:stop|quit) sending (?:me|us){_ALL}(?: {_MAIL}\b|{_END})",
    rf"(?:^|[.,;:!?] ?|\b(?:please|want|and) )no (?:more|further) (?:calls|contact|{_MAIL})"
    r"(?=,? (?:please|from you)|[.!]|$)",
)
_STOP_CALLING = (
    r"\b(?:do not|don't|never|please not|must not|mustn't|may not|should not|shouldn't|stop|no longer)"
    rf"(?: ever| please)? {_REACH} {_US}\b(?: {_AGAIN}\b)?{_AT_TIMES}",
    rf"{_YOU}(?:do not|don't|never)(?: ever)? {_REACH}"
    rf"(?: {_AGAIN}\b{_AT_TIMES}|(?=[ ,]*please\b|[.!]|$))",
    rf"\b(?:stop|quit|no more) {_REACHING} {_US}\b{_AT_TIMES}",
    rf"{_YOU}(?:stop|quit) {_REACHING}(?=[ ,]*(?:please|now|{_AGAIN})\b|[.!,]|$)",
)
_MINE = (
    r"(?:me|us|my \w+(?: address| number)?|our (?:names?|address(?:es)?|numbers?|company)|"
    r"this (?:number|address))"
)
_LISTS = (
    r"(?:lists?|databases?|systems?|records?|crm|mailings?|files?|distribution|registers?|contacts)\b"
)
_TAKE_OFF = (
    rf"\b(?:take|get|remove|strike|scratch|cross|delete|drop) {_MINE} (?:off|from|out of)(?: of)? "
    rf"(?:(?:the|your|that|this|any|all|all of) )?(?:\w+ ){{0,2}}{_LISTS}",
    r"\btake (?:me|us) off(?=[ ,]*please\b|[.!]|$)",
    r"\b(?:please,? |want to |like to |to |I )(?:unsubscribe|opt out)\b(?! of the box)",
    r"\bunsubscribe (?:me|us)\b|\bopt (?:me|us) out\b|\b(?:leave|let) (?:me|us) (?:alone|be)\b",
    r"\b(?:lose|forget|delete) (?:my|this|our) (?:phone )?"
    r"(?:number|e-?mail(?: address)?|address|data|details)\b",
)
_NO_WISH = (
    rf"{_WE}(?:not|n't|rather not|prefer not|no longer) (?:(?:want|wish|like|care) )?(?:to )?(?:be|get) "
    rf"(?:contacted|called|phoned|rung|e-?mailed|approached|bothered)\b(?: {_AGAIN}\b)?{_AT_TIMES}",
    rf"{_WE}(?:not|n't) (?:want|wish|need)(?: to get| to receive| to have)? "
    rf"(?:any |more |further |your |these ){{1,3}}(?:calls|contact|{_MAIL})\b",
    rf"{_WE}(?:not|n't) (?:want|wish|care|like) (?:to hear|hearing) from (?:you|your)\b{_AT_TIMES}",
    rf"{_WE}(?:not|n't) (?:want|wish) you (?:people )?(?:to )?"
    rf"(?:{_REACH}|{_REACHING})(?: {_US})?\b{_AT_TIMES}",
)
_ASKS = re.compile("|".join((*_STOP_CALLING, *_STOP_SENDING, *_TAKE_OFF, *_NO_WISH)), re.IGNORECASE)


def request_in(lines: Iterable[Line]) -> tuple[str, int] | None:
    """The first sentence, by nobody of ours, that asks not to be contacted, and its line; None without."""
    for line in lines:
        if line.side != "ours" and (said := request(line.words.text)):
            return said, line.n
    return None


def request(text: str) -> str | None:
    """The first sentence of a text that asks not to be contacted; None without one."""
    # of one length, so that what is found in the one is quoted from the other
    plain = text.translate(_MARKS)
    for match in _SENTENCE.finditer(plain):
        if not match.group().rstrip().endswith("?") and _ASKS.search(match.group()):
            return text[match.start() : match.end()]
    return None
