"""Numbers, dates and units in a sentence or on a page, however they are written, and whether a page bears them out.

Pure. Of a sentence each figure is read in one way; of a page in every way in which it may be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

from books.guidelines.evidence.numerals import cardinal, composed, legible, ordinal, readings, roman
from books.guidelines.evidence.quotes import LONGEST_BEFORE, search_before
from books.guidelines.evidence.units import MONTH_NUMBERS, MONTHS, SCALES, UNITS
from books.language import is_content, stem
from books.stopwords import word_set

Era = Literal["BCE", "CE", ""]
Kind = Literal["number", "century", "millennium", "decade"]
_BCE = (
    r"B\.?\s?C\.?(?:\s?E\b\.?)?|v\.\s?(?:Chr|u\.\s?Z)\.|a\.\s?(?:C|de C|n\.\s?e)\.|antes de Cristo|av(?:\.|ant) J\.-C\."
)
_CE = r"C\.?\s?E\b\.?|A\.?\s?D\b\.?|n\.\s?(?:Chr|u\.\s?Z)\.|d\.\s?(?:C|de C)\.|después de Cristo|apr?\. J\.-C\."
_CENTURY = re.compile(
    r"(?:\s*-?\s*(?:(?:century|centuries|cent\.|Jahrhunderts?|Jhs?\.|siglos?|siècles?)"
    r"|(?P<thousand>millenni(?:um|a)|Jahrtausends?|milenios?|millénaires?)))",
    re.IGNORECASE,
)
_AFTER_ERA = re.compile(rf"\s*(?:(?P<BCE>{_BCE})|(?P<CE>{_CE}))")
_BEFORE_ERA = re.compile(r"A(?<!\wA)\.?\s?D\.?\s*$")
JOINS = re.compile(
    r"\s*(?:[-–—−/]|to|and|or|until|through|bis|und|oder|hasta|al?|y|o|à|et|ou)\s*(?:(?:about|around|the|c\.|ca\.)\s*)?",
    re.I,
)
# Eight of the eleven provinces are provinces.
_OF_ALL = re.compile(r"\s(?:out of|of|von|de)(?:\s(?:the|its|their|all|these|den|las|los))?\s", re.IGNORECASE)
_TOKEN = re.compile(
    r"[^\W\d_]+(?:['’][^\W\d_]+)?"
    r"|\d{1,2}\s?/\s?\d{1,3}(?![\d/])|\d{1,3}(?: \d{3})+\b|\d[\d.,'’\u00a0\u202f]*(?:(?<=,)\s\d{3}\b)*"
)
_ORDINAL_END = re.compile(r"(?:st|nd|rd|th|\.(?=\s+(?:Jahr|Jh))|º|ª|er|ème)\b|\.(?=\s+Jahr)")
_FEW = re.compile(r"\b(?:few|several|many|some|einige|mehrere|paar|varios|unos)\s$", re.IGNORECASE)
_ONE = re.compile(r"\b(?:an?|per|eine[rn]?|jede[rn]?|une?|cada)\s(?:[^\W\d_]+\s)?$", re.IGNORECASE)
_MANY = word_set(
    "hundred thousand million billion dozen hundert tausend millionen dutzend cientos miles millones centaines milliers"
    " millions lakh lakhs crore crores"
)
_SCALE = re.compile(
    r"\s*-?\s*(hundred|thousand|lakhs?|crores?|(?:[mb]|tr)illion|[MB]illion(?:en)?|Milliarden?|mil|mill[oó]n(?:es)?|mille|millions|milliards?)\b"
)
_MONEY = re.compile(
    r"\s(?:pounds?|dollars?|euros?|crowns?|marks?|francs?|pfund|pesos?|reales)(?:\s(?:and|und|con|et))?\s", re.I
)
_CURRENCY = re.compile(r"[$€£¥₹]\s?$")
_LAST_WORD = re.compile(r"([^\W\d_]++)[.,]?$")
_WORD_BEFORE_NUMERAL = re.compile(r"([^\W\d_]++)\s+$")
_CENTURY_BEFORE = re.compile(r"(?:s(?<!\ws)iglos?|m(?<!\wm)ilenio)\s+$")
# A unit's sign that we do not know: kWh.
_SIGN = re.compile(r"(?=.{3,5}$)[A-Zµ]?[a-z]*[a-z][A-Z][A-Za-z]*")
_UNIT_AFTER = re.compile(r"\s*-?\s*(?:(?:square|cubic)\s)?([%°¢€]|per\s?cent\b|por ciento\b|pour cent\b|[^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as text writes it; ``noun`` is the stem of the next word, ``before`` the word before it."""

    value: Decimal
    written: str
    start: int
    end: int
    kind: Kind = "number"
    era: Era = ""
    unit: str = ""
    noun: str = ""
    before: str = ""
    is_word: bool = False
    is_ordinal: bool = False

    @property
    def is_date(self) -> bool:
        """A year, or a time told in decades or centuries."""
        if self.kind != "number" or self.era:
            return True
        is_year = not self.is_word and not self.unit and self.value == int(self.value) and 100 <= self.value <= 2100
        return is_year and self.before in _DATE_PREPOSITIONS and "," not in self.written

    @property
    def is_round(self) -> bool:
        return self.value in (5, 10, 12, 20, 50) or self.value % 100 == 0

    @property
    def is_day(self) -> bool:
        return self.value <= 31 and self.month is not None

    @property
    def month(self) -> int | None:
        """By its number from 0 on, where it is the word before or after; None where none is."""
        return _MONTH_STEMS.get(self.noun, MONTH_NUMBERS.get(self.before))

    @property
    def is_year(self) -> bool:
        """As ``is_date`` of a year; four digits are enough."""
        if self.kind != "number" or self.is_word or self.unit:
            return False
        return self.is_date or (1000 <= self.value <= 2100 and "," not in self.written)

    @property
    def counts(self) -> bool:
        """Whether it may be counted with: 1198 people are no year."""
        if self.kind != "number" or self.era or self.is_day or self.is_ordinal:
            return False
        return not self.is_year or self.value < 1000 or (is_content(self.noun) and not self.is_date)

    @property
    def measured(self) -> tuple[str, Decimal]:
        """What is measured, and its size in one unit."""
        if not self.unit:
            return ("share" if self.value < 1 else "", self.value)
        kind, times = SCALES.get(self.unit, (self.unit, Decimal(1)))
        return kind, self.value * times

    @property
    def shown(self) -> str:
        ending = {"century": " century", "millennium": " millennium", "decade": "s", "number": ""}[self.kind]
        return f"{self.written}{ending}{f' {self.era}' if self.era else ''}"


