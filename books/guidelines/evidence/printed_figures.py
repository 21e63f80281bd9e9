"""All that the pages' digits and number words may mean, and whether that bears out a figure of a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, zip_longest

from books.guidelines.evidence.figures import Era, Figure, figures_in
from books.guidelines.evidence.numerals import ENGLISH, FRENCH, GERMAN, SPANISH, cardinal, legible
from books.guidelines.evidence.quotes import as_misread, without_digits
from books.guidelines.evidence.units import MONTHS, SCALES, UNITS
from books.language import stem

_MISREAD = str.maketrans("OoIl|SZBAb", "0011152846")
_LETTER = re.compile(r"[^\W\d]|\|")
_MISREADABLE = re.compile(r"(?<![^\W_])(?:[OIl|]|[\dOoIl|SZBAb]*\d[\dOoIl|SZBAb]*|[OoIl|]{2,})(?![^\W_])")
# A number some of whose digits were read as letters, or all, where a comma parts three of them.
_SPOILT = re.compile(
    r"(?<![^\W_])(?=[.,\d]*[OoIl|])[\dOoIl|.,]*\d[\dOoIl|.,]*(?![^\W_])"
    r"|(?<![^\W_])[OIl|]{1,3}(?:,[OoIl|]{3})+(?![^\W_])"
)
# What numbers a part of the book counts nothing: TABLE 9.1, Chapter 9, 9.2 Safavid Persia, 9. Write a letter.
_LABEL = re.compile(
    r"\b(?:example|exercise|problem|try it|be prepared"
    r"|table|figure|fig\.|chapter|section|unit|page|tabelle|abbildung|abb\.|kapitel|seite|tabla|figura|capítulo|unidad"
    r"|página)\s+\d[\d.]*|^\d+(?:\.\d+)+(?=\s+(?-i:[A-ZÀ-Þ]))"
    rf"|(?<![^\s.?!:]\n)^\d{{1,2}}[.)](?=\s+(?-i:[A-ZÀ-Þ¿]))(?!\s(?:{'|'.join(MONTHS)})\b)",
    re.IGNORECASE | re.MULTILINE,
)
# Nor does a page number, in a page's first or last two lines; pages begin with this sign.
PAGE = "\f"
_PAGE_NUMBER = re.compile(r"^\d{1,4}(?=\s{2,}|\s*$)|(?<=\s\s)\d{1,4}\s*$")
# Behind a number that counts or measures nothing named.
_ALONE = re.compile(r"\s*(?:[.,;:)=]|$)")
# So many times as many are others: three peoples, and 100,000 people.
_MANY_TIMES = 20
_HALF = re.compile(r"\b(?:half|halves|halb\w*|Hälfte|mitad)\b", re.IGNORECASE)
# Of something: as good as fifty percent of it.
_HALF_OF = re.compile(r"\b(?:half|Hälfte|mitad)(?= (?:of|the|an?|der|des|de|del)\b)", re.IGNORECASE)
_SHARING = re.compile(r"\s*(?:[-–—−×]|to|by|and|or|bis|und|oder|a|y|o|à|et|ou)\s*", re.IGNORECASE)
_LARGE = 1_000
_ONE = re.compile(
    r"(?<![\d\w])(?:after|for|in|within|takes?|every|than|nach|in|pro|en)\s(?:an?|eine[rnm]?|un) ([^\W\d_]+)\b"
)
_TIMES = frozenset(unit for unit, (kind, _) in SCALES.items() if kind == "time")

_DEGREE = re.compile(r"(?<=\d)\s?[oº0](?=[CF]\b)")
_DEGREES = re.compile(r"(?<![^\W_])((?=[Oil|]*\d)[\dOIl|]{1,3})\s?o(?![^\W_])")
_SHORT = re.compile(r"\b(?:[mck]rn|rnm|rnrn)(?![^\W²³])")
_WORD = re.compile(r"[^\W\d_]{5,}")
_KNOWN = frozenset(UNITS) | set(ENGLISH) | set(GERMAN) | set(SPANISH) | set(FRENCH) | MONTHS | {"later", "earlier"}
_MEANT = {as_misread(word.lower()): word for word in _KNOWN if len(word) > 4}


def _as_meant(text: str) -> str:
    """Words that count or measure, where a machine misread them: rnillion."""
    text = _DEGREE.sub(" °", text)
    text = _DEGREES.sub(r"\1°", text) if "°" in text else text
    text = _SHORT.sub(lambda unit: unit[0].replace("rn", "m"), text)
    return _WORD.sub(
        lambda word: word[0] if word[0].lower() in _KNOWN else _MEANT.get(as_misread(word[0].lower()), word[0]), text
    )


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _without_page_numbers(text: str) -> str:
    before, *pages = text.split(PAGE)
    kept = []
    for page in pages:
        lines = page.split("\n")
        shown = [at for at, line in enumerate(lines) if line.strip()]
        for at in {*shown[:2], *shown[-2:]}:
            lines[at] = _PAGE_NUMBER.sub(_blank, lines[at])
        kept.append("\n".join(lines))
    return " ".join([before, *kept])


class PrintedFigures:
    """All that the pages' texts may mean by their digits and number words, in the language they are written in."""

    def __init__(self, text: str, language: str = "en") -> None:
        self._printed, self._language = text, language

    @cached_property
    def _whole(self) -> str:
        text = legible(_as_meant(without_digits(self._printed)))
        return _SPOILT.sub(lambda found: found[0].translate(_MISREAD), text)

    @cached_property
    def text(self) -> str:
        return _HALF_OF.sub("1/2", _LABEL.sub(_blank, _without_page_numbers(self._whole)))

    @cached_property
    def figures(self) -> list[Figure]:
        return [*with_shared_units(figures_in(self.text, self._language), self.text), *_ones(self.text)]

    @cached_property
    def eras(self) -> dict[Decimal, set[Era]]:
        """Of each number, those of its figures; {""} where it is only another reading."""
        eras: dict[Decimal, set[Era]] = {}
        for each in self.figures:
            if each.kind == "number":
                eras.setdefault(each.value, set()).add(each.era)
        also = {
            *_every_reading(self.text),
            *(each.value % 10 for each in self.figures if each.is_word and each.value > 20),
        }
        if _HALF.search(self.text):
            also.add(Decimal("0.5"))
        return {value: eras.get(value, {""}) for value in also.union(eras)}

    @cached_property
    def years(self) -> set[Decimal]:
        return {each.value for each in self.figures if each.is_year}

    @cached_property
    def labels(self) -> set[Decimal]:
        """The numbers of tables and sections too."""
        return {each.value for each in figures_in(self._whole, self._language)}

    @cached_property
    def units(self) -> frozenset[str]:
        words = {
            UNITS.get(word) or UNITS.get(word.lower(), "") for word in re.findall(r"[^\W\d_]+|[%°$€£¥₹¢]", self.text)
        }
        return frozenset(words | ({"percent"} if re.search(r"per\s?cent|por ciento", self.text) else set()))

    def bears_out(self, figure: Figure) -> bool:
        if figure.kind in ("century", "millennium"):
            return self._has_century(figure.value, figure.era, 100 if figure.kind == "century" else 1_000)
        if figure.kind == "decade":
            return self._has_decade(figure)
        eras = self.eras.get(figure.value)
        if eras is None:
            return self._has_parts(figure)
        if figure.is_day and not self._is_day_of_month(figure):
            return False
        if (figure.unit or figure.noun) and not figure.is_day and self._is_day_alone(figure.value):
            return False
        return not figure.era or figure.era in eras or eras == {""}

    def _has_century(self, number: Decimal, era: Era, years: int = 100) -> bool:
        """A millennium has a thousand ``years``."""
        kind = "century" if years == 100 else "millennium"
        said = (each for each in self.figures if each.kind == kind and each.value == number)
        if any(_agree(era, each.era) for each in said):
            return True
        first, last = (number - 1) * years, number * years
        dated = (each for each in self.figures if each.kind in ("number", "decade") and (each.is_date or not each.noun))
        return any(first <= each.value <= last - (each.kind == "decade") and _agree(era, each.era) for each in dated)

    def _has_decade(self, figure: Figure) -> bool:
        if figure.value < 100:
            return any(figure.value <= each % 100 < figure.value + 10 for each in self.eras if each >= 1000)
        span = 100 if figure.value % 100 == 0 else 10
        if span == 100 and self._has_century(figure.value / 100 + 1, figure.era):
            return True
        years = (
            each for each in self.figures if each.is_year or each.kind == "decade" or not (each.noun or each.is_word)
        )
        return any(figure.value <= each.value < figure.value + span for each in years if _agree(figure.era, each.era))

    def _has_parts(self, figure: Figure) -> bool:
        """Of a fraction whose bar the machine lost."""
        parts = figure.written.split("/")
        return len(parts) == 2 and "/" not in self.text and all(Decimal(each) in self.eras for each in parts)

    def _is_day_of_month(self, figure: Figure) -> bool:
        """Whether the day stands there with its month, if any day does with this month or the day with another."""
        days = {(each.value, each.month) for each in self.figures if each.is_day}
        is_known = any(figure.value == day or figure.month == month for day, month in days)
        return not is_known or (figure.value, figure.month) in days

    def _is_day_alone(self, value: Decimal) -> bool:
        printed = [each for each in self.figures if each.value == value]
        return bool(printed) and all(each.is_day for each in printed)

    def counts(self, figure: Figure) -> bool:
        """Whether the pages count the same thing with this number too."""
        return any(each.value == figure.value and each.noun == figure.noun for each in self.figures)

    def has_unit(self, figure: Figure, near: PrintedFigures) -> bool:
        """The unit stands on the pages, and not only another one with this number, or another number with this one."""
        with_number = [each for each in self.figures if each.value == figure.value]
        units = {each.unit for each in with_number} - {""}
        if units:
            return figure.unit in units
        if any(_ALONE.match(self.text, each.end) and not each.is_day for each in with_number):
            return figure.unit in self.units
        return figure.unit in self.units and all(each.unit != figure.unit for each in near.figures)


