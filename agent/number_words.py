"""Words that say a number: English, German, French and Spanish ones, fractions, multiples, Roman numerals.

Every word that may be a figure is one, unless it is far more often something else: the pronoun I, a quarter
of the year, the English "once". What is named here costs a model one repair, what isn't gets past the lock.
"""

import re
from collections.abc import Iterator

_ONES = "two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_EINS = "ein|zwei|drei|vier|fünf|fuenf|sechs|sieben|acht|neun"
_ENGLISH = (
    rf"zero|{_ONES}|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen(?:s|ths?)?"
    rf"|(?:{_TENS})(?:{_ONES}|one)?|(?:twen|thir|for|fif|six|seven|eigh|nine)tie(?:s|ths?)"
    r"|hundred(?:s|ths?)?|thousand(?:s|ths?)?|[mbtr]+illion(?:s|ths?)?|dozens?"
    r"|second|thirds?|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf)ths?"
)
_PARTS = (
    r"half|halves|quarters? (?:of|more|less|fewer|higher|lower|better|worse|as)|by (?:\w+ )?a quarter"
    r"|twice|thrice|(?:doub|trip|quadrup|quintup)l(?:e[ds]?|ing)"
    r"|(?!(?:un|re|mani|scaf|blind|bill)fold\b)\w+fold"
)
_ONE = r"(?<!no )(?<!any )(?<!which )(?<!this )(?<!that )(?<!the )one(?! of\b| another\b)"
_GERMAN = (
    rf"null|eins|(?!ein\b)(?:{_EINS})|zehn|elf|zwölf|zwoelf|(?:drei|vier|fünf|fuenf|sech|sieb|acht|neun)zehn"
    rf"|(?:(?:{_EINS})und)?(?:zwanzig|drei(?:ß|ss)ig|(?:vier|fünf|fuenf|sech|sieb|acht|neun)zig)"
    r"|\w*hundert|\w*tausend|dutzend|hälfte|drittel|viertel"
)
_FRENCH = (
    r"z[ée]ro|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze"
    r"|vingts?|trente|quarante|cinquante|soixante|septante|octante|nonante|douzaine|moitié"
)
_SPANISH = (
    r"cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|trece|catorce|quince"
    r"|dieci\w+|veinte|veinti\w+|(?:trei|cuare|cincue|sese|sete|oche|nove)nta|cien|cientos?|docena|mitad"
)
_ALL = (_ENGLISH, _PARTS, _ONE, _GERMAN, _FRENCH, _SPANISH)
_WORDS = re.compile(rf"\b(?:{'|'.join(_ALL)})\b", re.IGNORECASE)
_ROMAN = re.compile(
    # those that are far more often short for something than a number; single letters are grades and series
    r"\b(?!(?:CC|CD|CI|CV|DC|MC|MD|MI)\b)(?=[VX]\b|[IVXLCDM]{2})"
    r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b"
    r"|\b(?=[ivx]{2})x{0,3}(?:ix|iv|v?i{0,3})\b"
)
_SHARED = re.compile(r"\b(?:once|seize)\b", re.IGNORECASE)
"""Eleven in Spanish and sixteen in French, but English words too."""
_ABROAD = re.compile(r"\b(?:el|los|las|del|una|en|les|des|une|dans|avec|ont|ils|elles)\b", re.IGNORECASE)
"""Words that show that a text isn't English."""


def number_words(text: str) -> Iterator[str]:
    """Each word or phrase in a text that says a number without a digit."""
    patterns = (_WORDS, _ROMAN, _SHARED) if _ABROAD.search(text) else (_WORDS, _ROMAN)
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield found.group()