_MONTH_STEMS = {stem(name): number for name, number in MONTH_NUMBERS.items()}
_JOINING = word_set("to and or of in from by at on is are was were the a an as with for bis und oder y o de al et ou à")
_DATE_PREPOSITIONS = MONTHS | word_set(
    "in by since until till from to before after around about circa c ca year between and during im um seit bis nach"
    " vor jahr en desde hacia hasta año dès vers depuis avant après of early late spring summer autumn winter died born"
)


def figures(text: str, language: str = "en") -> list[Figure]:
    """Those that ``text`` names, in order; an era or century that follows a range or list is that of all in it."""
    return figures_in(legible(text), language)


def figures_in(plain: str, language: str) -> list[Figure]:
    """As ``figures``, of a text that is ``legible`` already."""
    found = [_with_surroundings(each, plain) for each in _numbers(plain, language)]
    for at in range(len(found) - 2, -1, -1):
        one, after = found[at], found[at + 1]
        joined = JOINS.fullmatch(plain[one.end : after.start]) or plain[one.end : after.start].strip() in (",", "")
        if joined and after.era and not one.era:
            one = replace(one, era=after.era)
        if joined and after.kind in ("century", "millennium") and one.is_ordinal:
            one = replace(one, kind=after.kind)
        if one.value > 1 and not one.is_ordinal and _OF_ALL.fullmatch(plain[one.end : after.start]):
            one = replace(one, noun=after.noun)
        found[at] = one
    return list(_with_small_money(found, plain))