def with_shared_units(found: Sequence[Figure], text: str) -> Iterator[Figure]:
    """Of 8 to 18 kilometers both are kilometers; nine and fifteen thousand may be 9 or 9,000."""
    for one, after in zip_longest(found, found[1:]):
        is_shared = (
            after is not None
            and after.unit
            and not (one.unit or one.is_year)
            and _SHARING.fullmatch(text[one.end : after.start])
        )
        yield replace(one, unit=after.unit) if is_shared else one
        if after is not None and one.value < _LARGE <= after.value and _SHARING.fullmatch(text[one.end : after.start]):
            scale = cardinal(re.split(r"[\W\d]+", after.written)[-1].lower(), "en")
            if scale:
                yield replace(one, value=one.value * scale, unit=after.unit, noun=after.noun)


def _ones(text: str) -> Iterator[Figure]:
    """A year, which is twelve months; not in ten a year."""
    for each in _ONE.finditer(text):
        unit = UNITS.get(each[1]) or UNITS.get(each[1].lower(), "")
        if unit in _TIMES:
            yield Figure(
                Decimal(1), each[0], each.start(), each.end(), unit=unit, noun=stem(each[1].lower()), is_word=True
            )


def _agree(one: Era, other: Era) -> bool:
    return one == other or not one or not other


