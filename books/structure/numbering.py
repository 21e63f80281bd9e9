"""The one reader of printed numbers and keywords: the kind of heading a line would be, its number and title. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class Kind(IntEnum):
    """Kinds of heading from coarse to fine."""

    PART = 0
    UNIT = 1
    CHAPTER = 2
    ROMAN = 3
    BARE = 4
    LARGE = 5
    LESSON = 6
    DECIMAL = 7
    MIDDLE = 8
    SMALL = 9
    DEEP = 10


STRONG = frozenset({Kind.PART, Kind.UNIT, Kind.CHAPTER, Kind.ROMAN, Kind.BARE, Kind.LESSON, Kind.DECIMAL})
PLAIN = frozenset({Kind.LARGE, Kind.MIDDLE, Kind.SMALL})
LEVELS = {kind: 1 for kind in Kind if kind < Kind.LESSON} | {Kind.LESSON: 2, Kind.DECIMAL: 2, Kind.MIDDLE: 2}
_KEYWORDS = {
    Kind.PART: "part|parte|teil|partie|deel|część|часть|भाग",
    Kind.UNIT: "unit|unidad|unité|einheit|unidade|unità|theme|ünite|раздел|इकाई",
    Kind.CHAPTER: "chapter|module|capítulo|capitulo|capitolo|módulo|chapitre|kapitel|hoofdstuk|rozdział|bölüm|глава"
    "|अध्याय|block|bloque|tema",
    Kind.LESSON: "lesson|section|topic|lección|leccion|sección|leçon|lektion|lezione|lição|lekcja|урок|पाठ|§|apartado",
}
_UNITS = "one two three four five six seven eight nine"
_COUNTED = (
    f"{_UNITS} ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince",
    "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
)
_NUMBER_WORDS = {word: value for counted in _COUNTED for value, word in enumerate(counted.split(), 1)}
for _value, _tens in ((20, "twenty"), (30, "thirty"), (40, "forty")):
    _NUMBER_WORDS |= {_tens: _value} | {f"{_tens}-{unit}": _value + _NUMBER_WORDS[unit] for unit in _UNITS.split()}
_LONGEST_FIRST = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_NUMERAL = rf"\d{{1,3}}(?:\.\d{{1,2}})?|[IVXLCivxlc]{{1,7}}|{_LONGEST_FIRST}"
_KEYWORD = {
    kind: re.compile(rf"^(?:the )?(?:{names})(?:\s+|(?=\d))({_NUMERAL})\b\s*([.:)|•·–—-]*)\s*(.*)$", re.IGNORECASE)
    for kind, names in _KEYWORDS.items()
}
# As German and Turkish books say it: "3. Kapitel", "2. Ünite: Kuvvet".
_BEFORE_KEYWORD = {
    kind: re.compile(rf"^(\d{{1,2}})\. (?:{names})(?:\s*[.:–—-]+\s*(.*))?$", re.IGNORECASE)
    for kind, names in _KEYWORDS.items()
}
BARE_KEYWORD = re.compile(rf"^(?:{'|'.join(_KEYWORDS.values())})$", re.IGNORECASE)
# A one and a nought are often read as letters.
_DIGITS = r"(?:\d{1,2}|[lI]\d?|\d[lIOo])"
_SEPARATOR = r"(?:\s*[|•·–—])?\s+"
_DECIMAL = re.compile(
    rf"^(?:§\s*)?(?=\S*\d)({_DIGITS}\s?[.·,-]\s?{_DIGITS})((?:\.\d{{1,2}})*)[.:)]?{_SEPARATOR}(\D.*)$"
)
_ROMAN = re.compile(r"^([IVX][IVXl]{0,5})[.:)–—-]+\s+(\S.*)$")
BARE = re.compile(r"^(\d{1,2})(?:[.:)]|\s*[|•·])?\s+(\D.*)$")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PAGE_LEFT = re.compile(r"^(\d{1,4})\s+(?=[^\W\d]{3}|[^\W\d]{1,2}[\s'’]+[^\W\d]{2}|\d+(?:\.\d+)?\s*[|•·]|\d+\.\d+\s)")
_PAGE_RIGHT = re.compile(r"[\s|•·]+(\d{1,4}|\d{1,3}[lIO]|l\d{1,3})$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A heading's line taken apart: ``number`` as printed ("3", "3.2", "IV"), ``title`` without it."""

    kind: Kind
    number: str = ""
    title: str = ""

    @property
    def order(self) -> tuple[int, ...]:
        return number_order(self.number)


@lru_cache(maxsize=5_000)
def parse_numbering(text: str) -> Parsed | None:
    """The keyword or number that begins ``text``, None where it has neither; not whether it is a heading."""
    for kind, pattern in _KEYWORD.items():
        if found := pattern.match(text):
            return Parsed(Kind.DECIMAL if "." in found[1] else kind, found[1], found[3].strip())
    for kind, pattern in _BEFORE_KEYWORD.items():
        if found := pattern.match(text):
            return Parsed(kind, found[1], (found[2] or "").strip())
    if found := _DECIMAL.match(text):
        number = digits(re.sub(r"[\s.·,-]+", ".", found[1])) + found[2]
        return Parsed(Kind.DEEP if found[2] else Kind.DECIMAL, number, found[3].strip())
    if found := _ROMAN.match(text):
        return Parsed(Kind.ROMAN, found[1].replace("l", "I"), found[2].strip())
    if found := BARE.match(text):
        return Parsed(Kind.BARE, found[1], found[2].strip())
    return None


def number_of(text: str) -> tuple[int, ...]:
    """The number that ``text`` begins with, () for none."""
    parsed = parse_numbering(text)
    return parsed.order if parsed else ()


_LETTERS_FOR_DIGITS = str.maketrans("lIiOoLSsB", "111001558")


def digits(text: str) -> str:
    """A number some of whose digits were read as letters."""
    return text.translate(_LETTERS_FOR_DIGITS)


@lru_cache(maxsize=5_000)
def number_order(number: str) -> tuple[int, ...]:
    """``"3.2"`` as (3, 2), ``"IV"`` as (4,), ``"two"`` as (2,); () for anything else."""
    text = number.lower().strip(" .")
    if text in _NUMBER_WORDS:
        return (_NUMBER_WORDS[text],)
    if re.fullmatch(r"\d+(?:\.\d+)*", text):
        return tuple(int(part) for part in text.split("."))
    if re.fullmatch(r"[ivxlc]+", text):
        values = [_ROMAN_VALUES[c] for c in text]
        return (sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)),)
    return ()


def parted_from_page(text: str) -> tuple[str, int | None]:
    """A running head without the page number beside it, and that number; the number of a "Chapter 3" is its own."""
    if found := _PAGE_LEFT.match(text):
        return text[found.end() :], int(found[1])
    found = _PAGE_RIGHT.search(text)
    if found and re.search(r"[^\W\d]{3}", text[: found.start()]) and not BARE_KEYWORD.match(text[: found.start()]):
        return text[: found.start()], int(digits(found[1]))
    return text, None


def is_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 4 and text == text.upper() and text != text.lower()


def is_title_case(text: str) -> bool:
    long_words = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    raised = sum(word[0].isupper() for word in long_words)
    return text[:1].isupper() and bool(long_words) and raised >= 0.75 * len(long_words)