def _with_small_money(found: list[Figure], plain: str) -> Iterator[Figure]:
    """Three pounds twenty (pence) are one amount."""
    skipped: Figure | None = None
    for one, after in zip_longest(found, found[1:]):
        if one is skipped:
            continue
        is_small = after is not None and after.value < 100 and (not after.unit or after.unit == "cent")
        if is_small and _MONEY.fullmatch(plain[one.end : after.start]):
            skipped = after
            value, written = one.value + after.value / 100, plain[one.start : after.end]
            yield replace(one, value=value, written=written, end=after.end)
        else:
            yield one


def _numbers(text: str, language: str) -> Iterator[Figure]:
    """Runs of number words are one figure: three hundred and two."""
    run: list[tuple[int, re.Match[str]]] = []
    read = 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if not (run or word[0].isdigit() or _counts(word, language)) or token.start() < read:
            continue
        is_share = word == "ciento" and text.endswith("por ", 0, token.start())
        value = None if word[0].isdigit() or is_share else cardinal(word.lower(), language)
        gap = re.sub(r"\s+", " ", text[run[-1][1].end() : token.start()]) if run else ""
        if run and (value is None or not _continues(gap, run[-1][0], value)):
            is_and = word in ("and", "y", "et") and gap == " "
            if value is None and is_and and run[-1][0] >= (100 if word == "and" else 20):
                continue
            last = None if word[0].isdigit() else ordinal(word.lower(), language)
            if last is not None and run[-1][0] >= 20 and gap in ("-", " "):
                start = run[0][1].start()
                whole = composed([*(each for each, _ in run), last])
                yield Figure(
                    Decimal(whole), text[start : token.end()], start, token.end(), is_word=True, is_ordinal=True
                )
                run = []
                continue
            yield _of_words(run, text)
            run = []
        if value is not None:
            if run or not _is_of_many(word, value, text, token.start()):
                run.append((value, token))
        elif word[0].isdigit():
            figure = _of_digits(token, text, language)
            read = figure.end
            yield figure
        else:
            yield from _of_one_word(token, text, language)
    if run:
        yield _of_words(run, text)


def _is_of_many(word: str, value: int, text: str, start: int) -> bool:
    """Several hundred; millions, and a million that is only named."""
    if value >= 10**6 and not search_before(_ONE, text, start):
        return True
    return word.lower() in _MANY and search_before(_FEW, text, start) is not None


@lru_cache(maxsize=50_000)
def _counts(word: str, language: str) -> bool:
    """Whether the word alone may be a number: most are not, and are passed over at once."""
    small = word.lower()
    named = cardinal(small, language), ordinal(small, language), roman(word.removesuffix("e"))
    return any(each is not None for each in named)


def _continues(gap: str, before: int, value: int) -> bool:
    if gap not in ("-", " ", " and ", " y ", " und ", " et "):
        return False
    if gap in ("-", " et ") and (before >= 60 or before == 20) and 10 <= value < 20:  # soixante-douze
        return True
    is_french = (before, value) == (4, 20) or (before == 10 and 6 < value < 10 and gap == "-")
    return is_french or value >= 100 or before >= 100 or (before >= 20 and value < 10 and gap not in (" and ", " und "))


def _of_words(run: list[tuple[int, re.Match[str]]], text: str) -> Figure:
    start, end = run[0][1].start(), run[-1][1].end()
    return Figure(Decimal(composed([value for value, _ in run])), text[start:end], start, end, is_word=True)