def _every_reading(text: str) -> Iterator[Decimal]:
    for chunk in re.findall(r"\d[\d.,'’ \u00a0\u202f]*", text):
        runs = re.findall(r"\d+", chunk)
        if not re.fullmatch(r"\d+\.\d+\D*|\d{1,3}(?:[.,]\d{3})+\D*", chunk):
            yield from map(Decimal, runs)
        for one, other in pairwise(runs):
            if other != "000":
                yield Decimal(f"{one}.{other}")
            if len(other) == 3 and len(one) <= 3:
                yield Decimal(one + other)
        if len(runs) > 2 and all(len(run) == 3 for run in runs[1:3]):
            yield Decimal("".join(runs[:3]))
    for first, last in re.findall(r"\b(\d{3,4})[-–—−](\d{1,2})\b", text):
        yield Decimal(first[: -len(last)] + last)
    for misread in filter(_LETTER.search, _MISREADABLE.findall(text)):
        for table in (_MISREAD, _MISREAD | {ord("S"): "8"}):
            yield from map(Decimal, re.findall(r"\d+", misread.translate(table)))
    for rest in re.findall(r"(?<![^\W_])[lI|] (\d{3})(?![\d,])", text):  # a year whose one stands apart
        yield Decimal(f"1{rest}")
    for one, other in re.findall(r"(\d+)\s*/\s*(\d+)", text):
        yield Decimal(one + other)


def shared_nouns(said: Iterable[Figure], printed: Iterable[Figure]) -> Iterator[tuple[Figure, Figure]]:
    """Figures that count the same thing with another number, where the page has none with this number: each with the
    page's."""
    by_noun: dict[str, list[Figure]] = {}
    for each in printed:
        if each.noun and each.kind == "number" and not each.is_year:
            by_noun.setdefault(as_misread(each.noun), []).append(each)
    for each in said:
        if each.is_ordinal and each.written.isupper():  # of a ruler
            continue
        others = by_noun.get(as_misread(each.noun), []) if len(each.noun) > 1 and each.kind == "number" else []
        others = [other for other in others if other.value <= _MANY_TIMES * each.value]
        if others and all(other.value != each.value for other in others):
            yield each, others[0]