def _of_digits(token: re.Match[str], text: str, language: str) -> Figure:
    written = token.group().rstrip(".,'’\u00a0\u202f ")
    end = token.start() + len(written)
    ending = _ORDINAL_END.match(text, end)
    times = 1
    while scale := _SCALE.match(text, end):
        known = (cardinal(scale[1].lower(), each) for each in (language, "en", "de", "es", "fr"))
        times *= next(filter(None, known), 1)
        end = scale.end()
    if times > 1:
        return Figure(readings(written)[0] * times, text[token.start() : end], token.start(), end)
    above, slash, below = written.partition("/")
    if slash:
        return Figure(Decimal(above) / (Decimal(below) or 1), written, token.start(), end)
    value = readings(written)[0]
    decade = re.match(r"['’]?s\b", text[end : end + 3])
    if decade and value == int(value) and value % 10 == 0 and value >= 20:
        return Figure(value, written, token.start(), end + decade.end(), kind="decade")
    return Figure(value, written, token.start(), ending.end() if ending else end, is_ordinal=bool(ending))


def _of_one_word(token: re.Match[str], text: str, language: str) -> Iterator[Figure]:
    word, start, end = token.group(), token.start(), token.end()
    nth = ordinal(word.lower(), language)
    if nth is not None:
        yield Figure(Decimal(nth), word, start, end, is_word=True, is_ordinal=True)
        return
    number = roman(word[:-1] if language == "fr" and word.endswith("e") else word)
    if number is not None and (len(word) > 1 or _is_regnal(text, start, end)):
        yield Figure(Decimal(number), word, start, end, is_ordinal=True)


def _is_regnal(text: str, start: int, end: int) -> bool:
    """Charles V, siglo V; not "I" and not the letter of a formula."""
    before = search_before(_WORD_BEFORE_NUMERAL, text, start)
    is_name = before is not None and len(before[1]) > 3 and (before[1][0].isupper() or before[1].startswith("siglo"))
    return is_name and text[start:end] in ("I", "V", "X") and not re.match(r"\s+(?:am|have|was|will)\b", text[end:])


def _with_surroundings(figure: Figure, text: str) -> Figure:
    end, kind = figure.end, figure.kind
    century = _CENTURY.match(text, end, end + 20)
    is_nth = figure.is_ordinal or not (figure.is_word or (century and century.group().endswith("ies")))
    if kind == "number" and is_nth and (century or search_before(_CENTURY_BEFORE, text, figure.start)):
        kind = "millennium" if century and century["thousand"] else "century"
        end = century.end() if century else end
    era = _AFTER_ERA.match(text, end, end + 14)
    named: Era = (
        ("BCE" if era.group("BCE") else "CE") if era else "CE" if search_before(_BEFORE_ERA, text, figure.start) else ""
    )
    before = _word_before(text, figure.start)
    following = _UNIT_AFTER.match(text, figure.end)
    word = following[1].replace("mHg", "m") if following else ""  # millimeters of mercury
    unit = (
        UNITS.get(word)
        or UNITS.get(word.lower(), "")
        or (word if _SIGN.fullmatch(word) else "")
        or ("percent" if word[:3].lower() in ("per", "por", "pou") and " " in word else "")
    )
    if word[:1].isupper() and before in _DATE_PREPOSITIONS and 1000 <= figure.value <= 2100:
        unit = ""  # in 1687 Newton
    money = _CURRENCY.search(text, max(0, figure.start - 2), figure.start)
    return replace(
        figure,
        kind=kind,
        era=named,
        unit=UNITS[money.group().strip()] if money else "" if figure.is_ordinal else unit,
        noun="" if word.lower() in _JOINING else stem(word.lower()),
        before=before,
    )


def _word_before(text: str, end: int) -> str:
    """In small letters; "" where something else stands there. A bracket may be between."""
    before = text[max(0, end - LONGEST_BEFORE) : end].rstrip().removesuffix("(").rsplit(None, 1)
    found = _LAST_WORD.search(before[-1]) if before else None
    return found[1].lower() if found else ""
